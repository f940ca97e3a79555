"""The catalog of all rules: when each speaks, where that comes from, an example and another.

``core/data/rules/*.toml`` is written by hand, one file a theme, in the order of their names. A file
with ``derived`` has its rules read off the field table, but for those that a file spells out.
What a rule says, and whether it offers a fix, stands nowhere in here: it comes from checking its
examples, and so the examples are tests.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from core.catalog import derived
from core.catalog.entry import Entry, Example, Kind, Theme, tell

__all__ = ["Entry", "Example", "Kind", "Theme", "entries", "find", "tell", "themes"]

_FOLDER: Final = Path(__file__).resolve().parent.parent / "data" / "rules"

_DERIVED: Final[Mapping[str, Callable[[], Iterator[Entry]]]] = MappingProxyType(
    {"types": derived.types, "no_effect": derived.no_effect}
)


@cache
def themes() -> tuple[Theme, ...]:
    """All rules by theme, each once."""
    files = [tomllib.loads(file.read_text("utf-8")) for file in sorted(_FOLDER.glob("*.toml"))]
    taken = {rule["id"] for file in files for rule in file.get("rules", ())}
    return tuple(_theme(file, taken) for file in files)


@cache
def entries() -> Mapping[str, Entry]:
    """All rules by their id."""
    return MappingProxyType({entry.id: entry for theme in themes() for entry in theme.entries})


def find(rule: str) -> Entry | None:
    """The rule of that id, or ``None``."""
    return entries().get(rule)


def _theme(file: dict[str, Any], taken: set[str]) -> Theme:
    written = map(_entry, file.get("rules", ()))
    is_derived = "derived" in file
    read_off: Iterable[Entry] = _DERIVED[file["derived"]]() if is_derived else ()
    free = (entry for entry in read_off if entry.id not in taken)
    return Theme(file["title"], file["intro"], (*written, *free), is_derived)


def _entry(rule: dict[str, Any]) -> Entry:
    speaks = tuple(map(_example, rule["speaks"]))
    # The nearest config where the rule is silent is mostly the same one without the change.
    unchanged = Example(speaks[0].base, target=speaks[0].target)
    silent = _example(rule["silent"]) if "silent" in rule else unchanged
    return Entry(
        id=rule["id"],
        kinds=tuple(rule["kinds"]),
        condition=rule["condition"],
        source=rule["source"],
        speaks=speaks,
        silent=silent,
    )


def _example(example: dict[str, Any]) -> Example:
    return Example(**example | {"remove": tuple(example.get("remove", ()))})

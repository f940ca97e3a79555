"""Which rows of a comparison are wanted, and how many there are of each kind."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.compare import Row
from core.document import ABSENT, write

Show = Literal["all", "differences", "effect"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show.

    Attributes:
        show: ``differences``; ``effect`` for those of them that change a run; ``all``.
        search: words that path, title or a value has to contain, whatever the case.
        ignore: paths that are left out with all below them; ``*`` stands for any text.
    """

    show: Show = "differences"
    search: str = ""
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are of each kind, those that are ignored apart.

    Attributes:
        settings: rows in all.
        differing: rows that differ.
        consequential: rows whose difference changes a run.
        one_sided: rows that differ because some documents lack them.
        ignored: rows that differ and are ignored.
    """

    settings: int
    differing: int
    consequential: int
    one_sided: int
    ignored: int


def select(rows: Sequence[Row], selection: Selection) -> tuple[Row, ...]:
    """The rows that are wanted, in their order."""
    ignores = ignoring(selection.ignore)
    words = selection.search.casefold().split()
    return tuple(
        row
        for row in rows
        if _is_shown(row, selection.show) and not ignores(row) and _has_words(row, words)
    )


def count(rows: Sequence[Row], ignore: Sequence[str]) -> Counts:
    """Count the rows of each kind."""
    ignores = ignoring(ignore)
    kept = [row for row in rows if not ignores(row)]
    differing = [row for row in kept if row.differs]
    return Counts(
        settings=len(kept),
        differing=len(differing),
        consequential=sum(row.has_consequence for row in differing),
        one_sided=sum(row.is_one_sided for row in differing),
        ignored=sum(row.differs for row in rows) - len(differing),
    )


def ignoring(paths: Sequence[str]) -> Callable[[Row], bool]:
    """A test whether a row stands at or below one of these paths."""
    patterns = "|".join(_pattern(path.strip()) for path in paths if path.strip())
    if not patterns:
        return lambda row: False
    pattern = re.compile(patterns, re.DOTALL)
    return lambda row: pattern.fullmatch(row.path) is not None


def _pattern(path: str) -> str:
    first, *rest = map(re.escape, path.split("*"))
    # A part that was found is not looked for again: each further star would multiply the steps.
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    return rf"{first}{middle}{last}(?:[.\[].*)?"


def _is_shown(row: Row, show: Show) -> bool:
    if show == "effect":
        return row.has_consequence
    # What is equal and written in two ways is worth a look too.
    return show == "all" or row.differs or bool(row.note)


def _has_words(row: Row, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = _text(row)
    return all(word in text for word in words)


def _text(row: Row) -> str:
    title = row.spec.title if row.spec else ""
    values = (entry for entry in row.entries if entry is not ABSENT)
    texts = (value if isinstance(value, str) else write(value) for value in values)
    return " ".join([row.path, title, *texts]).casefold()

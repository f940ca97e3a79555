"""Values taken across: from one document of a comparison into another document.

What is taken is what a cell shows, with three exceptions that keep the result whole: an item of a
list takes the list, a tool that only one side has is added or removed as a whole, and a section is
taken with all that is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.compare import Row
from core.document import ABSENT, Document, Path, drop, get, put

_TOOLS = "tools"


@dataclass(frozen=True, slots=True)
class Pick:
    """One value, or one whole section, of one document.

    Attributes:
        index: which document of the comparison.
        row: the row of the value.
        section: the top-level key, where the whole section is taken.
    """

    index: int
    row: Row | None = None
    section: str = ""


def taken(target: Document, documents: Sequence[Document], picks: Sequence[Pick]) -> Document:
    """The target with everything that was picked; one pick after the other, sections first.

    Raises:
        PathError: the target has a value where an object has to be; take the section.
    """
    for pick in sorted(picks, key=_rank):
        source = documents[pick.index]
        if pick.row is None:
            target = _set(target, (pick.section,), source.get(pick.section, ABSENT))
        elif pick.row.kind == "order":
            target = _reordered(target, source)
        else:
            target = _value(target, documents, pick.row, pick.index)
    return target


def _rank(pick: Pick) -> int:
    """Sections come first, and tools are put in order when all of them are there."""
    if pick.row is None:
        return 0
    return 2 if pick.row.kind == "order" else 1


def _value(target: Document, documents: Sequence[Document], row: Row, index: int) -> Document:
    known = _some_place(row)
    path = row.paths[known] or ()
    source = documents[index]
    if path[0] == _TOOLS and len(path) > 1 and isinstance(path[1], int):
        return _tool_value(target, source, path, get(documents[known], path[:2]))
    whole = _up_to_list(path)
    return _set(target, whole, get(source, whole))


def _some_place(row: Row) -> int:
    """A document that has the row, or a place for it."""
    numbers = range(len(row.paths))
    return next(
        (number for number in numbers if row.entries[number] is not ABSENT),
        next(number for number in numbers if row.paths[number] is not None),
    )


def _up_to_list(path: Path) -> Path:
    """The path, or that of the first list on the way."""
    for length, step in enumerate(path):
        if isinstance(step, int):
            return path[:length]
    return path


def _tool_value(target: Document, source: Document, path: Path, tool: Any) -> Document:
    name = tool.get("name") if isinstance(tool, dict) else None
    old, new = _find(target, name, path[1]), _find(source, name, path[1])
    if new is None:
        return target if old is None else _set(target, (_TOOLS, old), ABSENT)
    if old is None or len(path) == 2:
        return _with_tool(target, old, source[_TOOLS][new])
    below = _up_to_list(path[2:])
    return _set(target, (_TOOLS, old, *below), get(source, (_TOOLS, new, *below)))


def _find(document: Document, name: Any, position: Any) -> int | None:
    """Where a tool of that name stands; by its position where names don't tell."""
    tools = document.get(_TOOLS)
    if not isinstance(tools, list):
        return None
    found = [number for number, tool in enumerate(tools) if _is_named(tool, name)]
    if isinstance(name, str) and len(found) < 2:
        return found[0] if found else None
    return position if isinstance(position, int) and position < len(tools) else None


def _is_named(tool: Any, name: Any) -> bool:
    return isinstance(tool, dict) and isinstance(name, str) and tool.get("name") == name


def _with_tool(target: Document, place: int | None, tool: Any) -> Document:
    tools = target.get(_TOOLS)
    if not isinstance(tools, list):
        tools = []
    if place is None:
        return _set(target, (_TOOLS,), [*tools, tool])
    return _set(target, (_TOOLS, place), tool)


def _reordered(target: Document, source: Document) -> Document:
    """The target with the tools that both have in the source's order, the others in place."""
    tools, others = target.get(_TOOLS), source.get(_TOOLS)
    if not isinstance(tools, list) or not isinstance(others, list):
        return target
    rank = {tool["name"]: number for number, tool in enumerate(others) if _has_name(tool)}
    places = [n for n, tool in enumerate(tools) if _has_name(tool) and tool["name"] in rank]
    ordered = sorted((tools[place] for place in places), key=lambda tool: rank[tool["name"]])
    moved = dict(zip(places, ordered, strict=True))
    return _set(target, (_TOOLS,), [moved.get(n, tool) for n, tool in enumerate(tools)])


def _has_name(tool: Any) -> bool:
    return isinstance(tool, dict) and isinstance(tool.get("name"), str)


def _set(target: Document, path: Path, value: Any) -> Document:
    changed: Document = drop(target, path) if value is ABSENT else put(target, path, value)
    return changed

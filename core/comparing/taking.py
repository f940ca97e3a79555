"""Values taken across: from one document of a comparison into another document.

What is taken is what a cell shows, with three exceptions that keep the result whole: an item of a
list takes the list, a tool that only one side has is added or removed as a whole, and a section is
taken with all that is in it. Tools whose names don't tell them apart are items like others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.compare import Row
from core.document import ABSENT, Document, Path, drop, get, put
from core.reading.view import tool_name

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
            target = _copied(target, (pick.section,), source, (pick.section,))
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
        name = tool_name(get(documents[known], path[:2]))
        if name and all(_is_told(document, name) for document in (target, *documents)):
            return _tool_value(target, source, name, path[2:])
    whole = _up_to_list(path)
    return _copied(target, whole, source, whole)


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


def _copied(target: Document, path: Path, source: Document, place: Path) -> Document:
    """The target with what stands at a place of the source, which may be nothing."""
    value = get(source, place)
    if value is ABSENT:
        return _dropped(target, path, source, place[:-1])
    changed: Document = put(target, path, value)
    return changed


def _dropped(target: Document, path: Path, source: Document, holder: Path) -> Document:
    """The target without a value; what held it goes too where only the value kept it there."""
    target = drop(target, path)
    left = get(target, path[:-1])
    if holder and left in ({}, []) and type(get(source, holder)) is not type(left):
        return _copied(target, path[:-1], source, holder)
    return target


def _tool_value(target: Document, source: Document, name: str, path: Path) -> Document:
    """The target with a value of a tool, or with or without the tool."""
    old, new = _named(target).get(name), _named(source).get(name)
    if new is None:
        return target if old is None else _dropped(target, (_TOOLS, old), source, (_TOOLS,))
    if old is None:
        return _with_tool(target, source, new)
    below = _up_to_list(path)
    return _copied(target, (_TOOLS, old, *below), source, (_TOOLS, new, *below))


def _with_tool(target: Document, source: Document, new: int) -> Document:
    """The target with one more tool, next to those that it stands next to in the source."""
    tools, others = target.get(_TOOLS), source[_TOOLS]
    if not isinstance(tools, list):
        tools = []
    places, names = _named(target), [tool_name(tool) or "" for tool in others]
    before = (places[name] + 1 for name in reversed(names[:new]) if name in places)
    after = (places[name] for name in names[new + 1 :] if name in places)
    place = next(before, next(after, len(tools)))
    return {**target, _TOOLS: [*tools[:place], others[new], *tools[place:]]}


def _reordered(target: Document, source: Document) -> Document:
    """The target with the tools that both have in the source's order, the others in place."""
    rank, tools = _named(source), target.get(_TOOLS)
    if not rank or not isinstance(tools, list):
        return target
    places = [place for place, tool in enumerate(tools) if tool_name(tool) in rank]
    ordered = sorted((tools[place] for place in places), key=lambda tool: rank[tool["name"]])
    moved = dict(zip(places, ordered, strict=True))
    return {**target, _TOOLS: [moved.get(place, tool) for place, tool in enumerate(tools)]}


def _names(document: Document) -> list[str | None]:
    tools = document.get(_TOOLS)
    return list(map(tool_name, tools)) if isinstance(tools, list) else []


def _named(document: Document) -> dict[str, int]:
    """Where the tools stand that have a name."""
    return {name: place for place, name in enumerate(_names(document)) if name}


def _is_told(document: Document, name: str) -> bool:
    """Whether at most one tool has the name, so that the name tells which one is meant."""
    return _names(document).count(name) <= 1

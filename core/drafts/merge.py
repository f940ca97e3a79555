"""Two changes of the same config brought together, field by field.

Objects are merged key by key and tools tool by tool, as long as both sides name them in the same
order; any other list is taken from one side as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from core.compare import named_path_text
from core.document import ABSENT, Document, Path, same

Side = Literal["mine", "theirs"]
Picks = Mapping[Path, Side]

_TOOLS: Final = "tools"
_Three = tuple[Document, Document, Document]


@dataclass(frozen=True, slots=True)
class Choice:
    """One place where the two sides differ.

    Attributes:
        path: the place; a tool stands under its name.
        base: what both began with, or ``ABSENT``; so for the sides.
        mine: what this session has.
        theirs: what was saved meanwhile.
    """

    path: Path
    base: Any
    mine: Any
    theirs: Any

    @property
    def field(self) -> str:
        """The place as people write it."""
        return named_path_text(self.path)

    @property
    def is_clash(self) -> bool:
        """Whether both sides changed it, each to something else."""
        return not same(self.base, self.mine) and not same(self.base, self.theirs)

    @property
    def usual(self) -> Side:
        """The side that changed it; this session's where both did."""
        return "theirs" if same(self.base, self.mine) else "mine"


def choices(base: Document, mine: Document, theirs: Document) -> tuple[Choice, ...]:
    """The places where the sides differ, in the order of the saved document."""
    return tuple(_choices(*_named(base, mine, theirs), ()))


def merged(base: Document, mine: Document, theirs: Document, picks: Picks) -> Document:
    """The document with each choice taken from the side picked for it, or from its usual one."""
    named = _named(base, mine, theirs)
    sides = {choice.path: picks.get(choice.path, choice.usual) for choice in _choices(*named, ())}
    _, left, right = named
    result: Document = _merge(left, right, sides, ())
    return _listed(result)


class _Tools(dict[str, Any]):
    """A list of tools as an object by name, in order."""


def _choices(base: Any, mine: Any, theirs: Any, path: Path) -> Iterator[Choice]:
    if same(mine, theirs):
        return
    if not _are_objects(mine, theirs):
        yield Choice(path, _plain(base), _plain(mine), _plain(theirs))
        return
    for key in _keys(mine, theirs):
        old = base.get(key, ABSENT) if isinstance(base, dict) else ABSENT
        yield from _choices(old, mine.get(key, ABSENT), theirs.get(key, ABSENT), (*path, key))


def _merge(mine: Any, theirs: Any, sides: Picks, path: Path) -> Any:
    if path in sides:
        return mine if sides[path] == "mine" else theirs
    if not _are_objects(mine, theirs):
        return theirs
    pairs = (
        (key, _merge(mine.get(key, ABSENT), theirs.get(key, ABSENT), sides, (*path, key)))
        for key in _keys(mine, theirs)
    )
    return type(theirs)((key, value) for key, value in pairs if value is not ABSENT)


def _are_objects(mine: Any, theirs: Any) -> bool:
    return isinstance(mine, dict) and type(mine) is type(theirs)


def _keys(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys([*theirs, *mine]))


def _named(base: Document, mine: Document, theirs: Document) -> _Three:
    """The documents with their tools by name, where all of them can be matched."""
    documents = (base, mine, theirs)
    lists = [document[_TOOLS] for document in documents if _TOOLS in document]
    if not all(map(_has_names, lists)) or not _same_order(mine, theirs):
        return documents
    return _by_name(base), _by_name(mine), _by_name(theirs)


def _has_names(tools: Any) -> bool:
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        return False
    names = [tool.get("name") for tool in tools]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _same_order(mine: Document, theirs: Document) -> bool:
    left, right = ([tool["name"] for tool in side.get(_TOOLS, ())] for side in (mine, theirs))
    return [name for name in left if name in right] == [name for name in right if name in left]


def _by_name(document: Document) -> Document:
    if _TOOLS not in document:
        return document
    return {**document, _TOOLS: _Tools((tool["name"], tool) for tool in document[_TOOLS])}


def _listed(document: Document) -> Document:
    return {key: _plain(value) for key, value in document.items()}


def _plain(value: Any) -> Any:
    return list(value.values()) if isinstance(value, _Tools) else value

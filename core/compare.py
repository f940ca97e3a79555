"""Documents side by side: the leaves that differ, and the patch from one to another.

Tools are matched by name, so a tool that moved is not a tool that changed. Other lists are
matched by position. An empty object or list is a leaf of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, Final

from core import fields, findings
from core.document import ABSENT, Document, Path, path_text, same
from core.findings import Operation, Patch
from core.view import View

SPELLING: Final = "the same number, written as a whole number and with a decimal point"
ORDER: Final = "the tools stand in another order"

Step = str | int


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf across all documents; each tuple has one entry a document.

    Attributes:
        path: as people write it, with a tool by its name: ``tools[calculator].description``.
        paths: where it stands in each document, or would stand; ``None`` where its tool is absent.
        present: whether the document has it.
        values: its value; ``None`` where absent.
        differs: whether any entry differs from the first.
        has_effect: whether the trainer looks at it; ``None`` where absent or not a known key.
        note: what else there is to say, or empty.
    """

    path: str
    paths: tuple[Path | None, ...]
    present: tuple[bool, ...]
    values: tuple[Any, ...]
    differs: bool
    has_effect: tuple[bool | None, ...]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The row in the form that the command line prints."""
        row = {
            "path": self.path,
            "present": list(self.present),
            "values": list(self.values),
            "differs": self.differs,
            "has_effect": list(self.has_effect),
        }
        return {**row, "note": self.note} if self.note else row


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between documents; the first one is the base.

    Attributes:
        labels: the documents' names.
        rows: the leaves that differ, and all others where everything was asked for.
        patch: RFC 6902, from the first to the second; ``None`` unless there are two documents.
        base: index of the base.
    """

    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    patch: Patch | None
    base: int = 0

    @property
    def differs(self) -> bool:
        """Whether any document differs from the base."""
        return any(row.differs for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """The comparison in the form that the command line prints."""
        return {
            "base": self.base,
            "labels": list(self.labels),
            "rows": [row.as_json() for row in self.rows],
            "patch": None if self.patch is None else [dict(step) for step in self.patch],
        }


def compare(
    documents: Sequence[Document], labels: Sequence[str] | None = None, everything: bool = False
) -> Comparison:
    """Compare documents with the first one, leaf by leaf.

    ``1`` and ``1.0`` are the same number and get a row with a note; ``1`` and ``true`` differ, and
    so does a key that only one side has. Equal leaves are listed only with ``everything``.
    """
    names = labels or [str(number) for number in range(1, len(documents) + 1)]
    patch = difference(*documents) if len(documents) == 2 else None
    return Comparison(tuple(names), tuple(_rows(documents, everything)), patch)


def changed(base: Document, document: Document) -> tuple[Path, ...]:
    """The leaves that are not the same in both, type included, each path once.

    A path is the document's own; the base's for what only the base has.
    """
    paths = (_own_path(row) for row in _rows((base, document), everything=False))
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def difference(source: Any, target: Any) -> Patch:
    """The RFC 6902 patch that makes the source the same as the target, types included."""
    return tuple(_operations(source, target, ()))


def named_path_text(path: Path) -> str:
    """A path whose tool stands under its name, as rows show it: ``tools[search].description``."""
    if path[:1] != ("tools",) or len(path) < 2:
        return path_text(path)
    text = path_text(path[:1]) + _bracket(path[1])
    for step in path[2:]:
        text = _child_text(text, step)
    return text


def _own_path(row: Row) -> Path | None:
    base, document = row.paths
    return document if row.present[1] or base is None else base


# One document's part of a place: its value there or ABSENT, and its path.
@dataclass(frozen=True, slots=True)
class _Spot:
    value: Any
    path: Path | None

    def at(self, key: Step) -> "_Spot":
        path = None if self.path is None else (*self.path, key)
        return _Spot(_item(self.value, key), path)

    @property
    def is_leaf(self) -> bool:
        return self.value is not ABSENT and not (_is_container(self.value) and self.value)


Spots = tuple[_Spot, ...]


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list)


def _item(value: Any, key: Step) -> Any:
    if isinstance(value, dict):
        return value.get(key, ABSENT)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return ABSENT


def _rows(documents: Sequence[Document], everything: bool) -> Iterator[Row]:
    views = [View(document) for document in documents]
    tops = tuple(_Spot(document, ()) for document in documents)
    for key in _keys(tops):
        yield from _below(_each(tops, key), path_text((key,)), views, everything)


def _below(spots: Spots, text: str, views: Sequence[View], everything: bool) -> Iterator[Row]:
    if not everything and all(same(spots[0].value, spot.value) for spot in spots[1:]):
        return
    if any(spot.is_leaf for spot in spots):
        leaves = (spot if spot.is_leaf else replace(spot, value=ABSENT) for spot in spots)
        yield _row(text, tuple(leaves), views)
    if spots[0].path == ("tools",):
        yield from _tool_rows(_only(spots, list), text, views, everything)
        spots = _only(spots, dict)
    for key in _keys(spots):
        yield from _below(_each(spots, key), _child_text(text, key), views, everything)


def _only(spots: Spots, kind: type) -> Spots:
    return tuple(
        spot if isinstance(spot.value, kind) else replace(spot, value=ABSENT) for spot in spots
    )


def _tool_rows(spots: Spots, text: str, views: Sequence[View], everything: bool) -> Iterator[Row]:
    indexes = [_index_by_key(spot.value, _matchable(spots)) for spot in spots]
    yield from _order_row(spots, indexes, text)
    for key in dict.fromkeys(key for index in indexes for key in index):
        items = tuple(_tool(spot, index, key) for spot, index in zip(spots, indexes, strict=True))
        yield from _below(items, text + _bracket(key), views, everything)


def _matchable(spots: Spots) -> frozenset[str]:
    """The tool names that no document has twice."""
    counts = [Counter(_tool_names(spot.value)) for spot in spots]
    names = {name for count in counts for name in count}
    return frozenset(name for name in names if all(count[name] <= 1 for count in counts))


def _tool_names(tools: Any) -> Iterator[str]:
    return filter(None, map(_tool_name, tools or ()))


def _tool_name(tool: Any) -> str | None:
    name = tool.get("name") if isinstance(tool, dict) else None
    return name if isinstance(name, str) else None


def _index_by_key(tools: Any, matchable: frozenset[str]) -> Mapping[Step, int]:
    """How a tool is named across documents -> where it stands in this one."""
    names = enumerate(map(_tool_name, tools or ()))
    return {name if name in matchable else position: position for position, name in names}


def _tool(spot: _Spot, index: Mapping[Step, int], key: Step) -> _Spot:
    return spot.at(index[key]) if key in index else _Spot(ABSENT, None)


def _order_row(spots: Spots, indexes: Sequence[Mapping[Step, int]], text: str) -> Iterator[Row]:
    orders = [[key for key in index if isinstance(key, str)] for index in indexes]
    if not any(_moved(orders[0], order) for order in orders[1:]):
        return
    present = tuple(spot.value is not ABSENT for spot in spots)
    values = tuple(order if there else None for order, there in zip(orders, present, strict=True))
    paths = tuple(spot.path for spot in spots)
    yield Row(text, paths, present, values, True, (None,) * len(spots), ORDER)


def _moved(base: list[str], order: list[str]) -> bool:
    shared = set(base) & set(order)
    return [key for key in base if key in shared] != [key for key in order if key in shared]


def _keys(spots: Spots) -> Iterable[Step]:
    return dict.fromkeys(key for spot in spots for key in _own_keys(spot.value))


def _own_keys(value: Any) -> Iterable[Step]:
    if isinstance(value, list):
        return range(len(value))
    return value if isinstance(value, dict) else ()


def _each(spots: Spots, key: Step) -> Spots:
    return tuple(spot.at(key) for spot in spots)


def _child_text(text: str, key: Step) -> str:
    own = path_text((key,))
    return text + own if own.startswith("[") else f"{text}.{own}"


def _bracket(key: Step) -> str:
    own = path_text((key,))
    return own if own.startswith("[") else f"[{own}]"


def _row(text: str, spots: Spots, views: Sequence[View]) -> Row:
    base = spots[0].value
    differs = not all(_equal(base, spot.value) for spot in spots[1:])
    spelled = not differs and not all(same(base, spot.value) for spot in spots[1:])
    effects = (_has_effect(spot, view) for spot, view in zip(spots, views, strict=True))
    return Row(
        path=text,
        paths=tuple(spot.path for spot in spots),
        present=tuple(spot.value is not ABSENT for spot in spots),
        values=tuple(None if spot.value is ABSENT else spot.value for spot in spots),
        differs=differs,
        has_effect=tuple(effects),
        note=SPELLING if spelled else "",
    )


def _equal(left: Any, right: Any) -> bool:
    return same(left, right) or (_is_number(left) and _is_number(right) and left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_effect(spot: _Spot, view: View) -> bool | None:
    spec = None if spot.value is ABSENT or spot.path is None else _spec(spot.path)
    if spec is None:
        return None
    return spec.ignored(view.method, lora=view.uses_lora) is None


def _spec(path: Path) -> fields.FieldSpec | None:
    """The known field that a leaf belongs to: its own, or the list or object that holds it."""
    specs = (fields.find(path[:length]) for length in range(len(path), 0, -1))
    return next((spec for spec in specs if spec), None)


def _operations(source: Any, target: Any, path: Path) -> Iterator[Operation]:
    if same(source, target):
        return
    if isinstance(source, dict) and isinstance(target, dict):
        yield from _object_operations(source, target, path)
    elif isinstance(source, list) and isinstance(target, list):
        yield from _list_operations(source, target, path)
    else:
        yield findings.replace(path, target)


def _object_operations(source: Document, target: Document, path: Path) -> Iterator[Operation]:
    for key, value in source.items():
        if key not in target:
            yield findings.remove((*path, key))
        else:
            yield from _operations(value, target[key], (*path, key))
    for key, value in target.items():
        if key not in source:
            yield findings.add((*path, key), value)


def _list_operations(source: list[Any], target: list[Any], path: Path) -> Iterator[Operation]:
    start = _shared(source, target)
    end = _shared(source[start:][::-1], target[start:][::-1])
    old, new = source[start : len(source) - end], target[start : len(target) - end]
    for index in reversed(range(len(new), len(old))):
        yield findings.remove((*path, start + index))
    for index, (left, right) in enumerate(zip(old, new, strict=False), start):
        yield from _operations(left, right, (*path, index))
    for index, value in enumerate(new[len(old) :], start + len(old)):
        yield findings.add((*path, index), value)


def _shared(left: list[Any], right: list[Any]) -> int:
    """How many leading items are the same."""
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: same(*pair), pairs))

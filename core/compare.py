"""Documents side by side: the leaves that differ, and what each difference changes.

Tools are matched by name, so a tool that moved is not a tool that changed. Other lists are
aligned, so an item that was inserted moves none of those after it. An empty object or list is a
leaf of its own. Equal parts are passed over as a whole: what is looked at in detail is what
differs, once a document.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Final, Literal

from core import fields
from core.changes.alignment import slots
from core.changes.delta import difference
from core.document import ABSENT, Document, Path, path_text, same
from core.fields import FieldSpec
from core.findings import Patch
from core.reading import effect
from core.reading.effect import Reader
from core.reading.profile import TINY_TOOL_USE, Profile
from core.reading.view import View, tool_name

SPELLING: Final = "the same number, written as a whole number and with a decimal point"
ORDER: Final = "the tools stand in another order"

_TOOLS: Final = "tools"
_ANY: Final = "*"

Step = str | int
Kind = Literal["value", "order"]


class Readers:
    """Who reads some documents: a few readers, found when they are first asked for.

    ``profiles`` says what the trainer of each document makes of the keys.
    """

    def __init__(self, documents: Sequence[Document], profiles: Sequence[Profile] = ()) -> None:
        self._documents = documents
        self._profiles = profiles or (TINY_TOOL_USE,) * len(documents)

    @cached_property
    def distinct(self) -> tuple[Reader, ...]:
        """The readers, each once."""
        return tuple(dict.fromkeys(self._each))

    @cached_property
    def of(self) -> tuple[int, ...]:
        """For each document: the number of its reader."""
        numbers = {reader: number for number, reader in enumerate(self.distinct)}
        return tuple(numbers[reader] for reader in self._each)

    @cached_property
    def _each(self) -> list[Reader]:
        both = zip(self._documents, self._profiles, strict=True)
        return [effect.reader(View(document, profile)) for document, profile in both]


@dataclass(frozen=True)
class Row:
    """One leaf across all documents; each tuple has one entry a document.

    Attributes:
        path: as people write it, with a tool by its name: ``tools[calculator].description``.
        paths: where it stands in each document, or would stand; ``None`` where what holds it is
            absent: its tool, or its place in a list.
        entries: the value of each document, or ``ABSENT``.
        differs: whether the documents do not all have the same.
        spec: the known field that the leaf belongs to.
        base: index of the document that the others are held against.
        readers: who reads the documents.
        kind: ``order`` for tools that stand in another order, whose values are their names.
        note: what else there is to say, or empty.
    """

    path: str
    paths: tuple[Path | None, ...]
    entries: tuple[Any, ...]
    differs: bool
    spec: FieldSpec | None
    base: int
    readers: Readers
    kind: Kind = "value"
    note: str = ""

    @property
    def present(self) -> tuple[bool, ...]:
        """Whether each document has it."""
        return tuple(entry is not ABSENT for entry in self.entries)

    @property
    def values(self) -> tuple[Any, ...]:
        """The value of each document; ``None`` where absent."""
        return tuple(None if entry is ABSENT else entry for entry in self.entries)

    @property
    def section(self) -> str:
        """The top-level key that it stands under."""
        return next(str(path[0]) for path in self.paths if path)

    @property
    def is_one_sided(self) -> bool:
        """Whether some documents have it and others have not."""
        return self.differs and ABSENT in self.entries

    @cached_property
    def has_effect(self) -> tuple[bool | None, ...]:
        """Whether the trainer looks at it; ``None`` where absent or not a known key."""
        is_known = self.spec is not None or self.kind == "order" or self._is_holder
        return tuple(
            read if is_known and entry is not ABSENT else None
            for read, entry in zip(self._reads, self.entries, strict=True)
        )

    @cached_property
    def changes_run(self) -> tuple[bool, ...]:
        """Whether a document's run would be another one with what the base has here.

        For the base itself: with what any other document has.
        """
        if not self.differs or not any(self._reads):
            return (False,) * len(self.entries)
        used, of = self._as_used(), self.readers.of
        own = [used[reader][number] for number, reader in enumerate(of)]
        held = [values[self.base] for values in used]
        changes = [
            read and self._tells_apart(value, held[reader])
            for value, read, reader in zip(own, self._reads, of, strict=True)
        ]
        # The base is held against all others.
        others = used[of[self.base]]
        changes[self.base] = self._reads[self.base] and any(
            self._tells_apart(own[self.base], other) for other in others
        )
        return tuple(changes)

    @property
    def has_consequence(self) -> bool:
        """Whether the difference changes any of the runs."""
        return any(self.changes_run)

    def differs_at(self, index: int) -> bool:
        """Whether one document does not have what the base has."""
        own, base = self.entries[index], self.entries[self.base]
        return self._tells_apart(own, base)

    def as_json(self) -> dict[str, Any]:
        """The row in the form that the command line prints."""
        row = {
            "path": self.path,
            "present": list(self.present),
            "values": list(self.values),
            "differs": self.differs,
            "has_effect": list(self.has_effect),
            "changes_run": list(self.changes_run),
            "kind": self.kind,
        }
        return {**row, "note": self.note} if self.note else row

    @cached_property
    def _reads(self) -> tuple[bool, ...]:
        """Whether each document's run looks at what stands here."""
        if self.kind == "order" or self._is_holder:
            is_tools = self.section == _TOOLS
            reads = [reader.tools or not is_tools for reader in self.readers.distinct]
        else:
            reads = [reader.reads(self.spec) for reader in self.readers.distinct]
        return tuple(reads[number] for number in self.readers.of)

    @cached_property
    def _is_holder(self) -> bool:
        """Whether known keys stand below it, so that a value of another type stops them all."""
        return self.spec is None and any(
            path and (path == (_TOOLS,) or fields.keys_at(path)) for path in self.paths
        )

    def _as_used(self) -> Sequence[Sequence[Any]]:
        """For each reader: the entries as it would take them."""
        spec = self.spec
        if spec is None or ABSENT not in self.entries or not self.is_whole:
            return (self.entries,) * len(self.readers.distinct)
        defaults = [reader.used(spec, ABSENT) for reader in self.readers.distinct]
        # A tool that is not there has no defaults either.
        gaps = [path is not None and entry is ABSENT for path, entry in self._places()]
        return [
            [default if gap else entry for entry, gap in zip(self.entries, gaps, strict=True)]
            for default in defaults
        ]

    def _places(self) -> Iterator[tuple[Path | None, Any]]:
        return zip(self.paths, self.entries, strict=True)

    @property
    def is_whole(self) -> bool:
        """Whether it is the known field's own value, and not one inside of that."""
        spec = self.spec
        return spec is not None and any(path and len(path) == len(spec.path) for path in self.paths)

    def _tells_apart(self, own: Any, other: Any) -> bool:
        if self.kind == "order":
            return _is_moved(_lists([own, other]))
        return own is not other and not equal(own, other)


@dataclass(frozen=True)
class Comparison:
    """What differs between documents.

    Attributes:
        documents: the documents.
        labels: their names.
        rows: the leaves that differ, and all others where everything was asked for.
        base: index of the base.
    """

    documents: tuple[Document, ...]
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    base: int = 0

    @cached_property
    def patch(self) -> Patch | None:
        """RFC 6902, from the base to the other; ``None`` unless there are two documents."""
        if len(self.documents) != 2:
            return None
        return difference(self.documents[self.base], self.documents[1 - self.base])

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
    documents: Sequence[Document],
    labels: Sequence[str] | None = None,
    everything: bool = False,
    base: int = 0,
    profiles: Sequence[Profile] = (),
) -> Comparison:
    """Compare documents leaf by leaf.

    ``1`` and ``1.0`` are the same number and get a row with a note; ``1`` and ``true`` differ, and
    so does a key that only one side has. Equal leaves are listed only with ``everything``. Which
    rows there are and which differ does not depend on the order of the documents.

    Args:
        documents: one or more.
        labels: their names; numbers from 1 by default.
        everything: whether to list equal leaves too.
        base: index of the document that the others are held against.
        profiles: what the trainer of each makes of the keys; Tiny Tool Use by default.
    """
    names = labels or [str(number) for number in range(1, len(documents) + 1)]
    rows = tuple(_Walk(documents, everything, base, profiles).rows())
    return Comparison(tuple(documents), tuple(names), rows, base)


def changed(base: Document, document: Document) -> tuple[Path, ...]:
    """The leaves that are not the same in both, type included, each path once.

    A path is the document's own; the base's for what only the base has.
    """
    paths = (_own_path(row) for row in _Walk((base, document), False, 0).rows())
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def equal(left: Any, right: Any) -> bool:
    """Whether two values mean the same: ``1`` and ``1.0`` do, ``1`` and ``true`` do not."""
    if left is right:
        return True
    return same(left, right) or (_is_number(left) and _is_number(right) and left == right)


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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What every document has at one place, or ABSENT.
_Values = list[Any]
_Paths = tuple[Path | None, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that all documents share, each under a path of its own.

    ``generic`` is the place's path with ``*`` for any item of a list.
    """

    text: str
    generic: Path
    paths: _Paths
    spec: FieldSpec | None

    def key(self, key: Step) -> "_Place":
        """The place of a key of the objects that stand here."""
        paths = tuple(None if path is None else (*path, key) for path in self.paths)
        # A key that is a star itself is no item of a list.
        step = "**" if key == _ANY else str(key)
        return self._below(_child_text(self.text, key), step, paths)

    def item(self, text: str, indexes: Sequence[int | None]) -> "_Place":
        """The place of items that belong together in the lists that stand here."""
        paths = tuple(
            None if path is None or index is None else (*path, index)
            for path, index in zip(self.paths, indexes, strict=True)
        )
        return self._below(self.text + text, _ANY, paths)

    def _below(self, text: str, step: str, paths: _Paths) -> "_Place":
        generic = (*self.generic, step)
        return _Place(text, generic, paths, fields.table().get(generic, self.spec))


class _Walk:
    """One pass over documents side by side."""

    def __init__(
        self,
        documents: Sequence[Document],
        everything: bool,
        base: int,
        profiles: Sequence[Profile] = (),
    ) -> None:
        self.documents = documents
        self.everything = everything
        self.base = base
        self.readers = Readers(documents, profiles)

    def rows(self) -> Iterator[Row]:
        whole = _Place("", (), ((),) * len(self.documents), None)
        yield from self._children(list(self.documents), whole)

    def _below(self, values: _Values, place: _Place) -> Iterator[Row]:
        """The rows of one place and of all below it."""
        kinds = set(map(type, values))
        if not kinds & _CONTAINERS:
            yield self._row(values, place)
            return
        if list in kinds and place.generic == ("tools",):
            yield from self._tools(values, place)
        else:
            yield from self._leaves(values, place)
            if list in kinds:
                yield from self._items(values, place)
        if dict in kinds:
            yield from self._children(values, place)

    def _leaves(self, values: _Values, place: _Place) -> Iterator[Row]:
        leaves = list(map(_leaf, values))
        if any(leaf is not ABSENT for leaf in leaves):
            yield self._row(leaves, place)

    def _children(self, values: _Values, place: _Place) -> Iterator[Row]:
        for key in _keys(values):
            inner = [value.get(key, ABSENT) if type(value) is dict else ABSENT for value in values]
            if self.everything or not _all_same(inner):
                yield from self._below(inner, place.key(key))

    def _items(self, values: _Values, place: _Place) -> Iterator[Row]:
        lists = _lists(values)
        for number, indexes in enumerate(slots(lists)):
            yield from self._item(lists, f"[{number}]", indexes, place)

    def _item(
        self, lists: Sequence[Any], text: str, indexes: Sequence[int | None], place: _Place
    ) -> Iterator[Row]:
        inner = [
            ABSENT if items is None or index is None else items[index]
            for items, index in zip(lists, indexes, strict=True)
        ]
        if self.everything or not _all_same(inner):
            yield from self._below(inner, place.item(text, indexes))

    def _tools(self, values: _Values, place: _Place) -> Iterator[Row]:
        lists = _lists(values)
        matchable = _matchable(lists)
        known = [_index_by_key(tools, matchable) for tools in lists]
        orders = [[key for key in index if isinstance(key, str)] for index in known]
        if _is_moved(orders):
            yield self._order(values, orders, place)
        else:
            yield from self._leaves(values, place)
        for key in dict.fromkeys(key for index in known for key in index):
            indexes = [index.get(key) for index in known]
            yield from self._item(lists, _bracket(key), indexes, place)

    def _order(self, values: _Values, orders: Sequence[list[str]], place: _Place) -> Row:
        """The row of the order, which tells what has no tools too."""
        pairs = zip(values, orders, strict=True)
        return Row(
            path=place.text,
            paths=place.paths,
            entries=tuple(own if type(value) is list else _leaf(value) for value, own in pairs),
            differs=True,
            spec=None,
            base=self.base,
            readers=self.readers,
            kind="order",
            note=ORDER,
        )

    def _row(self, values: _Values, place: _Place) -> Row:
        differs, spelled = _verdict(values)
        return Row(
            path=place.text,
            paths=place.paths,
            entries=tuple(values),
            differs=differs,
            spec=place.spec,
            base=self.base,
            readers=self.readers,
            note=SPELLING if spelled else "",
        )


_CONTAINERS: Final = {dict, list}


def _leaf(value: Any) -> Any:
    """The value where nothing is below it, or ``ABSENT``."""
    return ABSENT if value and type(value) in _CONTAINERS else value


def _lists(values: _Values) -> list[list[Any] | None]:
    return [value if type(value) is list else None for value in values]


def _all_same(values: _Values) -> bool:
    first = values[0]
    if type(first) in _CONTAINERS:
        return _are_same(first, values)
    return values.count(first) == len(values) and len(set(map(type, values))) == 1


def _are_same(first: Any, values: _Values) -> bool:
    others = [value for value in values if value is not first]
    if any(type(other) is not type(first) or other != first for other in others):
        return False
    # As in ``same``, but what the first looks like is written once.
    written = repr(first) if others else ""
    return all(repr(other) == written or same(first, other) for other in others)


def _verdict(values: _Values) -> tuple[bool, bool]:
    """Whether leaves differ, and whether they are equal numbers of two types."""
    if values.count(values[0]) < len(values):
        return True, False
    types = set(map(type, values))
    differs = len(types) > 1 and not types <= {int, float}
    return differs, len(types) > 1 and not differs


def _keys(values: _Values) -> Iterable[str]:
    return dict.fromkeys(key for value in values if type(value) is dict for key in value)


def _matchable(lists: Sequence[Any]) -> frozenset[str]:
    """The tool names that no document has twice."""
    counts = [Counter(filter(None, map(tool_name, tools or ()))) for tools in lists]
    names = {name for count in counts for name in count}
    return frozenset(name for name in names if all(count[name] <= 1 for count in counts))


def _index_by_key(tools: Any, matchable: frozenset[str]) -> Mapping[Step, int]:
    """How a tool is named across documents -> where it stands in this one."""
    names = enumerate(map(tool_name, tools or ()))
    return {name if name in matchable else position: position for position, name in names}


def _is_moved(orders: Iterable[Sequence[str] | None]) -> bool:
    """Whether no single order of the names agrees with all of the orders."""
    before: dict[str, set[str]] = {}
    for order in dict.fromkeys(tuple(order or ()) for order in orders):
        for left, right in pairwise(order):
            before.setdefault(right, set()).add(left)
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return True
    return False


def _child_text(text: str, key: Step) -> str:
    own = _step_text(key)
    return text + own if not text or own[0] == "[" else f"{text}.{own}"


def _bracket(key: Step) -> str:
    own = _step_text(key)
    return own if own[0] == "[" else f"[{own}]"


@lru_cache(maxsize=2048)
def _step_text(key: Step) -> str:
    return path_text((key,))

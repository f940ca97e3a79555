"""A patch of a document as edits of its text, which leave all else as it is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.changes.patch import apply
from core.changes.positions import Positions, Range
from core.document import ABSENT, Document, Path, get, identical, parse, write
from core.errors import DocumentError, PathError
from core.findings import Operation, Patch


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of the text and what stands there afterwards."""

    part: Range
    text: str


def edits(positions: Positions, document: Document, patch: Patch) -> tuple[Edit, ...]:
    """The edits that make the text one of the patched document; empty where there are none.

    Operations that touch one another are not put into edits.
    """
    try:
        found = tuple(_edits(positions, document, patch))
        after = parse(edited(positions.text, found))
        wanted = apply(document, patch)
    except (DocumentError, PathError, _Unwritable):
        return ()
    return found if identical(_sorted(after), _sorted(wanted)) else ()


def edited(text: str, found: tuple[Edit, ...]) -> str:
    """The text after all edits, whose places are those before any."""
    for edit in sorted(found, key=lambda edit: edit.part, reverse=True):
        start, end = edit.part
        text = text[:start] + edit.text + text[end:]
    return text


class _Unwritable(Exception):
    """An operation that is not put into edits."""


def _sorted(value: Any) -> Any:
    """The value with all keys in one order: a key that moved may stand elsewhere."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _edits(positions: Positions, document: Document, patch: Patch) -> Iterator[Edit]:
    text = _Text(positions, document)
    for operation in patch:
        yield from text.edits(operation)


class _Text:
    """A document with its text."""

    def __init__(self, positions: Positions, document: Document) -> None:
        self.positions = positions
        self.document = document

    def edits(self, operation: Operation) -> Iterator[Edit]:
        path = self.path(operation["path"])
        match operation["op"]:
            case "replace":
                yield self.replaced(path, operation["value"])
            case "add":
                yield self.added(path, operation["value"])
            case "remove":
                yield self.removed(path)
            case "move":
                source = self.path(operation["from"])
                yield self.removed(source)
                yield self.added(path, get(self.document, source))
            case _:
                raise _Unwritable

    def path(self, pointer: str) -> Path:
        """The path that an RFC 6901 pointer means in this document."""
        path: Path = ()
        for part in pointer.split("/")[1:]:
            step = part.replace("~1", "/").replace("~0", "~")
            in_list = isinstance(get(self.document, path), list)
            if in_list and not step.isdecimal():
                raise _Unwritable
            path = (*path, int(step) if in_list else step)
        return path

    def replaced(self, path: Path, value: Any) -> Edit:
        part = self.range(path)
        return Edit(part, self.written(value, part[0]))

    def added(self, path: Path, value: Any) -> Edit:
        holder = get(self.document, path[:-1])
        if get(self.document, path) is not ABSENT and isinstance(holder, dict):
            return self.replaced(path, value)
        if not isinstance(holder, dict):
            raise _Unwritable
        if not holder:
            return self.replaced(path[:-1], {str(path[-1]): value})
        last = (*path[:-1], list(holder)[-1])
        start, end = self.member(last)
        member = write({str(path[-1]): value})[4:-3].replace("\n  ", "\n")
        return Edit((end, end), "," + self.gap(start) + self.indented(member, start))

    def removed(self, path: Path) -> Edit:
        holder = get(self.document, path[:-1])
        if not isinstance(holder, dict) or path[-1] not in holder:
            raise _Unwritable
        keys = list(holder)
        index = keys.index(path[-1])
        start, end = self.member(path)
        if keys[index + 1 :]:
            end = self.member((*path[:-1], keys[index + 1]))[0]
        elif index:
            start = self.member((*path[:-1], keys[index - 1]))[1]
        return Edit((start, end), "")

    def range(self, path: Path) -> Range:
        if path not in self.positions.spans:
            raise _Unwritable
        return self.positions.spans[path].value

    def member(self, path: Path) -> Range:
        """A key with its value."""
        span = self.positions.spans[path]
        return (span.key or span.value)[0], span.value[1]

    def gap(self, position: int) -> str:
        """What stands between two members where one begins at this position."""
        before = self.line(position)
        return "\n" + before if not before.strip() else " "

    def written(self, value: Any, position: int) -> str:
        return self.indented(write(value).rstrip("\n"), position)

    def indented(self, written: str, position: int) -> str:
        line = self.line(position)
        return written.replace("\n", "\n" + line[: len(line) - len(line.lstrip())])

    def line(self, position: int) -> str:
        """The line up to a position."""
        text = self.positions.text
        return text[text.rfind("\n", 0, position) + 1 : position]

"""Where the values of a document stand in its text.

The text is one that ``core.document`` has read, so it is strict JSON. Lines and columns count from
1, columns in characters, as the faults of ``core.document`` do; a line ends with a line feed.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from core.document import Path

Range = tuple[int, int]
"""From a 0-based position of the text up to another, which is not in it."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True, slots=True)
class Span:
    """Where one value stands.

    Attributes:
        value: the value itself.
        key: its key, with the quotes; ``None`` for the whole document and for items of lists.
    """

    value: Range
    key: Range | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the text; the end column is that after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Positions:
    """The places of all values of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def spans(self) -> Mapping[Path, Span]:
        """Every value of the document by its path, containers after what they hold."""
        return dict(_Reader(self.text).values((), None))

    def nearest(self, path: Path) -> Path:
        """The path, or what is left of it once the steps are gone that lead nowhere."""
        while path not in self.spans:
            path = path[:-1]
        return path

    def region(self, path: Path) -> Region:
        """What to mark for a path: key and value, or for what holds others its key or bracket.

        For a path that leads nowhere it is what would hold the value.
        """
        span = self.spans[self.nearest(path)]
        start, end = span.value
        first = start if span.key is None else span.key[0]
        if self.text[start] in "{[":
            end = start + 1 if span.key is None else span.key[1]
        return self.marked((first, end))

    def marked(self, part: Range) -> Region:
        """The lines and columns of a part of the text."""
        return Region(*self._place(part[0]), *self._place(part[1]))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def _place(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._starts, position)
        return line, position - self._starts[line - 1] + 1


class _Reader:
    """Goes through the tokens once, with the next one at hand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.finditer(text)
        self.next = next(self.tokens)

    def take(self) -> Range:
        """The next token; the one after it is then at hand, if there is one."""
        taken = self.next.span()
        self.next = next(self.tokens, self.next)
        return taken

    def is_at(self, mark: str) -> bool:
        return self.next.group() == mark

    def values(self, path: Path, key: Range | None) -> Iterator[tuple[Path, Span]]:
        """A value and all that it holds."""
        start, end = self.take()
        opening = self.text[start]
        if opening in "{[":
            steps = self._members if opening == "{" else self._items
            yield from steps(path)
            end = self.take()[1]
        yield path, Span((start, end), key)

    def _members(self, path: Path) -> Iterator[tuple[Path, Span]]:
        while not self.is_at("}"):
            key = self.take()
            self.take()
            yield from self.values((*path, json.loads(self.text[slice(*key)])), key)
            self._skip_comma()

    def _items(self, path: Path) -> Iterator[tuple[Path, Span]]:
        index = 0
        while not self.is_at("]"):
            yield from self.values((*path, index), None)
            self._skip_comma()
            index += 1

    def _skip_comma(self) -> None:
        if self.is_at(","):
            self.take()

"""Where two texts differ, word by word and line by line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from core.changes.alignment import pairs

# Words of one text times words of the other, in all lines together: a second's work at most.
_STEPS_MAX: Final = 250_000
_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")
CONTEXT: Final = 3
"""Equal lines that are shown on each side of a difference."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text.

    Attributes:
        text: the part.
        differs: whether the other text does not have it here.
    """

    text: str
    differs: bool = False


Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of two texts side by side.

    Attributes:
        left: its pieces in the first text; ``None`` where it has no such line.
        right: the same for the second.
        skipped: how many equal lines are left out before this one.
    """

    left: Pieces | None
    right: Pieces | None
    skipped: int = 0

    @property
    def differs(self) -> bool:
        """Whether the texts differ in this line."""
        return self.left is None or self.right is None or any(map(_differs, self.left + self.right))


def words(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Both texts in pieces; those that differ are whole words."""
    return _words(left, right, _STEPS_MAX)


def _words(left: str, right: str, most: int) -> tuple[Pieces, Pieces]:
    if left == right:
        pieces = (Piece(left),) if left else ()
        return pieces, pieces
    olds, news = _WORD.findall(left), _WORD.findall(right)
    if len(olds) * len(news) > most:
        return _ends(left, right)
    matcher = SequenceMatcher(None, olds, news, autojunk=False)
    codes = matcher.get_opcodes()
    return (
        tuple(_pieces((code[0], olds[code[1] : code[2]]) for code in codes)),
        tuple(_pieces((code[0], news[code[3] : code[4]]) for code in codes)),
    )


def lines(left: str, right: str) -> tuple[Line, ...]:
    """Both texts line by line; of a long equal stretch only its ends."""
    olds, news = left.splitlines(), right.splitlines()
    sides = [
        (None if old is None else olds[old], None if new is None else news[new])
        for old, new in pairs(olds, news)
    ]
    changed = sum(old != new for old, new in sides)
    most = _STEPS_MAX // max(1, changed)
    return tuple(_folded([_line(old, new, most) for old, new in sides]))


def _line(left: str | None, right: str | None, most: int) -> Line:
    if left is None or right is None:
        return Line(_whole(left), _whole(right))
    if left == right:
        return Line((Piece(left),), (Piece(right),))
    return Line(*_words(left, right, most))


def _whole(text: str | None) -> Pieces | None:
    return None if text is None else (Piece(text, True),)


def _differs(piece: Piece) -> bool:
    return piece.differs


def _pieces(blocks: Iterable[tuple[str, list[str]]]) -> Iterator[Piece]:
    for what, parts in blocks:
        if parts:
            yield Piece("".join(parts), what != "equal")


def _ends(left: str, right: str) -> tuple[Pieces, Pieces]:
    """All between what the texts begin with alike and what they end with alike."""
    start = alike(left, right)
    end = alike(left[start:][::-1], right[start:][::-1])
    return _cut(left, start, len(left) - end), _cut(right, start, len(right) - end)


def _cut(text: str, start: int, end: int) -> Pieces:
    parts = (Piece(text[:start]), Piece(text[start:end], True), Piece(text[end:]))
    return tuple(piece for piece in parts if piece.text)


def alike(left: str, right: str) -> int:
    """How many characters two texts begin with alike."""
    for place, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return place
    return min(len(left), len(right))


def _folded(found: Sequence[Line]) -> Iterator[Line]:
    wanted = [line.differs for line in found]
    skipped = 0
    for number, line in enumerate(found):
        if any(wanted[max(0, number - CONTEXT) : number + CONTEXT + 1]):
            yield Line(line.left, line.right, skipped)
            skipped = 0
        else:
            skipped += 1
    if skipped and skipped < len(found):
        yield Line((), (), skipped)

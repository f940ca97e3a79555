"""A comparison as lines and columns of a table: what differs, and what the difference means."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any, Final

from core import fields, trainers
from core.changes.text_difference import Piece, Pieces, alike, words
from core.compare import Comparison, Row, compare
from core.comparing.consequences import MEMORY, Consequence, Outcome, consequences, outcome
from core.comparing.selection import Selection, select
from core.comparing.sources import Side
from core.derive import Quantity
from core.document import ABSENT, Path
from core.findings import Report
from core.output.comparison import row_note
from core.output.text import looks_like_json, printable
from core.output.text import value_text as json_text
from core.reading.target import DEFAULT
from core.system.secrets import masked, redact
from ui import session
from ui.differences.grid import Cell, Column, Line, Pick, Sheet, grid, sheet
from ui.run.run_card import amount
from ui.run.target import said
from ui.text import count, value_text

SECTION: Final = "section:"
"""What the key of a heading's line begins with; the section's name follows."""

_OTHER: Final = "Other keys"
NOTHING: Final = "–"

_LONG: Final = 4000
_SHORT: Final = 300
# Characters that are shown before the first difference of a text that is cut.
_BEFORE: Final = 60
# Shorter texts are seen to differ as a whole.
_MARKED_FROM: Final = 24


@dataclass(frozen=True)
class Board:
    """Configs side by side, the base first, with all that follows from them.

    Attributes:
        key: tells boards of different contents apart.
        sides: the configs.
        comparison: all their leaves, equal ones too.
        outcomes: what follows from each config.
    """

    key: object
    sides: tuple[Side, ...]
    comparison: Comparison
    outcomes: tuple[Outcome, ...]

    @cached_property
    def consequences(self) -> tuple[Consequence, ...]:
        """Verdicts and numbers as rows."""
        return consequences(self.outcomes)

    @cached_property
    def keys(self) -> dict[str, str]:
        """What the leaves are called in picks, by their paths: the path, if it holds no secret."""
        paths = [row.path for row in self.comparison.rows]
        safe = [redact(path) for path in paths]
        return {
            path: path if path == shown else f"{shown} {number}"
            for number, (path, shown) in enumerate(zip(paths, safe, strict=True))
        }

    @cached_property
    def by_key(self) -> dict[str, Row]:
        """The leaves by what they are called in picks."""
        return {self.keys[row.path]: row for row in self.comparison.rows}

    @property
    def names(self) -> tuple[str, ...]:
        """What the configs are called in picks and in the address."""
        return tuple(side.origin.name for side in self.sides)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What the configs are called in tables; no two alike."""
        titles = [redact(side.title) for side in self.sides]
        longer = [
            f"{title} ({side.detail})" for title, side in zip(titles, self.sides, strict=True)
        ]
        names = [
            long if titles.count(title) > 1 else title
            for title, long in zip(titles, longer, strict=True)
        ]
        return tuple(
            f"{name} {names[:number].count(name) + 1}" if names.count(name) > 1 else name
            for number, name in enumerate(names)
        )


def board(sides: Sequence[Side], base: str = "") -> Board:
    """Compare configs; the one of that name comes first, and the others are held against it."""
    ordered = tuple(sorted(sides, key=lambda side: side.origin.name != base))
    key = tuple((side.origin, side.title, side.detail, side.text, side.target) for side in ordered)
    return session.once(("board", key), lambda _: _board(key, ordered))


def _outcome(side: Side) -> Outcome:
    """What follows from a config; it is looked at once, also where it is compared again."""
    target = trainers.known(side.target)
    key = side.text, target
    return session.once(key, lambda _: outcome(side.document, target), 400, "outcomes")


def _board(key: object, sides: tuple[Side, ...]) -> Board:
    documents = [side.document for side in sides]
    profiles = [trainers.setting(trainers.known(side.target)).profile for side in sides]
    found = compare(documents, everything=True, profiles=profiles)
    return Board(key, sides, found, tuple(map(_outcome, sides)))


def shown(own: Board, selection: Selection) -> tuple[Row, ...]:
    """The leaves that are wanted, by section in the order of the form."""
    return session.once(("shown", own.key, selection), lambda _: _shown(own, selection))


def _shown(own: Board, selection: Selection) -> tuple[Row, ...]:
    order = {name: number for number, name in enumerate(fields.SECTIONS)}
    rows = select(own.comparison.rows, selection)
    return tuple(sorted(rows, key=lambda row: order.get(row.section, len(order))))


def shown_consequences(own: Board, selection: Selection) -> tuple[Consequence, ...]:
    """The verdicts and numbers that are wanted."""
    wanted = selection.search.casefold().split()
    return tuple(
        one
        for one in own.consequences
        if (selection.show == "all" or one.differs)
        and all(word in one.title.casefold() for word in wanted)
    )


def table(
    own: Board,
    selection: Selection,
    *,
    key: str,
    can_pick: Callable[[Side], bool] = lambda side: False,
    picks_of: object = None,
    on_open: Callable[[str], None] | None = None,
    on_download: Callable[[str], None] | None = None,
) -> tuple[Pick, ...]:
    """Draw the table; what is picked in it.

    Args:
        own: what is compared.
        selection: which rows are wanted.
        key: the widget's key.
        can_pick: whether values can be picked from a config.
        picks_of: when this changes, nothing is picked any more.
        on_open: called with a config's name after a click on its heading.
        on_download: called with a config's name after its file was downloaded.
    """
    pickable = tuple(map(can_pick, own.sides))
    opens = on_open is not None
    laid_out = session.once(
        ("sheet", own.key, selection, pickable, opens),
        lambda _: _sheet(own, selection, pickable, opens=opens),
    )
    return grid(
        laid_out,
        key=key,
        picks_of=picks_of,
        hint="A click on a cell picks its value for the draft." if any(pickable) else "",
        on_open=on_open,
        on_download=on_download,
    )


def _sheet(own: Board, selection: Selection, pickable: Sequence[bool], *, opens: bool) -> Sheet:
    columns = [_column(own, number, opens=opens) for number in range(len(own.sides))]
    lines = [
        *_consequence_lines(own, shown_consequences(own, selection)),
        *_setting_lines(own, shown(own, selection), pickable),
    ]
    return sheet(columns, lines, "The configs side by side")


def state_of(report: Report) -> str:
    """The two verdicts in a word or three."""
    if not report.is_valid:
        return count(len(report.errors), "error")
    return "runs" if report.trainer.runs else "valid, stops"


def _judged_for(side: Side) -> str:
    """Trainer, libraries and machine, where they are not what is usual."""
    target = trainers.known(side.target)
    return "" if target == DEFAULT else f"for {said(target)}"


def _column(own: Board, number: int, *, opens: bool) -> Column:
    side, report = own.sides[number], own.outcomes[number].report
    return Column(
        key=side.origin.name,
        title=visible(value_text(side.title, 60)),
        detail=" · ".join(filter(None, (side.detail, state_of(report), _judged_for(side)))),
        file_name=side.file_name if opens else "",
        text=side.text if opens else "",
        is_base=number == own.comparison.base and len(own.sides) > 1,
        opens=opens,
    )


# --- Lines ---------------------------------------------------------------------------------------


def _consequence_lines(own: Board, rows: Sequence[Consequence]) -> Iterator[Line]:
    if rows:
        empty = tuple(Cell(()) for _ in own.sides)
        yield Line(f"{SECTION}=", "section", "What follows", empty)
    for row in rows:
        cells = tuple(_consequence_cell(own, row, number) for number in range(len(own.sides)))
        yield Line(f"{row.kind}:{row.name}", "number", row.title, cells, differs=row.differs)


def _consequence_cell(own: Board, row: Consequence, number: int) -> Cell:
    text = consequence_text(row, number, own.outcomes[number])
    differs = row.differs_at(number, own.comparison.base)
    return Cell((Piece(text),), differs=differs, is_quiet=text == NOTHING)


def consequence_text(row: Consequence, number: int, of: Outcome) -> str:
    """What one config has in a row of verdicts or numbers, in words."""
    if row.name == MEMORY:
        return _gib(of.gib)
    if row.kind == "derived":
        return amount(row.name, of.derived)
    value = row.values[number]
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _gib(value: Quantity) -> str:
    if value is None:
        return NOTHING
    likely = f"{value[0]:g}, at worst {value[1]:g}" if isinstance(value, tuple) else f"{value:g}"
    return f"about {likely}"


def _setting_lines(own: Board, rows: Sequence[Row], pickable: Sequence[bool]) -> Iterator[Line]:
    for group, found in groupby(rows, _group):
        inside = list(found)
        yield _heading(group, inside, pickable)
        yield from (_setting(row, own.keys[row.path], pickable) for row in inside)


def _group(row: Row) -> str:
    return row.section if row.section in fields.SECTIONS else _OTHER


def _heading(group: str, rows: Sequence[Row], pickable: Sequence[bool]) -> Line:
    is_section = group != _OTHER
    cells = tuple(
        _heading_cell(sum(row.differs_at(number) for row in rows), is_section and can_be_picked)
        for number, can_be_picked in enumerate(pickable)
    )
    return Line(f"{SECTION}{group}", "section", group.capitalize() if is_section else group, cells)


def _heading_cell(differing: int, can_be_picked: bool) -> Cell:
    text = f"{differing} differ" if differing > 1 else f"{differing} differs" if differing else ""
    return Cell((Piece(text),), can_be_picked=can_be_picked)


def _setting(row: Row, key: str, pickable: Sequence[bool]) -> Line:
    # With two columns there is room for long texts.
    limit = _LONG if len(row.entries) == 2 else _SHORT
    texts = Texts(row.entries, [path or () for path in row.paths], row.base, limit)
    cells = tuple(
        replace(_cell(row, number, texts), can_be_picked=can_be_picked)
        for number, can_be_picked in enumerate(pickable)
    )
    return Line(
        key=key,
        kind="setting",
        label=visible(redact(_label(row))),
        cells=cells,
        help=redact(f"{row.path}\n{row.spec.help}" if row.spec else row.path),
        note=row_note(row),
        differs=row.differs or bool(row.note),
    )


def _label(row: Row) -> str:
    """The path below the heading that the row stands under."""
    if _group(row) == _OTHER or row.path == row.section:
        return row.path
    return row.path.removeprefix(row.section).removeprefix(".")


def _cell(row: Row, number: int, texts: "Texts") -> Cell:
    entry = row.entries[number]
    differs = row.differs and row.differs_at(number)
    if entry is ABSENT:
        return Cell((Piece(NOTHING),), _instead(row, number), differs, is_quiet=True)
    note = _effect(row, number)
    other = 1 - number if len(row.entries) == 2 and row.differs and _are_texts(row) else None
    return Cell(texts.pieces(number, other), note, differs, is_quiet=bool(note))


def _are_texts(row: Row) -> bool:
    return all(isinstance(entry, str) for entry in row.entries)


def _instead(row: Row, number: int) -> str:
    """What the trainer takes for an absent value."""
    reader = row.readers.distinct[row.readers.of[number]]
    is_there = row.paths[number] is not None
    if row.spec is None or not (is_there and row.is_whole and reader.reads(row.spec)):
        return ""
    used = reader.used(row.spec, ABSENT)
    return "" if used is ABSENT else f"trainer: {value_text(used, 40)}"


def _effect(row: Row, number: int) -> str:
    if row.has_effect[number] is False:
        return "no effect"
    return "nothing reads it" if row.has_effect[number] is None else ""


class Texts:
    """The values of one row as texts without secrets; long ones are all cut at the same place.

    Args:
        entries: the values, or ``ABSENT``.
        places: where each stands.
        base: the number of the value that the others are held against.
        limit: how many characters are shown.
    """

    def __init__(
        self, entries: Sequence[Any], places: Sequence[Path], base: int = 0, limit: int = _SHORT
    ) -> None:
        self.texts = list(map(text_of, entries, places))
        self.limit = limit
        there = zip(self.texts, entries, strict=True)
        own = self.texts[base]
        firsts = [alike(text, own) for text, entry in there if entry is not ABSENT and text != own]
        is_cut = max(map(len, self.texts)) > self.limit
        first = min(firsts, default=0) if is_cut else 0
        self.start = max(0, first - _BEFORE) if first > self.limit - _BEFORE else 0

    def pieces(self, number: int, other: int | None = None) -> Pieces:
        """One value; with another one's number, the words that differ from it are marked."""
        own = self.texts[number]
        head = (Piece("…"),) if self.start else ()
        tail = (Piece("…"),) if self.start + self.limit < len(own) else ()
        shown = self._cut(number)
        is_marked = other is not None and min(map(len, self.texts)) >= _MARKED_FROM
        inner = words(shown, self._cut(other or 0))[0] if is_marked else (Piece(shown),)
        return (*head, *inner, *tail)

    def _cut(self, number: int) -> str:
        return self.texts[number][self.start : self.start + self.limit]


def text_of(entry: Any, place: Path) -> str:
    """One value as it is shown, without secrets; text that reads like another value is quoted."""
    if entry is ABSENT:
        return NOTHING
    value = masked(entry, place)
    if not isinstance(value, str):
        return json_text(value)
    is_plain = value == value.strip() and not looks_like_json(value)
    return visible(value if is_plain else json.dumps(value, ensure_ascii=False))


def visible(text: str) -> str:
    """The text with each character that shows nothing, or turns the writing round, spelled out."""
    return "".join(char if char == "\n" else printable(char) for char in text)

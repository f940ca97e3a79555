"""Configs side by side as one table: a column a config, a line a setting, cells that can be picked.

pandas lays the table out; everything in it is escaped here, in ``_cell_html`` and its neighbours,
and nowhere else. The browser's part (``grid.js``) adds keys, picking and downloads.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st

from core.changes.text_difference import Pieces
from core.system.secrets import redact
from ui import session

Pick = tuple[str, str]
"""The keys of a line and of a column."""

_FOLDER: Final = Path(__file__).parent
_WORD_ENDS: Final = re.compile(r"([_.\]])(?=\w)")


@dataclass(frozen=True, slots=True)
class Column:
    """One config.

    Attributes:
        key: what it is called in picks.
        title: its name.
        detail: what it is, in a few words.
        file_name: what its file is called.
        text: the file, which a click in the heading downloads; empty for none.
        is_base: whether the others are held against it.
        opens: whether a click on the heading says so to the page.
    """

    key: str
    title: str
    detail: str
    file_name: str = ""
    text: str = ""
    is_base: bool = False
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """What one config has in one line.

    Attributes:
        pieces: the value; pieces that differ are marked inside it.
        note: what else there is to say, in small letters.
        differs: whether it is not what the base has.
        is_quiet: whether it is of no consequence: absent, or nothing looks at it.
        can_be_picked: whether a click picks it.
    """

    pieces: Pieces
    note: str = ""
    differs: bool = False
    is_quiet: bool = False
    can_be_picked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One setting, number or verdict, or the heading of those that follow.

    Attributes:
        key: what it is called in picks.
        kind: a ``section`` heads the lines after it; a ``number`` follows from settings.
        label: its name.
        cells: one a column.
        help: what it is, for the mouse.
        note: what else there is to say, in small letters.
        differs: whether the columns differ here.
    """

    key: str
    kind: Literal["section", "setting", "number"]
    label: str
    cells: tuple[Cell, ...]
    help: str = ""
    note: str = ""
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that is laid out, ready to be drawn many times.

    Attributes:
        html: the table.
        lines: what the browser has to know of each line.
        columns: what the browser has to know of each column.
    """

    html: str
    lines: tuple[Mapping[str, Any], ...]
    columns: tuple[Mapping[str, Any], ...]


def sheet(columns: Sequence[Column], lines: Sequence[Line], alt: str) -> Sheet:
    """Lay a table out.

    Args:
        columns: the configs, in their order.
        lines: the lines, in their order.
        alt: what the table is, for screen readers.
    """
    return Sheet(
        _html(columns, lines, alt),
        tuple(map(_line_data, lines)),
        tuple(map(_column_data, columns)),
    )


def grid(
    table: Sheet,
    *,
    key: str,
    picks: Sequence[Pick] = (),
    picks_of: object = None,
    one_each: bool = False,
    hint: str = "",
    on_open: Callable[[str], None] | None = None,
    on_download: Callable[[str], None] | None = None,
) -> tuple[Pick, ...]:
    """Draw a table.

    Args:
        table: what is drawn.
        key: the widget's key.
        picks: what is picked at first.
        picks_of: when this changes, ``picks`` hold anew, whatever the user has picked.
        one_each: whether each line has exactly one pick, as a choice between the columns.
        hint: what a click on a cell does, in a few words.
        on_open: called with a column's key after a click on its heading.
        on_download: called with a column's key after its file was downloaded.

    Returns:
        What the user has picked; lines and columns that are not there any more included.
    """
    data: dict[str, Any] = {
        "html": table.html,
        "lines": table.lines,
        "columns": table.columns,
        "picks": [list(pick) for pick in picks],
        "picksOf": repr(picks_of),
        "oneEach": one_each,
        "hint": hint,
    }
    mounted = _component()(
        data=data,
        key=key,
        default={"picked": {}},
        on_picked_change=_nothing,
        on_opened_change=lambda: _told(key, "opened", on_open),
        on_downloaded_change=lambda: _told(key, "downloaded", on_download),
    )
    return _picks(mounted["picked"], data["picksOf"], picks)


def _nothing() -> None:
    """The picks are read when the table is drawn."""


def _told(key: str, name: str, act: Callable[[str], None] | None) -> None:
    value = session.widget_value(key).get(name)
    if act and isinstance(value, str):
        act(value)


def _picks(state: Any, picks_of: str, first: Sequence[Pick]) -> tuple[Pick, ...]:
    """What the browser says is picked; nothing that it sends is taken for granted."""
    if not isinstance(state, dict) or state.get("of") != picks_of:
        return tuple(first)
    pairs = state.get("picks")
    pairs = pairs if isinstance(pairs, list) else []
    return tuple(
        (pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)
    )


def _line_data(line: Line) -> Mapping[str, Any]:
    return {"key": line.key, "kind": line.kind, "differs": line.differs}


def _column_data(column: Column) -> Mapping[str, Any]:
    return {
        "key": column.key,
        "file": column.file_name,
        "text": column.text,
        "base": column.is_base,
    }


@cache
def _component() -> Any:
    return st.components.v2.component(
        "tunesmith_grid",
        css=(_FOLDER / "grid.css").read_text(encoding="utf-8"),
        js=(_FOLDER / "grid.js").read_text(encoding="utf-8"),
    )


# --- The table -----------------------------------------------------------------------------------


def _html(columns: Sequence[Column], lines: Sequence[Line], alt: str) -> str:
    # Imported here: the other pages do without it, and it takes half a second.
    import pandas as pd

    numbers = range(len(columns))
    frame = pd.DataFrame([line.cells for line in lines], columns=numbers)
    names = [[_cell_class(cell) for cell in line.cells] for line in lines]
    classes = pd.DataFrame(names, columns=numbers)
    styler = frame.style.format(_cell_html).set_td_classes(classes)
    # The names of lines and columns are no names to pandas: those have to differ.
    styler.format_index(_numbered(lines, _line_html), axis=0)
    styler.format_index(_numbered(columns, _column_html), axis=1)
    styler.set_table_attributes(
        f'role="grid" aria-multiselectable="true" aria-label="{escape(alt)}"'
    )
    # Without a name of its own the same table would be another text each time.
    # pandas would leave out what is more than it takes for enough.
    with pd.option_context("styler.render.max_elements", frame.size + 1):
        return str(styler.to_html(cell_ids=False, table_uuid="grid"))


def _numbered(items: Sequence[Any], html: Callable[[Any], str]) -> Callable[[object], str]:
    return lambda number: html(items[int(str(number))])


def _cell_class(cell: Cell) -> str:
    names = (
        ("differs", cell.differs),
        ("quiet", cell.is_quiet),
        ("pickable", cell.can_be_picked),
    )
    return " ".join(name for name, is_so in names if is_so)


def _cell_html(cell: object) -> str:
    if not isinstance(cell, Cell):
        return ""
    mark = '<span class="mark" title="differs from the base">≠</span>' if cell.differs else ""
    value = "".join(_piece_html(piece.text, piece.differs) for piece in cell.pieces)
    return f'<span class="value">{mark}{value}</span>{_note_html(cell.note)}'


def _piece_html(text: str, differs: bool) -> str:
    safe = escape(text)
    return f"<mark>{safe}</mark>" if differs else safe


def _line_html(line: Line) -> str:
    # A long name may be broken where its words end.
    name = _WORD_ENDS.sub(r"\1<wbr>", escape(line.label))
    return f'<span class="label" title="{escape(line.help)}">{name}</span>{_note_html(line.note)}'


def _note_html(note: str) -> str:
    return f'<small class="note">{escape(note)}</small>' if note else ""


def _column_html(column: Column) -> str:
    title = escape(column.title)
    base = '<span class="base">base</span> ' if column.is_base else ""
    name = (
        f'<button class="open" type="button" title="More about {title}">{title}</button>'
        if column.opens
        else f'<span class="open">{title}</span>'
    )
    detail = f'<small class="note">{base}{escape(column.detail)}</small>'
    return name + detail + _download_html(column)


def _download_html(column: Column) -> str:
    if not column.text:
        return ""
    said = escape(redact(f"Download {column.file_name}"))
    return f'<button class="download" type="button" title="{said}" aria-label="{said}">↓</button>'

"""Two configs: where their long texts and their tools differ, line by line and word by word."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from core.changes.text_difference import Line, Piece, Pieces, lines
from core.compare import Row, named_path_text
from core.document import Path, get, write
from core.output.text import code_span
from core.system.secrets import masked, redact
from ui.differences.comparison import Board, visible
from ui.text import count

_LONG: Final = 120
_SHOWN_AT_MOST: Final = 30


def text_differences(own: Board, rows: Sequence[Row]) -> None:
    """Draw each long text and each tool that both have and that differs, side by side.

    Args:
        own: two configs.
        rows: the rows that are shown.
    """
    found = [*_texts(rows), *_tools(own, rows)]
    if not found:
        return
    st.markdown("**Texts and tools, line by line**")
    names = [redact(title) for title, _, _ in found]
    for number, (_, left, right) in enumerate(found[:_SHOWN_AT_MOST]):
        again = names[:number].count(names[number])
        box = st.expander(
            code_span(names[number]),
            key=f"text.{names[number]}.{again}",
            type="compact",
            on_change="rerun",
        )
        # Looking for words that differ takes a while: only what is open is looked at.
        if box.open:
            with box:
                _text_difference(left, right, own.labels)
    if found[_SHOWN_AT_MOST:]:
        st.caption(f"The first {_SHOWN_AT_MOST} of {len(found)}.")


def _text_difference(left: str, right: str, labels: tuple[str, ...]) -> None:
    told = lines(left, right)
    if any(line.differs for line in told):
        st.html(_html(told, labels))
    else:
        st.caption("They differ in spaces at the end, in the kind of line break, or in a secret.")


def _texts(rows: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        left, right = row.entries
        if row.differs and isinstance(left, str) and isinstance(right, str) and _is_long(row):
            places = [path or () for path in row.paths]
            yield row.path, masked(left, places[0]), masked(right, places[1])


def _is_long(row: Row) -> bool:
    return any(len(entry) > _LONG or "\n" in entry for entry in row.entries)


def _tools(own: Board, rows: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
    """The tools that both have and that differ, as JSON."""
    places = dict.fromkeys(
        (_tool(row.paths[0]), _tool(row.paths[1]))
        for row in rows
        if row.differs and row.kind != "order"
    )
    for left, right in places:
        if left and right:
            old, new = own.comparison.documents
            tools = get(old, left), get(new, right)
            yield _title(left, tools[0]), write(masked(tools[0])), write(masked(tools[1]))


def _tool(path: Path | None) -> Path:
    """Where the tool stands that a path leads into; empty where it leads into none."""
    is_inside = path is not None and path[:1] == ("tools",) and len(path) > 2
    return path[:2] if path and is_inside and isinstance(path[1], int) else ()


def _title(place: Path, tool: Any) -> str:
    name = tool.get("name") if isinstance(tool, dict) else None
    return named_path_text((*place[:1], name) if isinstance(name, str) else place)


def _html(found: tuple[Line, ...], labels: tuple[str, ...]) -> str:
    head = "".join(f"<th>{escape(label)}</th>" for label in labels)
    body = "".join(map(_row, found))
    return (
        f'<table class="text-difference"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _row(line: Line) -> str:
    skipped = (
        f'<tr class="skipped"><td colspan="2">{count(line.skipped, "equal line")}</td></tr>'
        if line.skipped
        else ""
    )
    if line.left == () and line.right == ():
        return skipped
    return f"{skipped}<tr>{_cell(line.left, 'old')}{_cell(line.right, 'new')}</tr>"


def _cell(pieces: Pieces | None, name: str) -> str:
    if pieces is None:
        return '<td class="none"></td>'
    inner = "".join(
        f"<mark>{_shown(piece)}</mark>" if piece.differs else _shown(piece) for piece in pieces
    )
    changed = " changed" if any(piece.differs for piece in pieces) else ""
    return f'<td class="{name}{changed}">{inner or "&nbsp;"}</td>'


def _shown(piece: Piece) -> str:
    return escape(visible(piece.text))

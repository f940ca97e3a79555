"""Two configs: where their long texts and their tools differ, line by line and word by word."""

from collections.abc import Iterator
from html import escape
from typing import Final

import streamlit as st

from core.compare import Row
from core.document import ABSENT, get, write
from core.render import code_span
from core.secrets import redact
from core.text_difference import Line, Pieces, lines
from ui.comparison import Board
from ui.text import count

_LONG: Final = 120
_SHOWN_AT_MOST: Final = 30


def text_differences(own: Board) -> None:
    """Draw each long text and each tool that both have and that differs, side by side."""
    found = [*_texts(own), *_tools(own)]
    if not found:
        return
    st.markdown("**Texts and tools, line by line**")
    for title, left, right in found[:_SHOWN_AT_MOST]:
        with st.expander(code_span(title), key=f"text.{title}", type="compact"):
            st.html(_html(lines(redact(left), redact(right)), own.labels))
    if found[_SHOWN_AT_MOST:]:
        st.caption(f"The first {_SHOWN_AT_MOST} of {len(found)}.")


def _texts(own: Board) -> Iterator[tuple[str, str, str]]:
    for row in own.comparison.rows:
        left, right = row.entries
        if row.differs and isinstance(left, str) and isinstance(right, str) and _is_long(row):
            yield row.path, left, right


def _is_long(row: Row) -> bool:
    return any(len(entry) > _LONG or "\n" in entry for entry in row.entries)


def _tools(own: Board) -> Iterator[tuple[str, str, str]]:
    """The tools that both have and that differ, as JSON."""
    left, right = own.comparison.documents
    seen = set[tuple[object, object]]()
    for row in own.comparison.rows:
        places = [path[:2] if path and path[0] == "tools" else () for path in row.paths]
        if not row.differs or row.kind == "order" or (key := tuple(places)) in seen:
            continue
        seen.add((key[0], key[1]))
        tools = [get(left, places[0]), get(right, places[1])]
        if all(len(place) == 2 for place in places) and ABSENT not in tools:
            title = row.path[: row.path.index("]") + 1]
            yield title, write(tools[0]), write(tools[1])


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
        f"<mark>{escape(piece.text)}</mark>" if piece.differs else escape(piece.text)
        for piece in pieces
    )
    changed = " changed" if any(piece.differs for piece in pieces) else ""
    return f'<td class="{name}{changed}">{inner or "&nbsp;"}</td>'

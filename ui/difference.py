"""A table of what differs between configs, the first of which is the base."""

from collections.abc import Iterable, Sequence
from typing import Final

import streamlit as st

from core.compare import Row, compare
from core.document import ABSENT, Document
from ui.text import count, plain, value_text

_SHOWN_AT_MOST: Final = 300
_LONGEST: Final = 200
_FEW: Final = 12


def difference(documents: Sequence[Document], labels: Sequence[str]) -> None:
    """Draw the settings that differ, one row each, one column a config."""
    rows = [row for row in compare(documents, labels).rows if row.differs]
    if not rows:
        st.markdown(":material/check: No setting differs.")
        return
    st.caption(f"{count(len(rows), 'setting')} {'differs' if len(rows) == 1 else 'differ'}.")
    # A table of text, not a canvas: it wraps, can be copied, and is read out.
    with st.container(key="difference", height="content" if len(rows) <= _FEW else 440):
        st.markdown("\n".join(_lines(rows[:_SHOWN_AT_MOST], labels)))
    if len(rows) > _SHOWN_AT_MOST:
        st.caption(f"The first {_SHOWN_AT_MOST} of {len(rows)}.")


def _lines(rows: Sequence[Row], labels: Sequence[str]) -> list[str]:
    head = _line(["setting", *map(plain, labels)])
    return [head, _line(["---"] * (len(labels) + 1)), *map(_row, rows)]


def _row(row: Row) -> str:
    values = [
        value if there else ABSENT for value, there in zip(row.values, row.present, strict=True)
    ]
    return _line(plain(text) for text in [row.path, *(value_text(v, _LONGEST) for v in values)])


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"

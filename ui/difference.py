"""A table of what differs between configs, the first of which is the base."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.compare import Row, compare
from core.document import ABSENT, Document
from ui.text import value_text

_SHOWN_AT_MOST = 300


def difference(documents: Sequence[Document], labels: Sequence[str]) -> None:
    """Draw the settings that differ, one row each, one column a config."""
    rows = compare(documents, labels).rows
    differing = [row for row in rows if row.differs]
    if not differing:
        st.markdown(":material/check: No setting differs.")
        return
    st.dataframe(
        _frame(differing[:_SHOWN_AT_MOST], labels),
        hide_index=True,
        width="stretch",
        height="content" if len(differing) <= 14 else 480,
    )
    if len(differing) > _SHOWN_AT_MOST:
        st.caption(f"The first {_SHOWN_AT_MOST} of {len(differing)} differences.")


def _frame(rows: Sequence[Row], labels: Sequence[str]) -> Any:
    # Imported here: most pages do without it, and it takes half a second.
    import pandas as pd

    columns = {"setting": [row.path for row in rows]}
    for index, label in enumerate(labels):
        columns[_free(label, columns)] = [_cell(row, index) for row in rows]
    return pd.DataFrame(columns)


def _cell(row: Row, index: int) -> str:
    value = row.values[index] if row.present[index] else ABSENT
    return value_text(value, 200)


def _free(label: str, taken: dict[str, list[str]]) -> str:
    # A table has one column a name; the invisible mark keeps two configs of one name apart.
    while label in taken:
        label += "\u200b"
    return label

"""The library's table; which rows are selected is kept in the address too."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.stores.protocol import Summary
from ui import session

_SELECTED: Final = "selected"


def table(rows: Sequence[Summary]) -> list[Summary]:
    """Draw the rows; those that are selected."""
    ids = tuple(row.id for row in rows)
    chosen = session.selected() or set(st.query_params.get_all(_SELECTED))
    # Other rows are another table: a selection by position must not pass to what moved there.
    event = st.dataframe(
        _frame(rows),
        key=f"library.table.{hash(ids)}",
        hide_index=True,
        width="stretch",
        height="content" if len(rows) < 16 else 620,
        row_height=32,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        selection_default={
            "selection": {"rows": [index for index, one in enumerate(ids) if one in chosen]}
        },
        placeholder="",
        alt="Your configs",
    )
    selected = [rows[index] for index in _chosen(event["selection"]) if index < len(rows)]
    _remember(selected)
    return selected


def _chosen(selection: Any) -> list[int]:
    """The rows that are ticked; without any, the one that a click has gone to."""
    ticked: list[int] = selection["rows"]
    return ticked or [row for row, _ in selection.get("cells", ())]


def _remember(selected: Sequence[Summary]) -> None:
    session.select({row.id for row in selected})
    named = [row.id for row in selected] if len(selected) == 1 else []
    if st.query_params.get_all(_SELECTED) != named:
        st.query_params[_SELECTED] = named


def _frame(rows: Sequence[Summary]) -> Any:
    # Imported here: the other pages do without it, and it takes half a second.
    import pandas as pd

    return pd.DataFrame(
        {
            "name": [row.name for row in rows],
            "state": [state_of(row) for row in rows],
            "method": [row.method or "" for row in rows],
            "model": [(row.model or "").rpartition("/")[2] for row in rows],
            "tags": [list(row.tags) for row in rows],
            "changed": pd.to_datetime([row.updated_at for row in rows], utc=True),
            "version": [row.revision for row in rows],
            "used": [row.times_used for row in rows],
            "template": [row.template_type for row in rows],
        }
    )


def state_of(row: Summary) -> str:
    """The two verdicts as of the last save, in one word or three."""
    if not row.is_valid:
        return "invalid"
    return "runs" if row.runs else "valid, stops"


_COLUMNS: Final = {
    "name": st.column_config.TextColumn("Name", width=180),
    "state": st.column_config.TextColumn("Verdict", help="As checked at the last save.", width=84),
    "method": st.column_config.TextColumn("Method", width=104),
    "model": st.column_config.TextColumn("Model", width=96),
    "template": st.column_config.TextColumn("Template", width=128),
    "tags": st.column_config.ListColumn("Tags", width=110),
    "version": st.column_config.NumberColumn("Version", width=64),
    "used": st.column_config.NumberColumn(
        "Used", help="How often it was opened or downloaded.", width=52
    ),
    "changed": st.column_config.DatetimeColumn("Changed", format="distance", width=112),
}

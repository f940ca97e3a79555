"""The members of a sweep with their verdicts, before anything is made of them."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.comparing.consequences import Consequence
from core.output.text import code_span
from core.sweeps.axes import sum_text
from core.sweeps.members import Member, Plan
from core.sweeps.text import (
    cautions,
    reasons,
    state,
    value_shown,
    varying,
    warned,
)
from core.system.secrets import redact
from ui.differences.comparison import consequence_text
from ui.text import BLOCKED, MARKS, count, plain

# At least 4.5 to 1 against the page, which is white or near-black.
_COLORS: Final = {
    "light": {"runs": "#1a7f42", "stops": "#c2341f", "warns": "#8f5a00"},
    "dark": {"runs": "#4cc27c", "stops": "#ff8b76", "warns": "#e8a93f"},
}
_ROWS_SHOWN: Final = 16
_NUMBERS_SHOWN: Final = 8


def badges(plan: Plan) -> str:
    """How many members there are and what becomes of them, as badges."""
    sweep, total, found = plan.sweep, len(plan.every), plan.counts
    how = f"{sum_text(sweep.axes, sweep.mode)} = " if len(sweep.axes) > 1 else ""
    runs, stops = _told(found.runs, "run", total), _told(found.stops, "stop", total)
    idle, invalid = f"{found.idle} without learning", f"{found.invalid} invalid"
    parts = [
        f"**{how}{count(total, 'config')}**",
        f":green-badge[:material/play_arrow: {runs}]" if found.runs else "",
        f":red-badge[:material/block: {stops}]" if found.stops else "",
        f":orange-badge[:material/hourglass_disabled: {idle}]" if found.idle else "",
        f":red-badge[:material/error: {invalid}]" if found.invalid else "",
        f":orange-badge[{found.warned} with warnings]" if found.warned else "",
    ]
    return " ".join(filter(None, parts))


def _told(number: int, verb: str, of: int) -> str:
    if number == of > 1:
        return f"all {verb}"
    return f"{number} {verb}{'s' if number == 1 else ''}"


def warnings(plan: Plan) -> None:
    """What a user should think of before a GPU works on it."""
    for text in cautions(plan):
        mark = MARKS["info"] if text in plan.follows else MARKS["warning"]
        st.markdown(f":small[{mark} {plain(text)}]")


def table(plan: Plan) -> None:
    """Draw the members, a row each."""
    rows = varying(plan)
    st.dataframe(
        _frame(plan, rows),
        key="sweep.table",
        hide_index=True,
        width="stretch",
        height="content" if len(plan.every) < _ROWS_SHOWN else 560,
        row_height=32,
        column_config=_columns(plan, rows),
        alt="The configs of this sweep with their verdicts",
    )


def why(plan: Plan) -> None:
    """Why members stop or are invalid, each reason once."""
    for (message, remedy), numbers in reasons(plan).items():
        st.markdown(
            f":small[{BLOCKED} **{_numbers(numbers)}** {plain(redact(message))} "
            f"{plain(redact(remedy))}]"
        )


def warned_of(plan: Plan) -> None:
    """What the members are warned of, each kind of warning once."""
    found = tuple(warned(plan))
    if not found:
        return
    with st.expander(f"What the warnings say ({len(found)})", key="sweep.warnings"):
        for warning, numbers in found:
            whom = "All:" if len(numbers) == len(plan.every) > 1 else _numbers(numbers)
            text = redact(f"{warning.message} {warning.remedy}")
            place = f"{code_span(redact(warning.field))} " if warning.field else ""
            st.markdown(f":small[{MARKS['warning']} **{whom}** {place}{plain(text)}]")
        st.caption("Numbers in a text are those of the first config that it is true of.")


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NUMBERS_SHOWN]))
    rest = len(numbers) - _NUMBERS_SHOWN
    return f"{shown} and {rest} more:" if rest > 0 else f"{shown}:"


# --- The table -----------------------------------------------------------------------------------


def _frame(plan: Plan, rows: Sequence[Consequence]) -> Any:
    # Imported here: the other pages do without it, and it takes half a second.
    import pandas as pd

    members = plan.every
    columns: dict[str, list[Any]] = {"number": [one.number for one in members]}
    for index, axis in enumerate(plan.sweep.axes):
        columns[f"axis {index}"] = [value_shown(axis, one.values[index]) for one in members]
    columns["state"] = [_state(plan, one) for one in members]
    columns["warnings"] = [len(one.report.warnings) for one in members]
    if any(one.reason for one in members):
        columns["reason"] = [_reason(one) for one in members]
    for row in rows:
        outcomes = enumerate(one.outcome for one in members)
        columns[row.name] = [consequence_text(row, number, of) for number, of in outcomes]
    columns["name"] = [one.name for one in members]
    return pd.DataFrame(columns).style.map(_style, subset=["state"])


def _state(plan: Plan, one: Member) -> str:
    return state(one) + (" · left out" if one in plan.left_out else "")


def _reason(one: Member) -> str:
    return redact(one.reason.message) if one.reason else ""


def _style(text: Any) -> str:
    kind = "runs" if text == "runs" else "stops" if "stops" in str(text) else "warns"
    return f"color: {_COLORS[st.context.theme.type or 'light'][kind]}"


def _columns(plan: Plan, rows: Sequence[Consequence]) -> Any:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    titles = [axis.title for axis in plan.sweep.axes]
    axes = {
        f"axis {index}": text(
            axis.title if titles.count(axis.title) == 1 else axis.name,
            help=redact(axis.name),
            alignment="right" if _is_number(axis.values) else "left",
        )
        for index, axis in enumerate(plan.sweep.axes)
    }
    return {
        "number": number("No.", width=50, pinned=True),
        **axes,
        "state": text("Verdict", width=170 if plan.left_out or _has_long_state(plan) else 90),
        "warnings": number("Warnings", width=85),
        **{row.name: text(_begun(row.title), alignment="right") for row in rows},
        "reason": text("Reason", width=240),
        "name": text("Config"),
    }


def _begun(title: str) -> str:
    """A title as the heading of a column: ``GPU memory`` stays as it is."""
    return title[0].upper() + title[1:]


def _is_number(values: Sequence[Any]) -> bool:
    return any(isinstance(one, int | float) and not isinstance(one, bool) for one in values)


def _has_long_state(plan: Plan) -> bool:
    return any(len(state(one)) > len("stops") for one in plan.every)

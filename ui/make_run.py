"""The fewest changes that make the draft run, as a difference to look at before they are made."""

from collections.abc import Sequence

import streamlit as st

from core.check import check
from core.compare import compare
from core.consequences import outcome
from core.findings import Finding
from core.making import Made
from core.target import DEFAULT
from ui import session
from ui.changes import consequence_lines, settings_table
from ui.insight import Insight
from ui.text import BLOCKED, count, plain


def dialog_body() -> None:
    """What would be changed and what follows from it, and the button that does it."""
    insight = session.insight()
    made = insight.made
    rows = compare([insight.draft.document, made.document]).rows
    st.markdown(_head(made, len(rows)))
    if rows:
        before = outcome(insight.draft.document, insight.target)
        after = outcome(made.document, insight.target)
        left, right = st.columns([3, 2], gap="medium")
        left.markdown(settings_table(rows))
        right.markdown("\n".join(consequence_lines(before, after)))
    if made.left:
        _left(insight, made.left)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if rows:
            st.button("Apply", key="make_run.do", type="primary", on_click=_apply, args=(made,))
        st.button("Leave it as it is", key="make_run.no", type="tertiary", on_click=_close)


def _head(made: Made, number: int) -> str:
    changes = count(number, "change")
    if made.runs and number:
        return f"With {changes} the trainer gets to its end. Nothing else is touched."
    if made.runs:
        return "The trainer runs this config as it is."
    if number:
        return f"{changes.capitalize()} mend what can be mended; the rest needs you."
    return "What stops the trainer can't be mended by itself."


def _left(insight: Insight, blockers: Sequence[Finding]) -> None:
    st.markdown("**Stops all the same**")
    lines = [f"- {BLOCKED} {plain(one.message)} {plain(one.remedy)}" for one in blockers]
    st.markdown("\n".join(lines))
    default = DEFAULT
    if insight.target != default and check(insight.made.document, default).trainer.runs:
        st.button(
            "Judge it for the pinned libraries on a GPU",
            key="make_run.target",
            help="The config stays as it is; the verdict is for another environment.",
            on_click=_retarget,
        )


def _apply(made: Made) -> None:
    session.answered()
    session.say("The trainer's verdict changed. Undo takes it back.", ":material/play_arrow:")
    session.open_draft(session.draft().with_document_of_others(made.document))
    st.rerun()


def _retarget() -> None:
    session.open_draft(session.draft().for_target(""))
    st.rerun()


def _close() -> None:
    session.answered()
    st.rerun()

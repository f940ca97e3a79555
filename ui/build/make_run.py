"""The fewest changes that make the draft run, as a difference to look at before they are made."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from core.check import check
from core.compare import compare
from core.comparing.consequences import outcome
from core.drafts.making import Made
from core.findings import Finding
from core.reading.target import DEFAULT, Target
from core.reading.view import View
from ui import session
from ui.differences.changes import consequence_lines, settings_table
from ui.insight import Insight
from ui.run.target import said
from ui.text import BLOCKED, MARKS, count, plain, value_text

_SHOWN: Final = 20


def dialog_body() -> None:
    """What would be changed and what follows from it, and the button that does it."""
    insight = session.insight()
    made = insight.made
    rows = compare([insight.draft.document, made.document]).rows
    st.markdown(_head(made, len(rows)))
    if other := _other_data(insight, made):
        st.markdown(f"{MARKS['warning']} {plain(other)}")
    if rows:
        before = outcome(insight.draft.document, insight.target)
        after = outcome(made.document, insight.target)
        if after.report.trainer.runs and not after.report.trainer.learns:
            st.markdown(f"{MARKS['warning']} It learns nothing then; look at the warnings after.")
        left, right = st.columns([3, 2], gap="medium")
        left.markdown(settings_table(rows))
        right.markdown("\n".join(consequence_lines(before, after)))
    if made.left:
        _left(insight, made.left)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if rows:
            st.button("Apply", key="make_run.do", type="primary", on_click=_apply, args=(made,))
        st.button("Leave it as it is", key="make_run.no", type="tertiary", on_click=_close)


def _other_data(insight: Insight, made: Made) -> str:
    """Where the rows come from then, if that is somewhere else."""
    now, then = insight.view.strategy, View(made.document).strategy
    if now == then or not isinstance(now, str):
        return ""
    return f"The rows are other ones then: '{then}' takes the place of '{value_text(now, 40)}'."


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
    lines = [f"- {BLOCKED} {plain(one.message)} {plain(one.remedy)}" for one in blockers[:_SHOWN]]
    if blockers[_SHOWN:]:
        lines.append(f"- and {len(blockers) - _SHOWN} more")
    st.markdown("\n".join(lines))
    pinned = replace(insight.target, environment=DEFAULT.environment)
    for target in (pinned, replace(pinned, machine=DEFAULT.machine), DEFAULT):
        if target != insight.target and check(insight.made.document, target).trainer.runs:
            st.button(
                plain(f"Judge it for {said(target)}"),
                key="make_run.target",
                help="The config stays as it is; the verdict is for another environment.",
                on_click=_retarget,
                args=(target,),
            )
            return


def _apply(made: Made) -> None:
    session.answered()
    session.say("The trainer's verdict changed. Undo takes it back.", ":material/play_arrow:")
    session.open_draft(session.draft().with_document_of_others(made.document))
    st.rerun()


def _retarget(target: Target) -> None:
    session.open_draft(session.draft().for_target(str(target)))
    st.rerun()


def _close() -> None:
    session.answered()
    st.rerun()

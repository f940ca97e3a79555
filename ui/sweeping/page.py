"""The sweep page: what is varied, what would come of it, and what is made of it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.comparing.selection import Selection
from core.comparing.sources import DRAFT, Origin, Side
from core.document import path_text, write
from core.drafts.draft import Draft
from core.errors import SweepError
from core.output.text import code_span
from core.sweeps.form import Form
from core.sweeps.group import tag_of
from core.sweeps.members import Member, Plan, Sweep, plan
from core.sweeps.text import value_shown
from ui import session
from ui.differences.comparison import board, table
from ui.errors import boundary
from ui.frame.heading import heading
from ui.places import BUILD
from ui.run.target import said
from ui.sweeping import axes, files, group, members
from ui.text import MARKS, plain, value_text


def sweep() -> None:
    """Draw the whole page."""
    form, draft, begun = session.sweep(), session.draft(), session.take_sweep_begun()
    _toolbar(draft)
    axes.axes(form, draft.document)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="sweep_how"):
        axes.mode(form)
        axes.name(form, draft.name)
        axes.at_once(form)
        axes.running_only(form)
    if not form.typed:
        _nothing_yet()
        return
    if any(entry.is_unfinished or axes.problem(entry) for entry in form.typed):
        st.caption("The configs are shown once each setting above has values that can be read.")
        return
    try:
        found = _plan(form, draft)
    except SweepError as error:
        st.markdown(f"{MARKS['error']} {plain(str(error))}")
        return
    _outcome(found, form, begun)


def _toolbar(draft: Draft) -> None:
    changed = ", changed" if draft.is_unsaved else ""
    with heading("Sweep", f"of {plain(value_text(draft.name, 60))}{changed}"):
        st.page_link(BUILD, label="Edit the draft", icon=":material/edit:")
    st.caption(
        "Many configs out of the open draft: choose settings and the values that each takes in "
        f"turn. Judged for {plain(said(session.insight().target))}."
    )
    for path in draft.pending:
        place = code_span(path_text(path)) if path else "the JSON view"
        st.markdown(f":small[{MARKS['warning']} Text in {place} is not in the draft yet.]")


def _nothing_yet() -> None:
    st.info(
        "Choose a setting and write its values, such as `training.learning_rate` with "
        "`1e-4, 2e-4`. You then see every config with its verdict before anything is made.",
        icon=":material/grid_on:",
    )


def _plan(form: Form, draft: Draft) -> Plan:
    """The members with their verdicts, looked at once for each state of form and draft."""
    asked = Sweep(
        name=form.name.strip() or draft.name,
        document=draft.document,
        axes=form.axes(),
        mode=form.mode,
        target=session.insight().target,
        running_only=form.running_only,
    )
    varied = tuple((axis.name, repr(axis.values)) for axis in asked.axes)
    key = asked.name, write(asked.document), varied, asked.mode, asked.target, asked.running_only
    return session.once(key, lambda _: plan(asked), 3, "sweeps")


def _outcome(found: Plan, form: Form, begun: Plan | None) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="sweep_outcome"
    ):
        st.markdown(members.badges(found), width="stretch")
        if found.members:
            files.download(found, form.at_once)
            _save(found)
    if found.members:
        if begun:
            group.save(found, begun)
        group.saved_group(found)
    else:
        st.markdown(f"{MARKS['error']} No config of this sweep would run; nothing can be made.")
    members.warnings(found)
    members.table(found)
    members.why(found)
    members.warned_of(found)
    if found.members:
        _comparison(found)
        files.preview(found, form.at_once)


def _save(found: Plan) -> None:
    tag = tag_of(found)
    st.button(
        "Save as a group",
        key="sweep.save",
        icon=":material/save:",
        help=f"Saves each config in your library, all with the tag `{tag}`.",
        on_click=session.begin_sweep_group,
        args=(found,),
    )


# --- Side by side --------------------------------------------------------------------------------


def _comparison(found: Plan) -> None:
    # Drawn when it is opened: two hundred columns take a while.
    offer = st.expander("Compare side by side", key="sweep.compare", on_change="rerun")
    if offer.open:
        with offer, boundary():
            _board(found)


def _board(found: Plan) -> None:
    sides = [_base(found), *map(partial(_side, found), found.members)]
    table(board(sides), Selection(), key="sweep.board")


def _base(found: Plan) -> Side:
    document, target = found.sweep.document, str(found.sweep.target)
    name = session.draft().name
    return Side(DRAFT, name, "open draft", document, write(document), target=target)


def _side(found: Plan, one: Member) -> Side:
    detail = _values(found, one)
    origin = Origin("file", one.name)
    target = str(found.sweep.target)
    return Side(origin, one.name, detail, one.document, one.text, target=target)


def _values(found: Plan, one: Member) -> str:
    parts: Sequence[str] = [
        value_shown(axis, value) for axis, value in zip(found.sweep.axes, one.values, strict=True)
    ]
    return value_text(", ".join(parts), 60)

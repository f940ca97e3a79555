"""The questions of ``ui/questions.py`` as dialogs; closing one changes nothing."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from core.drafts.merge import Picks
from core.workbench import Clash
from ui import session, who
from ui.account import sign_in
from ui.build import make_run
from ui.comparing.column import column
from ui.draft import saving
from ui.draft.actions import begin
from ui.errors import boundary
from ui.frame.answers import answers, cancel, cancel_form
from ui.library import consent, share
from ui.library.conflict import conflict
from ui.library.describe import describe
from ui.library.history import history
from ui.questions import (
    Compared,
    Consent,
    Describe,
    History,
    IsGone,
    LeaveUnsaved,
    LinkMade,
    MakeRun,
    NameIsTaken,
    Question,
    SavedElsewhere,
    ShareIt,
    SignIn,
)
from ui.text import ago, plain, value_text


def ask_if_needed() -> None:
    """Put the open question, if there is one."""
    question = session.question()
    if question is not None:
        _about_saving(question)
        _about_a_config(question)


def _about_saving(question: Question) -> None:
    match question:
        case SignIn(purpose):
            _dialog(f"Sign in to {purpose}", lambda: sign_in.dialog_body(purpose))
        case NameIsTaken(name):
            _dialog("This name is taken", lambda: _name_is_taken(name))
        case SavedElsewhere(clash):
            _dialog("Saved elsewhere meanwhile", lambda: _saved_elsewhere(clash), width="large")
        case IsGone():
            _dialog("This config was deleted", _is_gone)
        case Consent() as asked:
            title = "It runs commands on the training machine"
            _dialog(title, lambda: consent.dialog_body(asked))
        case LeaveUnsaved() as leaving:
            _dialog("Unsaved changes", lambda: _leave(leaving))


def _about_a_config(question: Question) -> None:
    match question:
        case History(config_id):
            _dialog("Versions", lambda: history(config_id), width="large")
        case Describe(config_id):
            _dialog("Name and description", lambda: describe(config_id))
        case Compared(name):
            _dialog("About this config", lambda: column(name))
        case MakeRun():
            _dialog("Make it run", make_run.dialog_body, width="large")
        case ShareIt() as asked:
            _dialog(f"Share this {asked.snapshot.kind}", lambda: share.dialog_body(asked))
        case LinkMade() as made:
            # It is not shown again: a click beside it is not to lose it.
            _dialog("Your link", lambda: share.link_body(made), stays=True)


def _dialog(
    title: str,
    body: Callable[[], None],
    width: Literal["small", "large"] = "small",
    *,
    stays: bool = False,
) -> None:
    def framed() -> None:
        if who.has_changed():
            st.rerun()
        with boundary():
            body()

    st.dialog(title, width=width, dismissible=not stays, on_dismiss=_dismissed)(framed)()


def _dismissed() -> None:
    session.intend("")
    session.answered()


def _name_is_taken(name: str) -> None:
    st.markdown(f"You have a config named **{plain(name)}** already.")
    with st.form("taken", border=False):
        key = session.seeded("taken.name", f"{name} (2)")
        other = st.text_input("Save under another name", key=key, max_chars=120)
        with answers():
            is_said = st.form_submit_button("Save under this name", type="primary")
            cancel_form()
        if is_said and other.strip():
            _renamed(other.strip())


def _renamed(name: str) -> None:
    session.answered()
    session.open_draft(session.draft().renamed(name))
    saving.save()
    st.rerun()


def _is_gone() -> None:
    st.markdown("It was deleted in the library since you opened it. Your draft is unchanged.")
    st.caption("The library brings the deleted one back, under *Recently deleted*.")
    with answers():
        if st.button("Save as a new config", type="primary"):
            session.answered()
            saving.save_copy()
            st.rerun()
        cancel()


def _leave(leaving: LeaveUnsaved) -> None:
    draft = session.draft()
    st.markdown(
        f"**{plain(value_text(draft.name, 40))}** has changes that are not saved. "
        f"Open **{plain(value_text(leaving.draft.name, 40))}** now?"
    )
    with answers():
        if st.button("Save and open", type="primary"):
            session.answered()
            if saving.save():
                _open(leaving)
            st.rerun()
        if st.button("Open without saving"):
            session.answered()
            _open(leaving)
            session.say("Undo brings back the config that you had edited.", ":material/undo:")
            st.rerun()
        cancel()


def _open(leaving: LeaveUnsaved) -> None:
    begin(leaving.draft)
    if leaving.page:
        session.go_to(leaving.page)


def _saved_elsewhere(clash: Clash) -> None:
    current = clash.current
    st.markdown(
        f"Version {current.revision} was saved {ago(current.updated_at)}, after you opened "
        f"version {clash.draft.saved.revision if clash.draft.saved else '–'}. "
        "Nothing was overwritten. Choose what the next version holds:"
    )
    if clash.name != current.name:
        st.caption(f"Your new name is kept: {plain(clash.name)}.")
    if not clash.choices:
        st.caption("The two configs hold the same settings.")
    picks = conflict(clash) if clash.choices else {}
    with answers():
        if st.button("Save what is chosen", type="primary"):
            _settle(clash, picks)
        if st.button("Keep both", help="Saves yours as a new config, under a name of its own."):
            session.answered()
            saving.save_copy()
            st.rerun()
        cancel()


def _settle(clash: Clash, picks: Picks) -> None:
    session.answered()
    saving.settle(clash, picks)
    st.rerun()

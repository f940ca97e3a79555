"""Name and description of a saved config."""

import streamlit as st

from core.errors import TunesmithError
from core.stores.protocol import MAX_DESCRIPTION, MAX_NAME, Config
from core.workbench import Workbench, saved_as
from ui import session, who
from ui.frame.answers import answers, cancel_form
from ui.text import plain


def describe(config_id: str) -> None:
    """Draw what the dialog holds."""
    bench = who.workbench()
    if bench is None:
        return
    config = bench.config(config_id)
    with st.form("describe", border=False):
        name = st.text_input("Name", config.name, max_chars=MAX_NAME, key="describe.name")
        about = st.text_area(
            "Description",
            config.description,
            max_chars=MAX_DESCRIPTION,
            key="describe.about",
            placeholder="What is it for? Search finds these words.",
        )
        with answers():
            is_said = st.form_submit_button("Save", type="primary")
            cancel_form()
        if is_said:
            _save(bench, config, name, about)


def _save(bench: Workbench, config: Config, name: str, about: str) -> None:
    try:
        described = bench.describe(config, name, about)
    except TunesmithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    _show(config, described)
    session.answered()
    session.say(f"Saved {plain(described.name)}.", ":material/check:")
    st.rerun()


def _show(before: Config, described: Config) -> None:
    """Let the open draft know, where it is of that state: its next save follows on this one."""
    saved = session.draft().saved
    if saved and (saved.config_id, saved.revision) == (before.id, before.revision):
        session.renamed_elsewhere(saved_as(described))

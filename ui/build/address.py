"""The address of the build page: ``?config=<id>`` opens a saved config, and names the open one."""

import streamlit as st

from ui import session
from ui.draft import saving

_CONFIG = "config"


def follow() -> None:
    """Open the config that the address names, once, then let the address name what is open."""
    wanted = st.query_params.get(_CONFIG, "")
    if wanted and wanted != _open_id() and session.is_new_address(wanted):
        _open(wanted)
    _name_open_one()


def _open(config_id: str) -> None:
    saving.open_or_say(config_id)
    # What was drawn before this is of the config that was open until now.
    st.rerun()


def _name_open_one() -> None:
    if session.question():
        return
    open_id = _open_id()
    session.is_new_address(open_id)
    if open_id and st.query_params.get(_CONFIG) != open_id:
        st.query_params[_CONFIG] = open_id
    elif not open_id and _CONFIG in st.query_params:
        del st.query_params[_CONFIG]


def _open_id() -> str:
    saved = session.draft().saved
    return saved.config_id if saved else ""

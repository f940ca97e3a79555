"""What a page says and does while the Supabase project behind it can't be reached."""

from typing import Final

import streamlit as st

from ui import session
from ui.draft import saving
from ui.services import services

_LOOK_AGAIN: Final = 3
"""Seconds between two looks whether the project is back."""


def is_down() -> bool:
    """Whether what everything is kept in could not be reached just now."""
    project = services().project
    return project is not None and project.is_down


def notice() -> None:
    """Tell of an outage for as long as it lasts, and save then what waits for its end."""
    found = session.left_behind()
    is_looking = services().project is not None and (found is None or found.waits)
    if is_down() or is_looking or session.waits_to_save():
        st.fragment(_notice, key="offline", run_every=_LOOK_AGAIN)()


def _notice() -> None:
    if is_down():
        session.tell_of_outage(True)
        _tell()
        return
    if session.waits_to_save():
        session.wait_to_save(False)
        saving.save()
    elif not session.has_told_of_outage():
        return
    # The rest of the page was drawn without the project.
    session.tell_of_outage(False)
    st.rerun()


def _tell() -> None:
    waits = session.waits_to_save()
    what = (
        "This config is saved as soon as it is back."
        if waits
        else "Building, checking and downloading work; unsaved work is kept here meanwhile."
    )
    with st.container(key="offline", horizontal=True, vertical_alignment="center"):
        st.warning(f"The Supabase project can't be reached. {what}", icon=":material/cloud_off:")
        if waits:
            st.button(
                "Don't save", key="offline.stop", on_click=session.wait_to_save, args=(False,)
            )

"""Build a config: template, form, findings, run card, JSON, download, save."""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from ui import dialogs, shell
from ui.build import address, autosave, effective_view, json_view, sections, sidebar, summary, tour
from ui.library import saving

VIEWS: Final[Mapping[str, Callable[[], None]]] = {
    "Form": sections.sections,
    "JSON": json_view.json_view,
    "Effective values": effective_view.effective_view,
}

with shell.page("Build", has_sidebar=True):
    if saving.resume():
        st.rerun()
    address.follow()
    sidebar.sidebar()
    left, right = st.columns([5, 3], gap="medium")
    with left:
        autosave.offer()
        # Not st.tabs: at each change below them, tabs have the browser lay out the page once more
        # (benchmarks/edit.py).
        view = st.segmented_control(
            "View of the config",
            list(VIEWS),
            default="Form",
            required=True,
            key="build.view",
            label_visibility="collapsed",
        )
        VIEWS[view]()
    with right:
        summary.summary()
    tour.tour()
    dialogs.ask_if_needed()

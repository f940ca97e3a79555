"""Build a config: template, form, findings, run card, JSON, download, save."""

import streamlit as st

from ui import dialogs, shell
from ui.build import address, autosave, effective_tab, json_tab, sections, sidebar, summary, tour
from ui.library import saving

with shell.page("Build", has_sidebar=True):
    if saving.resume():
        st.rerun()
    address.follow()
    sidebar.sidebar()
    left, right = st.columns([5, 3], gap="medium")
    with left:
        autosave.offer()
        tabs = ["Form", "JSON", "Effective values"]
        form, text, used = st.tabs(tabs, key="build.tabs", on_change="rerun")
        if form.open:
            with form:
                sections.sections()
        if text.open:
            with text:
                json_tab.json_tab()
        if used.open:
            with used:
                effective_tab.effective_tab()
    with right:
        summary.summary()
    tour.tour()
    dialogs.ask_if_needed()

"""Build a config: template, form, findings, run card, JSON, download, save."""

import streamlit as st

from ui import dialogs, shell
from ui.build import address, sidebar, summary, tour, views
from ui.draft import autosave, saving

with shell.page("Build", has_sidebar=True):
    if saving.resume():
        st.rerun()
    address.follow()
    sidebar.sidebar()
    left, right = st.columns([5, 3], gap="medium")
    with left:
        autosave.offer()
        views.views()
    with right:
        summary.summary()
    tour.tour()
    dialogs.ask_if_needed()

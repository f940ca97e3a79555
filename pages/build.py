"""Build a config: template, form, findings, run card, JSON, download."""

import streamlit as st

from ui import json_tab, sections, shell, sidebar, summary

with shell.page("Build"):
    sidebar.sidebar()
    left, right = st.columns([5, 3], gap="medium")
    with left:
        form, text = st.tabs(["Form", "JSON"], key="build.tabs", on_change="rerun")
        if form.open:
            with form:
                sections.sections()
        if text.open:
            with text:
                json_tab.json_tab()
    with right:
        summary.summary()

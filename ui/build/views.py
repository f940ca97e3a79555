"""The views of the open config: its form, its JSON, and what a run takes for each key."""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from ui.build import effective_view, json_view, sections

VIEWS: Final[Mapping[str, Callable[[], None]]] = {
    "Form": sections.sections,
    "JSON": json_view.json_view,
    "Effective values": effective_view.effective_view,
}


def views() -> None:
    """Draw the choice of a view, and the one that is chosen."""
    # Not st.tabs: at each change below them, tabs have the browser lay out the page once more
    # (docs/speed.md).
    chosen = st.segmented_control(
        "View of the config",
        list(VIEWS),
        default="Form",
        required=True,
        key="build.view",
        label_visibility="collapsed",
    )
    VIEWS[chosen]()

"""The visible heading of a page, the same on each, with what can be done there on its right."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def heading(title: str, about: str = "") -> Iterator[None]:
    """Draw the heading; what is drawn inside stands on its right.

    Args:
        title: what the navigation calls the page.
        about: Markdown after it, smaller and gray.
    """
    with st.container(key="toolbar", horizontal=True, vertical_alignment="center", gap="small"):
        shown = f"{title} :gray[:small[{about}]]" if about else title
        st.subheader(shown, anchor=False, width="stretch")
        yield

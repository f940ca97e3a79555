"""The buttons at the foot of a dialog: what it is for on the right, and the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui import session


@contextmanager
def answers() -> Iterator[None]:
    """A row of buttons, drawn from the right: the first one, what the dialog is for, ends the row.

    In a form the first button is the one that Enter presses.
    """
    with st.container(key="answers", horizontal=True, vertical_alignment="center", gap="small"):
        yield


def cancel() -> None:
    """Draw the button that closes the dialog and changes nothing."""
    st.button("Cancel", key="answers.cancel", on_click=_closed)


def cancel_form() -> None:
    """The same inside a form."""
    st.form_submit_button("Cancel", key="answers.cancel", on_click=_closed)


def _closed() -> None:
    session.intend("")
    session.answered()
    st.rerun()

"""The one broad error boundary of the pages: a user gets a sentence, the log gets the place."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import streamlit as st

from core.errors import TunesmithError, Unavailable
from ui.text import plain

logger = logging.getLogger("tunesmith")

_BROKEN = (
    "This part of the page could not be drawn. Your config is safe: use Undo, "
    "or open the JSON view to see it."
)


@contextmanager
def boundary() -> Iterator[None]:
    """Turn any error into one sentence on the page; where it happened goes to the log."""
    try:
        yield
    # The one broad handler of the front end: a user never sees a traceback.
    except Exception as error:  # noqa: BLE001
        show_error(error)


def show_error(error: Exception) -> bool:
    """Say in one sentence what went wrong; ``True`` tells Streamlit that this is all."""
    if isinstance(error, TunesmithError):
        st.error(plain(str(error)), icon=":material/error:")
        if isinstance(error, Unavailable):
            # Any click draws the page anew; a key of its own lets two of them stand on one page.
            st.button("Try again", key=f"again.{uuid4().hex}", icon=":material/refresh:")
        return True
    # The message of a stranger's error can hold a value of the config, and so a secret.
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("a page failed with %s at\n%s", type(error).__name__, places)
    st.error(_BROKEN, icon=":material/error:")
    return True

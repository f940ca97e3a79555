"""The app with one thing taken back that makes it fast; started by ``settings.py``.

python -m benchmarks.variant NAME [options of "streamlit run"]
"""

import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st
from streamlit.web.cli import main


def without_uvloop() -> None:
    """Have Streamlit find no uvloop: it then takes the event loop of the standard library."""
    # What is None here can't be imported.
    modules: dict[str, Any] = sys.modules
    modules["uvloop"] = None


def collected_as_ever() -> None:
    """Let Python choose when to collect garbage, and look through what start-up made, too."""
    gc.freeze = _nothing
    gc.set_threshold = _nothing


def whole_page() -> None:
    """Draw the page as a whole after each edit, as a script without fragments would be."""
    from ui.draft import actions

    actions.refresh = lambda *_: st.rerun()


def _nothing(*_: int) -> None:
    pass


VARIANTS: Final[Mapping[str, Callable[[], None]]] = {
    "without-uvloop": without_uvloop,
    "collected-as-ever": collected_as_ever,
    "whole-page": whole_page,
}


if __name__ == "__main__":
    VARIANTS[sys.argv[1]]()
    sys.argv = ["streamlit", "run", *sys.argv[2:]]
    main()

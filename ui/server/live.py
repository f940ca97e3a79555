"""Which browser sessions of this process are open right now."""

from typing import Final

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SESSIONS: dict[str, str] = {}
_MANY: Final = 1000
"""From so many on, those that have closed are forgotten before another one is noted."""


def note(slot: str) -> None:
    """Note which of Streamlit's sessions the desk of this slot lies in."""
    context = get_script_run_ctx()
    if context is None:
        return
    if len(_SESSIONS) >= _MANY:
        for other in list(_SESSIONS):
            is_open(other)
    _SESSIONS[slot] = context.session_id


def is_open(slot: str) -> bool:
    """Whether the desk of this slot is open in a browser that is connected to this process.

    One that has closed is forgotten.
    """
    known = _SESSIONS.get(slot)
    if known is None or not runtime.exists():
        return False
    if runtime.get_instance().is_active_session(known) is True:
        return True
    del _SESSIONS[slot]
    return False

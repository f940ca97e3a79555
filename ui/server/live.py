"""Which browser sessions of this process are open right now."""

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SESSIONS: dict[str, str] = {}


def note(slot: str) -> None:
    """Note which of Streamlit's sessions the desk of this slot lies in."""
    context = get_script_run_ctx()
    if context is not None:
        _SESSIONS[slot] = context.session_id


def is_open(slot: str) -> bool:
    """Whether the desk of this slot is open in a browser that is connected to this process."""
    known = _SESSIONS.get(slot)
    if known is None or not runtime.exists():
        return False
    if runtime.get_instance().is_active_session(known) is True:
        return True
    del _SESSIONS[slot]
    return False

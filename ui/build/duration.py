"""How long a run takes: asked for a speed that was measured, since none is known here."""

import streamlit as st

from core.derive import Derived
from core.estimates.timing import seconds, spoken
from ui import session
from ui.text import plain


def duration(derived: Derived) -> None:
    """Ask for the seconds of an update, and say what follows from them."""
    with st.expander("How long it takes", key="duration", type="compact"):
        key = session.seeded("duration.speed", session.speed())
        st.number_input(
            "Measured seconds per update",
            min_value=0.0,
            value=None,
            key=key,
            placeholder="from a run of yours",
            help="Time some updates of a short run on your machine; the trainer logs every tenth.",
            on_change=_measured,
            args=(key,),
        )
        speed = session.speed()
        taken = seconds(derived, speed) if speed else None
        if taken is None:
            st.caption("No speed is known here: it depends on your GPU, model and lengths.")
        else:
            st.markdown(
                f"**{plain(spoken(taken))}** for the updates; loading, evaluations and "
                "checkpoints come on top."
            )


def _measured(key: str) -> None:
    speed = session.widget_value(key)
    # On leaving the page Streamlit calls back with nothing.
    if speed is not None or not session.has_left():
        session.set_speed(speed)

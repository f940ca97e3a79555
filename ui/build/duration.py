"""How long a run takes: asked for a speed that was measured, since none is known here."""

import streamlit as st

from core.derive import Quantity
from core.estimates.timing import seconds, spoken
from ui import session
from ui.text import plain


def taken() -> Quantity:
    """The seconds that the updates take, or ``None`` where that can't be said."""
    speed = session.speed()
    return seconds(session.insight().derived, speed) if speed else None


def duration() -> None:
    """Ask for the seconds of an update, and say what follows from them."""
    fold = st.expander("How long it takes", key="duration", type="compact", on_change="rerun")
    if not fold.open:
        return
    with fold:
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
        found = taken()
        if found is None:
            st.caption("No speed is known here: it depends on your GPU, model and lengths.")
        else:
            st.markdown(
                f"**{plain(spoken(found))}** for the updates; loading, evaluations and "
                "checkpoints come on top."
            )


def _measured(key: str) -> None:
    speed = session.widget_value(key)
    # On leaving the page Streamlit calls back with nothing.
    if speed is not None or not session.has_left():
        session.set_speed(speed)

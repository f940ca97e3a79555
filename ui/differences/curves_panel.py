"""The learning rates of the configs that are compared, on one drawing that opens on a click."""

from collections.abc import Iterator, Sequence

import streamlit as st

from core.estimates.schedule import Schedule, reason, schedule, shared
from ui import session
from ui.differences.comparison import Board
from ui.differences.curves import Curve, overlay
from ui.errors import boundary
from ui.run.curve import draw
from ui.text import count, plain, value_text

_NAMED = 3


def curves(own: Board) -> None:
    """Draw the expander; nothing is drawn in it until it is opened."""
    with boundary():
        runs = [schedule(one.derived) for one in own.outcomes]
        box = st.expander(
            _heading(runs), key="compare.learning_rate", type="compact", on_change="rerun"
        )
        if box.open:
            with box:
                _inside(own, runs)


def _heading(runs: Sequence[Schedule | None]) -> str:
    stuck = sum(run is not None and run.never_leaves_warmup for run in runs)
    if not stuck:
        return "Learning rate"
    verb = "never leaves its warm-up" if stuck == 1 else "never leave their warm-up"
    return f"Learning rate :orange[· {stuck} of {len(runs)} {verb}]"


def _inside(own: Board, runs: Sequence[Schedule | None]) -> None:
    found = shared(runs)
    if found:
        key = "curves", own.labels, tuple(runs)
        draw(session.once(key, lambda _: overlay(_curves(own, found))), key="compare.curves.drawn")
    for said in _unknown(own):
        st.caption(said)


def _curves(own: Board, found: dict[Schedule, tuple[int, ...]]) -> list[Curve]:
    return [Curve(_names(own, numbers), run) for run, numbers in found.items()]


def _names(own: Board, numbers: Sequence[int]) -> str:
    """The configs of one schedule, the first few by name."""
    shown = [_name(own, number) for number in numbers[:_NAMED]]
    if numbers[_NAMED:]:
        shown.append(count(len(numbers) - _NAMED, "other"))
    if len(numbers) == 1:
        return shown[0]
    listed = f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{count(len(numbers), 'config')}: {listed}"


def _name(own: Board, number: int) -> str:
    name = value_text(own.labels[number], 60)
    return f"{name} (base)" if number == own.comparison.base else name


def _unknown(own: Board) -> Iterator[str]:
    """Which configs have no curve, and why, once for each reason."""
    why: dict[str, list[int]] = {}
    for number, one in enumerate(own.outcomes):
        if said := reason(one.derived):
            why.setdefault(said, []).append(number)
    for said, numbers in why.items():
        yield f"No curve for {plain(_names(own, numbers))}. {plain(said)}"

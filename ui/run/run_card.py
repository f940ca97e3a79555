"""The run card: the numbers that follow from a config, as a table, a curve and their arithmetic.

It is two elements. The browser takes more than a millisecond for each element that an edit redraws,
but next to nothing for a line inside one; and it shows a component of ours, which the curve needs,
one frame later than the page itself, for which nobody who reads the numbers should wait
(docs/speed.md).
"""

from collections.abc import Iterable
from html import escape
from typing import Final

import streamlit as st

from core.derive import TITLES, Derived, Quantity
from core.document import number_text
from core.estimates.schedule import reason, schedule
from ui.run.curve import draw, drawing
from ui.text import grouped

# The share says more than the number of warm-up updates.
_ROWS: Final = {name: title for name, title in TITLES.items() if name != "warmup_updates"}


def run_card(derived: Derived, below: str = "") -> None:
    """Draw the numbers of a run.

    Args:
        derived: what follows from the config.
        below: markup that stands below them.
    """
    st.html(_framed(_numbers(derived)))
    draw(_framed(f"{_curve(derived)}{_how(derived)}{below}"), key="run_card")


def _framed(markup: str) -> str:
    return f'<section class="run-card">{markup}</section>'


def folded(name: str, title: str, lines: Iterable[str]) -> str:
    """A list that a click unfolds, as markup; what is unfolded stays so under the same name."""
    items = "".join(f"<li>{line}</li>" for line in lines)
    return (
        f'<details data-name="{name}"><summary>{escape(title)}</summary><ul>{items}</ul></details>'
    )


def _numbers(derived: Derived) -> str:
    rows = "".join(_row(title, amount(name, derived)) for name, title in _ROWS.items())
    return f"<h4>What this run does</h4><table><tbody>{rows}</tbody></table>"


def _curve(derived: Derived) -> str:
    run = schedule(derived)
    return drawing(run) if run else _no_curve(derived)


def _how(derived: Derived) -> str:
    how = [f"{escape(title)}: {_arithmetic(name, derived)}" for name, title in _ROWS.items()]
    return folded("arithmetic", "How these come about", how)


def _row(title: str, said: str) -> str:
    return f'<tr><th scope="row">{escape(title)}</th><td>{escape(said)}</td></tr>'


def _no_curve(derived: Derived) -> str:
    return f'<p class="quiet">No learning-rate curve: {escape(reason(derived))}</p>'


def _arithmetic(name: str, derived: Derived) -> str:
    parts = [derived.arithmetic.get(name, ""), derived.notes.get(name, "")]
    return escape(". ".join(part.rstrip(".") for part in parts if part)) + "."


def amount(name: str, derived: Derived) -> str:
    """A derived number in words: a range where chance decides, a dash where it can't be said."""
    value: Quantity = getattr(derived, name)
    if value is None:
        return "–"
    if not isinstance(value, tuple):
        return _number(name, value)
    usual = derived.usual.get(name)
    likely = "" if usual is None else f", usually {_number(name, usual)}"
    return f"{_number(name, value[0])} to {_number(name, value[1])}{likely}"


def about(name: str, derived: Derived) -> str:
    """A derived number in a word or two."""
    usual = derived.usual.get(name)
    return amount(name, derived) if usual is None else f"about {_number(name, usual)}"


def _number(name: str, value: float) -> str:
    if name == "warmup_share":
        return f"{value:.0%}"
    if name == "peak_learning_rate":
        return number_text(float(f"{value:.3g}"))
    return grouped(value)

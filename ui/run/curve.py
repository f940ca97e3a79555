"""The learning rate over a run as a drawing: SVG that takes its colours from ``style.css``.

Places across are percentages and places down are pixels, so that a drawing is as wide as its
place, while letters and lines keep their size.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.estimates.schedule import Certainty, Point, Schedule, rate_text
from ui.text import count, grouped

_FOLDER: Final = Path(__file__).parent
_INSIDE_NUMBERS: Final = re.compile(r"(?<=\de-)(?=\d)")

TOP: Final = 14
BOTTOM: Final = 92
BELOW: Final = 19
"""Pixels from the line at the bottom to the letters below it."""

_HEIGHT: Final = BOTTOM + BELOW + 3
# Letters that are nearer to each other than this would touch.
_APART: Final = 12
# A run that ends in its warm-up is drawn with what is missing, up to so many times its length.
_MISSING: Final = 6
_ABOUT: Final[Mapping[Certainty, str]] = {"sure": "", "usual": "about ", "most": "at most "}
MARKS_MOST: Final = 20
"""Marks of a kind that have room side by side on the narrowest drawing."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where updates and rates are on a drawing.

    Attributes:
        last: the number of the update at the right edge.
        top: the rate at the upper edge.
        bottom: where the rate is 0, in pixels from above.
    """

    last: int
    top: float
    bottom: int = BOTTOM

    def across(self, update: int) -> float:
        """The place of an update in percent of the width."""
        return 100 * (update - 1) / max(1, self.last - 1)

    def down(self, rate: float) -> float:
        """The place of a rate in pixels from above."""
        return self.bottom - (self.bottom - TOP) * (rate / self.top if self.top else 0)


def draw(html: str, *, key: str) -> None:
    """Put a drawing on the page; whatever a user wrote is escaped in it."""
    _component()(data={"html": html}, key=key)


@cache
def _component() -> Any:
    return st.components.v2.component(
        "tunesmith_curve",
        isolate_styles=False,
        js=(_FOLDER / "curve.js").read_text(encoding="utf-8"),
    )


def drawing(run: Schedule) -> str:
    """One run as a figure with its caption."""
    return (
        f'<figure class="curve" role="img" aria-label="Learning rate: {escape(run.words)}">'
        f'<svg height="{_HEIGHT}">{"".join(_inside(run))}</svg>'
        f"<figcaption>{_caption(run)}</figcaption></figure>"
    )


def prose(said: str) -> str:
    """A sentence of ours as markup, in which no line ends inside a number such as ``1e-6``."""
    return escape(_INSIDE_NUMBERS.sub("\u2060", said))


# --- Inside the drawing --------------------------------------------------------------------------


def _inside(run: Schedule) -> Iterator[str]:
    plane = Plane(_last(run), run.learning_rate)
    yield warmup_band(run, plane, TOP, BOTTOM - TOP)
    yield rule(TOP, "set")
    yield rule(BOTTOM, "base")
    yield from _rates(run, plane)
    if run.never_leaves_warmup:
        yield from _missing(run, plane)
    yield from trace(run, plane)
    yield dot(run, plane)
    yield from _updates(run, plane)
    yield from marks(run, plane, BOTTOM, MARKS_MOST)


def _last(run: Schedule) -> int:
    return min(run.warmup + 1, _MISSING * run.total) if run.never_leaves_warmup else run.total


def _rates(run: Schedule, plane: Plane) -> Iterator[str]:
    """The rates beside the drawing: what is set, and what is reached where that is less."""
    if run.learning_rate:
        yield aside(rate_text(run.learning_rate), TOP)
    if run.peak < run.learning_rate:
        place = max(plane.down(run.peak), TOP + _APART)
        yield aside(rate_text(run.peak), min(place, BOTTOM - _APART), "reached")
    yield aside("0", BOTTOM)


def _missing(run: Schedule, plane: Plane) -> Iterator[str]:
    """The way from the end of the run to the end of its warm-up, which no update goes."""
    update, rate = run.points[-1]
    beyond = run.learning_rate * (plane.last - 1) / run.warmup
    yield _line(plane, (update, rate), (plane.last, beyond), "missing")
    across = _x(plane, update)
    yield f'<line class="end" x1="{across}" x2="{across}" y1="{TOP}" y2="{BOTTOM}"/>'
    yield words("set", 100, TOP - 4)
    yield words("never leaves its warm-up", 0, TOP + 15, "stuck", shift=6)
    yield words(f"of {count(run.warmup, 'update')}", 0, TOP + 29, "stuck", shift=6)


def _updates(run: Schedule, plane: Plane) -> Iterator[str]:
    """What stands below the drawing: the warm-up, and where the run ends."""
    total = _ABOUT[run.certainty] + count(run.total, "update")
    if run.never_leaves_warmup:
        yield words(f"ends after {total}", plane.across(run.total), BOTTOM + BELOW)
        return
    yield words(f"warm-up {grouped(run.warmup)}" if run.warmup else "no warm-up", 0, BOTTOM + BELOW)
    yield words(total, 100, BOTTOM + BELOW)


def _caption(run: Schedule) -> str:
    """The drawing in words; what happens in between stands beside its mark."""
    parts = [f"Learning rate: {prose(run.course)}"]
    parts += [mark_words("evaluation", run), mark_words("checkpoint", run)]
    return "; ".join(parts) + "."


# --- Parts of drawings ---------------------------------------------------------------------------


def trace(run: Schedule, plane: Plane, name: str = "trace") -> Iterator[str]:
    """The rate as straight lines."""
    for first, second in pairwise(run.points):
        yield _line(plane, first, second, name)


def dot(run: Schedule, plane: Plane) -> str:
    """The highest rate as a dot; a ring in a colour of its own where that is not what is set."""
    update, rate = max(run.points, key=lambda point: point[1])
    name = "dot stuck" if run.never_leaves_warmup else "dot"
    return f'<circle class="{name}" cx="{_x(plane, update)}" cy="{plane.down(rate):.1f}" r="4"/>'


def warmup_band(run: Schedule, plane: Plane, top: float, height: float) -> str:
    """The warm-up as a shade."""
    width = plane.across(min(run.warmup + 1, run.total))
    return f'<rect class="warmup" x="0" y="{top:.1f}" width="{width:.2f}%" height="{height:.1f}"/>'


def marks(run: Schedule, plane: Plane, down: float, most: int) -> Iterator[str]:
    """Checkpoints as squares and evaluations as rings, so that both can stand at one update."""
    for update in run.checkpoints.updates(most):
        said = f"<title>checkpoint after update {grouped(update)}</title>"
        yield (
            f'<rect class="checkpoint" x="{_x(plane, update)}" y="{down - 3:.1f}" width="6" '
            f'height="6" transform="translate(-3 0)">{said}</rect>'
        )
    for update in run.evaluations.updates(most):
        said = f"<title>evaluation after update {grouped(update)}</title>"
        yield (
            f'<circle class="evaluation" cx="{_x(plane, update)}" cy="{down:.1f}" r="4.5">'
            f"{said}</circle>"
        )


def mark_words(kind: str, run: Schedule) -> str:
    """How often a run evaluates or saves, with the mark that stands for it."""
    made = run.evaluations if kind == "evaluation" else run.checkpoints
    if not made.count:
        return f"no {kind}"
    every = f", every {made.every}" if made.count > 1 else ""
    if made.count > MARKS_MOST:
        every += ", some are shown"
    return f'<span class="sign">{mark_sign(kind)}{count(made.count, kind)}{every}</span>'


def mark_sign(kind: str) -> str:
    """A mark by itself, for a line of text."""
    shape = '<circle class="evaluation" cx="6" cy="6" r="4.5"/>'
    if kind == "checkpoint":
        shape = '<rect class="checkpoint" x="3" y="3" width="6" height="6"/>'
    return f'<svg width="12" height="12" aria-hidden="true">{shape}</svg>\u00a0'


def rule(down: float, name: str) -> str:
    """A line from edge to edge."""
    return f'<line class="{name}" x1="0" x2="100%" y1="{down}" y2="{down}"/>'


def aside(label: str, down: float, name: str = "") -> str:
    """A label left of the drawing."""
    place = f'x="-8" y="{down + 4:.1f}" text-anchor="end"'
    return f'<text class="{name}" {place}>{escape(label)}</text>'


def words(label: str, across: float, down: float, name: str = "", shift: int = 0) -> str:
    """A label inside the drawing, to that side of its place where there is room."""
    anchor = "start" if across < 35 else "end" if across > 65 else "middle"
    return (
        f'<text x="{across:.2f}%" y="{down}" dx="{shift}" text-anchor="{anchor}" '
        f'class="{name}">{escape(label)}</text>'
    )


def _line(plane: Plane, first: Point, second: Point, name: str) -> str:
    (one, high), (other, low) = first, second
    return (
        f'<line class="{name}" x1="{_x(plane, one)}" y1="{plane.down(high):.1f}" '
        f'x2="{_x(plane, other)}" y2="{plane.down(low):.1f}"/>'
    )


def _x(plane: Plane, update: int) -> str:
    return f"{plane.across(update):.2f}%"

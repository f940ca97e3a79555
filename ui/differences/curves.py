"""The learning rates of several runs on one drawing, each with a colour, a dash and a number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from core.estimates.schedule import Schedule, rate_text
from core.output.text import printable
from ui.run.curve import (
    BELOW,
    MARKS_MOST,
    TOP,
    Plane,
    aside,
    dot,
    mark_sign,
    mark_words,
    marks,
    prose,
    rule,
    trace,
    warmup_band,
    words,
)
from ui.text import count

LISTED: Final = 8
"""How many curves have a colour of their own; the others are thin and grey."""

_BOTTOM: Final = 150
_LABELS: Final = _BOTTOM + BELOW
_LANES: Final = _LABELS + 19
_LANE: Final = 15
# From here on the shortest run or the lowest rate is too small to be read beside the largest.
_WILD: Final = 3

PlaneOf = Callable[[Schedule], Plane]


@dataclass(frozen=True, slots=True)
class Curve:
    """One schedule.

    Attributes:
        label: the configs that have it; any text.
        run: the schedule.
    """

    label: str
    run: Schedule


def overlay(curves: Sequence[Curve]) -> str:
    """Several curves, the base first: the drawings, then what stands for what.

    A second drawing has shares of each run, where lengths or rates are too far apart for one.
    """
    listed, others = curves[:LISTED], curves[LISTED:]
    panels = [_by_update(curves)]
    if _are_wild(curves):
        panels.append(_by_share(curves))
    key = "".join(_key(number, curve) for number, curve in enumerate(listed))
    return (
        f'<div class="curves"><div class="panels">{"".join(panels)}</div>'
        f"{_signs()}<ul>{key}{_rest(len(others))}</ul></div>"
    )


def _are_wild(curves: Sequence[Curve]) -> bool:
    lengths = [curve.run.total for curve in curves]
    rates = [curve.run.peak for curve in curves]
    return max(lengths) > _WILD * min(lengths) or max(rates) > _WILD * min(rates)


# --- Drawings ------------------------------------------------------------------------------------


def _by_update(curves: Sequence[Curve]) -> str:
    listed = curves[:LISTED]
    last, top = max(curve.run.total for curve in curves), max(curve.run.peak for curve in curves)
    plane = Plane(last, top, _BOTTOM)
    inside = [
        *_axes(rate_text(plane.top), "1", count(plane.last, "update")),
        *_lines(curves, lambda run: plane),
    ]
    for number, curve in enumerate(listed):
        inside += _lane(number, curve.run, plane)
    height = _LANES + _LANE * len(listed) - 4
    return _panel("Rate of each update", curves, inside, height)


def _by_share(curves: Sequence[Curve]) -> str:
    inside = [
        *_axes("100 %", "first update", "last update"),
        *_lines(curves, lambda run: Plane(run.total, run.learning_rate, _BOTTOM)),
    ]
    return _panel("Share of the set rate, by share of the run", curves, inside, _LABELS + 4)


def _panel(title: str, curves: Sequence[Curve], inside: Sequence[str], height: int) -> str:
    which = f"the first {LISTED} are" if curves[LISTED:] else "each is"
    said = f"{title}, {count(len(curves), 'curve')}; {which} described below."
    return (
        f'<figure class="curve" role="img" aria-label="{escape(said)}">'
        f"<figcaption>{escape(title)}</figcaption>"
        f'<svg height="{height}">{"".join(inside)}</svg></figure>'
    )


def _axes(top: str, first: str, last: str) -> Iterator[str]:
    yield rule(TOP, "set")
    yield rule(_BOTTOM, "base")
    yield aside(top, TOP)
    yield aside("0", _BOTTOM)
    yield words(first, 0, _LABELS)
    yield words(last, 100, _LABELS)


def _lines(curves: Sequence[Curve], plane_of: PlaneOf) -> Iterator[str]:
    """The curves, the base on top of all; the numbers on top of the curves."""
    for curve in curves[LISTED:]:
        yield _traced("other", curve, plane_of(curve.run))
    listed = list(enumerate(curves[:LISTED]))
    for number, curve in reversed(listed):
        yield _traced(f"ink-{number}", curve, plane_of(curve.run))
    if len(curves) > 1:
        for number, curve in listed:
            yield _number(number, len(listed), curve.run, plane_of(curve.run))


def _traced(name: str, curve: Curve, plane: Plane) -> str:
    """A curve that says its name under the mouse, also a little beside the line."""
    run = curve.run
    lines = [*trace(run, plane), *trace(run, plane, "hit")]
    if run.never_leaves_warmup or run.total == 1:
        lines.append(dot(run, plane))
    said = f"<title>{_label(curve)}: {escape(run.words)}</title>"
    return f'<g class="line {name}">{said}{"".join(lines)}</g>'


def _number(number: int, of: int, run: Schedule, plane: Plane) -> str:
    """The number on the curve; each at another share of its run, so that few meet."""
    step = round((run.total - 1) * (0.2 + 0.7 * number / of))
    across, down = plane.across(step + 1), plane.down(run.rate(step))
    return (
        f'<text class="number ink-{number}" x="{across:.2f}%" y="{down + 4:.1f}" '
        f'text-anchor="middle">{number + 1}</text>'
    )


def _lane(number: int, run: Schedule, plane: Plane) -> Iterator[str]:
    """A run as one line below the drawing: its warm-up, its end, and what happens in between."""
    down = _LANES + _LANE * number
    end = plane.across(run.total)
    yield f'<g class="lane ink-{number}">'
    yield aside(str(number + 1), down, "number")
    yield warmup_band(run, plane, down - 4, 8)
    yield f'<line class="length" x1="0" x2="{end:.2f}%" y1="{down}" y2="{down}"/>'
    # Short runs have room for a few marks only.
    yield from marks(run, plane, down, max(2, round(MARKS_MOST * end / 100)))
    yield "</g>"


# --- What stands for what ------------------------------------------------------------------------


def _signs() -> str:
    band = '<rect class="warmup" y="2" width="16" height="8"/>'
    signs = (
        f'<svg width="16" height="12" aria-hidden="true">{band}</svg>\u00a0warm-up',
        f"{mark_sign('evaluation')}evaluation",
        f"{mark_sign('checkpoint')}checkpoint",
    )
    inside = " ".join(f'<span class="sign">{sign}</span>' for sign in signs)
    return f'<p class="signs">{inside}</p>'


def _key(number: int, curve: Curve) -> str:
    run = curve.run
    stuck = ' <b class="stuck">never leaves its warm-up</b>' if run.never_leaves_warmup else ""
    said = f"{prose(run.course)}; {mark_words('evaluation', run)}; {mark_words('checkpoint', run)}"
    return (
        f'<li class="ink-{number}"><svg width="34" height="12" aria-hidden="true">'
        f'<line class="trace" x1="0" x2="34" y1="6" y2="6"/></svg>'
        f'<span class="number">{number + 1}</span> <span><bdi>{_label(curve)}</bdi>{stuck}'
        f"<small>{said}</small></span></li>"
    )


def _label(curve: Curve) -> str:
    """Whatever users call their configs, as text; what shows nothing is spelled out."""
    return escape(printable(curve.label))


def _rest(number: int) -> str:
    if not number:
        return ""
    others = f"{number} others" if number > 1 else "1 other"
    return f"<li>{others} in gray; point at a line for its name</li>"

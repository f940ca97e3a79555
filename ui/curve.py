"""The learning rate over a run, as a small drawing that reads on light and dark pages."""

from typing import Final

from core.derive import Derived, highest

_WIDTH: Final = 300
_HEIGHT: Final = 72
_PAD: Final = 4
_INK: Final = "#5b8def"
_RULE: Final = "#8a8f98"


def schedule_svg(derived: Derived) -> str | None:
    """The linear schedule of the run as SVG, or ``None`` where its numbers are not known."""
    total, warmup = highest(derived.updates_total), highest(derived.warmup_updates)
    peak = highest(derived.peak_learning_rate)
    if not total or not peak or warmup is None:
        return None
    reached = min(warmup, total) / total
    share = min(1.0, total / warmup) if warmup else 1.0
    points = [(0.0, 0.0 if warmup else 1.0), (reached, share)]
    if warmup < total:
        points.append((1.0, 0.0))
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}">'
        f'<path d="M{_PAD} {_y(1.0)}H{_WIDTH - _PAD}" stroke="{_RULE}" stroke-dasharray="3 4"/>'
        f'<path d="M{_PAD} {_y(0.0)}H{_WIDTH - _PAD}" stroke="{_RULE}"/>'
        f'<polyline points="{path}" fill="none" stroke="{_INK}" stroke-width="2"/></svg>'
    )


def _x(share: float) -> float:
    return _PAD + share * (_WIDTH - 2 * _PAD)


def _y(share: float) -> float:
    return _HEIGHT - _PAD - share * (_HEIGHT - 2 * _PAD)

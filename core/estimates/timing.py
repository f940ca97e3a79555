"""How long a run takes, from a speed that somebody measured."""

import math
from typing import Final

from core.derive import Derived, Quantity

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def seconds(derived: Derived, each: float) -> Quantity:
    """Seconds of a run whose optimizer updates take ``each`` seconds; ``None`` where unknown.

    Evaluations, checkpoints and loading come on top.
    """
    updates = derived.updates_total
    if updates is None:
        return None
    if isinstance(updates, tuple):
        return updates[0] * each, updates[1] * each
    return updates * each


def spoken(duration: Quantity) -> str:
    """A duration in its two largest units: ``1 h 30 min``; a range as ``5 min to 9 min``."""
    if duration is None:
        return "–"
    if isinstance(duration, tuple):
        return " to ".join(dict.fromkeys(map(spoken, duration)))
    if not math.isfinite(duration):
        return "for ever"
    left = round(duration)
    parts: list[str] = []
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append(f"{number} {unit}")
    kept = [part for part in parts[:2] if not part.startswith("0 ")]
    return " ".join(kept) or "less than 1 s"

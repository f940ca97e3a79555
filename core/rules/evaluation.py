"""Metrics that the evaluator does not have."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from core.config import KNOWN_METRICS
from core.document import Path
from core.findings import Finding, replace
from core.reading.wording import shown, warning
from core.trainers.facts import Facts

_METRICS: Final[Path] = ("evaluation", "metrics")
_LONGEST: Final = 60


def _unknown_metrics(facts: Facts) -> Iterator[Finding]:
    metrics = facts.view.value("evaluation.metrics")
    if not isinstance(metrics, list) or not all(isinstance(item, str) for item in metrics):
        return
    odd = [item for item in metrics if item not in KNOWN_METRICS]
    if odd:
        mended = _known(metrics) if all(map(_closest, odd)) else []
        yield warning(
            "evaluation.metrics.unknown",
            _METRICS,
            f"The evaluator has no metric {', '.join(map(shown, odd[:3]))}; it has "
            f"{', '.join(KNOWN_METRICS)}.",
            f"Use {', '.join(mended)}." if mended else "Remove what you don't measure elsewhere.",
            (replace(_METRICS, mended),) if mended else None,
            safe=True,
        )


def _known(metrics: list[str]) -> list[str]:
    """The metrics with each unknown one replaced by the closest that is not listed yet, or none."""
    found, taken = list[str](), set(metrics)
    for metric in metrics:
        known = metric if metric in KNOWN_METRICS else _closest(metric)
        if known and (known == metric or known not in taken):
            found.append(known)
            taken.add(known)
    return found


@lru_cache(maxsize=256)
def _closest(metric: str) -> str | None:
    if len(metric) > _LONGEST:
        return None
    return next(iter(get_close_matches(metric.lower(), KNOWN_METRICS, n=1, cutoff=0.6)), None)


RULES: Final = (_unknown_metrics,)

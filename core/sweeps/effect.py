"""Fields that a sweep varies for nothing, and members that would run alike.

A run that repeats another one is a day of a GPU for nothing. What a run takes for each key, as
``core.trainers.effective`` tells it, decides: a key that the trainer does not look at, caps, or
takes otherwise, makes no run another one, whatever its value.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core import trainers
from core.document import ABSENT, Document, Path, drop, get, path_text, put, write
from core.reading.target import Target
from core.reading.view import View
from core.sweeps.axes import Axis
from core.trainers.effective import Effective, effective


@dataclass(frozen=True, slots=True)
class Idle:
    """An axis without an effect.

    Attributes:
        axis: which one.
        reason: why no run looks at it; may be empty.
    """

    axis: Axis
    reason: str

    @property
    def text(self) -> str:
        """One sentence on what is wrong, and one on what to do."""
        why = f": {self.reason}" if self.reason else ""
        return (
            f"{self.axis.name} makes no run another one{why}. "
            f"Its {len(self.axis.values)} values would repeat the same runs; take it out."
        )


def idle(axes: Sequence[Axis], runs: Sequence[Document], target: Target) -> tuple[Idle, ...]:
    """The axes that make no run another one, in their order.

    Each run is held against itself with the axis's first value: one that differs is enough.

    Args:
        axes: what is varied.
        runs: the configs that run; without any, nothing can be said.
        target: what they are judged for.
    """
    taken = [_taken(document, target) for document in runs]
    return tuple(
        Idle(axis, _reason(runs[0], axis, target))
        for axis in axes
        if _is_varied(axis, runs) and _is_idle(axis, runs, taken, target)
    )


def _is_varied(axis: Axis, runs: Sequence[Document]) -> bool:
    """Whether all of several values run; one that stops is no repetition."""
    found = {_key([get(run, axis.path)]) for run in runs}
    return len(found) == len(axis.values) > 1


def _is_idle(
    axis: Axis, documents: Sequence[Document], taken: Sequence[str], target: Target
) -> bool:
    return all(
        _taken(with_axis(document, axis.path, axis.values[0]), target) == own
        for document, own in zip(documents, taken, strict=True)
    )


def with_axis(document: Document, path: Path, value: Any) -> Document:
    """The document with one value set, or taken out where it is ``ABSENT``; nothing follows it.

    Raises:
        PathError: there is no place for it.
    """
    changed: Document = drop(document, path) if value is ABSENT else put(document, path, value)
    return changed


def _reason(document: Document, axis: Axis, target: Target) -> str:
    """What is said of the key that is nearest."""
    spec = axis.spec
    names = {spec.name} if spec else set()
    steps = (path_text(axis.path[:length]) for length in range(len(axis.path), 0, -1))
    wanted = [*names, *steps]
    said = {one.name: one for one in effective(document, target) if one.is_otherwise and one.reason}
    found = next((said[name] for name in wanted if name in said), None)
    if ABSENT in axis.values and (found is None or found.why == "capped"):
        return "the trainer takes the same without it"
    return found.reason if found else ""


def alike(
    runs: Iterable[tuple[int, Sequence[Any], Document]], target: Target
) -> tuple[tuple[int, ...], ...]:
    """The numbers of runs that are the same one, each group in its order.

    Args:
        runs: for each its number, the values that are known to have an effect, and the config.
        target: what they are judged for.
    """
    groups: dict[str, dict[str, int]] = {}
    for number, values, document in runs:
        # Runs with the same values differ in what is known to have no effect.
        groups.setdefault(_taken(document, target), {}).setdefault(_key(values), number)
    return tuple(tuple(group.values()) for group in groups.values() if len(group) > 1)


def _key(values: Sequence[Any]) -> str:
    return json.dumps([None if value is ABSENT else write(value) for value in values])


def _taken(document: Document, target: Target) -> str:
    """Everything that the run takes, as one text."""
    view = View(document, trainers.setting(target).profile)
    # The library takes 42 whatever is written, but the LoRA weights start from the config's own.
    start = view.effective("seed") if view.uses_lora else None
    taken = {one.name: _used(one) for one in effective(document, target)}
    # A key of which nothing is taken is as good as none.
    there = {name: value for name, value in taken.items() if value is not None}
    return json.dumps([start, there], sort_keys=True)


def _used(one: Effective) -> Any:
    # What a run stops at is no value that it takes: the written one tells such runs apart.
    value = one.written if one.why == "stops" else one.used
    value = list(value) if isinstance(value, tuple) else value
    return None if value is ABSENT else write(value)

"""How every benchmark measures: candidates in turn, and the ratios within the rounds.

Every candidate runs in each round, one after the other, so that a busy machine slows all of them
alike; what counts is the median of the ratios within the rounds.
"""

import gc
import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, TypeVar

ROUNDS: Final = 15
# Seconds that one candidate runs in one round.
SLICE: Final = 0.05
OURS: Final = "Tunesmith"

Task = Callable[[], object]
Clock = Callable[[], float]
Name = TypeVar("Name", bound=Hashable)


def measure(
    tasks: Mapping[Name, Task],
    rounds: int = ROUNDS,
    slice_seconds: float = SLICE,
    clock: Clock = time.perf_counter,
) -> dict[Name, list[float]]:
    """Seconds of one call, by candidate, one number a round."""
    calls = {name: calls_in_a_slice(task, slice_seconds, clock) for name, task in tasks.items()}
    times: dict[Name, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            times[name].append(seconds(task, calls[name], clock))
    return times


def calls_in_a_slice(task: Task, slice_seconds: float, clock: Clock) -> int:
    """How many calls take about one slice; it warms the candidate up too."""
    task()
    return max(1, int(slice_seconds / max(seconds(task, 1, clock), 1e-7)))


def seconds(task: Task, calls: int, clock: Clock) -> float:
    """Seconds of one call, from a number of calls, with the garbage collector off."""
    gc.collect()
    gc.disable()
    start = clock()
    for _ in range(calls):
        task()
    end = clock()
    gc.enable()
    return (end - start) / calls


def ratios(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """How many times the other each one took, round by round."""
    return [one / other for one, other in zip(ones, others, strict=True)]


def ratio(ones: Sequence[float], others: Sequence[float]) -> str:
    """Median, least and greatest of the ratios within the rounds."""
    found = ratios(ones, others)
    return f"{statistics.median(found):.3g} [{min(found):.3g}..{max(found):.3g}]"


def installed(name: str) -> bool:
    """Whether a peer is there."""
    return importlib.util.find_spec(name) is not None


def load() -> str:
    """How busy the machine was in the last minute."""
    return f"{os.getloadavg()[0]:.2f}"

"""Which fault comes when: read off the seed, so that a soak can be run again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# A restart sets the memory back: the last part of a soak has none, so that it shows growth. That
# part is long, since a process grows by each kind of fault that it meets for the first time.
STEADY_SHARE: Final = 0.6


@dataclass(frozen=True)
class Due:
    """A fault that is to be made.

    Attributes:
        at: seconds after the soak's beginning.
        fault: its name.
        seed: for the choices that the fault makes itself.
    """

    at: float
    fault: str
    seed: int


def plan(
    seconds: float, seed: int, restarting: Sequence[str], gentle: Sequence[str], every: float
) -> list[Due]:
    """The faults of a soak in their order, each kind at least once where there is time.

    Args:
        seconds: how long the soak lasts.
        seed: what all choices follow from.
        restarting: the faults that end the process; none comes in the steady part.
        gentle: the others.
        every: the mean time between two faults, in seconds.
    """
    chance = random.Random(seed)
    kinds = len(restarting) + len(gentle)
    number = max(kinds, int(seconds / every))
    steady = seconds * (1 - STEADY_SHARE)
    moments = [seconds * (index + chance.uniform(0.1, 0.9)) / number for index in range(number)]
    early = sum(moment < steady for moment in moments)
    restarts = min(early, max(len(restarting), early * len(restarting) // max(1, kinds)))
    ends = _in_turn(chance, restarting, restarts)
    others = _in_turn(chance, gentle, number - len(ends))
    first = [*ends, *others[: early - len(ends)]]
    chance.shuffle(first)
    names = [*first, *others[early - len(ends) :]]
    return [
        Due(moment, name, chance.randrange(2**32))
        for moment, name in zip(moments, names, strict=False)
    ]


def _in_turn(chance: random.Random, names: Sequence[str], number: int) -> list[str]:
    """As many names as that: all of them in an order by chance, then again in another one."""
    found: list[str] = []
    while len(found) < number and names:
        found += chance.sample(names, len(names))
    return found[:number]

"""What a soak found, as a table in Markdown."""

import statistics
from collections.abc import Iterator
from typing import Final

from tools.soak.gauge import Sample, longest_life, slope
from tools.soak.soak import Made, Outcome

MOST_GROWTH: Final = 20.0
"""MiB an hour that the memory of one process may grow over the last half of its life."""
LEAST_SECONDS: Final = 1800.0
"""A shorter life says nothing about growth: it has not met every fault before."""
_SHOWN: Final = 40


def table(outcome: Outcome) -> str:
    """The whole verdict."""
    return "\n".join([*_summary(outcome), "", *_faults(outcome.made), "", *_wrong(outcome)]) + "\n"


def is_flat(samples: list[Sample]) -> bool:
    """Whether memory grew no more than it may; a short life proves nothing and passes."""
    life = longest_life(samples)
    if not life or life[-1].at - life[0].at < LEAST_SECONDS:
        return True
    return slope(life) <= MOST_GROWTH


def _summary(outcome: Outcome) -> Iterator[str]:
    counts, wish = outcome.ledger.counts, outcome.wish
    statuses = ", ".join(f"{key}: {n}" for key, n in sorted(outcome.replies.items()))
    yield f"| Soak of {outcome.seconds / 60:.1f} minutes, {wish.users} users, seed {wish.seed} | |"
    yield "|:--|:--|"
    yield f"| Requests of the users | {outcome.replies.total()} ({statuses}) |"
    yield f"| Edits at the build page | {outcome.edits} |"
    yield f"| Acknowledged | {counts['acknowledged']} |"
    yield f"| Without an answer | {counts['lost']} |"
    yield f"| In doubt; of these there as a whole | {counts['doubt']}; {_there(outcome)} |"
    yield f"| Faults | {len(outcome.made)} |"
    yield f"| Things that must not be | {len(outcome.ledger.wrong)} |"
    yield f"| Lines that must not be in the log | {len(outcome.log_faults)} |"
    yield from _process(outcome.samples)


def _there(outcome: Outcome) -> int:
    return outcome.ledger.counts["in doubt, and there"]


def _process(samples: list[Sample]) -> Iterator[str]:
    life = longest_life(samples)
    if not life:
        return
    yield f"| Load of the machine | {statistics.mean(s.load for s in samples):.1f} in the mean |"
    minutes = (life[-1].at - life[0].at) / 60
    third = max(1, len(life) // 3)
    first, last = (statistics.median(s.rss for s in part) for part in (life[:third], life[-third:]))
    yield (
        f"| Memory of the longest life ({minutes:.0f} min) | {first:.0f} MiB in its first third, "
        f"{last:.0f} in its last; {slope(life):+.1f} MiB/h over the last half |"
    )
    for name, values in (
        ("Open files", [s.files for s in life]),
        ("Threads", [s.threads for s in life]),
    ):
        kept = values[third:]
        yield f"| {name} in its last two thirds | {min(kept)} to {max(kept)}; {kept[-1]} last |"


def _faults(made: list[Made]) -> Iterator[str]:
    yield "| Fault | Times | Lasted (s) | Served again after (s, longest) |"
    yield "|:--|--:|--:|--:|"
    for name in sorted({one.fault for one in made}):
        those = [one for one in made if one.fault == name]
        backs = [one.back for one in those if one.back is not None]
        longest = f"{max(backs):.1f}" if len(backs) == len(those) else "never"
        took = statistics.median(one.took for one in those)
        yield f"| {name} | {len(those)} | {took:.1f} | {longest} |"


def _wrong(outcome: Outcome) -> Iterator[str]:
    found = [*outcome.ledger.wrong, *(f"log, {fault}" for fault in outcome.log_faults)]
    for what in list(dict.fromkeys(found))[:_SHOWN]:
        yield f"- {what} ({found.count(what)} times)"

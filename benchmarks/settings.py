"""What each setting is worth: the app as it is started, and with one setting at a time taken back.

    python -m benchmarks.settings [ROUNDS [PEOPLE]]     3 rounds, 15 people; five minutes

As in ``crowd.py`` people edit once a second over WebSockets, without a browser. In each round every
variant has its turn; the table prints the medians of the ratios within the rounds. Above 1, what
was taken back is worth that much.
"""

import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final, NamedTuple

import uvloop

from benchmarks.crowd import Contestant, Turn, take_turn
from benchmarks.expected import OUR_FIELD, our_rows
from benchmarks.serving import Server, tunesmith

SECONDS: Final = 5.0


class Variant(NamedTuple):
    """The app with one thing changed: by options of Streamlit, or by ``variant.py``."""

    name: str
    options: tuple[str, ...] = ()
    patch: str = ""


OURS: Final = Variant("as it is started")
VARIANTS: Final = (
    OURS,
    # Twice, to show what differs by chance.
    Variant("the same once more"),
    Variant("runner.postScriptGC = true", ("--runner.postScriptGC", "true")),
    Variant("garbage collected as Python chooses", patch="collected-as-ever"),
    Variant('server.fileWatcherType = "auto"', ("--server.fileWatcherType", "auto")),
    Variant("runner.magicEnabled = true", ("--runner.magicEnabled", "true")),
    Variant("without uvloop", patch="without-uvloop"),
    Variant("whole page instead of fragments", patch="whole-page"),
    Variant(
        "server.enableWebsocketCompression = true", ("--server.enableWebsocketCompression", "true")
    ),
    Variant("browser.gatherUsageStats = true", ("--browser.gatherUsageStats", "true")),
    Variant('logger.level = "debug"', ("--logger.level", "debug")),
)


def main(rounds: int, people: int) -> None:
    """Measure, and print a table."""
    print(f"load before {os.getloadavg()[0]:.1f}", flush=True)
    turns: dict[str, list[Turn]] = {variant.name: [] for variant in VARIANTS}
    with servers() as all_of_them:
        for number in range(rounds):
            for variant, server in zip(VARIANTS, all_of_them, strict=True):
                contestant = Contestant(variant.name, server, OUR_FIELD, our_rows)
                compressed = "server.enableWebsocketCompression" in variant.name
                turn = take_turn(contestant, people, SECONDS, compressed=compressed)
                turns[variant.name].append(uvloop.run(turn))
            print(f"round {number + 1} of {rounds}", flush=True)
    print(f"load after {os.getloadavg()[0]:.1f}")
    print("| with one thing taken back | server's work an edit | p50 | p95 | kB an edit |")
    print("|---|---|---|---|---|")
    for name, taken in turns.items():
        print(said(name, taken, turns[OURS.name]))


@contextmanager
def servers() -> Iterator[list[Server]]:
    """All variants at once; those that wait for their turn do nothing."""
    with ExitStack() as stack:
        yield [stack.enter_context(_served(variant)) for variant in VARIANTS]


def _served(variant: Variant) -> AbstractContextManager[Server]:
    if variant.patch:
        return tunesmith(start=("benchmarks.variant", variant.patch))
    return tunesmith(variant.options)


def said(name: str, taken: list[Turn], ours: list[Turn]) -> str:
    """One row: the ratios of a variant to the app as it is started."""
    cells = [name]
    for measure in (_work, _p50, _p95):
        ratios = sorted(measure(one) / measure(mine) for one, mine in zip(taken, ours, strict=True))
        cells.append(f"{statistics.median(ratios):.2f} [{ratios[0]:.2f}..{ratios[-1]:.2f}]")
    cells.append(f"{statistics.fmean(turn.size for turn in taken) / 1000:.1f}")
    return f"| {' | '.join(cells)} |"


def _work(turn: Turn) -> float:
    return turn.cpu / turn.rate


def _p50(turn: Turn) -> float:
    return statistics.median(turn.waits)


def _p95(turn: Turn) -> float:
    return sorted(turn.waits)[int(0.95 * (len(turn.waits) - 1))]


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [3, 15][len(given) :]))

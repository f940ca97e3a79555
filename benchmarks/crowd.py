"""Many people editing once a second: how long the server lets each of them wait.

    python -m benchmarks.crowd [PEOPLE [ROUNDS [SECONDS]]]     50 people, 3 rounds of 12 seconds

Each of them is a tab of ``wire.py``: a WebSocket, real messages, no browser. A person edits one
number a second, or later where the answer to the last edit was not there yet. The clock runs from
sending an edit to the end of the script that it has run, as the client sees it; an edit counts
only if the number that follows from it was in the answer. The client is a process of its own on
the same machine and works on one core for all of them; what it used is printed too.

In each round every candidate has its turn: Tunesmith as README starts it, the plain page of 35
fields (``bare_page.py``) on Streamlit's default settings, and the same with our settings.
"""

import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from typing import Final, NamedTuple

import uvloop

from benchmarks.expected import BARE_FIELD, OUR_FIELD, bare_total, our_rows
from benchmarks.serving import Server, bare_page, busy_seconds, tunesmith
from benchmarks.wire import Answer, Tab

WARM_UP: Final = 4
"""Seconds that people edit before anything is measured."""


class Contestant(NamedTuple):
    """A server, the field that is edited, and what has to follow from a value."""

    name: str
    server: Server
    label: str
    shows: Callable[[int], str]


class Turn(NamedTuple):
    """What one contestant did in one round.

    Attributes:
        waits: seconds from each edit to its end.
        rate: edits a second, of all people together.
        cpu: of one core, the server's share that was busy.
        client: the same of the client.
        others: the same of everything else on the machine; above 1 is more than one core.
        memory: MiB of the server for each of these people, and without them.
        lost: edits whose answer did not hold the new number.
        messages: for each edit.
        size: bytes of these messages.
    """

    waits: list[float]
    rate: float
    cpu: float
    client: float
    others: float
    memory: tuple[float, float]
    lost: int
    messages: float
    size: float


def main(people: int, rounds: int, seconds: float) -> None:
    """Measure, and print a table."""
    turns: dict[str, list[Turn]] = {}
    print(f"load before {os.getloadavg()[0]:.1f}", flush=True)
    with contestants() as all_of_them:
        for number in range(rounds):
            for contestant in all_of_them:
                turn = uvloop.run(take_turn(contestant, people, seconds))
                turns.setdefault(contestant.name, []).append(turn)
                print(f"round {number + 1}, {said(contestant.name, [turn])}", flush=True)
    print(f"load after {os.getloadavg()[0]:.1f}; all rounds together:")
    for name, taken in turns.items():
        print(said(name, taken))


@contextmanager
def contestants() -> Iterator[list[Contestant]]:
    """Ours first."""
    with ExitStack() as stack:
        ours = stack.enter_context(tunesmith())
        bare = stack.enter_context(bare_page())
        tuned = stack.enter_context(bare_page(with_our_settings=True))
        yield [
            Contestant("tunesmith", ours, OUR_FIELD, our_rows),
            Contestant("bare page", bare, BARE_FIELD, bare_total),
            Contestant("bare page, our settings", tuned, BARE_FIELD, bare_total),
        ]


async def take_turn(
    contestant: Contestant, people: int, seconds: float, *, compressed: bool = False
) -> Turn:
    """Open a tab for each person, let them all edit, and measure after the warm-up."""
    server = contestant.server
    empty = server.memory()
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(Tab(server.url, compressed)) for _ in range(people)]
        begin = time.perf_counter() + WARM_UP
        works = [
            asyncio.create_task(_person(contestant, tab, number / people, begin, begin + seconds))
            for number, tab in enumerate(tabs)
        ]
        gc.disable()
        await asyncio.sleep(WARM_UP)
        before = (server.cpu_seconds(), time.process_time(), busy_seconds())
        await asyncio.sleep(begin + seconds - time.perf_counter())
        after = (server.cpu_seconds(), time.process_time(), busy_seconds())
        gc.enable()
        edits = [edit for edits in await asyncio.gather(*works) for edit in edits]
        full = server.memory()
    cpu, client, busy = ((late - soon) / seconds for soon, late in zip(before, after, strict=True))
    return Turn(
        waits=[edit.seconds for edit in edits],
        rate=len(edits) / seconds,
        cpu=cpu,
        client=client,
        others=busy - cpu - client,
        memory=((full - empty) / people, empty),
        lost=sum(not edit.shows for edit in edits),
        messages=statistics.fmean(edit.messages for edit in edits),
        size=statistics.fmean(edit.bytes for edit in edits),
    )


async def _person(
    contestant: Contestant, tab: Tab, offset: float, begin: float, end: float
) -> list[Answer]:
    """Edit once a second until the end; the edits that were begun after the warm-up."""
    edits = []
    due = begin - WARM_UP + offset
    value = 1000 + 2 * int(offset * 250)
    while due < end:
        await asyncio.sleep(due - time.perf_counter())
        # One sample more need not be one row more.
        value = value + 2 if value < 1900 else 1000
        sent = time.perf_counter()
        answer = await tab.edit(contestant.label, value, contestant.shows(value))
        if begin <= sent < end:
            edits.append(answer)
        due = max(due + 1, time.perf_counter())
    return edits


def said(name: str, turns: list[Turn]) -> str:
    """Three lines for the turns of one contestant."""
    waits = sorted(wait * 1000 for turn in turns for wait in turn.waits)
    p50, p95, p99 = (waits[int(share * (len(waits) - 1))] for share in (0.5, 0.95, 0.99))
    rate, cpu, client, others, messages = (
        statistics.fmean(getattr(turn, name) for turn in turns)
        for name in ("rate", "cpu", "client", "others", "messages")
    )
    added = statistics.fmean(turn.memory[0] for turn in turns)
    lost = sum(turn.lost for turn in turns)
    return (
        f"{name}: p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; {rate:.1f} edits a second\n"
        f"    server {cpu:.0%} of a core, {1000 * cpu / rate:.1f} ms an edit, {messages:.0f}"
        f" messages an edit; client {client:.0%}, others {others:.0%} of a core\n"
        f"    {added:.2f} MiB a person over {turns[0].memory[1]:.0f} MiB"
        f"{f'; {lost} ANSWERS WITHOUT THE NEW NUMBER' if lost else ''}"
    )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [50, 3, 12][len(given) :]))

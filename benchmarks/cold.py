"""From starting the server to a page that can be worked with, in Chromium with an empty cache.

    python -m benchmarks.cold [ROUNDS] [--llamaboard PYTHON]

In each round every candidate is started in its turn, alone: first the server, until it answers,
then the page in a browser that runs already but has never seen it, until its field can be edited
and, of ours, the verdict stands beside it. Then the page is loaded once more, now from the cache.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, Page

from benchmarks.expected import BARE_FIELD, LLAMABOARD_FIELD, OUR_FIELD
from benchmarks.serving import Server, bare_page, chromium, llamaboard, tunesmith

OURS: Final = "tunesmith"

# What was loaded up to now: requests, bytes over the wire, and the first paint with content.
LOADED: Final = """() => {
    const loads = [...performance.getEntriesByType("navigation"),
        ...performance.getEntriesByType("resource")]
    const paint = performance.getEntriesByName("first-contentful-paint")[0]
    return [loads.length, loads.reduce((sum, load) => sum + load.transferSize, 0),
        paint ? paint.startTime / 1000 : 0]
}"""


class Candidate(NamedTuple):
    """A server to start, and when its page can be worked with."""

    name: str
    start: Callable[[], AbstractContextManager[Server]]
    wait: Callable[[Page], object]


class Start(NamedTuple):
    """One start, in seconds.

    Attributes:
        answers: from starting the process to its first answer.
        usable: from there to a page that can be worked with.
        total: both.
        paint: from asking for the page to the first paint with content.
        again: from asking for the page a second time to a page that can be worked with.
        requests: how many the browser made.
        mb: what they brought, in millions of bytes.
        memory: of the server, in MiB.
        cpu: what the server has worked.
    """

    answers: float
    usable: float
    total: float
    paint: float
    again: float
    requests: float
    mb: float
    memory: float
    cpu: float


def main(rounds: int, llamaboard_python: str) -> None:
    """Measure, and print a table."""
    print(f"load before {os.getloadavg()[0]:.1f}", flush=True)
    starts: dict[str, list[Start]] = {}
    with chromium() as browser:
        for _ in range(rounds):
            for candidate in candidates(llamaboard_python):
                found = start(browser, candidate)
                starts.setdefault(candidate.name, []).append(found)
                print(f"{candidate.name}: {found.total:.2f} s", flush=True)
    for name, taken in starts.items():
        print(said(name, taken, starts[OURS]))
    print(f"load after {os.getloadavg()[0]:.1f}")


def candidates(llamaboard_python: str) -> list[Candidate]:
    """Ours first."""
    found = [
        Candidate(OURS, tunesmith, _ours_is_usable),
        Candidate("bare page", bare_page, lambda page: page.get_by_label(BARE_FIELD).wait_for()),
    ]
    if not llamaboard_python:
        print("LlamaBoard is left out: --llamaboard names no Python that has it.")
        return found
    board = Candidate(
        "LlamaBoard",
        lambda: llamaboard(llamaboard_python),
        lambda page: page.get_by_label(LLAMABOARD_FIELD).first.wait_for(),
    )
    return [*found, board]


def _ours_is_usable(page: Page) -> None:
    page.get_by_label(OUR_FIELD, exact=True).wait_for()
    # Of the verdict that the first template gets, the part that is never missing.
    page.get_by_text("valid", exact=False).first.wait_for()
    page.get_by_text("training rows").first.wait_for(state="attached")


def start(browser: Browser, candidate: Candidate) -> Start:
    """Start one server and open its page twice."""
    begin = time.perf_counter()
    with candidate.start() as server:
        answers = time.perf_counter() - begin
        # A context of its own has a cache of its own, which is empty.
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(120_000)
        usable = _opened(page, server.url, candidate.wait)
        requests, size, paint = page.evaluate(LOADED)
        again = _opened(page, server.url, candidate.wait)
        context.close()
        memory, cpu = server.memory(), server.cpu_seconds()
    return Start(answers, usable, answers + usable, paint, again, requests, size / 1e6, memory, cpu)


def _opened(page: Page, url: str, wait: Callable[[Page], object]) -> float:
    begin = time.perf_counter()
    # Fonts and the like may still come when the page is worked with.
    page.goto(url, wait_until="commit")
    wait(page)
    return time.perf_counter() - begin


def said(name: str, starts: list[Start], ours: list[Start]) -> str:
    """Two lines: the medians of one candidate, and ours as a share of them."""
    median: dict[str, Any] = {
        field: statistics.median(getattr(start, field) for start in starts)
        for field in Start._fields
    }
    paired = sorted(mine.total / one.total for mine, one in zip(ours, starts, strict=True))
    return (
        f"{name}: usable after {median['total']:.2f} s: answers after {median['answers']:.2f},"
        f" then {median['usable']:.2f} (first paint {median['paint']:.2f});"
        f" again, from the cache, {median['again']:.2f}\n"
        f"    {median['requests']:.0f} requests, {median['mb']:.2f} MB, server"
        f" {median['memory']:.0f} MiB, {median['cpu']:.1f} s of work; tunesmith takes"
        f" {statistics.median(paired):.2f} [{paired[0]:.2f}..{paired[-1]:.2f}] times as long"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold")
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--llamaboard", default="", metavar="PYTHON")
    given = parser.parse_args()
    main(given.rounds, given.llamaboard)

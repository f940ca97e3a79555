"""A thousand people come, look, edit a little and go: what the server keeps of them.

    python -m benchmarks.sessions [SESSIONS] [--signed-in]

Each opens a WebSocket, has the page run, edits a few fields and closes; ten at a time. After
each hundred a line tells what the server holds. Streamlit keeps the last 128 sessions that were
closed for two minutes, for browsers that come back, so all numbers grow until then and have to
stay where they are from 200 on. The last line is told after these two minutes and a collection.

By default nobody is signed in. With ``--signed-in`` the app runs without accounts, which is one
user who is always signed in: unsaved work is kept, and looked for by the next session.
"""

import argparse
import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from benchmarks.expected import OUR_FIELD, our_rows
from benchmarks.serving import Server, free_port, tunesmith
from benchmarks.wire import Tab

AT_ONCE: Final = 10
EDITS: Final = 3
STEP: Final = 100
SETTLED: Final = 200
"""Sessions after which nothing has to grow any more."""
KEPT: Final = 125
"""Seconds after which Streamlit has forgotten a closed session."""


class Watched(NamedTuple):
    """A server, and the port that tells what lives in it."""

    server: Server
    port: int

    def lives(self, order: str = "") -> dict[str, int]:
        """The number of living objects by their class; ``collect`` collects garbage first."""
        with socket.create_connection(("localhost", self.port)) as connection:
            connection.sendall(f"{order}\n".encode())
            found: dict[str, int] = json.loads(connection.makefile().read())
        return found

    def told(self, sessions: int, order: str = "") -> float:
        """Print a line; returns the memory in MiB."""
        counts = "  ".join(f"{name} {count}" for name, count in self.lives(order).items())
        memory = self.server.memory()
        print(
            f"{sessions:5} sessions: {memory:6.1f} MiB, {self.server.threads():3} threads,"
            f" {self.server.descriptors():3} descriptors   {counts}",
            flush=True,
        )
        return memory


async def main(sessions: int, watched: Watched) -> None:
    """Let them come and go, and print what is left of them."""
    url, lost = watched.server.url, 0
    watched.told(0)
    settled = last = 0.0
    for done in range(0, sessions, STEP):
        lost += sum(await asyncio.gather(*(_visits(url, done + n) for n in range(AT_ONCE))))
        last = watched.told(done + STEP)
        if done + STEP == SETTLED:
            settled = last
    print(f"from {SETTLED} to {sessions} sessions: {last - settled:+.1f} MiB")
    if lost:
        print(f"{lost} ANSWERS WITHOUT THE NEW NUMBER")
    await asyncio.sleep(KEPT)
    # What is out of date is thrown away when the next session ends.
    await _visit(url, 0)
    watched.told(sessions + 1, "collect")


async def _visits(url: str, first: int) -> int:
    return sum([await _visit(url, number) for number in range(first, first + STEP, AT_ONCE)])


async def _visit(url: str, number: int) -> int:
    """One person; the number of edits whose answer did not hold the new number."""
    lost = 0
    async with Tab(url) as tab:
        for edit in range(EDITS):
            # One sample more need not be one row more.
            value = 1000 + 2 * ((number * EDITS + edit) % 450)
            answer = await tab.edit(OUR_FIELD, value, our_rows(value))
            lost += not answer.shows
    return lost


@contextmanager
def watched_app(*, signed_in: bool) -> Iterator[Watched]:
    """The app as README starts it, but for the port beside it."""
    port = free_port()
    environ = {"TUNESMITH_ACCOUNTS": "off" if signed_in else "on"}
    with tunesmith((), environ, ("benchmarks.watched", str(port))) as server:
        yield Watched(server, port)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions")
    parser.add_argument("sessions", nargs="?", type=int, default=1000)
    parser.add_argument("--signed-in", action="store_true")
    given = parser.parse_args()
    begun = time.monotonic()
    with watched_app(signed_in=given.signed_in) as app:
        asyncio.run(main(given.sessions, app))
    print(f"took {time.monotonic() - begun:.0f} s")

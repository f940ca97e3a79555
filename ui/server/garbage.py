"""Full garbage collections when people have left, and else seldom: everybody waits for one.

Python looks through all objects that can refer to each other when enough new ones have stayed. An
open page is about 12 000 of them, nearly all Streamlit's: with fifty people a look took 0.3 seconds
and came every eleven. Most of what it finds is what a page leaves that was closed; so that is when
to look. Objects that are in no circle are freed at once as ever, and young ones are looked through
as often as ever.
"""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

TIMES: Final = 10
"""How much more has to stay than Python would wait for: what some fifty visitors leave."""

LEAST: Final = 8
"""People who have to leave before that is a reason to look."""

SOON: Final = 1.0
"""Seconds until a page that is closed has been put away."""

RESTS: Final = 30
"""How many times as long as it took nobody looks again, however many come and go."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Collect that seldom in the block; what lives at its beginning is never looked through."""
    young, middle, old = before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, middle, old * TIMES)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class Departures:
    """Has garbage collected when enough people have left.

    That is half as many as are there, so that each who leaves costs the same however many stay.
    """

    def __init__(
        self, app: ASGIApp, collect: Callable[[], object] = gc.collect, soon: float = SOON
    ) -> None:
        """Stand before an app.

        Args:
            app: its sockets are people.
            collect: looks for garbage.
            soon: seconds from the last one's leaving until then.
        """
        self.app = app
        self._collect, self._soon = collect, soon
        self._here = self._left = 0
        self._is_due, self._rests_until = False, 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; a socket is counted until it closes."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        self._here += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._here -= 1
            self._note_one_left()

    def _note_one_left(self) -> None:
        self._left += 1
        if self._is_due or self._left < max(LEAST, self._here // 2):
            return
        self._is_due = True
        loop = asyncio.get_running_loop()
        loop.call_at(max(loop.time() + self._soon, self._rests_until), self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left, self._is_due = 0, False
        began = loop.time()
        self._collect()
        self._rests_until = loop.time() + RESTS * (loop.time() - began)

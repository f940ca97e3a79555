"""Full collections come seldom while the server runs, and Python's own settings come back."""

import asyncio
import gc
import time
import weakref
from itertools import pairwise

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server.garbage import LEAST, RESTS, TIMES, Departures, collected_seldom


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_lived_at_the_start_is_looked_through_again_at_the_end() -> None:
    circle = Circle()
    left = weakref.ref(circle)
    with collected_seldom():
        del circle
        gc.collect()
        assert left() is not None
    gc.collect()
    assert left() is None


def test_what_has_come_since_is_collected() -> None:
    with collected_seldom():
        gone = weakref.ref(Circle())
        gc.collect()
        assert gone() is None


def test_the_settings_of_the_process_come_back() -> None:
    young, middle, old = before = gc.get_threshold()
    with collected_seldom():
        assert gc.get_threshold() == (young, middle, old * TIMES)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


async def stays(scope: Scope, receive: Receive, send: Send) -> None:
    """An app whose sockets are open until ``scope`` says so."""
    if scope["type"] == "websocket":
        await scope["end"].wait()


async def collections(here: int, left: int, kind: str) -> int:
    """How often garbage was collected after so many of them have left, while the others stay."""
    found: list[None] = []
    app = Departures(stays, lambda: found.append(None), soon=0)
    tasks, ends = [], [asyncio.Event() for _ in range(here)]
    for end in ends:
        tasks.append(asyncio.create_task(visit(app, {"type": kind, "end": end})))
    await asyncio.sleep(0)
    for end, task in zip(ends[:left], tasks, strict=False):
        end.set()
        await task
    await asyncio.sleep(0.01)
    for task in tasks[left:]:
        task.cancel()
    return len(found)


async def visit(app: ASGIApp, scope: Scope) -> None:
    async def receive() -> Message:
        raise AssertionError("nobody asked")

    async def send(_: Message) -> None:
        raise AssertionError("nobody answers")

    await app(scope, receive, send)


@pytest.mark.parametrize(
    ("here", "left", "times"),
    [
        (LEAST, LEAST - 1, 0),
        (LEAST, LEAST, 1),
        # Of many, a third: half as many as stay.
        (60, 19, 0),
        (60, 20, 1),
    ],
)
def test_people_who_leave_have_garbage_collected(here: int, left: int, times: int) -> None:
    assert asyncio.run(collections(here, left, "websocket")) == times


def test_who_opens_and_closes_again_and_again_has_it_looked_seldom() -> None:
    looks: list[float] = []

    def look() -> None:
        looks.append(time.monotonic())
        time.sleep(0.01)

    async def come_and_go() -> None:
        app = Departures(stays, look, soon=0)
        gone = asyncio.Event()
        gone.set()
        while len(looks) < 3:
            await visit(app, {"type": "websocket", "end": gone})
            await asyncio.sleep(0)

    asyncio.run(come_and_go())
    assert all(later - former > RESTS * 0.01 for former, later in pairwise(looks))


def test_requests_are_not_people() -> None:
    assert asyncio.run(collections(LEAST, LEAST, "http")) == 0

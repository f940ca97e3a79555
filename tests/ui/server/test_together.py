"""The messages of a run come to the browser at once, and none is lost, late or out of order."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app import MIDDLEWARE
from ui.server.together import WAIT, Together

SOCKET = {"type": "websocket", "path": "/app/_stcore/stream"}

Act = Callable[[Send], Awaitable[None]]


class Browser:
    """What has arrived, and how much of it after each of the app's messages."""

    def __init__(self, act: Act, scope: dict[str, Any] = SOCKET) -> None:
        self.got: list[Message] = []
        self.counts: list[int] = []
        self._act = act
        asyncio.run(Together(self._app)(scope, self._receive, self._arrive))

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            await send(message)
            self.counts.append(len(self.got))

        await self._act(sent)

    async def _receive(self) -> Message:
        raise AssertionError("nobody asked")

    async def _arrive(self, message: Message) -> None:
        # A slow line: what comes later must not overtake.
        await asyncio.sleep(0)
        self.got.append(message)


def message(**said: Any) -> Message:
    return {"type": "websocket.send", "bytes": ForwardMsg(**said).SerializeToString()}


def status(running: bool) -> Message:
    made = ForwardMsg()
    made.session_status_changed.script_is_running = running
    return {"type": "websocket.send", "bytes": made.SerializeToString()}


def begins() -> Message:
    made = ForwardMsg()
    made.new_session.name = "run"
    return {"type": "websocket.send", "bytes": made.SerializeToString()}


def delta(text: str = "x") -> Message:
    made = ForwardMsg()
    made.delta.new_element.markdown.body = text
    return {"type": "websocket.send", "bytes": made.SerializeToString()}


EARLY = [begins(), status(True), message(script_finished=2), status(False)]
RUN = [begins(), status(True), delta(), message(script_finished=3), status(False)]


def sending(*messages: Message) -> Act:
    async def act(send: Send) -> None:
        for one in messages:
            await send(one)

    return act


def test_a_run_that_shows_nothing_and_asks_for_another_one_is_passed_over() -> None:
    browser = Browser(sending(*EARLY, *EARLY, *RUN))
    assert browser.counts == [0] * 12 + [5]
    assert browser.got == RUN


def test_what_a_run_has_shown_comes_though_it_asks_for_another_one() -> None:
    early = [begins(), delta(), *EARLY[1:]]
    assert Browser(sending(*early, *RUN)).got == early + RUN


def test_each_run_comes_as_soon_as_it_is_over() -> None:
    browser = Browser(sending(*RUN, *RUN))
    assert browser.counts == [0, 0, 0, 0, 5, 5, 5, 5, 5, 10]


def test_what_belongs_to_no_run_is_not_held_back() -> None:
    browser = Browser(sending({"type": "websocket.accept"}, delta(), status(False)))
    assert browser.counts == [1, 2, 3]


def test_a_long_run_is_seen_as_it_goes_on() -> None:
    async def act(send: Send) -> None:
        await send(begins())
        await send(delta("first"))
        await asyncio.sleep(2 * WAIT)
        await send(delta("second"))
        await send(delta("y" * 100_000))

    browser = Browser(act)
    assert browser.counts == [0, 0, 3, 4]
    assert browser.got == [begins(), delta("first"), delta("second"), delta("y" * 100_000)]


def test_a_line_that_closes_hands_out_what_was_held() -> None:
    goodbye = {"type": "websocket.close", "code": 1000}
    browser = Browser(sending(begins(), delta(), goodbye))
    assert browser.got == [begins(), delta(), goodbye]


def test_a_run_that_begins_while_a_long_one_is_given_up_is_collected_as_any_other() -> None:
    async def act(send: Send) -> None:
        await send(begins())
        # The timer fires, and its task has not begun yet.
        time.sleep(2 * WAIT)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for one in RUN:
            await send(one)

    browser = Browser(act)
    assert browser.got == [begins(), *RUN]
    assert browser.counts == [0, 0, 0, 0, 0, 6]


class Connection:
    """A connection of uvicorn that notes what was sent, and when it held its packets back."""

    def __init__(self) -> None:
        self.transport = self
        self.noted: list[object] = []

    def get_extra_info(self, name: str) -> Self:
        assert name == "socket"
        return self

    def setsockopt(self, level: int, option: int, value: int) -> None:
        assert (level, option) == (socket.IPPROTO_TCP, socket.TCP_CORK)
        self.noted.append(bool(value))

    async def send(self, message: Message) -> None:
        self.noted.append(message)


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="only Linux collects packets so")
def test_a_run_leaves_in_one_packet() -> None:
    connection = Connection()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for one in RUN:
            await send(one)

    async def receive() -> Message:
        raise AssertionError("nobody asked")

    asyncio.run(Together(app)(SOCKET, receive, connection.send))
    assert connection.noted == [True, *RUN, False]


def test_it_meets_the_servers_own_connection() -> None:
    outermost: object = MIDDLEWARE[0].cls
    assert outermost is Together


def test_other_sockets_and_requests_pass() -> None:
    for scope in ({"type": "http", "path": "/"}, {"type": "websocket", "path": "/other"}):
        assert Browser(sending({"type": "x", "bytes": b"\xff"}), scope).counts == [1]

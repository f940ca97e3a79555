"""The messages of a short run reach the browser all at once.

Streamlit's page in the browser draws everything anew for each message that comes alone: that a run
begins, that it is over, and what it changed in between. The messages of an edit are ready within
some 12 ms, so they are held back until the run is over and then come together: one drawing in place
of three. An edit is two runs, since its callback asks for a run of the parts that it changes; the
browser isn't told of the first one, which shows nothing (docs/speed.md has what that saves).
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

WAIT: Final = 0.03
"""Seconds; a run that is longer is seen as it goes on."""

_FRAME: Final = frozenset(("new_session", "session_status_changed", "script_finished"))
"""What each run begins and ends with, whether it shows anything or not."""

_BIGGEST: Final = 16_384
"""Bytes; what tells of a run's begin and end is smaller, and reading more would take time."""


class Together:
    """Holds back what a run sends until it is over, at most ``WAIT``."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app; as the outermost, so that it meets the server's own connection."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; the messages of a socket are collected."""
        if scope["type"] != "websocket" or not scope["path"].endswith("/_stcore/stream"):
            await self.app(scope, receive, send)
            return
        line = _Line(send)
        try:
            await self.app(scope, receive, line.send)
        finally:
            line.close()


class _Line:
    """What goes to one browser."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self._due: list[Message] = []
        self._timer: asyncio.TimerHandle | None = None
        # Kept, so that it is not collected before it is done.
        self._late: asyncio.Task[None] | None = None
        self._is_over = self._is_droppable = False
        # One at a time, so that nothing overtakes.
        self._turn = asyncio.Lock()

    async def send(self, message: Message) -> None:
        """Send a message, or hold it back while a run goes on."""
        said = _said(message)
        if said.WhichOneof("type") == "new_session":
            self._begin()
        self._is_droppable = self._is_droppable and said.WhichOneof("type") in _FRAME
        self._held.append(message)
        if self._timer is None or self._is_last(message, said):
            self._let_go()
            await self._hand_out()

    def close(self) -> None:
        """Hold nothing back any more; there is nobody to hand it to."""
        self._let_go()

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WAIT, self._give_up)
        elif self._is_droppable:
            self._held.clear()
        self._is_droppable, self._is_over = not self._held, False

    def _is_last(self, message: Message, said: ForwardMsg) -> bool:
        kind = said.WhichOneof("type")
        if kind == "script_finished":
            # A callback that asks for another run ends its own at once.
            self._is_over = said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        # The state of the session comes after the end of the run.
        is_idle = kind == "session_status_changed" and self._is_over
        return is_idle or message["type"] != "websocket.send"

    def _give_up(self) -> None:
        self._let_go()
        self._late = asyncio.create_task(self._hand_out_late())

    def _let_go(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._due += self._held
        self._held.clear()

    async def _hand_out_late(self) -> None:
        # uvicorn's words for a line that is closed; whoever sends next is told so.
        with contextlib.suppress(OSError, RuntimeError):
            await self._hand_out()

    async def _hand_out(self) -> None:
        async with self._turn:
            with _in_one_packet(self._send):
                while self._due:
                    await self._send(self._due.pop(0))


def _said(message: Message) -> ForwardMsg:
    data = message.get("bytes") or b""
    return ForwardMsg.FromString(data) if len(data) <= _BIGGEST else ForwardMsg()


@contextlib.contextmanager
def _in_one_packet(send: Send) -> Iterator[None]:
    """Have Linux send what is written in here as one; a browser draws what comes in parts in parts.

    That holds for a browser on the same machine; on the way through a network or a proxy, those
    decide. uvicorn has no way to ask for it, but its connection is at hand; without one, or on
    another system, each message is sent by itself.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    connection = transport.get_extra_info("socket") if transport else None
    if connection is None or not hasattr(socket, "TCP_CORK"):
        yield
        return
    # One that has been closed takes no option; what is sent next finds that out.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

"""Limits around the API: how often, how large, how long, how many at once."""

import asyncio
import logging
import traceback
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.parts import Limits
from core.api.problems import Problem, internal, of_error, unavailable
from core.errors import TooManyTries
from core.system.rates import Rates, network

_PLACES: Final = 8
"""The most lines of our own that the log tells of a fault."""

_PASSED_OVER: Final = 16 * 1024 * 1024
_PATIENCE: Final = 1.0
"""Bytes, and seconds, of a refused body that are taken in before the answer."""

logger = logging.getLogger("tunesmith")


def address_of(scope: Scope) -> str:
    """The network address of a client, as far as the server can see it."""
    host, *_ = scope.get("client") or ("this machine",)
    return str(host)


class Guard:
    """Hands requests on within the limits, and answers all others with a problem document."""

    def __init__(self, app: ASGIApp, limits: Limits, rates: Rates) -> None:
        self.app = app
        self.limits = limits
        self.rates = rates
        self._turns = asyncio.Semaphore(limits.at_once)
        self._judged = asyncio.Semaphore(limits.judged_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            self.rates.count("requests", network(address_of(scope)), self.limits.per_address)
            await self._within_time(scope, receive, answer)
        except TooManyTries as error:
            await answer.instead(of_error(error), scope, receive)
        except Problem as problem:
            if problem.status == 413:
                await _pass_over(scope, receive)
            await answer.instead(problem, scope, receive)

    async def _within_time(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Read the body and work on it; what takes too long goes on without anybody waiting."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self.limits.seconds
        try:
            async with asyncio.timeout_at(ends):
                body = await self._body(scope, receive)
        except TimeoutError:
            raise Problem(
                408, "request_timeout", "The body did not come in time; send it again."
            ) from None
        work = asyncio.create_task(self._in_turn(scope, _given(body), answer))
        done, _ = await asyncio.wait({work}, timeout=max(0.0, ends - loop.time()))
        if not done:
            # A thread can't be stopped; its turn stays taken until it ends.
            work.add_done_callback(_told)
            raise unavailable(
                f"This took over {self.limits.seconds:.0f} seconds; send less at once.", "timeout"
            )
        _told(work)
        if not answer.is_begun:
            raise internal()

    async def _in_turn(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        has_body = scope["method"] in ("POST", "PUT")
        async with self._judged if has_body else nullcontext(), self._turns:
            if not answer.is_over:
                await self.app(scope, receive, answer)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        most = self.limits.body_bytes
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and (len(declared) > 15 or int(declared) > most):
            raise _too_large(most)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                # The client is gone; nobody reads an answer.
                raise Problem(400, "malformed", "The body broke off; send it again.")
            body += message.get("body", b"")
            if len(body) > most:
                raise _too_large(most)
            if not message.get("more_body"):
                return bytes(body)


def _too_large(most: int) -> Problem:
    text = f"The body has more than {most} bytes; send less at once."
    return Problem(413, "too_large", text, headers={"connection": "close"})


async def _pass_over(scope: Scope, receive: Receive) -> None:
    """Take in the rest of a body; a proxy that is cut off tells of that, not of our answer."""
    if "expect" in Headers(scope=scope):
        # This client asks before it sends, and reading on would say yes.
        return
    left = _PASSED_OVER
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def _given(body: bytes) -> Receive:
    """Hands out a body that was read already, then waits as a client does."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    never = asyncio.Event()

    async def receive() -> Message:
        if not messages:
            await never.wait()
        return messages.pop()

    return receive


def _told(work: "asyncio.Task[None]") -> None:
    """Note a fault of ours by its kind and its place; its text may hold what a user sent."""
    if not work.cancelled() and (error := work.exception()):
        last = traceback.extract_tb(error.__traceback__)[-_PLACES:]
        places = " < ".join(f"{Path(at.filename).name}:{at.lineno}" for at in reversed(last))
        logger.error("[API] failed: %s at %s", type(error).__name__, places)


class _Answer:
    """Sends the app's answer, or another one in its place, and never both."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_begun = False
        self.is_over = False

    async def __call__(self, message: Message) -> None:
        """Send a part of the app's answer, unless nobody waits for it any more."""
        if self.is_over:
            return
        self.is_begun = True
        if message["type"] == "http.response.start":
            # What a token opens is for nobody else who comes through the same cache.
            MutableHeaders(scope=message).setdefault("cache-control", "no-store")
        await self._send(message)

    async def instead(self, problem: Problem, scope: Scope, receive: Receive) -> None:
        """Answer with a problem, if nothing was sent yet."""
        self.is_over = True
        if not self.is_begun:
            await problem.response()(scope, receive, self._send)

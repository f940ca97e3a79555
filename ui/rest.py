"""The REST API beside the pages; it is made when somebody asks for it first."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.shares.protocol import Shared
from ui.services import services, settings

PATH: Final = "/api"
NOT_NOW: Final = "The server can open no more files now; try again in a moment."

logger = logging.getLogger("tunesmith")


def made() -> ASGIApp:
    """The API over the services of this process."""
    # FastAPI takes a third of a second to import, which no page has to wait for.
    from core.api.app import create
    from core.api.parts import Parts

    return create(
        Parts(
            bearers=lambda token, address: services().bearers(token, address),
            workbench=lambda actor: services().workbench(actor),
            shares=lambda actor: services().shares(actor),
            shared=_shared,
        ),
        origins=settings().api_origins,
    )


def _shared(token: str, address: str) -> Shared | None:
    parts = services()
    return parts.guesses.read(parts.shared(), token, address)


class Lazy:
    """An app that is made at the first request to it."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        app = self._app or await self._made()
        await app(scope, receive, send)

    async def _made(self) -> ASGIApp:
        # Where many come at once after a start, one makes it and the others wait.
        async with self._making:
            if self._app is None:
                try:
                    self._app = await run_in_threadpool(self._make)
                except OSError as error:
                    # Its modules can't be read, where the process has no files left to open.
                    logger.error("[API] not made: %s", error.strerror)
                    return _not_now()
            return self._app


def _not_now() -> ASGIApp:
    """The answer of ``core.api.problems.unavailable``, without what it is made with."""
    problem = {
        "type": "urn:tunesmith:problem:unavailable",
        "title": "Not now",
        "status": 503,
        "detail": NOT_NOW,
        "code": "unavailable",
    }
    headers = {"cache-control": "no-store", "retry-after": "5"}
    return JSONResponse(problem, 503, headers, "application/problem+json")

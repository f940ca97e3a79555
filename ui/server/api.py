"""The REST API beside the pages; it is made when somebody asks for it first."""

from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from core.shares.protocol import Shared
from ui.services import services, settings

PATH: Final = "/api"


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        app = self._app
        if app is None:
            # Two first requests at once make two; the later one stays.
            app = self._app = await run_in_threadpool(self._make)
        await app(scope, receive, send)

"""The REST API beside the pages; it is made when somebody asks for it first."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.services import services

PATH = "/api"


def mount(base_path: str) -> Mount:
    """``api/training`` below the base path, over the services of this process."""
    return Mount(base_path + PATH, app=Lazy(_make))


def _make() -> ASGIApp:
    # FastAPI takes a third of a second to import, which no page has to wait for.
    from core.api.app import create
    from core.api.parts import Parts

    return create(
        Parts(
            bearers=lambda token, address: services().bearers(token, address),
            workbench=lambda actor: services().workbench(actor),
        )
    )


class Lazy:
    """An app that is made at the first request to it."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if self._app is None:
            # Two first requests at once make two; one of them stays.
            self._app = await run_in_threadpool(self._make)
        await self._app(scope, receive, send)

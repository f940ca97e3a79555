"""What Streamlit answers and this app has no use for: closed to everybody."""

from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CLOSED: Final = (
    # Numbers about the process and its users' sessions.
    "/_stcore/metrics",
    # A description of how programs drive pages; docs/api.md is what programs have here.
    "/_stcore/agent",
    # Components of the old kind, of which there are none.
    "/component",
    # Signing in with an OpenID provider, of which there is none.
    "/auth",
    "/oauth2callback",
)


class Closed:
    """Answers these addresses, and all below them, as if nothing were there."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        """Stand before an app.

        Args:
            app: what answers everything else.
            base: what the app's addresses begin with, such as ``/tunesmith``; may be empty.
        """
        self.app = app
        self._closed = tuple(f"{base}{path}/" for path in CLOSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or answer it."""
        # Starlette takes an address with a line break at its end for the one without.
        if scope["type"] == "http" and f"{scope['path'].rstrip()}/".startswith(self._closed):
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

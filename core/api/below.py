"""Puts the API beside other pages of a server, below an address of its own."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Below:
    """Middleware that hands what is asked for below a path to another app, and to no other.

    Starlette's own ``Mount`` passes an address with a line break in it by, which a page of the
    server would then answer.
    """

    def __init__(self, app: ASGIApp, path: str, api: ASGIApp) -> None:
        """Stand before an app.

        Args:
            app: what answers everything else.
            path: such as ``/api``.
            api: what answers below it.
        """
        self.app = app
        self.path = path
        self.api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{self.path}/"):
            await self.app(scope, receive, send)
            return
        root = scope.get("root_path", "") + self.path
        await self.api({**scope, "root_path": root}, receive, send)

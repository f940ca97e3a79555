"""An ASGI app as what a synchronous httpx client sends its requests to."""

import asyncio

import httpx
from starlette.types import ASGIApp


class AsgiTransport(httpx.BaseTransport):
    """Answers each request with the app, in place of the network."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await self._app.handle_async_request(asked)
        data = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=data)

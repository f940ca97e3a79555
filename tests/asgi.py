"""Requests to an ASGI app within the process."""

import asyncio
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Message, Scope

LOCAL: Final = ("127.0.0.1", 50000)


def request(
    app: ASGIApp,
    method: str,
    url: str,
    *,
    client: tuple[str, int] = LOCAL,
    headers: Any = None,
    content: Any = None,
) -> httpx.Response:
    """The answer to one request; ``headers`` and ``content`` are httpx's."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport) as browser:
            return await browser.request(method, url, headers=headers, content=content)

    return asyncio.run(send())


def opens_socket(
    app: ASGIApp,
    headers: dict[str, str],
    *,
    client: tuple[str, int] | None = LOCAL,
    scheme: str = "ws",
) -> bool:
    """Whether the app takes a WebSocket with these headers."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {"type": "websocket", "scheme": scheme, "path": "/", "headers": raw}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app({**scope, "client": client, "query_string": b""}, receive, send)

    asyncio.run(run())
    return [message["type"] for message in sent] == ["websocket.accept"]


async def accepting(scope: Scope, receive: Any, send: Any) -> None:
    """An app that takes every socket and answers every request with 200."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})

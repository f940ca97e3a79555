"""The two requests that set and clear the session cookie; a Streamlit page can't do either.

Both are posted by a script of our own page. That they come from there is read off ``Origin``,
which no page can forge; a body in JSON keeps plain forms of other sites out as well.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import Unavailable
from core.sessions import WHOLE_LIFE, Sessions
from core.system import log

COOKIE: Final = "tunesmith"
REDEEM_PATH: Final = "/session/redeem"
END_PATH: Final = "/session/end"
MAX_BODY: Final = 4096

_PORTS: Final = {"http": 80, "https": 443}
_POLICY_VIOLATION: Final = 1008
_NOT_OURS: Final = "This request did not come from a page of this app."


def routes(sessions: Callable[[], Sessions], base_path: str) -> list[Route]:
    """``session/redeem`` and ``session/end`` below the base path; ``sessions`` is asked each time.

    Both answer a POST with 204, or with an error in JSON that says nothing about any session.
    """
    base = f"/{base_path.strip('/')}".rstrip("/")

    async def redeem(request: Request) -> Response:
        posted = await _posted(request)
        ticket = posted.body.get("ticket")
        if not isinstance(ticket, str):
            raise HTTPException(400, "The body has no ticket.")
        cookie = await run_in_threadpool(lambda: sessions().redeem(ticket, posted.cookie))
        if cookie is None:
            raise HTTPException(403, "The ticket is used or out of date; sign in again.")
        return with_cookie(posted.origin, cookie, int(WHOLE_LIFE.total_seconds()))

    async def end(request: Request) -> Response:
        posted = await _posted(request)
        await run_in_threadpool(lambda: sessions().end_by_cookie(posted.cookie))
        return with_cookie(posted.origin, "", 0)

    return [
        Route(base + REDEEM_PATH, _answering(redeem), methods=["POST"]),
        Route(base + END_PATH, _answering(end), methods=["POST"]),
    ]


def cookie_name(url: str) -> str:
    """The name of the cookie on a page of this address; empty if it is none.

    Over https it is bound to the host by its prefix. Ports share cookies, so a port that is not
    the usual one of https is part of the name: two apps on one host keep theirs apart.
    """
    place = _place(url)
    if place is None:
        return ""
    scheme, _, port = place
    name = COOKIE if place[::2] == ("https", _PORTS["https"]) else f"{COOKIE}-{port}"
    return f"__Host-{name}" if scheme == "https" else name


def is_same_origin(headers: Headers, scheme: str) -> bool:
    """Whether a request comes from a page of the host that it went to.

    The scheme counts only where the request itself came over TLS: behind a proxy it need not.
    """
    origins, hosts = headers.getlist("origin"), headers.getlist("host")
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin = _place(origins[0])
    if origin is None or origins[0].lower() != f"{origin[0]}://{_netloc(origins[0])}":
        return False
    is_downgrade = scheme in {"https", "wss"} and origin[0] != "https"
    return _place(f"{origin[0]}://{hosts[0]}") == origin and not is_downgrade


class SameOriginSockets:
    """Refuses a WebSocket that a page of another origin opens.

    Streamlit takes one from every port of localhost, and browsers send our cookie along there:
    ports are one site. A client that is no browser has no ``Origin``, and no cookie of others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        if scope["type"] == "websocket" and _is_foreign_socket(scope):
            _log_refused(scope)
            # Before it is accepted, this is a 403 to the handshake.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
        else:
            await self.app(scope, receive, send)


def _log_refused(scope: Scope) -> None:
    address, *_ = scope.get("client") or ("",)
    log.site_refused(address, scope["path"])


def _is_foreign_socket(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "origin" in headers and not is_same_origin(headers, scope["scheme"])


@dataclass(frozen=True, slots=True)
class _Posted:
    """What one of our own pages sent."""

    origin: str
    cookie: str | None
    body: dict[str, Any]

    def __repr__(self) -> str:
        # It holds a ticket and a cookie.
        return "_Posted()"


def _answering(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The same, with errors as JSON and nothing kept by any cache."""

    async def answered(request: Request) -> Response:
        try:
            response = await answer(request)
        except HTTPException as error:
            response = JSONResponse({"error": error.detail}, error.status_code)
        except ClientDisconnect:
            response = Response(status_code=400)
        except Unavailable:
            message = "The sessions can't be reached; try again in a moment."
            response = JSONResponse({"error": message}, 503)
        response.headers["cache-control"] = "no-store"
        return response

    return answered


async def _posted(request: Request) -> _Posted:
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site != "same-origin" or not is_same_origin(request.headers, request.url.scheme):
        _log_refused(request.scope)
        raise HTTPException(403, _NOT_OURS)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "The body has to be application/json.")
    origin = request.headers["origin"]
    return _Posted(origin, request.cookies.get(cookie_name(origin)), _parsed(await _body(request)))


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"The body has more than {MAX_BODY} bytes.")
    return body


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    # A nest of brackets fits into 4 KiB.
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise HTTPException(400, "The body has to be a JSON object.")
    return parsed


def with_cookie(origin: str, value: str, max_age: int) -> Response:
    """An answer that has a page of this origin keep the cookie for so many seconds."""
    response = Response(status_code=204)
    response.set_cookie(
        cookie_name(origin),
        value,
        max_age=max_age,
        path="/",
        secure=origin.lower().startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return response


def _place(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address of the web."""
    parts = _split(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _netloc(url: str) -> str:
    parts = _split(url)
    return parts.netloc.lower() if parts else ""


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        # Raises for a port that is no number.
        _ = parts.port
    except ValueError:
        return None
    return parts

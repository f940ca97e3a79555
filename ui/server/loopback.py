"""Keeps an app without accounts to the machine it runs on."""

import ipaddress
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_POLICY_VIOLATION: Final = 1008

_REFUSAL: Final = (
    "Tunesmith runs here without accounts and answers its own machine only. "
    "Open it there under localhost, or start it with TUNESMITH_ACCOUNTS=on.\n"
)


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server that listens on, or is called by, this address."""
    if not address:
        return False
    bare = address.lower().removeprefix("[").removesuffix("]")
    if bare == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


class LoopbackOnly:
    """Refuses, while enabled, every request that did not come straight from this machine.

    The ``Host`` counts too: a page of another site can point its own name at 127.0.0.1, and
    Streamlit takes a WebSocket whose ``Origin`` equals its ``Host``. Behind a proxy everybody
    would look local, so what a proxy forwards is refused.
    """

    def __init__(self, app: ASGIApp, enabled: Callable[[], bool]) -> None:
        self.app = app
        self.enabled = enabled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        if scope["type"] in {"http", "websocket"} and self.enabled() and not _is_local(scope):
            await _refuse(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_local(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    host, *_ = scope.get("client") or ("",)
    hosts = headers.getlist("host")
    return (
        is_loopback(host)
        and len(hosts) == 1
        and is_loopback(host_name(hosts[0]))
        and not any(name in headers for name in _FORWARDED)
    )


def host_name(host: str) -> str:
    """The name in a ``Host`` header; empty if it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    return parts.hostname or "" if parts.netloc == host and "@" not in host else ""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(_REFUSAL, 403)(scope, receive, send)
    else:
        # Before it is accepted, this is a 403 to the handshake.
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})

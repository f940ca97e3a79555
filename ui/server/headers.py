"""What every answer tells the browser: what a page may load and run, and who may frame or read it.

docs/security.md has each header with its reason; a test holds the two together.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server.loopback import host_name, is_loopback

_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_YEAR: Final = 365 * 24 * 3600
_DEVICES: Final = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer"),
    *("microphone", "midi", "payment", "usb"),
)
_ALWAYS: Final = {
    # A page of another site that frames ours could have its visitors click in it, signed in. The
    # policy says so too; this is for browsers that read no policy.
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{device}=()" for device in _DEVICES),
}


def content_security_policy(page: str) -> str:
    """The policy for a page whose HTML is this: scripts of our own server alone, and those in it.

    ``blob:`` is how Streamlit loads the script of a component; a page's own scripts alone can make
    one. Styles are written into the page by Streamlit and by ``st.html``, so they can't be named.
    """
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _INLINE_SCRIPT.findall(page)
    ]
    scripts = " ".join(["'self'", "blob:", *(f"'sha256-{found}'" for found in hashes)])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def streamlits_page() -> str:
    """The HTML that Streamlit answers with for every page."""
    return (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


class SafeHeaders:
    """Adds the headers to every answer over HTTP."""

    def __init__(self, app: ASGIApp, page: str | None = None) -> None:
        """Stand before an app.

        Args:
            app: what answers.
            page: the HTML of its pages; Streamlit's, unless it is given.
        """
        self.app = app
        policy = content_security_policy(streamlits_page() if page is None else page)
        self._always = {"content-security-policy": policy, **_ALWAYS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and the answer back with its headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), self._always, scope)
            await send(message)

        await self.app(scope, receive, sent if scope["type"] == "http" else send)


def _complete(headers: MutableHeaders, always: Mapping[str, str], scope: Scope) -> None:
    headers.update(always)
    # A file that a page hands out has a config in it.
    headers.setdefault("cache-control", "no-store")
    if scope["scheme"] == "https":
        _over_tls(headers, Headers(scope=scope).get("host", ""))


def _over_tls(headers: MutableHeaders, host: str) -> None:
    # A browser would hold every port of this machine to it.
    if not is_loopback(host_name(host)):
        headers["strict-transport-security"] = f"max-age={_YEAR}"
    cookies = headers.getlist("set-cookie")
    if cookies:
        del headers["set-cookie"]
    for cookie in cookies:
        # Behind a proxy, Streamlit does not know that its own cookie goes over TLS.
        is_secure = "; secure" in cookie.lower()
        headers.append("set-cookie", cookie if is_secure else f"{cookie}; Secure")

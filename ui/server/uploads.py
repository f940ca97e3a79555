"""How much memory uploaded files may take: Streamlit keeps each until its page is closed."""

import re
from collections.abc import Callable
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime

OF_ONE_PAGE: Final = 64 * 1024 * 1024
OF_ALL: Final = 512 * 1024 * 1024

_UPLOAD: Final = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+")


def kept() -> dict[str, int]:
    """How many bytes of uploads Streamlit keeps, for each of its sessions."""
    manager = Runtime.instance().uploaded_file_mgr
    storage = getattr(manager, "file_storage", {})
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(storage.items())
    }


class BoundedUploads:
    """Refuses an upload while a page, or all together, have as much as may be kept.

    Whoever opens a page may upload, signed in or not, and Streamlit bounds the size of each file
    but not how many there are.
    """

    def __init__(self, app: ASGIApp, base: str, kept: Callable[[], dict[str, int]] = kept) -> None:
        """Stand before an app.

        Args:
            app: what answers.
            base: what the app's addresses begin with, such as ``/tunesmith``; may be empty.
            kept: how many bytes are kept, for each session.
        """
        self.app = app
        self._base = base
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        session = self._uploads_to(scope)
        if session is not None and _is_full(self._kept(), session):
            text = "Too many files are open; close this page and open it again.\n"
            await PlainTextResponse(text, 413)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _uploads_to(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] != "PUT":
            return None
        found = _UPLOAD.match(scope["path"].removeprefix(self._base))
        return found and found[1]


def _is_full(kept: dict[str, int], session: str) -> bool:
    return kept.get(session, 0) >= OF_ONE_PAGE or sum(kept.values()) >= OF_ALL

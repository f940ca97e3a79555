"""One HTTP request over loopback, from an address of its own, and what can become of it."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BASE: Final = "/api/training"
WAIT_SECONDS: Final = 45.0
"""How long an answer is waited for; the server itself gives up after 30 seconds."""

IDLE_SECONDS: Final = 2.0
"""A connection that was idle for longer is not used again: the server ends it after five."""

_LOST: Final = (OSError, http.client.HTTPException)


class LostError(Exception):
    """No answer came; what was asked may have been done all the same."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the server says that it was done."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON; ``None`` where there is none or it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str:
        """The code of a problem; empty for anything else."""
        problem = self.json()
        return str(problem.get("code", "")) if isinstance(problem, dict) else ""

    @property
    def detail(self) -> str:
        """What a problem says to people."""
        problem = self.json()
        return str(problem.get("detail", "")) if isinstance(problem, dict) else ""


class Line:
    """A kept connection to one port, from one address of this machine."""

    def __init__(self, port: int, address: str, token: str | None = None) -> None:
        self.port = port
        self.address = address
        self.token = token
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def ask(
        self,
        method: str,
        path: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to one request to the API; ``body`` is sent as JSON.

        Raises:
            LostError: none came.
        """
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            return self._asked(method, BASE + path, content, sent)
        except _LOST as error:
            self.close()
            raise LostError(type(error).__name__) from None

    def _asked(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()
        connection = self._connection or self._connected()
        connection.request(method, path, content, dict(headers))
        answer = connection.getresponse()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        self._used = time.monotonic()
        if answer.will_close:
            self.close()
        return reply

    def _connected(self) -> http.client.HTTPConnection:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=WAIT_SECONDS, source_address=(self.address, 0)
        )
        return self._connection

    def close(self) -> None:
        """Let go of the connection; the next request makes another one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def address_of(number: int) -> str:
    """An address of this machine for the user of that number; the app counts requests by it."""
    return f"127.0.{1 + number // 200}.{1 + number % 200}"

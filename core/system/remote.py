"""A Supabase project as this process reaches it: one pool of connections, and plain errors.

Nothing here knows a user. A client is made for one call, with the bearer of the one who calls, and
keeps nothing: `supabase`'s own session, timers and storage are for programs of a single user.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from core.errors import Unavailable

if TYPE_CHECKING:
    from supabase import Client

CONNECT_SECONDS: Final = 4.0
ANSWER_SECONDS: Final = 10.0
CONNECTIONS: Final = 40
READ_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.2
_LAST_TRY_SECONDS: Final = 2.0
PROBE_SECONDS: Final = 3.0
_FAILURES: Final = 3

# They write addresses with what was asked for, and at their lowest level the bearer too.
_TALKATIVE: Final = ("httpx", "httpcore", "hpack", "h2")

_UNREACHABLE: Final = (
    "The Supabase project can't be reached; nothing was changed. Try again in a moment."
)
_NO_ANSWER: Final = (
    "The Supabase project did not answer in time. A change may have been made all the same: look, "
    "then try again."
)

Answer = TypeVar("Answer")


class Health(httpx.BaseTransport):
    """The way to a project, which nobody is sent along while it is known to lead nowhere.

    After three failures in a row, or one that took all its time, every request fails at once, and
    a thread looks every few seconds whether the project is back. So an outage costs one page one
    wait, not each click of every user.

    Args:
        way: what sends requests.
        probe: an address of the project that answers anybody.
        pause: seconds between two looks.
    """

    def __init__(self, way: httpx.BaseTransport, probe: str, pause: float = PROBE_SECONDS) -> None:
        self._way = way
        self._probe = probe
        self._pause = pause
        self._lock = threading.Lock()
        self._failures = 0
        self._closed = threading.Event()

    @property
    def is_down(self) -> bool:
        """Whether requests fail at once now."""
        return self._failures >= _FAILURES

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, unless it is known to lead nowhere."""
        if self.is_down:
            raise httpx.ConnectError("known to be down", request=request)
        try:
            response = self._way.handle_request(request)
        except httpx.TransportError as error:
            self._note(error)
            raise
        self._failures = 0
        return response

    def close(self) -> None:
        """Let go of the connections."""
        self._closed.set()
        self._way.close()

    def _note(self, error: httpx.TransportError) -> None:
        with self._lock:
            was_down = self.is_down
            is_slow = isinstance(error, httpx.TimeoutException)
            self._failures += _FAILURES if is_slow else 1
            if self.is_down and not was_down:
                threading.Thread(target=self._look, name="health", daemon=True).start()

    def _look(self) -> None:
        """Look until the project is back."""
        while not self._closed.wait(self._pause):
            with suppress(httpx.TransportError):
                timeout = httpx.Timeout(CONNECT_SECONDS).as_dict()
                request = httpx.Request("GET", self._probe, extensions={"timeout": timeout})
                self._way.handle_request(request).close()
                self._failures = 0
                return


@dataclass(frozen=True, slots=True)
class Project:
    """A project, by its address and its publishable key, with the pool that all users share.

    Attributes:
        health: knows whether the project can be reached, where this class made the pool.
    """

    url: str
    key: str = field(repr=False)
    http: httpx.Client = field(repr=False, compare=False)
    health: Health | None = field(default=None, repr=False, compare=False)

    @staticmethod
    def open(url: str, key: str, http: httpx.Client | None = None) -> "Project":
        """The project at that address; the pool connects when something is asked."""
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        if http:
            return Project(url.rstrip("/"), key, http)
        health = Health(_way(url), f"{url.rstrip('/')}/auth/v1/health")
        return Project(url.rstrip("/"), key, _pool(health), health)

    @property
    def is_down(self) -> bool:
        """Whether the project could not be reached just now."""
        return self.health is not None and self.health.is_down

    def client(self, bearer: str | None = None) -> "Client":
        """A client for one call, as the user whom the access token proves, or as nobody."""
        # It takes a fifth of a second to import, and who keeps configs in a file needs none of it.
        from supabase import ClientOptions, create_client

        options = ClientOptions(
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,
            httpx_client=self.http,
            # It is set even for nobody: without it the package looks for a session of its own.
            headers={"Authorization": f"Bearer {bearer or self.key}"},
        )
        return create_client(self.url, self.key, options)

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()


def _way(url: str) -> httpx.BaseTransport:
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return httpx.HTTPTransport(limits=limits, proxy=_proxy(url))


def _proxy(url: str) -> str | None:
    """The environment's proxy for an address: httpx leaves it to who brings a transport."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)


def _pool(way: httpx.BaseTransport) -> httpx.Client:
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    return httpx.Client(transport=way, timeout=timeout, follow_redirects=False)


@contextmanager
def plain_network_errors() -> Iterator[None]:
    """Say in a sentence that the project can't be reached.

    Raises:
        Unavailable: in place of what the network raised, which may hold addresses and tokens.
    """
    try:
        yield
    except httpx.HTTPError as error:
        raise unreachable(error) from None


def unreachable(error: httpx.HTTPError) -> Unavailable:
    """What the network raised as a sentence: whether the project can have got what was asked."""
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return Unavailable(_UNREACHABLE)
    return Unavailable(_NO_ANSWER)


def with_retries(ask: Callable[[], Answer], tries: int = READ_TRIES) -> Answer:
    """Ask again, after a short pause, where the project can't be reached; for reads only.

    Who has waited long already does not wait once more.
    """
    last = time.monotonic() + _LAST_TRY_SECONDS
    for number in range(1, tries):
        try:
            return ask()
        except Unavailable:
            if time.monotonic() > last:
                raise
            time.sleep(_PAUSE_SECONDS * number)
    return ask()

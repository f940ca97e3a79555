"""A Supabase project as this process reaches it: one pool of connections, and plain errors.

Nothing here knows a user. A client is made for one call, with the bearer of the one who calls, and
keeps nothing: `supabase`'s own session, timers and storage are for programs of a single user.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import httpx

from core.errors import Unavailable

if TYPE_CHECKING:
    from supabase import Client

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
CONNECTIONS: Final = 40
READ_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.2

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


@dataclass(frozen=True, slots=True)
class Project:
    """A project, by its address and its publishable key, with the pool that all users share."""

    url: str
    key: str = field(repr=False)
    http: httpx.Client = field(repr=False, compare=False)

    @staticmethod
    def open(url: str, key: str, http: httpx.Client | None = None) -> "Project":
        """The project at that address; the pool connects when something is asked."""
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        return Project(url.rstrip("/"), key, http or _pool())

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


def _pool() -> httpx.Client:
    return httpx.Client(
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        follow_redirects=False,
    )


@contextmanager
def plain_network_errors() -> Iterator[None]:
    """Say in a sentence that the project can't be reached.

    Raises:
        Unavailable: in place of what the network raised, which may hold addresses and tokens.
    """
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise Unavailable(_UNREACHABLE) from None
    except httpx.HTTPError:
        raise Unavailable(_NO_ANSWER) from None


def with_retries(ask: Callable[[], Answer], tries: int = READ_TRIES) -> Answer:
    """Ask again, after a short pause, where the project can't be reached; for reads only."""
    for number in range(1, tries):
        try:
            return ask()
        except Unavailable:
            time.sleep(_PAUSE_SECONDS * number)
    return ask()

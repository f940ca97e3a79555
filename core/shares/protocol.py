"""Links as every store keeps them: the records, and what each operation promises."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from core.errors import Unacceptable
from core.shares.snapshot import Kind, Snapshot

MAX_DAYS: Final = 90
PER_CONFIG: Final = 20
"""The most links to one config that work at the same time."""
PER_USER: Final = 100

TOO_MANY: Final = (
    f"You have the most links there can be ({PER_CONFIG} to one config, {PER_USER} in all); "
    "revoke one first."
)
NO_SHARE: Final = "There is no such link of yours; it may have ended already."

_BYTES: Final = 32
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Share:
    """A link that works, as its owner sees it.

    Attributes:
        handle: names it among the links of its owner; opens nothing.
        kind: what it shows.
        title: what its readers see above it.
        config_id: the config that it shows a version of; ``None`` for a comparison.
        views: how often it was opened.
    """

    handle: str
    kind: Kind
    title: str
    created_at: datetime
    expires_at: datetime
    views: int = 0
    config_id: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new link.

    Attributes:
        token: what opens it; it is nowhere else, and never again.
    """

    token: str = field(repr=False)
    share: Share


@dataclass(frozen=True, slots=True)
class Shared:
    """What a reader sees.

    Attributes:
        created_at: when it was shared; what was saved later is not in it.
    """

    title: str
    snapshot: Snapshot
    created_at: datetime
    expires_at: datetime


class Shares(Protocol):
    """The links of one user; those of others do not exist for it.

    Every operation may raise ``Unavailable``. A link ends when its time is over, when it is
    revoked, and with its config or its user; what it showed is not kept for long after that.
    """

    def make(
        self, snapshot: Snapshot, title: str, *, config_id: str | None = None, days: int = 7
    ) -> Made:
        """Make a link.

        Args:
            snapshot: what it shows from now on.
            title: what its readers see above it; a line of at most 120 characters.
            config_id: the config that it shows; ``None`` for a comparison.
            days: how long it works, 1 to 90.

        Raises:
            Unacceptable: there is a secret in it, it is too long, or there are too many links.
            NeedsConsent: nobody said yes to one of its commands.
            NotFound: this user has no such config.
        """

    def list(self) -> tuple[Share, ...]:
        """The links that work now, the newest first."""

    def revoke(self, handle: str) -> None:
        """End a link at once.

        Raises:
            NotFound: this user has no such link.
        """


class SharedReader(Protocol):
    """What anybody can read who has a link."""

    def read(self, token: str) -> Shared | None:
        """What a link shows; counts as a view.

        Returns:
            ``None`` for what is no link, and for one that is unknown or has ended: they look alike.
        """


def new_token() -> str:
    """What opens a link: 256 bits, as 43 characters that an address takes."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """The only thing of a token that is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether a text has the form of a token; what has not is asked of no store."""
    return bool(_SHAPE.fullmatch(text))


def token_of(link: str) -> str:
    """The token of what somebody pasted: a link, what follows its #, or the token alone."""
    return link.strip().rpartition("#")[2].strip()


def check_days(days: int) -> None:
    """Check how long a link is to work.

    Raises:
        Unacceptable: that is no whole number of days from 1 to 90.
    """
    if not 1 <= days <= MAX_DAYS:
        raise Unacceptable(f"A link works for 1 to {MAX_DAYS} days, not {days}.")

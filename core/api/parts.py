"""What the API is given to work with; nothing of it is made here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from core.identity.protocol import Actor
from core.shares.protocol import Shared, Shares
from core.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, as their token proves.

    Attributes:
        actor: on whose behalf.
        scopes: ``read``, or ``read`` and ``write``.
        expires_at: when the token ends, where that is known.
    """

    actor: Actor
    scopes: frozenset[str]
    expires_at: datetime | None = None


Bearers = Callable[[str, str], Caller | None]
"""Who a token belongs to, asked from an address; ``None`` where the token proves nobody."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with.

    Attributes:
        bearers: see above; may raise ``Unavailable``.
        workbench: the use cases for one user.
        shares: the links of one user.
        shared: what a link shows, asked from an address; raises ``TooManyTries``.
    """

    bearers: Bearers = field(repr=False)
    workbench: Callable[[Actor], Workbench]
    shares: Callable[[Actor], Shares]
    shared: Callable[[str, str], Shared | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for.

    Attributes:
        per_address: requests a minute from one network address.
        per_token: requests a minute with one token.
        wrong_tokens: tokens a minute from one address that prove nobody.
        body_bytes: the most that a body may have.
        seconds: how long one request may take, its body included.
        at_once: requests that are worked on at the same time; the others wait.
        judged_at_once: those of them with a body, which is checked: two leave the pages a third
            of the interpreter's time.
    """

    per_address: int = 300
    per_token: int = 600
    wrong_tokens: int = 20
    body_bytes: int = 2 * 1024 * 1024
    seconds: float = 30.0
    at_once: int = 8
    judged_at_once: int = 2

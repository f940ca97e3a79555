"""Who a token belongs to: one of our own, or one of Supabase Auth."""

import re
from dataclasses import dataclass, field
from typing import Final, Protocol

from core.api.parts import Caller
from core.errors import NotAllowed
from core.identity.access_tokens import AccessTokens
from core.identity.protocol import Account, Actor

# Three parts of base64url, as every JWT has.
_JWT: Final = re.compile(r"[\w-]{1,2000}\.[\w-]{1,4000}\.[\w-]{1,1000}", re.ASCII)
_ENDED: Final = "This access token has ended or is not accepted; sign in again for another one."


class LocalBearers:
    """Takes personal access tokens."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def __call__(self, token: str, address: str) -> Caller | None:
        """See ``core.api.parts.Bearers``."""
        granted = self._tokens.use(token, address)
        if granted is None:
            return None
        return Caller(granted.actor, frozenset(granted.scopes), granted.expires_at)


@dataclass(frozen=True, slots=True)
class Brought:
    """An access token that a request brought; nothing here can renew it."""

    access: str = field(repr=False)

    def token(self) -> str:
        """See ``core.identity.protocol.Access``."""
        return self.access

    def renewed(self, refused: str) -> str:
        """There is no other one.

        Raises:
            NotAllowed: always.
        """
        raise NotAllowed(_ENDED)


class Verifies(Protocol):
    """Asks Supabase Auth whose an access token is."""

    def of_token(self, token: str) -> Account:
        """The account.

        Raises:
            NotAllowed: the token proves nobody.
            Unavailable: it can't be told now.
        """


class SupabaseBearers:
    """Takes access tokens of Supabase Auth, which is asked about each; row-level security decides.

    The project knows no scopes: such a token may do what its user may.
    """

    def __init__(self, identity: Verifies) -> None:
        self._identity = identity

    def __call__(self, token: str, address: str) -> Caller | None:
        """See ``core.api.parts.Bearers``."""
        if not _JWT.fullmatch(token):
            return None
        try:
            account = self._identity.of_token(token)
        except NotAllowed:
            return None
        actor = Actor(account.user_id, account.actor.name, Brought(token))
        return Caller(actor, frozenset({"read", "write"}))

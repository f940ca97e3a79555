"""The tokens of a session at rest and in use: encrypted in the file, renewed by one at a time."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

from cryptography.fernet import Fernet, InvalidToken

from core.errors import NotAllowed, Unavailable
from core.identity.protocol import Tokens
from core.system.database import Database, moment, stamp

RENEW_BEFORE: Final = timedelta(seconds=60)
"""A token is renewed when it has no longer than this."""
LEASE: Final = timedelta(seconds=25)
"""Longer than a renewal may take; after that another one tries."""
_PAUSE_SECONDS: Final = 0.05

Renew = Callable[[Tokens], Tokens]
Opener = Literal["id", "ticket", "cookie"]

_ENDED: Final = "Your sign-in has ended; sign in again."


def new_key() -> bytes:
    """A key for the tokens of one session."""
    return Fernet.generate_key()


def wrap(key: bytes, secret: str) -> str:
    """The key as it may lie beside what it encrypts: who has the secret gets it back."""
    return Fernet(_from_secret(secret)).encrypt(key).decode()


def unwrap(wrapped: str, secret: str) -> bytes:
    """The key again; raises ``NotAllowed`` where the secret is another one."""
    return _open(_from_secret(secret), wrapped)


def seal(key: bytes, tokens: Tokens) -> str:
    """The tokens as they are kept."""
    parts = [tokens.access, tokens.refresh, stamp(tokens.expires_at)]
    return Fernet(key).encrypt(json.dumps(parts).encode()).decode()


def unseal(key: bytes, sealed: str) -> Tokens:
    """The tokens again."""
    access, refresh, expires_at = json.loads(_open(key, sealed))
    return Tokens(access, refresh, moment(expires_at))


def _open(key: bytes, text: str) -> bytes:
    try:
        return Fernet(key).decrypt(text.encode())
    except InvalidToken:
        raise NotAllowed(_ENDED) from None


def _from_secret(secret: str) -> bytes:
    # The secrets have 256 random bits, so one step of a keyed hash is enough to part the uses.
    digest = hmac.digest(secret.encode(), b"the key of a session's tokens", "sha256")
    return base64.urlsafe_b64encode(digest)


@dataclass(frozen=True, slots=True)
class SessionAccess:
    """``Access`` by the record of one session; see ``core/identity/protocol.py``.

    Attributes:
        handle: which session.
        opener: what opens it, and with it the key of its tokens.
        renew: gets the next tokens from where the account is kept.
    """

    database: Database = field(repr=False)
    handle: str
    opener: Opener
    secret: str = field(repr=False)
    renew: Renew = field(repr=False)

    def token(self) -> str:
        """An access token that is good for a while yet."""
        key, tokens = self._read()
        now = self.database.clock()
        if tokens.expires_at - now > RENEW_BEFORE:
            return tokens.access
        try:
            return self._renewed(key, tokens)
        except Unavailable:
            # It is good for some seconds yet, and perhaps that is enough.
            if tokens.expires_at > now:
                return tokens.access
            raise

    def renewed(self, refused: str) -> str:
        """Another token in place of one that was refused."""
        key, tokens = self._read()
        return tokens.access if tokens.access != refused else self._renewed(key, tokens)

    def _read(self) -> tuple[bytes, Tokens]:
        with self.database.read() as connection:
            row = connection.execute(
                f"SELECT sealed_tokens, key_by_{self.opener} AS wrapped "
                "FROM sessions WHERE handle = ?",
                (self.handle,),
            ).fetchone()
        if row is None or row["sealed_tokens"] is None or row["wrapped"] is None:
            raise NotAllowed(_ENDED)
        key = unwrap(row["wrapped"], self.secret)
        return key, unseal(key, row["sealed_tokens"])

    def _renewed(self, key: bytes, old: Tokens) -> str:
        """The token after this one, whoever gets it: a refresh token works once."""
        until = time.monotonic() + LEASE.total_seconds()
        while not self._take_turn():
            time.sleep(_PAUSE_SECONDS)
            _, tokens = self._read()
            if tokens.refresh != old.refresh:
                return tokens.access
            if time.monotonic() > until:
                raise Unavailable("Your sign-in can't be renewed now; try again in a moment.")
        try:
            # Somebody may have renewed it between the look and the turn.
            _, current = self._read()
            # Of one second, two access tokens can be the same.
            if current.refresh == old.refresh:
                current = self.renew(current)
                self._keep(seal(key, current))
            return current.access
        except NotAllowed:
            self._forget()
            raise
        finally:
            self._end_turn()

    def _take_turn(self) -> bool:
        now = self.database.clock()
        return self._write(
            "UPDATE sessions SET renewing_until = ? "
            "WHERE handle = ? AND coalesce(renewing_until, '') < ?",
            stamp(now + LEASE),
            self.handle,
            stamp(now),
        )

    def _end_turn(self) -> None:
        self._write("UPDATE sessions SET renewing_until = NULL WHERE handle = ?", self.handle)

    def _keep(self, sealed: str) -> None:
        self._write("UPDATE sessions SET sealed_tokens = ? WHERE handle = ?", sealed, self.handle)

    def _forget(self) -> None:
        """End the session: what it stands on is worth nothing any more."""
        self._write("DELETE FROM sessions WHERE handle = ?", self.handle)

    def _write(self, sql: str, *values: str) -> bool:
        with self.database.write() as connection:
            return connection.execute(sql, values).rowcount == 1

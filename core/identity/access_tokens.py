"""Personal access tokens: what a script proves a user with, made by the user for one machine each.

A token is ``tsm_``, 256 random bits as 43 characters, and 6 characters of a checksum over both. The
prefix is what scanners for secrets look for; the checksum tells a mistyped token from a real one
without the database. Of the token only a hash and the last four characters are kept.
"""

import contextlib
import hashlib
import re
import secrets
import sqlite3
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from core.errors import NotAccepted, NotFound, Unavailable
from core.identity import rules
from core.identity.protocol import Account, Actor
from core.identity.rows import account_of
from core.system import log
from core.system.database import Database, moment, stamp
from core.system.secrets import kind_of

Scope = Literal["read", "write"]
"""What a token may do; ``write`` includes ``read``."""

PREFIX: Final = "tsm_"
MAX_NAME: Final = 64
"""A host name has 63 characters at most."""
MOST_LIVE: Final = 20
SHORTEST_LIFE: Final = timedelta(days=1)
LONGEST_LIFE: Final = timedelta(days=365)
USED_EVERY: Final = timedelta(minutes=1)
"""How often a use is noted at most."""

_SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_BYTES: Final = 32
_SHAPE: Final = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}")
_CHECKED: Final = 6
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HINT: Final = 4
_LONGEST_ADDRESS: Final = 64


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as its user sees it in a list.

    Attributes:
        handle: names it among the tokens of its user; opens nothing.
        name: the machine that it is for, as its user calls it.
        scopes: what it may do.
        hint: its last four characters.
        last_used_at: within a minute; ``None`` before the first use.
        last_address: where that use came from.
    """

    handle: str
    name: str
    scopes: tuple[Scope, ...]
    hint: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    last_address: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; this is the only time that it can be seen."""

    token: str = field(repr=False)
    info: TokenInfo


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token stands for.

    Attributes:
        account: whose it is.
        scopes: what it may do.
        handle: see ``TokenInfo``.
    """

    account: Account
    scopes: frozenset[Scope]
    handle: str
    expires_at: datetime

    @property
    def actor(self) -> Actor:
        """The user on whose behalf the script acts."""
        return self.account.actor


class AccessTokens:
    """The access tokens of all users.

    Every operation can raise ``Unavailable``.
    """

    def __init__(self, database: Database, *, has_accounts: bool | None = None) -> None:
        """Tokens kept in this database.

        Args:
            database: holds their accounts too.
            has_accounts: whether people sign in here. The tokens of the implicit user are then
                worth nothing, and those of all others where nobody does; ``None`` takes both.
        """
        self._database = database
        self._has_accounts = has_accounts

    def make(self, user_id: str, name: str, scopes: Collection[Scope], life: timedelta) -> Made:
        """Make a token.

        Args:
            user_id: whose it is.
            name: the machine that it is for; no two live tokens of a user have the same.
            scopes: what it may do.
            life: how long, 1 to 365 days.

        Raises:
            NotAccepted: the name is empty, too long or taken, the scope or the life is none that
                there is, or the user has 20 live tokens.
            NotFound: there is no such account.
        """
        token = _new_token()
        now = self._database.clock()
        info = TokenInfo(
            handle=secrets.token_hex(8),
            name=_accepted_name(name),
            scopes=_accepted_scopes(scopes),
            hint=token[-_HINT:],
            created_at=now,
            expires_at=now + _accepted_life(life),
        )
        self._insert(user_id, token, info)
        log.token_made(user_id, info.handle, " ".join(info.scopes), info.expires_at)
        return Made(token, info)

    def active(self, user_id: str) -> tuple[TokenInfo, ...]:
        """The user's tokens that are good, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM access_tokens WHERE user_id = ? AND expires_at > ? "
                "ORDER BY created_at DESC, handle",
                (user_id, self._database.now()),
            ).fetchall()
        return tuple(map(_info, rows))

    def revoke(self, user_id: str, handle: str) -> None:
        """End one token of the user, if there is such a one; those of others are out of reach."""
        with self._database.write() as connection:
            done = connection.execute(
                "DELETE FROM access_tokens WHERE user_id = ? AND handle = ?", (user_id, handle)
            )
        if done.rowcount:
            log.token_revoked(user_id, handle)

    def use(self, token: str, address: str) -> Granted | None:
        """What a token stands for, and note that it was used.

        Args:
            token: what a stranger sent as one; it is looked up by its hash, so that the time that
                this takes tells nothing about it.
            address: where it came from.

        Returns:
            ``None`` for a token that is malformed, unknown, revoked or expired.
        """
        digest = _digest(token)
        if digest is None:
            return None
        now = self._database.clock()
        with self._database.read() as connection:
            row = connection.execute(_BY_HASH, (digest, stamp(now))).fetchone()
        if row is None or not self._is_of_here(row):
            return None
        if (row["last_used_at"] or "") <= stamp(now - USED_EVERY):
            self._note(row["handle"], now, address)
        return _granted(row)

    def _insert(self, user_id: str, token: str, info: TokenInfo) -> None:
        try:
            with self._database.write() as connection:
                _purge(connection, info.created_at)
                _require_room(connection, user_id, info.name)
                connection.execute(_INSERT, _values(user_id, token, info))
        except sqlite3.IntegrityError:
            raise NotFound("This account is gone; sign in with another one.") from None

    def _is_of_here(self, row: sqlite3.Row) -> bool:
        return self._has_accounts in (None, row["name_key"] is not None)

    def _note(self, handle: str, now: datetime, address: str) -> None:
        # What the token stands for is known by now; a full disk must not stop the script.
        with contextlib.suppress(Unavailable), self._database.write(waits=False) as connection:
            # Of several uses at once, the first one is noted.
            connection.execute(
                "UPDATE access_tokens SET last_used_at = ?, last_address = ? "
                "WHERE handle = ? AND coalesce(last_used_at, '') <= ?",
                (stamp(now), address[:_LONGEST_ADDRESS], handle, stamp(now - USED_EVERY)),
            )


_INSERT: Final = """
    INSERT INTO access_tokens (handle, user_id, token_hash, name, name_key, scopes, hint,
                               created_at, expires_at)
    VALUES (:handle, :user_id, :token_hash, :name, :name_key, :scopes, :hint,
            :created_at, :expires_at)
"""
_BY_HASH: Final = """
    SELECT access_tokens.handle, access_tokens.scopes, access_tokens.expires_at,
           access_tokens.last_used_at, accounts.id, accounts.name, accounts.name_key,
           accounts.full_name, accounts.email, accounts.created_at
    FROM access_tokens JOIN accounts ON accounts.id = access_tokens.user_id
    WHERE access_tokens.token_hash = ? AND access_tokens.expires_at > ?
"""


def is_well_formed(token: object) -> bool:
    """Whether a text can be a token: its shape and its checksum are right."""
    if not isinstance(token, str) or not _SHAPE.fullmatch(token):
        return False
    return _checksum(token[:-_CHECKED]) == token[-_CHECKED:]


def _new_token() -> str:
    body = PREFIX + secrets.token_urlsafe(_BYTES)
    return body + _checksum(body)


def _checksum(body: str) -> str:
    """CRC-32 in base 62, six digits: enough for any number of 32 bits."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKED):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _digest(token: object) -> str | None:
    """The hash that a token is kept as; ``None`` for what can't be one."""
    if not isinstance(token, str) or not is_well_formed(token):
        return None
    return hashlib.sha256(token.encode()).hexdigest()


def _accepted_name(name: str) -> str:
    kept = rules.accepted_line(name, "The token's name", MAX_NAME)
    if not kept:
        raise NotAccepted("Name the token after the machine that it is for, such as laptop.")
    if kind := kind_of(kept):
        raise NotAccepted(f"The name looks like {kind}; name the token after its machine.")
    return kept


def _accepted_scopes(scopes: Collection[Scope]) -> tuple[Scope, ...]:
    if not scopes or not set(scopes) <= set(_SCOPES):
        raise NotAccepted("A token may read, or read and write; choose one of them.")
    return _SCOPES if "write" in scopes else ("read",)


def _accepted_life(life: timedelta) -> timedelta:
    if not SHORTEST_LIFE <= life <= LONGEST_LIFE:
        raise NotAccepted(
            f"A token lives {SHORTEST_LIFE.days} to {LONGEST_LIFE.days} days; choose within that."
        )
    return life


def _purge(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute("DELETE FROM access_tokens WHERE expires_at <= ?", (stamp(now),))


def _require_room(connection: sqlite3.Connection, user_id: str, name: str) -> None:
    found = connection.execute(
        "SELECT name_key FROM access_tokens WHERE user_id = ?", (user_id,)
    ).fetchall()
    if rules.name_key(name) in {row["name_key"] for row in found}:
        raise NotAccepted(f"You have a token named {name!r} already; choose another name.")
    if len(found) >= MOST_LIVE:
        raise NotAccepted(f"You have {MOST_LIVE} tokens, the most there can be; revoke one first.")


def _values(user_id: str, token: str, info: TokenInfo) -> dict[str, str | None]:
    return {
        "handle": info.handle,
        "user_id": user_id,
        "token_hash": _digest(token),
        "name": info.name,
        "name_key": rules.name_key(info.name),
        "scopes": " ".join(info.scopes),
        "hint": info.hint,
        "created_at": stamp(info.created_at),
        "expires_at": stamp(info.expires_at),
    }


def _scopes(text: str) -> tuple[Scope, ...]:
    words = text.split()
    return tuple(scope for scope in _SCOPES if scope in words)


def _info(row: sqlite3.Row) -> TokenInfo:
    return TokenInfo(
        handle=row["handle"],
        name=row["name"],
        scopes=_scopes(row["scopes"]),
        hint=row["hint"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        last_used_at=moment(row["last_used_at"]) if row["last_used_at"] else None,
        last_address=row["last_address"],
    )


def _granted(row: sqlite3.Row) -> Granted:
    return Granted(
        account_of(row), frozenset(_scopes(row["scopes"])), row["handle"], moment(row["expires_at"])
    )

"""Who is signed in where: records on the server, of which a browser holds one random value.

Two things stand for a session. Its id is what the server's own pages remember; no browser gets it,
and none can use it. The cookie is what the browser gets for a ticket, once, and sends from then
on. Only hashes of the three are kept.
"""

import contextlib
import hashlib
import re
import secrets
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from core.errors import NotFound, Unavailable
from core.identity.protocol import Access, Account, Actor, Tokens
from core.identity.rows import account_of
from core.identity.session_tokens import Opener, Renew, SessionAccess, new_key, seal, unwrap, wrap
from core.system.database import Database, moment, stamp

TICKET_LIFE: Final = timedelta(seconds=30)
IDLE_LIFE: Final = timedelta(hours=24)
WHOLE_LIFE: Final = timedelta(days=7)
SEEN_EVERY: Final = timedelta(minutes=1)

_BYTES: Final = 32
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_DEVICE: Final = 200
_LONGEST_ADDRESS: Final = 64


@dataclass(frozen=True, slots=True)
class Begun:
    """What a sign-in hands out; both are secret.

    Attributes:
        session_id: for the page that the user signed in on; never leaves the server.
        ticket: for the browser, which gets the cookie for it within 30 seconds.
    """

    session_id: str = field(repr=False)
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is going on.

    Attributes:
        account: whose it is.
        handle: names it among the sessions of its user; opens nothing.
        access: proves the user elsewhere, where the sign-in brought tokens.
    """

    account: Account
    handle: str
    started_at: datetime
    seen_at: datetime
    access: Access | None = field(default=None, repr=False, compare=False)

    @property
    def actor(self) -> Actor:
        """The one who is signed in."""
        return replace(self.account.actor, access=self.access)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as its user sees it in a list.

    Attributes:
        handle: see ``SignedIn``.
        device: the browser as it calls itself; says what its user wants.
        address: where it signed in from.
    """

    handle: str
    device: str
    address: str
    started_at: datetime
    seen_at: datetime


class Sessions:
    """The sessions of all users. Each ends after 24 hours without use, and 7 days after its start.

    Every operation can raise ``Unavailable``.
    """

    def __init__(self, database: Database, renew: Renew | None = None) -> None:
        self._database = database
        self._renew = renew

    def begin(self, user_id: str, device: str, address: str, tokens: Tokens | None = None) -> Begun:
        """Start a session for somebody who has just proven who they are.

        Args:
            user_id: who that is.
            device: see ``SessionInfo``.
            address: see ``SessionInfo``.
            tokens: what the sign-in brought, to be kept with the session.

        Raises:
            NotFound: there is no such account.
        """
        begun = Begun(secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES))
        now = self._database.clock()
        values = {
            "handle": secrets.token_hex(8),
            "user_id": user_id,
            "id_hash": _digest(begun.session_id),
            "ticket_hash": _digest(begun.ticket),
            "ticket_until": stamp(now + TICKET_LIFE),
            "device": device[:_LONGEST_DEVICE],
            "address": address[:_LONGEST_ADDRESS],
            "now": stamp(now),
            **_sealed(tokens, begun),
        }
        try:
            with self._database.write() as connection:
                _purge(connection, now)
                connection.execute(_INSERT, values)
        except sqlite3.IntegrityError:
            raise NotFound("This account is gone; sign in with another one.") from None
        return begun

    def redeem(self, ticket: object, old_cookie: object = None) -> str | None:
        """The cookie for a ticket, exactly once; the session of the old cookie ends.

        Returns:
            ``None`` for a ticket that is unknown, used or older than 30 seconds.
        """
        cookie = secrets.token_urlsafe(_BYTES)
        with self._database.write() as connection:
            row = connection.execute(
                "SELECT handle, key_by_ticket FROM sessions "
                "WHERE ticket_hash = ? AND ticket_until > ?",
                (_digest(ticket), self._database.now()),
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE sessions SET cookie_hash = ?, ticket_hash = NULL, ticket_until = NULL, "
                "key_by_cookie = ?, key_by_ticket = NULL WHERE handle = ?",
                (_digest(cookie), _rewrapped(row, str(ticket), cookie), row["handle"]),
            )
            connection.execute("DELETE FROM sessions WHERE cookie_hash = ?", (_digest(old_cookie),))
        return cookie

    def by_cookie(self, cookie: object) -> SignedIn | None:
        """The session that a browser's cookie stands for, if it is going on."""
        return self._signed_in("cookie", cookie)

    def by_id(self, session_id: object) -> SignedIn | None:
        """The session of this id, if it is going on."""
        return self._signed_in("id", session_id)

    def end(self, session_id: object) -> None:
        """End the session of this id; its cookie and its ticket are worth nothing from now on."""
        self._delete("id_hash = ?", _digest(session_id))

    def end_by_cookie(self, cookie: object) -> None:
        """End the session of this cookie."""
        self._delete("cookie_hash = ?", _digest(cookie))

    def end_one(self, user_id: str, handle: str) -> None:
        """End one session of the user; the sessions of others are out of reach."""
        self._delete("user_id = ? AND handle = ?", user_id, handle)

    def end_all(self, user_id: str, but: str | None = None) -> None:
        """End every session of the user, but the one of this id."""
        self._delete("user_id = ? AND id_hash IS NOT ?", user_id, _digest(but))

    def active(self, user_id: str) -> tuple[SessionInfo, ...]:
        """The user's sessions that are going on, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT handle, device, address, started_at, seen_at FROM sessions "
                f"WHERE user_id = ? AND {_GOING_ON} ORDER BY started_at DESC, handle",
                (user_id, *_limits(self._database.clock())),
            ).fetchall()
        return tuple(map(_info, rows))

    def _signed_in(self, opener: Literal["cookie", "id"], secret: object) -> SignedIn | None:
        digest = _digest(secret)
        if digest is None:
            return None
        now = self._database.clock()
        with self._database.read() as connection:
            row = connection.execute(
                f"{_SELECT} WHERE {opener}_hash = ? AND {_GOING_ON}", (digest, *_limits(now))
            ).fetchone()
        if row is None:
            return None
        if bool(row["has_tokens"]) is (self._renew is None):
            # It is of another place that this server kept accounts in.
            return None
        signed_in = replace(_read(row), access=self._access(row, opener, str(secret)))
        if now - signed_in.seen_at >= SEEN_EVERY:
            self._note(signed_in.handle, now)
        return signed_in

    def _access(self, row: sqlite3.Row, opener: Opener, secret: str) -> Access | None:
        if self._renew is None:
            return None
        return SessionAccess(self._database, row["handle"], opener, secret, self._renew)

    def _note(self, handle: str, now: datetime) -> None:
        # Who is signed in is known by now; a full disk must not sign them out.
        with contextlib.suppress(Unavailable), self._database.write(waits=False) as connection:
            connection.execute(
                "UPDATE sessions SET seen_at = max(seen_at, ?) WHERE handle = ?",
                (stamp(now), handle),
            )

    def _delete(self, where: str, *values: str | None) -> None:
        with self._database.write() as connection:
            connection.execute(f"DELETE FROM sessions WHERE {where}", values)


_INSERT: Final = """
    INSERT INTO sessions (handle, user_id, id_hash, ticket_hash, ticket_until, device, address,
                          started_at, seen_at, sealed_tokens, key_by_id, key_by_ticket)
    VALUES (:handle, :user_id, :id_hash, :ticket_hash, :ticket_until, :device, :address,
            :now, :now, :sealed_tokens, :key_by_id, :key_by_ticket)
"""
_SELECT: Final = """
    SELECT sessions.handle, sessions.started_at, sessions.seen_at,
           sessions.sealed_tokens IS NOT NULL AS has_tokens, accounts.id, accounts.name,
           accounts.full_name, accounts.email, accounts.created_at
    FROM sessions JOIN accounts ON accounts.id = sessions.user_id
"""
_GOING_ON: Final = "sessions.started_at > ? AND sessions.seen_at > ?"


def _sealed(tokens: Tokens | None, begun: Begun) -> dict[str, str | None]:
    """The columns of a new session that keep its tokens."""
    if tokens is None:
        return {"sealed_tokens": None, "key_by_id": None, "key_by_ticket": None}
    key = new_key()
    return {
        "sealed_tokens": seal(key, tokens),
        "key_by_id": wrap(key, begun.session_id),
        "key_by_ticket": wrap(key, begun.ticket),
    }


def _rewrapped(row: sqlite3.Row, ticket: str, cookie: str) -> str | None:
    """The key of the tokens, from now on for whoever has the cookie."""
    wrapped = row["key_by_ticket"]
    return wrapped and wrap(unwrap(wrapped, ticket), cookie)


def _limits(now: datetime) -> tuple[str, str]:
    """The values for ``_GOING_ON``."""
    return stamp(now - WHOLE_LIFE), stamp(now - IDLE_LIFE)


def _purge(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute(f"DELETE FROM sessions WHERE NOT ({_GOING_ON})", _limits(now))


def _digest(secret: object) -> str | None:
    """The hash that a secret is kept as; ``None``, which equals nothing, for what can't be one."""
    if not isinstance(secret, str) or not _SHAPE.fullmatch(secret):
        return None
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(row: sqlite3.Row) -> SignedIn:
    return SignedIn(
        account_of(row), row["handle"], moment(row["started_at"]), moment(row["seen_at"])
    )


def _info(row: sqlite3.Row) -> SessionInfo:
    return SessionInfo(
        row["handle"],
        row["device"],
        row["address"],
        moment(row["started_at"]),
        moment(row["seen_at"]),
    )

"""Links in the embedded file, as ``core/shares/protocol.py`` promises them."""

import secrets
import sqlite3
from contextlib import suppress
from datetime import timedelta

from core.errors import NotAllowed, NotFound, Unacceptable
from core.identity.protocol import Actor
from core.shares.protocol import (
    NO_SHARE,
    PER_CONFIG,
    PER_USER,
    TOO_MANY,
    Made,
    Share,
    Shared,
    check_days,
    is_token,
    new_token,
    token_hash,
)
from core.shares.snapshot import Snapshot, check_shareable, from_json, to_json
from core.stores.listing import is_text
from core.system.database import Database, moment, stamp

_COLUMNS = "handle, kind, title, created_at, expires_at, views, config_id"


class SqliteShares:
    """The links of one actor."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database = database
        self._user = actor.user_id

    def make(
        self, snapshot: Snapshot, title: str, *, config_id: str | None = None, days: int = 7
    ) -> Made:
        """See ``Shares.make``."""
        check_days(days)
        check_shareable(snapshot, title)
        token, now = new_token(), self._database.clock()
        share = Share(
            handle=secrets.token_hex(8),
            kind=snapshot.kind,
            title=title,
            created_at=now,
            expires_at=now + timedelta(days=days),
            config_id=config_id,
        )
        try:
            with self._database.write() as connection:
                self._make_room(connection, share)
                self._insert(connection, share, token, snapshot)
        except sqlite3.IntegrityError as error:
            raise _explained(error) from error
        return Made(token, share)

    def list(self) -> tuple[Share, ...]:
        """See ``Shares.list``."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM shares WHERE user_id = ? AND expires_at > ? "
                "ORDER BY created_at DESC, handle DESC",
                (self._user, self._database.now()),
            ).fetchall()
        return tuple(map(_share, rows))

    def revoke(self, handle: str) -> None:
        """See ``Shares.revoke``."""
        gone = 0
        if is_text(handle):
            with self._database.write() as connection:
                sql = "DELETE FROM shares WHERE user_id = ? AND handle = ? AND expires_at > ?"
                values = (self._user, handle, self._database.now())
                gone = connection.execute(sql, values).rowcount
        if not gone:
            raise NotFound(NO_SHARE)

    def _make_room(self, connection: sqlite3.Connection, share: Share) -> None:
        """Forget the links that have ended, and look whether there may be one more."""
        connection.execute(
            "DELETE FROM shares WHERE user_id = ? AND expires_at <= ?",
            (self._user, stamp(share.created_at)),
        )
        of_user, of_config = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE config_id = ?) FROM shares WHERE user_id = ?",
            (share.config_id, self._user),
        ).fetchone()
        if of_user >= PER_USER or of_config >= PER_CONFIG:
            raise Unacceptable(TOO_MANY)

    def _insert(
        self, connection: sqlite3.Connection, share: Share, token: str, snapshot: Snapshot
    ) -> None:
        if share.config_id is not None:
            self._require(connection, share.config_id)
        connection.execute(
            f"INSERT INTO shares ({_COLUMNS}, user_id, token_hash, snapshot) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                share.handle,
                share.kind,
                share.title,
                stamp(share.created_at),
                stamp(share.expires_at),
                share.views,
                share.config_id,
                self._user,
                token_hash(token),
                to_json(snapshot),
            ),
        )

    def _require(self, connection: sqlite3.Connection, config_id: str) -> None:
        sql = "SELECT 1 FROM training_configs WHERE user_id = ? AND id = ? AND deleted_at IS NULL"
        values = (self._user, config_id)
        if not is_text(config_id) or not connection.execute(sql, values).fetchone():
            raise NotFound("There is no such config; it may have been deleted.")


class SqliteSharedReader:
    """What anybody can read who has a link."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, token: str) -> Shared | None:
        """See ``SharedReader.read``."""
        if not is_token(token):
            return None
        key = (token_hash(token), self._database.now())
        sql = "SELECT title, snapshot, created_at, expires_at FROM shares "
        # A guess must not wait for whoever writes, nor have them wait.
        with self._database.read() as connection:
            known = connection.execute(f"{sql} WHERE token_hash = ? AND expires_at > ?", key)
            row = known.fetchone()
        if row is None:
            return None
        with self._database.write() as connection:
            connection.execute(
                "UPDATE shares SET views = views + 1 WHERE token_hash = ? AND expires_at > ?", key
            )
        with suppress(ValueError):
            return Shared(
                title=row["title"],
                snapshot=from_json(row["snapshot"]),
                created_at=moment(row["created_at"]),
                expires_at=moment(row["expires_at"]),
            )
        return None


def _share(row: sqlite3.Row) -> Share:
    return Share(
        handle=row["handle"],
        kind=row["kind"],
        title=row["title"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        views=row["views"],
        config_id=row["config_id"],
    )


def _explained(error: sqlite3.IntegrityError) -> Exception:
    if "FOREIGN KEY" in str(error):
        return NotAllowed("This account is no longer there; sign in again.")
    return Unacceptable(f"The store doesn't accept this ({error}); change it and try again.")

"""Links in a Supabase project, as ``core/shares/protocol.py`` promises them.

Row-level security decides whose they are; ``make_share`` and ``get_share`` of supabase/migrations
do what has to happen in one step.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from core.errors import NotAllowed, NotFound
from core.identity.protocol import Access, Actor
from core.shares.protocol import (
    NO_SHARE,
    Made,
    Share,
    Shared,
    check_days,
    is_token,
    new_token,
    token_hash,
)
from core.shares.snapshot import Snapshot, check_shareable, from_json, to_json
from core.stores import supabase_rows as rows
from core.stores.supabase_errors import ExpiredError, answered, asked
from core.system.remote import Project, with_retries

SHARES: Final = "config_shares"
_COLUMNS: Final = "id, kind, title, created_at, expires_at, views, config_id"
_NO_CONFIG: Final = "There is no such config; it may have been deleted."


class SupabaseShares:
    """The links of one actor in a project that all share."""

    def __init__(self, project: Project, actor: Actor) -> None:
        if actor.access is None:
            raise NotAllowed("Sign in first; links are made by users only.")
        self._project = project
        self._access: Access = actor.access

    def make(
        self, snapshot: Snapshot, title: str, *, config_id: str | None = None, days: int = 7
    ) -> Made:
        """See ``Shares.make``; the project knows the time."""
        check_days(days)
        check_shareable(snapshot, title)
        token = new_token()
        values = {
            "kind": snapshot.kind,
            "title": title,
            "snapshot": to_json(snapshot),
            "token_hash": token_hash(token),
            "days": days,
            "config_id": None if config_id is None else self._live(config_id),
            "approvals": [one.as_json() for one in snapshot.approved],
        }
        made = rows.rows(self._ask(lambda client: client.rpc("make_share", values)))
        about = {"kind": snapshot.kind, "title": title, "views": 0, "config_id": config_id}
        return Made(token, rows.read(lambda found: _share({**about, **found[0]}), made))

    def list(self) -> tuple[Share, ...]:
        """See ``Shares.list``."""
        now = datetime.now(UTC).isoformat()
        found = with_retries(
            lambda: self._ask(
                lambda client: (
                    client.table(SHARES)
                    .select(_COLUMNS)
                    .gt("expires_at", now)
                    .is_("revoked_at", None)
                    .order("created_at", desc=True)
                    .order("id", desc=True)
                )
            )
        )
        return tuple(rows.read(_share, row) for row in rows.rows(found))

    def revoke(self, handle: str) -> None:
        """See ``Shares.revoke``; a link that has ended is gone."""
        wanted = _uuid(handle, NO_SHARE)
        gone = self._ask(
            lambda client: client.table(SHARES).delete().eq("id", wanted).is_("revoked_at", None)
        )
        if not rows.rows(gone):
            raise NotFound(NO_SHARE)

    def _live(self, config_id: str) -> str:
        wanted = _uuid(config_id, _NO_CONFIG)
        found = with_retries(
            lambda: self._ask(
                lambda client: client.table("config_summaries").select("id").eq("id", wanted)
            )
        )
        if not rows.rows(found):
            raise NotFound(_NO_CONFIG)
        return wanted

    def _ask(self, ask: Callable[[Any], Any]) -> Any:
        return asked(self._project, self._access, ask)


class SupabaseSharedReader:
    """What anybody can read who has a link; it is asked for as nobody."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def read(self, token: str) -> Shared | None:
        """See ``SharedReader.read``; it counts, so it is asked once."""
        if not is_token(token):
            return None
        try:
            found = rows.rows(answered(self._project.client().rpc("get_share", {"token": token})))
        except ExpiredError:
            raise NotAllowed("The project doesn't accept this app's key.") from None
        # Over the API its owner can have written anything.
        with suppress(ValueError, LookupError, TypeError):
            return _shared(found[0]) if found else None
        return None


def _uuid(text: str, missing: str) -> str:
    """The id in the one way of writing it; what is no id names nothing."""
    with suppress(ValueError):
        if len(text) == 36:
            return str(uuid.UUID(text))
    raise NotFound(missing)


def _share(row: rows.Row) -> Share:
    config_id = row["config_id"]
    return Share(
        handle=str(row["id"]),
        kind=row["kind"],
        title=str(row["title"]),
        created_at=rows.moment(row["created_at"]),
        expires_at=rows.moment(row["expires_at"]),
        views=int(row["views"]),
        config_id=None if config_id is None else str(config_id),
    )


def _shared(row: rows.Row) -> Shared:
    return Shared(
        title=str(row["title"]),
        snapshot=from_json(row["snapshot"]),
        created_at=rows.moment(row["created_at"]),
        expires_at=rows.moment(row["expires_at"]),
    )

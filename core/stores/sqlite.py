"""Configs in the embedded SQLite file, as ``core/stores/protocol.py`` promises them."""

import json
import sqlite3
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from core.document import parse
from core.errors import Conflict, NameTaken, NotAllowed, NotFound, Unacceptable
from core.identity.protocol import Actor
from core.reading.consent import Approval, recorded
from core.stores import limits
from core.stores import sqlite_rows as rows
from core.stores.listing import adopted_id, is_text, names_like, search_text
from core.stores.protocol import (
    DRAFTS_KEPT,
    KEPT_DELETED,
    MAX_TAGS,
    VERSIONS_KEPT,
    Checked,
    Config,
    Content,
    Deleted,
    Facets,
    KeptDraft,
    Operation,
    Page,
    Query,
    Version,
)
from core.stores.sqlite_listing import LIVE, Listing
from core.system.database import Database, stamp

# What fits into a column; a greater number comes from a URL and names no version.
_NUMBERS: Final = range(1, 2**63)


@dataclass(frozen=True, slots=True)
class _Step:
    """How a version comes to be, and when."""

    at: str
    operation: Operation
    message: str = ""
    restored_from: int | None = None


class SqliteStore:
    """The configs of one actor in a database that all share.

    Every statement names the user, so that the rows of others are neither found nor changed.
    """

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database = database
        self._user = actor.user_id

    # --- Reading ---------------------------------------------------------------------------

    def list(self, query: Query) -> Page:
        """See ``ConfigStore.list``."""
        with self._database.read() as connection:
            found = Listing(connection, self._user, query).page()
            tags = self._tags(connection, [row["id"] for row in found.rows])
        shown = (rows.summary(row, tags.get(row["id"], ())) for row in found.rows)
        return Page(tuple(shown), found.next, found.previous)

    def count(self, query: Query) -> int:
        """See ``ConfigStore.count``."""
        with self._database.read() as connection:
            return Listing(connection, self._user, query).count()

    def facets(self) -> Facets:
        """See ``ConfigStore.facets``."""
        with self._database.read() as connection:
            methods = dict(connection.execute(_METHODS, (self._user,)).fetchall())
            templates = dict(connection.execute(_TEMPLATES, (self._user,)).fetchall())
            tags = dict(connection.execute(_TAGS, (self._user, self._user)).fetchall())
        # Each has one template.
        return Facets(sum(templates.values()), methods, templates, tags)

    def get(self, config_id: str) -> Config:
        """See ``ConfigStore.get``."""
        with self._database.read() as connection:
            return self._config(connection, config_id)

    def several(self, config_ids: Collection[str]) -> tuple[Config, ...]:
        """See ``ConfigStore.several``."""
        sql = (
            f"SELECT * FROM training_configs WHERE {LIVE} "
            "AND id IN (SELECT value FROM json_each(?))"
        )
        with self._database.read() as connection:
            found = connection.execute(sql, (self._user, _list(config_ids))).fetchall()
            tags = self._tags(connection, [row["id"] for row in found])
            return tuple(rows.config(row, tags.get(row["id"], ())) for row in found)

    def versions(self, config_id: str) -> tuple[Version, ...]:
        """See ``ConfigStore.versions``."""
        with self._database.read() as connection:
            self._live(connection, config_id)
            return self._versions(connection, config_id)

    def version(self, config_id: str, number: int) -> Version:
        """See ``ConfigStore.version``."""
        with self._database.read() as connection:
            self._live(connection, config_id)
            return self._version(connection, config_id, number)

    def everything(self) -> Iterator[tuple[Config, tuple[Version, ...]]]:
        """See ``ConfigStore.everything``.

        Nothing is held between two configs; one that is renamed meanwhile may be passed over.
        """
        place: tuple[str, str] = ("", "")
        while found := self._after(place):
            place, config, versions = found
            yield config, versions

    def _after(
        self, place: tuple[str, str]
    ) -> tuple[tuple[str, str], Config, tuple[Version, ...]] | None:
        """The next config in the order of names, with its place and its versions."""
        with self._database.read() as connection:
            row = connection.execute(_NEXT_BY_NAME, (self._user, *place)).fetchone()
            if row is None:
                return None
            config = self._config(connection, row["id"])
            return (row["sort_name"], row["id"]), config, self._versions(connection, row["id"])

    # --- Writing ---------------------------------------------------------------------------

    def create(self, content: Content, message: str = "", tags: Collection[str] = ()) -> Config:
        """See ``ConfigStore.create``."""
        limits.check_content(content)
        limits.check_message(message)
        limits.check_tags(tags)
        config_id = str(uuid.uuid4())
        content = self._consented(content)
        with self._write(content.name) as connection:
            step = _Step(self._database.now(), "create", message)
            key = {"user_id": self._user, "id": config_id, "created_at": step.at}
            _insert(connection, "training_configs", key | _columns(content, step))
            self._add_version(connection, config_id, 1, content, step)
            self._give(connection, [config_id], tags)
            return self._config(connection, config_id)

    def save(
        self, config_id: str, content: Content, *, expected_revision: int, message: str = ""
    ) -> Config:
        """See ``ConfigStore.save``."""
        limits.check_content(content)
        limits.check_message(message)
        with self._write(content.name) as connection:
            current = self._expect(connection, config_id, expected_revision)
            return self._renew(
                connection, current, content, _Step(self._database.now(), "save", message)
            )

    def restore(
        self,
        config_id: str,
        number: int,
        checked: Checked,
        *,
        expected_revision: int,
        approved: Sequence[Approval] = (),
    ) -> Config:
        """See ``ConfigStore.restore``."""
        with self._write() as connection:
            current = self._expect(connection, config_id, expected_revision)
            old = self._version(connection, config_id, number).content
            given = (*old.approved, *current.approved, *approved)
            content = replace(old, name=current.name, checked=checked, approved=given)
            limits.check_content(content)
            step = _Step(self._database.now(), "restore", restored_from=number)
            return self._renew(connection, current, content, step)

    def mark_used(self, config_id: str) -> int:
        """See ``ConfigStore.mark_used``."""
        with self._write() as connection:
            self._live(connection, config_id)
            used = connection.execute(
                "UPDATE training_configs SET times_used = times_used + 1, last_used_at = ? "
                f"WHERE {LIVE} AND id = ? RETURNING times_used",
                (self._database.now(), self._user, config_id),
            ).fetchall()
            return int(used[0]["times_used"])

    def delete(self, config_id: str) -> None:
        """See ``ConfigStore.delete``."""
        with self._write() as connection:
            self._live(connection, config_id)
            self._update(connection, config_id, {"deleted_at": self._database.now()})
            self._purge(connection)

    def deleted(self) -> tuple[Deleted, ...]:
        """See ``ConfigStore.deleted``; what was deleted 30 days ago is gone for good with it."""
        with self._database.read() as connection:
            found = connection.execute(_DELETED, (self._user, "")).fetchall()
        gone = self._gone()
        if any(row["deleted_at"] <= gone for row in found):
            with self._write() as connection:
                self._purge(connection)
        return tuple(rows.deleted(row) for row in found if row["deleted_at"] > gone)

    def undelete(self, config_id: str) -> Config:
        """See ``ConfigStore.undelete``."""
        with self._write() as connection:
            row = self._row(
                connection, config_id, "user_id = ? AND deleted_at > ?", self._user, self._gone()
            )
            name = self._free_name(connection, row["name"])
            columns = {
                "deleted_at": None,
                "updated_at": self._database.now(),
                "name": name,
                "search": search_text(name, row["description"]),
            }
            self._update(connection, config_id, columns)
            return self._config(connection, config_id)

    def tag(
        self, config_ids: Collection[str], add: Collection[str], remove: Collection[str] = ()
    ) -> None:
        """See ``ConfigStore.tag``; a tag in both is given."""
        limits.check_tags(add)
        with self._write() as connection:
            self._require_all(connection, config_ids)
            connection.execute(
                "DELETE FROM config_tags WHERE user_id = ? "
                "AND config_id IN (SELECT value FROM json_each(?)) "
                "AND tag IN (SELECT value FROM json_each(?))",
                (self._user, _list(config_ids), _list(remove)),
            )
            self._give(connection, config_ids, add)

    def adopt(self, config: Config, versions: Sequence[Version]) -> Config | None:
        """See ``ConfigStore.adopt``."""
        limits.check_history(config, versions)
        content = self._consented(config.content)
        config_id = adopted_id(self._user, config.id)
        with self._write(config.name) as connection:
            # What can't come back any more is in nobody's way.
            self._purge(connection)
            key = (self._user, config_id)
            known = "SELECT 1 FROM training_configs WHERE user_id = ? AND id = ?"
            if connection.execute(known, key).fetchone():
                return None
            _insert(
                connection,
                "training_configs",
                {"user_id": self._user, "id": config_id} | _adopted(config, content),
            )
            for version in versions:
                step = _Step(
                    stamp(version.created_at),
                    version.operation,
                    version.message,
                    version.restored_from,
                )
                content = self._consented(version.content)
                self._write_version(connection, config_id, version.number, content, step)
            self._give(connection, [config_id], config.tags)
            return self._config(connection, config_id)

    # --- Drafts ----------------------------------------------------------------------------

    def keep_draft(self, draft: KeptDraft) -> None:
        """See ``ConfigStore.keep_draft``; the time is the store's own."""
        limits.check_draft(draft)
        with self._write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO drafts "
                "(user_id, slot, name, config_id, updated_at, payload) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self._user,
                    draft.slot,
                    draft.name,
                    draft.config_id,
                    self._database.now(),
                    draft.payload,
                ),
            )
            connection.execute(_DROP_OLD_DRAFTS, (self._user, self._user, DRAFTS_KEPT))

    def drafts(self) -> tuple[KeptDraft, ...]:
        """See ``ConfigStore.drafts``."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT slot, name, config_id, payload, updated_at FROM drafts "
                "WHERE user_id = ? ORDER BY number DESC",
                (self._user,),
            ).fetchall()
        return tuple(map(rows.draft, found))

    def drop_draft(self, slot: str) -> None:
        """See ``ConfigStore.drop_draft``."""
        if is_text(slot):
            with self._write() as connection:
                connection.execute(
                    "DELETE FROM drafts WHERE user_id = ? AND slot = ?", (self._user, slot)
                )

    # --- Steps -----------------------------------------------------------------------------

    @contextmanager
    def _write(self, name: str = "") -> Iterator[sqlite3.Connection]:
        """A transaction whose broken constraints are the errors that a user understands."""
        try:
            with self._database.write() as connection:
                yield connection
        except sqlite3.IntegrityError as error:
            raise _explained(error, name) from error

    def _row(
        self, connection: sqlite3.Connection, config_id: str, where: str, *values: Any
    ) -> sqlite3.Row:
        row: sqlite3.Row | None = None
        if is_text(config_id):
            sql = f"SELECT * FROM training_configs WHERE {where} AND id = ?"
            row = connection.execute(sql, (*values, config_id)).fetchone()
        if row is None:
            raise NotFound("There is no such config; it may have been deleted.")
        return row

    def _live(self, connection: sqlite3.Connection, config_id: str) -> sqlite3.Row:
        return self._row(connection, config_id, LIVE, self._user)

    def _require_all(self, connection: sqlite3.Connection, config_ids: Collection[str]) -> None:
        sql = (
            f"SELECT count(*) FROM training_configs WHERE {LIVE} "
            "AND id IN (SELECT value FROM json_each(?))"
        )
        found = connection.execute(sql, (self._user, _list(config_ids))).fetchone()[0]
        if found != len(set(config_ids)):
            raise NotFound("One of these configs is not there; it may have been deleted.")

    def _config(self, connection: sqlite3.Connection, config_id: str) -> Config:
        row = self._live(connection, config_id)
        return rows.config(row, self._tags(connection, [config_id]).get(config_id, ()))

    def _expect(self, connection: sqlite3.Connection, config_id: str, revision: int) -> Config:
        current = self._config(connection, config_id)
        if current.revision != revision:
            raise Conflict(current)
        return current

    def _renew(
        self, connection: sqlite3.Connection, current: Config, content: Content, step: _Step
    ) -> Config:
        """Write a content as the newest version, unless that says the same already."""
        content = self._consented(content, current.approved)
        if replace(content, checked=current.checked) == current.content:
            self._update(connection, current.id, rows.checked_columns(content.checked))
        else:
            number = current.revision + 1
            self._update(connection, current.id, _columns(content, step) | {"revision": number})
            self._add_version(connection, current.id, number, content, step)
        return self._config(connection, current.id)

    def _consented(self, content: Content, known: Sequence[Approval] = ()) -> Content:
        """The content with its approvals as they are recorded; ``limits`` has seen that it may."""
        if not content.approved:
            return content
        now, document = self._database.clock(), parse(content.text)
        approved = recorded(document, content.approved, known, by=self._user, now=now)
        return replace(content, approved=approved)

    def _update(
        self, connection: sqlite3.Connection, config_id: str, columns: dict[str, Any]
    ) -> None:
        assignments = ", ".join(f"{column} = ?" for column in columns)
        connection.execute(
            f"UPDATE training_configs SET {assignments} WHERE user_id = ? AND id = ?",
            (*columns.values(), self._user, config_id),
        )

    def _add_version(
        self,
        connection: sqlite3.Connection,
        config_id: str,
        number: int,
        content: Content,
        step: _Step,
    ) -> None:
        """Write a version, and forget the oldest where there are more than are kept."""
        self._write_version(connection, config_id, number, content, step)
        connection.execute(
            "DELETE FROM config_versions WHERE user_id = ? AND config_id = ? AND number <= ?",
            (self._user, config_id, number - VERSIONS_KEPT),
        )

    def _write_version(
        self,
        connection: sqlite3.Connection,
        config_id: str,
        number: int,
        content: Content,
        step: _Step,
    ) -> None:
        about = {
            "user_id": self._user,
            "config_id": config_id,
            "number": number,
            "operation": step.operation,
            "message": step.message,
            "restored_from": step.restored_from,
            "author": self._user,
            "created_at": step.at,
        }
        _insert(connection, "config_versions", about | rows.columns(content))

    def _versions(self, connection: sqlite3.Connection, config_id: str) -> tuple[Version, ...]:
        found = connection.execute(
            "SELECT * FROM config_versions WHERE user_id = ? AND config_id = ? "
            "ORDER BY number DESC",
            (self._user, config_id),
        ).fetchall()
        return tuple(map(rows.version, found))

    def _version(self, connection: sqlite3.Connection, config_id: str, number: int) -> Version:
        row = None
        if number in _NUMBERS:
            row = connection.execute(
                "SELECT * FROM config_versions WHERE user_id = ? AND config_id = ? AND number = ?",
                (self._user, config_id, number),
            ).fetchone()
        if row is None:
            raise NotFound(f"This config has no version {number}; the newest 50 are kept.")
        return rows.version(row)

    def _tags(
        self, connection: sqlite3.Connection, config_ids: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        found = connection.execute(
            "SELECT config_id, tag FROM config_tags WHERE user_id = ? "
            "AND config_id IN (SELECT value FROM json_each(?))",
            (self._user, _list(config_ids)),
        ).fetchall()
        tags: dict[str, tuple[str, ...]] = {}
        for config_id, tag in sorted(found, key=lambda row: (row[1].casefold(), row[1])):
            tags[config_id] = (*tags.get(config_id, ()), tag)
        return tags

    def _give(
        self, connection: sqlite3.Connection, config_ids: Collection[str], tags: Collection[str]
    ) -> None:
        connection.execute(
            "INSERT INTO config_tags (user_id, config_id, tag) "
            "SELECT ?, config.value, tag.value FROM json_each(?) AS config, json_each(?) AS tag "
            "WHERE true ON CONFLICT DO NOTHING",
            (self._user, _list(config_ids), _list(tags)),
        )
        crowded = connection.execute(
            "SELECT count(*) FROM config_tags WHERE user_id = ? "
            "AND config_id IN (SELECT value FROM json_each(?)) "
            "GROUP BY config_id HAVING count(*) > ?",
            (self._user, _list(config_ids), MAX_TAGS),
        ).fetchall()
        if crowded:
            raise Unacceptable(
                f"A config would have {max(row[0] for row in crowded)} tags; "
                f"take some away: it has {MAX_TAGS} at most."
            )

    def _free_name(self, connection: sqlite3.Connection, name: str) -> str:
        sql = f"SELECT 1 FROM training_configs WHERE {LIVE} AND name = ?"
        return next(
            free
            for free in names_like(name)
            if not connection.execute(sql, (self._user, free)).fetchall()
        )

    def _gone(self) -> str:
        """Configs that were deleted then or before are gone."""
        return stamp(self._database.clock() - KEPT_DELETED)

    def _purge(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "DELETE FROM training_configs WHERE user_id = ? AND deleted_at <= ?",
            (self._user, self._gone()),
        )


# --- Statements ----------------------------------------------------------------------------------

_METHODS: Final = (
    "SELECT method, count(*) FROM training_configs INDEXED BY training_configs_method "
    f"WHERE {LIVE} AND method IS NOT NULL GROUP BY method ORDER BY method"
)

_TEMPLATES: Final = (
    "SELECT template_type, count(*) FROM training_configs INDEXED BY training_configs_created "
    f"WHERE {LIVE} GROUP BY template_type ORDER BY template_type"
)

# The tags of deleted configs wait for their return; there are few of those.
_TAGS: Final = (
    "SELECT tag, count(*) FROM config_tags WHERE user_id = ? AND config_id NOT IN "
    "(SELECT id FROM training_configs WHERE user_id = ? AND deleted_at IS NOT NULL) "
    "GROUP BY tag ORDER BY tag"
)

_NEXT_BY_NAME: Final = (
    "SELECT sort_name, id FROM training_configs INDEXED BY training_configs_sort_name "
    f"WHERE {LIVE} AND (sort_name, id) > (?, ?) ORDER BY sort_name, id LIMIT 1"
)

_DELETED: Final = (
    "SELECT id, name, deleted_at FROM training_configs INDEXED BY training_configs_deleted "
    "WHERE user_id = ? AND deleted_at > ? ORDER BY deleted_at DESC, id DESC"
)

_DROP_OLD_DRAFTS: Final = (
    "DELETE FROM drafts WHERE user_id = ? AND number NOT IN "
    "(SELECT number FROM drafts WHERE user_id = ? ORDER BY number DESC LIMIT ?)"
)


def _insert(connection: sqlite3.Connection, table: str, columns: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(columns))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    connection.execute(sql, tuple(columns.values()))


def _adopted(config: Config, content: Content) -> dict[str, Any]:
    """The columns of a config that comes from another store."""
    used_at = config.last_used_at
    return {
        **_columns(content, _Step(stamp(config.updated_at), "save")),
        "created_at": stamp(config.created_at),
        "revision": config.revision,
        "times_used": config.times_used,
        "last_used_at": used_at and stamp(used_at),
    }


def _columns(content: Content, step: _Step) -> dict[str, Any]:
    """The columns of a config that change with its content."""
    search = search_text(content.name, content.description)
    return {**rows.columns(content), "search": search, "updated_at": step.at}


def _list(texts: Collection[str]) -> str:
    """Texts as one value for ``json_each``: there is no limit to how many."""
    return json.dumps(list(texts))


def _explained(error: sqlite3.IntegrityError, name: str) -> Exception:
    said = str(error)
    if "training_configs.name" in said:
        return NameTaken(name)
    if "FOREIGN KEY" in said:
        return NotAllowed("This account is no longer there; sign in again.")
    return Unacceptable(f"The store doesn't accept this ({said}); change it and try again.")

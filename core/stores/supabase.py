"""Configs in a Supabase project, as ``core/stores/protocol.py`` promises them.

Every call goes out with the bearer of the store's actor, and row-level security decides what it
reaches. What has to happen in one step is one statement or one function of ``supabase/migrations``.
"""

import contextlib
import functools
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from supabase import Client

from core.errors import Conflict, NameTaken, NotAllowed, NotFound, Unacceptable
from core.identity.protocol import Access, Actor
from core.reading.consent import Approval
from core.stores import limits
from core.stores import supabase_rows as rows
from core.stores.listing import Cursor, Pager, is_text, names_like, search_words
from core.stores.protocol import (
    KEPT_DELETED,
    MAX_TAGS,
    Checked,
    Config,
    Content,
    Deleted,
    Facets,
    KeptDraft,
    Page,
    Query,
    Sort,
    Version,
)
from core.stores.supabase_errors import asked
from core.system.remote import Project, with_retries

CONFIGS: Final = "training_configs"
DRAFTS: Final = "config_drafts"
VERSIONS: Final = "config_versions"
# The newest 50 versions of each make a thousand rows, the most that a project gives at once.
_EXPORTED_AT_ONCE: Final = 20
# Their ids stand in the address of one request.
_READ_AT_ONCE: Final = 100
# What fits into a column; a greater number comes from a URL and names no version.
_NUMBERS: Final = range(1, 2**31)

_NO_CONFIG: Final = "There is no such config; it may have been deleted."

# A request that is not sent yet.
Request = Any


class SupabaseStore:
    """The configs of one actor in a project that all share."""

    def __init__(self, project: Project, actor: Actor) -> None:
        if actor.access is None:
            raise NotAllowed("Sign in first; configs are kept for users only.")
        self._project = project
        self._access: Access = actor.access
        self._user = actor.user_id

    # --- Reading ---------------------------------------------------------------------------

    def list(self, query: Query) -> Page:
        """See ``ConfigStore.list``."""
        if not _can_be_found(query):
            return Page(())
        found = Pager(
            query, functools.partial(self._listed, query), lambda row: _place(row, query.sort)
        ).page()
        shown = tuple(rows.read(rows.summary, row) for row in found.rows)
        return Page(shown, found.next, found.previous)

    def count(self, query: Query) -> int:
        """See ``ConfigStore.count``."""
        if not _can_be_found(query):
            return 0
        found = self._read(lambda client: client.rpc("count_configs", _filters(query)))
        return rows.read(int, found)

    def facets(self) -> Facets:
        """See ``ConfigStore.facets``."""
        found = self._read(lambda client: client.rpc("config_facets"))
        return rows.read(rows.facets, found)

    def get(self, config_id: str) -> Config:
        """See ``ConfigStore.get``."""
        wanted = _id(config_id)
        found = self._rows(lambda client: _live(client, rows.CONFIG).eq("id", wanted))
        return rows.read(rows.config, _only(found))

    def several(self, config_ids: Collection[str]) -> tuple[Config, ...]:
        """See ``ConfigStore.several``."""
        wanted = sorted({found for one in config_ids if (found := _id_or_none(one))})
        parts = (wanted[i : i + _READ_AT_ONCE] for i in range(0, len(wanted), _READ_AT_ONCE))
        return tuple(config for part in parts for config in self._several(part))

    def _several(self, ids: Sequence[str]) -> Iterator[Config]:
        found = self._rows(lambda client: _live(client, rows.CONFIG).in_("id", ids))
        return (rows.read(rows.config, row) for row in found)

    def versions(self, config_id: str) -> tuple[Version, ...]:
        """See ``ConfigStore.versions``."""
        found = self._history(config_id)
        if not found:
            raise NotFound(_NO_CONFIG)
        return tuple(rows.read(rows.version, row) for row in found)

    def version(self, config_id: str, number: int) -> Version:
        """See ``ConfigStore.version``."""
        found = self._history(config_id, number) if number in _NUMBERS else []
        if not found:
            # Which of the two is not there?
            self.get(config_id)
            raise NotFound(f"This config has no version {number}; the newest 50 are kept.")
        return rows.read(rows.version, found[0])

    def everything(self) -> Iterator[tuple[Config, tuple[Version, ...]]]:
        """See ``ConfigStore.everything``.

        Nothing is held between two calls; one that is renamed meanwhile may be passed over.
        """
        query, cursor = Query(sort="name", descending=False), None
        while True:
            found = self._listed(query, cursor, _EXPORTED_AT_ONCE)
            places = [_place(row, "name") for row in found]
            yield from self._whole([config_id for _, config_id in places])
            if len(found) < _EXPORTED_AT_ONCE:
                return
            # Not by way of a text: one that is too long for a URL leads nowhere.
            cursor = Cursor("name", False, False, *places[-1])

    # --- Writing ---------------------------------------------------------------------------

    def create(self, content: Content, message: str = "", tags: Collection[str] = ()) -> Config:
        """See ``ConfigStore.create``."""
        limits.check_content(content)
        limits.check_message(message)
        limits.check_tags(tags)
        columns = {**rows.columns(content), "message": message, "tags": sorted(set(tags))}
        made = self._write(lambda client: client.table(CONFIGS).insert(columns), content.name)
        return rows.read(rows.config, _only(rows.rows(made)))

    def save(
        self, config_id: str, content: Content, *, expected_revision: int, message: str = ""
    ) -> Config:
        """See ``ConfigStore.save``."""
        limits.check_content(content)
        limits.check_message(message)
        columns = {**rows.columns(content), "message": message, "restored_from": None}
        return self._renew(config_id, columns, expected_revision)

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
        current = self.get(config_id)
        if current.revision != expected_revision:
            raise Conflict(current)
        old = self.version(config_id, number).content
        given = (*old.approved, *current.approved, *approved)
        content = replace(old, name=current.name, checked=checked, approved=given)
        limits.check_content(content)
        columns = {**rows.columns(content), "message": "", "restored_from": number}
        return self._renew(config_id, columns, expected_revision)

    def mark_used(self, config_id: str) -> int:
        """See ``ConfigStore.mark_used``."""
        wanted = {"config_id": _id(config_id)}
        used = self._write(lambda client: client.rpc("mark_config_used", wanted))
        if used is None:
            raise NotFound(_NO_CONFIG)
        return rows.read(int, used)

    def delete(self, config_id: str) -> None:
        """See ``ConfigStore.delete``; the project knows the time."""
        wanted = _id(config_id)
        _only(
            rows.rows(
                self._write(
                    lambda client: (
                        client.table(CONFIGS)
                        .update({"deleted_at": "now"})
                        .eq("id", wanted)
                        .is_("deleted_at", None)
                        .select("id")
                    )
                )
            )
        )

    def deleted(self) -> tuple[Deleted, ...]:
        """See ``ConfigStore.deleted``."""
        found = self._rows(
            lambda client: (
                _gone(client, "id, name, deleted_at")
                .order("deleted_at", desc=True)
                .order("id", desc=True)
            )
        )
        return tuple(rows.read(rows.deleted, row) for row in found)

    def undelete(self, config_id: str) -> Config:
        """See ``ConfigStore.undelete``."""
        wanted = _id(config_id)
        row = _only(self._rows(lambda client: _gone(client, rows.CONFIG).eq("id", wanted)))
        gone = rows.read(rows.config, row)
        for name in names_like(gone.name):
            columns = rows.columns(replace(gone.content, name=name)) | {"deleted_at": None}
            with contextlib.suppress(NameTaken):
                return self._brought_back(wanted, columns)
        raise NameTaken(gone.name)

    def tag(
        self, config_ids: Collection[str], add: Collection[str], remove: Collection[str] = ()
    ) -> None:
        """See ``ConfigStore.tag``; a tag in both is given."""
        limits.check_tags(add)
        taken = [tag for tag in remove if _is_stored(tag)]
        try:
            values = {"config_ids": [*map(_id, config_ids)], "give": [*add], "take": taken}
            changed = self._write(lambda client: client.rpc("tag_configs", values))
        except NotFound:
            changed = None
        if changed is None:
            raise NotFound("One of these configs is not there; it may have been deleted.")
        if (number := rows.read(int, changed)) < 0:
            raise Unacceptable(
                f"A config would have {-number} tags; take some away: it has {MAX_TAGS} at most."
            )

    def adopt(self, config: Config, versions: Sequence[Version]) -> Config | None:
        """See ``ConfigStore.adopt``."""
        limits.check_history(config, versions)
        values = {
            "source_id": config.id,
            "config": rows.adopted_config(config, versions[0]),
            "versions": [rows.adopted_version(version) for version in reversed(versions)],
        }
        made = self._write(lambda client: client.rpc("import_config", values), config.name)
        return None if made is None else self.get(str(made))

    # --- Drafts ----------------------------------------------------------------------------

    def keep_draft(self, draft: KeptDraft) -> None:
        """See ``ConfigStore.keep_draft``; the time is the project's own."""
        limits.check_draft(draft)
        values = {
            "slot": rows.without_nul(draft.slot),
            "name": rows.without_nul(draft.name),
            "config_id": draft.config_id and rows.without_nul(draft.config_id),
            "payload": rows.without_nul(draft.payload),
        }
        # Keeping the same once more changes nothing, so it may be tried again.
        self._read(lambda client: client.rpc("keep_draft", values))

    def drafts(self) -> tuple[KeptDraft, ...]:
        """See ``ConfigStore.drafts``."""
        found = self._rows(
            lambda client: (
                client.table(DRAFTS)
                .select("slot, name, config_id, payload, updated_at")
                .eq("user_id", self._user)
                .order("number", desc=True)
            )
        )
        return tuple(rows.read(rows.draft, row) for row in found)

    def drop_draft(self, slot: str) -> None:
        """See ``ConfigStore.drop_draft``."""
        if is_text(slot):
            kept_as = rows.without_nul(slot)
            self._write(lambda client: client.table(DRAFTS).delete().eq("slot", kept_as))

    # --- Steps -----------------------------------------------------------------------------

    def _listed(self, query: Query, cursor: Cursor | None, limit: int) -> Sequence[rows.Row]:
        """The rows behind the cursor in its direction, or from the start."""
        values = _filters(query) | {"sort": query.sort, "page_size": limit}
        values["falling"] = query.descending is not (cursor is not None and cursor.backward)
        if cursor is not None:
            if not _is_place(cursor):
                return []
            values |= {"place": str(cursor.value), "place_id": cursor.id}
        return self._rows(lambda client: client.rpc("list_configs", values))

    def _history(self, config_id: str, number: int | None = None) -> Sequence[rows.Row]:
        wanted = {"config_id": _id(config_id), "number": number}
        return self._rows(lambda client: client.rpc("config_history", wanted))

    def _whole(self, ids: Sequence[str]) -> Iterator[tuple[Config, tuple[Version, ...]]]:
        """Configs of a page with their versions, as far as they are still there."""
        found = self._rows(lambda client: _live(client, rows.CONFIG).in_("id", ids))
        history = self._rows(
            lambda client: (
                client.table(VERSIONS).select("*").in_("config_id", ids).order("number", desc=True)
            )
        )
        configs = {config.id: config for config in (rows.read(rows.config, row) for row in found)}
        versions = [rows.read(rows.version, row) for row in history]
        for config_id in filter(configs.__contains__, ids):
            own = (version for version in versions if version.config_id == config_id)
            yield configs[config_id], tuple(own)

    def _renew(self, config_id: str, columns: dict[str, Any], expected_revision: int) -> Config:
        """Write a new version; the project makes none of what is there already."""
        wanted = _id(config_id)
        renewed = self._write(
            lambda client: (
                client.table(CONFIGS)
                .update(columns)
                .eq("id", wanted)
                .eq("revision", expected_revision if expected_revision in _NUMBERS else 0)
                .is_("deleted_at", None)
            ),
            columns["name"],
        )
        if not renewed:
            raise Conflict(self.get(config_id))
        return rows.read(rows.config, _only(rows.rows(renewed)))

    def _brought_back(self, config_id: str, columns: dict[str, Any]) -> Config:
        found = self._write(
            lambda client: (
                client.table(CONFIGS)
                .update(columns)
                .eq("id", config_id)
                .not_.is_("deleted_at", None)
            ),
            columns["name"],
        )
        return rows.read(rows.config, _only(rows.rows(found)))

    def _rows(self, ask: Callable[[Client], Request]) -> Sequence[rows.Row]:
        return rows.rows(self._read(ask))

    def _read(self, ask: Callable[[Client], Request]) -> Any:
        """The answer to what may be asked again."""
        return with_retries(lambda: self._write(ask))

    def _write(self, ask: Callable[[Client], Request], name: str = "") -> Any:
        """The answer to what is asked once, see ``asked``."""
        return asked(self._project, self._access, ask, name)


def _live(client: Client, columns: str) -> Request:
    return client.table(CONFIGS).select(columns).is_("deleted_at", None)


def _gone(client: Client, columns: str) -> Request:
    """The deleted configs that can still come back."""
    first = datetime.now(UTC) - KEPT_DELETED
    return client.table(CONFIGS).select(columns).gt("deleted_at", first.isoformat())


def _place(row: rows.Row, sort: Sort) -> tuple[str | int, str]:
    """What a row of a list is sorted by, and its id."""
    return rows.read(lambda row: rows.place(row, sort), row)


def _only(found: Sequence[rows.Row]) -> rows.Row:
    if not found:
        raise NotFound(_NO_CONFIG)
    return found[0]


def _id(config_id: str) -> str:
    """The id in the one way of writing it; what is no id names no config."""
    try:
        return str(uuid.UUID(config_id)) if len(config_id) == 36 else _no_id()
    except ValueError:
        return _no_id()


def _id_or_none(config_id: str) -> str | None:
    with contextlib.suppress(NotFound):
        return _id(config_id)
    return None


def _no_id() -> str:
    raise NotFound(_NO_CONFIG)


def _filters(query: Query) -> dict[str, Any]:
    return {
        "search": list(search_words(query.search)),
        "methods": list(query.methods),
        "templates": list(query.templates),
        "valid": query.valid,
        "tags": sorted(set(query.tags)),
    }


def _can_be_found(query: Query) -> bool:
    """Whether PostgreSQL can be asked for it: it knows no NUL and no half of a surrogate pair."""
    asked = (*search_words(query.search), *query.methods, *query.templates, *query.tags)
    return all(map(_is_stored, asked))


def _is_stored(text: str) -> bool:
    return is_text(text) and "\x00" not in text


def _is_place(cursor: Cursor) -> bool:
    """Whether a cursor says a place in this store's order; a forged one may say anything."""
    try:
        uuid.UUID(cursor.id)
        if cursor.sort == "times_used":
            return abs(int(cursor.value)) < 2**31
        if cursor.sort != "name" and cursor.value != rows.NEVER:
            rows.moment(str(cursor.value))
    except (ValueError, OverflowError):
        return False
    return _is_stored(str(cursor.value))

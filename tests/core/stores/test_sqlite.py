"""What holds in the SQLite file itself, whatever program writes it."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from core.errors import NeedsConsent, NotAllowed, Unacceptable
from core.identity.protocol import Actor
from core.stores.protocol import Checked, Config, KeptDraft, Query, Sort
from core.stores.sqlite import SqliteStore
from core.system.database import Database
from tests.commands import approval, running
from tests.stores import ANNA, BERT, FAULTY, content, create, names, sqlite_database

SORTS: tuple[Sort, ...] = get_args(Sort)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = sqlite_database(tmp_path / "stores.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> SqliteStore:
    return SqliteStore(database, ANNA)


@pytest.fixture
def config(store: SqliteStore) -> Config:
    return store.create(content("run"), tags=["x"])


def change(database: Database, sql: str, *values: object) -> None:
    with database.write() as connection:
        connection.execute(sql, values)


# --- What the file refuses -----------------------------------------------------------------------

AT = "2026-05-01T12:00:00.000000Z"
SOUND: dict[str, Any] = {
    "user_id": ANNA.user_id,
    "id": "an-id",
    "name": "run",
    "template_type": "custom",
    "created_at": AT,
    "updated_at": AT,
    "search": "run\n",
    "config_json": "{}",
}
UNSOUND: list[dict[str, Any]] = [
    {"user_id": "nobody"},
    {"id": ""},
    {"name": ""},
    {"name": "x" * 121},
    {"name": " x"},
    {"name": "x "},
    {"name": "a\nb"},
    {"name": "a\x00b"},
    {"name": "a\x85b"},
    {"name": "a\u200bb"},
    {"name": "a\u202eb"},
    {"name": "a\u2066b"},
    {"name": "\ufeffb"},
    {"description": "x" * 2001},
    {"description": "a\x00" + "x" * 2001},
    {"template_type": ""},
    {"template_type": "Sft"},
    {"template_type": "1"},
    {"template_type": "a-b"},
    {"template_type": "a" * 41},
    {"config_json": ""},
    {"config_json": "[]"},
    {"config_json": "{"},
    {"config_json": '{"a": NaN}'},
    {"config_json": '"{}"'},
    {"config_json": b"{}"},
    {"config_json": '{"a": "' + "é" * 131_072 + '"}'},
    {"validation_errors": "{}"},
    {"validation_errors": "["},
    {"validation_errors": json.dumps(["x" * 65536])},
    {"is_validated": 2},
    {"runs": -1},
    {"times_used": -1},
    {"revision": 0},
    {"created_at": "2026-05-01"},
    {"updated_at": "2026-05-01 12:00:00.000000+00"},
    {"last_used_at": "now"},
    {"deleted_at": ""},
    {"search": "run"},
    {"search": "\nrun"},
    {"times_used": "many"},
    {"target": "x" * 101},
    {"target": "é"},
    {"target": "a\n"},
    {"target": "a\x00é"},
    {"approvals": ""},
    {"approvals": "{}"},
    {"approvals": json.dumps([{}] * 201)},
]


def insert(database: Database, table: str, columns: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(columns))
    change(
        database, f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *columns.values()
    )


def test_a_sound_row_is_taken(database: Database, store: SqliteStore) -> None:
    insert(database, "training_configs", SOUND)
    assert store.get("an-id").revision == 1


@pytest.mark.parametrize("changes", UNSOUND, ids=lambda changes: repr(changes)[:40])
def test_an_unsound_row_is_refused(database: Database, changes: dict[str, Any]) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, "training_configs", SOUND | changes)


@pytest.mark.parametrize("changes", UNSOUND[1:], ids=lambda changes: repr(changes)[:40])
def test_a_row_can_not_become_unsound(database: Database, changes: dict[str, Any]) -> None:
    insert(database, "training_configs", SOUND)
    ((column, value),) = changes.items()
    with pytest.raises(sqlite3.IntegrityError):
        change(database, f"UPDATE training_configs SET {column} = ?", value)


@pytest.mark.parametrize("column", ["id", "user_id", "created_at"])
def test_a_row_keeps_its_owner(database: Database, config: Config, column: str) -> None:
    other = {"id": "x", "user_id": BERT.user_id, "created_at": AT}[column]
    with pytest.raises(sqlite3.IntegrityError, match="never change"):
        change(database, f"UPDATE training_configs SET {column} = ?", other)


@pytest.mark.parametrize("column", ["config_json", "message", "number", "author", "user_id"])
def test_a_version_never_changes(database: Database, config: Config, column: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="never changes"):
        change(database, f"UPDATE config_versions SET {column} = {column}")


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": BERT.user_id},
        {"config_id": "none"},
        {"number": 1},
        {"number": 0},
        {"operation": "delete"},
        {"operation": "restore"},
        {"restored_from": 1},
        {"message": "x" * 501},
        {"config_json": "[]"},
        {"config_json": '{"a": "' + "x" * 262_144 + '"}'},
        {"target": "é"},
        {"approvals": "{}"},
    ],
    ids=lambda changes: repr(changes)[:40],
)
def test_an_unsound_version_is_refused(
    database: Database, config: Config, changes: dict[str, Any]
) -> None:
    sound = {
        "user_id": ANNA.user_id,
        "config_id": config.id,
        "number": 2,
        "operation": "save",
        "author": ANNA.user_id,
        "created_at": AT,
        "name": "run",
        "template_type": "custom",
        "is_validated": 1,
        "runs": 1,
        "config_json": "{}",
    }
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, "config_versions", sound | changes)
    insert(database, "config_versions", sound)


@pytest.mark.parametrize(
    "changes",
    [{"user_id": BERT.user_id}, {"tag": ""}, {"tag": " a"}, {"tag": "a\tb"}, {"tag": "x"}],
)
def test_an_unsound_tag_is_refused(
    database: Database, config: Config, changes: dict[str, Any]
) -> None:
    sound = {"user_id": ANNA.user_id, "config_id": config.id, "tag": "new"}
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, "config_tags", sound | changes)
    insert(database, "config_tags", sound)


# --- Accounts ------------------------------------------------------------------------------------


def rows(database: Database) -> dict[str, int]:
    tables = ("training_configs", "config_versions", "config_tags", "drafts")
    with database.read() as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in tables
        }


def test_what_an_account_has_goes_with_it(database: Database, store: SqliteStore) -> None:
    for kept in (store, SqliteStore(database, BERT)):
        kept.create(content("run"), tags=["x"])
        kept.keep_draft(KeptDraft("s", "n", None, "{}"))
    change(database, "DELETE FROM accounts WHERE id = ?", ANNA.user_id)
    assert rows(database) == dict.fromkeys(rows(database), 1)


def test_an_account_that_is_gone_can_not_save(database: Database) -> None:
    gone = SqliteStore(database, Actor("gone", "Gone"))
    with pytest.raises(NotAllowed, match="sign in again"):
        gone.create(content("run"))
    assert gone.list(Query()).rows == ()


def test_a_purge_takes_versions_and_tags_along(
    database: Database, store: SqliteStore, config: Config
) -> None:
    store.delete(config.id)
    change(database, "UPDATE training_configs SET deleted_at = ?", "2026-01-01T00:00:00.000000Z")
    assert store.deleted() == ()
    assert rows(database) == dict.fromkeys(rows(database), 0)


# --- Rows that somebody spoiled ------------------------------------------------------------------


def spoil(database: Database, sql: str) -> None:
    with database.write() as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(sql)
        connection.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 5000, '{"a": 1e400}'])
def test_a_config_that_is_no_json_is_listed(
    database: Database, store: SqliteStore, text: str
) -> None:
    first, second = create(store, "a", "b")
    spoil(database, f"UPDATE training_configs SET config_json = '{text}' WHERE id = '{first.id}'")
    for sort in SORTS:
        assert sorted(names(store.list(Query(sort=sort)))) == ["a", "b"]
    assert store.count(Query(methods=("sft",))) == store.facets().methods["sft"] == 1
    assert store.get(first.id).text == text
    assert [config.id for config, _ in store.everything()] == [first.id, second.id]
    mended = store.save(first.id, content("a"), expected_revision=1)
    assert store.get(first.id) == mended


@pytest.mark.parametrize("errors", ["", "{", "{}", "7", "[" * 5000])
def test_errors_that_are_no_list_are_none(
    database: Database, store: SqliteStore, errors: str
) -> None:
    config = store.create(content("a", checked=FAULTY))
    spoil(database, f"UPDATE training_configs SET validation_errors = '{errors}'")
    assert store.get(config.id).checked == Checked(is_valid=False)
    assert names(store.list(Query())) == ["a"]


@pytest.mark.parametrize("approvals", ["", "{", "{}", "7", "[7]", "[{}]", "[" * 5000])
def test_approvals_that_are_none_are_none(
    database: Database, store: SqliteStore, approvals: str
) -> None:
    config = store.create(content("a", text=running("ls"), approved=(approval("ls"),)))
    spoil(database, f"UPDATE training_configs SET approvals = '{approvals}'")
    assert store.get(config.id).approved == ()
    with pytest.raises(NeedsConsent):
        store.save(config.id, store.get(config.id).content, expected_revision=1)


# --- How it is read ------------------------------------------------------------------------------


def plans(database: Database, store: SqliteStore, query: Query) -> list[str]:
    """How SQLite finds the rows of a page, and of the page before it."""
    asked: list[str] = []
    with database.read() as connection:
        connection.set_trace_callback(asked.append)
    # There is one connection, and the store gets it.
    store.list(query)
    with database.read() as connection:
        connection.set_trace_callback(None)
        selects = [sql for sql in asked if "FROM training_configs" in sql]
        found = [connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in selects]
    return [row["detail"] for plan in found for row in plan]


COLUMNS: dict[Sort, str] = {
    "updated": "updated_at",
    "created": "created_at",
    "name": "sort_name",
    "last_used": "used_at",
    "times_used": "times_used",
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"methods": ("sft",)},
        {"methods": ("sft", "dpo"), "templates": ("custom",), "valid": True},
        {"search": "a"},
        {"search": "a b", "methods": ("sft",)},
    ],
)
@pytest.mark.parametrize("sort", SORTS)
def test_pages_are_read_in_the_order_of_an_index(
    database: Database, store: SqliteStore, sort: Sort, changes: dict[str, Any]
) -> None:
    create(store, "a b", "b a", "ab ba")
    query = Query(sort=sort, limit=1, **changes)
    cursor = store.list(query).next
    steps = plans(database, store, Query(sort=sort, limit=1, cursor=cursor, **changes))
    assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN tr")]
    for side in "<>":
        assert [step for step in steps if f"({COLUMNS[sort]},id){side}(?,?)" in step]


def test_no_row_of_another_user_is_read(database: Database, store: SqliteStore) -> None:
    create(store, "a")
    for step in plans(database, store, Query(search="a", sort="name", tags=("x",))):
        assert "training_configs" not in step or "user_id=?" in step


def test_an_unfinished_save_leaves_nothing(database: Database, store: SqliteStore) -> None:
    # The config is written before its version; without the version it is not kept either.
    change(
        database,
        "CREATE TRIGGER stop BEFORE INSERT ON config_versions "
        "BEGIN SELECT RAISE(ABORT, 'stopped'); END",
    )
    with pytest.raises(Unacceptable, match="stopped"):
        store.create(content("run"))
    assert rows(database) == dict.fromkeys(rows(database), 0)

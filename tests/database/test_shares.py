"""Links: what the database takes, whom it lets read, and what attacks on them come to."""

import json
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from psycopg.errors import (
    CheckViolation,
    DatabaseError,
    ForeignKeyViolation,
    InsufficientPrivilege,
    RaiseException,
    ReadOnlySqlTransaction,
    UniqueViolation,
)

from core.shares.protocol import MAX_DAYS, PER_CONFIG, PER_USER, new_token, token_hash
from core.shares.snapshot import MAX_COLUMNS, MAX_SNAPSHOT, from_json, to_json
from tests.commands import approval, digest, running
from tests.database.conftest import NewProject
from tests.database.project import SHARED, TEXT, Project, User
from tests.shares import column, comparison, of_config

pytestmark = pytest.mark.supabase

MAKE: Final = "select id, created_at, expires_at from make_share(%s, %s, %s, %s, %s, %s, %s)"
READ: Final = "select kind, title, snapshot from get_share(%s)"
LS: Final = running("ls")
APPROVED: Final = json.dumps([approval("ls").as_json()])


def made(
    user: User,
    snapshot: str,
    config: UUID | None = None,
    days: int = 7,
    approvals: str = "[]",
    title: str = "run",
) -> tuple[UUID, str]:
    """The id of a link that the function makes, and what it holds."""
    token = new_token()
    kind = "comparison" if config is None else "config"
    values = (kind, title, snapshot, token_hash(token), days, config, approvals)
    ((key, *_),) = user.ask(MAKE, *values)
    return key, token


def shown(*texts: str) -> str:
    return json.dumps({"columns": [{"text": text} for text in texts]})


# --- Making --------------------------------------------------------------------------------------


def test_what_the_app_writes_is_what_a_reader_gets(ada: User, visitor: User) -> None:
    snapshot = comparison(column(), column(TEXT + "\n", "ß 日本 \u2028"), base=1, ignore=("a", "b"))
    _, token = made(ada, to_json(snapshot))
    ((kind, title, text),) = visitor.ask(READ, token)
    assert (kind, title, from_json(text)) == ("comparison", "run", snapshot)


@pytest.mark.parametrize("days", [1, 7, 30, MAX_DAYS])
def test_a_link_works_in_the_databases_time(ada: User, days: int) -> None:
    snapshot, token = to_json(of_config()), new_token()
    values = ("config", "run", snapshot, token_hash(token), days, ada.create(), "[]")
    ((_, created, expires),) = ada.ask(MAKE, *values)
    assert expires - created == timedelta(days=days)
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1, 2**31 - 1])
def test_no_link_works_longer(ada: User, days: int) -> None:
    with pytest.raises(DatabaseError):
        made(ada, to_json(of_config()), ada.create(), days)
    assert ada.ask("select * from config_shares") == []


SNAPSHOTS: Final = {
    "not JSON": "{",
    "a list": "[]",
    "nothing": "null",
    "no columns": "{}",
    "columns that are none": '{"columns": {"text": "{}"}}',
    "an empty list": '{"columns": []}',
    "too many": shown(*["{}"] * (MAX_COLUMNS + 1)),
    "a column without a text": '{"columns": [{"title": "x"}]}',
    "a text that is none": '{"columns": [{"text": {}}]}',
    "a text that is no JSON": shown("{"),
    "a text that is not an object": shown("{}", "[1]"),
    "a number that fills the memory": shown('{"a": 1e131071}'),
    "too long": shown("{}") + " " * MAX_SNAPSHOT,
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_what_is_no_snapshot_is_refused(ada: User, name: str) -> None:
    with pytest.raises(DatabaseError):
        made(ada, SNAPSHOTS[name])
    with pytest.raises(DatabaseError):
        ada.insert(
            "config_shares",
            **SHARED | {"snapshot": SNAPSHOTS[name]},
            config_id=ada.create(),
            token_hash="0" * 64,
            expires_at="tomorrow",
        )


def test_as_much_as_there_may_be(ada: User, visitor: User) -> None:
    _, token = made(ada, shown(*["{}"] * MAX_COLUMNS))
    assert visitor.ask(READ, token)
    rest = " " * (MAX_SNAPSHOT - len(shown("{}")))
    _, token = made(ada, shown("{}") + rest)
    assert visitor.ask(READ, token)


@pytest.mark.parametrize("title", ["", " x", "x" * 121, "a\nb", "a\u202eb"])
def test_a_title_is_one_plain_line(ada: User, title: str) -> None:
    with pytest.raises(CheckViolation):
        made(ada, shown("{}"), title=title)


def test_a_config_has_a_config_and_a_comparison_has_none(ada: User) -> None:
    for kind, config in (("config", None), ("comparison", ada.create()), ("page", None)):
        with pytest.raises(CheckViolation):
            ada.ask(MAKE, kind, "run", shown("{}"), "0" * 64, 1, config, "[]")


def test_nobody_links_to_a_config_of_somebody_else(ada: User, eve: User) -> None:
    config = ada.create()
    for target in (config, uuid4()):
        with pytest.raises(ForeignKeyViolation):
            made(eve, shown("{}"), target)


def test_a_deleted_config_gets_no_link(ada: User, visitor: User) -> None:
    config = ada.create()
    _, token = made(ada, shown("{}"), config)
    ada.change(config, deleted_at="now")
    assert visitor.ask(READ, token) == []
    with pytest.raises(ForeignKeyViolation, match="this config was deleted"):
        made(ada, shown("{}"), config)
    ada.change(config, deleted_at=None)
    assert visitor.ask(READ, token) == []
    made(ada, shown("{}"), config)


def test_no_link_is_left_where_a_config_is_deleted_meanwhile(project: Project, ada: User) -> None:
    configs = [ada.create(str(number)) for number in range(20)]

    def act(number: int) -> None:
        if number % 2:
            ada.change(configs[number // 2], deleted_at="now")
        else:
            made(ada, shown("{}"), configs[number // 2])

    project.at_once(40, act)
    assert ada.ask("select id from config_shares") == []


def test_nobody_makes_a_link_without_an_account(ada: User, visitor: User) -> None:
    with pytest.raises(InsufficientPrivilege):
        made(visitor, shown("{}"))
    with pytest.raises(InsufficientPrivilege):
        made(visitor, shown("{}"), ada.create())


def test_a_token_is_of_one_link(ada: User, eve: User, visitor: User) -> None:
    _, token = made(ada, shown("{}"))
    with pytest.raises(UniqueViolation):
        eve.ask(MAKE, "comparison", "taken", shown("{}"), token_hash(token), 1, None, "[]")
    assert visitor.ask(READ, token)[0][1] == "run"


# --- Commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["[]", "null", '"[]"', '{"a": 1}', '[{"sha256": "0"}]'])
def test_a_command_without_a_yes_is_not_handed_on(ada: User, given: str) -> None:
    for texts in ((LS,), ("{}", LS)):
        with pytest.raises(RaiseException, match=r"^consent: a command"):
            made(ada, shown(*texts), approvals=given)
    with pytest.raises(RaiseException, match=r"^consent: a command"):
        made(ada, shown(LS), ada.create(), approvals=given)


def test_the_yes_of_the_config_holds_for_its_link(ada: User) -> None:
    config = ada.create(config_text=LS, approvals=APPROVED)
    key, _ = made(ada, shown(LS), config)
    with pytest.raises(RaiseException, match=r"^consent: a command"):
        made(ada, shown(running("ls", "pwd")), config)
    assert ada.one("select approvals #>> '{0,sha256}' from config_shares where id = %s", key) == (
        digest("ls")
    )


def test_a_yes_that_comes_along_is_recorded_as_the_callers(ada: User, eve: User) -> None:
    forged = json.dumps([approval("ls", by=str(eve.id)).as_json() | {"at": "2999-01-01"}])
    key, _ = made(ada, shown("{}", LS, LS), approvals=forged)
    (kept,) = ada.one("select approvals from config_shares where id = %s", key)
    assert kept["by"] == str(ada.id)
    assert datetime.fromisoformat(kept["at"]) < datetime.now(UTC) + timedelta(minutes=1)


def test_no_reader_sees_whose_yes_it_was(ada: User, visitor: User) -> None:
    _, token = made(ada, shown(LS), approvals=APPROVED)
    ((answer,),) = visitor.ask("select to_jsonb(s) from get_share(%s) s", token)
    assert set(answer) == {"kind", "title", "snapshot", "created_at", "expires_at"}
    assert str(ada.id) not in json.dumps(answer)


def test_the_owner_of_the_tables_is_asked_too(project: Project, ada: User) -> None:
    with pytest.raises(RaiseException, match=r"^consent: a command"):
        project.owner(
            "insert into config_shares (user_id, kind, title, snapshot, token_hash, expires_at) "
            "values (%s, 'comparison', 'x', %s, %s, now() + interval '1 day')",
            *(ada.id, shown(LS), "1" * 64),
        )


# --- How many ------------------------------------------------------------------------------------


def test_a_user_has_no_more_links_than_the_limits(project: Project, ada: User) -> None:
    first, second = ada.create("a"), ada.create("b")
    outcomes = project.at_once(30, lambda _: made(ada, shown("{}"), first))
    assert sum(isinstance(one, tuple) for one in outcomes) == PER_CONFIG
    made(ada, shown("{}"), second)
    for _ in range(PER_USER - PER_CONFIG - 1):
        made(ada, shown("{}"))
    for config in (second, None):
        with pytest.raises(RaiseException, match=f"^quota: {PER_USER} links\n") as refused:
            made(ada, shown("{}"), config)
        assert refused.value.diag.message_hint == "quota"
    ada.ask("delete from config_shares where config_id = %s", second)
    made(ada, shown("{}"), second)


def test_what_has_ended_makes_room_and_leaves_nothing(project: Project, ada: User) -> None:
    config = ada.create()
    revoked, _ = made(ada, shown("{}"), config)
    past, _ = made(ada, shown("{}"))
    ada.ask("update config_shares set revoked_at = now() where id = %s", revoked)
    project.force(
        "update config_shares set created_at = now() - interval '2 days', expires_at = now() "
        "where id = %s",
        past,
    )
    alive, _ = made(ada, shown("{}"))
    assert ada.ask("select id from config_shares") == [(alive,)]


def test_nobody_learns_how_many_links_another_has(new_project: NewProject) -> None:
    project = new_project("all_granted")
    ada, eve = project.user(), project.user()
    project.owner("update tunesmith.limits set value = 1 where name = 'shares_per_user'")
    made(ada, shown("{}"))
    given: dict[str, Any] = {"user_id": ada.id, "kind": "comparison", "title": "x"}
    given |= {"snapshot": shown("{}"), "token_hash": "2" * 64, "expires_at": "tomorrow"}
    with pytest.raises(InsufficientPrivilege):
        eve.insert("config_shares", **given)
    assert ada.one("select count(*) from config_shares") == 1


# --- Ending --------------------------------------------------------------------------------------


def test_a_comparison_goes_with_the_account(project: Project, ada: User, visitor: User) -> None:
    _, token = made(ada, shown("{}"))
    project.owner("delete from auth.users where id = %s", ada.id)
    assert visitor.ask(READ, token) == []
    assert project.owner("select 1 from config_shares where user_id = %s", ada.id) == []


def test_nobody_else_revokes_a_link(ada: User, eve: User, visitor: User) -> None:
    key, token = made(ada, shown("{}"))
    for statement in (
        "delete from config_shares where id = %s returning id",
        "update config_shares set revoked_at = now() where id = %s returning id",
    ):
        assert eve.ask(statement, key) == []
        with pytest.raises(InsufficientPrivilege):
            visitor.ask(statement, key)
    assert visitor.ask(READ, token)
    assert ada.ask("delete from config_shares where id = %s returning id", key) == [(key,)]
    assert visitor.ask(READ, token) == []


def test_nothing_of_a_link_changes(new_project: NewProject) -> None:
    ada = new_project("all_granted").user()
    key, token = made(ada, shown("{}"), ada.create())
    for change in (
        "title = 'other'",
        'snapshot = \'{"columns": [{"text": "[]"}]}\'',
        "kind = 'comparison', config_id = null",
        "approvals = '[1]'",
        "views = 0, expires_at = created_at + interval '90 days'",
        "user_id = gen_random_uuid()",
    ):
        with pytest.raises(InsufficientPrivilege, match="a share can only be revoked"):
            ada.ask(f"update config_shares set {change} where id = %s", key)
    ((_, title, text),) = ada.ask(READ, token)
    assert (title, text) == ("run", shown("{}"))


def test_the_function_that_read_the_live_config_is_gone(project: Project) -> None:
    found = project.owner("select oid::regproc from pg_proc where proname = 'get_shared_config'")
    assert found == []


def test_links_of_before_end_with_the_migration(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    ada = project.user()
    key, token = made(ada, shown("{}"), ada.create())
    project.owner("alter table config_shares alter column snapshot drop not null")
    project.force("update config_shares set snapshot = null where id = %s", key)
    _, other = made(ada, shown("{}"))
    project.migrate()
    assert User(project, None).ask(READ, token) == []
    assert User(project, None).ask(READ, other)


# --- Reading -------------------------------------------------------------------------------------


def test_a_reader_needs_the_token_itself(ada: User, eve: User, visitor: User) -> None:
    key, token = made(ada, shown("{}"))
    hashed = sha256(token.encode()).hexdigest()
    guesses = [
        hashed,
        f"\\x{hashed}",
        str(key),
        token[:-1],
        f"{token} ",
        token.swapcase(),
        "%" * 43,
    ]
    guesses += [secrets.token_urlsafe(32) for _ in range(50)]
    for reader in (eve, visitor):
        for guess in guesses:
            assert reader.ask(READ, guess) == []
    assert ada.one("select views from config_shares where id = %s", key) == 0


def test_views_are_counted_side_by_side(project: Project, ada: User, visitor: User) -> None:
    key, token = made(ada, shown("{}"))
    project.at_once(24, lambda _: visitor.ask(READ, token))
    assert ada.one("select views from config_shares where id = %s", key) == 24
    project.force("update config_shares set views = 2147483647 where id = %s", key)
    # Rather no view than an error that tells a link from none.
    assert visitor.ask(READ, token) == []


def test_a_link_is_not_read_where_nothing_may_be_written(project: Project, ada: User) -> None:
    """As the API does for GET, where the token would stand in an address."""
    _, token = made(ada, shown("{}"))
    with User(project, None).request() as connection:
        connection.execute("set transaction read only")
        with pytest.raises(ReadOnlySqlTransaction):
            connection.execute(READ.encode(), (token,))

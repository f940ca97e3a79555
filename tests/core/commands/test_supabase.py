"""``supabase check``, ``push`` and ``pull`` against a real server."""

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.cli import main
from core.commands import supabase
from core.errors import Unavailable
from core.identity.protocol import Actor, NewAccount
from core.identity.supabase import SupabaseIdentity
from core.stores.protocol import ConfigStore
from core.stores.sqlite import SqliteStore
from core.stores.supabase import SupabaseStore
from core.system.database import FILE_NAME, Database
from core.system.remote import Project
from tests.accounts import PASSWORD, local_identity
from tests.command import Result, run
from tests.commands import approval, digest, running
from tests.stores import FINE, content, create, with_method
from tests.supabase_server import SUPABASE
from tests.supabase_server.lite import LiteServer, Settings
from tests.supabase_server.plugin import NewServer
from tests.supabase_users import PASSWORD as SUPABASE_PASSWORD
from tests.supabase_users import User, new_user

pytestmark = pytest.mark.supabase

Use = Callable[[LiteServer], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    def use(server: LiteServer) -> None:
        monkeypatch.setenv("TUNESMITH_SUPABASE_URL", server.url)
        monkeypatch.setenv("TUNESMITH_SUPABASE_KEY", server.publishable_key)

    return use


@pytest.fixture
def ann(folder: Path) -> Iterator[ConfigStore]:
    """The library of Ann's account in the file."""
    database = Database(folder / FILE_NAME)
    account = local_identity(database).add(NewAccount("ann", PASSWORD))
    yield SqliteStore(database, account.actor)
    database.close()


@pytest.fixture
def ada(supabase_project: Project, supabase_server: LiteServer, use: Use) -> User:
    """A new Supabase account in the project of the settings."""
    use(supabase_server)
    return new_user(supabase_project, "ada")


@pytest.fixture
def there(supabase_project: Project, ada: User) -> ConfigStore:
    """The library of the Supabase account."""
    return SupabaseStore(supabase_project, ada.actor)


def push(user: User, *argv: str) -> Result:
    return run("push", "--email", user.email, *argv, stdin=SUPABASE_PASSWORD + "\n")


def pull(user: User, *argv: str) -> Result:
    return run("pull", "--email", user.email, *argv, stdin=SUPABASE_PASSWORD + "\n")


def fill(store: ConfigStore) -> None:
    """Three configs, one of them with a history, tags and uses."""
    config, *_ = create(store, "a", "b", "c")
    store.save(config.id, content("a", text=with_method("dpo")), expected_revision=1, message="m")
    store.restore(config.id, 1, FINE, expected_revision=2)
    store.tag([config.id], ["x", "y"])
    store.mark_used(config.id)


def library(store: ConfigStore) -> list[Any]:
    """What has to be the same in both places."""
    return [
        (
            (config.content, config.tags, config.times_used),
            (config.created_at, config.updated_at, config.last_used_at),
            [(one.number, one.content, one.operation, one.message) for one in versions],
            [(one.restored_from, one.created_at) for one in versions],
        )
        for config, versions in store.everything()
    ]


# --- Check ---------------------------------------------------------------------------------------


def problems(result: Result) -> list[str]:
    return [line["text"] for line in json.loads(result.out) if line["state"] == "problem"]


def test_the_version_is_that_of_the_newest_migration() -> None:
    newest = max(path.name for path in (SUPABASE / "migrations").glob("*.sql"))
    assert str(supabase.VERSION) == newest.partition("_")[0]
    assert f"'version', {supabase.VERSION}" in (SUPABASE / "migrations" / newest).read_text()


def test_a_project_as_it_should_be(ada: User, supabase_server: LiteServer) -> None:
    found = problems(run("supabase", "check", "--json"))
    if supabase_server.database_url:
        assert found == []
        assert run("supabase", "check").code == 0
    else:
        # In-process, this server grants everything to everybody: just that is told.
        assert found
        assert all(text.startswith("rights of ") for text in found)


def test_a_project_without_the_tables(
    supabase_servers: NewServer, use: Use, tmp_path: Path
) -> None:
    migrations = tmp_path / "empty" / "migrations"
    migrations.mkdir(parents=True)
    table = "create table public.notes (id bigint primary key);"
    (migrations / "20260101000000_other.sql").write_text(table)
    use(supabase_servers(project=tmp_path / "empty"))
    result = run("supabase", "check")
    assert result.code == 1
    assert "Tunesmith's tables are not there" in result.out
    assert "supabase db push" in result.out


def test_a_policy_that_is_gone_is_told(supabase_servers: NewServer, use: Use) -> None:
    server = supabase_servers()
    if not server.database_url:
        pytest.skip("nobody gets at the database inside this server; tests/database has the same")
    use(server)
    with psycopg.connect(server.database_url) as connection:
        connection.execute("drop policy config_drafts_select on public.config_drafts")
    result = run("supabase", "check")
    assert result.code == 1
    assert "policy config_drafts_select on public.config_drafts: is missing" in result.out


def test_a_key_of_another_project(
    supabase_server: LiteServer, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(supabase_server)
    monkeypatch.setenv("TUNESMITH_SUPABASE_KEY", "sb_publishable_of_another_project")
    result = run("supabase", "check")
    assert (result.code, "doesn't accept this key" in result.out) == (1, True)


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("http://127.0.0.1:9", "sb_publishable_x", "can't be reached"),
        ("http://127.0.0.1:9", "sb_secret_x", "secret key"),
        ("", "", "No Supabase project is set"),
    ],
)
def test_what_can_not_be_asked(
    monkeypatch: pytest.MonkeyPatch, url: str, key: str, said: str
) -> None:
    monkeypatch.setenv("TUNESMITH_SUPABASE_URL", url)
    monkeypatch.setenv("TUNESMITH_SUPABASE_KEY", key)
    result = run("supabase", "check")
    assert (result.code, said in result.err) == (2, True)
    assert not key or key not in result.err


# --- Push and pull -------------------------------------------------------------------------------


def test_a_library_goes_over_whole_and_once(
    ada: User, ann: ConfigStore, there: ConfigStore
) -> None:
    fill(ann)
    first, second = push(ada), push(ada)
    assert (first.code, first.err) == (0, "3 copied.\n")
    assert first.out.splitlines()[0].split() == ["copied", "a"]
    assert (second.code, second.err) == (0, "3 there already.\n")
    assert library(there) == library(ann)


def test_and_back_into_a_new_file(
    ada: User, there: ConfigStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(there)
    monkeypatch.setenv("TUNESMITH_DATA", str(folder / "new"))
    assert "The file has no accounts" in pull(ada).err
    database = Database(folder / "new" / FILE_NAME)
    account = local_identity(database).add(NewAccount("new", PASSWORD))
    assert pull(ada).err == "3 copied.\n"
    assert library(SqliteStore(database, account.actor)) == library(there)
    database.close()


def test_what_came_from_here_makes_no_doubles(ada: User, ann: ConfigStore) -> None:
    fill(ann)
    push(ada)
    back = pull(ada)
    assert (back.code, back.err) == (0, "3 there already.\n")
    assert len(library(ann)) == 3


def test_what_came_from_there_makes_no_doubles(
    ada: User, ann: ConfigStore, there: ConfigStore
) -> None:
    fill(there)
    assert pull(ada).err == "3 copied.\n"
    assert pull(ada).err == "3 there already.\n"
    assert push(ada).err == "3 there already.\n"
    assert library(ann) == library(there)


def test_newer_versions_follow_and_changes_on_both_sides_stay(
    ada: User, ann: ConfigStore, there: ConfigStore
) -> None:
    fill(ann)
    push(ada)
    here = {config.name: config for config, _ in ann.everything()}
    other = {config.name: config for config, _ in there.everything()}
    for name in ("b", "c"):
        ann.save(here[name].id, content(name, text="{}"), expected_revision=1, message="newer")
    there.save(other["c"].id, content("c", description="theirs"), expected_revision=1)
    result = push(ada)
    assert result.code == 1
    assert result.err == "1 there already, 1 brought up to date, 1 left alone.\n"
    assert "changed there too" in result.out
    assert there.get(other["b"].id).text == "{}"
    assert there.versions(other["b"].id)[0].message == "newer"
    assert there.get(other["c"].id).description == "theirs"


def test_a_taken_name_stops_no_other(ada: User, ann: ConfigStore, there: ConfigStore) -> None:
    fill(ann)
    there.create(content("b"))
    result = push(ada)
    assert (result.code, result.err) == (1, "2 copied, 1 left alone.\n")
    assert "Another config there is named 'b'; rename one of the two" in result.out


def test_a_row_that_its_owner_spoiled_stops_no_other(
    ada: User, ann: ConfigStore, there: ConfigStore, supabase_project: Project
) -> None:
    spoiled, *_ = create(there, "a", "b", "c")
    table = supabase_project.client(ada.token).table("training_configs")
    twice = '{"a": 1, "a": 2}'
    table.update({"config_text": twice}).eq("id", spoiled.id).execute()
    result = pull(ada)
    assert (result.code, result.err) == (1, "1 left alone, 2 copied.\n")
    assert "a: The config can't be kept" in result.out.splitlines()[0]
    assert [config.name for config, _ in ann.everything()] == ["b", "c"]


def test_a_yes_goes_along_and_what_has_none_is_told(
    ada: User, ann: ConfigStore, there: ConfigStore, folder: Path
) -> None:
    given = content("a", text=running("ls"), approved=(approval("ls"),), target="x/y/z")
    ann.create(given)
    ann.create(replace(given, name="b"))
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        # As both were before commands had to be approved.
        connection.execute("UPDATE training_configs SET approvals = '[]' WHERE name = 'b'")
        connection.execute("DROP TRIGGER config_versions_never_change")
        connection.execute("UPDATE config_versions SET approvals = '[]' WHERE name = 'b'")
    result = push(ada)
    assert (result.code, result.err) == (1, "1 copied, 1 left alone.\n")
    assert "b: It runs a command that nobody has approved; open it, approve it" in result.out
    ((config, _),) = there.everything()
    assert (config.name, config.target) == ("a", "x/y/z")
    assert [(one.sha256, one.by) for one in config.approved] == [(digest("ls"), ada.actor.user_id)]
    assert push(ada).err == "1 there already, 1 left alone.\n"
    assert pull(ada).err == "1 there already.\n"


def test_what_a_terminal_could_act_on_is_not_printed(
    ada: User, ann: ConfigStore, folder: Path
) -> None:
    create(ann, "run")
    # Somebody writes into the file itself.
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE training_configs SET name = char(27) || '[2Jrun'")
    result = push(ada)
    assert (result.code, "\x1b" in result.out) == (1, False)
    assert "can't be seen" in result.out


def test_what_was_deleted_on_one_side_does_not_come_back(
    ada: User, ann: ConfigStore, there: ConfigStore
) -> None:
    fill(ann)
    push(ada)
    for name, store, again in (("a", ann, pull), ("b", there, push)):
        (gone,) = (config.id for config, _ in store.everything() if config.name == name)
        store.delete(gone)
        result = again(ada)
        assert (result.code, f"{name}: It was deleted there" in result.out) == (1, True)
        assert name not in [config.name for config, _ in store.everything()]


def test_what_can_not_come_back_any_more_is_copied_again(
    ada: User, ann: ConfigStore, there: ConfigStore, supabase_server: LiteServer
) -> None:
    if not supabase_server.database_url:
        pytest.skip(
            "nobody can set the clock inside this server; tests/core/stores/test_copying.py can"
        )
    fill(ann)
    push(ada)
    for config, _ in there.everything():
        there.delete(config.id)
    with psycopg.connect(supabase_server.database_url) as connection:
        # Its triggers keep the moment as it was.
        connection.execute("set session_replication_role = replica")
        past = "update public.training_configs set deleted_at = now() - interval '31 days'"
        connection.execute(past + " where user_id = %s", [ada.actor.user_id])
    assert push(ada).err == "3 copied.\n"
    assert library(there) == library(ann)


def test_the_sign_in_ends_with_the_command(
    ada: User, ann: ConfigStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    end = SupabaseIdentity.end

    def noted(self: SupabaseIdentity, actor: Actor, *, everywhere: bool = False) -> None:
        assert actor.access
        ended.append(actor.access.token())
        end(self, actor, everywhere=everywhere)

    monkeypatch.setattr(SupabaseIdentity, "end", noted)
    monkeypatch.setattr(supabase, "copied", _fails)
    assert push(ada).code == 2
    assert len(ended) == 1


def _fails(source: object, target: object) -> Iterator[Any]:
    raise Unavailable("away")


class Counting(io.StringIO):
    """Ends the server after some lines."""

    def __init__(self, server: LiteServer, lines: int) -> None:
        super().__init__()
        self.server = server
        self.lines = lines

    def write(self, text: str) -> int:
        self.lines -= text.count("\n")
        if self.lines == 0:
            self.server.kill()
        return super().write(text)


def test_an_interrupted_push_goes_on(
    supabase_servers: NewServer, use: Use, ann: ConfigStore
) -> None:
    server = supabase_servers(Settings(enable_confirmations=False))
    use(server)
    project = Project.open(server.url, server.publishable_key)
    user = new_user(project, "ada")
    project.close()
    create(ann, *(f"run {number}" for number in range(12)))
    out, err = Counting(server, 5), io.StringIO()
    code = main(["push", "--email", user.email], io.StringIO(SUPABASE_PASSWORD + "\n"), out, err)
    assert code == 2
    assert "5 copied before that; run it again to go on." in err.getvalue()
    server.start()
    assert push(user).err == "5 there already, 7 copied.\n"


def test_a_wrong_password_copies_nothing(ada: User, ann: ConfigStore) -> None:
    result = run("push", "--email", ada.email, stdin="not it\n")
    assert (result.code, result.out) == (2, "")
    assert "No account has this address and password" in result.err


def test_which_account_is_asked_for(ada: User, ann: ConfigStore, folder: Path) -> None:
    database = Database(folder / FILE_NAME)
    local_identity(database).add(NewAccount("bob", PASSWORD))
    database.close()
    assert "Say which account with --account; there are ann, bob." in push(ada).err
    assert push(ada, "--account", "ann").err == "There is nothing to copy.\n"

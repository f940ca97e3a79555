"""That the server which other tests stand on is what they take it for."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from postgrest.exceptions import APIError
from supabase import Client, ClientOptions, create_client

from tests.supabase_server import HERE, MissingPartError
from tests.supabase_server.lite import LiteServer, Settings
from tests.supabase_server.npm import packages
from tests.supabase_server.plugin import VARIABLE, NewServer
from tests.supabase_server.postgres import Grants, PostgresCluster, as_role, migrations

ROOT = HERE.parents[1]
PASSWORD = "correct horse battery"
NOTES = """
create table public.notes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  text text not null check (text <> ''),
  stars integer not null default 0
);
alter table public.notes enable row level security;
create policy own on public.notes to authenticated using ((select auth.uid()) = user_id);
-- grants:begin
revoke all on public.notes from public, anon, authenticated;
grant select, insert (text), delete on public.notes to authenticated;
-- grants:end
create function public.full() returns void language plpgsql as $$
begin
  raise exception 'no more notes' using hint = 'quota', detail = '1000 of 1000';
end $$;
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder as supabase/, with one table and nothing else."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "20261124000000_notes.sql").write_text(NOTES, "utf-8")
    return tmp_path


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def visitor(server: LiteServer, http: httpx.Client) -> Client:
    options = ClientOptions(
        auto_refresh_token=False,
        persist_session=False,
        # A server that is down is asked once.
        postgrest_client_retry=False,
        httpx_client=http,
    )
    return create_client(server.url, server.publishable_key, options)


def user(server: LiteServer, http: httpx.Client, email: str = "ada@example.com") -> Client:
    client = visitor(server, http)
    client.auth.sign_up({"email": email, "password": PASSWORD})
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    return client


@pytest.mark.supabase
def test_the_apps_own_migrations_run(supabase_server: LiteServer, http: httpx.Client) -> None:
    someone = user(supabase_server, http)
    listed = someone.table("training_configs").select("id").execute()
    assert listed.data == []


@pytest.mark.supabase
def test_a_visitor_sees_no_row_of_a_user(
    supabase_servers: NewServer, notes: Path, http: httpx.Client
) -> None:
    server = supabase_servers(project=notes)
    user(server, http).table("notes").insert({"text": "mine"}).execute()
    request = visitor(server, http).table("notes").select("text")
    if not server.database_url:
        assert request.execute().data == []
        return
    with pytest.raises(APIError) as refused:
        request.execute()
    assert refused.value.code == "42501"


@pytest.mark.supabase
@pytest.mark.usefixtures("supabase_packages")
def test_the_grants_of_the_migrations_are_in_force(
    postgres_cluster: PostgresCluster, notes: Path, http: httpx.Client
) -> None:
    server = LiteServer(postgres=postgres_cluster, project=notes)
    try:
        for email in ("before@example.com", "after-restart@example.com"):
            table = user(server, http, email).table("notes")
            assert table.insert({"text": "granted"}).execute().data
            with pytest.raises(APIError) as refused:
                table.insert({"text": "granted", "stars": 5}).execute()
            assert refused.value.code == "42501"
            server.restart()
    finally:
        server.stop()


@pytest.mark.supabase
def test_what_fails_is_told_as_hosted_projects_tell_it(
    supabase_servers: NewServer, notes: Path, http: httpx.Client
) -> None:
    someone = user(supabase_servers(project=notes), http)
    with pytest.raises(APIError) as refused:
        someone.table("notes").insert({"text": ""}).execute()
    assert refused.value.code == "23514"
    assert "notes_text_check" in str(refused.value.message)
    with pytest.raises(APIError) as refused:
        someone.rpc("full", {}).execute()
    told = (refused.value.code, refused.value.message, refused.value.details, refused.value.hint)
    assert told == ("P0001", "no more notes", "1000 of 1000", "quota")


@pytest.mark.supabase
def test_a_mail_brings_the_code(
    supabase_servers: NewServer, notes: Path, http: httpx.Client
) -> None:
    server = supabase_servers(Settings(enable_confirmations=True, otp_length=8), project=notes)
    client = visitor(server, http)
    client.auth.sign_up({"email": "ada@example.com", "password": PASSWORD})
    code = server.mail_code("ada@example.com")
    assert len(code) == 8
    assert [mail.to for mail in server.mails()] == ["ada@example.com"]
    answer = client.auth.verify_otp({"email": "ada@example.com", "token": code, "type": "signup"})
    assert answer.session
    with pytest.raises(LookupError, match=r"eve@example\.com"):
        server.mail_code("eve@example.com", seconds=0)


@pytest.mark.supabase
def test_data_outlives_a_restart_and_a_crash(
    supabase_servers: NewServer, notes: Path, http: httpx.Client
) -> None:
    server = supabase_servers(project=notes)
    table = user(server, http).table("notes")
    for end in (server.restart, server.kill):
        table.insert({"text": "kept"}).execute()
        end()
    with pytest.raises(httpx.ConnectError):
        table.select("text").execute()
    server.start()
    assert len(table.select("text").execute().data) == 2


@pytest.mark.supabase
def test_a_paused_server_answers_when_it_goes_on(
    supabase_servers: NewServer, notes: Path, http: httpx.Client
) -> None:
    server = supabase_servers(project=notes)
    health, headers = f"{server.url}/auth/v1/health", {"apikey": server.publishable_key}
    server.pause()
    with pytest.raises(httpx.ReadTimeout):
        http.get(health, headers=headers, timeout=0.2)
    server.resume()
    assert http.get(health, headers=headers).is_success


@pytest.mark.supabase
@pytest.mark.usefixtures("supabase_packages", "postgres_cluster")
def test_no_server_outlives_the_tests() -> None:
    starts = """
from tests.supabase_server.lite import LiteServer
from tests.supabase_server.postgres import PostgresCluster
cluster = PostgresCluster()
server = LiteServer(postgres=cluster)
print(cluster.port, server.port, cluster.folder, server.folder, flush=True)
input()
"""
    tests = subprocess.Popen(
        [sys.executable, "-c", starts],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with tests:
        assert tests.stdout
        words = tests.stdout.readline().split()
        ports, folders = [int(word) for word in words[:2]], [Path(word) for word in words[2:]]
        assert all(map(listens, ports))
        tests.kill()
    deadline = time.monotonic() + 20
    while any(map(listens, ports)) or any(folder.exists() for folder in folders):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_packages_that_cant_be_had_are_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text("{}", "utf-8")
    fails = "print('npm error code 1\\nnpm error network No route'); raise SystemExit(1)"
    with pytest.raises(MissingPartError, match=r"need the npm packages.*\(npm error network No r"):
        packages(tmp_path, [sys.executable, "-c", fails])
    hangs = "import time; time.sleep(60)"
    with pytest.raises(MissingPartError, match=r"was not done after 0\.5 s"):
        packages(tmp_path, [sys.executable, "-c", hangs], seconds=0.5)


def test_packages_are_installed_once_for_a_lock_file(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text("{}", "utf-8")
    makes = "from pathlib import Path; Path('node_modules').mkdir(); print('installed')"
    npm = [sys.executable, "-c", makes]
    for _ in range(2):
        packages(tmp_path, npm)
    (tmp_path / "package-lock.json").write_text('{"packages": {}}', "utf-8")
    with pytest.raises(MissingPartError, match="FileExistsError"):
        packages(tmp_path, npm)


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_missing_is_left_out_and_said(everything: bool, tmp_path: Path) -> None:
    asks = """
from tests.supabase_server import MissingPartError
from tests.supabase_server.plugin import got
def missing():
    raise MissingPartError("a part", "Install it.")
def test_that_asks(pytestconfig):
    got(pytestconfig, missing)
"""
    (tmp_path / "test_asks.py").write_text(asks, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.supabase_server.plugin", str(tmp_path)]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, VARIABLE: str(int(everything))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == int(everything)
    assert ("Left out: Install it." in done.stdout) is not everything


@pytest.mark.parametrize(("mode", "allowed"), [("hosted_new", False), ("hosted_old", True)])
def test_a_new_table_is_granted_as_hosted_projects_do(
    postgres_cluster: PostgresCluster, mode: Grants, allowed: bool
) -> None:
    database = postgres_cluster.create_database(mode)
    with postgres_cluster.connect(database, user="postgres") as connection:
        connection.execute("create table public.things (id integer)")
        for role in ("anon", "authenticated", "service_role"):
            question = "select has_table_privilege(%s, 'public.things', 'select')"
            assert connection.execute(question, (role,)).fetchone() == (allowed,)


@pytest.mark.parametrize("mode", ["hosted_new", "hosted_old"])
def test_the_apps_migrations_run_where_postgres_is_no_superuser(
    postgres_cluster: PostgresCluster, mode: Grants
) -> None:
    database = postgres_cluster.create_database(mode)
    with postgres_cluster.connect(database, user="postgres") as connection:
        for migration in migrations():
            connection.execute(migration.encode())


def test_a_role_sees_its_own_rows_for_one_transaction(
    postgres_cluster: PostgresCluster,
) -> None:
    ada, eve = uuid4(), uuid4()
    database = postgres_cluster.create_database("hosted_new")
    with postgres_cluster.connect(database, user="postgres") as connection:
        connection.execute(NOTES.encode())
        for person in (ada, eve):
            connection.execute("insert into auth.users (id) values (%s)", (person,))
        with as_role(connection, "authenticated", ada):
            connection.execute("insert into notes (text) values ('mine')")
            assert connection.execute("select user_id from notes").fetchall() == [(ada,)]
        with as_role(connection, "authenticated", eve):
            assert connection.execute("select user_id from notes").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role(connection, "anon"):
            connection.execute("select user_id from notes")
        assert connection.execute("select current_user, auth.uid()").fetchone() == (
            "postgres",
            None,
        )

"""The tokens of a session: sealed in its record, renewed once for all who need them."""

import base64
import logging
import os
import secrets
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from core.errors import NotAllowed, TunesmithError, Unavailable
from core.identity.protocol import Access, Account, NewAccount, Tokens
from core.identity.session_tokens import LEASE, RENEW_BEFORE, seal, unseal, unwrap, wrap
from core.identity.supabase import SupabaseIdentity
from core.sessions import Begun, Sessions, SignedIn
from core.stores.protocol import Query
from core.stores.supabase import SupabaseStore
from core.system.database import Database, stamp
from core.system.remote import Project
from tests.accounts import ADDRESS, OTHER_PASSWORD, PASSWORD, Clock, ada, at_once, local_identity
from tests.stores import content
from tests.supabase_server.lite import LiteServer

HOUR: Final = timedelta(hours=1)
OTHERS: Final = Tokens("access-x", "refresh-x", Clock()() + HOUR)


class Renewals:
    """Gives new tokens for old ones, each once, as a project does; counts what it is asked."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.used: list[str] = []
        self.error: TunesmithError | None = None

    def first(self) -> Tokens:
        return Tokens("access-0", "refresh-0", self.clock() + HOUR)

    def __call__(self, old: Tokens) -> Tokens:
        self.used.append(old.refresh)
        time.sleep(0.02)
        if self.error:
            raise self.error
        number = len(self.used)
        return Tokens(f"access-{number}", f"refresh-{number}", self.clock() + HOUR)


@pytest.fixture
def renewals(clock: Clock) -> Renewals:
    return Renewals(clock)


@pytest.fixture
def sessions(database: Database, renewals: Renewals) -> Sessions:
    return Sessions(database, renewals)


@pytest.fixture
def begun(sessions: Sessions, user: Account, renewals: Renewals) -> Begun:
    return sessions.begin(user.user_id, "Firefox", ADDRESS, renewals.first())


@pytest.fixture
def access(sessions: Sessions, begun: Begun) -> Access:
    return access_of(sessions.by_id(begun.session_id))


def access_of(found: SignedIn | None) -> Access:
    assert found
    assert found.actor.access
    return found.actor.access


# --- One renewal for all -------------------------------------------------------------------------


def test_a_session_has_its_tokens_by_its_id_and_by_its_cookie(
    sessions: Sessions, begun: Begun
) -> None:
    cookie = sessions.redeem(begun.ticket)
    assert access_of(sessions.by_id(begun.session_id)).token() == "access-0"
    assert access_of(sessions.by_cookie(cookie)).token() == "access-0"


def test_a_token_is_renewed_a_minute_before_it_expires(
    access: Access, renewals: Renewals, clock: Clock
) -> None:
    clock.advance(seconds=(HOUR - RENEW_BEFORE).total_seconds() - 1)
    assert access.token() == "access-0"
    clock.advance(seconds=1)
    assert [access.token(), access.token()] == ["access-1", "access-1"]
    assert renewals.used == ["refresh-0"]


def test_what_one_opener_renewed_the_other_has(
    sessions: Sessions, begun: Begun, renewals: Renewals, clock: Clock
) -> None:
    cookie = sessions.redeem(begun.ticket)
    clock.advance(hours=1)
    assert access_of(sessions.by_cookie(cookie)).token() == "access-1"
    assert access_of(sessions.by_id(begun.session_id)).token() == "access-1"
    clock.advance(hours=1)
    assert access_of(sessions.by_id(begun.session_id)).token() == "access-2"
    assert renewals.used == ["refresh-0", "refresh-1"]


def test_threads_that_need_a_new_token_at_once_renew_it_once(
    access: Access, renewals: Renewals, clock: Clock
) -> None:
    clock.advance(hours=1)
    assert at_once(access.token, [()] * 8) == ["access-1"] * 8
    assert at_once(access.renewed, [("access-1",)] * 8) == ["access-2"] * 8
    assert renewals.used == ["refresh-0", "refresh-1"]


def test_a_token_that_was_refused_is_renewed_unless_it_was_already(
    access: Access, renewals: Renewals
) -> None:
    assert access.renewed("access-0") == "access-1"
    assert access.renewed("access-0") == "access-1"
    assert renewals.used == ["refresh-0"]


def test_a_renewal_within_the_same_second_counts_though_the_token_is_the_same(
    database: Database, user: Account, renewals: Renewals, clock: Clock
) -> None:
    def same_access(old: Tokens) -> Tokens:
        return replace(renewals(old), access="access-0")

    sessions = Sessions(database, same_access)
    begun = sessions.begin(user.user_id, "", ADDRESS, renewals.first())
    clock.advance(hours=1)
    access = access_of(sessions.by_id(begun.session_id))
    assert at_once(access.token, [()] * 4) == ["access-0"] * 4
    assert renewals.used == ["refresh-0"]


RENEW: Final = """
import sys
from datetime import timedelta
from pathlib import Path
from core.system.database import Database, now
from core.identity.protocol import Tokens
from core.sessions import Sessions

def renew(old):
    with Path(sys.argv[3]).open("a") as file:
        file.write(old.refresh + " ")
    return Tokens("access-1", "refresh-1", now() + timedelta(hours=1))

found = Sessions(Database(Path(sys.argv[1])), renew).by_id(sys.argv[2])
sys.stdin.readline()
print(found.actor.access.token())
"""


def test_processes_that_need_a_new_token_at_once_renew_it_once(
    tmp_path: Path, project: Path
) -> None:
    file, counted = tmp_path / "shared.sqlite3", tmp_path / "counted"
    with closing(Database(file)) as database:
        user = ada(local_identity(database))
        late = Tokens("access-0", "refresh-0", database.clock())
        begun = Sessions(database, lambda old: old).begin(user.user_id, "", ADDRESS, late)
    command = [sys.executable, "-c", RENEW, str(file), begun.session_id, str(counted)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, cwd=project, stdin=pipe, stdout=pipe, text=True) for _ in range(3)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=30)[0] for process in processes] == ["access-1\n"] * 3
    assert counted.read_text() == "refresh-0 "


def test_the_turn_of_a_process_that_crashed_ends(
    database: Database, access: Access, renewals: Renewals, clock: Clock
) -> None:
    clock.advance(hours=1)
    with database.write() as connection:
        turn = stamp(clock() + LEASE)
        connection.execute("UPDATE sessions SET renewing_until = ?", (turn,))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(access.token)
        time.sleep(0.2)
        assert renewals.used == []
        clock.advance(seconds=LEASE.total_seconds() + 1)
        assert waiting.result(timeout=10) == "access-1"


# --- What ends it, and what doesn't --------------------------------------------------------------


def test_a_refused_renewal_ends_the_session(
    sessions: Sessions, begun: Begun, user: Account, renewals: Renewals, clock: Clock
) -> None:
    access = access_of(sessions.by_id(begun.session_id))
    clock.advance(hours=1)
    renewals.error = NotAllowed("Your sign-in has ended; sign in again.")
    for _ in range(2):
        with pytest.raises(NotAllowed, match="Your sign-in has ended; sign in again"):
            access.token()
    assert renewals.used == ["refresh-0"]
    assert sessions.by_id(begun.session_id) is None
    assert sessions.redeem(begun.ticket) is None
    assert sessions.active(user.user_id) == ()


def test_while_the_project_is_away_a_token_goes_on_until_it_expires(
    access: Access, renewals: Renewals, clock: Clock
) -> None:
    renewals.error = Unavailable("away")
    clock.advance(seconds=HOUR.total_seconds() - 5)
    assert access.token() == "access-0"
    clock.advance(seconds=5)
    with pytest.raises(Unavailable):
        access.token()
    renewals.error = None
    assert access.token() == "access-3"


def test_a_session_that_ends_while_its_token_is_renewed_stays_ended(
    database: Database, user: Account, renewals: Renewals, clock: Clock
) -> None:
    def signing_out(old: Tokens) -> Tokens:
        opened.end_all(user.user_id)
        return renewals(old)

    opened = Sessions(database, signing_out)
    begun = opened.begin(user.user_id, "", ADDRESS, renewals.first())
    access = access_of(opened.by_id(begun.session_id))
    clock.advance(hours=1)
    access.token()
    with pytest.raises(NotAllowed):
        access.token()
    assert opened.by_id(begun.session_id) is None


def test_sessions_of_another_place_are_not_signed_in(
    database: Database, sessions: Sessions, begun: Begun, user: Account
) -> None:
    embedded = Sessions(database)
    own = embedded.begin(user.user_id, "", ADDRESS)
    for elsewhere, ticket, session_id in (
        (embedded, begun.ticket, begun.session_id),
        (sessions, own.ticket, own.session_id),
    ):
        assert elsewhere.by_id(session_id) is None
        assert elsewhere.by_cookie(elsewhere.redeem(ticket)) is None


# --- At rest -------------------------------------------------------------------------------------


def test_a_stolen_file_opens_nothing(
    database: Database, sessions: Sessions, begun: Begun, user: Account, tmp_path: Path
) -> None:
    waiting = sessions.begin(user.user_id, "", ADDRESS, OTHERS)
    cookie = sessions.redeem(begun.ticket)
    database.backup(tmp_path / "stolen.sqlite3")
    beside = [path.read_bytes() for path in tmp_path.iterdir()]
    with closing(sqlite3.connect(tmp_path / "stolen.sqlite3")) as stolen:
        dump = "\n".join(stolen.iterdump())
    assert "sealed_tokens" in dump
    keys = [unwrap(key, begun.session_id).decode() for key in keys_of(database.file)[:1]]
    openers = (cookie, waiting.ticket, begun.session_id, begun.ticket)
    for secret in ("access-", "refresh-", *keys, *openers):
        assert secret
        assert secret not in dump
        assert not any(secret.encode() in file for file in beside)
    for value in values_of(tmp_path / "stolen.sqlite3"):
        for wrapped in keys_of(tmp_path / "stolen.sqlite3"):
            with pytest.raises(NotAllowed):
                unwrap(wrapped, value)


def values_of(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as stolen:
        rows = [
            *stolen.execute("SELECT * FROM sessions"),
            *stolen.execute("SELECT * FROM accounts"),
        ]
    return [str(value) for row in rows for value in row if value]


def keys_of(file: Path) -> list[str]:
    statement = "SELECT key_by_id, key_by_ticket, key_by_cookie FROM sessions"
    with closing(sqlite3.connect(file)) as stolen:
        return [key for row in stolen.execute(statement) for key in row if key]


def test_a_ticket_that_is_used_opens_the_tokens_no_more(
    sessions: Sessions, begun: Begun, database: Database
) -> None:
    sessions.redeem(begun.ticket)
    for wrapped in keys_of(database.file):
        with pytest.raises(NotAllowed):
            unwrap(wrapped, begun.ticket)


def test_what_is_sealed_opens_with_its_own_key_only_and_as_it_was_written() -> None:
    key, other = (base64.urlsafe_b64encode(os.urandom(32)) for _ in range(2))
    tokens = Tokens("access", "refresh", OTHERS.expires_at)
    sealed = seal(key, tokens)
    assert unseal(key, sealed) == tokens
    assert unwrap(wrap(key, "secret"), "secret") == key
    changed = sealed[:-8] + ("AAAAAAA=" if sealed[-8:] != "AAAAAAA=" else "BBBBBBB=")
    for opener, text in (
        (other, sealed),
        (key, changed),
        (key, ""),
        (key, "é"),
        (key, sealed[:40]),
    ):
        with pytest.raises(NotAllowed, match="sign in again"):
            unseal(opener, text)
    with pytest.raises(NotAllowed):
        unwrap(wrap(key, "secret"), "Secret")


def test_sealed_tokens_of_another_session_open_nothing(
    database: Database, sessions: Sessions, begun: Begun, user: Account, renewals: Renewals
) -> None:
    """Who can write the file gives one user the sealed tokens of another."""
    other = sessions.begin(user.user_id, "", ADDRESS, OTHERS)
    with database.write() as connection:
        connection.execute(
            "UPDATE sessions SET sealed_tokens = (SELECT sealed_tokens FROM sessions "
            "ORDER BY rowid LIMIT 1)"
        )
    with pytest.raises(NotAllowed):
        access_of(sessions.by_id(other.session_id)).token()


# --- With a real project -------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, as the pages have it."""

    email: str
    signed_in: SignedIn
    begun: Begun


@dataclass(frozen=True)
class App:
    """All parts that a process has one of."""

    project: Project
    identity: SupabaseIdentity
    sessions: Sessions

    def sign_up(self, name: str) -> Person:
        email = f"{name}-{secrets.token_hex(4)}@example.org"
        return self._entered(self.identity.sign_up(NewAccount("", PASSWORD, name, email), ADDRESS))

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        return self._entered(self.identity.sign_in(email, password, ADDRESS))

    def store(self, person: Person) -> SupabaseStore:
        found = self.sessions.by_id(person.begun.session_id)
        assert found
        return SupabaseStore(self.project, found.actor)

    def _entered(self, account: Account) -> Person:
        begun = self.sessions.begin(account.user_id, "Firefox", ADDRESS, account.tokens)
        found = self.sessions.by_id(begun.session_id)
        assert found
        return Person(account.email, found, begun)


@pytest.fixture
def app(tmp_path: Path, supabase_server: LiteServer) -> Iterator[App]:
    project = Project.open(supabase_server.url, supabase_server.publishable_key)
    with closing(Database(tmp_path / "app.sqlite3")) as database:
        identity = SupabaseIdentity(database, project)
        yield App(project, identity, Sessions(database, identity.renew))
    project.close()


@pytest.mark.supabase
def test_two_users_of_one_process_never_mix(app: App) -> None:
    anna, bert = app.sign_up("anna"), app.sign_up("bert")

    def seen_by(person: Person, number: int) -> str:
        """All that is shown while the person comes and goes four times."""
        shown: list[Any] = []
        for turn in range(4):
            entered = app.sign_in(person.email)
            store = app.store(entered)
            made = store.create(content(f"{person.email} {number} {turn}"))
            access = access_of(app.sessions.by_id(entered.begun.session_id))
            access.renewed(access.token())
            changed = replace(made.content, description="saved")
            shown += [store.save(made.id, changed, expected_revision=1), store.get(made.id)]
            shown += [store.list(Query(limit=500)), *store.versions(made.id), store.facets()]
            app.identity.end(entered.signed_in.actor)
            app.sessions.end(entered.begun.session_id)
        return repr(shown)

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(seen_by, (anna, bert)[n % 2], n) for n in range(8)]
    for number, future in enumerate(found):
        own, other = ((anna, bert), (bert, anna))[number % 2]
        assert own.email in future.result()
        assert other.email not in future.result()
        assert other.signed_in.account.user_id not in future.result()
    assert app.store(anna).count(Query()) == app.store(bert).count(Query()) == 4 * 4
    assert "authorization" not in app.project.http.headers
    assert not app.project.http.cookies


@pytest.mark.supabase
def test_the_project_takes_no_refresh_token_of_one_sign_out(app: App) -> None:
    anna = app.sign_up("anna")
    other = app.sign_in(anna.email)
    app.identity.end(anna.signed_in.actor)
    access = access_of(app.sessions.by_id(anna.begun.session_id))
    with pytest.raises(NotAllowed, match="sign in again"):
        access.renewed(access.token())
    assert app.sessions.by_id(anna.begun.session_id) is None
    app.store(other).create(content("run"))


@pytest.mark.supabase
def test_no_log_and_no_text_of_an_object_has_a_secret(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    # As somebody may set them who looks for a fault.
    for name in ("", "httpx", "httpcore", "hpack", "h2", "supabase", "supabase_auth", "postgrest"):
        caplog.set_level(logging.DEBUG, name)
    anna = app.sign_up("anna")
    tokens = [token_of(app, anna)]
    store = app.store(anna)
    store.create(content("run"))
    store.list(Query(search="a word that was searched for"))
    access = access_of(app.sessions.by_id(anna.begun.session_id))
    tokens.append(access.renewed(tokens[0]))
    shown = repr([app, anna, store, access, app.sessions, app.identity, app.project])
    account = app.identity.change_password(anna.signed_in.actor, PASSWORD, OTHER_PASSWORD, ADDRESS)
    with pytest.raises(NotAllowed) as ended:
        access.token()
    shown += f"{account!r} {account.tokens!r} {ended.value!r} {ended.getrepr()}"
    assert account.tokens
    tokens += [account.tokens.access, account.tokens.refresh]
    own = (anna.begun.session_id, anna.begun.ticket, app.project.key, PASSWORD, OTHER_PASSWORD)
    for secret in (*tokens, *own):
        assert secret not in caplog.text
    for secret in (*tokens, anna.begun.session_id, anna.begun.ticket, app.project.key):
        assert secret not in shown
    assert "Bearer" not in caplog.text
    assert "searched for" not in caplog.text


def token_of(app: App, person: Person) -> str:
    return access_of(app.sessions.by_id(person.begun.session_id)).token()


@pytest.mark.supabase
def test_nothing_of_one_sign_in_stays_on_what_all_share(app: App) -> None:
    before = set(threading.enumerate())
    anna = app.sign_up("anna")
    app.store(anna).create(content("run"))
    with httpx.Client() as plain:
        assert app.project.http.headers == plain.headers
    assert not app.project.http.cookies
    nobody = app.project.client()
    assert nobody.auth.get_session() is None
    assert nobody.options.headers["Authorization"] == f"Bearer {app.project.key}"
    assert set(threading.enumerate()) <= before

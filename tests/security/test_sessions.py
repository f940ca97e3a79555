"""Attacks on sessions: planted, forged, stolen and replayed cookies and tickets."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette

from core.identity.local import LocalIdentity
from core.identity.protocol import Account, NewAccount
from core.sessions import Begun, Sessions
from core.system.database import Database
from tests.accounts import ADDRESS, OTHER_PASSWORD, PASSWORD, Clock, ada, at_once, local_identity
from tests.asgi import request
from ui.server.session_routes import END_PATH, REDEEM_PATH, cookie_name, routes

HERE: Final = "http://localhost:8501"
NAME: Final = cookie_name(HERE)


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database)


@pytest.fixture
def app(sessions: Sessions) -> Starlette:
    return Starlette(routes=list(routes(lambda: sessions, "")))


def post(app: Starlette, path: str, body: str, cookie: str = "") -> httpx.Response:
    headers = {"origin": HERE, "content-type": "application/json"}
    sent = {**headers, "cookie": f"{NAME}={cookie}"} if cookie else headers
    return request(app, "POST", HERE + path, headers=sent, content=body)


def redeem(app: Starlette, ticket: str, cookie: str = "") -> str:
    """The new cookie; empty if the ticket was refused."""
    response = post(app, REDEEM_PATH, f'{{"ticket": "{ticket}"}}', cookie)
    return response.cookies.get(NAME) or ""


def begin(sessions: Sessions, user: Account) -> Begun:
    return sessions.begin(user.user_id, "Firefox", ADDRESS)


def signed_in(app: Starlette, sessions: Sessions, user: Account) -> tuple[Begun, str]:
    begun = begin(sessions, user)
    return begun, redeem(app, begun.ticket)


# --- Fixation ------------------------------------------------------------------------------------


def test_a_planted_cookie_is_worth_nothing_before_and_after_a_sign_in(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    planted = "A" * 43
    assert sessions.by_cookie(planted) is None
    own = redeem(app, begin(sessions, user).ticket, planted)
    assert own != planted
    assert sessions.by_cookie(planted) is None
    assert sessions.by_cookie(own) is not None


def test_a_cookie_of_the_attackers_own_never_becomes_the_victims(
    app: Starlette, sessions: Sessions, user: Account, identity: LocalIdentity
) -> None:
    eve = identity.add(NewAccount("eve", PASSWORD))
    _, planted = signed_in(app, sessions, eve)
    own = redeem(app, begin(sessions, user).ticket, planted)
    assert sessions.by_cookie(planted) is None
    found = sessions.by_cookie(own)
    assert found is not None
    assert found.account == user


def test_every_sign_in_has_secrets_of_its_own(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    seen = [signed_in(app, sessions, user) for _ in range(5)]
    secrets = [s for begun, cookie in seen for s in (begun.session_id, begun.ticket, cookie)]
    assert len(set(secrets)) == 15
    assert all(len(secret) == 43 for secret in secrets)


# --- Replay --------------------------------------------------------------------------------------


def test_a_cookie_is_dead_after_signing_out(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    begun, cookie = signed_in(app, sessions, user)
    post(app, END_PATH, "{}", cookie)
    assert sessions.by_cookie(cookie) is None
    assert sessions.by_id(begun.session_id) is None


def test_every_cookie_page_and_ticket_is_dead_after_a_change_of_password(
    app: Starlette, sessions: Sessions, user: Account, identity: LocalIdentity
) -> None:
    seen = [signed_in(app, sessions, user) for _ in range(3)]
    waiting = begin(sessions, user)
    identity.change_password(user.actor, PASSWORD, OTHER_PASSWORD, ADDRESS)
    assert not any(sessions.by_cookie(cookie) for _, cookie in seen)
    assert not any(sessions.by_id(begun.session_id) for begun, _ in seen)
    assert redeem(app, waiting.ticket) == ""


def test_a_failed_change_of_password_ends_nothing(
    app: Starlette, sessions: Sessions, user: Account, identity: LocalIdentity
) -> None:
    _, cookie = signed_in(app, sessions, user)
    with pytest.raises(Exception, match="not your password"):
        identity.change_password(user.actor, "guess", OTHER_PASSWORD, ADDRESS)
    assert sessions.by_cookie(cookie) is not None


def test_a_deleted_account_leaves_no_session(
    app: Starlette, sessions: Sessions, user: Account, identity: LocalIdentity
) -> None:
    begun, cookie = signed_in(app, sessions, user)
    identity.delete(user.actor, PASSWORD, ADDRESS)
    assert sessions.by_cookie(cookie) is None
    assert sessions.by_id(begun.session_id) is None


def test_a_stolen_cookie_is_dead_after_a_week_even_in_use(
    app: Starlette, sessions: Sessions, user: Account, clock: Clock
) -> None:
    _, cookie = signed_in(app, sessions, user)
    for _ in range(7 * 24):
        clock.advance(hours=1)
        sessions.by_cookie(cookie)
    assert sessions.by_cookie(cookie) is None


# --- Forged ids ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        *("", " ", "x", "x" * 42, "x" * 43, "x" * 44, "x" * 1_000_000, "é" * 43, "٣" * 43),
        *("\0" * 43, "x" * 42 + "\n", "x" * 43 + "\n", "' OR 1=1 --", "%" * 43, "\ud800" * 43),
        *(None, 0, 1, True, 1.5, b"x" * 43, ["x" * 43], {"x": "y"}, object()),
    ],
)
def test_what_was_never_given_out_opens_nothing(
    sessions: Sessions, user: Account, forged: Any
) -> None:
    cookie = sessions.redeem(begin(sessions, user).ticket)
    assert sessions.by_cookie(forged) is None
    assert sessions.by_id(forged) is None
    assert sessions.redeem(forged, forged) is None
    sessions.end(forged)
    sessions.end_by_cookie(forged)
    assert sessions.by_cookie(cookie) is not None


def test_nothing_opens_what_another_thing_opens(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    begun, cookie = signed_in(app, sessions, user)
    waiting = begin(sessions, user)
    handle = sessions.active(user.user_id)[0].handle
    opens_a_page = [begun.session_id, waiting.session_id]
    others = [waiting.ticket, begun.ticket, handle, user.user_id]
    assert not any(map(sessions.by_cookie, [*opens_a_page, *others]))
    assert not any(map(sessions.by_id, [cookie, *others]))
    assert not any(map(sessions.redeem, [cookie, *opens_a_page, handle, user.user_id]))


def test_nothing_that_a_stolen_backup_holds_opens_a_session(
    app: Starlette, sessions: Sessions, user: Account, database: Database, tmp_path: Path
) -> None:
    signed_in(app, sessions, user)
    begin(sessions, user)
    database.backup(tmp_path / "stolen.sqlite3")
    with closing(sqlite3.connect(tmp_path / "stolen.sqlite3")) as stolen:
        rows = [
            *stolen.execute("SELECT * FROM sessions"),
            *stolen.execute("SELECT * FROM accounts"),
        ]
    values = [value for row in rows for value in row if value]
    assert len(values) > 20
    assert not any(map(sessions.by_cookie, values))
    assert not any(map(sessions.by_id, values))
    assert not any(map(sessions.redeem, values))


def test_the_hash_of_a_secret_is_not_the_secret(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    begun, cookie = signed_in(app, sessions, user)
    for secret in (begun.session_id, cookie):
        digest = hashlib.sha256(secret.encode()).hexdigest()
        for forged in (digest, digest[:43]):
            assert sessions.by_cookie(forged) is None
            assert sessions.by_id(forged) is None


def test_a_cookie_of_another_installation_opens_nothing(
    app: Starlette, sessions: Sessions, user: Account, tmp_path: Path
) -> None:
    with closing(Database(tmp_path / "other.sqlite3")) as other:
        foreign = Sessions(other)
        begun = begin(foreign, ada(local_identity(other)))
        assert sessions.by_cookie(foreign.redeem(begun.ticket)) is None
        assert sessions.by_id(begun.session_id) is None


# --- Tickets -------------------------------------------------------------------------------------


def test_a_ticket_that_was_seen_on_its_way_is_used_already(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    begun, cookie = signed_in(app, sessions, user)
    assert redeem(app, begun.ticket) == ""
    assert sessions.by_cookie(cookie) is not None


def test_a_ticket_is_dead_after_half_a_minute(
    app: Starlette, sessions: Sessions, user: Account, clock: Clock
) -> None:
    begun = begin(sessions, user)
    clock.advance(seconds=30)
    assert redeem(app, begun.ticket) == ""


def test_of_posts_of_one_ticket_at_once_one_gets_a_cookie(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    begun = begin(sessions, user)
    cookies = [cookie for cookie in at_once(redeem, [(app, begun.ticket)] * 6) if cookie]
    assert len(cookies) == 1
    assert sessions.by_cookie(cookies[0]) is not None


def test_answers_hold_no_secret_but_the_cookie(
    app: Starlette, sessions: Sessions, user: Account
) -> None:
    begun = begin(sessions, user)
    first = post(app, REDEEM_PATH, f'{{"ticket": "{begun.ticket}"}}')
    second = post(app, REDEEM_PATH, f'{{"ticket": "{begun.ticket}"}}', first.cookies[NAME])
    for answer in (first, second):
        text = answer.text + str({k: v for k, v in answer.headers.items() if k != "set-cookie"})
        for secret in (begun.ticket, begun.session_id, first.cookies[NAME], user.user_id, "ada"):
            assert secret not in text

"""Sessions: how one begins, what opens it, how long it lives, and how it ends."""

import sqlite3
import time
from contextlib import closing

import pytest

from core.errors import NotFound
from core.identity.protocol import Account, NewAccount
from core.sessions import Begun, Sessions
from core.system.database import BUSY_SECONDS, Database
from tests.accounts import ADDRESS, PASSWORD, Clock, CountingDatabase, at_once, local_identity


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database)


def begin(sessions: Sessions, user: Account, device: str = "Firefox") -> Begun:
    return sessions.begin(user.user_id, device, ADDRESS)


def redeemed(sessions: Sessions, begun: Begun, old_cookie: str | None = None) -> str:
    cookie = sessions.redeem(begun.ticket, old_cookie)
    assert cookie is not None
    return cookie


def test_a_session_opens_by_its_id_and_by_its_cookie(sessions: Sessions, user: Account) -> None:
    begun = begin(sessions, user)
    cookie = redeemed(sessions, begun)
    found = sessions.by_cookie(cookie)
    assert found is not None
    assert found == sessions.by_id(begun.session_id)
    assert (found.account, found.actor) == (user, user.actor)
    assert [found.handle] == [listed.handle for listed in sessions.active(user.user_id)]


def test_a_page_is_signed_in_before_its_browser_has_the_cookie(
    sessions: Sessions, user: Account
) -> None:
    assert sessions.by_id(begin(sessions, user).session_id) is not None


def test_nobody_begins_a_session_without_an_account(sessions: Sessions) -> None:
    with pytest.raises(NotFound):
        sessions.begin("nobody", "", ADDRESS)


def test_a_ticket_is_worth_one_cookie(sessions: Sessions, user: Account) -> None:
    begun = begin(sessions, user)
    cookie = redeemed(sessions, begun)
    assert sessions.redeem(begun.ticket, None) is None
    assert sessions.by_cookie(cookie) is not None


def test_of_redeems_at_once_one_wins(sessions: Sessions, user: Account) -> None:
    begun = begin(sessions, user)
    cookies = at_once(sessions.redeem, [(begun.ticket, None)] * 8)
    won = [cookie for cookie in cookies if cookie]
    assert len(won) == 1
    assert sessions.by_cookie(won[0]) is not None


def test_a_ticket_lives_half_a_minute(sessions: Sessions, user: Account, clock: Clock) -> None:
    in_time, late = begin(sessions, user), begin(sessions, user)
    clock.advance(seconds=29)
    assert sessions.redeem(in_time.ticket, None)
    clock.advance(seconds=1)
    assert sessions.redeem(late.ticket, None) is None


def test_a_new_cookie_ends_the_session_of_the_old_one(sessions: Sessions, user: Account) -> None:
    first = begin(sessions, user)
    old = redeemed(sessions, first)
    new = redeemed(sessions, begin(sessions, user), old)
    assert sessions.by_cookie(old) is None
    assert sessions.by_id(first.session_id) is None
    assert sessions.by_cookie(new) is not None


def test_a_worthless_ticket_ends_no_session(sessions: Sessions, user: Account) -> None:
    cookie = redeemed(sessions, begin(sessions, user))
    assert sessions.redeem("x" * 43, cookie) is None
    assert sessions.by_cookie(cookie) is not None


def test_a_session_ends_after_a_day_without_use(
    sessions: Sessions, user: Account, clock: Clock
) -> None:
    cookie = redeemed(sessions, begin(sessions, user))
    clock.advance(hours=23)
    assert sessions.by_cookie(cookie) is not None
    clock.advance(hours=23)
    assert sessions.by_cookie(cookie) is not None
    clock.advance(hours=24)
    assert sessions.by_cookie(cookie) is None
    assert sessions.active(user.user_id) == ()


def test_a_session_ends_after_a_week_of_use(
    sessions: Sessions, user: Account, clock: Clock
) -> None:
    begun = begin(sessions, user)
    cookie = redeemed(sessions, begun)
    for _ in range(13):
        clock.advance(hours=12)
        assert sessions.by_cookie(cookie) is not None
    clock.advance(hours=12)
    assert sessions.by_cookie(cookie) is None
    assert sessions.by_id(begun.session_id) is None


def test_looking_up_is_one_read_and_writes_once_a_minute(
    sessions: Sessions, user: Account, database: CountingDatabase, clock: Clock
) -> None:
    begun = begin(sessions, user)
    database.reads = database.writes = 0
    for _ in range(10):
        clock.advance(seconds=20)
        assert sessions.by_id(begun.session_id) is not None
    assert (database.reads, database.writes) == (10, 3)


def test_what_is_long_over_is_deleted(sessions: Sessions, user: Account, clock: Clock) -> None:
    begin(sessions, user)
    clock.advance(days=2)
    begin(sessions, user)
    assert len(rows(sessions)) == 1


def rows(sessions: Sessions) -> list[tuple[object, ...]]:
    with sessions._database.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT * FROM sessions")]


def test_a_session_ends_by_id_and_by_cookie(sessions: Sessions, user: Account) -> None:
    first, second = begin(sessions, user), begin(sessions, user)
    cookies = [redeemed(sessions, first), redeemed(sessions, second)]
    sessions.end(first.session_id)
    assert (sessions.by_id(first.session_id), sessions.by_cookie(cookies[0])) == (None, None)
    sessions.end_by_cookie(cookies[1])
    assert (sessions.by_id(second.session_id), sessions.by_cookie(cookies[1])) == (None, None)


def test_an_ended_session_has_no_ticket_either(sessions: Sessions, user: Account) -> None:
    begun = begin(sessions, user)
    sessions.end(begun.session_id)
    assert sessions.redeem(begun.ticket, None) is None


def test_ending_what_is_over_does_nothing(sessions: Sessions, user: Account) -> None:
    begun = begin(sessions, user)
    for nothing in (None, "", "x" * 43, 7, b"x" * 43):
        sessions.end(nothing)
        sessions.end_by_cookie(nothing)
    assert sessions.by_id(begun.session_id) is not None


def test_a_user_sees_the_own_sessions_and_ends_one(
    sessions: Sessions, user: Account, clock: Clock
) -> None:
    older = begin(sessions, user, "Firefox")
    clock.advance(minutes=5)
    newer = begin(sessions, user, "Chromium")
    listed = sessions.active(user.user_id)
    assert [(one.device, one.address) for one in listed] == [
        ("Chromium", ADDRESS),
        ("Firefox", ADDRESS),
    ]
    sessions.end_one(user.user_id, listed[1].handle)
    assert sessions.by_id(older.session_id) is None
    assert sessions.by_id(newer.session_id) is not None


def test_nobody_ends_or_sees_the_sessions_of_others(
    sessions: Sessions, user: Account, database: Database
) -> None:
    eve = local_identity(database).add(NewAccount("eve", PASSWORD))
    begun = begin(sessions, user)
    sessions.end_one(eve.user_id, sessions.active(user.user_id)[0].handle)
    sessions.end_all(eve.user_id)
    assert sessions.active(eve.user_id) == ()
    assert sessions.by_id(begun.session_id) is not None


def test_a_user_ends_all_sessions_or_all_but_this_one(sessions: Sessions, user: Account) -> None:
    begun = [begin(sessions, user) for _ in range(3)]
    sessions.end_all(user.user_id, but=begun[1].session_id)
    assert [sessions.by_id(one.session_id) is not None for one in begun] == [False, True, False]
    sessions.end_all(user.user_id)
    assert sessions.by_id(begun[1].session_id) is None


def test_sessions_outlive_the_process(
    sessions: Sessions, user: Account, database: Database
) -> None:
    cookie = redeemed(sessions, begin(sessions, user))
    with closing(Database(database.file, database.clock)) as again:
        assert Sessions(again).by_cookie(cookie) == sessions.by_cookie(cookie)


def test_a_long_device_is_cut(sessions: Sessions, user: Account) -> None:
    begin(sessions, user, "x" * 10_000)
    assert len(sessions.active(user.user_id)[0].device) == 200


def test_another_writer_keeps_nobody_waiting_who_is_looked_up(
    sessions: Sessions, database: Database, user: Account, clock: Clock
) -> None:
    begun = begin(sessions, user)
    clock.advance(minutes=5)
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert sessions.by_id(begun.session_id) is not None
        assert time.monotonic() - began < BUSY_SECONDS / 2

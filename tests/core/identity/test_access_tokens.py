"""Access tokens: how one is made, what it stands for, how long it lives, and how it ends."""

import re
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotAccepted, NotFound
from core.identity.access_tokens import (
    AccessTokens,
    Granted,
    Made,
    Scope,
    TokenInfo,
    is_well_formed,
)
from core.identity.local import LOCAL_USER
from core.identity.protocol import Account, NewAccount
from core.system.database import BUSY_SECONDS, Database
from tests.accounts import (
    ADDRESS,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    CountingDatabase,
    ada,
    at_once,
    local_identity,
    outcome,
)

MONTH = timedelta(days=30)


@pytest.fixture
def tokens(database: Database) -> AccessTokens:
    return AccessTokens(database)


def make(
    tokens: AccessTokens,
    user: Account,
    name: str = "laptop",
    *scopes: Scope,
    life: timedelta = MONTH,
) -> Made:
    return tokens.make(user.user_id, name, scopes or ["read"], life)


def used(tokens: AccessTokens, made: Made) -> Granted:
    granted = tokens.use(made.token, ADDRESS)
    assert granted is not None
    return granted


def names(tokens: AccessTokens, user: Account) -> list[str]:
    return [info.name for info in tokens.active(user.user_id)]


# --- Making --------------------------------------------------------------------------------------


def test_a_token_stands_for_its_user(tokens: AccessTokens, user: Account, clock: Clock) -> None:
    made = make(tokens, user, "laptop", "write")
    granted = used(tokens, made)
    assert (granted.account, granted.actor) == (user, user.actor)
    assert granted.scopes == {"read", "write"}
    assert granted.expires_at == clock.time + MONTH
    assert granted.handle == made.info.handle


def test_a_token_has_a_form_that_scanners_know(tokens: AccessTokens, user: Account) -> None:
    token = make(tokens, user).token
    assert re.fullmatch(r"tsm_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}", token)
    assert is_well_formed(token)


def test_the_checksum_is_the_same_in_every_release() -> None:
    assert is_well_formed("tsm_" + "A" * 43 + "2oF0Ib")


@pytest.mark.parametrize(
    ("wanted", "has"),
    [
        (["read"], ("read",)),
        (["write"], ("read", "write")),
        ({"write", "read"}, ("read", "write")),
    ],
)
def test_writing_includes_reading(
    tokens: AccessTokens, user: Account, wanted: Any, has: tuple[Scope, ...]
) -> None:
    made = tokens.make(user.user_id, "laptop", wanted, MONTH)
    assert made.info.scopes == has
    assert used(tokens, made).scopes == frozenset(has)


def test_a_list_tells_tokens_by_name_and_last_characters(
    tokens: AccessTokens, user: Account, clock: Clock
) -> None:
    first = make(tokens, user, "  ci   runner ", "read", life=timedelta(days=1))
    clock.advance(minutes=1)
    second = make(tokens, user, "laptop", "write")
    assert tokens.active(user.user_id) == (second.info, first.info)
    assert first.info == TokenInfo(
        handle=first.info.handle,
        name="ci runner",
        scopes=("read",),
        hint=first.token[-4:],
        created_at=clock.time - timedelta(minutes=1),
        expires_at=clock.time + timedelta(days=1, minutes=-1),
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "after the machine"),
        ({"name": " \t"}, "after the machine"),
        ({"name": "x" * 65}, "65 characters"),
        ({"name": "a\u202eb"}, "don't show"),
        ({"name": "a\0b"}, "don't show"),
        ({"name": "\ud800"}, "don't show"),
        ({"name": "hf_" + "a1B2" * 9}, "a Hugging Face token"),
        ({"name": "taken"}, "'taken'"),
        ({"name": "TAKEN "}, "already"),
        ({"name": "ｔａｋｅｎ"}, "already"),
        ({"scopes": ()}, "may read"),
        ({"scopes": ("admin",)}, "may read"),
        ({"scopes": ("read", "admin")}, "may read"),
        ({"scopes": "read"}, "may read"),
        ({"life": timedelta(hours=23)}, "1 to 365 days"),
        ({"life": timedelta(days=-30)}, "1 to 365 days"),
        ({"life": timedelta(days=365, seconds=1)}, "1 to 365 days"),
        ({"life": timedelta.max}, "1 to 365 days"),
    ],
)
def test_what_is_no_token_is_said_in_a_sentence(
    tokens: AccessTokens, user: Account, wrong: dict[str, Any], said: str
) -> None:
    make(tokens, user, "taken")
    fine: dict[str, Any] = {"name": "laptop", "scopes": ["read"], "life": MONTH}
    with pytest.raises(NotAccepted, match=said):
        tokens.make(user.user_id, **fine | wrong)
    assert names(tokens, user) == ["taken"]


def test_the_longest_of_each_is_taken(tokens: AccessTokens, user: Account) -> None:
    made = make(tokens, user, "x" * 64, life=timedelta(days=365))
    assert used(tokens, made)


def test_two_users_may_name_a_machine_alike(
    tokens: AccessTokens, user: Account, database: Database
) -> None:
    eve = local_identity(database).add(NewAccount("eve", PASSWORD))
    make(tokens, user)
    make(tokens, eve)
    assert names(tokens, user) == names(tokens, eve) == ["laptop"]


def test_nobody_makes_a_token_without_an_account(tokens: AccessTokens) -> None:
    with pytest.raises(NotFound):
        tokens.make("nobody", "laptop", ["read"], MONTH)


def test_a_user_has_twenty_tokens_at_most(
    tokens: AccessTokens, user: Account, clock: Clock
) -> None:
    made = [make(tokens, user, f"m{number}") for number in range(20)]
    with pytest.raises(NotAccepted, match="20 tokens"):
        make(tokens, user, "m20")
    tokens.revoke(user.user_id, made[0].info.handle)
    make(tokens, user, "m20")
    clock.advance(days=30)
    make(tokens, user, "m0")
    assert names(tokens, user) == ["m0"]


def test_of_makes_at_once_no_more_than_twenty_succeed(tokens: AccessTokens, user: Account) -> None:
    for number in range(17):
        make(tokens, user, f"m{number}")
    outcomes = at_once(make, [(tokens, user, f"n{number}") for number in range(6)])
    assert sum(isinstance(found, Made) for found in outcomes) == 3
    assert len(tokens.active(user.user_id)) == 20


def test_of_makes_of_one_name_at_once_one_succeeds(tokens: AccessTokens, user: Account) -> None:
    outcomes = at_once(make, [(tokens, user, "laptop")] * 6)
    assert sum(isinstance(found, Made) for found in outcomes) == 1
    assert names(tokens, user) == ["laptop"]


# --- Use -----------------------------------------------------------------------------------------


def test_the_last_use_is_shown_with_its_address(
    tokens: AccessTokens, user: Account, clock: Clock
) -> None:
    made = make(tokens, user)
    tokens.use(made.token, ADDRESS)
    clock.advance(hours=1)
    tokens.use(made.token, "2001:db8::7" + "x" * 1000)
    (info,) = tokens.active(user.user_id)
    assert info.last_used_at == clock.time
    assert info.last_address == ("2001:db8::7" + "x" * 1000)[:64]


def test_a_use_is_one_read_and_writes_once_a_minute(
    tokens: AccessTokens, user: Account, database: CountingDatabase, clock: Clock
) -> None:
    made = make(tokens, user)
    database.reads = database.writes = 0
    for _ in range(10):
        used(tokens, made)
        clock.advance(seconds=20)
    assert (database.reads, database.writes) == (10, 4)


def test_uses_at_once_are_all_granted(tokens: AccessTokens, user: Account) -> None:
    made = make(tokens, user)
    outcomes = at_once(tokens.use, [(made.token, f"192.0.2.{n}") for n in range(8)])
    assert all(found == outcomes[0] is not None for found in outcomes)
    assert tokens.active(user.user_id)[0].last_address.startswith("192.0.2.")


def test_a_token_expires(tokens: AccessTokens, user: Account, clock: Clock) -> None:
    made = make(tokens, user, life=timedelta(days=7))
    clock.advance(days=7, microseconds=-1)
    assert used(tokens, made)
    clock.advance(microseconds=1)
    assert tokens.use(made.token, ADDRESS) is None
    assert tokens.active(user.user_id) == ()


def test_use_does_not_lengthen_a_life(tokens: AccessTokens, user: Account, clock: Clock) -> None:
    made = make(tokens, user, life=timedelta(days=7))
    for _ in range(7):
        used(tokens, made)
        clock.advance(days=1)
    assert tokens.use(made.token, ADDRESS) is None


def test_an_expired_token_frees_its_name_and_is_deleted(
    tokens: AccessTokens, user: Account, database: Database, clock: Clock
) -> None:
    eve = local_identity(database).add(NewAccount("eve", PASSWORD))
    make(tokens, user, life=timedelta(days=1))
    make(tokens, eve, life=timedelta(days=1))
    clock.advance(days=1)
    make(tokens, user)
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM access_tokens").fetchone()[0] == 1


def test_tokens_outlive_the_process(
    tokens: AccessTokens, user: Account, database: Database
) -> None:
    made = make(tokens, user)
    with closing(Database(database.file, database.clock)) as again:
        assert used(AccessTokens(again), made) == used(tokens, made)


# --- The end -------------------------------------------------------------------------------------


def test_a_revoked_token_is_worth_nothing_and_frees_its_name(
    tokens: AccessTokens, user: Account
) -> None:
    made, other = make(tokens, user), make(tokens, user, "other")
    tokens.revoke(user.user_id, made.info.handle)
    assert tokens.use(made.token, ADDRESS) is None
    assert used(tokens, other)
    assert tokens.use(make(tokens, user).token, ADDRESS)
    tokens.revoke(user.user_id, made.info.handle)
    tokens.revoke(user.user_id, "")
    assert len(tokens.active(user.user_id)) == 2


def test_revoking_while_it_is_used_ends_it(tokens: AccessTokens, user: Account) -> None:
    made = make(tokens, user)

    def act(number: int) -> Any:
        if number == 3:
            return tokens.revoke(user.user_id, made.info.handle)
        return tokens.use(made.token, ADDRESS)

    outcomes = at_once(act, [(number,) for number in range(8)])
    assert all(found is None or isinstance(found, Granted) for found in outcomes)
    assert tokens.use(made.token, ADDRESS) is None
    assert tokens.active(user.user_id) == ()


def test_a_changed_password_ends_the_users_tokens_and_nobody_elses(
    tokens: AccessTokens, user: Account, database: Database
) -> None:
    identity = local_identity(database)
    eve = identity.add(NewAccount("eve", PASSWORD))
    first, hers = make(tokens, user), make(tokens, eve)
    identity.change_password(user.actor, PASSWORD, OTHER_PASSWORD, ADDRESS)
    assert tokens.use(first.token, ADDRESS) is None
    second = make(tokens, user)
    identity.set_password("ada", PASSWORD)
    assert tokens.use(second.token, ADDRESS) is None
    assert used(tokens, hers)


def test_a_deleted_account_leaves_no_token(
    tokens: AccessTokens, user: Account, database: Database
) -> None:
    made = make(tokens, user)
    local_identity(database).delete(user.actor, PASSWORD, ADDRESS)
    assert tokens.use(made.token, ADDRESS) is None
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM access_tokens").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("has_accounts", "adas", "implicit"),
    [(None, True, True), (True, True, False), (False, False, True)],
)
def test_only_those_who_can_be_here_have_tokens(
    user: Account, database: Database, has_accounts: bool | None, adas: bool, implicit: bool
) -> None:
    local_identity(database).ensure_local_user()
    anywhere = AccessTokens(database)
    hers = make(anywhere, user)
    its = anywhere.make(LOCAL_USER, "laptop", ["read"], MONTH)
    here = AccessTokens(database, has_accounts=has_accounts)
    found = [here.use(made.token, ADDRESS) is not None for made in (hers, its)]
    assert found == [adas, implicit]


@given(st.text(max_size=80))
def test_no_name_breaks_it(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    file = tmp_path_factory.mktemp("names") / "tokens.sqlite3"
    with closing(Database(file)) as database:
        user, tokens = ada(local_identity(database)), AccessTokens(database)
        found = outcome(make, tokens, user, name)
        kept = [found.info.name] if isinstance(found, Made) else []
        assert names(tokens, user) == kept
        assert kept or isinstance(found, NotAccepted)


def test_another_writer_keeps_no_script_waiting(
    tokens: AccessTokens, database: Database, user: Account
) -> None:
    made = make(tokens, user)
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert used(tokens, made).account == user
        assert time.monotonic() - began < BUSY_SECONDS / 2

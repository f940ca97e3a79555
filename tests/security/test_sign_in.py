"""Attacks on the sign-in: guessing, at once and from many places, and asking which names exist."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from core.errors import SignInError, TooManyTries, WrongPassword
from core.identity.local import BcryptPasswords, LocalIdentity
from core.identity.protocol import NewAccount
from core.sessions import Sessions
from tests.accounts import (
    ADDRESS,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    CountingDatabase,
    FastPasswords,
    ada,
    at_once,
    local_identity,
    outcome,
)

PER_BOTH: Final = 5
PER_ACCOUNT: Final = 30
PER_ADDRESS: Final = 100


@pytest.fixture
def passwords() -> FastPasswords:
    return FastPasswords()


@pytest.fixture
def identity(database: CountingDatabase, passwords: FastPasswords) -> LocalIdentity:
    made = local_identity(database, passwords)
    ada(made)
    return made


def address(number: int) -> str:
    return f"198.51.{number // 250}.{number % 250}"


def kinds(outcomes: list[Any]) -> dict[str, int]:
    names = [type(found).__name__ for found in outcomes]
    return {name: names.count(name) for name in names}


# --- Guessing ------------------------------------------------------------------------------------


def test_guessing_at_once_gets_no_further_than_guessing_in_turn(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    guesses = [("ada", f"guess {number}", ADDRESS) for number in range(24)]
    found = kinds(at_once(identity.sign_in, guesses))
    assert found == {"WrongPassword": PER_BOTH, "TooManyTries": 24 - PER_BOTH}
    assert passwords.checked == PER_BOTH


def test_the_right_password_does_not_help_once_the_limit_is_reached(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    guesses = [("ada", f"guess {number}", ADDRESS) for number in range(PER_BOTH)]
    at_once(identity.sign_in, guesses)
    assert isinstance(outcome(identity.sign_in, "ada", PASSWORD, ADDRESS), TooManyTries)
    assert passwords.checked == PER_BOTH


def test_guessing_from_many_addresses_is_limited_by_account(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    found = [outcome(identity.sign_in, "ada", "guess", address(number)) for number in range(50)]
    assert kinds(found) == {"WrongPassword": PER_ACCOUNT, "TooManyTries": 50 - PER_ACCOUNT}
    assert passwords.checked == PER_ACCOUNT


def test_guessing_many_names_is_limited_by_address(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    found = [outcome(identity.sign_in, f"user{n}", "guess", ADDRESS) for n in range(120)]
    assert kinds(found) == {"WrongPassword": PER_ADDRESS, "TooManyTries": 120 - PER_ADDRESS}
    assert passwords.checked == PER_ADDRESS


def test_the_many_addresses_of_one_ipv6_network_are_one(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    for number in range(20):
        outcome(identity.sign_in, "ada", "guess", f"2001:db8::{number:x}")
    assert passwords.checked == PER_BOTH
    assert isinstance(outcome(identity.sign_in, "ada", "guess", "2001:db8:0:1::1"), WrongPassword)


def test_one_ipv4_address_is_one_however_it_is_written(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    for number in range(10):
        outcome(identity.sign_in, "ada", "guess", ("::ffff:" if number % 2 else "") + ADDRESS)
    assert passwords.checked == PER_BOTH


@pytest.mark.parametrize("spelling", ["ADA", " ada ", "ａｄａ", "Ada"])
def test_another_spelling_of_the_name_is_no_new_start(
    identity: LocalIdentity, passwords: FastPasswords, spelling: str
) -> None:
    for number in range(20):
        outcome(identity.sign_in, spelling if number % 2 else "ada", "guess", ADDRESS)
    assert passwords.checked == PER_BOTH


def test_several_instances_count_together(
    identity: LocalIdentity, database: CountingDatabase
) -> None:
    counters = [FastPasswords() for _ in range(8)]
    others = [local_identity(database, counter) for counter in counters]
    at_once(lambda other: other.sign_in("ada", "guess", ADDRESS), [(other,) for other in others])
    assert sum(counter.checked for counter in counters) == PER_BOTH


def test_several_processes_count_together(project: Path, tmp_path: Path) -> None:
    file, count = tmp_path / "accounts.sqlite3", tmp_path / "checks"
    database = CountingDatabase(file)
    ada(local_identity(database))
    database.close()
    # Not by multiprocessing: its children begin as the page that a test before this one has drawn.
    code = "from tests.accounts import guess; guess(*__import__('sys').argv[1:])"
    command = [sys.executable, "-c", code, str(file), str(count), "8"]
    runs = [
        subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    refused = [int(run.communicate()[0]) for run in runs]
    assert count.stat().st_size == PER_BOTH
    assert sum(refused) == 3 * 8 - PER_BOTH


def test_the_old_password_is_guarded_by_the_same_limit(
    identity: LocalIdentity, passwords: FastPasswords
) -> None:
    """A session left open somewhere is no place to guess the password from."""
    actor = identity.sign_in("ada", PASSWORD, ADDRESS).actor
    calls = [
        lambda: identity.change_password(actor, "guess", OTHER_PASSWORD, ADDRESS),
        lambda: identity.delete(actor, "guess", ADDRESS),
        lambda: identity.sign_in("ada", "guess", ADDRESS),
    ]
    found = [outcome(calls[number % 3]) for number in range(12)]
    assert kinds(found) == {"WrongPassword": PER_BOTH, "TooManyTries": 12 - PER_BOTH}
    assert passwords.checked == 1 + PER_BOTH


# --- Nobody is locked out for good ---------------------------------------------------------------


def test_the_door_opens_again_when_it_was_said_to(identity: LocalIdentity, clock: Clock) -> None:
    for _ in range(PER_BOTH):
        outcome(identity.sign_in, "ada", "guess", ADDRESS)
        clock.advance(minutes=1)
    refused = outcome(identity.sign_in, "ada", PASSWORD, ADDRESS)
    assert isinstance(refused, TooManyTries)
    assert refused.seconds == 10 * 60 + 1
    clock.advance(seconds=refused.seconds)
    assert identity.sign_in("ada", PASSWORD, ADDRESS).name == "ada"


def test_refused_tries_do_not_prolong_the_wait(identity: LocalIdentity, clock: Clock) -> None:
    for _ in range(15):
        outcome(identity.sign_in, "ada", "guess", ADDRESS)
        clock.advance(minutes=1)
    clock.advance(seconds=1)
    assert identity.sign_in("ada", PASSWORD, ADDRESS).name == "ada"


def test_a_victim_signs_in_elsewhere_while_one_address_guesses(identity: LocalIdentity) -> None:
    for _ in range(50):
        outcome(identity.sign_in, "ada", "guess", "203.0.113.9")
    assert identity.sign_in("ada", PASSWORD, ADDRESS).name == "ada"


def test_signing_in_often_is_no_offence(identity: LocalIdentity) -> None:
    for _ in range(2 * PER_ADDRESS):
        identity.sign_in("ada", PASSWORD, ADDRESS)


def test_old_tries_leave_no_trace(
    identity: LocalIdentity, database: CountingDatabase, clock: Clock
) -> None:
    for number in range(20):
        outcome(identity.sign_in, f"user{number}", "guess", ADDRESS)
    clock.advance(hours=2)
    identity.sign_in("ada", PASSWORD, ADDRESS)
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM tries").fetchone()[0] == 0


# --- Asking which names exist --------------------------------------------------------------------


def test_an_unknown_name_costs_the_same_work_and_gets_the_same_words(
    identity: LocalIdentity, database: CountingDatabase, passwords: FastPasswords
) -> None:
    identity.ensure_local_user()
    outcome(identity.sign_in, "warm", "up", "198.51.100.1")
    work, words = [], []
    for name in ("ada", "eve", "local", "", "x" * 10_000, "a\0b", "\ud800"):
        start = (passwords.checked, passwords.hashed, database.reads, database.writes)
        found = [outcome(identity.sign_in, name, "guess", ADDRESS) for _ in range(7)]
        end = (passwords.checked, passwords.hashed, database.reads, database.writes)
        work.append(tuple(after - before for before, after in zip(start, end, strict=True)))
        words.append([(type(error), str(error)) for error in found])
    assert work == [(PER_BOTH, 0, 0, 7)] * 7
    assert all(said == words[0] for said in words)


def test_the_first_sign_in_of_a_process_tells_nothing_either(
    identity: LocalIdentity, database: CountingDatabase
) -> None:
    work = []
    for name in ("ada", "eve"):
        counter = FastPasswords()
        outcome(local_identity(database, counter).sign_in, name, "guess", ADDRESS)
        work.append((counter.hashed, counter.checked))
    assert work == [(1, 1), (1, 1)]


def test_the_dummy_is_a_hash_of_the_same_cost(database: CountingDatabase) -> None:
    class Watching(BcryptPasswords):
        seen: str = ""

        def check(self, password: str, hashed: str) -> bool:
            self.seen = hashed
            return super().check(password, hashed)

    watching = Watching()
    identity = LocalIdentity(database, watching, True)
    assert isinstance(outcome(identity.sign_in, "eve", "guess", ADDRESS), WrongPassword)
    assert watching.seen[:7] == BcryptPasswords().hash(PASSWORD)[:7]


# --- A password that changes meanwhile -----------------------------------------------------------


def test_a_password_that_is_changed_while_it_is_checked_signs_nobody_in(
    database: CountingDatabase,
) -> None:
    class Slow(FastPasswords):
        def check(self, password: str, hashed: str) -> bool:
            found = super().check(password, hashed)
            if self.checked == 1:
                local_identity(database).set_password("ada", OTHER_PASSWORD)
            return found

    identity = local_identity(database, Slow())
    user_id = ada(identity).user_id
    assert isinstance(outcome(identity.sign_in, "ada", PASSWORD, ADDRESS), WrongPassword)
    assert identity.sign_in("ada", OTHER_PASSWORD, ADDRESS).user_id == user_id


# --- Secrets stay secret -------------------------------------------------------------------------


def test_no_error_log_or_repr_holds_a_password_or_a_session(
    identity: LocalIdentity, database: CountingDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sessions = Sessions(database)
    new = NewAccount("grace", "a very private phrase")
    made = identity.sign_up(new, ADDRESS)
    begun = sessions.begin(made.user_id, "Firefox", ADDRESS)
    cookie = sessions.redeem(begun.ticket)
    errors = [
        outcome(identity.sign_up, NewAccount("GRACE", "a very private phrase"), ADDRESS),
        outcome(identity.sign_in, "a very private phrase", "a very private phrase", ADDRESS),
        outcome(identity.change_password, made.actor, "a very private phrase", "grace", ADDRESS),
        outcome(identity.set_password, "grace", "private"),
    ]
    shown = [begun, new, made, identity, sessions, sessions.by_cookie(cookie), *errors]
    text = "\n".join([*map(repr, shown), *map(str, shown), caplog.text])
    assert all(isinstance(error, SignInError) for error in errors)
    for secret in ("private", begun.session_id, begun.ticket, str(cookie)):
        assert secret not in text


def test_a_password_typed_as_a_name_is_kept_nowhere(
    identity: LocalIdentity, database: CountingDatabase
) -> None:
    outcome(identity.sign_in, "a very private phrase", "x", ADDRESS)
    with database.read() as connection:
        dump = "\n".join(connection.iterdump())
    assert "private" not in dump
    assert PASSWORD not in dump

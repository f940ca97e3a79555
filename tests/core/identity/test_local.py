"""Accounts in the embedded database: who may make one, the operator's doors, real hashes."""

import pytest

from core.errors import NotAccepted, NotFound, SignUpClosed, TooManyTries, WrongPassword
from core.identity.local import LOCAL_USER, BcryptPasswords, LocalIdentity
from core.identity.protocol import Account, Actor, NewAccount
from core.sessions import Sessions
from core.system.database import Database
from tests.accounts import (
    ADDRESS,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    FastPasswords,
    ada,
    at_once,
    local_identity,
)

# --- Who may make an account ---------------------------------------------------------------------


def test_a_closed_server_takes_the_first_account_only(database: Database) -> None:
    identity = local_identity(database, is_open=False)
    assert identity.takes_sign_ups()
    identity.sign_up(NewAccount("ada", PASSWORD), ADDRESS)
    assert not identity.takes_sign_ups()
    with pytest.raises(SignUpClosed):
        identity.sign_up(NewAccount("eve", PASSWORD), ADDRESS)


def test_a_closed_server_does_no_work_for_visitors(database: Database) -> None:
    passwords = FastPasswords()
    ada(local_identity(database))
    with pytest.raises(SignUpClosed):
        local_identity(database, passwords, is_open=False).sign_up(
            NewAccount("eve", PASSWORD), ADDRESS
        )
    assert passwords.hashed == 0


def test_a_sign_up_that_comes_second_while_it_is_hashed_is_too_late(database: Database) -> None:
    class Slow(FastPasswords):
        def hash(self, password: str) -> str:
            ada(local_identity(database))
            return super().hash(password)

    identity = local_identity(database, Slow(), is_open=False)
    with pytest.raises(SignUpClosed):
        identity.sign_up(NewAccount("eve", PASSWORD), ADDRESS)
    assert [account.name for account in identity.accounts()] == ["ada"]


def test_the_implicit_user_is_not_the_first_account(database: Database) -> None:
    identity = local_identity(database, is_open=False)
    identity.ensure_local_user()
    assert identity.takes_sign_ups()
    identity.sign_up(NewAccount("ada", PASSWORD), ADDRESS)


def test_of_two_first_sign_ups_at_once_a_closed_server_takes_one(database: Database) -> None:
    identity = local_identity(database, is_open=False)
    both = [(NewAccount(name, PASSWORD), ADDRESS) for name in ("ada", "eve")]
    outcomes = at_once(identity.sign_up, both)
    assert sorted(type(found).__name__ for found in outcomes) == ["Account", "SignUpClosed"]
    assert len(identity.accounts()) == 1


def test_sign_ups_at_once_all_survive(database: Database) -> None:
    identity = local_identity(database)
    names = [f"user{number}" for number in range(8)]
    outcomes = at_once(identity.sign_up, [(NewAccount(name, PASSWORD), ADDRESS) for name in names])
    assert [found.name for found in outcomes] == names
    assert [account.name for account in identity.accounts()] == names


def test_of_sign_ups_for_one_name_at_once_one_wins(database: Database) -> None:
    identity = local_identity(database)
    names = ["ada", "Ada", "ADA", "ａｄａ"]
    outcomes = at_once(identity.sign_up, [(NewAccount(name, PASSWORD), ADDRESS) for name in names])
    losers = [found for found in outcomes if not isinstance(found, Account)]
    assert len(losers) == len(names) - 1
    assert all(isinstance(found, NotAccepted) and "taken" in str(found) for found in losers)


def test_one_address_makes_ten_accounts_an_hour(database: Database, clock: Clock) -> None:
    identity = local_identity(database)
    for number in range(10):
        identity.sign_up(NewAccount(f"user{number}", PASSWORD), ADDRESS)
    with pytest.raises(TooManyTries):
        identity.sign_up(NewAccount("ada", PASSWORD), ADDRESS)
    identity.sign_up(NewAccount("eve", PASSWORD), "192.0.2.8")
    clock.advance(hours=1, seconds=1)
    identity.sign_up(NewAccount("ada", PASSWORD), ADDRESS)


def test_asking_for_taken_names_is_limited_too(database: Database) -> None:
    identity = local_identity(database)
    ada(identity)
    for _ in range(10):
        with pytest.raises(NotAccepted):
            identity.sign_up(NewAccount("ada", PASSWORD), ADDRESS)
    with pytest.raises(TooManyTries):
        identity.sign_up(NewAccount("eve", PASSWORD), ADDRESS)


# --- The implicit user ---------------------------------------------------------------------------


def test_the_implicit_user_is_there_and_is_the_same_each_time(database: Database) -> None:
    identity = local_identity(database)
    assert (
        identity.ensure_local_user() == identity.ensure_local_user() == Actor(LOCAL_USER, "local")
    )
    assert identity.accounts() == ()


@pytest.mark.parametrize("password", ["", "local", PASSWORD, "None"])
def test_nobody_signs_in_as_the_implicit_user(database: Database, password: str) -> None:
    identity = local_identity(database)
    identity.ensure_local_user()
    with pytest.raises(WrongPassword):
        identity.sign_in(LOCAL_USER, password, ADDRESS)
    with pytest.raises(WrongPassword):
        identity.change_password(Actor(LOCAL_USER, ""), password, PASSWORD, ADDRESS)
    with pytest.raises(WrongPassword):
        identity.delete(Actor(LOCAL_USER, ""), password, ADDRESS)
    with pytest.raises(NotFound):
        identity.set_password(LOCAL_USER, PASSWORD)


def test_a_user_may_be_called_like_the_implicit_one(database: Database) -> None:
    identity = local_identity(database)
    identity.ensure_local_user()
    made = identity.sign_up(NewAccount("local", PASSWORD), ADDRESS)
    assert made.user_id != LOCAL_USER
    assert identity.sign_in("local", PASSWORD, ADDRESS) == made


# --- The address ---------------------------------------------------------------------------------


def test_an_account_needs_no_address(database: Database) -> None:
    identity = local_identity(database)
    made = identity.sign_up(NewAccount("ada", PASSWORD, email="ada@example.org"), ADDRESS)
    renamed = identity.rename(made.actor, "Ada King", "")
    assert (renamed.name, renamed.full_name, renamed.email) == ("ada", "Ada King", "")
    assert identity.account(made.user_id) == renamed


# --- The operator --------------------------------------------------------------------------------


def test_the_operator_adds_accounts_to_a_closed_server(database: Database) -> None:
    identity = local_identity(database, is_open=False)
    for number in range(12):
        identity.add(NewAccount(f"user{number:02}", PASSWORD))
    assert len(identity.accounts()) == 12
    with pytest.raises(NotAccepted, match="taken"):
        identity.add(NewAccount("USER01", PASSWORD))


def test_the_operator_sets_a_password_and_all_sessions_end(database: Database) -> None:
    identity, sessions = local_identity(database), Sessions(database)
    begun = sessions.begin(ada(identity).user_id, "Firefox", ADDRESS)
    identity.set_password("Ada", OTHER_PASSWORD)
    assert sessions.by_id(begun.session_id) is None
    assert identity.sign_in("ada", OTHER_PASSWORD, ADDRESS).name == "ada"


def test_the_operator_lets_a_user_in_who_failed_too_often(database: Database) -> None:
    identity = local_identity(database)
    ada(identity)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            identity.sign_in("ada", "wrong", ADDRESS)
    identity.set_password("ada", OTHER_PASSWORD)
    assert identity.sign_in("ada", OTHER_PASSWORD, ADDRESS).name == "ada"


def test_the_operator_can_set_no_weak_password_and_reach_no_unknown_name(
    database: Database,
) -> None:
    identity = local_identity(database)
    ada(identity)
    with pytest.raises(NotAccepted):
        identity.set_password("ada", "1234567890")
    for call in (
        identity.named,
        identity.remove,
        lambda name: identity.set_password(name, PASSWORD),
    ):
        with pytest.raises(NotFound, match="eve"):
            call("eve")


def test_the_operator_removes_an_account_with_its_sessions(database: Database) -> None:
    identity, sessions = local_identity(database), Sessions(database)
    begun = sessions.begin(ada(identity).user_id, "", ADDRESS)
    identity.remove("ada")
    assert identity.accounts() == ()
    assert sessions.by_id(begun.session_id) is None


# --- Real hashes ---------------------------------------------------------------------------------


def test_real_hashes_tell_long_passwords_apart() -> None:
    passwords = BcryptPasswords()
    start = "ü" * 36
    hashed = passwords.hash(start + " the end")
    assert passwords.check(start + " the end", hashed)
    assert not passwords.check(start + " another end", hashed)
    assert not passwords.check(start, hashed)


def test_real_hashes_take_every_text_and_every_way_to_type_it(database: Database) -> None:
    identity = LocalIdentity(database, BcryptPasswords(), True)
    identity.sign_up(NewAccount("ada", "Zwölf ﬁne\0 Boxkämpfer "), ADDRESS)
    typed_apart = "Zwo\u0308lf fine\0 Boxka\u0308mpfer"
    assert identity.sign_in("ADA ", typed_apart, ADDRESS).name == "ada"
    with pytest.raises(WrongPassword):
        identity.sign_in("ada", "Zwölf fine", ADDRESS)


def test_an_endless_password_is_wrong_and_costs_one_check(database: Database) -> None:
    class Watching(FastPasswords):
        longest = 0

        def check(self, password: str, hashed: str) -> bool:
            self.longest = max(self.longest, len(password))
            return super().check(password, hashed)

    passwords = Watching()
    identity = local_identity(database, passwords)
    ada(identity)
    with pytest.raises(WrongPassword):
        identity.sign_in("ada", "x" * 1_000_000, ADDRESS)
    assert (passwords.checked, passwords.longest) == (1, 0)

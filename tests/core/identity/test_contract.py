"""What every Identity does, whatever keeps the accounts; a new one needs a line in ``MAKERS``."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from core.errors import NotAccepted, NotAllowed, NotFound, TooManyTries, WrongPassword
from core.identity.protocol import Account, Actor, Identity, NewAccount
from core.identity.supabase import SupabaseIdentity
from core.sessions import Sessions
from core.system.database import Database
from core.system.remote import Project
from tests.accounts import ADDRESS, OTHER_PASSWORD, PASSWORD, local_identity


@dataclass(frozen=True)
class Accounts:
    """One back end.

    Attributes:
        ada: what Ada signs up with; a name that nobody has yet.
        sessions: in which accounts act.
    """

    identity: Identity
    sessions: Sessions
    ada: NewAccount

    def add_ada(self) -> Account:
        return self.identity.sign_up(self.ada, ADDRESS)

    def signed_in(self, account: Account) -> Actor:
        """The account as it acts after a sign-in."""
        begun = self.sessions.begin(account.user_id, "Firefox", ADDRESS, account.tokens)
        found = self.sessions.by_id(begun.session_id)
        assert found
        return found.actor


def local(database: Database, request: pytest.FixtureRequest) -> Accounts:
    ada = NewAccount("ada", PASSWORD, "Ada Lovelace", "ada@example.org")
    return Accounts(local_identity(database), Sessions(database), ada)


def supabase(database: Database, request: pytest.FixtureRequest) -> Accounts:
    project: Project = request.getfixturevalue("supabase_project")
    identity = SupabaseIdentity(database, project)
    email = f"ada-{secrets.token_hex(4)}@example.org"
    ada = NewAccount(email, PASSWORD, "Ada Lovelace", email)
    return Accounts(identity, Sessions(database, identity.renew), ada)


MAKERS: Final = [
    pytest.param(local, id="local"),
    pytest.param(supabase, id="supabase", marks=pytest.mark.supabase),
]


@pytest.fixture(params=MAKERS)
def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Accounts]:
    with closing(Database(tmp_path / "accounts.sqlite3")) as database:
        yield request.param(database, request)


@pytest.fixture
def identity(accounts: Accounts) -> Identity:
    return accounts.identity


@pytest.fixture
def ada(accounts: Accounts) -> NewAccount:
    return accounts.ada


def test_who_signs_up_can_sign_in(accounts: Accounts, identity: Identity, ada: NewAccount) -> None:
    made = accounts.add_ada()
    assert (made.name, made.full_name, made.email) == (ada.name, "Ada Lovelace", ada.email)
    assert identity.sign_in(ada.name, PASSWORD, ADDRESS) == made
    assert identity.account(made.user_id) == made
    assert made.actor.name == "Ada Lovelace"


def test_a_name_is_the_same_in_capitals_and_with_spaces_around(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    assert identity.sign_in(f" {ada.name.upper()} ", PASSWORD, ADDRESS) == made


def test_a_server_that_takes_sign_ups_says_so(identity: Identity) -> None:
    assert identity.takes_sign_ups()


def test_a_wrong_password_and_an_unknown_name_look_alike(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    accounts.add_ada()
    with pytest.raises(WrongPassword) as wrong:
        identity.sign_in(ada.name, OTHER_PASSWORD, ADDRESS)
    with pytest.raises(WrongPassword) as unknown:
        identity.sign_in(f"x{ada.name}", PASSWORD, ADDRESS)
    with pytest.raises(WrongPassword) as no_name:
        identity.sign_in("\x00 \ud800 <", PASSWORD, ADDRESS)
    assert str(wrong.value) == str(unknown.value) == str(no_name.value)


def test_too_many_wrong_passwords_close_the_door_for_a_while(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    accounts.add_ada()
    for _ in range(5):
        with pytest.raises(WrongPassword):
            identity.sign_in(ada.name, OTHER_PASSWORD, ADDRESS)
    with pytest.raises(TooManyTries) as refused:
        identity.sign_in(ada.name, PASSWORD, ADDRESS)
    assert 0 < refused.value.seconds <= 15 * 60 + 1


def test_a_taken_name_is_not_given_twice(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    with pytest.raises(NotAccepted, match=r"taken|already"):
        identity.sign_up(NewAccount(ada.name.upper(), OTHER_PASSWORD), ADDRESS)
    assert identity.sign_in(ada.name, PASSWORD, ADDRESS) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "ada lovelace", "email": ""},
        {"password": "short"},
        {"full_name": "Ada\u202e"},
        {"email": "nowhere"},
    ],
)
def test_a_field_that_is_not_accepted_makes_no_account(
    identity: Identity, ada: NewAccount, changes: dict[str, str]
) -> None:
    new = replace(ada, **changes)
    with pytest.raises(NotAccepted):
        identity.sign_up(new, ADDRESS)
    with pytest.raises(WrongPassword):
        identity.sign_in(new.name, new.password, ADDRESS)


def test_a_user_is_called_what_the_user_wants(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    actor = accounts.signed_in(made)
    renamed = identity.rename(actor, " Ada  King ", ada.email)
    assert renamed == replace(made, full_name="Ada King")
    assert identity.account(made.user_id) == renamed
    with pytest.raises(NotAccepted):
        identity.rename(actor, "Ada", "nowhere")
    assert identity.sign_in(ada.name, PASSWORD, ADDRESS) == renamed


def test_a_changed_password_is_the_one_that_counts(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    actor = accounts.signed_in(made)
    assert identity.change_password(actor, PASSWORD, OTHER_PASSWORD, ADDRESS) == made
    assert identity.sign_in(ada.name, OTHER_PASSWORD, ADDRESS) == made
    with pytest.raises(WrongPassword):
        identity.sign_in(ada.name, PASSWORD, ADDRESS)


def test_a_changed_password_ends_every_session(accounts: Accounts, identity: Identity) -> None:
    made = accounts.add_ada()
    actor = accounts.signed_in(made)
    again = identity.change_password(actor, PASSWORD, OTHER_PASSWORD, ADDRESS)
    assert accounts.sessions.active(made.user_id) == ()
    assert accounts.signed_in(again).user_id == made.user_id


def test_a_password_changes_only_with_the_old_one_and_to_a_good_one(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    actor = accounts.signed_in(made)
    with pytest.raises(WrongPassword):
        identity.change_password(actor, OTHER_PASSWORD, OTHER_PASSWORD, ADDRESS)
    with pytest.raises(NotAccepted):
        identity.change_password(actor, PASSWORD, "ada lovelace", ADDRESS)
    assert identity.sign_in(ada.name, PASSWORD, ADDRESS) == made
    assert len(accounts.sessions.active(made.user_id)) == 1


def test_a_deleted_account_is_gone_and_its_name_is_free(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    actor = accounts.signed_in(made)
    with pytest.raises(WrongPassword):
        identity.delete(actor, OTHER_PASSWORD, ADDRESS)
    identity.delete(actor, PASSWORD, ADDRESS)
    with pytest.raises(NotFound):
        identity.account(made.user_id)
    with pytest.raises(WrongPassword):
        identity.sign_in(ada.name, PASSWORD, ADDRESS)
    assert accounts.sessions.active(made.user_id) == ()
    assert accounts.add_ada().user_id != made.user_id


def test_an_ended_sign_in_says_nothing_and_ends_no_other_users(
    accounts: Accounts, identity: Identity, ada: NewAccount
) -> None:
    made = accounts.add_ada()
    identity.end(accounts.signed_in(made))
    identity.end(made.actor)
    identity.end(accounts.signed_in(made), everywhere=True)
    assert identity.sign_in(ada.name, PASSWORD, ADDRESS) == made


def test_there_is_no_account_of_an_unknown_id(identity: Identity) -> None:
    with pytest.raises(NotFound):
        identity.account("nobody")
    with pytest.raises((NotFound, NotAllowed)):
        identity.rename(Actor("nobody", ""), "Ada", "ada@example.org")

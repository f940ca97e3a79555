"""What every Identity does, whatever keeps the accounts; a new one needs a line in ``MAKERS``."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import pytest

from core.database import Database
from core.errors import NotAccepted, NotFound, TooManyTries, WrongPassword
from core.identity.protocol import Actor, Identity, NewAccount
from tests.accounts import ADDRESS, OTHER_PASSWORD, PASSWORD, local_identity

ADA: Final = NewAccount("ada", PASSWORD, "Ada Lovelace", "ada@example.org")


@contextmanager
def local(folder: Path) -> Iterator[Identity]:
    database = Database(folder / "accounts.sqlite3")
    yield local_identity(database)
    database.close()


MAKERS: Final[dict[str, Callable[[Path], AbstractContextManager[Identity]]]] = {"local": local}


@pytest.fixture(params=MAKERS)
def identity(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Identity]:
    with MAKERS[request.param](tmp_path) as made:
        yield made


def test_who_signs_up_can_sign_in(identity: Identity) -> None:
    made = identity.sign_up(ADA, ADDRESS)
    assert (made.name, made.full_name, made.email) == ("ada", "Ada Lovelace", "ada@example.org")
    assert identity.sign_in("ada", PASSWORD, ADDRESS) == made
    assert identity.account(made.user_id) == made
    assert made.actor.name == "Ada Lovelace"


def test_a_server_that_takes_sign_ups_says_so(identity: Identity) -> None:
    assert identity.takes_sign_ups()


def test_a_wrong_password_and_an_unknown_name_look_alike(identity: Identity) -> None:
    identity.sign_up(ADA, ADDRESS)
    with pytest.raises(WrongPassword) as wrong:
        identity.sign_in("ada", OTHER_PASSWORD, ADDRESS)
    with pytest.raises(WrongPassword) as unknown:
        identity.sign_in("eve", PASSWORD, ADDRESS)
    assert str(wrong.value) == str(unknown.value)


def test_too_many_wrong_passwords_close_the_door_for_a_while(identity: Identity) -> None:
    identity.sign_up(ADA, ADDRESS)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            identity.sign_in("ada", OTHER_PASSWORD, ADDRESS)
    with pytest.raises(TooManyTries) as refused:
        identity.sign_in("ada", PASSWORD, ADDRESS)
    assert 0 < refused.value.seconds <= 15 * 60 + 1


def test_a_taken_name_is_not_given_twice(identity: Identity) -> None:
    identity.sign_up(ADA, ADDRESS)
    with pytest.raises(NotAccepted, match="taken"):
        identity.sign_up(NewAccount("ADA", OTHER_PASSWORD), ADDRESS)
    assert identity.sign_in("ada", PASSWORD, ADDRESS).name == "ada"


@pytest.mark.parametrize(
    "new",
    [
        NewAccount("ada lovelace", PASSWORD),
        NewAccount("ada", "short"),
        NewAccount("ada", PASSWORD, "Ada\u202e"),
        NewAccount("ada", PASSWORD, email="nowhere"),
    ],
)
def test_a_field_that_is_not_accepted_makes_no_account(identity: Identity, new: NewAccount) -> None:
    with pytest.raises(NotAccepted):
        identity.sign_up(new, ADDRESS)
    with pytest.raises(WrongPassword):
        identity.sign_in(new.name, new.password, ADDRESS)


def test_a_user_is_called_what_the_user_wants(identity: Identity) -> None:
    made = identity.sign_up(ADA, ADDRESS)
    renamed = identity.rename(made.actor, " Ada  King ", "")
    assert (renamed.name, renamed.full_name, renamed.email) == ("ada", "Ada King", "")
    assert identity.account(made.user_id) == renamed
    with pytest.raises(NotAccepted):
        identity.rename(made.actor, "Ada", "nowhere")


def test_a_changed_password_is_the_one_that_counts(identity: Identity) -> None:
    made = identity.sign_up(ADA, ADDRESS)
    identity.change_password(made.actor, PASSWORD, OTHER_PASSWORD, ADDRESS)
    assert identity.sign_in("ada", OTHER_PASSWORD, ADDRESS) == made
    with pytest.raises(WrongPassword):
        identity.sign_in("ada", PASSWORD, ADDRESS)


def test_a_password_changes_only_with_the_old_one_and_to_a_good_one(identity: Identity) -> None:
    made = identity.sign_up(ADA, ADDRESS)
    with pytest.raises(WrongPassword):
        identity.change_password(made.actor, OTHER_PASSWORD, OTHER_PASSWORD, ADDRESS)
    with pytest.raises(NotAccepted):
        identity.change_password(made.actor, PASSWORD, "ada lovelace", ADDRESS)
    assert identity.sign_in("ada", PASSWORD, ADDRESS) == made


def test_a_deleted_account_is_gone_and_its_name_is_free(identity: Identity) -> None:
    made = identity.sign_up(ADA, ADDRESS)
    with pytest.raises(WrongPassword):
        identity.delete(made.actor, OTHER_PASSWORD, ADDRESS)
    identity.delete(made.actor, PASSWORD, ADDRESS)
    with pytest.raises(NotFound):
        identity.account(made.user_id)
    with pytest.raises(WrongPassword):
        identity.sign_in("ada", PASSWORD, ADDRESS)
    assert identity.sign_up(ADA, ADDRESS).user_id != made.user_id


def test_there_is_no_account_of_an_unknown_id(identity: Identity) -> None:
    with pytest.raises(NotFound):
        identity.account("nobody")
    with pytest.raises(NotFound):
        identity.rename(Actor("nobody", ""), "Ada", "")

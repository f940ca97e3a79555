"""``python -m core accounts``: what the operator of the machine can do with accounts."""

import getpass
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import WrongPassword
from core.identity.local import BcryptPasswords, LocalIdentity
from core.identity.protocol import NewAccount
from core.system.database import FILE_NAME, Database
from tests import command
from tests.accounts import ADDRESS, OTHER_PASSWORD, PASSWORD, local_identity

run = partial(command.run, "accounts")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def identity(folder: Path) -> Iterator[LocalIdentity]:
    database = Database(folder / FILE_NAME)
    yield LocalIdentity(database, BcryptPasswords(), True)
    database.close()


@pytest.fixture
def ada(folder: Path) -> str:
    """An account whose hash is no bcrypt hash, which is fast to make."""
    database = Database(folder / FILE_NAME)
    local_identity(database).add(NewAccount("ada", PASSWORD, "Ada Lovelace", "ada@example.org"))
    database.close()
    return "ada"


def test_an_account_is_added_with_a_password_from_standard_input(identity: LocalIdentity) -> None:
    result = run("add", "Ada", stdin=f"{PASSWORD}\nmore\n")
    assert result == command.Result(0, "", "Added Ada.\n")
    assert identity.sign_in("ada", PASSWORD, ADDRESS).name == "Ada"


def test_accounts_are_listed(ada: str) -> None:
    for words in ((), ("list",)):
        result = run(*words)
        assert result.code == 0
        name, made, *rest = result.out.split()
        assert (name, len(made), rest) == (ada, 10, ["Ada", "Lovelace", "ada@example.org"])


def test_a_new_installation_has_no_accounts() -> None:
    assert run() == command.Result(0, "", "There are no accounts yet.\n")


def test_a_password_is_set(ada: str, identity: LocalIdentity) -> None:
    result = run("password", "ADA", stdin=OTHER_PASSWORD)
    assert result.code == 0
    assert identity.sign_in(ada, OTHER_PASSWORD, ADDRESS).name == ada
    with pytest.raises(WrongPassword):
        identity.sign_in(ada, PASSWORD, ADDRESS)


def test_in_a_terminal_the_password_is_typed_twice_and_not_shown(
    ada: str, identity: LocalIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter([OTHER_PASSWORD, OTHER_PASSWORD, PASSWORD, OTHER_PASSWORD])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(typed))
    assert run("password", ada, terminal=True).code == 0
    result = run("password", ada, terminal=True)
    assert (result.code, "differ" in result.err) == (2, True)
    assert identity.sign_in(ada, OTHER_PASSWORD, ADDRESS).name == ada


def test_an_account_is_deleted_once_its_name_is_typed_again(ada: str) -> None:
    for answer in ("", "yes", "eve"):
        assert run("delete", ada, stdin=answer).code == 2
    assert ada in run().out
    result = run("delete", ada, stdin="ada\n", terminal=True)
    assert (result.code, "Type the name again" in result.err) == (0, True)
    assert run().out == ""


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("add", "ADA"), PASSWORD, "taken"),
        (("add", "eve"), "short", "fewer than 10"),
        (("add", "eve"), "", "fewer than 10"),
        (("add", "a b"), PASSWORD, "letters, digits"),
        (("password", "eve"), PASSWORD, "'eve'"),
        (("password", "ada"), "ada lovelace", "your name"),
        (("delete", "eve"), "eve", "'eve'"),
        (("add",), PASSWORD, "needs a NAME"),
        (("list", "ada"), "", "takes no NAME"),
        (("add", "eve", PASSWORD), "", "unrecognized arguments"),
        (("rename", "ada"), "", "invalid choice"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_line(
    ada: str, words: tuple[str, ...], stdin: str, said: str
) -> None:
    result = run(*words, stdin=stdin)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert said in result.err
    assert run().out.split()[0] == ada


def test_the_data_folder_of_the_secrets_file_is_used(
    folder: Path, ada: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TUNESMITH_DATA")
    home = folder / "home"
    (home / ".streamlit").mkdir(parents=True)
    secrets = home / ".streamlit" / "secrets.toml"
    secrets.write_text(f'[tunesmith]\ndata = "{folder.as_posix()}"\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert run().out.split()[0] == ada
    secrets.write_text("[tunesmith")
    result = run()
    assert (result.code, "secrets.toml" in result.err) == (2, True)


def test_the_command_says_only_what_it_did(ada: str, project: Path) -> None:
    words = [sys.executable, "-m", "core", "accounts", "password", ada]
    given = OTHER_PASSWORD.encode()
    done = subprocess.run(words, cwd=project, input=given, capture_output=True, check=False)
    assert (
        done.stdout + done.stderr
        == b"Set the password of ada and ended all its sessions and tokens.\n"
    )


def test_a_password_that_is_no_utf8_is_refused_as_bytes(ada: str, project: Path) -> None:
    words = [sys.executable, "-m", "core", "accounts", "password", ada]
    done = subprocess.run(words, cwd=project, input=b"\xff" * 12, capture_output=True, check=False)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"UTF-8" in done.stderr

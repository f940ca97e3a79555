"""Which servers a token may go to, and the file that tokens are kept in."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.commands.credentials import (
    Credentials,
    Login,
    check_token,
    is_this_machine,
    require_private,
    server_url,
)
from core.errors import InputError

HERE = "http://localhost:8501"
THERE = "https://example.org/tunesmith"
ENDS = datetime(2026, 12, 31, 8, 30, tzinfo=UTC)


# --- Addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (HERE, HERE),
        ("localhost:8501", HERE),
        ("HTTP://LOCALHOST:8501/", HERE),
        (" http://localhost:8501/api/training ", HERE),
        ("127.0.0.1", "http://127.0.0.1"),
        ("[::1]:8501", "http://[::1]:8501"),
        ("http://[0:0::1]/", "http://[::1]"),
        ("example.org", "https://example.org"),
        ("example.org:443/tunesmith", THERE),
        ("https://Example.org./tunesmith//", THERE),
        ("https://example.org/tunesmith/api/training/", THERE),
        ("http://example.org:80", "http://example.org"),
        ("https://my_host-1:8443/a/b.c~d", "https://my_host-1:8443/a/b.c~d"),
    ],
)
def test_an_address_has_one_form(typed: str, address: str) -> None:
    assert server_url(typed) == address
    assert server_url(address) == address


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "http://", "https:///x", "ftp://example.org", "file:///etc/passwd"),
        *("https://example.org?x=1", "https://example.org/#a", "https://example.org:0"),
        *("https://example.org:99999", "https://example.org:x", "https://exa mple.org"),
        *("https://example.org/a b", "https://example.org/../x", "https://example.org/%2e%2e"),
        *("https://exämple.org", "https://[::1", "https://[g::1]", "https://a:b:c"),
        *("a\nb", "a\x00b"),
    ],
)
def test_what_is_no_address_is_told(typed: str) -> None:
    with pytest.raises(InputError, match=r"is not the address of a server; .*org/tunesmith.$"):
        server_url(typed)


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError) as raised:
        server_url("https://ada:t0ps3cret@example.org")
    assert "t0ps3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("typed", "is_here"),
    [
        ("localhost", True),
        ("127.8.9.1:80", True),
        ("[::1]", True),
        ("localhost.example.org", False),
        ("evil.localhost", False),
        ("127.0.0.1.example.org", False),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
        ("[::2]", False),
    ],
)
def test_a_token_goes_in_the_clear_to_this_machine_only(typed: str, is_here: bool) -> None:
    plain = server_url(f"http://{typed}")
    assert is_this_machine(plain) is is_here
    require_private(server_url(f"https://{typed}"))
    if is_here:
        require_private(plain)
    else:
        with pytest.raises(InputError, match="in the clear"):
            require_private(plain)


@pytest.mark.parametrize("typed", ["tsm_aZ09-_", "  tsm_a\r\n", "eyJh.eyJz.c2ln", "YWJj=="])
def test_a_token_is_taken_without_the_space_around_it(typed: str) -> None:
    assert check_token(typed) == typed.strip()


@pytest.mark.parametrize("typed", ["", " \n", "tsm_a b", "tsm_a\nb", "tsm_ä", "a\x00", "a\r\nX: y"])
def test_what_is_no_token_is_refused_and_not_shown(typed: str) -> None:
    with pytest.raises(InputError) as raised:
        check_token(typed)
    assert not typed.strip() or typed.strip() not in str(raised.value)


# --- The file ------------------------------------------------------------------------------------


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials(tmp_path / "tunesmith" / "credentials.json")


def test_logins_are_kept_by_server_and_the_last_one_is_known(credentials: Credentials) -> None:
    here, there = Login(HERE, "a", "ada", ENDS), Login(THERE, "b", "Ada L.")
    assert (credentials.last(), credentials.login(HERE)) == ("", None)
    credentials.keep(here)
    credentials.keep(there)
    again = Credentials(credentials.file)
    assert (again.last(), again.login(HERE), again.login(THERE)) == (THERE, here, there)
    credentials.keep(Login(HERE, "c", "ada"))
    assert (again.last(), again.login(HERE)) == (HERE, Login(HERE, "c", "ada"))


def test_a_login_is_forgotten_and_the_others_stay(credentials: Credentials) -> None:
    here, there = Login(HERE, "a"), Login(THERE, "b")
    credentials.keep(here)
    credentials.keep(there)
    assert credentials.forget(HERE)
    assert not credentials.forget(HERE)
    assert (credentials.last(), credentials.login(there.server)) == (THERE, there)
    assert credentials.forget(THERE)
    assert credentials.last() == ""
    assert "token" not in credentials.file.read_text()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_nobody_else_can_read_the_file(credentials: Credentials) -> None:
    folder, file = credentials.file.parent, credentials.file
    folder.mkdir(mode=0o755)
    file.write_text('{"last": "", "logins": {}}')
    file.chmod(0o644)
    old = os.umask(0)
    try:
        credentials.keep(Login(HERE, "a"))
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_a_file_that_is_a_link_stays_one(credentials: Credentials, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.json"
    credentials.file.parent.mkdir()
    credentials.file.symlink_to(real)
    credentials.keep(Login(HERE, "a"))
    assert credentials.file.is_symlink()
    assert Credentials(real).last() == HERE


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", '{"last": [], "logins": {}}', '{"last": "", "logins": []}'),
        '{"last": "", "logins": {"x": {"token": "t0ps3cret"}}}',
        '{"last": "", "logins": {"x": {"token": 1, "name": "", "expires_at": null}}}',
        '{"last": "", "logins": {"x": {"token": "t0ps3cret", "name": "", "expires_at": "soon"}}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_broken_file_is_told_in_a_sentence_and_left(credentials: Credentials, text: str) -> None:
    credentials.file.parent.mkdir()
    data = text.encode("utf-8", "surrogateescape")
    credentials.file.write_bytes(data)
    for call in (credentials.last, lambda: credentials.keep(Login(HERE, "a"))):
        with pytest.raises(InputError, match="delete it and log in again") as raised:
            call()
        assert "t0ps3cret" not in str(raised.value)
    assert credentials.file.read_bytes() == data


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be"):
        Credentials(tmp_path / "file" / "credentials.json").keep(Login(HERE, "a"))


def test_a_token_shows_in_no_repr() -> None:
    assert "t0ps3cret" not in repr(Login(HERE, "t0ps3cret"))

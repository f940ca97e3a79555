"""Addresses and keys of a Supabase project: which are taken, and that no other is shown."""

import base64
import json
from typing import Any

import pytest

from core.errors import SettingsError
from core.settings import Settings
from core.system.keys import check_key, check_url, is_secret


def signed(claims: Any) -> str:
    """A key of the older form."""
    parts = [{"alg": "HS256"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in encoded), "c2lnbmF0dXJl"])


PUBLISHABLE = "sb_publishable_kO0fZb3f4tSm"
SECRET = "sb_secret_9d1TzX0fZb3f4tSm"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://abcd.supabase.co", "https://abcd.supabase.co"),
        ("https://abcd.supabase.co/", "https://abcd.supabase.co"),
        ("HTTPS://db.example.org:8443//", "https://db.example.org:8443"),
        ("http://localhost:54321", "http://localhost:54321"),
        ("http://127.0.0.1:54321/", "http://127.0.0.1:54321"),
        ("http://[::1]:54321", "http://[::1]:54321"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://host.docker.internal:54321", "http://host.docker.internal:54321"),
    ],
)
def test_an_address_is_taken_without_its_path(url: str, origin: str) -> None:
    assert check_url(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        *("abcd.supabase.co", "abcd", "//abcd.supabase.co", "ftp://abcd.supabase.co", "https://"),
        *("https:///rest", "https://abcd.supabase.co/rest/v1", "https://h/?a=b", "https://h?a=b"),
        *("https://h#a", "https://ada:secret@h", "https://@h", "https://ada@h", "https://[::1"),
        *("https://h:99999", "https://h:port", "https://a b", "https://a\nb", "https://a\\@b"),
        *("https://h,i", "https://<h>", "https://%61bcd", "javascript:alert(1)", SECRET),
        *(f"https://{'a' * 300}", "https://a\x00b", "https://\ud800"),
    ],
)
def test_what_is_no_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_url(url)
    assert str(refused.value) == (
        "TUNESMITH_SUPABASE_URL is not the address of a project; it looks like https://abcd.supabase.co."
    )


@pytest.mark.parametrize(
    "url",
    [
        *("http://abcd.supabase.co", "http://192.168.0.7:54321", "http://127.0.0.1.example.org"),
        *("http://localhost.example.org", "http://0.0.0.0", "http://[2001:db8::1]"),
    ],
)
def test_passwords_go_in_the_clear_to_this_machine_only(url: str) -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        check_url(url)


@pytest.mark.parametrize("key", [PUBLISHABLE, signed({"role": "anon", "iss": "supabase"})])
def test_a_key_that_anybody_may_know_is_taken(key: str) -> None:
    check_key(key)
    assert not is_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        SECRET,
        "sb_secret_",
        signed({"role": "service_role"}),
        signed({"role": "supabase_admin"}),
        # Somebody's own sign-in, which would be everybody's.
        signed({"role": "authenticated", "sub": "1"}),
    ],
)
def test_a_secret_key_is_refused_and_not_shown(key: str) -> None:
    assert is_secret(key)
    with pytest.raises(SettingsError, match="is a secret key") as refused:
        check_key(key)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        *("", "key", "SB_SECRET_x", "https://abcd.supabase.co", "a.b.c", "..", "é.é.é"),
        *(signed([1]), signed("anon"), signed(None), signed({}), signed({"role": None})),
        *(signed({"role": ["anon"]}), signed({"role": "anon"}) + ".x", "a." + "W" * 9000 + ".c"),
        *(f"{PUBLISHABLE} x", f"{PUBLISHABLE}\nx", f"{PUBLISHABLE}é", f"'{PUBLISHABLE}'"),
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_key(key)
    assert str(refused.value) == (
        "TUNESMITH_SUPABASE_KEY is not a key of a project; "
        "set its publishable key (sb_publishable_...)."
    )


def test_settings_have_both_or_neither_and_show_no_key() -> None:
    both = {
        "TUNESMITH_SUPABASE_URL": " https://abcd.supabase.co/ ",
        "TUNESMITH_SUPABASE_KEY": f"{PUBLISHABLE}\n",
    }
    settings = Settings.from_environ(both)
    assert settings.supabase_url == "https://abcd.supabase.co"
    assert settings.supabase_key == PUBLISHABLE
    assert PUBLISHABLE not in repr(settings)
    assert not Settings.from_environ(dict.fromkeys(both, " ")).supabase_url
    for name in both:
        with pytest.raises(SettingsError, match="is missing; set both, or neither"):
            Settings.from_environ({**both, name: ""})
    with pytest.raises(SettingsError, match="for users only"):
        Settings.from_environ({**both, "TUNESMITH_ACCOUNTS": "off"})


@pytest.mark.parametrize("given", [{"accounts": "on"}, {}])
def test_settings_take_no_secret_key_from_either_place(given: dict[str, str]) -> None:
    table = given | {"supabase_url": "https://abcd.supabase.co", "supabase_key": SECRET}
    for environ, secrets in (
        ({}, {"tunesmith": table}),
        ({f"TUNESMITH_{name.upper()}": value for name, value in table.items()}, {}),
    ):
        with pytest.raises(SettingsError, match="is a secret key") as refused:
            Settings.from_environ(environ, secrets)
        assert SECRET not in str(refused.value)

"""Which names, addresses and passwords are accepted, and that the library's forms say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotAccepted
from core.identity import rules
from core.identity.validator import Rules

OWN = ("ada", "Ada Lovelace", "countess@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "four plain words here",
        "correct horse battery",
        "日本語のパスワードです",
        "ünïcödé pässwörd",
        "q8Zr!mmmmmmmmmm",
        "ada walked to the harbour",
        "7391648205527",
        "!?*&^%$#@~<>",
        "z" + "xy7" * 340,
    ],
)
def test_long_passwords_of_any_kind_are_accepted(password: str) -> None:
    assert rules.password_fault(password, OWN) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "fewer than 10"),
        ("nine char", "fewer than 10"),
        ("nine char ", "fewer than 10"),
        ("x7" * 513, "more than 1024"),
        ("ada.lovelace", "your name"),
        ("Ada Lovelace 1815", "your name"),
        ("adalovelace!", "your name"),
        ("countess@example.org", "your name"),
        ("countess1815", "your name"),
        ("aaaaaaaaaa", "plain run"),
        ("1212121212", "plain run"),
        ("hahahahaha", "plain run"),
        ("1234567890", "plain run"),
        ("0987654321", "plain run"),
        ("abcdefghij", "plain run"),
        ("QWERTYUIOP", "plain run"),
        ("qwerty12345", "plain run"),
        ("1122334455", "plain run"),
        ("password123", "commonest"),
        ("P@ssw0rd123!", "commonest"),
        ("1q2w3e4r5t", "commonest"),
        ("adminadmin1", "commonest"),
    ],
)
def test_passwords_that_are_soon_guessed_are_refused(password: str, reason: str) -> None:
    assert reason in rules.password_fault(password, OWN)
    with pytest.raises(NotAccepted, match=reason):
        rules.require_password(password, OWN)


@given(st.text())
def test_a_refusal_never_repeats_the_password(password: str) -> None:
    fault = rules.password_fault(password, OWN)
    assert len(password) < 10 or password not in fault


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ada", "ada"),
        (" Ada.L_2-x ", "Ada.L_2-x"),
        ("ａｄａ", "ada"),
        ("пётр", "пётр"),
        ("हिन्दी", "हिन्दी"),
        ("李雷", "李雷"),
        ("7", "7"),
        ("x" * 40, "x" * 40),
    ],
)
def test_names_of_every_script_are_accepted(name: str, kept: str) -> None:
    assert rules.accepted_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "x" * 41, ".ada", "_", "-", "a b", "a@b", "a/b", "<b>", "a'b", "a\nb", "a\0b"),
        *("a\u202eb", "a\u200bb", "a\u200db", "a\ufe0f", "a\u034f", "\u3164", "\u115f", "\ud800"),
    ],
)
def test_names_with_other_characters_are_refused(name: str) -> None:
    with pytest.raises(NotAccepted, match="letters, digits"):
        rules.accepted_name(name)


@pytest.mark.parametrize(
    ("one", "other"), [("Ada", "aDA"), ("STRASSE", "straße"), ("ﬁn", "FIN"), ("É", "e\u0301")]
)
def test_names_that_read_alike_are_one_name(one: str, other: str) -> None:
    assert rules.name_key(one) == rules.name_key(other)


@given(st.text(max_size=50))
def test_a_name_that_is_kept_keeps_its_key(name: str) -> None:
    try:
        kept = rules.accepted_name(name)
    except NotAccepted:
        return
    assert rules.accepted_name(kept) == kept
    assert rules.name_key(kept) == rules.name_key(name) != ""


@pytest.mark.parametrize(
    "email", ["", "ada@example.org", "a.b+c@mail.example.co.uk", "jö@exämple.de"]
)
def test_plain_addresses_are_accepted(email: str) -> None:
    assert rules.accepted_email(f" {email} ") == email


@pytest.mark.parametrize(
    "email",
    ["ada", "@x.org", "a@b", "a b@c.org", "a@b@c.org", "<a@b.org>", "a@b.org\0", "x@" + "y" * 255],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(NotAccepted, match="email"):
        rules.accepted_email(email)


def test_a_full_name_is_tidied_and_shows_all_it_has() -> None:
    assert rules.accepted_full_name("  Ada \n King ") == "Ada King"
    assert rules.accepted_full_name("نیک\u200cنام") == "نیک\u200cنام"
    for bad in ("x" * 101, "Ada\u202e", "Ada\0", "Ada\u2066"):
        with pytest.raises(NotAccepted):
            rules.accepted_full_name(bad)


def test_the_librarys_validator_says_what_the_rules_say() -> None:
    validator = Rules(OWN)
    assert validator.validate_password("four plain words here")
    assert not validator.validate_password("adalovelace1")
    assert validator.diagnose_password("adalovelace1") == rules.password_fault("adalovelace1", OWN)
    assert validator.validate_username("пётр")
    assert not validator.validate_username("a b")
    assert validator.validate_email("")
    assert not validator.validate_email("a@b")
    assert validator.validate_name("Ada Lovelace")
    assert not validator.validate_name("Ada\u202e")

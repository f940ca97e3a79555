"""Words on the screen: nothing that a user typed is taken for markup."""

from typing import Any

import pytest

from core.document import ABSENT
from ui.build.form import from_literal, literal
from ui.text import fix_text, plain, value_text

JOINER = "\u2060"


def test_markup_in_a_value_is_shown_as_it_is() -> None:
    assert plain("**a** [b](c) :material/x: $x$ <i>") == (
        r"\*\*a\*\* \[b\]\(c\) \:JOINmaterial/x\: \$x\$ \<i\>".replace("JOIN", JOINER)
    )


@pytest.mark.parametrize("text", ["http://x.org", "www.x.org", "me@x.org", ":star:", "a -> b"])
def test_what_markdown_finds_by_itself_is_taken_apart(text: str) -> None:
    assert JOINER in plain(text)
    assert plain(text).replace(JOINER, "").replace("\\", "") == text


def test_an_entity_is_shown_as_it_is() -> None:
    assert plain("&lt;") == r"\&lt;"


def test_a_secret_is_not_shown_in_a_note() -> None:
    secret = "hf_" + "a" * 34
    assert secret not in value_text(secret)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5e-5, "5e-5"),
        (True, "true"),
        (None, "null"),
        (ABSENT, "not set"),
        ("x" * 70, "x" * 59 + "…"),
    ],
)
def test_values_on_one_line(value: Any, shown: str) -> None:
    assert value_text(value) == shown


@pytest.mark.parametrize(
    "value", [5e-5, 32, "5e-5", "4e-", "", "true", '"', True, None, [1], {"a": 1}]
)
def test_a_value_survives_the_text_field(value: Any) -> None:
    back = from_literal(literal(value))
    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("5e-5", 5e-5),
        (" 1E-4 ", 1e-4),
        (".5", 0.5),
        ("3", 3),
        ("+3", 3),
        ("4e-", "4e-"),
        ("", ABSENT),
    ],
)
def test_typed_numbers(typed: str, value: Any) -> None:
    assert from_literal(typed) == value


@pytest.mark.parametrize("typed", ["nan", "inf", "1e999", "9" * 400, "0x10"])
def test_what_is_no_json_number_stays_text(typed: str) -> None:
    assert from_literal(typed) == typed


def test_a_button_says_what_it_does() -> None:
    patch = ({"op": "add", "path": "/training/warmup_steps", "value": 1},)
    assert fix_text(patch) == "Set warmup_steps to 1"
    assert fix_text((*patch, {"op": "remove", "path": "/a"})) == "Set warmup_steps to 1 and 1 more"
    assert fix_text(({"op": "move", "from": "/a", "path": "/b"},)) == "Move a to b"

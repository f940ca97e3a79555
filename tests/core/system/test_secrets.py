"""What is masked before a value is shown."""

from typing import Any

import pytest

from core.system.secrets import kind_of, masked, redact

TOKEN = "hf_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("value", "path", "shown"),
    [
        ("plain", ("training", "method"), "plain"),
        ("plain", ("hub", "api_key"), "[secret]"),
        ("inside", ("password", "v"), "[secret]"),
        ({"password": {"v": ["deep", True]}}, (), {"password": {"v": ["[secret]", True]}}),
        ("${HF_TOKEN}", ("token",), "${HF_TOKEN}"),
        (f"uses {TOKEN}", ("note",), "uses [secret]"),
        ({TOKEN: 1}, (), {"[secret]": 1}),
        ("The key", ("parameters", "properties", "api_key", "description"), "The key"),
        (
            {"properties": {"api_key": {"description": "The key"}}},
            ("tools", 0, "parameters"),
            {"properties": {"api_key": {"description": "The key"}}},
        ),
    ],
)  # fmt: skip
def test_what_is_masked(value: Any, path: tuple[str | int, ...], shown: Any) -> None:
    assert masked(value, path) == shown


@pytest.mark.parametrize(
    "around", ["{}", "token={}", "Authorization: Bearer {}", '"{}"', "a\n{}\nb"]
)
def test_our_own_tokens_are_known(around: str) -> None:
    token = "tsm_" + "a-B_" * 10 + "xyz" + "2oF0Ib"
    assert kind_of(token) == "a Tunesmith token"
    assert "tsm_" not in redact(around.format(token))


@pytest.mark.parametrize("text", ["tsm_", "tsm_config_of_ours", "atsm_" + "a" * 49])
def test_what_only_begins_like_our_tokens_stays(text: str) -> None:
    assert redact(text) == text

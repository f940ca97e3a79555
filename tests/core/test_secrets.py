"""What is masked before a value is shown."""

from typing import Any

import pytest

from core.secrets import masked

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

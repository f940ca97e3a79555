"""What the server says when a setting does not let it start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = ("-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.port", "0")


@pytest.mark.parametrize(
    ("variables", "address", "sentence"),
    [
        (
            {"TUNESMITH_ACCOUNTS": "off"},
            "0.0.0.0",
            "Accounts are off, and the server would answer other machines too.",
        ),
        (
            {"TUNESMITH_ACCOUNTS": "no"},
            "localhost",
            "TUNESMITH_ACCOUNTS is 'no'; set it to on or off.",
        ),
        (
            {"TUNESMITH_ACOUNTS": "off"},
            "localhost",
            "There is no setting 'acounts'",
        ),
    ],
)
def test_a_setting_that_is_wrong_or_not_safe_stops_the_start_with_one_sentence(
    project: Path, variables: dict[str, str], address: str, sentence: str
) -> None:
    done = subprocess.run(
        [sys.executable, *START, "--server.address", address],
        cwd=project,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"Tunesmith can't start: {sentence}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "key", "sentence"),
    [
        (
            "https://abcd.supabase.co",
            "sb_secret_4tSmZb3f",
            "TUNESMITH_SUPABASE_KEY is a secret key",
        ),
        ("sb_secret_4tSmZb3f", "sb_publishable_x", "TUNESMITH_SUPABASE_URL is not the address"),
    ],
)
def test_a_secret_key_stops_the_start_and_is_not_shown(
    project: Path, url: str, key: str, sentence: str
) -> None:
    done = subprocess.run(
        [sys.executable, *START],
        cwd=project,
        env={**os.environ, "TUNESMITH_SUPABASE_URL": url, "TUNESMITH_SUPABASE_KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"Tunesmith can't start: {sentence}" in done.stderr
    assert "sb_secret_4tSmZb3f" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr

"""What follows from the findings of pip-audit and detect-secrets; ``.ci/run`` runs them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools import audit

FINE: dict[str, Any] = {"name": "fine", "version": "1.0", "vulns": []}
SKIPPED: dict[str, Any] = {"name": "new", "skip_reason": "Dependency not found on PyPI"}
BAD: dict[str, Any] = {
    "name": "bad",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}],
}


@pytest.mark.parametrize(
    ("entries", "fails", "text"),
    [
        ([FINE], False, "1 packages, none vulnerable."),
        ([FINE, SKIPPED], False, "none vulnerable; not checked: new."),
        ([SKIPPED], False, "no vulnerability database, so that no package was checked."),
        ([], False, "no package was checked."),
        ([FINE, SKIPPED, BAD], True, "bad 2.0: PYSEC-2026-1, mended in 2.1"),
    ],
)
def test_what_pip_audit_finds_fails_and_what_it_skips_is_told(
    entries: list[dict[str, Any]], fails: bool, text: str
) -> None:
    verdict = audit.judged(entries)
    assert verdict.fails is fails
    assert verdict.text.endswith(text)


def test_the_baseline_holds_hashes_of_files_that_there_are(project: Path) -> None:
    baseline = json.loads((project / ".secrets.baseline").read_text(encoding="utf-8"))
    for file, found in baseline["results"].items():
        assert (project / file).is_file()
        for one in found:
            assert set(one) == {"type", "hashed_secret"}
            assert re.fullmatch("[0-9a-f]{40}", one["hashed_secret"])


def test_a_wrong_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["everything"]) == 2
    assert "say packages or secrets or accept" in capsys.readouterr().err


def test_every_tool_of_the_audit_is_pinned_as_elsewhere(project: Path) -> None:
    pins = {name: set(_pins(project / name)) for name in audit.PINS}
    ours = {pin.partition("==")[0]: pin for pin in pins["requirements-audit.txt"]}
    for pin in pins["requirements.txt"] | pins["requirements-dev.txt"]:
        assert ours.get(pin.partition("==")[0], pin) == pin


def _pins(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.partition(" ;")[0] for line in lines if "==" in line and line[0] not in " #"]

"""A version is written once, and what a release is made of agrees on it."""

import re
import tomllib
from typing import Final

from core import VERSION
from tests.doc_pages import ROOT, commands

HEADING: Final = re.compile(r"^## (\S+) \((unreleased|\d{4}-\d{2}-\d{2})\)$", re.MULTILINE)
VERSION_FORM: Final = re.compile(r"\d+\.\d+\.\d+")


def changes() -> list[tuple[str, str]]:
    """The versions of the changelog with their dates, newest first."""
    return HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def test_the_package_takes_its_version_from_the_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "core.VERSION"}
    assert VERSION_FORM.fullmatch(VERSION)


def test_the_newest_changes_are_those_of_this_version() -> None:
    assert changes()[0][0] == VERSION


def test_the_changes_go_from_new_to_old() -> None:
    numbers = [tuple(map(int, version.split("."))) for version, _ in changes()]
    assert numbers == sorted(numbers, reverse=True)
    assert [date for _, date in changes()[1:] if date == "unreleased"] == []


def test_no_other_file_of_the_code_states_the_version() -> None:
    folders = ("core", "ui", "pages", "tools", "benchmarks")
    code = [file for name in folders for file in (ROOT / name).rglob("*.py")]
    files = [*code, *ROOT.glob("*.py"), ROOT / "pyproject.toml"]
    found = [file for file in files if VERSION in file.read_text(encoding="utf-8")]
    assert found == [ROOT / "core" / "__init__.py"]


def test_the_checklist_checks_everything_and_makes_all_pages_anew() -> None:
    told = [command.bare for command in commands("docs/releasing.md")]
    assert ".ci/run" in told
    assert ".venv/bin/python -m tests.test_docs" in told
    assert ".venv/bin/python tools/dependencies.py" in told

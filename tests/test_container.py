"""What the Containerfile promises, as far as it can be held without an engine that builds it."""

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.doc_pages import ROOT, commands

TEXT: Final = (ROOT / "Containerfile").read_text(encoding="utf-8")
IGNORED: Final = (".containerignore", ".dockerignore")


def steps() -> list[tuple[str, str]]:
    """The instructions with what they are told, over several lines if they have them."""
    lines = re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found = (line.partition(" ") for line in lines if line.strip())
    return [(name, " ".join(told.split())) for name, _, told in found]


def told(name: str) -> list[str]:
    return [text for step, text in steps() if step == name]


def stage() -> list[tuple[str, str]]:
    """The steps of the image itself, after the one that installs packages."""
    begins = [number for number, (name, _) in enumerate(steps()) if name == "FROM"]
    return steps()[begins[-1] :]


def copied() -> Iterator[str]:
    """What is copied from the project."""
    for text in told("COPY"):
        if not text.startswith("--from"):
            yield from text.split()[:-1]


def test_everything_that_is_copied_is_there() -> None:
    assert [path for path in copied() if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_copied_is_all_that_a_build_sees(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    shown = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert shown == set(copied())


@pytest.mark.parametrize("private", ["secrets.toml", "tunesmith.sqlite3", ".git", ".env", ".venv"])
def test_nothing_private_is_copied(private: str) -> None:
    assert not [path for path in copied() if fnmatch(private, PurePosixPath(path).name)]
    assert ".streamlit/config.toml" in set(copied())


def imported() -> set[str]:
    """The folders beside app.py that it imports from, itself or through others."""
    found, left = set[str](), ["app.py"]
    while left:
        source = ROOT / left.pop()
        files = source.rglob("*.py") if source.is_dir() else [source]
        nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
        modules = (node.module for node in nodes if isinstance(node, ast.ImportFrom))
        tops = {str(module).partition(".")[0] for module in modules}
        # The folder supabase holds migrations, and is none that code is imported from.
        new = {name for name in tops if any((ROOT / name).glob("*.py"))} - found
        found |= new
        left += new
    return found


def test_all_that_the_app_imports_is_copied() -> None:
    assert imported() | {"pages", "presets"} <= set(copied())


def test_the_pinned_packages_are_installed_and_what_installs_them_is_left_behind() -> None:
    install = next(text for text in told("RUN") if "pip install" in text)
    assert "-r /tmp/requirements.txt" in install
    assert "pip uninstall" in install
    assert not [text for name, text in stage() if name == "RUN" and "pip install" in text]


def test_it_runs_as_a_plain_user_who_owns_the_data_only() -> None:
    assert told("USER") == ["10001:10001"]
    assert told("VOLUME") == ["/data"]
    assert "TUNESMITH_DATA=/data" in told("ENV")[0]
    assert not [text for name, text in stage() if name == "COPY" and "--chown" in text]


def test_it_starts_as_the_docs_say_and_says_whether_it_is_well() -> None:
    assert json.loads(told("CMD")[-1]) == ["streamlit", "run", "app.py"]
    health = told("HEALTHCHECK")[0]
    assert "/_stcore/health" in health
    assert f":{told('EXPOSE')[0]}/" in health


def test_the_docs_build_and_run_it() -> None:
    page = [command.bare for command in commands("docs/deploying.md")]
    assert any(command.startswith("podman build -f Containerfile") for command in page)
    ran = next(command for command in page if command.startswith("podman run"))
    assert "--read-only" in ran
    assert f":{told('VOLUME')[0]}" in ran
    assert f":{told('EXPOSE')[0]}" in ran

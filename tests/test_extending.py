"""The pages on adding a preset, a rule and a trainer work as they are written.

Each is followed in a copy of the project, step by step: its files are written, its changes made,
its commands run, and what it says that they print is what they print.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.doc_pages import Block, Command, blocks, commands

CODE: Final = ("core", "ui", "pages", "presets", "tests", "docs", "tools", ".streamlit")
BESIDE: Final = ("app.py", "run.py", "pyproject.toml", "README.md", "CONTRIBUTING.md")
LEFT_OUT: Final = ("__pycache__", "node_modules", "images")

PLACE: Final = re.compile(r"(?P<what>At the end of |In )?`(?P<file>[\w./]+)`:")

# What somebody sees on the build page afterwards.
LOOK: Final = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("ui/main.py", default_timeout=60).run()
assert not app.exception, app.exception
print(*(button.label for button in app.button), sep="\\n")
for box in app.selectbox:
    print(*box.options, sep="\\n")
"""


class Copy:
    """A copy of the project to work in."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder
        for name in CODE:
            shutil.copytree(project / name, folder / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for name in BESIDE:
            shutil.copy(project / name, folder)
        program = folder / "bin" / "python"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        program.chmod(0o755)

    def follow(self, page: str) -> None:
        """Do all that a page says."""
        steps: list[Block | Command] = [*commands(page), *filter(is_text, blocks(page))]
        file = ""
        for step in sorted(steps, key=lambda step: step.line):
            if isinstance(step, Command):
                self.expect(step)
            else:
                file = self.write(step, file)

    def write(self, block: Block, file: str) -> str:
        """Write a file, or change it as a block says; a block that names none is for the last."""
        place = PLACE.fullmatch(block.before) if not block.follows else None
        file = place["file"] if place else file
        target = self.folder / file
        if block.language == "diff":
            target.write_text(changed(target.read_text(), block.text))
        elif place and place["what"]:
            target.write_text(f"{target.read_text()}\n{block.text}\n")
        else:
            assert not target.exists(), f"{file} is there already"
            target.write_text(f"{block.text}\n")
        return file

    def expect(self, command: Command) -> None:
        done = self.run("bash", "-euo", "pipefail", "-c", command.text)
        assert done.returncode == command.code, f"{command.text}\n{done.stdout}{done.stderr}"
        if command.prints is not None:
            assert done.stdout.rstrip() == command.prints

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        variables = {"PATH": path, "TUNESMITH_DATA": str(self.folder / "data")}
        return subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def shown(self) -> str:
        """The buttons and choices of the build page."""
        done = self.run(sys.executable, "-c", LOOK)
        assert done.returncode == 0, done.stderr
        return done.stdout


def is_text(block: Block) -> bool:
    """Whether a block is for a file: neither a command nor what one prints."""
    return block.language not in ("sh", "text")


def changed(text: str, diff: str) -> str:
    """A text with one hunk of a diff applied, found by its lines."""
    lines = diff.split("\n")
    before = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    after = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    assert text.count(before) == 1, f"not there just once:\n{before}"
    return text.replace(before, after)


# What the build page offers after the page was followed.
OFFERED: Final = {"preset": "Small GPU", "rule": "Undo", "trainer": "Acme's fork"}


@pytest.mark.parametrize("what", OFFERED)
def test_the_page_works_as_it_is_written(project: Path, tmp_path: Path, what: str) -> None:
    copy = Copy(project, tmp_path / "copy")
    copy.follow(f"docs/adding-a-{what}.md")
    assert OFFERED[what] in copy.shown()

"""The house vocabulary: no text that a user reads says what ``docs/words.md`` rules out."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ("ui", "pages")
EVERYWHERE = (*APP, "core")
# What other programs say, and what goes to the operator's log.
OTHERS = re.compile(r"\w*(?:Error|Exception)\b|Could not fetch URL")
NOT_READ_BY_USERS = {"core/system/log.py"}
# A key, a path, an option or a command in a text is a name.
NAMES = re.compile(r"`[^`]*`|'[\w.*\[\]-]+'|https?://\S+|\b\w+[._]\w[\w.]*|--[\w-]+|<[^>]*>")
# Two words, or one that begins like a label.
SAID = re.compile(r"[^\W\d_]{2,}[,;:.]? \W*[^\W\d_{]|[^\W\d_]{2,} \{|^[A-Z][a-z-]+$")


class Word(NamedTuple):
    """A row of the table: what is said, and what is not."""

    word: str
    ruled_out: tuple[str, ...]
    folders: tuple[str, ...]


class Text(NamedTuple):
    """A text of the program and where it stands."""

    place: str
    text: str


def words() -> Iterator[Word]:
    for line in (ROOT / "docs" / "words.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[3] in {"app", "everywhere"}:
            ruled_out = tuple(part.strip() for part in cells[2].split(","))
            yield Word(cells[0], ruled_out, APP if cells[3] == "app" else EVERYWHERE)


WORDS = tuple(words())


@cache
def texts(folder: str) -> tuple[Text, ...]:
    """The texts below a folder that read like something said, with names taken out."""
    return tuple(_texts(folder))


def _texts(folder: str) -> Iterator[Text]:
    for path in sorted((ROOT / folder).rglob("*")):
        place = path.relative_to(ROOT).as_posix()
        if place in NOT_READ_BY_USERS:
            continue
        if path.suffix == ".py":
            found = in_python(path.read_text(encoding="utf-8"))
        elif path.suffix == ".toml":
            found = in_toml(tomllib.loads(path.read_text(encoding="utf-8")))
        else:
            continue
        for line, text in found:
            if SAID.search(text) and not OTHERS.search(text):
                yield Text(f"{place}:{line}", NAMES.sub(" ", text))


def in_python(source: str) -> Iterator[tuple[int, str]]:
    """Strings outside docstrings, each with its line; parts of an f-string are one text."""
    tree = ast.parse(source)
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            passed.update(map(id, node.values))
            yield node.lineno, "".join(map(part, node.values))
        elif isinstance(node, ast.Constant) and id(node) not in passed:
            # Numbers read like nothing said.
            yield node.lineno, str(node.value)


def part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{}"


def in_toml(value: Any) -> Iterator[tuple[int, str]]:
    if isinstance(value, str):
        yield 0, value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from in_toml(inner)


def test_the_table_is_read() -> None:
    assert len(WORDS) > 20
    assert {word.word for word in WORDS} >= {"config", "template", "warm-up"}


def test_texts_are_found() -> None:
    found = [text for folder in EVERYWHERE for text in texts(folder)]
    assert len(found) > 1000
    assert any("Undo brings" in text.text for text in found)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.ruled_out[0])
def test_no_text_says_what_is_ruled_out(word: Word) -> None:
    pattern = re.compile(
        "|".join(rf"(?<![\w-]){re.escape(other)}(?![\w-])" for other in word.ruled_out),
        re.IGNORECASE,
    )
    said = [
        f"{text.place}: {text.text.strip()[:100]!r}"
        for folder in word.folders
        for text in texts(folder)
        if pattern.search(text.text)
    ]
    assert said == [], f"say {word.word or 'it the American way'}"

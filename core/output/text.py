"""Texts that any output is made of: one line, a table, a number with its noun, code in Markdown.

There is no color and no control character in them, so that they can be piped.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from core.document import number_text

ABSENT_MARK: Final = "-"


def printable(text: str) -> str:
    """The text on one line, with every character that a terminal could act on escaped."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def value_text(value: Any) -> str:
    """A JSON value on one line."""
    text = number_text(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    return printable(text)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as columns of equal width, two spaces apart."""
    lines = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(_padded(line, widths) + "\n" for line in lines)


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 error``, ``2 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def markdown_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A head and lines of Markdown as a table."""
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def code_span(text: str) -> str:
    """A Markdown code span that holds any text, inside a table too."""
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    space = " " if runs else ""
    return f"{fence}{space}{printable(text)}{space}{fence}".replace("|", r"\|")


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>|#&~])", r"\\\1", printable(text))


def is_number(text: str) -> bool:
    """Whether a text is a number as JSON writes one."""
    return bool(_NUMBER.fullmatch(text))


_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def looks_like_json(text: str) -> bool:
    """Whether a text reads like another JSON value, so that only quotes tell the two apart."""
    plain = text in ("", "true", "false", "null", "{}", "[]")
    return plain or text.startswith('"') or is_number(text.lower())


def quantity_text(value: Any) -> str:
    """A derived number, or the range it lies in."""
    if value is None:
        return ABSENT_MARK
    return " to ".join(map(value_text, value)) if isinstance(value, tuple) else value_text(value)

"""A comparison as text to read, as Markdown and as CSV."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from core.compare import Comparison, Row
from core.comparing.consequences import Consequence
from core.document import ABSENT
from core.output.text import (
    ABSENT_MARK,
    code_span,
    counted,
    is_number,
    looks_like_json,
    markdown_table,
    markdown_text,
    printable,
    quantity_text,
    table,
    value_text,
)
from core.system.secrets import masked, redact

NO_EFFECT_MARK: Final = "*"
DIFFERS_MARK: Final = "≠"
IDLE: Final = "changes no run"
"""The note of a difference that the trainer would not notice."""
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def comparison_text(
    comparison: Comparison, consequences: Sequence[Consequence] = (), left_out: int = 0
) -> str:
    """A comparison as a table, one line a setting; below it another of what follows from them.

    Args:
        comparison: the rows to show.
        consequences: the verdicts and numbers to show.
        left_out: how many rows that differ are not among those to show.
    """
    labels, rows = _labels(comparison, " (base)"), comparison.rows
    settings = ((redact(row.path), *_cells(row), row_note(row)) for row in rows)
    follows = ((one.title, *_outcomes(one, comparison.base, quantity_text)) for one in consequences)
    count = sum(row.differs for row in rows)
    more = f", {left_out} left out" if left_out else ""
    summary = (counted(count, "difference") if count else "No differences") + more + ".\n"
    blocks = [
        table([("setting", *labels, ""), *settings]) if rows else "",
        table([("what follows", *labels), *follows]) if consequences else "",
        summary + _legend(rows, consequences),
    ]
    return "\n".join(filter(None, blocks))


def _labels(comparison: Comparison, mark: str = "") -> list[str]:
    """The names of the documents; the mark stands behind the base's."""
    labels = enumerate(map(redact, comparison.labels))
    return [label + (mark if index == comparison.base else "") for index, label in labels]


def row_note(row: Row) -> str:
    """What there is to say of a row: its own note, and whether it changes no run."""
    idle = IDLE if row.differs and not row.has_consequence else ""
    return "; ".join(filter(None, (row.note, idle)))


def _entries(row: Row) -> list[Any]:
    """The value of each document, or ``ABSENT``, without secrets."""
    place = next(path for path in row.paths if path)
    return [masked(entry, place) for entry in row.entries]


def _cells(row: Row) -> list[str]:
    texts = [
        ABSENT_MARK
        if value is ABSENT
        else value_text(value) + (f" {NO_EFFECT_MARK}" if effect is False else "")
        for value, effect in zip(_entries(row), row.has_effect, strict=True)
    ]
    return _marked(texts, row.differs_at)


def _outcomes(one: Consequence, base: int, show: Callable[[Any], str]) -> list[str]:
    return _marked(map(show, one.values), lambda index: one.differs_at(index, base))


def _marked(cells: Iterable[str], differs_at: Callable[[int], bool]) -> list[str]:
    """The cells, with a mark on those that are not what the base has."""
    return [
        f"{DIFFERS_MARK} {cell}" if differs_at(index) else cell for index, cell in enumerate(cells)
    ]


def _legend(rows: Sequence[Row], consequences: Sequence[Consequence]) -> str:
    """What the marks mean that the tables hold."""
    is_absent = any(ABSENT in row.entries for row in rows)
    is_unknown = any(None in one.values for one in consequences)
    is_unread = any(False in row.has_effect for row in rows)
    differs = any(row.differs for row in rows) or any(one.differs for one in consequences)
    meanings = {
        ABSENT_MARK: " or ".join(["is absent"] * is_absent + ["can't be said"] * is_unknown),
        NO_EFFECT_MARK: "has no effect in that config" * is_unread,
        DIFFERS_MARK: "differs from the base" * differs,
    }
    return "".join(f"{mark} {meaning}.\n" for mark, meaning in meanings.items() if meaning)


def comparison_markdown(comparison: Comparison, consequences: Sequence[Consequence] = ()) -> str:
    """A comparison as a Markdown table, with what follows from the settings below them."""
    labels = map(markdown_text, _labels(comparison, " (base)"))
    settings = (
        (code_span(redact(row.path)), *_markdown_cells(row), row_note(row))
        for row in comparison.rows
    )
    follows = (
        (code_span(_full_name(one)), *_outcomes(one, comparison.base, _markdown_quantity), "")
        for one in consequences
    )
    return markdown_table(("setting", *labels, "note"), (*settings, *follows))


def _markdown_cells(row: Row) -> list[str]:
    texts = [
        "absent"
        if value is ABSENT
        else code_span(value_text(value)) + (" (no effect)" if effect is False else "")
        for value, effect in zip(_entries(row), row.has_effect, strict=True)
    ]
    return _marked(texts, row.differs_at)


def _markdown_quantity(value: Any) -> str:
    return "not known" if value is None else code_span(quantity_text(value))


def _full_name(one: Consequence) -> str:
    # No setting is called so: a key with a space in it stands in quotes.
    return f"{one.kind}: {one.name}"


def comparison_csv(comparison: Comparison, consequences: Sequence[Consequence] = ()) -> str:
    """A comparison as CSV that a spreadsheet opens without running anything in it.

    What follows from the settings stands below them. An absent value, or one that can't be said,
    is an empty cell; text that looks like another JSON value keeps its quotes.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_cell, ("setting", *_labels(comparison), "note")))
    for row in comparison.rows:
        cells = ("" if value is ABSENT else _csv_text(value) for value in _entries(row))
        writer.writerow(map(_cell, (redact(row.path), *cells, row_note(row))))
    for one in consequences:
        cells = ("" if value is None else quantity_text(value) for value in one.values)
        writer.writerow(map(_cell, (_full_name(one), *cells, "")))
    return out.getvalue()


def _csv_text(value: Any) -> str:
    if not isinstance(value, str):
        return value_text(value)
    return json.dumps(value) if looks_like_json(value) else value


def _cell(text: str) -> str:
    """The text on one line, with a leading apostrophe where a spreadsheet would compute it."""
    line = printable(text)
    # Some spreadsheets pass over the spaces before a formula.
    risky = line.lstrip().startswith(_FORMULA) and not is_number(line)
    return ("'" if risky else "") + line

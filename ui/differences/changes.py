"""What a change of a config does, before it is made: settings and consequences, now and then."""

from collections.abc import Sequence
from typing import Final

from core.compare import Row
from core.comparing.consequences import Outcome, consequences
from core.document import ABSENT
from core.output.text import code_span
from core.system.secrets import redact
from ui.differences.comparison import consequence_text, text_of
from ui.text import plain

_SHOWN: Final = 40
_LONGEST: Final = 60


def settings_table(rows: Sequence[Row]) -> str:
    """The rows that differ between two configs as a Markdown table."""
    lines = [
        f"| {code_span(redact(row.path))} | {_value(row, 0)} | **{_value(row, 1)}** |"
        for row in rows[:_SHOWN]
    ]
    more = [f"| and {len(rows) - _SHOWN} more | | |"] if rows[_SHOWN:] else []
    return "\n".join(["| setting | now | then |", "|:--|:--|:--|", *lines, *more])


def _value(row: Row, number: int) -> str:
    if row.entries[number] is ABSENT:
        return "not set"
    text = " ".join(text_of(row.entries[number], row.paths[number] or ()).split())
    return plain(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def consequence_lines(old: Outcome, new: Outcome) -> list[str]:
    """The verdicts and numbers that change, before and after, as lines of a Markdown table."""
    lines = [
        f"| {row.title} | {consequence_text(row, 0, old)} | **{consequence_text(row, 1, new)}** |"
        for row in consequences([old, new])
        if row.differs
    ]
    return ["| what follows | now | then |", "|:--|:--|:--|", *(lines or ["| nothing else | | |"])]

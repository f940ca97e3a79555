"""What a trainer makes of a config, as text to read."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from core.document import ABSENT, number_text
from core.output.text import ABSENT_MARK, printable, table, value_text
from core.reading.wording import shortened
from core.system.secrets import masked
from core.trainers.effective import WHYS, Effective

_HEAD = ("", "written", "used", "", "why")


def effective_text(entries: Iterable[Effective]) -> str:
    """Effective values as tables, one a section."""
    parts = []
    for section, group in groupby(entries, key=lambda entry: entry.section):
        rows: list[tuple[str, ...]] = [(f"{section}:", *_HEAD[1:])]
        rows += [_row(entry) for entry in group]
        parts.append(table(rows))
    return "\n".join(parts)


def _row(entry: Effective) -> tuple[str, ...]:
    why = WHYS[entry.why]
    source = f" ({entry.source})" if entry.source and entry.why != "stops" else ""
    return (
        entry.name,
        shown_value(entry.written, entry),
        shown_value(entry.used, entry),
        why,
        printable(entry.reason + source),
    )


def shown_value(value: Any, entry: Effective) -> str:
    """A value on one short line; a secret is hidden, a share is a percentage."""
    if value is ABSENT:
        return ABSENT_MARK
    if isinstance(value, tuple):
        return " to ".join(shown_value(one, entry) for one in value)
    if entry.name == "warmup_share":
        return f"{value:.0%}"
    if isinstance(value, float) and entry.why in ("derived", "capped"):
        return number_text(float(f"{value:.3g}"))
    if isinstance(value, list | dict) and entry.name == "tools":
        return f"{len(value)} tools" if len(value) != 1 else "1 tool"
    path = tuple(entry.name.split("."))
    safe = masked(value, path)
    return shortened(safe) if isinstance(safe, str) else shortened(value_text(safe))

"""Words for the screen: values and findings as Markdown that shows them as they are."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from core.document import ABSENT, number_text, write
from core.findings import Finding, Patch, Severity
from core.system.secrets import redact

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
# What Markdown finds by itself, without any mark: addresses, icons, dashes and arrows.
_JOINED = re.compile(r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[<>~-])(?=[-=>])", re.IGNORECASE)

BLOCKED: Final = ":red[:material/block:]"
MARKS: Final[Mapping[Severity, str]] = {
    "error": ":red[:material/error:]",
    "warning": ":orange[:material/warning:]",
    "info": ":gray[:material/info:]",
}


def plain(text: str) -> str:
    """Text that Markdown must not interpret: no bold, no links, no icons, no formulas."""
    return _SPECIAL.sub(r"\\\1", _JOINED.sub("\u2060", text))


def value_text(value: Any, limit: int = 60) -> str:
    """A JSON value on one line, shortened and without secrets: ``5e-5``, ``float16``."""
    if value is ABSENT:
        return "not set"
    if isinstance(value, str):
        text = value
    elif isinstance(value, float):
        text = number_text(value)
    else:
        text = re.sub(r"\s+", " ", write(value)).strip()
    text = redact(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among findings."""
    present = {finding.severity for finding in findings}
    return next((severity for severity in MARKS if severity in present), None)


def grouped(number: float) -> str:
    """A number with its thousands apart: ``10 000``."""
    return f"{number:,}".replace(",", "\u202f")


def count(number: int, noun: str) -> str:
    """A count with its noun: ``1 error``, ``2 errors``."""
    return f"{grouped(number)} {noun}" if number == 1 else f"{grouped(number)} {noun}s"


_UNITS: Final = ((86400 * 2, 86400, "day"), (3600, 3600, "hour"), (60, 60, "minute"))


def ago(moment: datetime, present: datetime | None = None) -> str:
    """How long ago a moment was: ``just now``, ``5 minutes ago``, a date after a month."""
    seconds = ((present or datetime.now(UTC)) - moment).total_seconds()
    if seconds > 30 * 86400:
        return f"on {moment:%Y-%m-%d}"
    for least, unit, noun in _UNITS:
        if seconds >= least:
            return f"{count(int(seconds // unit), noun)} ago"
    return "just now"


def exact(moment: datetime) -> str:
    """A moment to the minute, for who wants more than ``ago`` says: ``2026-11-28 10:50 UTC``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def fix_text(patch: Patch) -> str:
    """What applying a patch will do, short enough for a button."""
    first = _step_text(patch[0])
    return first if len(patch) == 1 else f"{first} and {len(patch) - 1} more"


def _step_text(step: Mapping[str, Any]) -> str:
    key = _key(step["path"])
    match step["op"]:
        case "remove":
            return f"Remove {key}"
        case "move":
            return f"Move {_key(step['from'])} to {key}"
        case _:
            value = step["value"]
            long = isinstance(value, dict | list) and len(write(value)) > 32
            return f"Change {key}" if long else f"Set {key} to {value_text(value, 32)}"


def _key(pointer: str) -> str:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    named = [step for step in steps if not step.isdigit()]
    return named[-1] if named else "the document"

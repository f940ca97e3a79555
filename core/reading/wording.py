"""How findings are made and how values are written in their messages."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from core.document import Path, number_text, type_name
from core.findings import Finding, Patch, Severity
from core.system.secrets import kind_of

_SHOWN: Final = 60
_LARGEST: Final = 1e300
_HIDDEN: Final = "a hidden text"


def shown(value: Any) -> str:
    """A value for a message: short, as JSON writes it, and never one that may be a secret."""
    if isinstance(value, str):
        return _HIDDEN if kind_of(value) else f"'{shortened(value)}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, number_text)
    return type_name(value)


def printed(value: Any) -> str:
    """A value as Python prints it in an exception (``True``, ``1e-05``), where it is short."""
    if isinstance(value, str):
        return _HIDDEN if kind_of(value) else repr(shortened(value))
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int | float):
        return _number(value, repr)
    return repr(value) if value in ([], {}) else type_name(value)


def formatted(value: Any) -> str:
    """A value as Python writes it into a message without quotes."""
    if isinstance(value, str) and not kind_of(value):
        return shortened(value)
    return printed(value)


def shortened(text: str) -> str:
    """A text of at most 60 characters on one line."""
    line = " ".join(text.split()) if len(text) < 4 * _SHOWN else text[:_SHOWN]
    return line if len(text) <= _SHOWN else line[: _SHOWN - 3] + "..."


def count(number: float, noun: str) -> str:
    """A number with its noun, in the singular for 1: ``1 row``, ``22 updates``."""
    return f"{shown(number)} {noun if number == 1 else noun + 's'}"


def _finding(
    severity: Severity,
    rule: str,
    path: Path,
    message: str,
    remedy: str,
    fix: Patch | None = None,
    *,
    safe: bool = False,
) -> Finding:
    """A finding; only one with a fix is ever safe to mend."""
    return Finding(rule, severity, path, message, remedy, fix, safe and fix is not None)


error: Final = partial(_finding, "error")
"""A finding that makes the config invalid."""

warning: Final = partial(_finding, "warning")
"""A finding that a user should know and may ignore."""

info: Final = partial(_finding, "info")
"""A finding that says what has no effect or what the trainer uses instead."""


def _number(value: float, write_float: Callable[[float], str]) -> str:
    if not abs(value) < _LARGEST:
        return "a number out of range"
    return str(value) if isinstance(value, int) else write_float(value)

"""The words and the mends that all stages of a trainer share."""

import json
from typing import Any, Final

from core import fields
from core.document import ABSENT, Path, type_name
from core.findings import Finding, Operation, Patch, add, remove
from core.view import View, path_of

SILENT: Final = (
    "train.py prints 'Training completed successfully!' without one optimizer update "
    "(trainer.py:226,284)."
)


def stop(
    rule: str, path: Path, what: str, outcome: str, remedy: str, fix: Patch | None = None
) -> Finding:
    """A blocker: what is wrong, how the run ends because of it, and what to do."""
    return Finding(rule, "error", path, f"{what} {outcome}", remedy, fix)


def raises(error: str, at: str) -> str:
    """How a run ends: the exception as it is printed, and the line that raises it."""
    return f"train.py stops with {error} ({at})."


def shown(value: Any) -> str:
    """A value for a message: short ones as JSON, all others as their type."""
    text = json.dumps(value, ensure_ascii=False, default=str) if _is_short(value) else ""
    return text if text and len(text) <= 32 else type_name(value)


def _is_short(value: Any) -> bool:
    # An integer of thousands of digits can't even be written.
    return not isinstance(value, int) or abs(value) < 2**70


def mend(view: View, name: str) -> Patch:
    """The smallest change that makes a known field well-formed.

    It sets the number that is meant, else the least one allowed, else the trainer's default.
    """
    spec = fields.find(path_of(name))
    for candidate in () if spec is None else _meant(view.value(name), spec):
        if spec is not None and spec.accepts(candidate):
            return set_all({name: candidate})
    return use_default(view, name)


def use_default(view: View, name: str) -> Patch:
    """Set a known field to what the trainer uses where it is absent."""
    spec = fields.find(path_of(name))
    default = spec.absent(view.method) if spec else None
    return (remove(path_of(name)),) if default is None else set_all({name: default})


def _meant(value: Any, spec: fields.FieldSpec) -> list[Any]:
    number = _read(value)
    if number is None:
        return []
    least = spec.minimum if spec.minimum is not None and number <= spec.minimum else None
    candidates = [number, least]
    whole = spec.kind == "integer"
    return [int(item) if whole else item for item in candidates if item is not None]


def _read(value: Any) -> int | float | None:
    """The number that a value stands for: ``"5e-5"`` and ``4.0`` do; ``true`` does not."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not abs(number) < 2**53:
        return None
    return int(number) if number.is_integer() else number


def set_all(values: dict[str, Any]) -> Patch:
    """A patch that sets known fields by their names."""
    return tuple(_set(name, value) for name, value in values.items())


def _set(name: str, value: Any) -> Operation:
    return add(path_of(name), value)


def section(view: View, name: str) -> dict[str, Any] | None:
    """A section that is there as it should be, or ``None``."""
    value = view.document.get(name, ABSENT)
    return value if isinstance(value, dict) else None

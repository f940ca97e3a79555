"""The words and the mends that all stages of a trainer share."""

from typing import Any, Final

from core import fields
from core.changes.mend import Mend, mended, required
from core.document import ABSENT, Path
from core.findings import Finding, Operation, Patch, add, remove
from core.reading.view import View, path_of

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


def mend(view: View, name: str) -> Patch | None:
    """The change that makes a known field outside ``tools`` well-formed, as the rules offer it.

    A missing key gets what the trainer uses elsewhere, or what follows from the document.
    """
    path, value = path_of(name), view.value(name)
    better = _better(view, value, path)
    if better is None:
        return None
    return (remove(path),) if better.value is ABSENT else (add(path, better.value),)


def _better(view: View, value: Any, path: Path) -> Mend | None:
    spec = fields.find(path)
    if spec is None:
        return None
    blank = value is ABSENT or (isinstance(value, str) and not value.strip())
    if spec.required and blank:
        return required(view, spec)
    return None if spec.accepts(value) else mended(view, spec, value)


def mend_or(view: View, name: str, choice: Any) -> Patch | None:
    """``mend``, or another choice where the value is well-formed and stops the run all the same."""
    spec = fields.find(path_of(name))
    well_formed = spec is not None and spec.accepts(view.effective(name))
    return set_all({name: choice}) if well_formed else mend(view, name)


def set_all(values: dict[str, Any]) -> Patch:
    """A patch that sets known fields by their names."""
    return tuple(_set(name, value) for name, value in values.items())


def _set(name: str, value: Any) -> Operation:
    return add(path_of(name), value)


def section(view: View, name: str) -> dict[str, Any] | None:
    """A section that is there as it should be, or ``None``."""
    value = view.document.get(name, ABSENT)
    return value if isinstance(value, dict) else None


def is_number(value: Any) -> bool:
    """Whether JSON takes a value for a number: ``true`` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)

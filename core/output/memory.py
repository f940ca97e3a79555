"""How much GPU memory a run takes, as text to read."""

from collections.abc import Iterable
from typing import Final

from core.estimates.fitting import Change, fit
from core.estimates.parts import MARGIN, TITLES, Memory, Part, Peak, size_text
from core.output.text import ABSENT_MARK, table
from core.reading.target import Machine

_SOURCES: Final = {
    "model_dims": "sizes known here",
    "config.json": "sizes from its config.json",
}


def memory_text(memory: Memory, machine: Machine | None = None) -> str:
    """The parts as a table: in the worst case, as is likely, and how they come about.

    Where the machine's memory is known, a line says whether the run fits.
    """
    worst, likely = memory.worst, memory.likely
    batch = _batch(worst) if worst == likely else f"{_batch(worst)}; likely {_batch(likely)}"
    rows = [
        (memory.model, "worst case", "likely", "", _SOURCES[memory.source]),
        *(_line(name, worst, likely) for name in TITLES if _of(name, worst, likely)),
        ("in all", size_text(worst.total), size_text(likely.total), f"± {MARGIN:.0%}", ""),
        ("highest in", worst.phase, likely.phase, "", batch),
    ]
    notes = filter(None, (verdict_text(memory, machine), *memory.notes))
    return "\n".join([table(rows), *notes]) + "\n"


def verdict_text(memory: Memory, machine: Machine | None) -> str:
    """``NVIDIA T4, 16 GiB: exceeds``, or nothing where the memory is not known."""
    if machine is None or machine.memory is None:
        return ""
    return f"{machine.title}: {fit(memory, machine.memory)}."


def changes_text(changes: Iterable[Change]) -> str:
    """Ways to make a run fit as a table: what changes, what it takes then, what that costs."""
    rows = [
        (change.title, size_text(change.memory.likely.total), change.fit, change.cost)
        for change in changes
    ]
    return table(rows) if rows else ""


def _line(name: str, worst: Peak, likely: Peak) -> tuple[str, ...]:
    part = _of(name, worst, likely)
    return (
        TITLES[name],
        _size(name, worst),
        _size(name, likely),
        part.basis if part else "",
        part.arithmetic if part else "",
    )


def _of(name: str, *peaks: Peak) -> Part | None:
    """The part of that name in the first of the peaks that has it."""
    return next((part for one in peaks for part in one.parts if part.name == name), None)


def _size(name: str, peak: Peak) -> str:
    return size_text(peak.size(name)) if _of(name, peak) else ABSENT_MARK


def _batch(peak: Peak) -> str:
    return f"{peak.sequences} × {peak.tokens} tokens"

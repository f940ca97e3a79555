"""What follows from documents, side by side: derived numbers and verdicts as rows of their own."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from core import trainers
from core.check import check
from core.derive import QUANTITIES, TITLES, Derived, Quantity, derive
from core.document import Document
from core.estimates.memory import estimate
from core.estimates.parts import Memory
from core.estimates.plan import habits
from core.findings import Report
from core.reading.gpus import GIB
from core.reading.rows import Unknown
from core.reading.target import DEFAULT, Libraries, Target
from core.reading.view import View

Kind = Literal["derived", "verdict"]

VERDICTS: Final = {
    "errors": "errors",
    "warnings": "warnings",
    "infos": "notes",
    "runs": "runs to its end",
    "learns": "learns something",
}


MEMORY: Final = "memory"
MEMORY_TITLE: Final = "GPU memory, in GiB"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from one document."""

    derived: Derived
    report: Report
    memory: Memory | None = None

    @property
    def gib(self) -> Quantity:
        """GiB of GPU memory, to one decimal: as is likely and at worst, or one number for both."""
        if self.memory is None:
            return None
        likely, worst = (
            round(peak.total / GIB, 1) for peak in (self.memory.likely, self.memory.worst)
        )
        return worst if likely == worst else (likely, worst)


@dataclass(frozen=True, slots=True)
class Consequence:
    """One number or verdict across all documents.

    Attributes:
        name: ``updates_total``, ``errors``.
        title: the same in words.
        kind: where it comes from: the arithmetic or the checks.
        values: one a document: a number, a pair where chance decides, true or false, or ``None``
            where it can't be said.
    """

    name: str
    title: str
    kind: Kind
    values: tuple[Quantity | bool, ...]

    @property
    def differs(self) -> bool:
        """Whether the documents do not all have the same."""
        return any(value != self.values[0] for value in self.values)

    def differs_at(self, index: int, base: int) -> bool:
        """Whether one document does not have what the base has."""
        return self.values[index] != self.values[base]

    def as_json(self) -> dict[str, Any]:
        """The row in the form that the command line prints; a pair is a list of two."""
        values = [list(value) if isinstance(value, tuple) else value for value in self.values]
        return {"name": self.name, "values": values, "differs": self.differs}


def outcome(document: Document, target: Target = DEFAULT) -> Outcome:
    """Check one document and work out its numbers, for a trainer, libraries and a machine.

    Raises:
        UnknownTarget: any of these is not there.
    """
    setting = trainers.setting(target)
    view = View(document, setting.profile)
    return Outcome(derive(view), check(document, target), _memory(view, setting.libraries))


def _memory(view: View, libraries: Libraries) -> Memory | None:
    with contextlib.suppress(Unknown):
        return estimate(view, habits=habits(libraries))
    return None


def consequences(outcomes: Sequence[Outcome]) -> tuple[Consequence, ...]:
    """The verdicts of all documents, then their numbers, equal ones too."""
    verdicts = [_verdict(one.report) for one in outcomes]
    return (
        *(
            Consequence(name, title, "verdict", tuple(own[name] for own in verdicts))
            for name, title in VERDICTS.items()
        ),
        *(
            Consequence(
                name, TITLES[name], "derived", tuple(getattr(one.derived, name) for one in outcomes)
            )
            for name in QUANTITIES
        ),
        Consequence(MEMORY, MEMORY_TITLE, "derived", tuple(one.gib for one in outcomes)),
    )


def _verdict(report: Report) -> dict[str, int | bool]:
    return {
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "infos": len(report.infos),
        "runs": report.trainer.runs,
        "learns": report.trainer.runs and report.trainer.learns,
    }

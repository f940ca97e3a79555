"""What follows from documents, side by side: derived numbers and verdicts as rows of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from core import trainers
from core.check import check
from core.derive import QUANTITIES, TITLES, Derived, Quantity, derive
from core.document import Document
from core.findings import Report
from core.target import DEFAULT, Target
from core.view import View

Kind = Literal["derived", "verdict"]

VERDICTS: Final = {
    "errors": "errors",
    "warnings": "warnings",
    "infos": "notes",
    "runs": "runs to its end",
    "learns": "learns something",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from one document."""

    derived: Derived
    report: Report


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
    profile = trainers.setting(target).profile
    return Outcome(derive(View(document, profile)), check(document, target))


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
    )


def _verdict(report: Report) -> dict[str, int | bool]:
    return {
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "infos": len(report.infos),
        "runs": report.trainer.runs,
        "learns": report.trainer.runs and report.trainer.learns,
    }

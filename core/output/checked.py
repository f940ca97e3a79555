"""What checking one file came to, for the forms that hold several files in one document."""

from dataclasses import dataclass

from core.document import Source
from core.findings import Report


@dataclass(frozen=True, slots=True)
class Checked:
    """One file of a check.

    Attributes:
        name: the file as the command line has it; ``-`` for standard input.
        source: what was read, or ``None`` where that failed.
        report: what there is to say about it, or ``None`` where it can't be read.
        problem: why it can't be read; empty where it can.
        line: where the fault is in the text, counted from 1; 0 where it is not about a place.
        column: the same.
    """

    name: str
    source: Source | None = None
    report: Report | None = None
    problem: str = ""
    line: int = 0
    column: int = 0

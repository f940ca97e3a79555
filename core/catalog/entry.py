"""What the catalog holds of a rule, and what a check says to its examples."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core import presets
from core.check import check
from core.document import Document, Path, drop, put
from core.findings import Finding, Report
from core.reading.target import parse_target

Kind = Literal["error", "warning", "info", "blocker"]

BASE: Final = "hybrid"
"""The preset that an example starts from where it names none: it runs and has one info."""


@dataclass(frozen=True, slots=True)
class Example:
    """A config as a small change of a preset, and what it is judged for.

    Attributes:
        base: the preset's id; empty for an empty document.
        set: values by their path, such as ``tools[0].name``.
        remove: paths of what is taken out.
        target: ``trainer/environment/machine``; empty for the default.
    """

    base: str = BASE
    set: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    target: str = ""

    def document(self) -> Document:
        """The config."""
        document = presets.find(self.base).config if self.base else {}
        for place, value in self.set.items():
            document = put(document, _path(place), value)
        for place in self.remove:
            document = drop(document, _path(place))
        return document

    def report(self) -> Report:
        """What a check says to it."""
        return check(self.document(), parse_target(self.target))


_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def _path(place: str) -> Path:
    return tuple(int(index) if index else key for index, key in _STEP.findall(place))


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule.

    Attributes:
        id: its stable dotted id.
        kinds: how it appears: as a finding of a severity, as a blocker of the run.
        condition: when it speaks, in one sentence of Markdown.
        source: where the trainer or a library does so, or whose advice it is.
        speaks: examples that trigger it; together they show each of its kinds.
        silent: the nearest example that doesn't.
    """

    id: str
    kinds: tuple[Kind, ...]
    condition: str
    source: str
    speaks: tuple[Example, ...]
    silent: Example

    def said(self) -> Mapping[Kind, Finding]:
        """By kind, what the first of its examples gets to read."""
        found: dict[Kind, Finding] = {}
        for example in self.speaks:
            for kind, finding in tell(example.report(), self.id):
                found.setdefault(kind, finding)
        return {kind: found[kind] for kind in self.kinds if kind in found}


def tell(report: Report, rule: str) -> Iterator[tuple[Kind, Finding]]:
    """What one rule says in a report."""
    for finding in report.findings:
        if finding.rule == rule:
            yield finding.severity, finding
    for blocker in report.trainer.blockers:
        if blocker.rule == rule:
            yield "blocker", blocker


@dataclass(frozen=True, slots=True)
class Theme:
    """Rules that belong together.

    Attributes:
        title: what they are about.
        intro: the same in a sentence or two of Markdown.
        entries: the rules.
        derived: whether they are read off the field table, one rule a field.
    """

    title: str
    intro: str
    entries: tuple[Entry, ...]
    derived: bool = False

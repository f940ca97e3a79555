"""What there is to say about a config: findings, gathered in a report.

The JSON forms here are the contract that command line, form, REST and database share.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core.document import Path, path_text, pointer

Severity = Literal["error", "warning", "info"]
Operation = Mapping[str, Any]
Patch = tuple[Operation, ...]

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")

MARK_RULE: Final = "config.json.byte_order_mark"
"""The one finding about a file rather than about the config in it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a config.

    Attributes:
        rule: stable dotted id.
        severity: ``error`` makes the config invalid; ``warning`` and ``info`` block nothing.
        path: the field that it is about; empty for the whole document.
        message: what is wrong, with the values.
        remedy: what to do.
        fix: an RFC 6902 patch that does it and adds no error, or none.
        safe: whether the fix leaves alone what a running config would train.
    """

    rule: str
    severity: Severity
    path: Path
    message: str
    remedy: str
    fix: Patch | None = None
    safe: bool = False

    @property
    def field(self) -> str:
        """The path as people write it."""
        return path_text(self.path)

    def as_json(self) -> dict[str, Any]:
        """The finding in the report contract; ``safe`` is the form's own business."""
        return {
            "rule": self.rule,
            "field": self.field,
            "message": self.message,
            "severity": self.severity,
            "remedy": self.remedy,
            "fix": None if self.fix is None else [dict(operation) for operation in self.fix],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one trainer would do with the file.

    Attributes:
        name: the trainer's name, such as ``tiny_tool_use``.
        environment: the set of libraries it was judged with.
        blockers: why it would not get to its end with at least one optimizer update.
        learns: whether the updates would change the model and carry a signal.
    """

    name: str
    environment: str
    blockers: tuple[Finding, ...] = ()
    learns: bool = True

    @property
    def runs(self) -> bool:
        """Whether ``train.py`` gets to its end and makes at least one optimizer update."""
        return not self.blockers

    def as_json(self) -> dict[str, Any]:
        """The verdict in the report contract."""
        return {
            "name": self.name,
            "environment": self.environment,
            "runs": self.runs,
            "learns": self.runs and self.learns,
            "blockers": [blocker.as_json() for blocker in self.blockers],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about one config, and the trainer's verdict."""

    findings: tuple[Finding, ...]
    trainer: Verdict = field(default_factory=lambda: Verdict("none", "none"))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that make the config invalid, whatever program reads it."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that a user should know and may ignore."""
        return self._of("warning")

    @property
    def infos(self) -> tuple[Finding, ...]:
        """Findings that say what has no effect or what the trainer uses instead."""
        return self._of("info")

    @property
    def is_valid(self) -> bool:
        """Whether there are no errors."""
        return not self.errors

    def __iter__(self) -> Iterator[Finding]:
        """Everything there is to say: findings, then blockers."""
        yield from self.findings
        yield from self.trainer.blockers

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def as_json(self) -> dict[str, Any]:
        """The report contract of design: the same everywhere."""
        return {
            "is_valid": self.is_valid,
            "errors": [finding.as_json() for finding in self.errors],
            "warnings": [finding.as_json() for finding in self.warnings],
            "infos": [finding.as_json() for finding in self.infos],
            "trainer": self.trainer.as_json(),
        }


def replace(path: Path, value: Any) -> Operation:
    """A patch operation that sets an existing value."""
    return {"op": "replace", "path": pointer(path), "value": value}


def add(path: Path, value: Any) -> Operation:
    """A patch operation that adds a value, or sets it where it exists."""
    return {"op": "add", "path": pointer(path), "value": value}


def remove(path: Path) -> Operation:
    """A patch operation that removes an existing value."""
    return {"op": "remove", "path": pointer(path)}


def move(source: Path, target: Path) -> Operation:
    """A patch operation that moves a value to another key."""
    return {"op": "move", "from": pointer(source), "path": pointer(target)}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings with the gravest first, otherwise as they came."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))

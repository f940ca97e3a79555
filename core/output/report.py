"""What was found in a config, and what fixes change, as lines to read."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from core.changes.patch import apply
from core.document import ABSENT, Document, Path, get, path_text
from core.findings import Finding, Operation, Patch, Report
from core.output.text import counted, printable, value_text
from core.reading.target import DEFAULT
from core.system.secrets import masked, redact

CHANGE_LENGTH: Final = 60
"""Characters that a line about a fix shows of a value at most."""


def verdict_line(report: Report) -> str:
    """A report in one line: ``INVALID · 2 errors, 1 warning · stops on tiny_tool_use``."""
    counts = (
        counted(len(found), noun)
        for found, noun in (
            (report.errors, "error"),
            (report.warnings, "warning"),
            (report.infos, "info"),
        )
        if found
    )
    parts = ["VALID" if report.is_valid else "INVALID", ", ".join(counts), _outcome(report)]
    return " · ".join(filter(None, parts))


def _outcome(report: Report) -> str:
    trainer = report.trainer
    usual = trainer.environment == DEFAULT.label
    name = trainer.name if usual else f"{trainer.name} ({trainer.environment})"
    if not trainer.runs:
        return f"stops on {name}"
    return f"runs on {name}" + ("" if trainer.learns else ", learns nothing")


def report_text(report: Report) -> str:
    """A report with its findings by field, those that matter most first."""
    groups: dict[str, list[str]] = {}
    for label, finding, mark in _labelled(report):
        groups.setdefault(finding.field, []).append(_finding_text(label, finding, mark))
    blocks = (f"\n{printable(name) or 'whole config'}\n{''.join(groups[name])}" for name in groups)
    return f"{verdict_line(report)}\n{''.join(blocks)}"


def _labelled(report: Report) -> Iterator[tuple[str, Finding, str]]:
    """What there is to say, each with its label and a mark where it stops the trainer as well."""
    findings = (*report.errors, *report.warnings, *report.infos)
    stops = {_key(blocker): blocker for blocker in report.trainer.blockers}
    for finding in findings:
        if blocker := stops.get(_key(finding)):
            yield finding.severity, _joined(finding, blocker), f"stops {report.trainer.name}"
    told = set(map(_key, findings))
    for blocker in report.trainer.blockers:
        if _key(blocker) not in told:
            yield "stops", blocker, ""
    for finding in findings:
        if _key(finding) not in stops:
            yield finding.severity, finding, ""


def _key(finding: Finding) -> tuple[str, Path]:
    return finding.rule, finding.path


def _joined(finding: Finding, blocker: Finding) -> Finding:
    """The finding, with the blocker's remedy where only that one comes with a fix."""
    if finding.fix or not blocker.fix:
        return finding
    return replace(finding, remedy=blocker.remedy, fix=blocker.fix)


def _finding_text(label: str, finding: Finding, mark: str) -> str:
    notes = filter(None, (finding.rule, mark, "can be fixed" if finding.fix else ""))
    lines = [f"{finding.message} [{', '.join(notes)}]", finding.remedy]
    labels = [label, ""]
    return "".join(
        f"  {start:<7}  {printable(line)}\n"
        for start, line in zip(labels, lines, strict=True)
        if line
    )


def fix_lines(document: Document, applied: Iterable[Finding]) -> list[str]:
    """What fixes did, one line a change: ``training.num_epochs: 100 -> 10 [rule]``.

    Args:
        document: the config before the first fix.
        applied: the findings whose fixes were applied to it, in that order.
    """
    lines = []
    for finding in applied:
        patch = finding.fix or ()
        lines += [f"{line} [{finding.rule}]" for line in change_lines(document, patch)]
        document = apply(document, patch)
    return lines


def change_lines(document: Document, patch: Patch) -> list[str]:
    """What a patch does to a config, one line a change: ``training.num_epochs: 100 -> 10``."""
    lines = []
    for operation in patch:
        lines.append(_change(document, operation))
        document = apply(document, (operation,))
    return lines


def _change(document: Document, operation: Operation) -> str:
    path = _place(document, operation["path"])
    name, old = _name(path), get(document, path)
    match operation["op"]:
        case "remove":
            return f"removed {name}"
        case "move":
            return f"moved {_name(_place(document, operation['from']))} to {name}"
        case "add" if old is ABSENT or isinstance(get(document, path[:-1]), list):
            return f"added {name}: {_shown(path, operation['value'])}"
    return f"{name}: {_shown(path, old)} -> {_shown(path, operation['value'])}"


def _place(document: Document, pointer: str) -> Path:
    path: Path = ()
    for text in pointer.split("/")[1:]:
        step = text.replace("~1", "/").replace("~0", "~")
        in_list = isinstance(get(document, path), list) and step.isdecimal()
        path = (*path, int(step) if in_list else step)
    return path


def _name(path: Path) -> str:
    return printable(redact(path_text(path))) or "config"


def _shown(path: Path, value: Any) -> str:
    text = value_text(masked(value, path))
    return text if len(text) <= CHANGE_LENGTH else text[: CHANGE_LENGTH - 3] + "..."

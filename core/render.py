"""Reports, comparisons and fields as text to read: plain, Markdown and CSV.

Plain text has one line per thing, no color and no control characters, so that it can be piped.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from core import fields
from core.compare import Comparison, Row
from core.config import TrainingConfig
from core.derive import QUANTITIES, Derived
from core.document import ABSENT, Document, Path, get, number_text, path_text, write
from core.fields import FieldSpec
from core.findings import Finding, Operation, Report
from core.patch import apply
from core.presets import Preset
from core.schema import no_effect
from core.secrets import is_literal, names_secret, redact

ABSENT_MARK: Final = "-"
NO_EFFECT_MARK: Final = "*"
CHANGE_LENGTH: Final = 60
"""Characters that a line about a fix shows of a value at most."""

_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def printable(text: str) -> str:
    """The text on one line, with every character that a terminal could act on escaped."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def value_text(value: Any) -> str:
    """A JSON value on one line."""
    text = number_text(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    return printable(text)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as columns of equal width, two spaces apart."""
    lines = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(_padded(line, widths) + "\n" for line in lines)


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 error``, ``2 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


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
    if not trainer.runs:
        return f"stops on {trainer.name}"
    return f"runs on {trainer.name}" + ("" if trainer.learns else ", learns nothing")


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
        for operation in finding.fix or ():
            lines.append(f"{_change(document, operation)} [{finding.rule}]")
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
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    text = value_text(_without_secrets(key, value))
    return text if len(text) <= CHANGE_LENGTH else text[: CHANGE_LENGTH - 3] + "..."


def _without_secrets(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {redact(name): _without_secrets(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(key, item) for item in value]
    if names_secret(key) and is_literal(value):
        return "[secret]"
    return redact(value) if isinstance(value, str) else value


def comparison_text(comparison: Comparison) -> str:
    """A comparison as a table, one line a setting."""
    count = sum(row.differs for row in comparison.rows)
    summary = (counted(count, "difference") if count else "No differences") + ".\n"
    if not comparison.rows:
        return summary
    head = ("setting", *comparison.labels, "")
    lines = [(row.path, *_cells(row), row.note) for row in comparison.rows]
    return table([head, *lines]) + "\n" + summary + _legend(lines)


def _cells(row: Row) -> list[str]:
    return [
        value_text(value) + (f" {NO_EFFECT_MARK}" if effect is False else "")
        if present
        else ABSENT_MARK
        for value, present, effect in zip(row.values, row.present, row.has_effect, strict=True)
    ]


def _legend(lines: Sequence[Sequence[str]]) -> str:
    cells = [cell for line in lines for cell in line[1:-1]]
    absent = f"{ABSENT_MARK} is absent.\n" if ABSENT_MARK in cells else ""
    unread = any(cell.endswith(f" {NO_EFFECT_MARK}") for cell in cells)
    return absent + (f"{NO_EFFECT_MARK} has no effect in that config.\n" if unread else "")


def comparison_markdown(comparison: Comparison) -> str:
    """A comparison as a Markdown table."""
    head = ["setting", *map(_markdown_text, comparison.labels), "note"]
    lines = ([code_span(row.path), *_markdown_cells(row), row.note] for row in comparison.rows)
    return _markdown_table(head, lines)


def _markdown_cells(row: Row) -> list[str]:
    cells = zip(row.values, row.present, row.has_effect, strict=True)
    return [
        code_span(value_text(value)) + (" (no effect)" if effect is False else "")
        if present
        else ""
        for value, present, effect in cells
    ]


def _markdown_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def code_span(text: str) -> str:
    """A Markdown code span that holds any text, inside a table too."""
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    space = " " if runs else ""
    return f"{fence}{space}{printable(text)}{space}{fence}".replace("|", r"\|")


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|#&])", r"\\\1", printable(text))


def comparison_csv(comparison: Comparison) -> str:
    """A comparison as CSV that a spreadsheet opens without running anything in it.

    An absent value is an empty cell; text that looks like another JSON value keeps its quotes.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_cell(text) for text in ("setting", *comparison.labels, "note")])
    for row in comparison.rows:
        pairs = zip(row.values, row.present, strict=True)
        cells = (_csv_text(value) if present else "" for value, present in pairs)
        writer.writerow([_cell(text) for text in (row.path, *cells, row.note)])
    return out.getvalue()


def _csv_text(value: Any) -> str:
    if not isinstance(value, str):
        return value_text(value)
    return json.dumps(value) if _looks_like_json(value) else value


def _looks_like_json(text: str) -> bool:
    plain = text in ("", "true", "false", "null", "{}", "[]")
    return plain or text.startswith('"') or bool(_NUMBER.fullmatch(text.lower()))


def _cell(text: str) -> str:
    """The text on one line, with a leading apostrophe where a spreadsheet would compute it."""
    risky = text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return ("'" if risky else "") + printable(text)


def derived_text(derived: Derived) -> str:
    """The derived numbers as a table: name, value, and how it comes about or why it is unknown."""
    return table(
        (name, _quantity(getattr(derived, name)), _reason(name, derived)) for name in QUANTITIES
    )


def _quantity(value: Any) -> str:
    if value is None:
        return ABSENT_MARK
    return " to ".join(map(value_text, value)) if isinstance(value, tuple) else value_text(value)


def _reason(name: str, derived: Derived) -> str:
    return "; ".join(filter(None, (derived.arithmetic.get(name), derived.notes.get(name))))


def fields_text() -> str:
    """All known keys as a table: name, what the trainer uses where it is absent, what it takes."""
    specs = fields.table().values()
    head = ("key", "where absent", "takes")
    return table([head, *((spec.name, _where_absent(spec), spec.wants()) for spec in specs)])


_FIELDS_INTRO: Final = """\
# Fields

Every key that Tunesmith knows. Other keys are kept as they are and pointed out. "Where absent" is
what Tiny Tool Use does when the key is not there.

This page is generated: `python -m core fields --markdown > docs/fields.md`.
"""


def fields_markdown() -> str:
    """The reference page of all known keys."""
    return _FIELDS_INTRO + "".join(map(_section_markdown, TrainingConfig.model_fields))


def _section_markdown(section: str) -> str:
    head = ["Key", "Name in the form", "Takes", "Where absent", "What it does"]
    lines = (
        [
            code_span(spec.name),
            spec.title,
            _takes(spec),
            _where_absent(spec, code=True),
            _does(spec),
        ]
        for spec in fields.in_section(section)
    )
    return f"\n## {section}\n\n{_markdown_table(head, lines)}"


def _takes(spec: FieldSpec) -> str:
    unit = f", in {spec.use.unit}" if spec.use.unit else ""
    return ", ".join(map(code_span, spec.choices)) if spec.choices else spec.wants() + unit


def _does(spec: FieldSpec) -> str:
    return " ".join([spec.help, *no_effect(spec)]).replace("|", r"\|")


def _where_absent(spec: FieldSpec, *, code: bool = False) -> str:
    if spec.required:
        return "required"
    show = code_span if code else str
    used = {method: spec.absent(method) for method in ("sft", "dpo")}
    shown = {method: show(_one_line(value)) for method, value in used.items() if value is not None}
    if len(set(shown.values())) == 1 and len(shown) == 2:
        return shown["sft"]
    return ", ".join(f"{value} ({method})" for method, value in shown.items())


def _one_line(value: Any) -> str:
    return write(value).strip()


def presets_text(presets: Iterable[Preset]) -> str:
    """Presets as a table: id, origin and summary."""
    return table((preset.id, preset.origin, preset.summary) for preset in presets)

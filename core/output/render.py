"""Reports, comparisons and fields as text to read: plain, Markdown and CSV.

Plain text has one line per thing, no color and no control characters, so that it can be piped.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from core import fields
from core.changes.patch import apply
from core.compare import Comparison, Row
from core.comparing.consequences import Consequence
from core.config import TrainingConfig
from core.derive import QUANTITIES, Derived
from core.document import ABSENT, Document, Path, get, number_text, path_text, write
from core.fields import FieldSpec
from core.findings import Finding, Operation, Patch, Report
from core.presets import Preset
from core.reading.target import DEFAULT
from core.schema import no_effect
from core.system.secrets import masked, redact

ABSENT_MARK: Final = "-"
NO_EFFECT_MARK: Final = "*"
DIFFERS_MARK: Final = "≠"
IDLE: Final = "changes no run"
"""The note of a difference that the trainer would not notice."""

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


def comparison_text(
    comparison: Comparison, consequences: Sequence[Consequence] = (), left_out: int = 0
) -> str:
    """A comparison as a table, one line a setting; below it another of what follows from them.

    Args:
        comparison: the rows to show.
        consequences: the verdicts and numbers to show.
        left_out: how many rows that differ are not among those to show.
    """
    labels, rows = _labels(comparison, " (base)"), comparison.rows
    settings = ((redact(row.path), *_cells(row), row_note(row)) for row in rows)
    follows = ((one.title, *_outcomes(one, comparison.base, _quantity)) for one in consequences)
    count = sum(row.differs for row in rows)
    more = f", {left_out} left out" if left_out else ""
    summary = (counted(count, "difference") if count else "No differences") + more + ".\n"
    blocks = [
        table([("setting", *labels, ""), *settings]) if rows else "",
        table([("what follows", *labels), *follows]) if consequences else "",
        summary + _legend(rows, consequences),
    ]
    return "\n".join(filter(None, blocks))


def _labels(comparison: Comparison, mark: str = "") -> list[str]:
    """The names of the documents; the mark stands behind the base's."""
    labels = enumerate(map(redact, comparison.labels))
    return [label + (mark if index == comparison.base else "") for index, label in labels]


def row_note(row: Row) -> str:
    """What there is to say of a row: its own note, and whether it changes no run."""
    idle = IDLE if row.differs and not row.has_consequence else ""
    return "; ".join(filter(None, (row.note, idle)))


def _entries(row: Row) -> list[Any]:
    """The value of each document, or ``ABSENT``, without secrets."""
    place = next(path for path in row.paths if path)
    return [masked(entry, place) for entry in row.entries]


def _cells(row: Row) -> list[str]:
    texts = [
        ABSENT_MARK
        if value is ABSENT
        else value_text(value) + (f" {NO_EFFECT_MARK}" if effect is False else "")
        for value, effect in zip(_entries(row), row.has_effect, strict=True)
    ]
    return _marked(texts, row.differs_at)


def _outcomes(one: Consequence, base: int, show: Callable[[Any], str]) -> list[str]:
    return _marked(map(show, one.values), lambda index: one.differs_at(index, base))


def _marked(cells: Iterable[str], differs_at: Callable[[int], bool]) -> list[str]:
    """The cells, with a mark on those that are not what the base has."""
    return [
        f"{DIFFERS_MARK} {cell}" if differs_at(index) else cell for index, cell in enumerate(cells)
    ]


def _legend(rows: Sequence[Row], consequences: Sequence[Consequence]) -> str:
    """What the marks mean that the tables hold."""
    is_absent = any(ABSENT in row.entries for row in rows)
    is_unknown = any(None in one.values for one in consequences)
    is_unread = any(False in row.has_effect for row in rows)
    differs = any(row.differs for row in rows) or any(one.differs for one in consequences)
    meanings = {
        ABSENT_MARK: " or ".join(["is absent"] * is_absent + ["can't be said"] * is_unknown),
        NO_EFFECT_MARK: "has no effect in that config" * is_unread,
        DIFFERS_MARK: "differs from the base" * differs,
    }
    return "".join(f"{mark} {meaning}.\n" for mark, meaning in meanings.items() if meaning)


def comparison_markdown(comparison: Comparison, consequences: Sequence[Consequence] = ()) -> str:
    """A comparison as a Markdown table, with what follows from the settings below them."""
    labels = map(_markdown_text, _labels(comparison, " (base)"))
    settings = (
        (code_span(redact(row.path)), *_markdown_cells(row), row_note(row))
        for row in comparison.rows
    )
    follows = (
        (code_span(_full_name(one)), *_outcomes(one, comparison.base, _markdown_quantity), "")
        for one in consequences
    )
    return _markdown_table(("setting", *labels, "note"), (*settings, *follows))


def _markdown_cells(row: Row) -> list[str]:
    texts = [
        "absent"
        if value is ABSENT
        else code_span(value_text(value)) + (" (no effect)" if effect is False else "")
        for value, effect in zip(_entries(row), row.has_effect, strict=True)
    ]
    return _marked(texts, row.differs_at)


def _markdown_quantity(value: Any) -> str:
    return "not known" if value is None else code_span(_quantity(value))


def _full_name(one: Consequence) -> str:
    # No setting is called so: a key with a space in it stands in quotes.
    return f"{one.kind}: {one.name}"


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
    return re.sub(r"([\\`*_{}\[\]<>|#&~])", r"\\\1", printable(text))


def comparison_csv(comparison: Comparison, consequences: Sequence[Consequence] = ()) -> str:
    """A comparison as CSV that a spreadsheet opens without running anything in it.

    What follows from the settings stands below them. An absent value, or one that can't be said,
    is an empty cell; text that looks like another JSON value keeps its quotes.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_cell, ("setting", *_labels(comparison), "note")))
    for row in comparison.rows:
        cells = ("" if value is ABSENT else _csv_text(value) for value in _entries(row))
        writer.writerow(map(_cell, (redact(row.path), *cells, row_note(row))))
    for one in consequences:
        cells = ("" if value is None else _quantity(value) for value in one.values)
        writer.writerow(map(_cell, (_full_name(one), *cells, "")))
    return out.getvalue()


def _csv_text(value: Any) -> str:
    if not isinstance(value, str):
        return value_text(value)
    return json.dumps(value) if looks_like_json(value) else value


def looks_like_json(text: str) -> bool:
    """Whether a text reads like another JSON value, so that only quotes tell the two apart."""
    plain = text in ("", "true", "false", "null", "{}", "[]")
    return plain or text.startswith('"') or bool(_NUMBER.fullmatch(text.lower()))


def _cell(text: str) -> str:
    """The text on one line, with a leading apostrophe where a spreadsheet would compute it."""
    line = printable(text)
    # Some spreadsheets pass over the spaces before a formula.
    risky = line.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(line)
    return ("'" if risky else "") + line


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

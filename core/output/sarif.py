"""Findings as SARIF 2.1.0, which code scanning and editors show at the lines they are about.

The standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. One run holds all
files. A blocker of the trainer is an error with the property ``blocker``.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from core.catalog import Entry, Theme, themes
from core.changes.edits import Edit, edits
from core.changes.positions import Positions, Region
from core.document import Document, Path, Source, path_text
from core.findings import Finding, Report, Severity
from core.output.checked import Checked
from core.reading.target import DEFAULT, Target
from core.system.secrets import kind_of

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
VERSION: Final = "2.1.0"
UNREADABLE: Final = "file.unreadable"
"""The id under which a file that can't be read is told."""

_LEVELS: Final[Mapping[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}
_CANT_READ: Final = "The file can't be read, or is not one strict JSON object."
_ROOT: Final = "%SRCROOT%"

Object = dict[str, Any]


def sarif(files: Sequence[Checked], version: str, target: Target = DEFAULT) -> Object:
    """The log of one check over several files.

    Args:
        files: what was checked, in the order of the command line.
        version: Tunesmith's own version.
        target: what the files were judged for; it tells this run from one for another trainer.
    """
    told = [finding for file in files if file.report for finding in file.report]
    rules = list(dict.fromkeys(finding.rule for finding in told))
    index = {rule: number for number, rule in enumerate(rules)}
    results = [
        result for number, file in enumerate(files) for result in _results(file, number, index)
    ]
    run = {
        "tool": {"driver": _driver(rules, version)},
        "automationDetails": {"id": f"tunesmith/{target.trainer}/{target.label}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(files)],
        "artifacts": [_artifact(file) for file in files],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _driver(rules: Iterable[str], version: str) -> Object:
    known = {entry.id: (theme, entry) for theme in themes() for entry in theme.entries}
    described = [_rule(rule, known.get(rule)) for rule in rules]
    return {
        "name": "Tunesmith",
        "version": version,
        "semanticVersion": version,
        "shortDescription": {"text": "Checks training configs for Tiny Tool Use."},
        "rules": described,
        "notifications": [{"id": UNREADABLE, **_described(_CANT_READ)}],
    }


def _rule(rule: str, known: tuple[Theme, Entry] | None) -> Object:
    if known is None:
        return {"id": rule, **_described(rule)}
    theme, entry = known
    level = "error" if {"error", "blocker"} & {*entry.kinds} else _LEVELS[_gravest(entry)]
    tags = ["security"] if rule.startswith("security.") else []
    return {
        "id": rule,
        "shortDescription": {"text": _plain(entry.condition)},
        "fullDescription": {"text": f"{_plain(entry.condition)} {_plain(theme.intro)}"},
        "help": {
            "text": f"{_plain(entry.condition)} Source: {entry.source}",
            "markdown": f"**{theme.title}** · `{rule}`\n\n{entry.condition}\n\n"
            f"Source: {entry.source}",
        },
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["training-config", *tags], "kinds": [*entry.kinds]},
    }


def _described(sentence: str) -> Object:
    text = {"text": sentence}
    return {"shortDescription": text, "fullDescription": text, "help": text}


def _gravest(entry: Entry) -> Severity:
    return "warning" if "warning" in entry.kinds else "info"


def _plain(markdown: str) -> str:
    return markdown.replace("`", "'")


def _invocation(files: Sequence[Checked]) -> Object:
    notifications = [_notification(file, at) for at, file in enumerate(files) if not file.report]
    invocation: Object = {"executionSuccessful": not notifications}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _notification(file: Checked, index: int) -> Object:
    location = _artifact_location(file.name) | {"index": index}
    physical: Object = {"artifactLocation": location}
    if file.line:
        physical["region"] = {"startLine": file.line, "startColumn": file.column}
    return {
        "descriptor": {"id": UNREADABLE, "index": 0},
        "level": "error",
        "message": {"text": file.problem},
        "locations": [{"physicalLocation": physical}],
    }


def _artifact(file: Checked) -> Object:
    artifact: Object = {"location": _artifact_location(file.name), "sourceLanguage": "json"}
    if file.report:
        trainer = file.report.trainer
        verdict = {"is_valid": file.report.is_valid, "runs": trainer.runs}
        artifact["properties"] = verdict | {"learns": trainer.runs and trainer.learns}
    return artifact


def _artifact_location(name: str) -> Object:
    """A name from the command line as a URI; relative ones count from the source root."""
    if name == "-":
        return {"uri": "stdin"}
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    # A name that is not UTF-8 has its bytes.
    uri = quote(path.as_posix().encode("utf-8", "surrogateescape"))
    return {"uri": uri, "uriBaseId": _ROOT}


def _results(file: Checked, index: int, rules: Mapping[str, int]) -> Iterator[Object]:
    if file.report is None or file.source is None:
        return
    place = _Place(file.source, _artifact_location(file.name) | {"index": index})
    seen: dict[str, int] = {}
    for finding, is_blocker in _told(file.report):
        kind = "blocker" if is_blocker else finding.severity
        mark = _fingerprint(finding, kind)
        seen[mark] = seen.get(mark, 0) + 1
        yield {
            "ruleId": finding.rule,
            "ruleIndex": rules[finding.rule],
            "level": "error" if is_blocker else _LEVELS[finding.severity],
            "message": {"text": _message(finding, is_blocker=is_blocker)},
            "locations": [place.location(finding.path)],
            "partialFingerprints": {"tunesmith/v1": f"{mark}:{seen[mark]}"},
            "properties": {"field": finding.field, "blocker": is_blocker},
            **place.fixes(finding),
        }


def _told(report: Report) -> Iterator[tuple[Finding, bool]]:
    yield from ((finding, False) for finding in report.findings)
    yield from ((finding, True) for finding in report.trainer.blockers)


def _message(finding: Finding, *, is_blocker: bool) -> str:
    said = f"{finding.message} {finding.remedy}"
    return f"The run stops: {said}" if is_blocker else said


def _fingerprint(finding: Finding, kind: str) -> str:
    """What stays the same when lines move and values change: rule, kind and field."""
    told = "\n".join((finding.rule, kind, finding.field))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class _Place:
    """The places in one file."""

    def __init__(self, source: Source, artifact: Object) -> None:
        self.document: Document = source.document
        self.positions = Positions(source.text)
        self.artifact = artifact

    def location(self, path: Path) -> Object:
        region = _region(self.positions.region(path))
        physical = {"artifactLocation": self.artifact, "region": region}
        logical = [{"fullyQualifiedName": path_text(path)}] if path else []
        return {"physicalLocation": physical} | ({"logicalLocations": logical} if logical else {})

    def fixes(self, finding: Finding) -> Object:
        found = edits(self.positions, self.document, finding.fix or ())
        # A value that moves could look like a secret in its new place only.
        if not found or any(kind_of(edit.text) for edit in found):
            return {}
        replacements = [self.replacement(edit) for edit in found]
        change = {"artifactLocation": self.artifact, "replacements": replacements}
        return {"fixes": [{"description": {"text": finding.remedy}, "artifactChanges": [change]}]}

    def replacement(self, edit: Edit) -> Object:
        region = _region(self.positions.marked(edit.part))
        inserted = {"insertedContent": {"text": edit.text}} if edit.text else {}
        return {"deletedRegion": region, **inserted}


def _region(region: Region) -> Object:
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }

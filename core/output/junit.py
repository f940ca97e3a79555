"""Findings as JUnit XML, which CI servers list among the tests.

A file is a test suite. Its first case is that it can be read; then each rule that spoke is a case,
failed where it would make the command fail. What fails nothing stands in the suite's output. The
order and the attributes are those that Ant's and Jenkins's own schemas ask for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from core.findings import Finding, Report
from core.output.checked import Checked

READABLE: Final = "file.readable"

# What XML 1.0 can't hold, not even escaped.
_UNHOLDABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(files: Sequence[Checked], now: datetime, *, strict: bool = False) -> str:
    """The XML of one check over several files.

    Args:
        files: what was checked, in the order of the command line.
        now: when, with its time zone.
        strict: whether warnings and blockers fail, as they make the command fail.
    """
    suites = [_suite(number, file, now, strict) for number, file in enumerate(files)]
    root = Element("testsuites")
    root.extend(suites)
    indent(root)
    written: str = tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding with the word for how it appears, and whether it fails."""

    finding: Finding
    kind: str
    fails: bool

    @property
    def text(self) -> str:
        """One line, as the command line has it."""
        where = f"{self.finding.field}: " if self.finding.path else ""
        one = self.finding
        return f"{self.kind}: {where}{one.message} {one.remedy} [{one.rule}]"


def _suite(number: int, file: Checked, now: datetime, strict: bool) -> Element:
    told = list(_told(file.report, strict)) if file.report else []
    rules = list(dict.fromkeys(one.finding.rule for one in told))
    failures = {one.finding.rule for one in told if one.fails}
    suite = Element(
        "testsuite",
        {
            "name": _held(file.name) or "-",
            "package": "tunesmith",
            "id": str(number),
            "tests": str(1 + len(rules)),
            "failures": str(len(failures)),
            "errors": str(0 if file.report else 1),
            "skipped": "0",
            "time": "0",
            "timestamp": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "hostname": "localhost",
        },
    )
    _properties(SubElement(suite, "properties"), file.report)
    _readable(suite, file)
    for rule in rules:
        _case(suite, file, rule, [one for one in told if one.finding.rule == rule])
    quiet = [one.text for one in told if not one.fails]
    SubElement(suite, "system-out").text = _held("\n".join(quiet))
    SubElement(suite, "system-err").text = _held(file.problem)
    return suite


def _told(report: Report, strict: bool) -> Iterator[_Told]:
    for finding in report.findings:
        fails = finding.severity == "error" or (strict and finding.severity == "warning")
        yield _Told(finding, finding.severity, fails)
    for finding in report.trainer.blockers:
        yield _Told(finding, "stops", strict)


def _properties(properties: Element, report: Report | None) -> None:
    if report is None:
        return
    trainer = report.trainer
    values = {
        "is_valid": report.is_valid,
        "runs": trainer.runs,
        "learns": trainer.runs and trainer.learns,
    }
    named = {"trainer": trainer.name, "environment": trainer.environment}
    for name, value in (*named.items(), *((key, str(one).lower()) for key, one in values.items())):
        SubElement(properties, "property", {"name": name, "value": _held(value)})


def _readable(suite: Element, file: Checked) -> None:
    case = _test(suite, file, READABLE)
    if file.report is None:
        problem = {"message": _held(file.problem), "type": READABLE}
        SubElement(case, "error", problem).text = _held(file.problem)


def _case(suite: Element, file: Checked, rule: str, told: list[_Told]) -> None:
    case = _test(suite, file, rule)
    if failed := [one for one in told if one.fails]:
        failure = SubElement(case, "failure", {"message": _held(failed[0].text), "type": rule})
        failure.text = _held("\n".join(one.text for one in failed))


def _test(suite: Element, file: Checked, name: str) -> Element:
    case = {"name": _held(name), "classname": _held(file.name) or "-", "time": "0"}
    return SubElement(suite, "testcase", case)


def _held(text: str) -> str:
    """The text with what XML can't hold written as an escape."""
    return _UNHOLDABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)

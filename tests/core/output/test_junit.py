"""The JUnit XML: well-formed for hostile text too, and failed exactly where the command fails."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.check import check
from core.document import Document
from core.findings import Finding, Report
from core.output.checked import Checked
from core.output.junit import junit
from core.presets import find
from tests.command import run
from tests.core.rules.test_properties import configs

NOW: Final = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


def told(message: str, severity: str = "error") -> Report:
    return Report((Finding("some.rule", severity, ("a",), message, "Mend it."),))  # type: ignore[arg-type]


def suites(*files: Checked, strict: bool = False) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(junit(files, NOW, strict=strict).encode()))


@given(st.text(), st.text())
@settings(max_examples=200)
def test_any_text_is_held(name: str, message: str) -> None:
    (suite,) = suites(Checked(name, report=told(message)))
    assert suite.findtext("testcase/failure") is not None


def test_what_xml_cannot_hold_is_an_escape() -> None:
    (suite,) = suites(Checked("a.json", report=told("<b>&\x00\x1b[31m\ufffe]]>\ud800")))
    assert "<b>&\\u0000\\u001b[31m\\ufffe]]>\\ud800" in str(suite.findtext("testcase/failure"))


def test_a_file_is_a_suite_and_a_rule_a_case() -> None:
    report = check({**find("hybrid").config, "seed": "x"})
    suite, other = suites(Checked("a.json", report=report), Checked("b.json", report=Report(())))
    assert (suite.get("name"), other.get("name")) == ("a.json", "b.json")
    cases = [case.get("name") for case in suite.findall("testcase")]
    assert cases == ["file.readable", *dict.fromkeys(one.rule for one in report)]
    assert suite.get("tests") == str(len(cases))
    assert [case.get("name") for case in other.findall("testcase")] == ["file.readable"]
    assert suite.get("timestamp") == "2026-11-28T12:30:00"


def test_findings_of_one_rule_are_one_failure() -> None:
    twice = (*told("One.").findings, *told("Two.").findings)
    (suite,) = suites(Checked("a.json", report=Report(twice)))
    (failure,) = suite.iterfind("testcase/failure")
    assert failure.get("type") == "some.rule"
    assert str(failure.text).splitlines() == [
        "error: a: One. Mend it. [some.rule]",
        "error: a: Two. Mend it. [some.rule]",
    ]


def test_what_fails_nothing_is_output() -> None:
    (suite,) = suites(Checked("a.json", report=told("Maybe.", "warning")))
    assert suite.get("failures") == "0"
    assert suite.findtext("system-out") == "warning: a: Maybe. Mend it. [some.rule]"
    (strict,) = suites(Checked("a.json", report=told("Maybe.", "warning")), strict=True)
    assert strict.get("failures") == "1"


def test_a_file_that_cannot_be_read_is_an_error() -> None:
    (suite,) = suites(Checked("a.json", problem="a.json: line 1, column 2: No."))
    assert suite.get("errors") == "1"
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message") == "a.json: line 1, column 2: No."


@given(configs(), st.booleans())
@settings(max_examples=40)
def test_counts_are_those_of_the_cases(document: Document, strict: bool) -> None:
    report = check(document)
    (suite,) = suites(Checked("a.json", report=report), strict=strict)
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    failing = report.errors or (strict and (report.warnings or report.trainer.blockers))
    assert (suite.get("failures") != "0") == bool(failing)


@pytest.mark.parametrize("options", [(), ("--strict",)])
def test_the_command_fails_where_a_case_does(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "a.json"
    for preset in ("hybrid", "knowledge_dense", "teacher_mode"):
        file.write_text(run("presets", preset).out, "utf-8")
        done = run("check", "--junit", *options, file)
        (suite,) = ElementTree.fromstring(done.out)
        assert (done.code == 1) == (suite.get("failures") != "0")


def test_only_one_form_at_a_time() -> None:
    done = run("check", "--junit", "--sarif", "a.json")
    assert done.code == 2
    assert "not allowed with" in done.err

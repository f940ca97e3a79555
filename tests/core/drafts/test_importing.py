"""What an import says before anything is opened."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.drafts.importing import Import, Refusal, inspect, repaired

FILES = sorted((Path(__file__).parents[2] / "data" / "tiny_tool_use").glob("*.json"))


def imported(config: Any) -> Import:
    found = inspect("mine.json", json.dumps(config).encode())
    assert isinstance(found, Import)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_trainers_own_files_are_valid_and_run(file: Path) -> None:
    found = inspect(file.name, file.read_bytes())
    assert isinstance(found, Import)
    assert found.name == file.stem
    assert (found.report.is_valid, found.report.trainer.runs) == (True, True)
    assert (found.unknown, found.suspicious) == ((), ())


def test_an_empty_tools_object_is_offered_as_a_repair() -> None:
    file = next(file for file in FILES if file.stem == "sft_toolbench_config")
    found = inspect(file.name, file.read_bytes())
    assert isinstance(found, Import)
    assert [finding.rule for finding in found.repairs] == ["import.tools_object"]


def test_a_byte_order_mark_is_reported() -> None:
    found = inspect("a.json", b"\xef\xbb\xbf{}")
    assert isinstance(found, Import)
    assert found.source.had_bom


def test_unknown_keys_are_named_and_typos_offered_as_repairs() -> None:
    found = imported({"training": {"method": "sft", "lerning_rate": 5e-5}, "mine": {"deep": 1}})
    assert found.unknown == (("training", "lerning_rate"), ("mine",))
    assert [finding.field for finding in found.repairs] == ["training.lerning_rate"]


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({"note": "hf_" + "a" * 34}, "security.secret"),
        ({"note": "/home/jo/data"}, "security.personal_path"),
        ({"tools": [{"name": "x", "type": "command", "command": "ls"}]}, "security.tool_command"),
        ({"tools": [{"name": "x", "type": "api", "url": "http://h"}]}, "security.tool_api"),
        ({"tensorboard": {"log_dir": "../../x"}}, "security.log_dir_escape"),
    ],
)
def test_suspicious_content_is_pointed_out(config: Any, rule: str) -> None:
    assert rule in {finding.rule for finding in imported(config).suspicious}


def test_a_secret_is_never_repeated() -> None:
    secret = "hf_" + "a" * 34
    found = imported({"training": {"learning_rate": secret}, "token": secret})
    said = [text for finding in found.report for text in (finding.message, finding.remedy)]
    assert said
    assert not any(secret in text for text in said)


def test_what_is_no_config_is_refused_with_its_place() -> None:
    assert inspect("bad.json", b'{"a": 1,\n}') == Refusal(
        "bad", "Line 1, column 8: Delete this comma: nothing follows it before }."
    )


def test_two_repairs_that_aim_at_one_key_lose_nothing() -> None:
    config = {"training": {"lr": 1e-4, "learning_rat": 2e-4}}
    repairs = imported(config).repairs
    mended = repaired(config, repairs)
    assert sorted(mended["training"].values()) == [1e-4, 2e-4]
    assert len(repairs) == 2

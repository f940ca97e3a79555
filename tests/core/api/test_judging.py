"""What the API says about a config, which needs no account: the same as all other front ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.presets import find, load
from tests.api_client import Api, code
from tests.command import run

SFT = find("sft_toolbench").config
DPO = find("dpo_basic").config
DATA = Path(__file__).parents[2] / "data" / "tiny_tool_use"
FILES = sorted([*DATA.glob("*.json")])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_report_and_numbers_are_those_of_the_command_line(api: Api, file: Path) -> None:
    body = {"config_text": file.read_text(encoding="utf-8")}
    report = api.nobody.ask("POST", "/validate", body).text
    # In the same order too.
    assert json.dumps(json.loads(report)) == json.dumps(
        json.loads(run("check", "--json", file).out)
    )
    assert api.nobody.post("/derive", body) == json.loads(run("derive", "--json", file).out)
    effective = json.loads(run("effective", "--json", file).out)
    assert api.nobody.post("/effective", body)["effective"] == effective


def test_a_byte_order_mark_is_a_finding_of_both(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "marked.json"
    file.write_text("\ufeff{}", encoding="utf-8")
    report = api.nobody.post("/validate", {"config_text": "\ufeff{}"})
    assert report == json.loads(run("check", "--json", file).out)
    assert report["trainer"]["blockers"][0]["rule"] == "config.json.byte_order_mark"


@pytest.mark.parametrize("target", ["tiny_tool_use/today/t4", "tiny_tool_use_fork/pinned/cpu"])
def test_a_target_changes_report_and_numbers_alike(api: Api, target: str) -> None:
    trainer, environment, machine = target.split("/")
    options = ("--trainer", trainer, "--environment", environment, "--machine", machine)
    file = FILES[0]
    body = {"config_json": json.loads(file.read_text()), "target": target}
    assert api.nobody.post("/validate", body) == json.loads(
        run("check", "--json", *options, file).out
    )
    assert api.nobody.post("/derive", body) == json.loads(
        run("derive", "--json", *options, file).out
    )


def test_a_comparison_is_that_of_the_command_line(api: Api) -> None:
    configs = [
        {"name": str(file), "config_text": file.read_text(encoding="utf-8")} for file in FILES
    ]
    answer = api.nobody.post("/compare", {"configs": configs[:2]})
    assert answer == json.loads(run("diff", "--json", *FILES[:2]).out)
    three = api.nobody.post("/compare", {"configs": configs, "base": 2, "all": True})
    assert three == json.loads(run("diff", "--json", "--all", "--base", 3, *FILES).out)
    assert three["patch"] is None


def test_presets_and_own_configs_can_be_compared(api: Api) -> None:
    kept = api.anna.make("mine", config_json=SFT)
    api.anna.put(f"/{kept['id']}", {"config_json": DPO}, if_match='"1"')
    body = {
        "configs": [
            {"preset": "sft_toolbench"}, {"config_id": kept["id"]},
            {"config_id": kept["id"], "version": 1},
        ]
    }  # fmt: skip
    found = api.anna.post("/compare", body)
    assert found["labels"][0] == "sft_toolbench"
    method = next(row for row in found["rows"] if row["path"] == "training.method")
    assert method["values"] == ["sft", "dpo", "sft"]
    assert code(api.nobody.ask("POST", "/compare", body)) == (401, "unauthorized")


def test_a_saved_config_is_compared_for_what_it_was_saved_for(api: Api) -> None:
    anna, body = api.anna, {"config_json": SFT, "target": "tiny_tool_use/today/gpu"}
    kept = anna.post("", {"name": "mine", **body})["config"]
    configs = [{"config_json": SFT}, {"config_id": kept["id"]}]
    anna.put(f"/{kept['id']}", {"target": ""}, if_match='"1"')
    configs.append({"config_id": kept["id"], "version": 1})
    for target, runs in (("", [True, True, False]), ("tiny_tool_use/today/gpu", [False] * 3)):
        found = anna.post("/compare", {"configs": configs, "target": target})
        assert {row["name"]: row["values"] for row in found["verdict"]}["runs"] == runs


def test_sizes_of_a_model_give_its_memory(api: Api) -> None:
    config = {**SFT, "model": {**SFT["model"], "name": "somebody/unknown"}}
    assert api.nobody.post("/derive", {"config_json": config})["memory"] is None
    sizes = {
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "vocab_size": 1000,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 512,
    }  # fmt: skip
    assert api.nobody.post("/derive", {"config_json": config, "sizes": sizes})["memory"]
    refused = api.nobody.ask("POST", "/derive", {"config_json": config, "sizes": {"a": 1}})
    assert code(refused) == (422, "unacceptable")


def test_presets_are_listed_and_read(api: Api) -> None:
    listed = api.nobody.get("/presets")["presets"]
    assert [one["id"] for one in listed] == [preset.id for preset in load()]
    assert api.nobody.get("/presets/dpo_basic")["preset"]["config_json"] == DPO
    missing = api.nobody.ask("GET", "/presets/dpo_basik")
    assert code(missing) == (404, "unknown_preset")
    assert "did you mean 'dpo_basic'?" in missing.json()["detail"]


def test_the_schema_is_that_of_the_command_line(api: Api) -> None:
    answer = api.nobody.ask("GET", "/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == json.loads(run("schema").out)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/validate", {}),
        ("/validate", {"config_json": {}, "config_text": "{}"}),
        ("/validate", {"config_json": "{}"}),
        ("/validate", [SFT]),
        ("/compare", {"configs": []}),
        ("/compare", {"configs": [{}]}),
        ("/compare", {"configs": [{"preset": "dpo_basic", "config_json": {}}]}),
        ("/compare", {"configs": [{"preset": "dpo_basic", "version": 1}]}),
        ("/compare", {"configs": [{"preset": "dpo_basic"}], "base": 1}),
        ("/compare", {"configs": [{"preset": "dpo_basic"}] * 101}),
        ("/compare", {"configs": [{"config_id": "../../etc"}]}),
    ],
)
def test_a_body_that_does_not_fit_is_refused(api: Api, path: str, body: Any) -> None:
    assert code(api.nobody.ask("POST", path, body)) == (422, "invalid_request")

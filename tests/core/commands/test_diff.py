"""``python -m core diff``: settings side by side, and what follows from them."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.changes.patch import apply
from core.document import Document, drop, put, same, write
from core.presets import find
from tests.command import run

VALID = find("hybrid").config
LONGER = put(VALID, ("training", "num_epochs"), 4)
BROKEN = put(VALID, ("training", "batch_size"), 0)
CHANCE = find("dpo_basic").config
RENAMED = put(VALID, ("my_notes",), "second try")
TOKEN = "hf_" + "a1B2" * 10


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(*documents: Document) -> list[Path]:
    """The configs in a.json, b.json and so on."""
    names = [Path(f"{letter}.json") for letter in "abcde"[: len(documents)]]
    for name, document in zip(names, documents, strict=True):
        name.write_text(write(document), encoding="utf-8")
    return names


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def csv_rows(text: str) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in csv.reader(io.StringIO(text))}


def settings(text: str) -> list[str]:
    """The settings that a CSV shows, sorted."""
    return sorted(name for name in csv_rows(text) if ":" not in name and name != "setting")


def as_json(*argv: object) -> Any:
    return json.loads(run("diff", "--json", *argv).out)


def training(**values: Any) -> Document:
    return {"training": values}


# --- Settings ----------------------------------------------------------------------------------


def test_it_shows_one_line_a_setting() -> None:
    left = training(method="sft", lora_r=8, optim="sgd")
    result = run("diff", *files(left, training(method="sft", lora_r=16)))
    assert result.code == 1
    assert [line for line in words(result.out) if line[:1] != ["warnings"]] == [
        ["setting", "a.json", "(base)", "b.json"],
        ["training.lora_r", "8", "≠", "16"],
        ["training.optim", '"sgd"', "*", "≠", "-", "changes", "no", "run"],
        [],
        ["what", "follows", "a.json", "(base)", "b.json"],
        ["notes", "1", "≠", "0"],
        [],
        ["2", "differences."],
        ["-", "is", "absent."],
        ["*", "has", "no", "effect", "in", "that", "config."],
        ["≠", "differs", "from", "the", "base."],
    ]


def test_equal_configs_exit_0() -> None:
    assert run("diff", *files(VALID, VALID)) == (0, "No differences.\n", "")


def test_all_shows_equal_settings() -> None:
    result = run("diff", "--all", *files(VALID, VALID))
    assert "training.lora_alpha" in result.out
    assert "≠" not in result.out
    assert result.code == 0


def test_json_holds_rows_and_patch() -> None:
    result = as_json(*files({"seed": 1}, {"seed": 2}))
    assert list(result) == ["base", "labels", "rows", "patch", "derived", "verdict"]
    assert result["labels"] == ["a.json", "b.json"]
    assert result["patch"] == [{"op": "replace", "path": "/seed", "value": 2}]


def test_three_configs_have_a_column_each() -> None:
    names = files(VALID, BROKEN, find("sft_pc_building").config)
    rows = csv_rows(run("diff", "--csv", *names).out)
    assert rows["setting"] == ["a.json", "b.json", "c.json", "note"]
    assert rows["training.batch_size"] == ["4", "0", "4", ""]


def test_markdown_holds_bars_and_backticks() -> None:
    lines = run("diff", "--markdown", *files({"a": "x|y"}, {"a": "`z`"})).out.splitlines()
    assert lines[2] == r'| `a` | `"x\|y"` | ≠ `` "`z`" `` | changes no run |'


def test_markdown_marks_the_base_and_what_is_not_as_there() -> None:
    names = files(training(lora_r=8, optim="sgd"), training(lora_r=8), training(lora_r=16))
    lines = run("diff", "--markdown", "--base", 2, *names).out.splitlines()
    assert lines[0] == "| setting | a.json | b.json (base) | c.json | note |"
    assert "| `training.lora_r` | `8` | `8` | ≠ `16` |  |" in lines
    assert (
        '| `training.optim` | ≠ `"sgd"` (no effect) | absent | absent | changes no run |' in lines
    )


def test_markdown_shows_html_in_a_name_as_text() -> None:
    name = files({})[0].rename("<b>~x~|.json")
    head = run("diff", "--markdown", name, name).out.splitlines()[0]
    assert head.startswith(r"| setting | \<b\>\~x\~\|.json (base) | ")


@pytest.mark.parametrize("form", ["--csv", "--markdown"])
def test_a_difference_that_changes_no_run_says_so(form: str) -> None:
    out = run("diff", form, *files(VALID, put(RENAMED, ("training", "lora_r"), 8))).out
    (idle,) = [line for line in out.splitlines() if "changes no run" in line]
    assert "my_notes" in idle


def test_a_note_of_a_row_stands_before_that_it_changes_no_run() -> None:
    left = {**VALID, "tools": [{"name": "a"}, {"name": "b"}]}
    right = {**VALID, "tools": [{"name": "b"}, {"name": "a"}]}
    rows = csv_rows(run("diff", "--csv", *files(left, right)).out)
    assert rows["tools"][-1] == "the tools stand in another order; changes no run"


# --- CSV ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1", " =1+1"])
def test_csv_runs_nothing_in_a_spreadsheet(value: str) -> None:
    rows = csv_rows(run("diff", "--csv", *files({value: 1, "a": value}, {"a": -1})).out)
    assert rows["a"] == ["'" + value, "-1", "changes no run"]


def test_csv_runs_no_name_of_a_file_in_a_spreadsheet() -> None:
    name = files({})[0].rename("=cmd.json")
    rows = csv_rows(run("diff", "--csv", "-", name, stdin="{}").out)
    assert rows["setting"] == ["'-", "'=cmd.json", "note"]


def test_csv_holds_no_control_characters() -> None:
    out = run("diff", "--csv", *files({"a": "\t=1\r\n=2"}, {})).out
    assert out.splitlines()[1] == r"a,\t=1\r\n=2,,changes no run"


def test_csv_tells_text_from_other_values() -> None:
    names = files({"a": "4", "b": None, "c": "x"}, {"a": 4, "b": "null"})
    rows = csv_rows(run("diff", "--csv", *names).out)
    assert [rows[name][:-1] for name in "abc"] == [['"4"', "4"], ["null", '"null"'], ["x", ""]]


# --- Secrets -----------------------------------------------------------------------------------


SECRET_LEFT = {"api_key": "x1y2", "note": f"use {TOKEN}", TOKEN: 1, "keys": {"hub_token": ["a9"]}}
SECRET_RIGHT = {"api_key": "${KEY}", "note": "use none", "keys": {"hub_token": ["b9", "c9"]}}


@pytest.mark.parametrize("form", ["--all", "--csv", "--markdown"])
def test_no_secret_is_shown(form: str) -> None:
    out = run("diff", form, *files(SECRET_LEFT, SECRET_RIGHT)).out
    assert [secret for secret in ("x1y2", TOKEN, "a9", "b9", "c9") if secret in out] == []
    assert "use [secret]" in out
    assert "${KEY}" in out


@pytest.mark.parametrize("form", ["--all", "--csv", "--markdown"])
def test_no_secret_in_the_name_of_a_file_is_shown(form: str) -> None:
    name = files(VALID)[0].rename(f"{TOKEN}.json")
    assert TOKEN not in run("diff", form, name, name).out


def test_secrets_that_differ_are_marked_without_being_shown() -> None:
    out = run("diff", *files({"api_key": "x1y2"}, {"api_key": "x1y3"})).out
    assert words(out)[1][:4] == ["api_key", '"[secret]"', "≠", '"[secret]"']


def test_json_holds_values_as_they_are() -> None:
    rows = as_json(*files(SECRET_LEFT, SECRET_RIGHT))["rows"]
    assert rows[0]["values"] == ["x1y2", "${KEY}"]


# --- What follows ------------------------------------------------------------------------------


def test_what_follows_and_differs_is_a_table_of_its_own() -> None:
    blocks = run("diff", *files(VALID, LONGER)).out.split("\n\n")
    assert len(blocks) == 3
    lines = words(blocks[1])
    assert lines[0] == ["what", "follows", "a.json", "(base)", "b.json"]
    assert ["updates", "in", "all", "120", "≠", "240"] in lines
    assert "errors" not in blocks[1]


def test_csv_and_markdown_hold_what_follows_as_rows() -> None:
    names = files(VALID, put(LONGER, ("training", "batch_size"), 0))
    rows = csv_rows(run("diff", "--csv", *names).out)
    assert rows["verdict: errors"] == ["0", "1", ""]
    assert rows["verdict: runs"] == ["true", "false", ""]
    assert rows["derived: updates_total"] == ["120", "", ""]
    lines = run("diff", "--markdown", *names).out.splitlines()
    assert "| `verdict: errors` | `0` | ≠ `1` |  |" in lines
    assert "| `derived: updates_total` | `120` | ≠ not known |  |" in lines


def test_a_pair_is_written_as_low_to_high() -> None:
    names = files(VALID, CHANCE)
    assert ["updates", "in", "all", "120", "≠", "100", "to", "300"] in words(
        run("diff", *names).out
    )
    rows = csv_rows(run("diff", "--csv", *names).out)
    assert rows["derived: updates_total"] == ["120", "100 to 300", ""]
    assert "| `derived: updates_total` | `120` | ≠ `100 to 300` |  |\n" in (
        run("diff", "--markdown", *names).out
    )


def test_what_can_not_be_said_is_a_dash_with_its_meaning() -> None:
    names = files(VALID, put(VALID, ("training", "num_epochs"), "many"))
    lines = run("diff", *names).out.splitlines()
    assert ["updates", "in", "all", "120", "≠", "-"] in map(str.split, lines)
    assert "- can't be said." in lines


def test_a_dash_that_is_both_says_both() -> None:
    names = files(VALID, drop(put(VALID, ("training", "num_epochs"), "many"), ("seed",)))
    assert "- is absent or can't be said.\n" in run("diff", *names).out


@pytest.mark.parametrize("form", [[], ["--csv"], ["--markdown"]])
def test_all_shows_what_follows_where_it_is_equal_too(form: list[str]) -> None:
    names = files(VALID, RENAMED)
    name = "derived: tokens_max" if form else "tokens, at most"
    assert name not in run("diff", *form, *names).out
    assert name in run("diff", "--all", *form, *names).out


def test_json_holds_all_that_follows() -> None:
    result = as_json(*files(VALID, CHANCE))
    derived = {one["name"]: one for one in result["derived"]}
    verdict = {one["name"]: one for one in result["verdict"]}
    assert derived["updates_total"] == {
        "name": "updates_total",
        "values": [120, [100, 300]],
        "differs": True,
    }
    assert verdict["errors"] == {"name": "errors", "values": [0, 0], "differs": False}
    assert {"warnings", "infos", "runs", "learns"} <= set(verdict)


# --- The base ----------------------------------------------------------------------------------


def test_base_says_which_config_the_others_are_held_against() -> None:
    names = files({"seed": 1}, {"seed": 2}, {"seed": 2})
    lines = words(run("diff", "--base", 3, *names).out)
    assert lines[0] == ["setting", "a.json", "b.json", "c.json", "(base)"]
    assert lines[1] == ["seed", "≠", "1", "2", "2"]
    assert as_json("--base", 3, *names)["base"] == 2


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_base_out_of_range_is_one_line_and_exit_2(number: int) -> None:
    result = run("diff", "--base", number, *files(VALID, LONGER))
    message = f"--base is {number}; there are 2 configs, counted from 1.\n"
    assert result == (2, "", message)


def test_a_base_that_is_no_number_is_one_line_and_exit_2() -> None:
    result = run("diff", "--base", "a.json", *files(VALID, LONGER))
    assert (result.code, result.out) == (2, "")
    assert "--base" in result.err
    assert result.err.count("\n") == 1


# --- What is shown -----------------------------------------------------------------------------


def test_effect_shows_only_what_changes_a_run() -> None:
    names = files(VALID, put(RENAMED, ("training", "lora_r"), 8))
    for options in (["--effect"], ["--effect", "--all"]):
        result = run("diff", "--csv", *options, *names)
        assert settings(result.out) == ["training.lora_r"]
        assert result.code == 1


def test_with_effect_only_what_changes_a_run_is_a_difference() -> None:
    names = files(VALID, RENAMED)
    assert run("diff", *names).code == 1
    result = run("diff", "--effect", *names)
    assert result.code == 0
    assert re.search(r"No differences, \d left out\.\n", result.out)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("training", ["my_notes", "tools[a].description"]),
        ("training.lora_r", ["training.lora_alpha", "my_notes", "tools[a].description"]),
        ("training.lora_*", ["my_notes", "tools[a].description"]),
        ("*.description", ["training.lora_r", "training.lora_alpha", "my_notes"]),
        ("tools", ["training.lora_r", "training.lora_alpha", "my_notes"]),
        ("tools[*]", ["training.lora_r", "training.lora_alpha", "my_notes"]),
        ("my", ["training.lora_r", "training.lora_alpha", "my_notes", "tools[a].description"]),
    ],
)
def test_ignore_leaves_out_a_path_and_all_below_it(path: str, shown: list[str]) -> None:
    left = {**training(lora_r=8, lora_alpha=8), "tools": [{"name": "a"}]}
    right = {
        **training(lora_r=16, lora_alpha=16),
        "my_notes": 1,
        "tools": [{"name": "a", "description": "The a"}],
    }
    out = run("diff", "--csv", "--ignore", path, *files(left, right)).out
    assert settings(out) == sorted(shown)


def test_ignore_can_be_given_several_times() -> None:
    names = files(VALID, put(RENAMED, ("training", "lora_r"), 8))
    result = run("diff", "--ignore", "my_notes", "--ignore", "training.*", *names)
    assert result.code == 0
    assert re.search(r"No differences, \d left out\.\n", result.out)
    assert run("diff", "--ignore", "my_notes", *names).code == 1


def test_ignore_goes_with_all_and_json() -> None:
    result = as_json("--all", "--ignore", "training", *files(VALID, LONGER))
    paths = [row["path"] for row in result["rows"]]
    assert "model.name" in paths
    assert [path for path in paths if path.startswith("training")] == []
    assert result["patch"] == [{"op": "replace", "path": "/training/num_epochs", "value": 4}]


# --- The patch ---------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [1, 2])
def test_patch_prints_what_makes_the_base_the_other(base: int) -> None:
    documents = [VALID, CHANCE]
    result = run("diff", "--patch", "--base", base, *files(*documents))
    patch = json.loads(result.out)
    assert same(apply(documents[base - 1], patch), documents[2 - base])
    assert (result.code, result.err) == (1, "")


def test_the_patch_of_equal_configs_is_empty() -> None:
    assert run("diff", "--patch", *files(VALID, VALID)) == (0, "[]\n", "")


def test_a_patch_of_three_is_one_line_and_exit_2() -> None:
    result = run("diff", "--patch", *files(VALID, LONGER, BROKEN))
    assert result == (2, "", "--patch needs exactly two configs; there are 3.\n")


@pytest.mark.parametrize("form", ["--json", "--csv", "--markdown"])
def test_patch_goes_with_no_other_form(form: str) -> None:
    result = run("diff", "--patch", form, *files(VALID, LONGER))
    assert (result.code, result.out) == (2, "")
    assert "not allowed with argument" in result.err
    assert result.err.count("\n") == 1


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    names = [tmp_path / "a.json", tmp_path / "b.json"]
    for name, rank in zip(names, (8, 16), strict=True):
        name.write_text(json.dumps({"training": {"lora_r": rank}, "mine": rank}))
    assert run("diff", "--ignore", "mine", *names).out.count("1 difference, 1 left out.") == 1
    code, out, _ = run("diff", "--ignore", "*", *names)
    assert code == 0
    assert "No differences, 2 left out." in out

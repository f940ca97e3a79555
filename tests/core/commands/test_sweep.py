"""``python -m core sweep``: looked at first, then written."""

import json
import zipfile
from pathlib import Path

import pytest

from core.document import write
from core.presets import find
from tests.command import run

RATES = "training.learning_rate=1e-4,2e-4"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "my run.json"
    file.write_text(write(find("sft_toolbench").config))
    return file


def test_without_a_place_to_write_to_it_only_tells(config: Path) -> None:
    told = run("sweep", config, "--set", RATES, "--set", "training.weight_decay=0,0.1")
    assert (told.code, told.err) == (0, "")
    first, _, head, *lines = told.out.splitlines()
    assert first == "2 × 2 = 4 members: 4 run, 4 with warnings."
    assert head.split()[:3] == ["member", "training.learning_rate", "training.weight_decay"]
    assert lines[0].split()[:4] == ["1", "my-run-01-lr1e-4-wd0", "1e-4", "0"]
    assert "training.weight_decay makes no run another one: nothing reads it" in told.out
    assert [*config.parent.iterdir()] == [config]


def test_it_writes_the_zip_and_says_so(config: Path) -> None:
    out = config.with_name("sweep.zip")
    done = run("sweep", config, "--set", RATES, "--name", "rates", "-o", out, "--at-once", "1")
    assert done.code == 0
    assert done.err == f"Wrote 2 configs to {out}.\n"
    with zipfile.ZipFile(out) as archive:
        assert "configs/rates-01-lr1e-4.json" in archive.namelist()
        assert "--array=1-2%1" in archive.read("slurm.sbatch").decode()
    assert {file.name for file in config.parent.iterdir()} == {config.name, out.name}


def test_a_link_to_the_zip_stays_one(config: Path) -> None:
    out, link = config.with_name("sweep.zip"), config.with_name("newest.zip")
    link.symlink_to(out)
    assert run("sweep", config, "--set", RATES, "-o", link).code == 0
    assert link.is_symlink()
    assert zipfile.is_zipfile(out)


def test_a_share_is_a_percentage(config: Path) -> None:
    told = run("sweep", config, "--set", "training.warmup_steps=11,22")
    assert " 50% " in told.out
    assert " 100% " in told.out


def test_json_is_the_manifest(config: Path) -> None:
    told = run("sweep", config, "--set", RATES, "--set", "seed=1,2", "--paired", "--json")
    manifest = json.loads(told.out)
    assert (manifest["mode"], manifest["count"]) == ("paired", 2)
    assert manifest["members"][1]["values"] == {
        "training.learning_rate": {"value": 2e-4},
        "seed": {"value": 2},
    }


def test_a_member_that_stops_is_told_with_its_reason(config: Path) -> None:
    words = ("sweep", config, "--set", "data.max_samples=100,absent")
    told = run(*words)
    assert told.code == 1
    assert told.out.splitlines()[0] == "2 members: 1 runs, 1 stops, 2 with warnings."
    assert "\n2: 'data.max_samples' is missing" in told.out
    fewer = run(*words, "--running-only")
    assert fewer.code == 0
    assert "stops, left out" in fewer.out


def test_it_reads_standard_input_and_judges_for_a_target(config: Path) -> None:
    words = ("sweep", "-", "--set", RATES)
    assert " sweep-01-lr1e-4 " in run(*words, stdin=config.read_text()).out
    today = run(*words, "--environment", "today", stdin=config.read_text())
    assert "2 members: 0 run, 2 stop" in today.out
    assert today.code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name a field and its values"),
        (["--set", "training.lora_r"], "is not a setting with values"),
        (["--set", "training.lora_r=8.5"], "can't take '8.5'"),
        (["--set", RATES, "--set", "seed=1", "--paired"], "Paired settings need the same number"),
        (["--set", RATES, "--machine", "abacus"], "There is no machine 'abacus'"),
        (["--set", RATES, "-o", "no/such/folder.zip"], "can't be written"),
        (["--set", RATES, "-o", "x.zip", "--at-once", "0"], "--at-once is 0"),
        (["--set", "model=absent", "--running-only", "-o", "x.zip"], "no member would run"),
    ],
)
def test_what_can_not_be_used_is_one_line(config: Path, words: list[str], said: str) -> None:
    told = run("sweep", config, *words)
    assert told.code == 2
    assert told.err.count("\n") == 1
    assert said in told.err


def test_a_sweep_without_a_member_that_runs_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    file = tmp_path / "base.json"
    file.write_text("{}")
    assert run("sweep", file, "--set", "seed=1,2", "--running-only").code == 1


def test_a_wrong_number_at_once_is_refused_before_anything_is_said(tmp_path: Path) -> None:
    file = tmp_path / "base.json"
    file.write_text("{}")
    result = run("sweep", file, "--set", "seed=1,2", "--at-once", 0)
    assert (result.code, result.out) == (2, "")

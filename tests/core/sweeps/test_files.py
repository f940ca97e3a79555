"""The files of a sweep: reproducible, complete, and run for real against a stub of the trainer."""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]

from core import presets, trainers
from core.document import Document, put, read
from core.reading.gpus import every as every_gpu
from core.reading.target import Target
from core.sweeps import files
from core.sweeps.axes import Mode, read_setting
from core.sweeps.jobs import ACCELERATORS, AT_ONCE, array, checkout
from core.sweeps.members import Plan, Sweep, plan
from core.trainers.requirements import requirements
from tests.command import run
from tests.commands import tool

SFT = presets.find("sft_toolbench").config
SETTINGS = ("training.learning_rate=1e-4,2e-4", "training.lora_r=8,16")
HOSTILE = "$(touch owned)`touch owned`'; touch owned #\"\\ & | \u202e../../x\n-rf *"

# train.py of the trainer takes these options (train.py:32-36); it fails where the rate is 2e-4.
STUB = """\
import argparse, json, pathlib, shutil, sys
parser = argparse.ArgumentParser()
parser.add_argument("--config", required=True)
parser.add_argument("--output-dir", required=True)
args = parser.parse_args()
folder = pathlib.Path(args.output_dir)
folder.mkdir(parents=True, exist_ok=True)
shutil.copy(args.config, folder / "config.json")
with open("runs.txt", "a") as runs:
    runs.write(folder.name + "\\n")
print("trained", folder.name, sys.stdin.read())
failing = pathlib.Path("failing.txt")
if failing.exists() and failing.read_text().strip() in folder.name:
    sys.exit(3)
"""


def made(
    *settings: str, base: Document = SFT, name: str = "base", mode: Mode = "grid", **more: Any
) -> Plan:
    axes = tuple(map(read_setting, settings or SETTINGS))
    return plan(Sweep(name, base, axes, mode, **more))


def contents(found: Plan) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(files.zipped(found))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


class Place(NamedTuple):
    """An unpacked sweep beside a stub of the trainer."""

    folder: Path
    trainer: Path

    def bash(
        self, *words: str, cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", *words],
            cwd=cwd or self.folder,
            env={
                **environment(),
                "TRAINER_DIR": str(self.trainer),
                "PYTHON": sys.executable,
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def ran(self) -> list[str]:
        """The members that the stub was run for, in that order."""
        runs = self.trainer / "runs.txt"
        return runs.read_text().split() if runs.exists() else []

    def fail(self, text: str) -> None:
        (self.trainer / "failing.txt").write_text(text)


# As gdown 5.2: files that come slowly, and their names.
GDOWN = """\
import pathlib, time, zipfile
def download_folder(url, quiet, use_cookies, output):
    with open("downloads.txt", "a") as downloads:
        downloads.write(url + "\\n")
    folder = pathlib.Path(output)
    folder.mkdir()
    time.sleep(1)
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        archive.writestr("data/toolllama_G123_dfs_train.json", "[]")
    return [str(folder / "data.zip")]
"""


def environment() -> Mapping[str, str]:
    own = ("SLURM_", "SWEEP_", "TRAINER_", "PYTHON")
    return {key: value for key, value in os.environ.items() if not key.startswith(own)}


Unpack = Callable[[Plan], Place]


@pytest.fixture
def unpack(tmp_path: Path) -> Unpack:
    def unpacked(found: Plan, folder: str = "a sweep's $folder") -> Place:
        trainer = tmp_path / "the trainer"
        trainer.mkdir()
        (trainer / "train.py").write_text(STUB)
        with zipfile.ZipFile(io.BytesIO(files.zipped(found))) as archive:
            archive.extractall(tmp_path / folder)
        return Place(tmp_path / folder, trainer)

    return unpacked


# --- What is in the ZIP --------------------------------------------------------------------------


def test_the_same_sweep_gives_the_same_bytes() -> None:
    first = files.zipped(made(*SETTINGS, "mine=absent,x"))
    again = files.zipped(made(*SETTINGS, "mine=absent,x"))
    assert first == again
    assert files.zipped(made(*SETTINGS, "mine=absent,y")) != first


def test_every_config_of_the_zip_passes_check(tmp_path: Path) -> None:
    for name, text in contents(made()).items():
        if name.startswith("configs/") or name == "base.json":
            file = tmp_path / Path(name).name
            file.write_text(text)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 5
    assert run("check", *paths).code == 0


def test_the_manifest_says_what_each_file_is() -> None:
    found = made("data.max_samples=100,absent,300", running_only=True)
    inside = contents(found)
    manifest = json.loads(inside["manifest.json"])
    assert manifest["axes"] == [
        {
            "path": "data.max_samples",
            "title": "Samples",
            "values": [{"value": 100}, {"absent": True}, {"value": 300}],
        }
    ]
    assert (manifest["format"], manifest["mode"], manifest["count"]) == (1, "grid", 3)
    assert manifest["target"] == {
        "trainer": "tiny_tool_use",
        "environment": "pinned",
        "machine": "gpu",
    }
    assert [one["number"] for one in manifest["members"]] == [1, 3]
    (gone,) = manifest["left_out"]
    assert gone["number"] == 2
    assert "max_samples" in gone["reason"]
    for one in manifest["members"]:
        assert hashlib.sha256(inside[one["file"]].encode()).hexdigest() == one["sha256"]
        assert one["verdict"]["runs"] is True
        assert one["derived"]["rows_train"] == json.loads(inside[one["file"]])["data"][
            "max_samples"
        ] - (2 if one["number"] == 1 else 4)
    outputs = [one["output"] for one in manifest["members"]]
    assert len(set(outputs)) == len(outputs)
    assert "--output-dir" in manifest["output"]


def test_the_readme_says_which_members_are_not_worth_a_run() -> None:
    text = contents(made("data.max_samples=2,absent,300", "training.learning_rate=-1,1e-4"))[
        "README.md"
    ]
    assert "**Members 1, 3, 4, 5 would not get to the end;**" in text
    assert "**Not valid:** members 1, 3, 5;" in text
    assert "**Member 2 would run and learn nothing.**" in text


def test_the_readme_says_that_tools_run_commands() -> None:
    base = put(SFT, ("tools",), [tool(type="command", command="date")])
    assert "**Tools with commands:**" in contents(made(base=base))["README.md"]
    assert "**Tools with commands:**" not in contents(made())["README.md"]


def test_the_comparison_has_a_column_for_each_config() -> None:
    found = made()
    table = [*csv.reader(io.StringIO(contents(found)["comparison.csv"]))]
    assert table[0][2:-1] == [one.name for one in found.members]
    assert ["training.lora_r", "8", "8", "16", "8", "16", ""] in table
    assert contents(found)["comparison.md"].count("\n") == len(table) + 1


def test_the_libraries_are_those_that_any_member_needs() -> None:
    mixed = made("training.use_lora=false,true")
    own = [requirements(one.document, Target()).lines for one in mixed.members]
    lines = {line for line in files.needed(mixed).splitlines() if not line.startswith(("#", "--"))}
    assert lines == {*own[0], *own[1]}
    assert any(line.startswith("bitsandbytes==") for line in lines)
    assert all("==" in line for line in lines)


@pytest.mark.parametrize("at_once", [AT_ONCE, 7])
def test_the_readme_makes_the_same_sweep_anew(tmp_path: Path, at_once: int) -> None:
    found = made("training.learning_rate=1e-4,2e-4", 'mine["a b"]="x, y",absent,null', name=HOSTILE)
    inside = {name: data.decode() for name, data in files.files(found, at_once)}
    (tmp_path / "base.json").write_text(inside["base.json"])
    (line,) = (line for line in inside["README.md"].splitlines() if "-m core sweep" in line)
    # A shell takes the line apart.
    tell = line.replace("python -m core", "printf '%s\\0'", 1)
    told = subprocess.run(["bash", "-c", tell], capture_output=True, text=True, check=True)
    words = told.stdout.split("\0")[:-1]
    words[words.index("base.json")] = str(tmp_path / "base.json")
    words[-1] = str(tmp_path / "again.zip")
    assert run(*words).code == 0
    assert (tmp_path / "again.zip").read_bytes() == files.zipped(found, at_once)


def test_a_plan_without_members_makes_no_files() -> None:
    assert [*files.files(made(base={"model": {}}, running_only=True))] == []


# --- run.sh --------------------------------------------------------------------------------------


def test_all_members_run_in_order_each_into_its_own_folder(unpack: Unpack) -> None:
    found = made()
    place = unpack(found)
    done = place.bash("run.sh")
    assert done.returncode == 0, done.stderr
    assert place.ran() == [one.name for one in found.members]
    for one in found.members:
        kept = place.folder / "outputs" / one.name / "config.json"
        assert read(kept.read_bytes()).document == one.document
        assert f"trained {one.name}" in (place.folder / "logs" / f"{one.name}.log").read_text()
    assert "Done: 4. Done before: 0. Failed: none." in done.stdout


def test_a_failure_stops_no_other_and_the_next_call_goes_on(unpack: Unpack) -> None:
    found = made()
    place = unpack(found)
    place.fail("-02-")
    first = place.bash("run.sh")
    assert first.returncode == 1
    assert len(place.ran()) == 4
    assert f"{found.members[1].name} (exit code 3" in first.stdout
    place.fail("nothing")
    second = place.bash("run.sh")
    assert second.returncode == 0
    assert place.ran()[4:] == [found.members[1].name]
    assert "Done: 1. Done before: 3." in second.stdout


def test_a_config_that_was_changed_is_run_anew(unpack: Unpack) -> None:
    found = made()
    place = unpack(found)
    assert place.bash("run.sh", "--only", "1").returncode == 0
    (place.folder / found.members[0].file).write_text("{}")
    assert place.bash("run.sh", "--only", "1").returncode == 0
    assert place.ran() == [found.members[0].name] * 2


def test_some_members_can_be_run_listed_and_run_again(unpack: Unpack) -> None:
    found = made()
    place = unpack(found)
    assert place.bash("run.sh", "--only", "3", "--only", "01").returncode == 0
    assert place.ran() == [found.members[0].name, found.members[2].name]
    listed = place.bash("run.sh", "--list").stdout.splitlines()
    assert listed[0] == f"1\t{found.members[0].name} (done)"
    assert listed[1] == f"2\t{found.members[1].name}"
    assert place.bash("run.sh", "--only", "3", "--again").returncode == 0
    assert place.ran()[2:] == [found.members[2].name]


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["--only", "9"], {}, "There is no member 9"),
        (["--only"], {}, "--only needs the number"),
        (["--only", "x"], {}, "--only needs the number"),
        (["--everything"], {}, "There is no option --everything"),
        ([], {"TRAINER_DIR": ""}, "Set TRAINER_DIR"),
        ([], {"TRAINER_DIR": "nowhere"}, "There is no folder nowhere"),
        ([], {"TRAINER_DIR": "."}, "There is no train.py"),
        ([], {"PYTHON": "./no-python"}, "run setup.sh, or set PYTHON"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    unpack: Unpack, words: list[str], env: dict[str, str], said: str
) -> None:
    place = unpack(made())
    done = place.bash("run.sh", *words, cwd=None, **env)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert place.ran() == []


def test_it_runs_from_anywhere_with_results_elsewhere(unpack: Unpack, tmp_path: Path) -> None:
    found = made()
    place = unpack(found)
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    done = place.bash(
        str(place.folder / "run.sh"), "--only", "1", cwd=elsewhere, SWEEP_OUTPUT="my results"
    )
    assert done.returncode == 0
    assert (elsewhere / "my results" / found.members[0].name / "config.json").exists()


def test_nothing_of_a_config_reaches_a_shell(unpack: Unpack, tmp_path: Path) -> None:
    value = json.dumps(HOSTILE)
    base = put(SFT, ("training", HOSTILE), HOSTILE)
    place = unpack(
        made(f"model.name={value},b", f"mine[{value}]={value},c", base=base, name=HOSTILE)
    )
    assert place.bash("run.sh").returncode == 0
    assert place.bash("slurm.sbatch", SLURM_ARRAY_TASK_ID="1").returncode == 0
    assert len(place.ran()) == 4
    assert [*tmp_path.rglob("owned*")] == []


def test_runs_that_start_together_download_toolbench_once(unpack: Unpack) -> None:
    place = unpack(made())
    (place.trainer / "gdown.py").write_text(GDOWN)
    reads = "open('data/toolbench/data/data/toolllama_G123_dfs_train.json').close()"
    (place.trainer / "train.py").write_text(f"{reads}\n{STUB}")
    with ThreadPoolExecutor(4) as pool:
        runs = [
            pool.submit(place.bash, "run.sh", "--only", str(one), PYTHONPATH=str(place.trainer))
            for one in range(1, 5)
        ]
    assert [run.result().returncode for run in runs] == [0] * 4
    assert len((place.trainer / "downloads.txt").read_text().split()) == 1


def test_data_that_can_not_be_fetched_are_left_to_the_trainer(unpack: Unpack) -> None:
    place = unpack(made())
    done = place.bash("run.sh", "--only", "1")
    assert done.returncode == 0
    assert "train.py will try it itself" in done.stderr


def test_only_sweeps_that_read_toolbench_fetch_it() -> None:
    assert "fetch.py" in contents(made())
    assert "fetch.py" not in contents(made(base=presets.find("dpo_basic").config))


def test_train_py_is_found_in_the_repository_as_well(unpack: Unpack) -> None:
    place = unpack(made())
    inner = place.trainer / "Tiny Tool Use"
    inner.mkdir()
    (place.trainer / "train.py").rename(inner / "train.py")
    assert place.bash("run.sh", "--only", "1").returncode == 0
    assert (inner / "runs.txt").exists()


@pytest.mark.parametrize("name", ["run.sh", "setup.sh", "slurm.sbatch"])
def test_bash_and_shellcheck_find_nothing_to_say(unpack: Unpack, name: str) -> None:
    place = unpack(made(name=HOSTILE))
    assert place.bash("-n", name).returncode == 0
    if checker := shutil.which("shellcheck"):
        done = subprocess.run(
            [checker, "--shell=bash", place.folder / name], capture_output=True, text=True
        )
        assert done.stdout == ""


def test_the_environment_is_made_once_and_used(unpack: Unpack) -> None:
    found = made()
    place = unpack(found)
    (place.folder / "requirements.txt").write_text("# nothing, so that nothing is fetched\n")
    first = place.bash("setup.sh", PYTHON="", BASE_PYTHON=sys.executable)
    assert first.returncode == 0, first.stderr
    marker = place.folder / ".venv" / "requirements.installed"
    before = marker.stat().st_mtime_ns
    assert place.bash("setup.sh", PYTHON="").returncode == 0
    assert marker.stat().st_mtime_ns == before
    (place.trainer / "train.py").write_text(f"import sys; print(sys.prefix)\n{STUB}")
    done = place.bash("run.sh", "--only", "1", PYTHON="")
    assert str(place.folder / ".venv") in done.stdout


# --- Slurm ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([1], "1"), ([1, 2, 3], "1-3"), ([1, 3, 4, 9], "1,3-4,9"), ([2, 4], "2,4")],
)
def test_an_array_names_the_members_that_there_are(numbers: list[int], said: str) -> None:
    assert array(numbers) == said


def options(text: str) -> dict[str, str]:
    """The options of an sbatch script: ``#SBATCH --name=value``, up to the first command."""
    lines = (line for line in text.splitlines() if line.startswith("#SBATCH --"))
    return dict(line.removeprefix("#SBATCH --").split("=", 1) for line in lines)


def test_each_task_of_the_array_runs_its_member(unpack: Unpack, tmp_path: Path) -> None:
    found = made("data.max_samples=absent,100,200,300", running_only=True)
    place = unpack(found)
    assert options(contents(found)["slurm.sbatch"]) == {
        "job-name": "sweep-base",
        "array": "2-4%4",
        "nodes": "1",
        "ntasks": "1",
        "gres": "gpu:1",
        "output": "slurm-%A_%a.out",
    }
    # Slurm runs a copy of the script from a folder of its own.
    spool = tmp_path / "spool"
    spool.mkdir()
    script = shutil.copy(place.folder / "slurm.sbatch", spool / "slurm_script")
    for one in found.members:
        done = place.bash(
            str(script),
            cwd=spool,
            SLURM_SUBMIT_DIR=str(place.folder),
            SLURM_ARRAY_TASK_ID=str(one.number),
        )
        assert done.returncode == 0, done.stderr
    assert place.ran() == [one.name for one in found.members]


def test_a_task_that_can_not_begin_says_why(unpack: Unpack, tmp_path: Path) -> None:
    place = unpack(made())
    lost = place.bash(str(place.folder / "slurm.sbatch"), cwd=tmp_path, SLURM_ARRAY_TASK_ID="1")
    assert lost.returncode == 2
    assert "call sbatch in the folder of the sweep" in lost.stderr
    alone = place.bash("slurm.sbatch")
    assert alone.returncode != 0
    assert "use sbatch" in alone.stderr


def test_a_machine_without_a_gpu_asks_for_none() -> None:
    found = made(target=Target(machine="cpu"))
    assert "gres" not in options(contents(found)["slurm.sbatch"])
    assert yaml.safe_load(contents(found)["skypilot.yaml"])["resources"] == {
        "cpus": "4+",
        "memory": "16+",
    }


# --- SkyPilot ------------------------------------------------------------------------------------

# Of SkyPilot 0.14.1, sky/utils/schemas.py: get_task_schema takes no other keys than its own, envs
# are texts under names that a shell takes, accelerators numbers under the names of GPUs;
# tools/check_jobs.py asks SkyPilot itself.
TASK_KEYS = {"name", "workdir", "resources", "envs", "setup", "run"}
RESOURCE_KEYS = {"accelerators", "cpus", "memory"}


@pytest.mark.parametrize("machine", ["gpu", "cpu", "t4", "a100-80", "rtx3060", "gpu-48", "gpu-999"])
def test_the_task_is_one_that_skypilot_takes(machine: str) -> None:
    found = made(target=Target(machine=machine), name=HOSTILE)
    task = yaml.safe_load(contents(found)["skypilot.yaml"])
    assert task.keys() == TASK_KEYS
    assert task["resources"].keys() <= RESOURCE_KEYS
    assert all(isinstance(task[key], str) for key in ("name", "workdir", "setup", "run"))
    assert all(isinstance(value, str) for value in task["envs"].values())
    named = task["resources"].get("accelerators")
    if isinstance(named, dict):
        assert named.keys() <= {*ACCELERATORS.values()}
        assert {*named.values()} == {1}
    for script in ("setup", "run"):
        assert subprocess.run(["bash", "-n"], input=task[script].encode()).returncode == 0


def test_the_gpus_are_those_with_the_memory() -> None:
    def named(machine: str) -> Any:
        text = contents(made(target=Target(machine=machine)))["skypilot.yaml"]
        return yaml.safe_load(text)["resources"]["accelerators"]

    assert named("t4") == "T4:1"
    assert named("gpu-999") == {"H200": 1}
    assert "L4" in named("gpu-24")
    assert "L4" not in named("gpu-48")
    assert ACCELERATORS.keys() <= every_gpu().keys()


def test_the_task_runs_all_members_or_one(unpack: Unpack, tmp_path: Path) -> None:
    found = made()
    place = unpack(found)
    shutil.copytree(place.trainer, tmp_path / "home" / "trainer")
    place = Place(place.folder, tmp_path / "home" / "trainer")
    script = yaml.safe_load((place.folder / "skypilot.yaml").read_text())["run"]
    for only, ran in (("2", 1), ("", 4)):
        done = place.bash(
            "-c", script, HOME=str(tmp_path / "home"), SWEEP_ONLY=only, SWEEP_OUTPUT=""
        )
        assert done.returncode == 0, done.stderr
        assert len(place.ran()) == ran


@pytest.mark.parametrize("name", [*trainers.every()])
def test_every_trainer_says_where_its_code_is(name: str) -> None:
    url, commit = checkout(made(target=Target(trainer=name)))
    assert url.startswith("https://github.com/")
    assert commit in trainers.get(name).source

"""Hand the job files of sweeps to the programs that they are for.

    python tools/check_jobs.py [--sky-python PATH] [--submit]

SkyPilot's own schema and parser take or refuse each ``skypilot.yaml``; ``bash -n`` and shellcheck
read the scripts; Slurm takes or refuses each ``slurm.sbatch``, and with ``--submit`` runs the array
with a stub of the trainer. Files that are wrong on purpose go along: a checker that takes one of
these checks nothing. See docs/sweeps.md. It exits with 0 where all is as it should be, 1 where
something is not, 2 where nothing could be checked.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    # So that it starts from anywhere, as a file.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import presets
from core.reading import gpus
from core.reading.target import CPU, GPU, Target
from core.sweeps.axes import read_setting
from core.sweeps.files import zipped
from core.sweeps.members import Plan, Sweep, plan

SECONDS: Final = 300
SCRIPTS: Final = ("run.sh", "setup.sh", "slurm.sbatch")
HOSTILE: Final = "$(touch owned)`touch owned`'; touch owned #\"\\ & | ../x -rf *"
MACHINES: Final = (GPU.id, CPU.id, "gpu-24", "gpu-999", *gpus.every())

# What the trainer's train.py takes, and nothing of what it does.
STUB: Final = """\
import argparse, pathlib, shutil
parser = argparse.ArgumentParser()
parser.add_argument("--config", required=True)
parser.add_argument("--output-dir", required=True)
args = parser.parse_args()
folder = pathlib.Path(args.output_dir)
folder.mkdir(parents=True, exist_ok=True)
shutil.copy(args.config, folder / "config.json")
with open("runs.txt", "a") as runs:
    runs.write(folder.name + "\\n")
"""

# Runs in SkyPilot's Python, once for all files: it takes seconds to load.
SKY: Final = """\
import sys
import jsonschema, sky, yaml
from sky.utils import schemas
print("SkyPilot", sky.__version__)
for file in sys.argv[1:]:
    try:
        with open(file) as text:
            task = yaml.safe_load(text)
        jsonschema.validate(task, schemas.get_task_schema())
        jsonschema.validate(task["resources"], schemas.get_resources_schema())
        found = sky.Task.from_yaml(file)
        print("takes", file, found.name, len(found.resources), sep="\\t")
    except Exception as error:
        said = " ".join(str(error).split())[:150]
        print("refuses", file, type(error).__name__, said, sep="\\t")
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked.

    Attributes:
        by: the program that was asked.
        what: what it was asked about.
        is_fine: whether the answer is the one that it should be.
        said: the answer.
    """

    by: str
    what: str
    is_fine: bool
    said: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is the result."""
    options = parser().parse_args(arguments)
    lines = []
    with tempfile.TemporaryDirectory(prefix="sweeps-") as place:
        folders = unpacked(Path(place))
        for check in (sky(folders, options.sky_python), bash(folders), slurm(folders)):
            lines += [shown(line) for line in check]
        if options.submit:
            lines += [shown(line) for line in submitted(folders)]
    print(f"{sum(line.is_fine for line in lines)} of {len(lines)} are as they should be.")
    if not lines:
        return 2
    return 0 if all(line.is_fine for line in lines) else 1


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    command = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    command.add_argument("--sky-python", metavar="PATH", help="a Python that has SkyPilot")
    command.add_argument(
        "--submit", action="store_true", help="run the arrays on the cluster that sbatch reaches"
    )
    return command


def shown(line: Line) -> Line:
    """Print a line, and hand it on."""
    mark = "ok  " if line.is_fine else "FAIL"
    print(f"{mark}  {line.by:<11} {line.what}  {line.said}".rstrip())
    return line


# --- The sweeps ----------------------------------------------------------------------------------


def plans() -> Iterator[tuple[str, Plan]]:
    """Sweeps that differ in what gets into job files: machine, trainer, name, members."""
    for machine in MACHINES:
        yield machine, made(Target(machine=machine))
    yield "fork", made(Target(trainer="tiny_tool_use_fork"))
    yield "hostile", made(Target(), name=HOSTILE)
    yield "gaps", made(Target(machine=CPU.id), "data.max_samples=9,absent,10,11", "x=absent,1")


def made(target: Target, *settings: str, name: str = "check") -> Plan:
    """One sweep; members that would not run are left out."""
    texts = settings or ("training.learning_rate=1e-4,2e-4", "training.num_epochs=1,2")
    method = "training.use_lora=false" if target.machine == CPU.id else "training.use_lora=true"
    axes = tuple(map(read_setting, (method, *texts)))
    base = presets.find("sft_toolbench").config
    return plan(Sweep(name, base, axes, target=target, running_only=bool(settings)))


def unpacked(place: Path) -> Mapping[str, Path]:
    """The sweeps as folders, by their names."""
    folders = {}
    for name, found in plans():
        folders[name] = place / name
        with zipfile.ZipFile(io.BytesIO(zipped(found))) as archive:
            archive.extractall(place / name)
    return folders


# --- The programs --------------------------------------------------------------------------------


def sky(folders: Mapping[str, Path], python: str | None) -> Iterator[Line]:
    """What SkyPilot's schema and parser say."""
    if python is None:
        return
    good = {str(folder / "skypilot.yaml"): name for name, folder in folders.items()}
    bad = dict(spoiled(folders["gpu"]))
    done = run([python, "-c", SKY, *good, *bad])
    version, *answers = done.stdout.splitlines() or ["no answer"]
    yield Line(
        "SkyPilot", version, done.returncode == 0, done.stderr[-300:] * bool(done.returncode)
    )
    for answer in answers:
        said, file, *rest = answer.split("\t")
        name, wanted = (good[file], "takes") if file in good else (bad[file], "refuses")
        yield Line("SkyPilot", name, said == wanted, " ".join((said, *rest)))


def spoiled(folder: Path) -> Iterator[tuple[str, str]]:
    """Tasks that are wrong, each with what is wrong with it."""
    text = (folder / "skypilot.yaml").read_text()
    wrong = {
        "an unknown key": text + "\nnodes: 2\n",
        "a word for a number": text + "\nnum_nodes: two\n",
        "an unknown resource": text.replace("resources:\n", "resources:\n  gpus: 1\n"),
        "a name no shell takes": text.replace("SWEEP_ONLY:", "SWEEP-ONLY:"),
    }
    for number, (what, changed) in enumerate(wrong.items()):
        file = folder / f"wrong-{number}.yaml"
        file.write_text(changed)
        yield str(file), what


def bash(folders: Mapping[str, Path]) -> Iterator[Line]:
    """What bash and shellcheck say of the scripts."""
    checker = shutil.which("shellcheck")
    for name, folder in folders.items():
        scripts = [str(folder / script) for script in SCRIPTS]
        done = [run(["bash", "-n", script]) for script in scripts]
        said = "".join(one.stderr for one in done)
        yield Line("bash -n", name, not said, said)
        if checker:
            linted = run([checker, "--shell=bash", *scripts])
            yield Line("shellcheck", name, not linted.stdout, linted.stdout)


def slurm(folders: Mapping[str, Path]) -> Iterator[Line]:
    """Whether Slurm would take each array; where no cluster answers, nothing is said."""
    if shutil.which("sbatch") is None or run(["sinfo"]).returncode:
        return
    yield Line("Slurm", run(["sbatch", "--version"]).stdout.strip(), True)
    for name, folder in folders.items():
        done = run(["sbatch", "--test-only", "slurm.sbatch"], folder)
        yield Line("sbatch", name, done.returncode == 0, done.stderr.strip())
    wrong = folders["gpu"] / "wrong.sbatch"
    script = (folders["gpu"] / "slurm.sbatch").read_text()
    wrong.write_text(script.replace("--array=1-", "--array=one-"))
    done = run(["sbatch", "--test-only", wrong.name], folders["gpu"])
    yield Line("sbatch", "no array", done.returncode != 0, done.stderr.strip().splitlines()[0])


def submitted(folders: Mapping[str, Path]) -> Iterator[Line]:
    """What came of arrays that were run, and of running them once more."""
    for name in ("gpu", "gaps", "hostile"):
        folder = folders[name]
        trainer = folder / "trainer"
        trainer.mkdir()
        (trainer / "train.py").write_text(STUB)
        for turn in ("first", "again"):
            told = {"TRAINER_DIR": str(trainer), "PYTHON": sys.executable}
            done = run(["sbatch", "--wait", "slurm.sbatch"], folder, told)
            wanted = sorted(line.split("\t")[1] for line in lines_of(folder / "members.tsv"))
            found = sorted(one.parent.name for one in folder.glob("outputs/*/.done"))
            runs = sorted(lines_of(trainer / "runs.txt"))
            is_fine = done.returncode == 0 and found == runs == wanted and not owned(folder)
            said = f"{len(found)} of {len(wanted)} done in {len(runs)} runs"
            yield Line("array", f"{name}, {turn}", is_fine, said)


def owned(folder: Path) -> bool:
    """Whether a name did what it says."""
    return any(folder.rglob("owned*"))


def lines_of(file: Path) -> list[str]:
    """The lines of a file."""
    return file.read_text().splitlines()


def run(
    command: Sequence[str], folder: Path | None = None, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    env = {**os.environ, "SKYPILOT_DISABLE_USAGE_COLLECTION": "1", **(more or {})}
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )


if __name__ == "__main__":
    sys.exit(main())

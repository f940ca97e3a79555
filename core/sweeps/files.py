"""The files of a sweep as one ZIP file: equal sweeps give equal bytes."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from core import trainers
from core.compare import Comparison, compare
from core.comparing.consequences import consequences, outcome
from core.document import write
from core.output.comparison import comparison_csv, comparison_markdown
from core.output.text import code_span, counted
from core.reading.consent import commands
from core.reading.view import View
from core.stores import archive
from core.stores.archive import File
from core.sweeps.axes import values_text
from core.sweeps.jobs import AT_ONCE, checkout, skypilot, slurm
from core.sweeps.manifest import manifest
from core.sweeps.members import Plan
from core.system.secrets import redact
from core.trainers.requirements import requirements

_SCRIPTS: Final = Path(__file__).resolve().parents[1] / "data" / "sweep"
_IGNORED: Final = "outputs\nlogs\n.venv\n.venv.lock\nslurm-*.out\n"


def zip_name(plan: Plan) -> str:
    """What the ZIP file is called."""
    return f"{plan.name}-sweep.zip"


def zipped(plan: Plan, at_once: int = AT_ONCE) -> bytes:
    """Configs, manifest, comparison, run script and job files of the members that are made."""
    return archive.zipped(files(plan, at_once))


def files(plan: Plan, at_once: int = AT_ONCE) -> Iterator[File]:
    """The same, file by file; a plan without members to make has none."""
    if not plan.members:
        return
    texts = {
        "README.md": readme(plan, at_once),
        "manifest.json": write(manifest(plan)),
        "base.json": write(plan.sweep.document),
        **{member.file: member.text for member in plan.members},
        "members.tsv": "".join(f"{one.number}\t{one.name}\n" for one in plan.members),
        **dict(_comparison(plan)),
        "requirements.txt": needed(plan),
        "setup.sh": (_SCRIPTS / "setup.sh").read_text(encoding="utf-8"),
        "run.sh": (_SCRIPTS / "run.sh").read_text(encoding="utf-8"),
        **dict(_fetching(plan)),
        "slurm.sbatch": slurm(plan, at_once),
        "skypilot.yaml": skypilot(plan),
        ".skyignore": _IGNORED,
    }
    yield from ((name, text.encode()) for name, text in texts.items())


def _fetching(plan: Plan) -> Iterator[tuple[str, str]]:
    """What downloads ToolBench, where any member reads it."""
    if any(View(one.document).is_toolbench_real for one in plan.members):
        yield "fetch.py", (_SCRIPTS / "fetch.py.txt").read_text(encoding="utf-8")


def _comparison(plan: Plan) -> Iterator[tuple[str, str]]:
    sweep = plan.sweep
    documents = [sweep.document, *(one.document for one in plan.members)]
    labels = [plan.name, *(one.name for one in plan.members)]
    profile = trainers.setting(sweep.target).profile
    found: Comparison = compare(documents, labels, profiles=[profile] * len(documents))
    outcomes = [outcome(sweep.document, sweep.target), *(one.outcome for one in plan.members)]
    follows = [one for one in consequences(outcomes) if one.differs]
    yield "comparison.csv", comparison_csv(found, follows)
    yield "comparison.md", comparison_markdown(found, follows)


def needed(plan: Plan) -> str:
    """One requirements file for all members: what any of them needs."""
    found = [requirements(one.document, plan.sweep.target) for one in plan.members]
    most = max(found, key=lambda one: len(one.lines))
    others = dict.fromkeys(line for one in found for line in one.lines if line not in most.lines)
    return most.text + "".join(f"{line}\n" for line in others)


def command(plan: Plan, at_once: int = AT_ONCE) -> str:
    """The command that makes the same sweep of ``base.json``."""
    sweep, target = plan.sweep, plan.sweep.target
    words = ["python", "-m", "core", "sweep", "base.json", "--name", plan.name]
    for axis in sweep.axes:
        words += ["--set", f"{axis.name}={values_text(axis.values, axis.spec)}"]
    words += ["--paired"] if sweep.mode == "paired" else []
    words += ["--running-only"] if sweep.running_only else []
    words += ["--at-once", str(at_once)] if at_once != AT_ONCE else []
    words += ["--trainer", target.trainer, "--environment", target.environment]
    words += ["--machine", target.machine, "-o", zip_name(plan)]
    return shlex.join(words)


def readme(plan: Plan, at_once: int) -> str:
    """What all of this is, in plain words."""
    members = counted(len(plan.members), "config")
    url, commit = checkout(plan)
    left_out = f"; {len(plan.left_out)} that would not run are left out" if plan.left_out else ""
    axes = "".join(
        f"- {code_span(axis.name)}: {code_span(values_text(axis.values, axis.spec))}\n"
        for axis in plan.sweep.axes
    )
    text = _README.format(
        name=plan.name,
        members=members,
        left_out=left_out,
        mode="each value with every other" if plan.sweep.mode == "grid" else "value by value",
        axes=axes + "".join(f"- {text}\n" for text in plan.follows),
        cautions="".join(f"\n{text}\n" for text in _cautions(plan)),
        url=url,
        commit=commit,
        command=command(plan, at_once),
        fetching="".join(_FETCHING for _ in _fetching(plan)),
    )
    return redact(text)


def _cautions(plan: Plan) -> Iterator[str]:
    stops = [one.number for one in plan.members if not one.runs]
    if stops:
        yield f"**{_members(stops)} would not get to the end;** `manifest.json` says why."
    invalid = [one.number for one in plan.members if not one.report.is_valid]
    if invalid:
        yield f"**Not valid:** {_members(invalid).lower()}; `manifest.json` says why."
    silent = [one.number for one in plan.members if one.runs and not one.report.trainer.learns]
    if silent:
        yield f"**{_members(silent)} would run and learn nothing.**"
    yield from _of_the_plan(plan)


def _of_the_plan(plan: Plan) -> Iterator[str]:
    if any(commands(one.document) for one in plan.members):
        yield "**Tools with commands:** they run on the training machine; read them first."
    for one in plan.idle:
        yield f"**Without effect:** {code_span(one.text)}"
    for numbers in plan.alike:
        yield f"**The same run:** members {', '.join(map(str, numbers))}."


def _members(numbers: Sequence[int]) -> str:
    return f"Member{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


_FETCHING: Final = "| `fetch.py` | downloads ToolBench once, before the first run needs it |\n"
_README: Final = """\
# Sweep {name}

{members}, {mode}{left_out}:

{axes}{cautions}
| file | |
|---|---|
| `configs/` | a config a member, named after its number and values |
| `manifest.json` | the members with values, checksums and verdicts |
| `comparison.csv`, `comparison.md` | all members beside the base: what differs, what follows |
| `base.json` | the config that they are made from |
| `requirements.txt` | the libraries that the trainer runs them with |
| `setup.sh`, `run.sh` | make the environment; run the members one after the other |
{fetching}| `slurm.sbatch` | the same as a Slurm array |
| `skypilot.yaml` | the same as a SkyPilot task |

## Run it

    git clone {url} ../trainer
    git -C ../trainer checkout {commit}
    bash setup.sh
    TRAINER_DIR=../trainer bash run.sh

`setup.sh` makes `.venv` here. `run.sh` writes each member's results to `outputs/` and its log to
`logs/`, passes over what is done, goes on after a failure and says at the end what failed.
`bash run.sh --only 3` runs one member, `bash run.sh --list` says what is done, `--help` the rest.

No key of a config names the trainer's output folder: `train.py` takes it from `--output-dir` alone,
and without that writes to one folder for all. `run.sh` gives each member a folder of its own.

On Slurm, in this folder: `TRAINER_DIR=../trainer sbatch slurm.sbatch`. With SkyPilot:
`sky launch skypilot.yaml`. Both files say in their first lines what can be set.

## Make it anew

In a checkout of Tunesmith, with the path of this `base.json`:

    {command}
"""

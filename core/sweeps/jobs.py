"""Job files for engines that people have: a SkyPilot task and a Slurm array.

Both only begin ``setup.sh`` and ``run.sh``; which member is which stands in ``members.tsv``. What
of a sweep gets into them is its name, numbers, and the names of GPUs from a list here.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from core import trainers
from core.reading import gpus
from core.reading.target import CPU, Machine
from core.sweeps.members import Plan

# As SkyPilot 0.14.1 calls them (sky/utils/gpu_names.py, sky/provision/runpod/utils.py); the ones
# that it has no certain name for are left out.
ACCELERATORS: Final = {
    "t4": "T4",
    "v100-16": "V100",
    "v100-32": "V100-32GB",
    "rtx3090": "RTX3090",
    "rtx4080": "RTX4080",
    "rtx4090": "RTX4090",
    "rtx5090": "RTX5090",
    "a10g": "A10G",
    "l4": "L4",
    "a6000": "RTXA6000",
    "l40s": "L40S",
    "a100-40": "A100",
    "a100-80": "A100-80GB",
    "h100": "H100",
    "h200": "H200",
}
"""SkyPilot's names of the GPUs that a target can name."""

AT_ONCE: Final = 4
"""Members that a Slurm array runs at once, unless something else is asked for."""
AT_ONCE_MOST: Final = 200

_LARGEST: Final = "h200"
_SOURCE: Final = re.compile(r"(?P<place>github\.com/[\w.-]+/[\w.-]+) at (?P<commit>[0-9a-f]{7,40})")


def checkout(plan: Plan) -> tuple[str, str]:
    """Where the trainer's code is: an address for ``git clone``, and a commit."""
    source = trainers.get(plan.sweep.target.trainer).source
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise ValueError(source)
    return f"https://{found['place']}", found["commit"]


def job_name(plan: Plan) -> str:
    """A name that both engines take: small letters, digits and dashes, from a letter on."""
    return f"sweep-{re.sub(r'[^a-z0-9]+', '-', plan.name.lower())}"[:50].strip("-")


# --- Slurm ---------------------------------------------------------------------------------------


def slurm(plan: Plan, at_once: int) -> str:
    """An array script for ``sbatch``: a task a member, so many of them at once at most."""
    setting = trainers.setting(plan.sweep.target)
    options = [
        f"--job-name={job_name(plan)}",
        f"--array={array([one.number for one in plan.members])}%{at_once}",
        "--nodes=1",
        "--ntasks=1",
        *(["--gres=gpu:1"] if setting.machine.has_gpu else []),
        "--output=slurm-%A_%a.out",
    ]
    lines = "".join(f"#SBATCH {option}\n" for option in options)
    return _SLURM.format(options=lines, needs=_needs(plan), name=plan.name)


def array(numbers: Sequence[int]) -> str:
    """Numbers that rise, as Slurm writes them: ``1-3,5``."""
    starts = [numbers[0], *(new for old, new in pairwise(numbers) if new > old + 1)]
    ends = [*(old for old, new in pairwise(numbers) if new > old + 1), numbers[-1]]
    return ",".join(
        str(start) if start == end else f"{start}-{end}"
        for start, end in zip(starts, ends, strict=True)
    )


def _needs(plan: Plan) -> str:
    """A comment on how much memory the members need."""
    if not trainers.setting(plan.sweep.target).machine.has_gpu:
        return "# The members are judged for a machine without a GPU."
    gib = plan.worst_gib
    if gib is None:
        return "# How much GPU memory the members need is not known."
    return f"# The members need about {gib:g} GiB of GPU memory, by the estimate."


_SLURM: Final = """\
#!/bin/bash
# A Slurm array of the sweep {name}: a task a member, its number that of members.tsv.
# In this folder: TRAINER_DIR=CHECKOUT sbatch slurm.sbatch
{options}{needs}
# What your cluster asks for; take one # away and write its own names:
##SBATCH --partition=NAME
##SBATCH --account=NAME
##SBATCH --time=04:00:00
##SBATCH --mem=32G
set -eu

# Slurm runs a copy of this script from elsewhere; the folder is the one that sbatch was called in.
here=${{SWEEP_DIR:-${{SLURM_SUBMIT_DIR:-$PWD}}}}
if [ ! -f "$here/members.tsv" ]; then
    printf 'There is no members.tsv in %s; call sbatch in the folder of the sweep.\\n' "$here" >&2
    exit 2
fi
bash "$here/setup.sh"
exec bash "$here/run.sh" --only "${{SLURM_ARRAY_TASK_ID:?this is for an array: use sbatch}}"
"""


# --- SkyPilot ------------------------------------------------------------------------------------


def skypilot(plan: Plan) -> str:
    """A task for ``sky launch``, in YAML: all members on one machine, or one of them."""
    url, commit = checkout(plan)
    return _SKYPILOT.format(
        name=plan.name,
        job=job_name(plan),
        needs=_needs(plan),
        resources=_resources(plan),
        url=url,
        commit=commit,
        first=plan.members[0].number,
    )


def _resources(plan: Plan) -> str:
    machine = trainers.setting(plan.sweep.target).machine
    if machine == CPU:
        return "  cpus: 4+\n  memory: 16+\n"
    if machine.id in ACCELERATORS:
        return f"  accelerators: {ACCELERATORS[machine.id]}:1\n"
    names = (ACCELERATORS[one] for one in _enough(machine, plan.worst_gib))
    return "  accelerators:\n" + "".join(f"    {name}: 1\n" for name in names)


def _enough(machine: Machine, needed: float | None) -> Iterable[str]:
    """The ids of the GPUs that have the memory; SkyPilot takes the cheapest that there is."""
    least = machine.memory or needed or 24
    found = [
        gpu.id
        for gpu in gpus.every().values()
        if gpu.id in ACCELERATORS and gpu.memory >= least and (gpu.bf16 or not machine.has_bf16)
    ]
    return found or [_LARGEST]


_SKYPILOT: Final = """\
# A SkyPilot task of the sweep {name}. In this folder:
# All members, one after the other on one machine:
#   sky launch -c {job} skypilot.yaml
# One member, such as number {first}, on a machine of its own:
#   sky launch -c {job}-{first} --env SWEEP_ONLY={first} skypilot.yaml
# The results stay on the machine until it is taken down; this fetches them:
#   rsync -Pavz {job}:sky_workdir/outputs .
{needs}
name: {job}

# This folder, with the configs; .skyignore leaves out what a run leaves here.
workdir: .

resources:
{resources}
envs:
  # The number of one member; empty for all.
  SWEEP_ONLY: ""
  # Where the results go; a bucket under file_mounts keeps them when the machine is gone.
  SWEEP_OUTPUT: ""

setup: |
  set -eu
  if [ ! -d "$HOME/trainer" ]; then
    git clone {url} "$HOME/trainer"
  fi
  git -C "$HOME/trainer" checkout --quiet {commit}
  bash setup.sh

run: |
  set -eu
  export TRAINER_DIR="$HOME/trainer"
  if [ -n "$SWEEP_ONLY" ]; then
    bash run.sh --only "$SWEEP_ONLY"
  else
    bash run.sh
  fi
"""

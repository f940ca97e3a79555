"""Run a checkout of the trainer on many configs and compare each outcome with our verdict.

    python tools/try_trainer.py --trainer PATH [--python PATH] [--mode cpu|shim] [--random N]

See tools/README.md. It exits with 0 where all agree, 1 where some disagree, 2 where the trainer
can't be tried.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, TextIO

if __name__ == "__main__":
    # So that it starts from anywhere, as a file.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import trainers
from core.errors import UnknownTarget
from core.reading.target import Target, parse_target
from tools import cases
from tools.agreement import Comparison, Prediction, compare, differing, predict, target_for
from tools.cases import Case
from tools.outcome import Outcome
from tools.trial import SECONDS, Trial, TrialError, checkout

MODES: Final = ("cpu", "shim")


@dataclass(frozen=True, slots=True)
class Result:
    """A case with what was predicted, what came out, and whether both agree."""

    case: Case
    prediction: Prediction
    outcome: Outcome
    comparison: Comparison

    def as_json(self) -> dict[str, Any]:
        """All of it, for later looks."""
        return {
            "case": self.case.name,
            "config": self.case.config.decode(errors="replace"),
            "predicted": self.prediction.text,
            "predicted_learns": self.prediction.learns,
            "outcome": asdict(self.outcome),
            **asdict(self.comparison),
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is the result."""
    options = parser().parse_args(arguments)
    try:
        if options.requirements:
            print("\n".join(requirements(options)))
            return 0
        with tempfile.TemporaryDirectory(prefix="tunesmith-") as made:
            folder = options.folder or Path(made)
            folder.mkdir(parents=True, exist_ok=True)
            return compare_all(options, folder)
    except (TrialError, UnknownTarget) as error:
        print(f"try_trainer: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="try_trainer", description=__doc__.splitlines()[0])
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("--trainer", type=Path, help="a checkout of Tiny Tool Use")
    what.add_argument(
        "--requirements",
        action="store_true",
        help="print what pip has to install for this mode, and run nothing",
    )
    made.add_argument("--python", default=sys.executable, help="the Python that has its libraries")
    made.add_argument(
        "--mode",
        choices=MODES,
        default="cpu",
        help="cpu: the trainer as it is, on this machine without a GPU; shim: its libraries are "
        "changed so that a CPU stands in for a GPU; default: %(default)s",
    )
    made.add_argument(
        "--base",
        choices=("lora", "full"),
        help="what the configs are changed from; default: full for cpu, lora for shim",
    )
    made.add_argument("--profile", default="tiny_tool_use", help="our name for this trainer")
    made.add_argument("--target", help="what our verdict is for; default: what the versions fit")
    made.add_argument("--cases", nargs="+", metavar="TEXT", help="only cases whose name has one")
    made.add_argument("--random", type=int, default=0, metavar="N", help="cases made by chance")
    made.add_argument("--seed", type=int, default=0, help="of those; default: %(default)s")
    made.add_argument("--seconds", type=float, default=SECONDS, help="time for one run")
    made.add_argument("--json", type=Path, metavar="OUT", help="write all results there")
    made.add_argument("--folder", type=Path, help="keep the runs' logs and the tiny models there")
    return made


def compare_all(options: argparse.Namespace, folder: Path) -> int:
    """Run all cases, say what disagrees, and sum up."""
    gpu = options.mode == "shim"
    python, seconds = options.python, options.seconds
    with Trial(options.trainer, python, folder, gpu=gpu, seconds=seconds) as trial:
        target = wanted_target(options, trial.versions)
        print(heading(options.mode, target, trial.versions))
        results = []
        for case in chosen(options):
            result = try_case(trial, case, target, stand_in=gpu)
            results.append(result)
            show(result, sys.stdout)
    print(summary(results))
    if options.json:
        write(options.json, options.mode, target, trial.versions, results)
    return int(any(result.comparison.kind == "disagree" for result in results))


def requirements(options: argparse.Namespace) -> Iterator[str]:
    """The lines of a requirements file with which every case can run, on a CPU."""
    machine = "gpu" if options.mode == "shim" else "cpu"
    target = parse_target(options.target or f"{options.profile}/pinned/{machine}")
    yield "--extra-index-url https://download.pytorch.org/whl/cpu"
    yield from trainers.setting(target).libraries.requirements
    yield from (line for line, _ in trainers.get(target.trainer).imports)


def wanted_target(options: argparse.Namespace, versions: Mapping[str, str]) -> Target:
    """What the verdict is for.

    Raises:
        TrialError: no target of ours has these libraries, and none was named.
    """
    if options.target:
        return parse_target(options.target)
    target = target_for(options.profile, versions, gpu=options.mode == "shim")
    if target is None:
        raise TrialError(
            "No environment of ours has these libraries; install those of `python -m core "
            "requirements`, or name a --target."
        )
    return target


def chosen(options: argparse.Namespace) -> Iterator[Case]:
    """The cases that the options ask for."""
    base = options.base or ("lora" if options.mode == "shim" else "full")
    lora = base == "lora"
    every = chain(
        cases.samples(checkout(options.trainer)),
        cases.matrix(lora=lora),
        cases.by_chance(options.random, options.seed, lora=lora),
    )
    wanted = options.cases
    return (case for case in every if not wanted or any(text in case.name for text in wanted))


def try_case(trial: Trial, case: Case, target: Target, *, stand_in: bool) -> Result:
    """Predict, run, compare."""
    prediction = predict(case.config, target)
    outcome = trial.run(case.config)
    return Result(case, prediction, outcome, compare(prediction, outcome, stand_in=stand_in))


# --- Saying it ---------------------------------------------------------------------------------


def heading(mode: str, target: Target, versions: Mapping[str, str]) -> str:
    """What is compared with what."""
    label = f"{target.trainer}/{target.environment}/{target.machine}"
    lines = [
        f"Mode {mode}, compared with our verdict for {label}.",
        ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]
    if other := differing(target, versions):
        lines.append(f"Not the versions of this target: {', '.join(other)}")
    return "\n".join(lines)


def show(result: Result, stream: TextIO) -> None:
    """One line for a case that agrees; all there is to say for one that does not."""
    kind = result.comparison.kind
    mark = {"agree": "ok", "disagree": "NO", "not shown": "--"}[kind]
    print(f"{mark}  {result.case.name}: {result.outcome.text[:150]}", file=stream, flush=True)
    for difference in result.comparison.differences:
        print(f"      {difference}", file=stream, flush=True)


def summary(results: Sequence[Result]) -> str:
    """How many agree, and how closely."""
    kinds = Counter(result.comparison.kind for result in results)
    stopped = [result.comparison for result in results if result.comparison.same_line is not None]
    texts = [comparison for comparison in stopped if comparison.same_text is not None]
    ran = sum(result.outcome.runs for result in results)
    lines = [
        f"{len(results)} cases, {ran} of which ran: {kinds['agree']} agree, "
        f"{kinds['disagree']} disagree, {kinds['not shown']} can't be shown here.",
        f"Of {len(stopped)} that stop with the exception we named, "
        f"{_count(c.same_line for c in stopped)} do so at the line we named; of {len(texts)} "
        f"whose text we give, {_count(c.same_text for c in texts)} say it.",
        "Not run: " + "; ".join(f"{what} ({why})" for what, why in cases.NOT_RUN.items()) + ".",
    ]
    return "\n".join(lines)


def _count(flags: Iterable[bool | None]) -> int:
    return sum(bool(flag) for flag in flags)


def write(
    path: Path, mode: str, target: Target, versions: Mapping[str, str], results: Sequence[Result]
) -> None:
    """Write everything as JSON."""
    content = {
        "mode": mode,
        "target": f"{target.trainer}/{target.environment}/{target.machine}",
        "versions": versions,
        "results": [result.as_json() for result in results],
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

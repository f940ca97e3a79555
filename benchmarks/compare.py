"""How long a comparison takes beside other ways to get it, and what it grows with.

    .venv/bin/python -m benchmarks.compare

Every candidate runs in each round, one after the other, so that a busy machine slows all of them
alike; what counts is the median of the ratios within the rounds. Peers that are not installed are
left out. It takes a minute and a half.
"""

import importlib
import json
import platform
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pandas as pd

from benchmarks.measuring import OURS, Task, installed, load, measure, ratio
from core import presets
from core.compare import Comparison, compare
from core.document import ABSENT, Document, Path, put, walk
from core.findings import Patch

BASES: Final = ("sft_toolbench", "dpo_basic", "teacher_mode")
SIZES: Final = (10, 50, 200)
# Values that a config has instead of its preset's; ten configs have all of them.
EDITS: Final[Mapping[Path, tuple[Any, ...]]] = {
    ("training", "learning_rate"): (1e-5, 2e-5, 1e-4),
    ("training", "lora_r"): (8, 16, 32, 64),
    ("data", "max_samples"): (500, 700, 1000, 2000, 4000),
}
# How many leaves differ, where the number of configs stays.
DIFFERING: Final = (0, 6, 12, 24, 48)
CONFIGS: Final = 50
# How many configs have tools of their own, where the number of rows grows with that of configs.
WIDENING: Final = (25, 50, 100)

SHOWN: Final = "with all effects"
PEERS: Final = ("dictdiffer", "deepdiff", "jsonpatch")


def main() -> None:
    """Measure and print one table for each question."""
    print_machine()
    print_against_others()
    print_growth(OURS, compare)
    print_growth(SHOWN, shown)
    print_missing()
    print_machine()


# --- Configs -----------------------------------------------------------------------------------


def pairs() -> dict[str, tuple[Document, ...]]:
    """Two configs that are near, and two that are far from each other."""
    sft, dpo, teacher = (presets.find(name).config for name in BASES)
    return {
        "two near": own((dpo, edited(dpo, 0))),
        "two far, DPO and teacher mode": own((dpo, teacher)),
        "two far, SFT and DPO": own((sft, dpo)),
    }


def mixed(count: int) -> tuple[Document, ...]:
    """Configs of three presets in turn, each with a few values of its own."""
    bases = [presets.find(name).config for name in BASES]
    return own(edited(bases[number % len(bases)], number) for number in range(count))


def edited(config: Document, number: int) -> Document:
    """The config with one of the values at each place of the edits."""
    for path, values in EDITS.items():
        config = put(config, path, values[number % len(values)])
    return config


def own_tools(count: int) -> tuple[Document, ...]:
    """Configs with three tools each that no other has, so that each config adds rows for all."""
    config = presets.find("dpo_basic").config
    return own(
        {
            **config,
            "tools": [{**tool, "name": f"{tool['name']}_{number}"} for tool in config["tools"]],
        }
        for number in range(count)
    )


def differing(leaves: int) -> tuple[Document, ...]:
    """Configs of one preset in which that many leaves, all over it, are not everywhere the same."""
    config = presets.find("dpo_basic").config
    found = [path for path, value in walk(config) if is_free(path, value)]
    step = max(DIFFERING) // leaves if leaves else len(found)
    chosen = found[::step][:leaves]
    return own(moved(config, chosen, number % 5) for number in range(CONFIGS))


def is_free(path: Path, value: Any) -> bool:
    """Whether another value leaves it what it is: a run of this method, a tool of this name."""
    decides = path[-1:] == ("name",) or path[-1:] == ("method",)
    return not isinstance(value, dict | list) and not decides


def moved(config: Document, paths: Iterable[Path], by: int) -> Document:
    """The config with another number or text at each path."""
    leaves = dict(walk(config))
    for path in paths:
        value = leaves[path]
        config = put(config, path, f"{value}{by}" if isinstance(value, str) else value + by)
    return config


def own(configs: Iterable[Document]) -> tuple[Document, ...]:
    """The configs as if each were read from its own file: they share no object."""
    return tuple(json.loads(json.dumps(config)) for config in configs)


# --- Candidates --------------------------------------------------------------------------------


def ways(configs: Sequence[Document]) -> dict[str, Task]:
    """Ways to find what differs; a peer that knows two documents takes the first and each other."""
    first, rest = configs[0], configs[1:]
    found: dict[str, Task] = {
        OURS: lambda: compare(configs),
        SHOWN: lambda: shown(configs),
        "plain": lambda: plain(configs),
        "pandas": lambda: columns(configs),
    }
    if installed("dictdiffer"):
        diff = importlib.import_module("dictdiffer").diff
        found["dictdiffer"] = lambda: [list(diff(first, other)) for other in rest]
    if installed("deepdiff"):
        deep = importlib.import_module("deepdiff").DeepDiff
        found["deepdiff"] = lambda: [deep(first, other) for other in rest]
    return found


def patches(source: Document, target: Document) -> dict[str, Task]:
    """Ways to get the patch from one config to another; ours makes the comparison too."""
    found: dict[str, Task] = {OURS: lambda: patch(source, target)}
    if installed("jsonpatch"):
        make = importlib.import_module("jsonpatch").make_patch
        found["jsonpatch"] = lambda: make(source, target)
    return found


def shown(configs: Sequence[Document]) -> Comparison:
    """A comparison with what a page says of each of its rows."""
    comparison = compare(configs)
    for row in comparison.rows:
        _ = row.has_effect, row.changes_run
    return comparison


def patch(source: Document, target: Document) -> Patch | None:
    """The patch of a comparison."""
    return compare((source, target)).patch


def plain(configs: Sequence[Document]) -> dict[str, list[Any]]:
    """The leaves that differ: those of all configs side by side, by the union of their paths."""
    flat = [flatten(config) for config in configs]
    paths = dict.fromkeys(path for leaves in flat for path in leaves)
    rows = {path: [leaves.get(path, ABSENT) for leaves in flat] for path in paths}
    return {path: row for path, row in rows.items() if row.count(row[0]) < len(row)}


def columns(configs: Sequence[Document]) -> pd.DataFrame:
    """The columns of a frame that have more than one value, a missing one among them."""
    frame = pd.DataFrame([flatten(config) for config in configs])
    return frame.loc[:, frame.nunique(dropna=False) > 1]


def flatten(config: Document) -> dict[str, Any]:
    """The leaves of a config by path; an empty object or list is one, as text."""
    found: dict[str, Any] = {}
    fill(found, config, "")
    return found


def fill(found: dict[str, Any], value: Any, path: str) -> None:
    """Add the leaves of one value."""
    if not isinstance(value, dict | list):
        found[path] = value
    elif not value:
        found[path] = str(value)
    else:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            fill(found, item, f"{path}.{key}")


# --- Printing ----------------------------------------------------------------------------------


def print_against_others() -> None:
    """Ours beside all other ways, for two configs and for many."""
    for title, pair in pairs().items():
        print_table(titled(title, pair), measure(ways(pair)), (OURS, SHOWN))
        print_table(f"{title}, the patch", measure(patches(*pair)), (OURS,))
    many = {f"{size} configs": mixed(size) for size in SIZES}
    many[f"{CONFIGS} configs, own tools"] = own_tools(CONFIGS)
    for title, configs in many.items():
        print_table(titled(title, configs), measure(ways(configs)), (OURS, SHOWN))


def print_growth(title: str, compared: Callable[[Sequence[Document]], Comparison]) -> None:
    """Ours beside itself: with more configs, with more differences, and with both."""
    questions: dict[str, list[tuple[Document, ...]]] = {
        "more configs": [mixed(count) for count in SIZES],
        "more differences": [differing(leaves) for leaves in DIFFERING],
        "more configs, own tools": [own_tools(count) for count in WIDENING],
    }
    for question, answers in questions.items():
        tasks = {sized(configs): partial(compared, configs) for configs in answers}
        print_table(f"{title}, {question}", measure(tasks), tuple(tasks)[:2])


def sized(configs: Sequence[Document]) -> str:
    """How many configs and rows."""
    return titled(f"{len(configs)} configs", configs)


def titled(title: str, configs: Sequence[Document]) -> str:
    """The title with the number of rows."""
    return f"{title} ({len(compare(configs).rows)} rows)"


def print_table(
    title: str, times: Mapping[str, Sequence[float]], yardsticks: Sequence[str]
) -> None:
    """Each candidate's time in µs, and how many times that of each yardstick it is."""
    heads = "".join(f"{f'times {name}':>32}" for name in yardsticks)
    print(f"\n{title:44}{'µs':>10}{heads}")
    for name, taken in times.items():
        cells = "".join(f"{ratio(taken, times[other]):>32}" for other in yardsticks)
        print(f"  {name:42}{statistics.median(taken) * 1e6:>10.1f}{cells}")


def print_machine() -> None:
    """How busy the machine was in the last minute, and what runs this."""
    print(f"\nload {load()}, Python {platform.python_version()}")


def print_missing() -> None:
    """Say which peers were left out."""
    missing = [name for name in PEERS if not installed(name)]
    if missing:
        print(f"\nnot installed and left out: {', '.join(missing)}; see benchmarks/README.md")


if __name__ == "__main__":
    main()

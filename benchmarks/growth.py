"""What grows with what: the candidates of every picture, at every size.

A ``Growth`` is the content of one picture: for each line of it and each size, the seconds of one
call, one number a round. What counts here is the processor's time, so that other programs on the
machine count little; waiting for the disk is left out.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Final

from benchmarks import check as checking
from benchmarks import compare as comparing
from benchmarks import store as keeping
from benchmarks.measuring import OURS, Task, measure
from benchmarks.scale import Scale
from core import presets
from core.check import check
from core.document import Document, write

Line = tuple[str, int]
"""The name of a candidate, and the size at which it ran."""

Growth = dict[Line, list[float]]

ROOT: Final = Path(__file__).resolve().parents[1]

LISTED: Final = ("first page", "first page by name", "a page in the middle", "one method")
SEARCHED: Final = ("search, many matches", "search, no match", "number of matches", "facets")
SAVED: Final = ("save a new version", "save a new config", "count a use")
SELECT_ALL: Final = "select *, seed's table"
LIKE: Final = "like, seed's table"

CHECK: Final = "check"
PROVED: Final = "check, each to mend"
COMPARE: Final = "compare"
EFFECTS: Final = "compare, with effects"


def timed(tasks: Mapping[Line, Task], scale: Scale) -> Growth:
    """The processor seconds of one call of each."""
    return measure(tasks, scale.rounds, scale.slice_seconds, time.process_time)


# --- Saved configs -----------------------------------------------------------------------------


def store(scale: Scale) -> Iterator[tuple[str, Growth]]:
    """List, search and save in files with ever more rows, which are filled once for all three."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        libraries = [keeping.filled(Path(folder), size) for size in scale.rows]
        for library in libraries:
            stack.callback(library.close)
        candidates = {library.size: in_store(library) for library in libraries}
        pictures = {
            "list": (*LISTED, SELECT_ALL),
            "search": (*SEARCHED, LIKE),
            "save": SAVED,
        }
        for picture, names in pictures.items():
            lines = {(name, size): candidates[size][name] for name in names for size in scale.rows}
            yield picture, timed(lines, scale)


def in_store(library: keeping.Library) -> dict[str, Task]:
    """The store's calls and those on the table that the plan of the project had."""
    tasks = keeping.candidates(library)
    tasks[SELECT_ALL] = tasks.pop(keeping.THEIRS)
    return {**tasks, LIKE: planned_search(library)}


def planned_search(library: keeping.Library) -> Task:
    """All columns of the rows of one user after the other whose name has a text that none has."""
    users = cycle(library.users)
    query = (
        "SELECT * FROM training_configs WHERE user_id = ? AND name LIKE '%nowhere%' "
        "ORDER BY created_at DESC"
    )
    return lambda: library.planned.execute(query, (next(users),)).fetchall()


# --- Comparing ---------------------------------------------------------------------------------


def compare(scale: Scale) -> Iterator[tuple[str, Growth]]:
    """More configs, and more that differs."""
    yield "compare", timed(compared(scale.configs), scale)
    yield "differences", timed(differing(scale.leaves), scale)


def compared(sizes: Sequence[int]) -> dict[Line, Task]:
    """Ever more configs side by side."""
    return by_size({size: ways(comparing.mixed(size)) for size in sizes})


def differing(sizes: Sequence[int]) -> dict[Line, Task]:
    """Two configs with ever more leaves that differ."""
    return by_size({size: ways(noted(size)) for size in sizes})


def noted(leaves: int) -> tuple[Document, ...]:
    """Two configs of one preset, with that many notes that differ."""
    config = presets.find("dpo_basic").config
    return tuple(
        {**config, "notes": {f"note {number}": number + by for number in range(leaves)}}
        for by in (0, 1)
    )


def ways(configs: Sequence[Document]) -> dict[str, Task]:
    """Ways to compare, under the names of the picture."""
    found = comparing.ways(configs)
    return {NAMES_OF_WAYS.get(name, name): task for name, task in found.items()}


NAMES_OF_WAYS: Final = {
    OURS: COMPARE,
    comparing.SHOWN: EFFECTS,
    "plain": "plain flatten",
}


def by_size(tasks: Mapping[int, Mapping[str, Task]]) -> dict[Line, Task]:
    """The tasks of all sizes, those of one candidate together."""
    names = dict.fromkeys(name for own in tasks.values() for name in own)
    return {(name, size): own[name] for name in names for size, own in tasks.items()}


# --- Checking ----------------------------------------------------------------------------------


def checks(scale: Scale) -> Iterator[tuple[str, Growth]]:
    """A longer config, and more files."""
    yield "check", timed(checked(scale.tools), scale)
    yield "files", files(scale)


def checked(sizes: Sequence[int]) -> dict[Line, Task]:
    """One config with ever more tools, and with ever more tools that each have a fault to mend."""
    mendable = {size: with_tools(size, is_sound=False) for size in sizes}
    sound = by_size({size: ways_to_check(with_tools(size)) for size in sizes})
    return {**sound, **{(PROVED, size): partial(check, mendable[size]) for size in sizes}}


def with_tools(count: int, is_sound: bool = True) -> Document:
    """A config with that many tools; the unsound ones name another function than their own."""
    config = presets.find("dpo_basic").config
    tool = config["tools"][0]
    names = [f"tool_{number}" for number in range(count)]
    functions = names if is_sound else [tool["function"]] * count
    both = zip(names, functions, strict=True)
    tools = [{**tool, "name": name, "function": function} for name, function in both]
    return {**config, "tools": tools}


def ways_to_check(config: Document) -> dict[str, Task]:
    """Our check, and what knows types and required keys only, under the names of the picture."""
    found = checking.checkers(config)
    return {CHECK if name == OURS else name: task for name, task in found.items()}


# A program that checks files as the trainer does.
VALIDATE: Final = """
import json, sys
from pathlib import Path
import jsonschema
schema = json.loads(sys.argv[1])
for name in sys.argv[2:]:
    jsonschema.validate(json.loads(Path(name).read_text()), schema)
"""


def files(scale: Scale) -> Growth:
    """One command for ever more files, with the start of its process."""
    with tempfile.TemporaryDirectory() as folder:
        names = written(Path(folder), max(scale.files))
        ours = [sys.executable, "-m", "core", "check"]
        theirs = [sys.executable, "-c", VALIDATE, json.dumps(checking.trainer_schema())]
        commands = {"python -m core check": ours, "jsonschema.validate": theirs}
        lines = {
            (name, size): partial(run, [*command, *names[:size]])
            for name, command in commands.items()
            for size in scale.files
        }
        return measure(lines, scale.rounds, 0, children_seconds)


def written(folder: Path, count: int) -> list[str]:
    """The names of so many files with different configs."""
    # One preset is SFT on a download and has no tools, which the trainer's schema refuses.
    configs = [config for config in comparing.mixed(2 * count) if config.get("tools")][:count]
    for number, config in enumerate(configs):
        (folder / f"{number}.json").write_text(write(config), encoding="utf-8")
    return [str(folder / f"{number}.json") for number in range(count)]


def run(command: Sequence[str]) -> None:
    """Run a command to its end; findings are no failure."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode not in (0, 1) or b"Traceback" in done.stderr:
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))


def children_seconds() -> float:
    """Processor seconds of the processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


PARTS: Final[Mapping[str, Callable[[Scale], Iterator[tuple[str, Growth]]]]] = {
    "store": store,
    "compare": compare,
    "check": checks,
}
"""What is measured together; each yields the names of its pictures with their growth."""

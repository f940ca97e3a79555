"""What was measured, as files: one table for each picture, and the machine that it was made on."""

import csv
import json
import os
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.measuring import ratios

FOLDER: Final = Path(__file__).resolve().parent / "results"
"""Where the figures of the docs are kept."""

MACHINE: Final = "machine.json"
COLUMNS: Final = ("line", "n", "seconds", "times", "least", "greatest")


@dataclass(frozen=True)
class Point:
    """One candidate at one size.

    Attributes:
        line: the candidate.
        n: the size.
        seconds: the median of the rounds, of one call.
        times: how many times as long as the yardstick in the same round, the median.
        least: the least of these.
        greatest: the greatest of these.
    """

    line: str
    n: int
    seconds: float
    times: float
    least: float
    greatest: float


def points(growth: Mapping[tuple[str, int], Sequence[float]]) -> list[Point]:
    """The points of one picture; its yardstick is what was measured first."""
    yardstick = next(iter(growth.values()))
    return [point(line, n, taken, yardstick) for (line, n), taken in growth.items()]


def point(line: str, n: int, taken: Sequence[float], yardstick: Sequence[float]) -> Point:
    """One point, from the seconds of each round."""
    found = ratios(taken, yardstick)
    middle = statistics.median(found)
    return Point(line, n, statistics.median(taken), middle, min(found), max(found))


def save(folder: Path, picture: str, found: Iterable[Point]) -> None:
    """Write the table of one picture; four digits are more than can be relied on."""
    with (folder / f"{picture}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in found:
            numbers = (f"{getattr(one, name):.4g}" for name in COLUMNS[2:])
            writer.writerow((one.line, one.n, *numbers))


def read(folder: Path, picture: str) -> list[Point]:
    """The points of one picture."""
    with (folder / f"{picture}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Point(row["line"], int(row["n"]), *(float(row[name]) for name in COLUMNS[2:]))
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True)
class Machine:
    """What the figures were made on."""

    date: str
    python: str
    sqlite: str
    processors: int
    load: float


def save_machine(folder: Path) -> None:
    """Write down what this runs on."""
    here = Machine(
        date=date.today().isoformat(),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        processors=os.cpu_count() or 0,
        load=round(os.getloadavg()[0], 1),
    )
    text = json.dumps(asdict(here), indent=2) + "\n"
    (folder / MACHINE).write_text(text, encoding="utf-8")

"""What the app's process takes: memory, files and threads, a sample every few seconds."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.soak.server import App

EVERY_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Sample:
    """One look at the process.

    Attributes:
        at: seconds of the monotonic clock.
        life: how often the app had been started.
        rss: resident memory in MiB.
        load: of the machine, everything that runs on it.
    """

    at: float
    life: int
    rss: float
    files: int
    threads: int
    load: float


class Gauge:
    """Takes samples until it is closed."""

    def __init__(self, app: App) -> None:
        self.samples: list[Sample] = []
        self._app = app
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gauge", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more samples."""
        self._ends.set()
        self._thread.join(EVERY_SECONDS)

    def _run(self) -> None:
        while not self._ends.wait(EVERY_SECONDS):
            found = look(self._app.pid, self._app.starts)
            if found is not None:
                self.samples.append(found)


def look(pid: int, life: int = 0) -> Sample | None:
    """A sample of a process, where there is one."""
    place = Path("/proc") / str(pid)
    try:
        status = dict(
            line.split(":", 1)
            for line in (place / "status").read_text().splitlines()
            if ":" in line
        )
        files = sum(1 for _ in (place / "fd").iterdir())
        rss = int(status["VmRSS"].split()[0]) / 1024
    except (OSError, KeyError, ValueError):
        return None
    return Sample(time.monotonic(), life, rss, files, int(status["Threads"]), os.getloadavg()[0])


def slope(samples: list[Sample]) -> float:
    """MiB an hour, by least squares over the last half; 0 for fewer than ten samples."""
    kept = samples[len(samples) // 2 :]
    if len(kept) < 10:
        return 0.0
    mean_x = sum(one.at for one in kept) / len(kept)
    mean_y = sum(one.rss for one in kept) / len(kept)
    above = sum((one.at - mean_x) * (one.rss - mean_y) for one in kept)
    below = sum((one.at - mean_x) ** 2 for one in kept)
    return 3600 * above / below if below else 0.0


def longest_life(samples: list[Sample]) -> list[Sample]:
    """The samples of the process that lived the longest."""
    lives: dict[int, list[Sample]] = {}
    for one in samples:
        lives.setdefault(one.life, []).append(one)
    return max(lives.values(), key=len, default=[])

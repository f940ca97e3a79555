"""The real app as a process of its own: started, ended, killed, paused and bounded."""

import ctypes
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 20.0
_PR_CAPBSET_DROP: Final = 24
# What lets root write where the rights of a file forbid it, and give itself such rights again.
_CAPABILITIES: Final = (1, 2)
_FAKETIME: Final = "faketime/libfaketimeMT.so.1"


class App:
    """The app on a port of loopback, with a data folder and a log of its own."""

    def __init__(
        self,
        data: Path,
        folder: Path,
        port: int,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """An app that does not run yet.

        Args:
            data: its data folder.
            folder: where its log goes.
            port: of 127.0.0.1.
            settings: further variables of its environment.
        """
        self.data = data
        self.log = folder / "server.log"
        self.clock = folder / "clock"
        self.port = port
        self.starts = 0
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the process; 0 where none runs."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self, *, with_clock: bool = False) -> float:
        """Start it and wait until it answers; how many seconds that took.

        Args:
            with_clock: whether its clock can be moved by ``shift``. The library for that makes it
                ten times as slow, and ``time.sleep`` fail at times.

        Raises:
            RuntimeError: it does not come up.
        """
        begun = time.monotonic()
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        options = {"server.headless": "true", "server.address": "127.0.0.1"}
        options["server.port"] = str(self.port)
        flags = [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *flags],
                cwd=ROOT,
                env=self._environment() | (self._clock_settings() if with_clock else {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=as_plain_user,
            )
        self.starts += 1
        self._wait(begun + START_SECONDS)
        return time.monotonic() - begun

    def stop(self) -> int:
        """End it as systemd does; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a crash does."""
        return self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stop it in its tracks, as a machine does that sleeps."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def limit(self, what: int, most: int | None) -> None:
        """Bound a resource of the running process; ``None`` takes the bound away."""
        hard = resource.prlimit(self.pid, what)[1]
        resource.prlimit(self.pid, what, (hard if most is None else most, hard))

    def shift(self, offset: str) -> None:
        """Move its clock, such as ``+1d`` or ``-1h``; ``+0`` sets it right."""
        self.clock.write_text(offset + "\n", "utf-8")

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if "TUNESMITH" not in name}
        settings = {"TUNESMITH_DATA": str(self.data), **self._settings}
        return {**own, **settings}

    def _clock_settings(self) -> dict[str, str]:
        library = faketime()
        if library is None:
            return {}
        self.shift("+0")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def _wait(self, until: float) -> None:
        while self.pid and time.monotonic() < until:
            if is_healthy(self.port):
                return
            time.sleep(0.1)
        raise RuntimeError(f"The app does not come up; its log is {self.log}.")

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return -99


def as_plain_user() -> None:
    """Let the rights of files hold for root too; others have nothing to lose."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in _CAPABILITIES:
            libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def is_healthy(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as found:
            return bool(found.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def faketime() -> Path | None:
    """The library that moves a process's clock (Debian: faketime), where it is installed."""
    for folder in sorted(Path("/usr/lib").glob("*-linux-gnu")):
        if (folder / _FAKETIME).exists():
            return folder / _FAKETIME
    return None


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has(program: str) -> bool:
    """Whether a program is installed."""
    return shutil.which(program) is not None

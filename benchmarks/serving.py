"""Servers that the benchmarks measure, each in a process of its own, and what they use up."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from playwright.sync_api import Browser, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[1]
BARE_PAGE: Final = ROOT / "benchmarks" / "bare_page.py"
_CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, because root has none; no network traffic of its own.
_FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


class Server(NamedTuple):
    """A server that answers, and its process."""

    url: str
    process_id: int

    def cpu_seconds(self) -> float:
        """What all of its threads have worked so far, in user and in kernel mode."""
        stat = Path(f"/proc/{self.process_id}/stat").read_text("utf-8")
        # The second field is a name in brackets and may hold anything.
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS

    def memory(self) -> float:
        """What it holds in memory, in MiB."""
        pages = int(Path(f"/proc/{self.process_id}/statm").read_text("utf-8").split()[1])
        return pages * _PAGE / 2**20

    def threads(self) -> int:
        """How many threads it has."""
        return len(list(Path(f"/proc/{self.process_id}/task").iterdir()))

    def descriptors(self) -> int:
        """How many files and connections it has open."""
        return len(list(Path(f"/proc/{self.process_id}/fd").iterdir()))


def busy_seconds() -> float:
    """What all processors of this machine have worked so far, stolen time included."""
    user, nice, system, _, _, irq, soft, stolen = map(
        int, Path("/proc/stat").read_text("utf-8").split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + soft + stolen) / _CLOCK_TICKS


@contextmanager
def tunesmith(
    options: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    start: Sequence[str] = ("streamlit", "run"),
) -> Iterator[Server]:
    """The app as README starts it, with a database of its own.

    Args:
        options: further options of Streamlit.
        environ: further settings.
        start: the module that starts it, and the words before the options of ``streamlit run``.
    """
    with TemporaryDirectory() as folder:
        data = {"TUNESMITH_DATA": folder, **(environ or {})}
        with streamlit(ROOT / "app.py", ROOT, options, data, start) as server:
            yield server


@contextmanager
def bare_page(*, with_our_settings: bool = False) -> Iterator[Server]:
    """The plain page, on Streamlit's default settings or with ours."""
    with TemporaryDirectory() as folder:
        if with_our_settings:
            shutil.copytree(ROOT / ".streamlit", Path(folder) / ".streamlit")
        with streamlit(BARE_PAGE, Path(folder)) as server:
            yield server


@contextmanager
def llamaboard(python: str) -> Iterator[Server]:
    """LLaMA-Factory's web UI out of another environment, with one data set and no network."""
    command = [str(Path(python).with_name("llamafactory-cli")), "webui"]
    port = free_port()
    environ = {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        # What it checks are the versions of libraries for training.
        "DISABLE_VERSION_CHECK": "1",
    }
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        (data / "dataset_info.json").write_text('{"demo": {"file_name": "demo.json"}}', "utf-8")
        (data / "demo.json").write_text('[{"instruction": "a", "output": "b"}]', "utf-8")
        with started(command, Path(folder), environ) as process:
            server = Server(f"http://127.0.0.1:{port}", process.pid)
            wait_for(server.url, process, 120)
            yield server


@contextmanager
def streamlit(
    script: Path,
    folder: Path,
    options: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    start: Sequence[str] = ("streamlit", "run"),
) -> Iterator[Server]:
    """``streamlit run``, in a folder whose settings it takes."""
    command = [sys.executable, "-m", *start, str(script)]
    command += ["--server.headless", "true", "--server.address", "localhost"]
    port = free_port()
    command += ["--server.port", str(port), *options]
    with started(command, folder, environ) as process:
        server = Server(f"http://localhost:{port}", process.pid)
        wait_for(f"{server.url}/_stcore/health", process)
        yield server


@contextmanager
def started(
    command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return as soon as an address answers."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit(f"{url} does not answer.")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, the system's own where there is one."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        stack.callback(browser.close)
        yield browser

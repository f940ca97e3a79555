"""Start Tunesmith, or run its tests, in a private environment that this script sets up itself.

    python3 run.py [--port N] [options of "streamlit run"]
    python3 run.py test [options of pytest]

The environment is the folder .venv beside this file, filled with the pinned packages of
requirements.txt (and of requirements-dev.txt for the tests). It is filled again when one of these
changes or an installation was interrupted; nothing outside it is touched.
"""

# Type hints are quoted so that Python 3.6 reads this file far enough to say that it is too old.

import argparse
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import IO, Iterator, Sequence  # noqa: UP035

ROOT = Path(__file__).parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
LOG = VENV / "setup.log"

FOR_APP = ("requirements.txt",)
FOR_TESTS = ("requirements.txt", "requirements-dev.txt")
OLDEST_PYTHON = (3, 11)

# Settings that would lead Python or pip out of .venv.
MISLEADING = frozenset(
    ("PYTHONHOME", "PYTHONPATH", "PIP_PYTHON", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
)
PIP_SETTINGS = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
}
# Headless: no browser window, no question for an e-mail address, no look-up of the public address.
# Localhost: who wants other machines to reach the app says so, with --server.address 0.0.0.0.
STREAMLIT_SETTINGS = {"STREAMLIT_SERVER_HEADLESS": "true", "STREAMLIT_SERVER_ADDRESS": "localhost"}


class SetupError(Exception):
    """Why the environment can't be set up, as one sentence that says what to do."""


def main(arguments: "Sequence[str]") -> int:
    """Do what the command line asks for; the exit code, 1 when the set-up fails."""
    try:
        refuse_old_python(sys.version_info[:2])
        return start(arguments)
    except (SetupError, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("run.py: stopped; run it again to go on.", file=sys.stderr)
        return 130


def start(arguments: "Sequence[str]") -> int:
    """Run the tests or the app."""
    if arguments[:1] == ["test"]:
        prepare(FOR_TESTS)
        return become(["-m", "pytest", *arguments[1:]])
    options = streamlit_options(arguments)
    prepare(FOR_APP)
    return become(["-m", "streamlit", "run", "app.py", *options])


def streamlit_options(arguments: "Sequence[str]") -> "list[str]":
    """The command line as Streamlit takes it; exits with the usage when it is wrong."""
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Start Tunesmith, or run its tests: run.py test [options of pytest].",
        epilog='Other options go to "streamlit run", such as --server.address 0.0.0.0.',
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=port, metavar="N", help="serve on this port (8501)")
    if arguments and not arguments[0].startswith("-"):
        parser.error(f"there is no command {arguments[0]!r}; leave it out, or write test")
    chosen, rest = parser.parse_known_args(arguments)
    return rest if chosen.port is None else ["--server.port", str(chosen.port), *rest]


def port(text: str) -> int:
    """A TCP port number from the command line."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


def refuse_old_python(version: "tuple[int, ...]") -> None:
    """Raise SetupError when this Python can't run the app."""
    if version < OLDEST_PYTHON:
        found = ".".join(map(str, version))
        raise SetupError(
            f"Tunesmith needs Python 3.11 or newer and this is {found}; "
            "start it with a newer one, such as python3.12 run.py."
        )


def prepare(names: "Sequence[str]") -> None:
    """See to it that .venv holds what these requirements files pin."""
    if is_ready(names):
        return
    with alone():
        if not is_ready(names):
            set_up(names)


def set_up(names: "Sequence[str]") -> None:
    """Install, leaving the stamp only when all went well."""
    print("Setting up Tunesmith in .venv; this takes a minute or two, once.", flush=True)
    # Without a stamp an interrupted installation may have left half a package: start anew.
    if not stamp():
        create()
    STAMP.unlink(missing_ok=True)
    install(names)
    STAMP.write_text(json.dumps({"python": python_tag(), **fingerprints(names)}), "utf-8")


def is_ready(names: "Sequence[str]") -> bool:
    """Whether .venv holds what these requirements files pin."""
    return fingerprints(names).items() <= stamp().items()


def fingerprints(names: "Sequence[str]") -> "dict[str, str]":
    """The SHA-256 of each requirements file by its name."""
    return {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in names}


def stamp() -> "dict[str, str]":
    """What was installed last; empty when that is unknown or was for another Python."""
    try:
        found = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    fits = isinstance(found, dict) and found.get("python") == python_tag()
    return found if fits and venv_python().exists() else {}


def python_tag() -> str:
    """The platform and the Python that compiled packages are made for."""
    return "{} {}.{}".format(sysconfig.get_platform(), *sys.version_info[:2])


def venv_python() -> Path:
    """The interpreter in .venv."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def base_python() -> str:
    """The interpreter that environments are made from, also when this one is in .venv."""
    return getattr(sys, "_base_executable", None) or sys.executable


def create() -> None:
    """Make an empty .venv, without pip where Python comes without ensurepip (bare Debian)."""
    command = [base_python(), "-m", "venv", "--clear"]
    for options in ([], ["--without-pip"]):
        done = run([*command, *options, str(VENV)])
        if done.returncode == 0:
            return
    raise SetupError(
        f"Python could not make {VENV} ({last_line(done.stdout)}); check that the folder can be "
        "written to and that Python has venv (Debian, Ubuntu: apt install python3-venv)."
    )


def install(names: "Sequence[str]") -> None:
    """Let pip install the requirements files into .venv."""
    files = [part for name in names for part in ("-r", name)]
    done = run([*pip(), "install", "--quiet", *files])
    LOG.write_text(done.stdout, "utf-8")
    if done.returncode != 0:
        raise SetupError(why(done.stdout))


def pip() -> "list[str]":
    """The pip of .venv, or this Python's own pip working on .venv."""
    inside = [str(venv_python()), "-m", "pip"]
    if run([*inside, "--version"]).returncode == 0:
        return inside
    outside = [base_python(), "-m", "pip", "--python", str(venv_python())]
    if run([*outside, "--version"]).returncode == 0:
        return outside
    raise SetupError(
        "This Python has no pip to install packages with; "
        "install it (Debian, Ubuntu: apt install python3-venv) and run this again."
    )


def why(log: str) -> str:
    """What stopped pip, as one sentence."""
    if "connection broken by" in log or "Could not fetch URL" in log:
        return (
            "The packages could not be downloaded; check the network or the proxy and run this "
            f"again (pip's own words are in {LOG})."
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    reason = last_line("\n".join(errors) or log)
    return f"pip could not install the packages ({reason}); its own words are in {LOG}."


def last_line(text: str) -> str:
    """The last line that says something."""
    return (text.strip().splitlines() or ["no reason given"])[-1].strip().rstrip(".")


def run(command: "Sequence[str]") -> "subprocess.CompletedProcess[str]":
    """Run a command in the project's folder, with all its output as text."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def become(arguments: "Sequence[str]") -> int:
    """Go on as the interpreter of .venv in the project's folder, signals and exit code included."""
    command = [str(venv_python()), *arguments]
    if os.name == "nt":
        return subprocess.call(command, cwd=ROOT, env=environment())
    os.chdir(ROOT)
    os.execve(command[0], command, environment())


def environment() -> "dict[str, str]":
    """The variables of this process, made fit for .venv."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    return {**STREAMLIT_SETTINGS, **kept, **PIP_SETTINGS}


@contextlib.contextmanager
def alone() -> "Iterator[None]":
    """Keep a second run.py waiting while this one installs."""
    with (ROOT / ".venv.lock").open("a") as handle:
        # Some network drives have no locks; then two runs at once are the user's to avoid.
        with contextlib.suppress(OSError):
            lock(handle)
        yield


def lock(handle: "IO[str]") -> None:
    """Wait for the lock on an open file; it goes with the file's closing."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

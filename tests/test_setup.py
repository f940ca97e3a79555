"""``run.py`` sets up .venv by itself, once, and says in one sentence what stops it.

The packages here are two made-up wheels, so nothing comes from the network.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import run

pytestmark = pytest.mark.skipif(
    not any(map(importlib.util.find_spec, ("ensurepip", "pip"))),
    reason="this Python can't fill an environment: neither ensurepip nor pip",
)

SAY_ARGUMENTS = "import sys; print('{} {}', *sys.argv[1:])"


class Clone:
    """A fresh clone that needs a made-up Streamlit and a made-up pytest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(run.__file__, folder)
        self.pin("requirements.txt", self.wheel("streamlit", "1"))
        self.pin("requirements-dev.txt", self.wheel("pytest", "1"))

    def wheel(self, name: str, version: str) -> str:
        """Make a package that prints its name, its version and its arguments when it is run."""
        file = f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(self.folder / file, "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "")
            wheel.writestr(f"{name}/__main__.py", SAY_ARGUMENTS.format(name, version))
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            wheel.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{info}/RECORD", "")
        return file

    def pin(self, requirements: str, wheel: str) -> None:
        (self.folder / requirements).write_text(f"./{wheel}\n")

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run ``run.py`` from elsewhere, as a user may."""
        return subprocess.run(
            [sys.executable, str(self.folder / "run.py"), *arguments],
            cwd=self.folder.anchor,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("clone"))


def test_the_first_start_sets_up_and_starts_the_app(clone: Clone) -> None:
    done = clone.run("--port", "8600", "--theme.base", "dark", PIP_USER="1", PIP_TARGET="x")
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first == "Setting up Tunesmith in .venv; this takes a minute or two, once."
    assert last == "streamlit 1 run app.py --server.port 8600 --theme.base dark"


def test_the_next_start_installs_nothing(clone: Clone) -> None:
    clone.run()
    assert clone.run().stdout == "streamlit 1 run app.py\n"


def test_the_tests_get_their_packages_and_options(clone: Clone) -> None:
    clone.run("test")
    assert clone.run("test", "-k", "paths", "-q").stdout == "pytest 1 -k paths -q\n"
    assert clone.run().stdout == "streamlit 1 run app.py\n"


def test_changed_pins_are_installed(clone: Clone) -> None:
    clone.pin("requirements.txt", clone.wheel("streamlit", "2"))
    done = clone.run()
    assert done.stdout.splitlines()[1:] == ["streamlit 2 run app.py"]


def test_an_interrupted_installation_is_done_again(clone: Clone) -> None:
    clone.run()
    venv = clone.folder / ".venv"
    (venv / "installed.json").unlink()
    next(venv.rglob("streamlit/__main__.py")).unlink()
    assert "run app.py" in clone.run().stdout.splitlines()[1]


def test_a_failed_installation_is_one_sentence(clone: Clone) -> None:
    clone.pin("requirements.txt", "nothing-here-1-py3-none-any.whl")
    done = clone.run()
    assert done.returncode == 1
    assert done.stderr.startswith("run.py: pip could not install the packages (ERROR: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError(...)'\n"
            "ERROR: No matching distribution found for altair==6.3.0",
            "The packages could not be downloaded; check the network or the proxy",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left.\n\n",
            "(ERROR: Could not install packages due to an OSError: [Errno 28] No space left);",
        ),
        ("", "(no reason given)"),
    ],
)
def test_what_stopped_pip_is_said_in_one_sentence(log: str, sentence: str) -> None:
    assert sentence in run.why(log)
    assert "\n" not in run.why(log)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tests"], "there is no command 'tests'; leave it out, or write test"),
        (["--port", "99999"], "'99999' is not a port; give a number from 1 to 65535"),
        (["--port", "web"], "'web' is not a port; give a number from 1 to 65535"),
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run.streamlit_options(arguments)
    assert sentence in capsys.readouterr().err


def test_an_old_python_is_refused() -> None:
    run.refuse_old_python((3, 11))
    with pytest.raises(run.SetupError, match=r"needs Python 3\.11 or newer and this is 3\.9;"):
        run.refuse_old_python((3, 9))


def test_pip_and_python_are_kept_inside() -> None:
    kept = run.environment()
    assert kept["PIP_USER"] == kept["PIP_REQUIRE_VIRTUALENV"] == "0"
    assert not run.MISLEADING & kept.keys()


def test_every_pin_of_the_app_holds_for_the_tests(project: Path) -> None:
    def pins(name: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for line in (project / name).read_text().splitlines():
            if "==" in line:
                found.setdefault(line.partition("==")[0], set()).add(line)
        return found

    app, tests = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name for name in app.keys() & tests.keys() if app[name] != tests[name]} == set()
    assert app["streamlit"] == {"streamlit==1.67.0"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_name_no_index_and_no_folder(project: Path, name: str) -> None:
    text = (project / name).read_text()
    assert "index-url" not in text.replace("--no-emit-index-url", "")
    assert "://" not in text
    assert " /" not in text

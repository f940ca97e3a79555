"""What other repositories use of this one: the installed command and the pre-commit hook."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest

from core import VERSION, presets

HOOKS: Final = ".pre-commit-hooks.yaml"


@pytest.fixture(scope="session")
def pyproject(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text("utf-8"))


def hook(project: Path) -> dict[str, str]:
    """The keys of the one hook; the file is plain enough to read by its lines."""
    lines = (project / HOOKS).read_text("utf-8").splitlines()
    found = (re.fullmatch(r"[- ] ([a-z_]+): (.+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def test_the_hook_runs_the_installed_command(project: Path, pyproject: dict[str, Any]) -> None:
    program, *arguments = hook(project)["entry"].split()
    assert pyproject["project"]["scripts"] == {program: "core.cli:main"}
    assert arguments == ["check"]
    assert hook(project)["language"] == "python"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("configs/a.json", True),
        ("config/deep/er.json", True),
        ("here/configs/a.json", True),
        ("sft.json", True),
        ("runs/dpo_config.json", True),
        ("my-training.json", True),
        ("package.json", False),
        ("tsconfig.json", False),
        ("constraining.json", False),
        ("configs/a.yaml", False),
        ("src/configs.py", False),
    ],
)
def test_it_looks_at_files_that_are_named_like_configs(
    project: Path, name: str, wanted: bool
) -> None:
    assert bool(re.search(hook(project)["files"], name)) == wanted


def test_the_package_holds_the_command_and_its_data(project: Path, tmp_path: Path) -> None:
    copy = _copy(project, tmp_path / "source")
    subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path)], cwd=copy, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"tunesmith-{VERSION}-")
    names = set(ZipFile(wheel).namelist())
    assert {f"presets/{preset.id}.json" for preset in presets.load()} <= names
    for folder in ("core/data", "core/migrations"):
        own = {path for path in (project / folder).rglob("*.*") if "__pycache__" not in path.parts}
        assert {path.relative_to(project).as_posix() for path in own} <= names
    assert not [name for name in names if name.startswith(("ui/", "pages/", "tests/"))]


BUILD: Final = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


def _copy(project: Path, target: Path) -> Path:
    """What the package is built from; building writes beside it."""
    for name in ("core", "presets"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(project / name, target / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(project / name, target)
    return target

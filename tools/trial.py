"""Runs the trainer as it is on configs, with tiny models that stand in for public ones."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tools import outcome
from tools.outcome import Outcome

IN_TRAINER: Final = Path(__file__).parent / "in_trainer"
SECONDS: Final = 180
"""Time for one run; a tiny model needs a few seconds."""


class TrialError(Exception):
    """The trainer can't be tried here; the text says why."""


class Trial:
    """A checkout of the trainer, an environment for it, and a folder for what its runs leave.

    Attributes:
        versions: of Python and the libraries that the trainer runs with.
    """

    def __init__(
        self, trainer: Path, python: str, folder: Path, *, gpu: bool, seconds: float = SECONDS
    ) -> None:
        self.trainer = checkout(trainer)
        self.python = python
        self.folder = folder.resolve()
        self.seconds = seconds
        self._gpu = gpu
        self._count = 0
        shutil.rmtree(self._runs, ignore_errors=True)
        self._runs.mkdir(parents=True)
        self._make_stand_ins()
        self._process, self.versions = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def run(self, config: bytes) -> Outcome:
        """Run train.py on a config, as the bytes that stand in the file."""
        self._count += 1
        folder = self._runs / str(self._count)
        folder.mkdir()
        (folder / "data").symlink_to(self._stand_ins / "data")
        (folder / "config.json").write_bytes(config)
        job = {
            "train": str(self.trainer / "train.py"),
            "config": str(folder / "config.json"),
            "output": str(folder / "output"),
            "folder": str(folder),
            "seconds": self.seconds,
        }
        answer = self._ask(job)
        found = outcome.read(
            answer["code"],
            folder,
            folder / "output",
            self.trainer,
            self._model(config),
            answer["seconds"],
        )
        # The models of hundreds of runs would fill a disk.
        shutil.rmtree(folder / "output", ignore_errors=True)
        return found

    def _model(self, config: bytes) -> Path | None:
        """The folder of the stand-in that a config names."""
        try:
            name = json.loads(config)["model"]["name"]
            repository = self._hub / f"models--{name.replace('/', '--')}"
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return next(repository.glob("snapshots/*"), None)

    @property
    def _runs(self) -> Path:
        return self.folder / "runs"

    @property
    def _hub(self) -> Path:
        return self._stand_ins / "hub"

    @property
    def _stand_ins(self) -> Path:
        # Those of another script or of other libraries are made anew.
        maker = (IN_TRAINER / "make_stand_ins.py").read_bytes() + self.python.encode()
        return self.folder / f"stand-ins-{hashlib.sha256(maker).hexdigest()[:12]}"

    def _make_stand_ins(self) -> None:
        folder = self._stand_ins
        if folder.is_dir():
            return
        done = subprocess.run(
            [self.python, str(IN_TRAINER / "make_stand_ins.py"), str(folder)],
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise TrialError(f"The tiny models can't be made: {_last_line(done.stderr)}")

    def _start(self) -> "tuple[subprocess.Popen[str], Mapping[str, str]]":
        options = ["--gpu-stand-in"] if self._gpu else []
        log = (self.folder / "warm.log").open("w")
        with log:
            process = subprocess.Popen(
                [self.python, str(IN_TRAINER / "warm.py"), *options],
                env=self._variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first:
            process.wait()
            why = _last_line((self.folder / "warm.log").read_text())
            raise TrialError(f"The trainer's libraries can't be imported: {why}")
        return process, json.loads(first)

    def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def _variables(self) -> dict[str, str]:
        """No GPU, no network, no loggers of the user's, and nothing written into the checkout."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "HF_HOME": str(self.folder / "hf"),
            "HF_HUB_CACHE": str(self._hub),
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",
            # Rich and the traceback keep a message on one line.
            "COLUMNS": "2000",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            # More threads are no faster with tiny models.
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }


def checkout(path: Path) -> Path:
    """The folder of train.py in a checkout of the repository, or of that folder itself.

    Raises:
        TrialError: there is none.
    """
    for folder in (path, path / "Tiny Tool Use"):
        if (folder / "train.py").is_file():
            return folder.resolve()
    raise TrialError(f"There is no train.py in '{path}'; give the folder of Tiny Tool Use.")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"

"""What a run of the trainer came to, read from what it printed and left behind."""

import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TIME_UP: Final = "TimeUp"
"""What stands for the exception where a run was ended because it took too long."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended and what it did.

    Attributes:
        ended: it came to its end; otherwise it raised, was killed, or ran out of time.
        error: the type of the exception, without its module; empty where there is none.
        message: its text.
        at: the innermost line of the trainer below which it was raised, as ``trainer.py:181``.
        rows_train: rows that it reported for training.
        rows_eval: rows that it reported for evaluation.
        updates: optimizer updates made, by the last checkpoint; ``None`` where it stopped.
        evaluations: evaluations made, by the same.
        checkpoints: checkpoints that are left; the trainer keeps 3.
        rates: the learning rates that it logged, by the number of the update that used them.
        moved: whether the weights at the end differ from those at the beginning, where known.
        finite: whether they are all numbers, where known.
        seconds: how long it took.
    """

    ended: bool
    error: str = ""
    message: str = ""
    at: str = ""
    rows_train: int | None = None
    rows_eval: int | None = None
    updates: int | None = None
    evaluations: int | None = None
    checkpoints: int | None = None
    rates: tuple[tuple[int, float], ...] = ()
    moved: bool | None = None
    finite: bool | None = None
    seconds: float = 0.0

    @property
    def runs(self) -> bool:
        """Whether it got to its end with at least one optimizer update, as the verdict means it."""
        return self.ended and bool(self.updates)

    @property
    def text(self) -> str:
        """How it ended, on one line."""
        if self.ended:
            return f"ends, {self.updates} updates" if self.updates else "ends without an update"
        said = " ".join(f"{self.error}: {self.message}".split())
        return f"{said} ({self.at})" if self.at else said


def read(
    code: int | None, folder: Path, output: Path, trainer: Path, model: Path | None, seconds: float
) -> Outcome:
    """The outcome of a run.

    Args:
        code: its exit code, or ``None`` where its time was up.
        folder: where its stdout.txt and stderr.txt are.
        output: its output folder.
        trainer: the folder of train.py.
        model: the folder of the model it began with, where that is known.
        seconds: how long it took.
    """
    stdout = (folder / "stdout.txt").read_text(encoding="utf-8", errors="replace")
    stderr = (folder / "stderr.txt").read_text(encoding="utf-8", errors="replace")
    rows = reported_rows(stdout)
    if code is None:
        return Outcome(False, TIME_UP, f"after {seconds} s", "", *rows, seconds=seconds)
    if code:
        error, message, at = exception(stderr, trainer) or ("Killed", f"exit code {code}", "")
        return Outcome(False, error, message, at, *rows, seconds=seconds)
    steps, log = last_state(output)
    moved, finite = weights(output, model)
    return Outcome(
        ended=True,
        rows_train=rows[0],
        rows_eval=rows[1],
        updates=steps,
        evaluations=sum("eval_loss" in entry for entry in log),
        checkpoints=len(checkpoints(output)),
        rates=tuple((e["step"], e["learning_rate"]) for e in log if "learning_rate" in e),
        moved=moved,
        finite=finite,
        seconds=seconds,
    )


# --- What it printed ---------------------------------------------------------------------------

_FRAME: Final = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+), in ', re.MULTILINE)
_LAST_LINE: Final = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$", re.DOTALL)


def exception(stderr: str, trainer: Path) -> tuple[str, str, str] | None:
    """Type, text and the innermost line of the trainer of the last traceback, if there is one."""
    _, found, last = stderr.rpartition("Traceback (most recent call last):\n")
    if not found:
        return None
    # The frames are indented; the message, which may have indented lines too, comes after them.
    lines = last.splitlines()
    first = next((at for at, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    said = "\n".join(lines[first:]).strip()
    match = _LAST_LINE.match(said)
    if match is None:
        return None
    name = match["type"].rpartition(".")[2]
    return name, (match["message"] or "").strip(), innermost(last, trainer)


def innermost(trace: str, trainer: Path) -> str:
    """The last line of a traceback that is the trainer's own, as ``trainer.py:181``."""
    own = [
        f"{Path(frame['file']).name}:{frame['line']}"
        for frame in _FRAME.finditer(trace)
        if Path(frame["file"]).is_relative_to(trainer)
    ]
    return own[-1] if own else ""


def reported_rows(stdout: str) -> tuple[int | None, int | None]:
    """Rows for training and for evaluation, as train.py:90-91 logs them."""
    return _reported("Training samples", stdout), _reported("Evaluation samples", stdout)


def _reported(what: str, stdout: str) -> int | None:
    match = re.search(rf"{what}: (\d+)", stdout)
    return int(match[1]) if match else None


# --- What it left behind -----------------------------------------------------------------------


def checkpoints(output: Path) -> list[Path]:
    """The folders of its checkpoints, the first one first."""
    folders = [path for path in output.glob("checkpoint-*") if path.is_dir()]
    return sorted(folders, key=lambda path: int(path.name.rpartition("-")[2]))


def last_state(output: Path) -> tuple[int, list[dict[str, Any]]]:
    """The number of updates and the log of the last checkpoint; none where nothing was trained.

    The trainer's callback saves after the last update, so that this is the whole run.
    """
    folders = checkpoints(output)
    if not folders:
        return 0, []
    state = json.loads((folders[-1] / "trainer_state.json").read_text(encoding="utf-8"))
    return state["global_step"], state["log_history"]


def weights(output: Path, model: Path | None) -> tuple[bool | None, bool | None]:
    """Whether the weights moved, and whether all of them are numbers.

    LoRA's second matrices begin as zeros; other weights are compared with the model's, where
    both are in single precision.
    """
    folder = output / "dpo_model" if (output / "dpo_model").is_dir() else output
    if (adapters := folder / "adapter_model.safetensors").is_file():
        second = {name: t for name, t in tensors(adapters).items() if "lora_B" in name}
        return any(any(t.data) for t in second.values()), all(t.finite for t in second.values())
    trained = folder / "model.safetensors"
    if not trained.is_file():
        return None, None
    after = tensors(trained)
    before = tensors(model / "model.safetensors") if model else {}
    return _differ(before, after), all(tensor.finite for tensor in after.values())


@dataclass(frozen=True, slots=True)
class Tensor:
    """The bytes of a tensor in a safetensors file."""

    kind: str
    shape: tuple[int, ...]
    data: bytes

    @property
    def finite(self) -> bool:
        """Whether each value is a number and no infinity."""
        if self.kind == "BF16":
            return all(high & 0x7F != 0x7F or not low & 0x80 for low, high in _pairs(self.data))
        letter = {"F32": "f", "F16": "e", "F64": "d"}.get(self.kind)
        if letter is None:
            return True
        count = len(self.data) // struct.calcsize(letter)
        return all(map(math.isfinite, struct.unpack(f"<{count}{letter}", self.data)))


def _pairs(data: bytes) -> Iterator[tuple[int, int]]:
    """The bytes in pairs."""
    return zip(data[::2], data[1::2], strict=True)


def tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file: a length, a header in JSON, then the bytes."""
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    body = memoryview(content)[8 + size :]
    return {
        name: Tensor(
            entry["dtype"], tuple(entry["shape"]), bytes(body[slice(*entry["data_offsets"])])
        )
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _differ(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool | None:
    both = [
        (before[name], tensor)
        for name, tensor in after.items()
        if name in before
        and tensor.kind == before[name].kind == "F32"
        and tensor.shape == before[name].shape
    ]
    return any(old.data != new.data for old, new in both) if both else None

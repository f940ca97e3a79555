"""Runs ``train.py`` again and again, each time in a process of its own that has the libraries.

Importing them takes longer than training a tiny model, so this process imports them once and
forks. It reads one job a line from standard input, as JSON, and answers each with one line:

    {"train": PATH, "config": PATH, "output": PATH, "folder": PATH, "seconds": LIMIT}
    {"code": EXIT CODE, or null where the time was up, "seconds": TAKEN}

The first line of its own says which versions it has. ``train.py`` is run as it is, as
``python train.py --config CONFIG --output-dir OUTPUT`` would, in ``folder``; what it prints goes
to ``stdout.txt`` and ``stderr.txt`` there.
"""

import importlib.metadata
import json
import os
import resource
import runpy
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from typing import IO, Any

PACKAGES = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "bitsandbytes")
MEMORY = 12 * 2**30


def main(gpu: bool) -> None:
    """Import, say what is there, and do jobs until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import_libraries()
    if gpu:
        import gpu_stand_in

        gpu_stand_in.install()
    say(answers, {"python": sys.version.split()[0], **dict(versions())})
    for line in sys.stdin:
        say(answers, run(json.loads(line)))


def import_libraries() -> None:
    """What the trainer's modules import, and no more; nothing is computed before the fork."""
    import datasets  # noqa: F401
    import pandas  # noqa: F401
    import peft
    import torch.utils.tensorboard  # noqa: F401
    from transformers import (  # noqa: F401
        AutoModelForCausalLM,
        AutoTokenizer,
        BitsAndBytesConfig,
    )
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer  # noqa: F401

    peft.get_peft_model  # noqa: B018


def versions() -> Iterator[tuple[str, str]]:
    """The packages that are there, each with its version."""
    for package in PACKAGES:
        try:
            yield package, importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue


def say(answers: IO[str], answer: dict[str, Any]) -> None:
    """Write one line to whoever sent the jobs."""
    print(json.dumps(answer), file=answers, flush=True)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job in a new process, and wait for it."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        train(job)
    code = wait(child, began + job["seconds"])
    return {"code": code, "seconds": round(time.monotonic() - began, 1)}


def wait(child: int, until: float) -> int | None:
    """The exit code of a process, or ``None`` where it was ended because its time was up."""
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def train(job: dict[str, Any]) -> None:
    """Never returns: this is the process of one run."""
    code = 1
    try:
        os.setsid()
        redirect(job["folder"])
        limit = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, limit))
        sys.argv = [job["train"], "--config", job["config"], "--output-dir", job["output"]]
        sys.path.insert(0, os.path.dirname(job["train"]))
        warnings.resetwarnings()
        runpy.run_path(job["train"], run_name="__main__")
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - printed as Python would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def redirect(folder: str) -> None:
    """Go to a folder and print into files there."""
    os.chdir(folder)
    for name, descriptor in (("stdout.txt", 1), ("stderr.txt", 2)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, descriptor)
        os.close(file)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)


if __name__ == "__main__":
    main("--gpu-stand-in" in sys.argv[1:])

"""Files that are written as a whole or not at all."""

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Final

from core.errors import InputError

# What the user's umask leaves of it.
_ANYBODY: Final = 0o666


def is_device(file: Path) -> bool:
    """Whether it is a device or a pipe, which is written to as it is; a folder is neither."""
    return file.exists() and not file.is_file() and not file.is_dir()


def write_atomic(file: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file; whoever reads it meanwhile gets the old content or the new one.

    A link stays one.

    Args:
        file: which one; its folder is there.
        data: its content.
        mode: who may read it, at no moment anybody else; by default whoever could before.

    Raises:
        InputError: it can't be written; it is as it was.
    """
    try:
        if is_device(file):
            file.write_bytes(data)
        else:
            _replace(file.resolve(), data, mode)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{file}: can't be written: {why}.") from None


def _replace(file: Path, data: bytes, mode: int | None) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    # In a folder of many, somebody can put a link to another file there.
    temporary.unlink(missing_ok=True)
    opener = partial(os.open, mode=_ANYBODY if mode is None else mode)
    try:
        with open(temporary, "xb", opener=opener) as made:
            made.write(data)
            made.flush()
            os.fsync(made.fileno())
        if mode is None and file.exists():
            shutil.copymode(file, temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)

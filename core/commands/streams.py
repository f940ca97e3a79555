"""Where a command reads and writes, and the exit codes it ends with."""

import argparse
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from core.document import MAX_BYTES, Document, Source, read
from core.errors import DocumentError, InputError
from core.system.atomic import write_atomic

FINE: Final = 0
COMPLAINT: Final = 1
UNREADABLE: Final = 2

# A file beyond a config's own limit is still read this far, so that the message can say its size.
_READ_LIMIT: Final = 64 * MAX_BYTES


@dataclass(frozen=True, slots=True)
class Streams:
    """Standard input, output and error of one command."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO

    @property
    def is_terminal(self) -> bool:
        """Whether somebody can be asked something."""
        return self.stdin.isatty()

    def say(self, text: str) -> None:
        """Write a result."""
        self.stdout.write(text)

    def say_exactly(self, data: bytes) -> None:
        """Write UTF-8 as it is, whatever the terminal's encoding."""
        binary = getattr(self.stdout, "buffer", None)
        if binary is None:
            self.stdout.write(data.decode("utf-8", "surrogatepass"))
            return
        self.stdout.flush()
        binary.write(data)

    def complain(self, line: str) -> None:
        """Write one line to stderr."""
        from core.output.text import printable

        self.stderr.write(printable(line) + "\n")

    def put_out(self, text: str, name: str | None) -> None:
        """Write a result to a file, or here where none is named."""
        if name in (None, "-"):
            self.say(text)
        else:
            write_file(str(name), text)

    def document(self, name: str) -> Document:
        """The config in a file, or in standard input for ``-``.

        Raises:
            InputError: there is no file that can be read, or no config in it.
        """
        return self.source(name).document

    def source(self, name: str) -> Source:
        """The same, with the text that it was read from."""
        try:
            return self.read(name)
        except DocumentError as error:
            raise InputError(place_of(name, error)) from None

    def read(self, name: str) -> Source:
        """The same; a text that is no config raises ``DocumentError`` with its place."""
        return read(self._all() if name == "-" else _file(name))

    def line(self) -> str:
        """One line of standard input, without its end.

        Raises:
            InputError: it is not UTF-8.
        """
        binary = getattr(self.stdin, "buffer", None)
        if binary is None:
            return self.stdin.readline().rstrip("\r\n")
        try:
            return str(binary.readline(_READ_LIMIT).decode("utf-8")).rstrip("\r\n")
        except UnicodeDecodeError:
            raise InputError("Standard input is not UTF-8; nothing was changed.") from None

    def _all(self) -> bytes:
        binary = getattr(self.stdin, "buffer", None)
        if binary is not None:
            return bytes(binary.read(_READ_LIMIT))
        return self.stdin.read().encode("utf-8", "surrogatepass")


Run = Callable[[argparse.Namespace, Streams], int]
"""A command: it prints its result and returns the exit code."""


def usable(stream: TextIO | None) -> TextIO:
    """A stream that takes any text; nothing comes from one that the shell has closed."""
    # Python sets a standard stream to None where the shell closed it.
    if stream is None:
        return open(os.devnull, "r+", encoding="utf-8")
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure and stream.writable():
        reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    return stream


def silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that Python's own exit stays quiet."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def place_of(name: str, error: DocumentError) -> str:
    """Where in a file it stops being a config, and why."""
    return f"{name}: line {error.line}, column {error.column}: {error.reason}"


def write_file(name: str, text: str) -> None:
    """Write a file as a whole, or not at all."""
    write_atomic(Path(name), text.encode())


def why(error: Exception) -> str:
    """What the system says of a file that it can't read."""
    return getattr(error, "strerror", None) or str(error)


def _file(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(_READ_LIMIT)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: can't be read: {why(error)}.") from None

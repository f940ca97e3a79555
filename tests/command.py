"""The command line as tests run it: in this process, with streams of their own."""

import io
from typing import NamedTuple

from core.cli import main


class Result(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*argv: object, stdin: str = "", terminal: bool = False) -> Result:
    given = Terminal(stdin) if terminal else io.StringIO(stdin)
    out, err = io.StringIO(), io.StringIO()
    code = main([str(part) for part in argv], given, out, err)
    return Result(code, out.getvalue(), err.getvalue())

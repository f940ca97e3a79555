"""How the commands and their options are told to the parser."""

import argparse
import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from core.commands.streams import UNREADABLE, Run, Streams

_ABOUT: Final = """\
Check, fix, compare and save training configs for Tiny Tool Use.

FILE is a config in JSON; - reads it from standard input."""

_EXITS: Final = """\
Without COMMAND it prints this help and exits 2.

exit codes:
  0  nothing to complain about, or no difference
  1  errors, or differences
  2  the input or the arguments can't be used; one line on stderr says why

examples:
  python -m core presets sft_toolbench > my.json
  python -m core check my.json
  python -m core COMMAND --help"""


class Commands:
    """The parser of all commands, to which each module of ``core.commands`` adds its own.

    A parser of a command holds its function under ``command`` and itself under ``parser``.
    """

    def __init__(self) -> None:
        self.parser = _Parser(
            _program(), description=_ABOUT, epilog=_EXITS, formatter_class=_help_format()
        )
        self.parser.set_defaults(command=_no_command, parser=self.parser)
        self._all = self.parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(self, name: str, run: Run, about: str, more: str) -> argparse.ArgumentParser:
        """Add a command.

        Args:
            name: the word that it is called by.
            run: what it does.
            about: the same in words; the first line stands in the list of commands.
            more: what stands below its options.
        """
        added: argparse.ArgumentParser = self._all.add_parser(
            name,
            help=about.splitlines()[0],
            description=about,
            epilog=more,
            formatter_class=_help_format(),
        )
        added.set_defaults(command=run, parser=added)
        return added

    def parsed(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """The command and its arguments; what is wrong with them ends the process."""
        args, unknown = self.parser.parse_known_args(argv)
        if unknown:
            args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        return args


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Write the line and exit with ``UNREADABLE``."""
        from core.output.text import printable

        self.exit(UNREADABLE, printable(f"{self.prog}: {message}; see {self.prog} --help") + "\n")


def _program() -> str:
    """How this command was started: by the name that an installation gives it, or as a module."""
    return "tunesmith" if Path(sys.argv[0]).stem == "tunesmith" else "python -m core"


def _help_format() -> Any:
    return functools.partial(argparse.RawDescriptionHelpFormatter, width=98)


def _no_command(args: argparse.Namespace, streams: Streams) -> int:
    streams.say(args.parser.format_help())
    streams.complain("Name a command, such as check.")
    return UNREADABLE

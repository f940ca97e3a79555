"""``python -m core``: check, fix and compare configs in a terminal, a script or CI.

Each command is a function of ``core.commands`` that prints its result and returns the exit code.
What a command needs is imported in it, so that ``--help`` and ``check`` start fast.
"""

import contextlib
import sys
from collections.abc import Sequence
from typing import Final, TextIO

from core.commands.accounts import add_accounts, add_backup
from core.commands.check import add_check
from core.commands.derive import add_derive
from core.commands.diff import add_diff
from core.commands.fix import add_fix
from core.commands.keep_options import add_keep
from core.commands.parsing import Commands
from core.commands.presets import add_presets
from core.commands.schema import add_fields, add_schema
from core.commands.streams import UNREADABLE, Run, Streams, silence, usable
from core.commands.supabase_options import add_supabase
from core.commands.sweep import add_sweep
from core.commands.trainer import add_trainer
from core.errors import TunesmithError, Unavailable

# As a shell reports Ctrl-C: 128 + SIGINT.
INTERRUPTED: Final = 130
# As a shell reports a reader that went away: 128 + SIGPIPE.
PIPE_CLOSED: Final = 141

# In the order of the help.
_ADD: Final = (
    *(add_presets, add_check, add_fix, add_diff, add_derive, add_trainer, add_sweep),
    *(add_schema, add_fields, add_accounts, add_backup, add_supabase, add_keep),
)


def main(
    argv: Sequence[str] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run one command and return its exit code; the arguments default to the process's own."""
    streams = Streams(
        usable(stdin or sys.stdin), usable(stdout or sys.stdout), usable(stderr or sys.stderr)
    )
    try:
        code = _run(argv, streams)
        streams.stdout.flush()
    except BrokenPipeError:
        silence(streams.stdout)
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        silence(streams.stdout)
        streams.complain(f"The output can't be written: {error.strerror or error}.")
        return UNREADABLE
    return code


def _run(argv: Sequence[str] | None, streams: Streams) -> int:
    try:
        with contextlib.redirect_stdout(streams.stdout), contextlib.redirect_stderr(streams.stderr):
            args = commands().parsed(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else UNREADABLE
    command: Run = args.command
    try:
        return command(args, streams)
    except Unavailable as error:
        streams.complain(f"{error.place}: {error}" if error.place else str(error))
    except TunesmithError as error:
        streams.complain(str(error))
    except OSError:
        raise
    except ModuleNotFoundError as error:
        # An installation without the app has what checking needs, and no more.
        streams.complain(f"This needs the package {error.name}; run it where the app is set up.")
    # A fault of ours is one line to the user; `python -X dev -m core` shows where it is.
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        streams.complain(f"Tunesmith failed on this input ({type(error).__name__}); report it.")
    return UNREADABLE


def commands() -> Commands:
    """The parser of all commands."""
    found = Commands()
    for add in _ADD:
        add(found)
    return found

"""The options and the help of ``supabase``, ``push`` and ``pull``; ``supabase.py`` runs them."""

import argparse
import contextlib
from typing import Final

from core.commands.installation import database, settings, without_warnings
from core.commands.parsing import Commands
from core.commands.streams import COMPLAINT, FINE, Streams

_SUPABASE_ABOUT: Final = """\
Tell whether a Supabase project is as the app needs it, and what to run if not.

It asks with the publishable key of TUNESMITH_SUPABASE_URL and TUNESMITH_SUPABASE_KEY, as a visitor
without an account, and reads no row of any user."""

_SUPABASE_MORE: Final = """\
Looked at: the address and the key; how people sign up; tables, policies, rights, triggers, indexes
and functions, each compared with what the migrations made; whether a visitor sees nothing.
docs/supabase.md tells how to set a project up.

examples:
  python -m core supabase check
  python -m core supabase check --json"""

_PUSH_ABOUT: Final = """\
Copy a library from the embedded file into a Supabase account: configs, versions, tags, counts.

TUNESMITH_SUPABASE_URL and TUNESMITH_SUPABASE_KEY say which project, TUNESMITH_DATA which file."""

_PULL_ABOUT: Final = """\
Copy a library from a Supabase account into the embedded file: configs, versions, tags, counts.

TUNESMITH_SUPABASE_URL and TUNESMITH_SUPABASE_KEY say which project, TUNESMITH_DATA which file."""

_COPY_MORE: Final = """\
What is there already is left as it is, and brought up to date where only this side has gone on.
What was changed on both sides, has a name that is taken there, or runs a command that nobody has
approved, is left alone and told. After an interruption run it again: it goes on where it was. The
password is asked for in the terminal, or read from one line of standard input.

examples:
  python -m core {0} --account ann --email ann@example.org
  python -m core {0} --email ann@example.org < password.txt"""


def add_supabase(commands: Commands) -> None:
    """Add ``supabase``, ``push`` and ``pull``."""
    supabase = commands.add("supabase", _supabase, _SUPABASE_ABOUT, _SUPABASE_MORE)
    supabase.add_argument("action", choices=("check",), help="what to do with the project")
    supabase.add_argument("--json", action="store_true", help="print a list of what was found")
    _add_copy(commands, "push", _PUSH_ABOUT, is_push=True)
    _add_copy(commands, "pull", _PULL_ABOUT, is_push=False)


def _add_copy(commands: Commands, name: str, about: str, *, is_push: bool) -> None:
    copy = commands.add(name, _copy, about, _COPY_MORE.format(name))
    copy.set_defaults(is_push=is_push)
    copy.add_argument(
        "--account",
        metavar="NAME",
        help="the account of the file, local for the one without a sign-in; default: the only one",
    )
    copy.add_argument("--email", required=True, help="the address of the Supabase account")


def _supabase(args: argparse.Namespace, streams: Streams) -> int:
    from core.commands import supabase

    with contextlib.closing(supabase.project_of(settings())) as project:
        lines = list(supabase.check(project))
    is_fine = supabase.report(lines, streams.say, as_json=args.json)
    return FINE if is_fine else COMPLAINT


def _copy(args: argparse.Namespace, streams: Streams) -> int:
    from core.commands import supabase as remote
    from core.stores.copying import Place

    with (
        without_warnings(),
        database() as opened,
        contextlib.closing(remote.project_of(settings())) as project,
    ):
        here = remote.local_place(opened, args.account)
        password = remote.typed_password(streams.line, is_terminal=streams.is_terminal)
        with remote.signed_in(opened, project, args.email, password) as (store, account):
            there = Place(store, account.user_id)
            source, target = (here, there) if args.is_push else (there, here)
            is_whole = remote.copy(source, target, streams.say, streams.complain)
    return FINE if is_whole else COMPLAINT

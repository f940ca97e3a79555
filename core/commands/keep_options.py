"""The options and the help of the commands on saved configs; ``keep.py`` runs them."""

import argparse
import getpass
import os
from collections.abc import Callable
from typing import Any, Final

from core.commands.installation import settings
from core.commands.parsing import Commands
from core.commands.streams import Streams

Add = Callable[[str, str, str], argparse.ArgumentParser]

# The store has them too; but reading its module takes longer than all of --help.
SORTS: Final = ("updated", "created", "name", "last_used", "times_used")
"""What a list can be sorted by."""

_LOGIN_ABOUT: Final = """\
Let this machine's commands use a running server as you, with an access token.

The token is asked for and never shown. Make one on the server's account page, one for each machine;
where the server keeps accounts in Supabase, it is the access token of a sign-in there."""
_LOGIN_MORE: Final = """\
SERVER is the address of the app, with its path where it has one. It is asked whether it is a
Tunesmith before it is sent a token. Tokens are kept in a file of yours that nobody else can read:
credentials.json in the settings folder of tunesmith. A later login is the one that `list`, `get`,
`download` and `save` use.

Without a login, as in CI, TUNESMITH_SERVER and TUNESMITH_TOKEN do the same.

exit codes:
  0  the server takes the token
  2  it doesn't, or can't be reached

examples:
  python -m core login
  python -m core login https://example.org/tunesmith
  python -m core login --token-stdin < token.txt"""

_LOGOUT_ABOUT: Final = """\
Forget the access token of a server on this machine.

The token itself stays good until it ends; the server's account page revokes it."""
_LOGOUT_MORE: Final = """\
examples:
  python -m core logout
  python -m core logout https://example.org/tunesmith"""

_LIST_ABOUT: Final = """\
List the saved configs of a server or of this machine."""
_LIST_MORE: Final = """\
"runs" and "stops" tell whether the trainer would get to its end. --json prints one JSON object a
line.

examples:
  python -m core list
  python -m core list --search lora --method dpo --valid --sort name
  python -m core list --json --limit 10"""

_GET_ABOUT: Final = """\
Print the JSON of a saved config, byte for byte.

That is no use of it; `download` counts as one."""
_GET_MORE: Final = """\
NAME is the whole name, in any case where only one config has it so, an id, or how an id begins.

examples:
  python -m core get my-run > my-run.json
  python -m core get my-run --version 3
  python -m core get my-run | python -m core diff - my-run.json
  python -m core get my-run --json"""

_DOWNLOAD_ABOUT: Final = """\
Write saved configs to files, as the app's own download does; each counts as a use."""
_DOWNLOAD_MORE: Final = """\
The files are named after the configs; their names are printed, one a line. A file that is there is
left alone, and nothing is written then, unless --force is given.

examples:
  python -m core download my-run
  python -m core download my-run other-run -o configs
  python -m core download my-run --version 3 -o old.json"""

_SAVE_ABOUT: Final = """\
Save a file as a config of its name: a new one, or a new version of the one that is there.

Without --name, --onto or --as-new it is the config that is named like the file, or whose download
is named so. An invalid config is saved too; what is printed says so."""
_SAVE_MORE: Final = """\
What is the same as the newest version makes no new one. Commands in the config are saved only once
each of them was agreed to; they are printed with what agrees to them.

exit codes:
  0  saved, or the same already
  1  not saved: it was saved elsewhere meanwhile, the name is taken, or a command has no yes
  2  FILE or the arguments can't be used, or the place can't be reached

examples:
  python -m core save my-run.json
  python -m core save tuned.json --onto my-run --message "smaller batches"
  python -m core save my-run.json --expect 4
  python -m core presets hybrid | python -m core save - --name hybrid --template hybrid"""


def add_keep(commands: Commands) -> None:
    """Add them all; each names its function in ``keep``."""

    def add(name: str, about: str, more: str) -> argparse.ArgumentParser:
        added = commands.add(name, _keep, about, more)
        added.set_defaults(keep=name)
        return added

    _add_login(add)
    _add_logout(add)
    _add_list(add)
    _add_get(add)
    _add_download(add)
    _add_save(add)


def _keep(args: argparse.Namespace, streams: Streams) -> int:
    from core.commands import keep
    from core.commands.credentials import Credentials
    from core.commands.logins import Ground

    ground = Ground(
        streams=streams,
        token=lambda words: _token(words, args, streams),
        environ=os.environ,
        settings=settings,
        credentials=Credentials.usual(),
    )
    return keep.run(args, ground)


def _token(words: str, args: argparse.Namespace, streams: Streams) -> str:
    """An access token from the terminal, or from one line of standard input."""
    if args.token_stdin or not streams.is_terminal:
        return streams.line()
    try:
        return getpass.getpass(words)
    except EOFError:
        return ""


def _add_login(add: Add) -> None:
    login = add("login", _LOGIN_ABOUT, _LOGIN_MORE)
    login.add_argument(
        "server",
        nargs="?",
        metavar="SERVER",
        help="default: TUNESMITH_SERVER, or http://localhost:8501",
    )
    login.add_argument(
        "--token-stdin",
        action="store_true",
        help="read the token from one line of standard input, in a terminal too",
    )
    _add_insecure(login)


def _add_logout(add: Add) -> None:
    logout = add("logout", _LOGOUT_ABOUT, _LOGOUT_MORE)
    logout.add_argument(
        "server", nargs="?", metavar="SERVER", help="default: that of the last login"
    )


def _add_list(add: Add) -> None:
    listed = add("list", _LIST_ABOUT, _LIST_MORE)
    listed.add_argument(
        "--search", default="", metavar="TEXT", help="words of the name or the description"
    )
    for option, what in (("method", "training method"), ("tag", "tag")):
        listed.add_argument(
            f"--{option}",
            action="append",
            default=[],
            metavar=option.upper(),
            help=f"only those with this {what}; can be given several times",
        )
    verdict = listed.add_mutually_exclusive_group()
    verdict.add_argument(
        "--valid", action="store_const", const=True, default=None, help="only valid ones"
    )
    verdict.add_argument(
        "--invalid", dest="valid", action="store_const", const=False, help="only invalid ones"
    )
    listed.add_argument(
        "--sort",
        choices=SORTS,
        default="updated",
        help="names from A, all else from the newest or most; default: %(default)s",
    )
    listed.add_argument("--reverse", action="store_true", help="the other way round")
    listed.add_argument("--limit", type=int, metavar="N", help="the first N only")
    listed.add_argument("--json", action="store_true", help="print a JSON object a line")
    _add_place(listed)


def _add_get(add: Add) -> None:
    get = add("get", _GET_ABOUT, _GET_MORE)
    get.add_argument("config", metavar="NAME", help="the name or the id of a config")
    _add_version(get)
    get.add_argument("--json", action="store_true", help="print all that is kept about it")
    _add_place(get)


def _add_download(add: Add) -> None:
    download = add("download", _DOWNLOAD_ABOUT, _DOWNLOAD_MORE)
    download.add_argument("configs", nargs="+", metavar="NAME", help="the names or ids of configs")
    download.add_argument(
        "-o", dest="out", metavar="OUT", help="a folder that is there, or for one config a file"
    )
    download.add_argument("--force", action="store_true", help="replace files that are there")
    _add_version(download)
    _add_place(download)


def _add_save(add: Add) -> None:
    save = add("save", _SAVE_ABOUT, _SAVE_MORE)
    save.add_argument("file", metavar="FILE", help="a config in JSON, or - with a --name")
    save.add_argument("--name", help="the name of the config; with --onto its new name")
    target = save.add_mutually_exclusive_group()
    target.add_argument("--onto", metavar="NAME", help="a new version of that config")
    target.add_argument(
        "--as-new", action="store_true", help="make a new config; refused where the name is taken"
    )
    save.add_argument(
        "--expect",
        type=int,
        metavar="REVISION",
        help="save only where the config is at this revision; 0 where it is not there",
    )
    save.add_argument("--message", default="", metavar="TEXT", help="what to say of this version")
    save.add_argument("--description", metavar="TEXT", help="the description of the config")
    save.add_argument("--template", metavar="ID", help="the preset that it began with")
    save.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="TAG",
        help="a tag of a new config; can be given several times",
    )
    save.add_argument(
        "--target",
        metavar="TARGET",
        help="what to judge it for, such as tiny_tool_use/pinned/t4; default: as it was",
    )
    save.add_argument(
        "--approve",
        action="append",
        default=[],
        metavar="SHA256",
        help="agree to the command with this hash; can be given several times",
    )
    save.add_argument("--json", action="store_true", help="print all that is kept about it")
    _add_place(save)


def _add_version(command: argparse.ArgumentParser) -> None:
    command.add_argument("--version", type=int, metavar="N", help="an older version, by its number")


def _add_place(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group(
        "where the configs are",
        "Without any of these: TUNESMITH_SERVER, the server of the last login, or without a\n"
        "login this machine. The first line on stderr says which it is.",
    )
    places: Any = group.add_mutually_exclusive_group()
    places.add_argument("--server", metavar="URL", help="a running server")
    places.add_argument(
        "--local", action="store_true", help="the file of this machine, which TUNESMITH_DATA names"
    )
    group.add_argument(
        "--account",
        metavar="NAME",
        help="with --local: the account of the file, local for the one without a sign-in; default: "
        "the only one",
    )
    _add_insecure(group)


def _add_insecure(command: Any) -> None:
    command.add_argument(
        "--insecure",
        action="store_true",
        help="send the token in the clear to a server that is not on this machine",
    )

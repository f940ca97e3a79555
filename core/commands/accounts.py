"""``accounts`` and ``backup``: what the operator of an installation does with its database."""

import argparse
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.commands.installation import database, settings, without_warnings
from core.commands.parsing import Commands
from core.commands.streams import FINE, Streams
from core.errors import InputError

if TYPE_CHECKING:
    from core.identity.local import LocalIdentity
    from core.system.database import Database

_ACCOUNTS_ABOUT: Final = """\
List the accounts of this installation, add one, set a password or delete one.

It works on the database of the app, also while that runs; TUNESMITH_DATA says which. Whoever can
run it is taken for the operator: no password is asked."""

_ACCOUNTS_MORE: Final = """\
The new password is asked for in the terminal, or read from one line of standard input. Setting one
ends all sessions and access tokens of the account. To delete an account its name has to be typed
once more; its configs go with it.

examples:
  python -m core accounts
  python -m core accounts add ada
  python -m core accounts password ada < new_password.txt"""

_BACKUP_ABOUT: Final = """\
Copy the database of the app to a new file, also while the app runs.

FILE then holds all accounts, configs, versions and drafts as they were at one moment. Only its
owner can read it. TUNESMITH_DATA says which database."""

_BACKUP_MORE: Final = """\
To go back to a backup, stop the app, delete tunesmith.sqlite3, tunesmith.sqlite3-wal and
tunesmith.sqlite3-shm in the data folder, and copy FILE there as tunesmith.sqlite3.

examples:
  python -m core backup tunesmith-backup.sqlite3
  python -m core backup "backups/$(date +%F).sqlite3\""""


def add_accounts(commands: Commands) -> None:
    """Add ``accounts``."""
    accounts = commands.add("accounts", _accounts, _ACCOUNTS_ABOUT, _ACCOUNTS_MORE)
    accounts.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=tuple(_ACCOUNT_ACTIONS),
        help="default: %(default)s",
    )
    accounts.add_argument("name", nargs="?", metavar="NAME", help="the user name")


def add_backup(commands: Commands) -> None:
    """Add ``backup``."""
    backup = commands.add("backup", _backup, _BACKUP_ABOUT, _BACKUP_MORE)
    backup.add_argument("file", metavar="FILE", help="where to write it; may not exist yet")


def _accounts(args: argparse.Namespace, streams: Streams) -> int:
    if (args.action == "list") != (args.name is None):
        wants = "takes no NAME" if args.action == "list" else "needs a NAME"
        raise InputError(f"accounts {args.action} {wants}; see accounts --help.")
    with without_warnings(), database() as opened:
        _ACCOUNT_ACTIONS[args.action](_identity(opened), args.name, streams)
    return FINE


def _identity(database: "Database") -> "LocalIdentity":
    from core.identity.local import BcryptPasswords, LocalIdentity

    return LocalIdentity(database, BcryptPasswords(), sign_up_is_open=False)


def _list_accounts(identity: "LocalIdentity", _: str, streams: Streams) -> None:
    from core.output.text import table

    accounts = identity.accounts()
    streams.say(
        table(
            (one.name, f"{one.created_at:%Y-%m-%d}", one.full_name, one.email) for one in accounts
        )
    )
    if not accounts:
        streams.complain("There are no accounts yet.")


def _add_account(identity: "LocalIdentity", name: str, streams: Streams) -> None:
    from core.identity.protocol import NewAccount

    added = identity.add(NewAccount(name, _new_password(streams)))
    streams.complain(f"Added {added.name}.")


def _set_password(identity: "LocalIdentity", name: str, streams: Streams) -> None:
    account = identity.named(name)
    identity.set_password(account.name, _new_password(streams))
    streams.complain(f"Set the password of {account.name} and ended all its sessions and tokens.")


def _delete_account(identity: "LocalIdentity", name: str, streams: Streams) -> None:
    account = identity.named(name)
    if streams.is_terminal:
        streams.complain(f"This deletes {account.name} and all its configs. Type the name again:")
    if streams.line().strip() != account.name:
        raise InputError(f"{account.name} was not deleted: the name has to be typed once more.")
    identity.remove(account.name)
    streams.complain(f"Deleted {account.name} and all its configs.")


_ACCOUNT_ACTIONS: Final[dict[str, Callable[["LocalIdentity", str, Streams], None]]] = {
    "list": _list_accounts,
    "add": _add_account,
    "password": _set_password,
    "delete": _delete_account,
}


def _new_password(streams: Streams) -> str:
    """A password from the terminal, typed twice, or from one line of standard input."""
    if not streams.is_terminal:
        return streams.line()
    try:
        first, second = getpass.getpass("New password: "), getpass.getpass("The same again: ")
    except EOFError:
        raise InputError("No password was typed; nothing was changed.") from None
    if first != second:
        raise InputError("The two passwords differ; nothing was changed.")
    return first


def _backup(args: argparse.Namespace, streams: Streams) -> int:
    from core.system.database import backup

    try:
        backup(settings().database_file, Path(args.file))
    except FileExistsError:
        raise InputError(f"{args.file}: is there already; name a new file.") from None
    except ValueError as error:
        raise InputError(f"{args.file}: can't be written: {error}.") from None
    size = Path(args.file).stat().st_size
    streams.say(f"Wrote {args.file} ({-(-size // 1024)} KiB).\n")
    return FINE

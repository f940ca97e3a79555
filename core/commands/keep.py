"""``list``, ``get``, ``download`` and ``save``: saved configs by command.

What the configs are kept in is a ``Keeper``: a running server, or the file of this machine. The
commands themselves know only that.
"""

import argparse
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import Final

from core.api.answers import config_json, summary_json, whole_version_json
from core.commands.keeper import PAGE, SHORT_ID, Finder, Found, Keeper, walk
from core.commands.logins import Ground, log_in, log_out, opened
from core.document import Source, write
from core.drafts.draft import file_name
from core.errors import (
    Conflict,
    InputError,
    NameTaken,
    NeedsConsent,
    TunesmithError,
)
from core.output.text import printable, table
from core.reading.consent import Command, commands
from core.stores import archive
from core.stores.listing import is_text
from core.stores.protocol import Config, Query, Summary
from core.system.atomic import is_device, write_atomic
from core.workbench import Writing

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def run(args: argparse.Namespace, ground: Ground) -> int:
    """Run the command that ``args.keep`` names; its exit code."""
    return _COMMANDS[args.keep](args, ground)


# --- List ----------------------------------------------------------------------------------------


def _query(args: argparse.Namespace) -> Query:
    return Query(
        search=args.search,
        methods=tuple(args.method),
        valid=args.valid,
        tags=tuple(args.tag),
        sort=args.sort,
        descending=(args.sort != "name") is not args.reverse,
        limit=PAGE,
    )


def _list(args: argparse.Namespace, ground: Ground) -> int:
    if args.limit is not None and args.limit < 1:
        raise InputError(f"--limit is {args.limit}; give 1 or more.")
    if not is_text("".join((args.search, *args.method, *args.tag))):
        raise InputError("What to look for is not UTF-8; type it again.")
    with opened(args, ground) as keeper:
        rows = walk(keeper, _query(args), args.limit)
        if args.json:
            for row in rows:
                ground.streams.say(json.dumps(summary_json(row)) + "\n")
            return 0
        lines = [_line(row) for row in rows]
    if lines:
        ground.streams.say(table([_HEAD, *lines]))
    else:
        asked = args.search or args.method or args.tag or args.valid is not None
        ground.streams.complain("No config matches." if asked else "There are no configs yet.")
    return 0


_HEAD: Final = ("NAME", "METHOD", "VERDICT", "REVISION", "UPDATED", "ID")


def _line(row: Summary) -> tuple[str, ...]:
    return (
        row.name,
        row.method or "-",
        _verdict(is_valid=row.is_valid, runs=row.runs),
        str(row.revision),
        f"{row.updated_at.astimezone():%Y-%m-%d %H:%M}",
        row.id[:SHORT_ID],
    )


def _verdict(*, is_valid: bool, runs: bool) -> str:
    return f"{'valid' if is_valid else 'invalid'}, {'runs' if runs else 'stops'}"


# --- Get and download ----------------------------------------------------------------------------


def _get(args: argparse.Namespace, ground: Ground) -> int:
    with opened(args, ground) as keeper:
        found = Finder(keeper).find(args.config)
        if args.version is None:
            config = keeper.get(found.id)
            text, record = config.text, config_json(config)
        else:
            version = keeper.version(found.id, args.version)
            text, record = version.content.text, whole_version_json(version)
    if args.json:
        ground.streams.say(write(record))
    else:
        ground.streams.say_exactly(text.encode("utf-8", "surrogatepass"))
    return 0


def _download(args: argparse.Namespace, ground: Ground) -> int:
    with opened(args, ground) as keeper:
        finder = Finder(keeper)
        wanted = {found.id: found for found in map(finder.find, args.configs)}
        files = _files(list(wanted.values()), args)
        if not args.force:
            _require_free(files)
        for found, file in zip(wanted.values(), files, strict=True):
            data = keeper.download(found.id, args.version)
            if args.out == "-":
                ground.streams.say_exactly(data)
            else:
                _write_file(file, data, replaces=args.force)
                ground.streams.say(printable(str(file)) + "\n")
    return 0


def _files(wanted: Sequence[Found], args: argparse.Namespace) -> list[Path]:
    """Where each download goes."""
    out = Path(args.out or ".")
    if not out.is_dir():
        if args.out.endswith(("/", os.sep)):
            raise InputError(f"{args.out}: is not a folder; make it first.")
        if len(wanted) > 1:
            raise InputError(f"{args.out}: is not a folder, which {len(wanted)} configs need.")
        return [out]
    version = "" if args.version is None else f"-v{args.version}"
    names = archive.unique((file_name(found.name + version), b"") for found in wanted)
    return [out / name for name, _ in names]


def _require_free(files: Iterable[Path]) -> None:
    taken = [file for file in files if os.path.lexists(file) and not is_device(file)]
    if taken:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise InputError(f"{taken[0]}: is there already{more}; --force replaces it.")


def _write_file(file: Path, data: bytes, *, replaces: bool) -> None:
    with ExitStack() as undo:
        if not (replaces or is_device(file)) and _claimed(file):
            undo.callback(file.unlink, missing_ok=True)
        write_atomic(file, data)
        undo.pop_all()


def _claimed(file: Path) -> bool:
    """Whether the file was made, still empty; what else stands in the way, writing tells.

    Raises:
        InputError: another program has made it since it was looked for.
    """
    try:
        file.open("xb").close()
    except FileExistsError:
        raise InputError(f"{file}: is there already; --force replaces it.") from None
    except (OSError, ValueError):
        return False
    return True


# --- Save ----------------------------------------------------------------------------------------


def _save(args: argparse.Namespace, ground: Ground) -> int:
    _check_save(args)
    source = ground.streams.source(args.file)
    with opened(args, ground) as keeper:
        try:
            config, done = _saved(args, source, keeper)
        except NeedsConsent as error:
            for line in _consent_lines(error, source):
                ground.streams.complain(line)
            return 1
        except (Conflict, NameTaken) as error:
            ground.streams.complain(_refusal(error, args))
            return 1
    if args.json:
        ground.streams.say(write(config_json(config)))
    else:
        ground.streams.say(_told(config))
    ground.streams.complain(f"{done}.")
    return 0


def _check_save(args: argparse.Namespace) -> None:
    if args.file == "-" and not (args.name or args.onto):
        raise InputError("Standard input has no name; give a --name, or --onto.")
    if args.expect is not None and args.expect < 0:
        raise InputError(f"--expect is {args.expect}; give a revision, or 0 for none.")
    if args.as_new and args.expect:
        raise InputError("--as-new makes revision 1; --expect can be 0 with it only.")
    args.approve = [sha256.strip().lower() for sha256 in args.approve]
    for sha256 in args.approve:
        if not _HASH.fullmatch(sha256):
            raise InputError(f"--approve {sha256[:80]!r} is not a SHA-256; it has 64 digits.")


def _saved(args: argparse.Namespace, source: Source, keeper: Keeper) -> tuple[Config, str]:
    """The saved config, and what became of it."""
    old = _meant(args, Finder(keeper))
    writing = Writing(
        name=_new_name(args, old),
        description=args.description,
        template_type=args.template,
        text=source.text,
        target=args.target,
        approved=tuple(args.approve),
    )
    if old is None:
        return keeper.create(writing, args.message, args.tag), "A new config"
    if args.tag:
        raise InputError(f"{old.name!r} is there already; --tag is for a new config.")
    expected = old.revision if args.expect is None else args.expect
    config = keeper.write(old.id, writing, expected_revision=expected, message=args.message)
    is_same = config.revision == expected
    return config, "The same as before" if is_same else f"A new version, after {expected}"


def _meant(args: argparse.Namespace, finder: Finder) -> Found | None:
    """The config that gets a new version; ``None`` for a new config."""
    if args.onto:
        return _expected(finder.find(args.onto), args)
    found = None
    if not args.as_new:
        found = finder.named(_stem(args))
        if not found and args.name is None:
            found = finder.downloaded_as(PurePath(args.file).name)
    if found is None and args.expect:
        raise InputError(f"There is no config {_stem(args)!r} to be at revision {args.expect}.")
    return _expected(found, args)


def _expected(found: Found | None, args: argparse.Namespace) -> Found | None:
    if found is not None and args.expect == 0:
        raise NameTaken(found.name)
    return found


def _stem(args: argparse.Namespace) -> str:
    """The name that a new config gets."""
    return str(args.name or PurePath(args.file).stem).strip()


def _new_name(args: argparse.Namespace, old: Found | None) -> str | None:
    return _stem(args) if old is None else args.name


def _told(config: Config) -> str:
    checked = config.checked
    verdict = _verdict(is_valid=checked.is_valid, runs=checked.runs)
    return f"{printable(config.name)} · revision {config.revision} · {verdict}\n"


def _refusal(error: TunesmithError, args: argparse.Namespace) -> str:
    if not isinstance(error, Conflict):
        return f"{str(error).removesuffix('; choose another name.')}; nothing was saved."
    current: Config = error.current
    revision = current.revision
    other = "by now" if args.expect is None else f"and not at {args.expect}"
    return (
        f"{current.name!r} is at revision {revision} {other}; nothing was overwritten. Look at it "
        f"with `python -m core get {current.id}`, take over what you need, and save with --expect "
        f"{revision}."
    )


def _consent_lines(error: NeedsConsent, source: Source) -> Iterator[str]:
    """What would run, whole, and how to agree to it."""
    asked = {command.sha256 for command in error.commands}
    # What is shown is what stands in the file, whatever a server says about it.
    own = [one for one in commands(source.document) if not asked or one.sha256 in asked]
    shown: dict[str, Command] = {}
    for command in own:
        shown.setdefault(command.sha256, command)
    yield str(error)
    for command in shown.values():
        yield f"{command.tool or 'a tool without a name'}: {command.text or '(no text)'}"
        yield f"  --approve {command.sha256}"
    yield "Not saved. If you want each of these to run, save again with these options."


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace, Ground], int]]] = {
    "login": log_in,
    "logout": log_out,
    "list": _list,
    "get": _get,
    "download": _download,
    "save": _save,
}

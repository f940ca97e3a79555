"""``python -m core``: check, fix and compare configs in a terminal, a script or CI.

Each command is one function that prints its result and returns the exit code. What a command
needs is imported in it, so that ``--help`` and ``check`` start fast.
"""

import argparse
import contextlib
import functools
import getpass
import json
import logging
import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

from core.commands import keep_options, sweep, trainer
from core.commands.target import add_target, target
from core.document import MAX_BYTES, Document, Source, read, write
from core.errors import DocumentError, InputError, TunesmithError
from core.findings import MARK_RULE
from core.system.atomic import write_atomic

if TYPE_CHECKING:
    from core.compare import Comparison
    from core.comparing.selection import Show
    from core.findings import Finding, Report
    from core.identity.local import LocalIdentity
    from core.output.checked import Checked
    from core.reading.target import Target
    from core.settings import Settings
    from core.system.database import Database

FINE: Final = 0
COMPLAINT: Final = 1
UNREADABLE: Final = 2
INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports Ctrl-C."""
PIPE_CLOSED: Final = 141
"""128 + SIGPIPE, as a shell reports a reader that went away."""

# A file beyond a config's own limit is still read this far, so that the message can say its size.
_READ_LIMIT: Final = 64 * MAX_BYTES


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a command reads and writes."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO

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
        from core.output.render import printable

        self.stderr.write(printable(line) + "\n")


def main(
    argv: Sequence[str] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run one command and return its exit code; the arguments default to the process's own."""
    streams = Streams(
        _usable(stdin or sys.stdin), _usable(stdout or sys.stdout), _usable(stderr or sys.stderr)
    )
    try:
        code = _run(argv, streams)
        streams.stdout.flush()
    except BrokenPipeError:
        _silence(streams.stdout)
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _silence(streams.stdout)
        streams.complain(f"The output can't be written: {error.strerror or error}.")
        return UNREADABLE
    return code


def _run(argv: Sequence[str] | None, streams: Streams) -> int:
    try:
        with contextlib.redirect_stdout(streams.stdout), contextlib.redirect_stderr(streams.stderr):
            args = _arguments(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else UNREADABLE
    command: Callable[[argparse.Namespace, Streams], int] = args.command
    try:
        return command(args, streams)
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


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    args, unknown = parser().parse_known_args(argv)
    if unknown:
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return args


def _usable(stream: TextIO | None) -> TextIO:
    # Python sets a standard stream to None where the shell closed it.
    if stream is None:
        return open(os.devnull, "r+", encoding="utf-8")
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure and stream.writable():
        reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    return stream


def _silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that Python's own exit stays quiet."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _no_command(args: argparse.Namespace, streams: Streams) -> int:
    streams.say(args.parser.format_help())
    streams.complain("Name a command, such as check.")
    return UNREADABLE


def _presets(args: argparse.Namespace, streams: Streams) -> int:
    from core.output.render import presets_text
    from core.presets import find, load

    streams.say(write(find(args.id).config) if args.id else presets_text(load()))
    return FINE


def _check(args: argparse.Namespace, streams: Streams) -> int:
    if args.form in ("sarif", "junit"):
        return _check_together(args, streams)
    show = _json_report if args.form == "json" else _plain_report
    codes = [_check_one(name, show, args, streams) for name in args.files]
    return max(codes)


def _check_one(
    name: str, show: Callable[..., str], args: argparse.Namespace, streams: Streams
) -> int:
    from core.system import log

    try:
        report = _report(_source(name, streams), target(args))
    except InputError as error:
        streams.complain(str(error))
        return UNREADABLE
    log.checked(name, report, logging.INFO)
    streams.say(show(name, report, alone=len(args.files) == 1))
    return _code(report, args)


def _check_together(args: argparse.Namespace, streams: Streams) -> int:
    """All files in one document of the form that was asked for."""
    from core.commands.check import together

    files = [_checked(name, args, streams) for name in args.files]
    streams.say(together(args.form, files, target(args), strict=args.strict))
    for file in files:
        if file.problem:
            streams.complain(file.problem)
    return max(_code(file.report, args) for file in files)


def _checked(name: str, args: argparse.Namespace, streams: Streams) -> "Checked":
    from core.output.checked import Checked
    from core.system import log

    try:
        source = _read_source(name, streams)
    except DocumentError as error:
        return Checked(name, problem=_problem(name, error), line=error.line, column=error.column)
    except InputError as error:
        return Checked(name, problem=str(error))
    report = _report(source, target(args))
    log.checked(name, report, logging.INFO)
    return Checked(name, source, report)


def _code(report: "Report | None", args: argparse.Namespace) -> int:
    if report is None:
        return UNREADABLE
    return COMPLAINT if _has_complaint(report, strict=args.strict) else FINE


def _report(source: Source, target: "Target") -> "Report":
    from core.output.answers import report

    return report(source, target)


def _has_complaint(report: "Report", *, strict: bool) -> bool:
    return bool(report.errors or (strict and (report.warnings or report.trainer.blockers)))


def _json_report(name: str, report: "Report", *, alone: bool) -> str:
    if alone:
        return write(report.as_json())
    return json.dumps({"file": name, **report.as_json()}) + "\n"


def _plain_report(name: str, report: "Report", *, alone: bool) -> str:
    from core.output.render import printable, report_text

    return report_text(report) if alone else f"{printable(name)}: {report_text(report)}\n"


def _fix(args: argparse.Namespace, streams: Streams) -> int:
    from core.check import check, fix

    source = _source(args.file, streams)
    wanted = target(args)
    if args.run:
        return _make_run(source, args, streams)
    fixed, applied = fix(source.document, args.rule, args.safe, wanted)
    keeps_mark = source.had_bom and args.rule not in (None, MARK_RULE)
    text = ("\ufeff" if keeps_mark else "") + (write(fixed) if applied else source.text)
    _put_out(text, args, streams)
    dropped_mark = source.had_bom and not keeps_mark
    for line in _fix_summary(source, applied, dropped_mark) or [_nothing(source, args)]:
        streams.complain(line)
    return COMPLAINT if check(fixed, wanted).errors else FINE


def _put_out(text: str, args: argparse.Namespace, streams: Streams) -> None:
    if args.out in (None, "-"):
        streams.say(text)
    else:
        _write_file(args.out, text)


def _make_run(source: Source, args: argparse.Namespace, streams: Streams) -> int:
    from core.drafts.making import make_run
    from core.output.render import change_lines, counted

    made = make_run(source.document, target(args))
    changes = change_lines(source.document, made.patch)
    if source.had_bom:
        changes.insert(0, f"dropped the byte-order mark [{MARK_RULE}]")
    _put_out(write(made.document) if made.patch else source.text, args, streams)
    head = f"It runs with {counted(len(changes), 'change')}:" if changes else "It runs as it is."
    if not made.runs:
        head = f"{counted(len(made.left), 'reason')} why it stops can't be mended here:"
        changes += [f"{one.message} {one.remedy} [{one.rule}]" for one in made.left]
    for line in (head, *(f"  {change}" for change in changes)):
        streams.complain(line)
    return FINE if made.runs else COMPLAINT


def _fix_summary(source: Source, applied: "Sequence[Finding]", dropped_mark: bool) -> list[str]:
    from core.output.render import counted, fix_lines

    mark = [f"  dropped the byte-order mark [{MARK_RULE}]"] if dropped_mark else []
    lines = [f"  {line}" for line in fix_lines(source.document, applied)]
    head = f"Applied {counted(len(applied) + len(mark), 'fix', 'fixes')}:"
    return [head, *mark, *lines] if mark or lines else []


def _nothing(source: Source, args: argparse.Namespace) -> str:
    """Why ``fix`` did nothing: a rule that found nothing here may be misspelled."""
    kind = "safe fix" if args.safe else "fix"
    if args.rule is None:
        return f"Nothing to fix: no finding has a {kind}." if args.safe else "Nothing to fix."
    found = list(_report(source, target(args)))
    if any(finding.rule == args.rule for finding in found):
        return f"Nothing to fix: {args.rule!r} has no {kind} in {args.file}."
    fixable = {finding.rule for finding in found if finding.fix and (finding.safe or not args.safe)}
    marked = {MARK_RULE} if source.had_bom else set()
    known = ", ".join(sorted(fixable | marked)) or "none"
    return f"No finding of rule {args.rule[:80]!r} in {args.file}; rules with a {kind}: {known}."


def _diff(args: argparse.Namespace, streams: Streams) -> int:
    from core import trainers
    from core.compare import compare
    from core.comparing.selection import Selection, select

    names = [args.first, *args.others]
    base = _base(args, len(names))
    documents = [_document(name, streams) for name in names]
    profile = trainers.setting(target(args)).profile
    found = compare(documents, names, args.all, base, [profile] * len(documents))
    show: Show = "effect" if args.effect else "all" if args.all else "differences"
    rows = select(found.rows, Selection(show=show, ignore=tuple(args.ignore)))
    comparison = replace(found, rows=rows)
    left_out = sum(row.differs for row in found.rows) - sum(row.differs for row in rows)
    streams.say(_comparison_text(comparison, args, left_out))
    return COMPLAINT if comparison.differs else FINE


def _base(args: argparse.Namespace, count: int) -> int:
    """The index of the base, once it is clear that the arguments fit so many configs."""
    if not 1 <= args.base <= count:
        raise InputError(f"--base is {args.base}; there are {count} configs, counted from 1.")
    if args.form == "patch" and count != 2:
        raise InputError(f"--patch needs exactly two configs; there are {count}.")
    return int(args.base) - 1


def _comparison_text(comparison: "Comparison", args: argparse.Namespace, left_out: int) -> str:
    from core.comparing.consequences import consequences, outcome
    from core.output import render
    from core.output.answers import compared

    if args.form == "patch":
        return write([dict(step) for step in comparison.patch or ()])
    wanted = target(args)
    if args.form == "json":
        return write(compared(comparison, [wanted] * len(comparison.documents)))
    found = consequences([outcome(document, wanted) for document in comparison.documents])
    shown = [one for one in found if one.differs or args.all]
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: render.comparison_text(comparison, shown, left_out),
        "markdown": lambda: render.comparison_markdown(comparison, shown),
        "csv": lambda: render.comparison_csv(comparison, shown),
    }
    return forms[args.form]()


def _derive(args: argparse.Namespace, streams: Streams) -> int:
    from core import trainers
    from core.derive import derive
    from core.output import answers
    from core.output.render import derived_text
    from core.reading.view import View

    wanted, document = target(args), _document(args.file, streams)
    sizes = _document(args.model_config, streams) if args.model_config else None
    if args.json:
        streams.say(write(answers.derived(document, wanted, sizes)))
        return FINE
    setting = trainers.setting(wanted)
    view = View(document, setting.profile)
    streams.say(f"{derived_text(derive(view))}\n{answers.memory(view, setting, sizes).text}")
    return FINE


def _effective(args: argparse.Namespace, streams: Streams) -> int:
    return trainer.effective(args, _document(args.file, streams), streams.say)


def _requirements(args: argparse.Namespace, streams: Streams) -> int:
    document = _document(args.file, streams)
    return trainer.requirements(args, document, streams.say, streams.complain)


def _sweep(args: argparse.Namespace, streams: Streams) -> int:
    document = _document(args.file, streams)
    return sweep.sweep(args, document, streams.say, streams.complain)


def _schema(args: argparse.Namespace, streams: Streams) -> int:
    from core.schema import json_schema

    if args.files:
        _add_schema(args.files, write(json_schema()), streams)
    else:
        streams.say(write(json_schema()))
    return FINE


def _add_schema(names: Sequence[str], schema: str, streams: Streams) -> None:
    """Write the schema beside the files and name it in them, once all of them are read."""
    from core.changes.editors import FILE_NAME, with_schema

    if "-" in names:
        raise InputError("-: --add changes files in their place; name a file.")
    named = {name: with_schema(_source(name, streams).text) for name in names}
    for folder in dict.fromkeys(Path(name).resolve().parent for name in names):
        _write_file(str(folder / FILE_NAME), schema)
        streams.complain(f"Wrote {folder / FILE_NAME}.")
    for name, text in named.items():
        _write_file(name, text)
        streams.complain(f"{name} names it under $schema.")


def _fields(args: argparse.Namespace, streams: Streams) -> int:
    from core.output.render import fields_markdown, fields_text

    streams.say(fields_markdown() if args.markdown else fields_text())
    return FINE


def _accounts(args: argparse.Namespace, streams: Streams) -> int:
    if (args.action == "list") != (args.name is None):
        wants = "takes no NAME" if args.action == "list" else "needs a NAME"
        raise InputError(f"accounts {args.action} {wants}; see accounts --help.")
    with _without_warnings(), _database() as database:
        _ACCOUNT_ACTIONS[args.action](_identity(database), args.name, streams)
    return FINE


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Streamlit, which the hashing of passwords brings in, warns where no server runs."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextlib.contextmanager
def _database() -> Iterator["Database"]:
    """The database of the app that is started in this folder with this environment."""
    from core.system.database import Database

    database = Database(_database_file())
    try:
        yield database
    finally:
        database.close()


def _database_file() -> Path:
    return _settings().database_file


def _settings() -> "Settings":
    from core.settings import Settings

    return Settings.from_environ(os.environ, _secrets())


def _secrets() -> dict[str, Any]:
    """What Streamlit takes for the app's secrets: the user's file, then the folder's."""
    found: dict[str, Any] = {}
    for folder in (Path.home(), Path.cwd()):
        file = folder / ".streamlit" / "secrets.toml"
        try:
            found |= tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        # A decoding error of either kind is a ValueError.
        except (OSError, ValueError) as error:
            raise InputError(f"{file}: can't be read: {_why(error)}.") from None
    return found


def _identity(database: "Database") -> "LocalIdentity":
    from core.identity.local import BcryptPasswords, LocalIdentity

    return LocalIdentity(database, BcryptPasswords(), sign_up_is_open=False)


def _list_accounts(identity: "LocalIdentity", _: str, streams: Streams) -> None:
    from core.output.render import table

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
    if streams.stdin.isatty():
        streams.complain(f"This deletes {account.name} and all its configs. Type the name again:")
    if _input_line(streams).strip() != account.name:
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
    if not streams.stdin.isatty():
        return _input_line(streams)
    try:
        first, second = getpass.getpass("New password: "), getpass.getpass("The same again: ")
    except EOFError:
        raise InputError("No password was typed; nothing was changed.") from None
    if first != second:
        raise InputError("The two passwords differ; nothing was changed.")
    return first


def _input_line(streams: Streams) -> str:
    binary = getattr(streams.stdin, "buffer", None)
    if binary is None:
        return streams.stdin.readline().rstrip("\r\n")
    try:
        return str(binary.readline(_READ_LIMIT).decode("utf-8")).rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError("Standard input is not UTF-8; nothing was changed.") from None


def _backup(args: argparse.Namespace, streams: Streams) -> int:
    from core.system.database import backup

    try:
        backup(_database_file(), Path(args.file))
    except FileExistsError:
        raise InputError(f"{args.file}: is there already; name a new file.") from None
    except ValueError as error:
        raise InputError(f"{args.file}: can't be written: {error}.") from None
    size = Path(args.file).stat().st_size
    streams.say(f"Wrote {args.file} ({-(-size // 1024)} KiB).\n")
    return FINE


def _supabase(args: argparse.Namespace, streams: Streams) -> int:
    from core.commands import supabase

    with contextlib.closing(supabase.project_of(_settings())) as project:
        lines = list(supabase.check(project))
    is_fine = supabase.report(lines, streams.say, as_json=args.json)
    return FINE if is_fine else COMPLAINT


def _copy(args: argparse.Namespace, streams: Streams) -> int:
    from core.commands import supabase as remote
    from core.stores.copying import Place

    with (
        _without_warnings(),
        _database() as database,
        contextlib.closing(remote.project_of(_settings())) as project,
    ):
        here = remote.local_place(database, args.account)
        password = remote.typed_password(
            lambda: _input_line(streams), is_terminal=streams.stdin.isatty()
        )
        with remote.signed_in(database, project, args.email, password) as (store, account):
            there = Place(store, account.user_id)
            source, target = (here, there) if args.is_push else (there, here)
            is_whole = remote.copy(source, target, streams.say, streams.complain)
    return FINE if is_whole else COMPLAINT


def _keep(args: argparse.Namespace, streams: Streams) -> int:
    from core.commands import keep
    from core.commands.credentials import Credentials

    ground = keep.Ground(
        say=streams.say,
        say_exactly=streams.say_exactly,
        complain=streams.complain,
        read=lambda name: _source(name, streams),
        token=lambda words: _token(words, args, streams),
        environ=os.environ,
        settings=_settings,
        credentials=Credentials.usual(),
    )
    return keep.run(args, ground)


def _token(words: str, args: argparse.Namespace, streams: Streams) -> str:
    """An access token from the terminal, or from one line of standard input."""
    if args.token_stdin or not streams.stdin.isatty():
        return _input_line(streams)
    try:
        return getpass.getpass(words)
    except EOFError:
        return ""


def _document(name: str, streams: Streams) -> Document:
    return _source(name, streams).document


def _source(name: str, streams: Streams) -> Source:
    try:
        return _read_source(name, streams)
    except DocumentError as error:
        raise InputError(_problem(name, error)) from None


def _read_source(name: str, streams: Streams) -> Source:
    return read(_stdin(streams) if name == "-" else _file(name))


def _problem(name: str, error: DocumentError) -> str:
    return f"{name}: line {error.line}, column {error.column}: {error.reason}"


def _stdin(streams: Streams) -> bytes:
    binary = getattr(streams.stdin, "buffer", None)
    if binary is not None:
        return bytes(binary.read(_READ_LIMIT))
    return streams.stdin.read().encode("utf-8", "surrogatepass")


def _file(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(_READ_LIMIT)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: can't be read: {_why(error)}.") from None


def _write_file(name: str, text: str) -> None:
    write_atomic(Path(name), text.encode())


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


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

_PRESETS_ABOUT: Final = "List the presets, or print the config of one as JSON."
_PRESETS_MORE: Final = """\
examples:
  python -m core presets
  python -m core presets dpo_basic > my.json"""

_CHECK_ABOUT: Final = """\
Say what is wrong with configs and what the trainer will make of them.

An error makes a config invalid. A warning or an info blocks nothing. "stops" says why the trainer
would not get to its end, which a valid config can do too. An error that stops it is shown once."""
_CHECK_MORE: Final = """\
exit codes:
  0  no errors
  1  errors; with --strict also warnings, or blockers ("stops"), even in a valid config
  2  a FILE can't be read; the others are still checked

--json prints one report. With several FILEs it prints one JSON object a line: the file's name
under "file", and its report. --sarif and --junit print one document for all FILEs, those that
can't be read included.

examples:
  python -m core check my.json
  python -m core check --strict --json configs/*.json
  python -m core check --sarif configs/*.json > findings.sarif
  python -m core presets hybrid | python -m core check -"""

_CHECK_FORMS: Final = {
    "json": "reports as JSON",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML, for CI servers",
}

_FIX_ABOUT: Final = """\
Apply the fixes that `check` offers, one after the other, and print the config.

Every fix is applied, those too that change what is trained; --safe applies only those that leave
alone what a config that runs would train, and --rule those of one rule. `check --json` lists them
with what each would do, under "fix". A byte-order mark is dropped too.

--run mends only what stops the trainer, with the fewest changes, and leaves all else alone.

stderr says what was done, a line a change. Without anything to fix the config stays as it is, byte
for byte."""
_FIX_MORE: Final = """\
exit codes:
  0  the fixed config has no errors; with --run, the trainer runs it
  1  it still has errors; with --run, the trainer still stops
  2  FILE can't be read, or OUT can't be written

A --rule that found nothing in FILE changes nothing; stderr names the rules that have a fix there.

examples:
  python -m core fix my.json > fixed.json
  python -m core fix my.json -o my.json
  python -m core fix my.json --safe -o my.json
  python -m core fix my.json --run -o my.json
  python -m core fix my.json --rule config.key.unknown"""

_DIFF_ABOUT: Final = """\
Show the settings that differ between configs, and what follows from them.

Each config is held against the base, the first one unless --base says otherwise; what is not as
there is marked. Tools are matched by name; other lists are aligned, so that an item that was put in
moves none of those after it. 1 and 1.0 are the same number; a row with a note still shows them.

Below the settings stand the numbers and verdicts that differ, as `derive` and `check` say them.
"Changes no run" is the note of a difference that the trainer would not notice. What looks like a
secret is shown as [secret], except in --json and --patch."""
_DIFF_MORE: Final = """\
exit codes:
  0  no difference
  1  differences; with --effect only those that change what a run does
  2  a config or the arguments can't be used

What is ignored is no difference. Numbers and verdicts, and the patch, are those of the whole
configs all the same; they do not count for the exit code.

--json holds all numbers and verdicts under "derived" and "verdict". Where there are two configs it
also holds the patch (RFC 6902) that makes the base the other one; --patch prints nothing else.

PATH is written as the first column shows it.

examples:
  python -m core diff old.json new.json
  python -m core diff --csv configs/*.json > configs.csv
  python -m core diff --effect --base 2 a.json b.json c.json
  python -m core diff --ignore tensorboard --ignore "tools[*].description" a.json b.json
  python -m core diff --patch old.json new.json > changes.json
  python -m core presets dpo_basic | python -m core diff - my.json"""

_DIFF_FORMS: Final = {
    "json": "JSON",
    "markdown": "a Markdown table",
    "csv": "CSV",
    "patch": "only the patch from the base to the other; needs two configs",
}

_DERIVE_ABOUT: Final = """\
Show what follows from a config: rows, optimizer updates, warm-up, peak learning rate, memory.

The memory is an estimate for one GPU, part by part: in the worst case, where a batch is full of the
longest rows, and as is likely. With a --machine whose memory is known it says whether the run fits,
and which changes would make it fit."""
_DERIVE_MORE: Final = """\
Where chance decides a number it has a lowest and a highest value, and beside them what is usual; in
JSON that is a list of two, and a number under "usual". - can't be said; the reason stands beside
it.

"fits" holds even where the estimate is too low by its whole margin; "tight" only where it is right.

examples:
  python -m core derive my.json
  python -m core derive --machine t4 my.json
  python -m core derive --model-config config.json my.json
  python -m core derive --json my.json"""

_SCHEMA_ABOUT: Final = """\
Print the JSON Schema (draft 2020-12) of a config, for editors.

With it an editor completes and checks configs; docs/editors.md tells how. --add writes it beside
each FILE, as tunesmith.schema.json, and names it in FILE under $schema, which the trainer passes
over. All else in FILE stays as it is written."""
_SCHEMA_MORE: Final = """\
examples:
  python -m core schema > tunesmith.schema.json
  python -m core schema --add configs/*.json"""

_FIELDS_ABOUT: Final = "List every known key, what it takes and what the trainer uses without it."
_FIELDS_MORE: Final = """\
examples:
  python -m core fields
  python -m core fields --markdown > docs/fields.md"""


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


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Write the line and exit with ``UNREADABLE``."""
        from core.output.render import printable

        self.exit(UNREADABLE, printable(f"{self.prog}: {message}; see {self.prog} --help") + "\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets ``command`` to its function, ``parser`` to its own."""
    top = _Parser(_program(), description=_ABOUT, epilog=_EXITS, formatter_class=_help_format())
    top.set_defaults(command=_no_command, parser=top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    _add_presets(commands)
    _add_check(commands)
    _add_fix(commands)
    _add_diff(commands)
    _add_derive(commands)
    _add_trainer(commands)
    sweep.add_options(_add(commands, "sweep", _sweep, sweep.ABOUT, sweep.MORE))
    schema = _add(commands, "schema", _schema, _SCHEMA_ABOUT, _SCHEMA_MORE)
    schema.add_argument(
        "--add",
        nargs="+",
        default=[],
        dest="files",
        metavar="FILE",
        help="name it in these configs",
    )
    fields = _add(commands, "fields", _fields, _FIELDS_ABOUT, _FIELDS_MORE)
    fields.add_argument("--markdown", action="store_true", help="print the reference page")
    _add_accounts(commands)
    backup = _add(commands, "backup", _backup, _BACKUP_ABOUT, _BACKUP_MORE)
    backup.add_argument("file", metavar="FILE", help="where to write it; may not exist yet")
    _add_supabase(commands)
    _add_copy(commands, "push", _PUSH_ABOUT, is_push=True)
    _add_copy(commands, "pull", _PULL_ABOUT, is_push=False)
    _add_keep(commands)
    return top


def _program() -> str:
    """How this command was started: by the name that an installation gives it, or as a module."""
    return "tunesmith" if Path(sys.argv[0]).stem == "tunesmith" else "python -m core"


def _help_format() -> Any:
    return functools.partial(argparse.RawDescriptionHelpFormatter, width=98)


def _add(
    commands: Any,
    name: str,
    command: Callable[[argparse.Namespace, Streams], int],
    about: str,
    more: str,
) -> argparse.ArgumentParser:
    summary = about.splitlines()[0]
    added: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=about, epilog=more, formatter_class=_help_format()
    )
    added.set_defaults(command=command, parser=added)
    return added


def _add_presets(commands: Any) -> None:
    presets = _add(commands, "presets", _presets, _PRESETS_ABOUT, _PRESETS_MORE)
    presets.add_argument("id", nargs="?", metavar="ID", help="print this preset's config")


def _add_check(commands: Any) -> None:
    check = _add(commands, "check", _check, _CHECK_ABOUT, _CHECK_MORE)
    check.add_argument("files", nargs="+", metavar="FILE", help="a config in JSON, or -")
    forms = check.add_mutually_exclusive_group()
    for form, what in _CHECK_FORMS.items():
        forms.add_argument(
            f"--{form}", dest="form", action="store_const", const=form, help=f"print {what}"
        )
    check.set_defaults(form="text")
    check.add_argument(
        "--strict", action="store_true", help="exit 1 on warnings and on blockers too"
    )
    add_target(check)


def _add_fix(commands: Any) -> None:
    fix = _add(commands, "fix", _fix, _FIX_ABOUT, _FIX_MORE)
    fix.add_argument("file", metavar="FILE", help="a config in JSON, or -")
    fix.add_argument("--rule", metavar="ID", help="apply only the fixes of this rule")
    fix.add_argument("--safe", action="store_true", help="apply only fixes that change no training")
    fix.add_argument(
        "--run", action="store_true", help="change as little as it takes for the trainer to run it"
    )
    fix.add_argument("-o", dest="out", metavar="OUT", help="write to this file, not to stdout")
    add_target(fix)


def _add_diff(commands: Any) -> None:
    diff = _add(commands, "diff", _diff, _DIFF_ABOUT, _DIFF_MORE)
    diff.add_argument("first", metavar="A", help="a config in JSON, or -")
    diff.add_argument("others", nargs="+", metavar="B", help="the configs to compare it with, or -")
    # They come first: Python 3.13 would break the group over two lines of the usage.
    forms = diff.add_mutually_exclusive_group()
    for form, name in _DIFF_FORMS.items():
        forms.add_argument(
            f"--{form}", dest="form", action="store_const", const=form, help=f"print {name}"
        )
    diff.set_defaults(form="text")
    _add_diff_selection(diff)


def _add_diff_selection(diff: argparse.ArgumentParser) -> None:
    diff.add_argument(
        "--base",
        type=int,
        default=1,
        metavar="N",
        help="which config is the base, counted from 1; default: %(default)s",
    )
    diff.add_argument(
        "--all", action="store_true", help="show equal settings, numbers and verdicts too"
    )
    diff.add_argument(
        "--effect",
        action="store_true",
        help="show only differences that change what a run does, even with --all",
    )
    diff.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="PATH",
        help="leave out PATH and all below it, * for any text; can be given several times",
    )
    add_target(diff)


def _add_accounts(commands: Any) -> None:
    accounts = _add(commands, "accounts", _accounts, _ACCOUNTS_ABOUT, _ACCOUNTS_MORE)
    accounts.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=tuple(_ACCOUNT_ACTIONS),
        help="default: %(default)s",
    )
    accounts.add_argument("name", nargs="?", metavar="NAME", help="the user name")


def _add_supabase(commands: Any) -> None:
    supabase = _add(commands, "supabase", _supabase, _SUPABASE_ABOUT, _SUPABASE_MORE)
    supabase.add_argument("action", choices=("check",), help="what to do with the project")
    supabase.add_argument("--json", action="store_true", help="print a list of what was found")


def _add_copy(commands: Any, name: str, about: str, *, is_push: bool) -> None:
    copy = _add(commands, name, _copy, about, _COPY_MORE.format(name))
    copy.set_defaults(is_push=is_push)
    copy.add_argument(
        "--account",
        metavar="NAME",
        help="the account of the file, local for the one without a sign-in; default: the only one",
    )
    copy.add_argument("--email", required=True, help="the address of the Supabase account")


def _add_keep(commands: Any) -> None:
    def add(name: str, about: str, more: str) -> argparse.ArgumentParser:
        added = _add(commands, name, _keep, about, more)
        added.set_defaults(keep=name)
        return added

    keep_options.add_commands(add)


def _add_trainer(commands: Any) -> None:
    about, more = trainer.EFFECTIVE_ABOUT, trainer.EFFECTIVE_MORE
    effective = _add(commands, "effective", _effective, about, more)
    trainer.add_options(effective)
    about, more = trainer.REQUIREMENTS_ABOUT, trainer.REQUIREMENTS_MORE
    requirements = _add(commands, "requirements", _requirements, about, more)
    for command in (effective, requirements):
        command.add_argument("file", metavar="FILE", help="a config in JSON, or -")
        add_target(command)


def _add_derive(commands: Any) -> None:
    derive = _add(commands, "derive", _derive, _DERIVE_ABOUT, _DERIVE_MORE)
    derive.add_argument("file", metavar="FILE", help="a config in JSON, or -")
    derive.add_argument("--json", action="store_true", help="print JSON")
    derive.add_argument(
        "--model-config",
        metavar="FILE",
        help="the model's config.json, for the memory of a model whose sizes are not known here",
    )
    add_target(derive)

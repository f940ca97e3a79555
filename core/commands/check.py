"""``check``: what is wrong with configs and what the trainer makes of them."""

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from core.commands.parsing import Commands
from core.commands.streams import COMPLAINT, FINE, UNREADABLE, Streams, place_of
from core.commands.target import add_target, target
from core.document import Source, write
from core.errors import DocumentError, InputError

if TYPE_CHECKING:
    from core.findings import Report
    from core.output.checked import Checked
    from core.reading.target import Target

_ABOUT: Final = """\
Say what is wrong with configs and what the trainer will make of them.

An error makes a config invalid. A warning or an info blocks nothing. "stops" says why the trainer
would not get to its end, which a valid config can do too. An error that stops it is shown once."""

_MORE: Final = """\
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

_FORMS: Final = {
    "json": "reports as JSON",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML, for CI servers",
}


def add_check(commands: Commands) -> None:
    """Add ``check``."""
    check = commands.add("check", _check, _ABOUT, _MORE)
    check.add_argument("files", nargs="+", metavar="FILE", help="a config in JSON, or -")
    forms = check.add_mutually_exclusive_group()
    for form, what in _FORMS.items():
        forms.add_argument(
            f"--{form}", dest="form", action="store_const", const=form, help=f"print {what}"
        )
    check.set_defaults(form="text")
    check.add_argument(
        "--strict", action="store_true", help="exit 1 on warnings and on blockers too"
    )
    add_target(check)


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
        report = _report(streams.source(name), target(args))
    except InputError as error:
        streams.complain(str(error))
        return UNREADABLE
    log.checked(name, report, logging.INFO)
    streams.say(show(name, report, alone=len(args.files) == 1))
    return _code(report, args)


def _check_together(args: argparse.Namespace, streams: Streams) -> int:
    """All files in one document of the form that was asked for."""
    files = [_checked(name, args, streams) for name in args.files]
    streams.say(_together(args.form, files, target(args), strict=args.strict))
    for file in files:
        if file.problem:
            streams.complain(file.problem)
    return max(_code(file.report, args) for file in files)


def _together(form: str, files: Sequence["Checked"], target: "Target", *, strict: bool) -> str:
    from datetime import UTC, datetime

    from core import VERSION
    from core.output.junit import junit
    from core.output.sarif import sarif

    if form == "junit":
        return junit(files, datetime.now(UTC), strict=strict)
    return write(sarif(files, VERSION, target))


def _checked(name: str, args: argparse.Namespace, streams: Streams) -> "Checked":
    from core.output.checked import Checked
    from core.system import log

    try:
        source = streams.read(name)
    except DocumentError as error:
        return Checked(name, problem=place_of(name, error), line=error.line, column=error.column)
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
    from core.output.report import report_text
    from core.output.text import printable

    return report_text(report) if alone else f"{printable(name)}: {report_text(report)}\n"

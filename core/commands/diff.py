"""``diff``: the settings that differ between configs, and what follows from them."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from core.commands.parsing import Commands
from core.commands.streams import COMPLAINT, FINE, Streams
from core.commands.target import add_target, target
from core.document import write
from core.errors import InputError

if TYPE_CHECKING:
    from core.compare import Comparison
    from core.comparing.selection import Show

_ABOUT: Final = """\
Show the settings that differ between configs, and what follows from them.

Each config is held against the base, the first one unless --base says otherwise; what is not as
there is marked. Tools are matched by name; other lists are aligned, so that an item that was put in
moves none of those after it. 1 and 1.0 are the same number; a row with a note still shows them.

Below the settings stand the numbers and verdicts that differ, as `derive` and `check` say them.
"Changes no run" is the note of a difference that the trainer would not notice. What looks like a
secret is shown as [secret], except in --json and --patch."""

_MORE: Final = """\
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

_FORMS: Final = {
    "json": "JSON",
    "markdown": "a Markdown table",
    "csv": "CSV",
    "patch": "only the patch from the base to the other; needs two configs",
}


def add_diff(commands: Commands) -> None:
    """Add ``diff``."""
    diff = commands.add("diff", _diff, _ABOUT, _MORE)
    diff.add_argument("first", metavar="A", help="a config in JSON, or -")
    diff.add_argument("others", nargs="+", metavar="B", help="the configs to compare it with, or -")
    # They come first: Python 3.13 would break the group over two lines of the usage.
    forms = diff.add_mutually_exclusive_group()
    for form, name in _FORMS.items():
        forms.add_argument(
            f"--{form}", dest="form", action="store_const", const=form, help=f"print {name}"
        )
    diff.set_defaults(form="text")
    _add_selection(diff)


def _add_selection(diff: argparse.ArgumentParser) -> None:
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


def _diff(args: argparse.Namespace, streams: Streams) -> int:
    from core import trainers
    from core.compare import compare
    from core.comparing.selection import Selection, select

    names = [args.first, *args.others]
    base = _base(args, len(names))
    documents = [streams.document(name) for name in names]
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
    from core.output.answers import compared
    from core.output.comparison import comparison_csv, comparison_markdown, comparison_text

    if args.form == "patch":
        return write([dict(step) for step in comparison.patch or ()])
    wanted = target(args)
    if args.form == "json":
        return write(compared(comparison, [wanted] * len(comparison.documents)))
    found = consequences([outcome(document, wanted) for document in comparison.documents])
    shown = [one for one in found if one.differs or args.all]
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: comparison_text(comparison, shown, left_out),
        "markdown": lambda: comparison_markdown(comparison, shown),
        "csv": lambda: comparison_csv(comparison, shown),
    }
    return forms[args.form]()

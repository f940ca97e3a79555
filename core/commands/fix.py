"""``fix``: a config with the fixes that ``check`` offers, or the fewest with which it runs."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from core.commands.parsing import Commands
from core.commands.streams import COMPLAINT, FINE, Streams
from core.commands.target import add_target, target
from core.document import Source, write
from core.findings import MARK_RULE

if TYPE_CHECKING:
    from core.findings import Finding

_ABOUT: Final = """\
Apply the fixes that `check` offers, one after the other, and print the config.

Every fix is applied, those too that change what is trained; --safe applies only those that leave
alone what a config that runs would train, and --rule those of one rule. `check --json` lists them
with what each would do, under "fix". A byte-order mark is dropped too.

--run mends only what stops the trainer, with the fewest changes, and leaves all else alone.

stderr says what was done, a line a change. Without anything to fix the config stays as it is, byte
for byte."""

_MORE: Final = """\
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


def add_fix(commands: Commands) -> None:
    """Add ``fix``."""
    fix = commands.add("fix", _fix, _ABOUT, _MORE)
    fix.add_argument("file", metavar="FILE", help="a config in JSON, or -")
    fix.add_argument("--rule", metavar="ID", help="apply only the fixes of this rule")
    fix.add_argument("--safe", action="store_true", help="apply only fixes that change no training")
    fix.add_argument(
        "--run", action="store_true", help="change as little as it takes for the trainer to run it"
    )
    fix.add_argument("-o", dest="out", metavar="OUT", help="write to this file, not to stdout")
    add_target(fix)


def _fix(args: argparse.Namespace, streams: Streams) -> int:
    from core.check import check, fix

    source = streams.source(args.file)
    wanted = target(args)
    if args.run:
        return _make_run(source, args, streams)
    fixed, applied = fix(source.document, args.rule, args.safe, wanted)
    keeps_mark = source.had_bom and args.rule not in (None, MARK_RULE)
    text = ("\ufeff" if keeps_mark else "") + (write(fixed) if applied else source.text)
    streams.put_out(text, args.out)
    dropped_mark = source.had_bom and not keeps_mark
    for line in _fix_summary(source, applied, dropped_mark) or [_nothing(source, args)]:
        streams.complain(line)
    return COMPLAINT if check(fixed, wanted).errors else FINE


def _make_run(source: Source, args: argparse.Namespace, streams: Streams) -> int:
    from core.drafts.making import make_run
    from core.output.report import change_lines
    from core.output.text import counted

    made = make_run(source.document, target(args))
    changes = change_lines(source.document, made.patch)
    if source.had_bom:
        changes.insert(0, f"dropped the byte-order mark [{MARK_RULE}]")
    streams.put_out(write(made.document) if made.patch else source.text, args.out)
    head = f"It runs with {counted(len(changes), 'change')}:" if changes else "It runs as it is."
    if not made.runs:
        head = f"{counted(len(made.left), 'reason')} why it stops can't be mended here:"
        changes += [f"{one.message} {one.remedy} [{one.rule}]" for one in made.left]
    for line in (head, *(f"  {change}" for change in changes)):
        streams.complain(line)
    return FINE if made.runs else COMPLAINT


def _fix_summary(source: Source, applied: Sequence["Finding"], dropped_mark: bool) -> list[str]:
    from core.output.report import fix_lines
    from core.output.text import counted

    mark = [f"  dropped the byte-order mark [{MARK_RULE}]"] if dropped_mark else []
    lines = [f"  {line}" for line in fix_lines(source.document, applied)]
    head = f"Applied {counted(len(applied) + len(mark), 'fix', 'fixes')}:"
    return [head, *mark, *lines] if mark or lines else []


def _nothing(source: Source, args: argparse.Namespace) -> str:
    """Why ``fix`` did nothing: a rule that found nothing here may be misspelled."""
    from core.output.answers import report

    kind = "safe fix" if args.safe else "fix"
    if args.rule is None:
        return f"Nothing to fix: no finding has a {kind}." if args.safe else "Nothing to fix."
    found = list(report(source, target(args)))
    if any(finding.rule == args.rule for finding in found):
        return f"Nothing to fix: {args.rule!r} has no {kind} in {args.file}."
    fixable = {finding.rule for finding in found if finding.fix and (finding.safe or not args.safe)}
    marked = {MARK_RULE} if source.had_bom else set()
    known = ", ".join(sorted(fixable | marked)) or "none"
    return f"No finding of rule {args.rule[:80]!r} in {args.file}; rules with a {kind}: {known}."

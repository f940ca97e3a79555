"""``python -m core sweep``: many configs out of one, looked at before they are made."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.commands.parsing import Commands
from core.commands.streams import COMPLAINT, FINE, Streams
from core.commands.target import add_target, target
from core.document import Document, write
from core.errors import InputError
from core.system.atomic import write_atomic

if TYPE_CHECKING:
    from core.sweeps.members import Plan

# The job files have it too; but reading their module takes longer than all of --help.
_AT_ONCE: Final = 4

_ABOUT: Final = """\
Make many configs out of one, by the values that some fields take in turn.

Without -o nothing is made: it prints how many members there are, what the trainer makes of each,
and which fields or members would be runs for nothing. With -o it writes a ZIP: the configs, a
manifest, the comparison of all, a requirements file, a run script, and job files for Slurm and
SkyPilot."""
_MORE: Final = """\
Values stand with commas between them and are read as FIELD takes them; `absent` takes the key out,
and a text with a comma or of just that word stands in double quotes. Several fields make every
combination, the last one varying fastest; --paired takes the first values together, then the
second ones.

exit codes:
  0  every member that is made is valid and runs
  1  one is invalid or would stop the trainer; the ZIP is written all the same
  2  FILE or the arguments can't be used, or OUT can't be written

examples:
  python -m core sweep my.json --set training.learning_rate=1e-4,2e-4 --set training.lora_r=8,16
  python -m core sweep my.json --set seed=1,2,3 -o seeds.zip
  python -m core sweep my.json --paired --set training.lora_r=8,16 --set seed=1,2 --json"""


def add_sweep(commands: Commands) -> None:
    """Add ``sweep``."""
    command = commands.add("sweep", _sweep, _ABOUT, _MORE)
    command.add_argument("file", metavar="FILE", help="the config to begin with, in JSON, or -")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="FIELD=VALUES",
        help="a field and its values, such as training.lora_r=8,16; can be given several times",
    )
    command.add_argument(
        "--paired",
        action="store_true",
        help="pair the values: the first of each field, then the second",
    )
    command.add_argument(
        "--name", metavar="NAME", help="what the members are named after; default: FILE's name"
    )
    command.add_argument(
        "--running-only", action="store_true", help="leave out members that would stop the trainer"
    )
    command.add_argument(
        "--at-once",
        type=int,
        default=_AT_ONCE,
        metavar="N",
        help="how many members the Slurm array runs at once; default: %(default)s",
    )
    command.add_argument("-o", dest="out", metavar="OUT", help="write the ZIP to this file")
    command.add_argument("--json", action="store_true", help="print the manifest")
    add_target(command)


def _sweep(args: argparse.Namespace, streams: Streams) -> int:
    """Say what the sweep would be, and write it where there is a place to write it to."""
    from core.sweeps.jobs import AT_ONCE_MOST
    from core.sweeps.manifest import manifest
    from core.sweeps.text import plan_text

    if not 1 <= args.at_once <= AT_ONCE_MOST:
        raise InputError(f"--at-once is {args.at_once}; give a number from 1 to {AT_ONCE_MOST}.")
    plan = _plan(args, streams.document(args.file))
    streams.say(write(manifest(plan)) if args.json else plan_text(plan))
    if args.out:
        _write(plan, args, streams)
    is_fine = plan.members and all(one.is_fine for one in plan.members)
    return FINE if is_fine else COMPLAINT


def _plan(args: argparse.Namespace, document: Document) -> "Plan":
    from core.sweeps.axes import read_setting
    from core.sweeps.members import Sweep, plan

    if not args.settings:
        raise InputError("Name a field and its values: --set training.lora_r=8,16.")
    return plan(
        Sweep(
            name=args.name or ("sweep" if args.file == "-" else Path(args.file).stem),
            document=document,
            axes=tuple(map(read_setting, args.settings)),
            mode="paired" if args.paired else "grid",
            target=target(args),
            running_only=args.running_only,
        )
    )


def _write(plan: "Plan", args: argparse.Namespace, streams: Streams) -> None:
    from core.output.text import counted
    from core.sweeps.files import zipped

    if not plan.members:
        raise InputError(f"{args.out}: not written, because no member would run.")
    write_atomic(Path(args.out), zipped(plan, args.at_once))
    streams.complain(f"Wrote {counted(len(plan.members), 'config')} to {args.out}.")

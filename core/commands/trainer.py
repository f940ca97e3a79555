"""The commands about the trainer: what it takes for each key, and what it has to run with."""

import argparse
from typing import Final

from core.commands.parsing import Commands
from core.commands.streams import COMPLAINT, FINE, Streams
from core.commands.target import add_target, target
from core.document import write

_EFFECTIVE_ABOUT: Final = """\
Show what the trainer takes for each key: what you wrote, what it uses, and why.

It also shows what follows from the config, and what nobody can set. "taken otherwise" and "capped"
mean that a run takes something else than what is written; "no effect" that nothing looks at it."""
_EFFECTIVE_MORE: Final = """\
--changed leaves out what is taken as it is written, defaults, and what nobody can set.

examples:
  python -m core effective my.json
  python -m core effective --changed my.json
  python -m core effective --json --trainer tiny_tool_use_fork my.json"""

_REQUIREMENTS_ABOUT: Final = """\
Print a requirements file for pip with which the trainer runs a config.

It pins the newest libraries that the trainer works with on that machine, and holds what this config
needs, such as bitsandbytes for LoRA. With --environment today it holds today's libraries, where
the trainer runs with them."""
_REQUIREMENTS_MORE: Final = """\
exit codes:
  0  the libraries and the machine don't stop the trainer
  1  they do; nothing is printed, and stderr says why
  2  FILE or the arguments can't be used

examples:
  python -m core requirements my.json > requirements.txt
  python -m core requirements --machine cpu my.json"""


def add_trainer(commands: Commands) -> None:
    """Add ``effective`` and ``requirements``."""
    effective = commands.add("effective", _effective, _EFFECTIVE_ABOUT, _EFFECTIVE_MORE)
    effective.add_argument("--json", action="store_true", help="print JSON")
    effective.add_argument(
        "--changed", action="store_true", help="show only what is not taken as it is written"
    )
    about, more = _REQUIREMENTS_ABOUT, _REQUIREMENTS_MORE
    requirements = commands.add("requirements", _requirements, about, more)
    for command in (effective, requirements):
        command.add_argument("file", metavar="FILE", help="a config in JSON, or -")
        add_target(command)


def _effective(args: argparse.Namespace, streams: Streams) -> int:
    from core.output.trainer import effective_text
    from core.trainers.effective import effective

    entries = effective(streams.document(args.file), target(args))
    shown = [entry for entry in entries if not args.changed or entry.is_otherwise]
    as_json = [entry.as_json() for entry in shown]
    streams.say(write(as_json) if args.json else effective_text(shown))
    return FINE


def _requirements(args: argparse.Namespace, streams: Streams) -> int:
    """Print a requirements file, or say why no run would get to its end with it."""
    from core.trainers.requirements import requirements

    found = requirements(streams.document(args.file), target(args))
    for blocker in found.blockers:
        streams.complain(f"{blocker.message} {blocker.remedy} [{blocker.rule}]")
    if found.blockers:
        return COMPLAINT
    streams.say(found.text)
    return FINE

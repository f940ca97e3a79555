"""The commands about the trainer: what it takes for each key, and what it has to run with."""

import argparse
from collections.abc import Callable
from typing import Any, Final

from core.commands.target import target
from core.document import Document, write

EFFECTIVE_ABOUT: Final = """\
Show what the trainer takes for each key: what you wrote, what it uses, and why.

It also shows what follows from the config, and what nobody can set. "taken otherwise" and "capped"
mean that a run takes something else than what is written; "no effect" that nothing looks at it."""
EFFECTIVE_MORE: Final = """\
--changed leaves out what is taken as it is written, defaults, and what nobody can set.

examples:
  python -m core effective my.json
  python -m core effective --changed my.json
  python -m core effective --json --trainer tiny_tool_use_fork my.json"""

REQUIREMENTS_ABOUT: Final = """\
Print a requirements file for pip with which the trainer runs a config.

It pins the newest libraries that the trainer works with on that machine, and holds what this config
needs, such as bitsandbytes for LoRA. With --environment today it holds today's libraries, where
the trainer runs with them."""
REQUIREMENTS_MORE: Final = """\
exit codes:
  0  the libraries and the machine don't stop the trainer
  1  they do; nothing is printed, and stderr says why
  2  FILE or the arguments can't be used

examples:
  python -m core requirements my.json > requirements.txt
  python -m core requirements --machine cpu my.json"""


def effective(args: argparse.Namespace, document: Document, say: Callable[[str], None]) -> int:
    """Print what a run takes for each key."""
    from core.output.trainer import effective_text
    from core.trainers.effective import effective as entries_of

    entries = entries_of(document, target(args))
    shown = [entry for entry in entries if not args.changed or entry.is_otherwise]
    say(write([entry.as_json() for entry in shown]) if args.json else effective_text(shown))
    return 0


def requirements(
    args: argparse.Namespace,
    document: Document,
    say: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Print a requirements file, or say why no run would get to its end with it."""
    from core.trainers.requirements import requirements as requirements_of

    found = requirements_of(document, target(args))
    for blocker in found.blockers:
        complain(f"{blocker.message} {blocker.remedy} [{blocker.rule}]")
    if found.blockers:
        return 1
    say(found.text)
    return 0


def add_options(command: Any) -> None:
    """Add the options of ``effective``."""
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--changed", action="store_true", help="show only what is not taken as it is written"
    )

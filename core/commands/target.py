"""The options of the command line that say what a config is judged for."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.reading.target import Target


def add_target(command: argparse.ArgumentParser) -> None:
    """Add the options that name trainer, environment and machine."""
    group = command.add_argument_group("what it is judged for")
    group.add_argument(
        "--trainer", metavar="NAME", default="tiny_tool_use", help="default: %(default)s"
    )
    group.add_argument(
        "--environment",
        metavar="NAME",
        default="pinned",
        help="pinned, the newest libraries that the trainer works with, or today, the newest there "
        "are; default: %(default)s",
    )
    group.add_argument(
        "--machine",
        metavar="NAME",
        default="gpu",
        help="gpu, one recent GPU; cpu; a GPU such as t4 or a100-80; or gpu-24 for any recent one "
        "with 24 GiB; default: %(default)s",
    )


def target(args: argparse.Namespace) -> "Target":
    """The target that the options name.

    Raises:
        UnknownTarget: they name a trainer, an environment or a machine that is not there.
    """
    from core import trainers
    from core.reading.target import Target

    wanted = Target(args.trainer, args.environment, args.machine)
    trainers.setting(wanted)
    return wanted

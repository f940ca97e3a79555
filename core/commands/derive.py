"""``derive``: the numbers that follow from a config."""

import argparse
from typing import Final

from core.commands.parsing import Commands
from core.commands.streams import FINE, Streams
from core.commands.target import add_target, target
from core.document import write

_ABOUT: Final = """\
Show what follows from a config: rows, optimizer updates, warm-up, peak learning rate, memory.

The memory is an estimate for one GPU, part by part: in the worst case, where a batch is full of the
longest rows, and as is likely. With a --machine whose memory is known it says whether the run fits,
and which changes would make it fit."""

_MORE: Final = """\
Where chance decides a number it has a lowest and a highest value, and beside them what is usual; in
JSON that is a list of two, and a number under "usual". - can't be said; the reason stands beside
it.

"fits" holds even where the estimate is too low by its whole margin; "tight" only where it is right.

examples:
  python -m core derive my.json
  python -m core derive --machine t4 my.json
  python -m core derive --model-config config.json my.json
  python -m core derive --json my.json"""


def add_derive(commands: Commands) -> None:
    """Add ``derive``."""
    derive = commands.add("derive", _derive, _ABOUT, _MORE)
    derive.add_argument("file", metavar="FILE", help="a config in JSON, or -")
    derive.add_argument("--json", action="store_true", help="print JSON")
    derive.add_argument(
        "--model-config",
        metavar="FILE",
        help="the model's config.json, for the memory of a model whose sizes are not known here",
    )
    add_target(derive)


def _derive(args: argparse.Namespace, streams: Streams) -> int:
    from core import trainers
    from core.derive import derive
    from core.output import answers
    from core.output.listing import derived_text
    from core.reading.view import View

    wanted, document = target(args), streams.document(args.file)
    sizes = streams.document(args.model_config) if args.model_config else None
    if args.json:
        streams.say(write(answers.derived(document, wanted, sizes)))
        return FINE
    setting = trainers.setting(wanted)
    view = View(document, setting.profile)
    streams.say(f"{derived_text(derive(view))}\n{answers.memory(view, setting, sizes).text}")
    return FINE

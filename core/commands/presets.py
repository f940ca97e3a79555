"""``presets``: the templates, and the config of one."""

import argparse
from typing import Final

from core.commands.parsing import Commands
from core.commands.streams import FINE, Streams
from core.document import write

_ABOUT: Final = "List the presets, or print the config of one as JSON."

_MORE: Final = """\
examples:
  python -m core presets
  python -m core presets dpo_basic > my.json"""


def add_presets(commands: Commands) -> None:
    """Add ``presets``."""
    presets = commands.add("presets", _presets, _ABOUT, _MORE)
    presets.add_argument("id", nargs="?", metavar="ID", help="print this preset's config")


def _presets(args: argparse.Namespace, streams: Streams) -> int:
    from core.output.listing import presets_text
    from core.presets import find, load

    streams.say(write(find(args.id).config) if args.id else presets_text(load()))
    return FINE

"""``schema`` and ``fields``: what a config may hold, for an editor and for a reader."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.commands.parsing import Commands
from core.commands.streams import FINE, Streams, write_file
from core.document import write
from core.errors import InputError

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


def add_schema(commands: Commands) -> None:
    """Add ``schema``."""
    schema = commands.add("schema", _schema, _SCHEMA_ABOUT, _SCHEMA_MORE)
    schema.add_argument(
        "--add",
        nargs="+",
        default=[],
        dest="files",
        metavar="FILE",
        help="name it in these configs",
    )


def add_fields(commands: Commands) -> None:
    """Add ``fields``."""
    fields = commands.add("fields", _fields, _FIELDS_ABOUT, _FIELDS_MORE)
    fields.add_argument("--markdown", action="store_true", help="print the reference page")


def _schema(args: argparse.Namespace, streams: Streams) -> int:
    from core.schema import json_schema

    if args.files:
        _name_schema(args.files, write(json_schema()), streams)
    else:
        streams.say(write(json_schema()))
    return FINE


def _name_schema(names: Sequence[str], schema: str, streams: Streams) -> None:
    """Write the schema beside the files and name it in them, once all of them are read."""
    from core.changes.editors import FILE_NAME, with_schema

    if "-" in names:
        raise InputError("-: --add changes files in their place; name a file.")
    named = {name: with_schema(streams.source(name).text) for name in names}
    for folder in dict.fromkeys(Path(name).resolve().parent for name in names):
        write_file(str(folder / FILE_NAME), schema)
        streams.complain(f"Wrote {folder / FILE_NAME}.")
    for name, text in named.items():
        write_file(name, text)
        streams.complain(f"{name} names it under $schema.")


def _fields(args: argparse.Namespace, streams: Streams) -> int:
    from core.output.listing import fields_markdown, fields_text

    streams.say(fields_markdown() if args.markdown else fields_text())
    return FINE

"""A config's text with the key that tells editors where its schema is.

Both trainers pass over ``$schema``: they read keys by name, and their own check takes any others
(``src/utils/config.py``). All else in the text stays as it is written.
"""

import json
from typing import Final

from core.changes.positions import Positions

KEY: Final = "$schema"
FILE_NAME: Final = "tunesmith.schema.json"
"""What the schema's file is called beside the configs that name it."""
BESIDE: Final = f"./{FILE_NAME}"


def with_schema(text: str, place: str = BESIDE) -> str:
    """The text of a config with ``$schema`` as its first key, or with the place in the one it has.

    Args:
        text: a config as ``core.document`` reads it.
        place: the schema's URL, or its path from the config's own folder.
    """
    spans, written = Positions(text).spans, json.dumps(place)
    if (KEY,) in spans:
        start, end = spans[(KEY,)].value
        return text[:start] + written + text[end:]
    after = spans[()].value[0] + 1
    keys = [span.key[0] for path, span in spans.items() if len(path) == 1 and span.key]
    gap = text[after : min(keys)] if keys else ""
    comma = ("," if gap else ", ") if keys else ""
    return f'{text[:after]}{gap}"{KEY}": {written}{comma}{text[after:]}'

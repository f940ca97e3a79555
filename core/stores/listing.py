"""What the stores share beside limits: cursors, text to search in, and free names."""

import base64
import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from core.stores.protocol import MAX_NAME, Query, Sort

MAX_WORDS: Final = 50
"""A search looks for this many different words; further ones are passed over."""

_MAX_CURSOR: Final = 4096
_NUMBERED: Final = re.compile(r" \(\d+\)$")
_INTEGERS: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list, and which way to read from it.

    Attributes:
        sort: what the list is sorted by.
        descending: see ``Query``.
        backward: whether the page ends here instead of beginning here.
        value: what the row at this place is sorted by.
        id: the id of that row; the row itself is on the other side.
    """

    sort: Sort
    descending: bool
    backward: bool
    value: str | int
    id: str

    def as_text(self) -> str:
        """The cursor as it goes into a URL."""
        parts = [self.sort, self.descending, self.backward, self.value, self.id]
        data = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read_cursor(query: Query) -> Cursor | None:
    """The query's cursor; ``None`` where it has none that fits its order, so the first page."""
    parts = _parts(query.cursor or "")
    match parts:
        case [query.sort, bool(descending), bool(backward), value, str(row)]:
            cursor = Cursor(query.sort, descending, backward, value, row)
            return cursor if descending is query.descending and _fits(cursor) else None
    return None


def folded(text: str) -> str:
    """A text in the form in which texts that differ only in case are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def search_text(name: str, description: str) -> str:
    """What a search of a config looks through; its first line is what names are sorted by."""
    return f"{folded(name)}\n{folded(description)}"


def search_words(search: str) -> tuple[str, ...]:
    """The folded words that all have to stand in ``search_text``, each once."""
    return tuple(dict.fromkeys(folded(search).split()))[:MAX_WORDS]


def names_like(name: str) -> Iterator[str]:
    """Names to try where one may be taken: itself, ``name (2)``, ``name (3)`` and so on."""
    yield name
    stem = _NUMBERED.sub("", name)
    for number in itertools.count(2):
        end = f" ({number})"
        yield stem[: MAX_NAME - len(end)].rstrip() + end


def is_text(text: str) -> bool:
    """Whether every character is one, so that the text can be written as UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _parts(text: str) -> Any:
    if len(text) > _MAX_CURSOR:
        return None
    try:
        return json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        return None


def _fits(cursor: Cursor) -> bool:
    if cursor.sort == "times_used":
        return type(cursor.value) is int and cursor.value in _INTEGERS and is_text(cursor.id)
    return isinstance(cursor.value, str) and is_text(cursor.value + cursor.id)

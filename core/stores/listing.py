"""What the stores share beside limits: cursors, text to search in, and free names."""

import base64
import hashlib
import itertools
import json
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from core.stores.protocol import MAX_NAME, Query, Sort

MAX_WORDS: Final = 50
"""A search looks for this many different words; further ones are passed over."""

MAX_LIMIT: Final = 500

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


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """The rows of a page, and the cursors that lead on and back."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


class Pager(Generic[Row]):
    """Finds the page of a query in rows that a back end reads in the query's order.

    Args:
        read: the rows behind a cursor in its direction, or from the start; at most so many.
        place: what a row is sorted by, and its id.
    """

    def __init__(
        self,
        query: Query,
        read: Callable[[Cursor | None, int], Sequence[Row]],
        place: Callable[[Row], tuple[str | int, str]],
    ) -> None:
        self._query = query
        self._read = read
        self._place = place
        self._limit = min(max(query.limit, 1), MAX_LIMIT)

    def page(self) -> Found[Row]:
        """One page; one that would begin before the first row or after the last is the first."""
        cursor = read_cursor(self._query)
        return (cursor and self._page_at(cursor)) or self._first_page()

    def _first_page(self) -> Found[Row]:
        rows, goes_on = self._some(None)
        return Found(rows, self._mark(rows[-1], backward=False).as_text() if goes_on else None)

    def _page_at(self, cursor: Cursor) -> Found[Row] | None:
        """The page that the cursor leads to; none where there is no whole page or no row."""
        rows, goes_on = self._some(cursor)
        if not (goes_on if cursor.backward else rows):
            return None
        if cursor.backward:
            rows = rows[::-1]
        on = self._mark(rows[-1], backward=False)
        back = self._mark(rows[0], backward=True)
        has_next = self._leads_on(on) if cursor.backward else goes_on
        has_previous = goes_on if cursor.backward else self._leads_on(back)
        return Found(
            rows, on.as_text() if has_next else None, back.as_text() if has_previous else None
        )

    def _some(self, cursor: Cursor | None) -> tuple[Sequence[Row], bool]:
        """The rows of one page in the cursor's direction, and whether there are more."""
        rows = self._read(cursor, self._limit + 1)
        return rows[: self._limit], len(rows) > self._limit

    def _leads_on(self, cursor: Cursor) -> bool:
        return bool(self._read(cursor, 1))

    def _mark(self, row: Row, *, backward: bool) -> Cursor:
        query = self._query
        return Cursor(query.sort, query.descending, backward, *self._place(row))


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


def adopted_id(user_id: str, source_id: str) -> str:
    """The id that a config of another store gets with this user.

    It follows from both, so that a second try finds the first; ``import_config`` of
    ``supabase/migrations`` computes the same.
    """
    digest = hashlib.sha256(f"{user_id}/{source_id}".encode("utf-8", "surrogatepass"))
    return str(uuid.UUID(digest.hexdigest()[:32]))


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

"""``Query`` -> SQL over the indexes of ``core/migrations/0002_configs.sql``, and the page it finds.

Each statement names its index. Without statistics SQLite guesses which one is best, and for some
filters it would read and sort all rows of a user where a walk through one index is enough.
"""

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from core.stores.listing import Cursor, is_text, read_cursor, search_words
from core.stores.protocol import Query, Sort

MAX_LIMIT: Final = 500

LIVE: Final = "user_id = ? AND deleted_at IS NULL"
_UPDATED: Final = "training_configs_updated"

# The column of each sort, and the index that has its rows in this order.
_ORDERS: Final[dict[Sort, tuple[str, str]]] = {
    "updated": ("updated_at", _UPDATED),
    "created": ("created_at", "training_configs_created"),
    "name": ("sort_name", "training_configs_sort_name"),
    "last_used": ("used_at", "training_configs_used"),
    "times_used": ("times_used", "training_configs_times_used"),
}

_COLUMNS: Final = (
    "id, name, description, template_type, method, model, is_validated, runs, revision, "
    "times_used, last_used_at, created_at, updated_at"
)

# A condition with the values of its question marks.
Condition = tuple[str, tuple[Any, ...]]


class Found(NamedTuple):
    """The rows of a page, and the cursors that lead on and back."""

    rows: Sequence[sqlite3.Row]
    next: str | None = None
    previous: str | None = None


class Listing:
    """What a query finds among one user's configs."""

    def __init__(self, connection: sqlite3.Connection, user_id: str, query: Query) -> None:
        self._connection = connection
        self._user_id = user_id
        self._query = query
        self._column, order = _ORDERS[query.sort]
        self._index = _index(query)
        self._conditions = tuple(_conditions(user_id, query, order))
        self._limit = min(max(query.limit, 1), MAX_LIMIT)

    def count(self) -> int:
        """How many rows there are on all pages."""
        where, values = _joined(_conditions(self._user_id, self._query, _UPDATED))
        sql = f"SELECT count(*) FROM training_configs INDEXED BY {_UPDATED} WHERE {where}"
        return int(self._connection.execute(sql, values).fetchone()[0])

    def page(self) -> Found:
        """One page; one that would begin before the first row or after the last is the first."""
        cursor = read_cursor(self._query)
        return (cursor and self._page_at(cursor)) or self._first_page()

    def _first_page(self) -> Found:
        rows, goes_on = self._some(None)
        return Found(rows, self._mark(rows[-1], backward=False).as_text() if goes_on else None)

    def _page_at(self, cursor: Cursor) -> Found | None:
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

    def _some(self, cursor: Cursor | None) -> tuple[Sequence[sqlite3.Row], bool]:
        """The rows of one page in the cursor's direction, and whether there are more."""
        rows = self._rows(cursor, self._limit + 1)
        return rows[: self._limit], len(rows) > self._limit

    def _leads_on(self, cursor: Cursor) -> bool:
        return bool(self._rows(cursor, 1))

    def _mark(self, row: sqlite3.Row, *, backward: bool) -> Cursor:
        query = self._query
        return Cursor(query.sort, query.descending, backward, row["place"], row["id"])

    def _rows(self, cursor: Cursor | None, limit: int) -> Sequence[sqlite3.Row]:
        """The rows behind the cursor in its direction, or from the start."""
        falling = self._query.descending is not (cursor is not None and cursor.backward)
        where, values = _joined([*self._conditions, *self._behind(cursor, falling)])
        way = "DESC" if falling else "ASC"
        sql = (
            f"SELECT {_COLUMNS}, {self._column} AS place "
            f"FROM training_configs INDEXED BY {self._index} WHERE {where} "
            f"ORDER BY {self._column} {way}, id {way} LIMIT ?"
        )
        return self._connection.execute(sql, (*values, limit)).fetchall()

    def _behind(self, cursor: Cursor | None, falling: bool) -> Sequence[Condition]:
        if cursor is None:
            return ()
        side = "<" if falling else ">"
        return ((f"({self._column}, id) {side} (?, ?)", (cursor.value, cursor.id)),)


def _index(query: Query) -> str:
    """The index that has the rows in the query's order, and the filter first where there is one."""
    others = query.templates or query.valid is not None or search_words(query.search)
    if query.sort == "updated" and len(query.methods) == 1 and not others:
        return "training_configs_method"
    return _ORDERS[query.sort][1]


def _joined(conditions: Iterable[Condition]) -> Condition:
    parts, values = zip(*conditions, strict=True)
    return " AND ".join(parts), tuple(itertools.chain.from_iterable(values))


def _conditions(user_id: str, query: Query, index: str) -> Iterator[Condition]:
    yield LIVE, (user_id,)
    yield from _filters(query)
    if query.tags:
        yield _tagged(user_id, set(query.tags))
    if words := search_words(query.search):
        yield _found(words) if index == _UPDATED else _found_elsewhere(user_id, words)


def _filters(query: Query) -> Iterator[Condition]:
    if query.methods:
        # With one method the equals sign lets SQLite take the rows in the order of the index.
        comparison = "=" if len(query.methods) == 1 else "IN"
        yield f"method {comparison} (SELECT value FROM json_each(?))", (json.dumps(query.methods),)
    if query.templates:
        yield "template_type IN (SELECT value FROM json_each(?))", (json.dumps(query.templates),)
    if query.valid is not None:
        yield "is_validated = ?", (query.valid,)


def _tagged(user_id: str, tags: set[str]) -> Condition:
    sql = (
        "id IN (SELECT config_id FROM config_tags INDEXED BY config_tags_tag WHERE user_id = ? "
        "AND tag IN (SELECT value FROM json_each(?)) GROUP BY config_id HAVING count(*) = ?)"
    )
    return sql, (user_id, json.dumps(sorted(tags)), len(tags))


def _found(words: Sequence[str]) -> Condition:
    # Half a surrogate pair can't be asked for; a NUL stands in no text either.
    values = tuple(word if is_text(word) else "\x00" for word in words)
    return " AND ".join(["instr(search, ?) > 0"] * len(words)), values


def _found_elsewhere(user_id: str, words: Sequence[str]) -> Condition:
    # Only the index of the usual order has the text, so that it is kept once.
    found, values = _found(words)
    sql = f"SELECT rowid FROM training_configs INDEXED BY {_UPDATED} WHERE {LIVE} AND {found}"
    return f"rowid IN ({sql})", (user_id, *values)

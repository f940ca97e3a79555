"""``Query`` -> SQL over the indexes of ``core/migrations/0002_configs.sql``, and the page it finds.

Each statement names its index. Without statistics SQLite guesses which one is best, and for some
filters it would read and sort all rows of a user where a walk through one index is enough.
"""

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from core.stores.listing import Cursor, Found, Pager, is_text, search_words
from core.stores.protocol import Query, Sort

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


class Listing:
    """What a query finds among one user's configs."""

    def __init__(self, connection: sqlite3.Connection, user_id: str, query: Query) -> None:
        self._connection = connection
        self._user_id = user_id
        self._query = query
        self._column, order = _ORDERS[query.sort]
        self._index = _index(query)
        self._conditions = tuple(_conditions(user_id, query, order))

    def count(self) -> int:
        """How many rows there are on all pages."""
        where, values = _joined(_conditions(self._user_id, self._query, _UPDATED))
        sql = f"SELECT count(*) FROM training_configs INDEXED BY {_UPDATED} WHERE {where}"
        return int(self._connection.execute(sql, values).fetchone()[0])

    def page(self) -> Found[sqlite3.Row]:
        """One page; one that would begin before the first row or after the last is the first."""
        return Pager(self._query, self._rows, lambda row: (row["place"], row["id"])).page()

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

"""How the embedded store keeps its pace from a thousand configs to a million.

    .venv/bin/python -m benchmarks.store                 three minutes, 6 GB in a temporary folder
    .venv/bin/python -m benchmarks.store 1000 100000     fewer rows

The rows belong to 100 users in turn, so that those of one user lie far apart. Every candidate runs
at every size in each round, one after the other; what counts is the median of the ratios within
the rounds. Each call is another user's.
"""

import itertools
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Task, load, measure, ratio
from core import presets
from core.document import put, write
from core.identity.protocol import Actor
from core.stores.listing import search_text
from core.stores.protocol import Checked, Config, Content, Query
from core.stores.sqlite import SqliteStore
from core.system.database import Database, stamp

SIZES: Final = (1_000, 100_000, 1_000_000)
USERS: Final = 100
# With a thousand configs a user has ten, and half of them are one whole page.
PAGE: Final = 5
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
WORDS: Final = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "lora",
    "rank",
    "tool",
    "bench",
    "probe",
    "sweep",
)
METHODS: Final = ("sft", "dpo", "teacher_mode")
# The table of the plan with its own three indexes, and what its API route asks for.
PLANNED: Final = """
    CREATE TABLE training_configs (
        id TEXT PRIMARY KEY, user_id TEXT, name TEXT NOT NULL, description TEXT,
        template_type TEXT NOT NULL, config_json TEXT NOT NULL, is_validated BOOLEAN DEFAULT false,
        validation_errors TEXT, times_used INTEGER DEFAULT 0, last_used_at TEXT,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (user_id, name));
    CREATE INDEX idx_training_configs_user_id ON training_configs (user_id);
    CREATE INDEX idx_training_configs_template_type ON training_configs (template_type);
    CREATE INDEX idx_training_configs_created_at ON training_configs (created_at);
"""
PLANNED_CALL: Final = "SELECT * FROM training_configs WHERE user_id = ? ORDER BY created_at DESC"


def main() -> None:
    """Fill the files, measure, and print one table for each question."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    print(f"load {load()}, {os.cpu_count()} processors, SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory() as folder:
        libraries = [filled(Path(folder), size) for size in sizes]
        times = measure(tasks_of(libraries))
        for library in libraries:
            library.close()
    print(f"filled and measured; load {load()}")
    print_growth(sizes, times)
    print_planned(sizes, times)


# --- Files -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Library:
    """The same configs in our file and in one with the plan's table."""

    size: int
    database: Database
    planned: sqlite3.Connection
    users: Sequence[str]

    def close(self) -> None:
        """Close both files."""
        self.database.close()
        self.planned.close()


def filled(folder: Path, size: int) -> Library:
    """A library of that many configs, written past the store in one transaction."""
    users = [str(uuid.UUID(int=number)) for number in range(USERS)]
    ours, planned = folder / f"ours-{size}.sqlite3", folder / f"planned-{size}.sqlite3"
    Database(ours).close()
    with closing(for_loading(ours)) as connection:
        fill(connection, users, size)
    with closing(for_loading(planned)) as connection:
        connection.executescript(PLANNED)
        names = [name for name in COLUMNS if name not in ("runs", "search")]
        given = (tuple(row[name] for name in names) for row in rows(users, size))
        insert(connection, "training_configs", names, given)
        connection.commit()
    return Library(size, Database(ours), sqlite3.connect(planned), users)


def for_loading(file: Path) -> sqlite3.Connection:
    """A connection that is fast because it doesn't have to survive a crash."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    return connection


def fill(connection: sqlite3.Connection, users: Sequence[str], size: int) -> None:
    """Write the configs, each with its first version; indexes are made anew at the end."""
    accounts = ((user, user, stamp(START)) for user in users)
    insert(connection, "accounts", ("id", "name", "created_at"), accounts)
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%configs%'"
    indexes = connection.execute(query).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    given = (tuple(row.values()) for row in rows(users, size))
    insert(connection, "training_configs", COLUMNS, given)
    connection.execute(
        "INSERT INTO config_versions (user_id, config_id, number, operation, author, created_at, "
        "name, description, template_type, is_validated, runs, config_json) SELECT user_id, id, 1, "
        "'create', user_id, created_at, name, description, template_type, is_validated, runs, "
        "config_json FROM training_configs"
    )
    for _, sql in indexes:
        connection.execute(sql)
    connection.commit()


def insert(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], given: Iterator[Any]
) -> None:
    """Write rows."""
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", given)


COLUMNS: Final = (
    "id",
    "user_id",
    "name",
    "description",
    "template_type",
    "config_json",
    "is_validated",
    "runs",
    "times_used",
    "last_used_at",
    "created_at",
    "updated_at",
    "search",
)


def rows(users: Sequence[str], size: int) -> Iterator[dict[str, Any]]:
    """Configs of about 1 KB, the same ones whenever it is called."""
    chance = random.Random(size)
    texts = {method: text_of(method) for method in (*METHODS, "rare")}
    for number in range(size):
        name = f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}"
        description = " ".join(chance.choices(WORDS, k=12))
        method = "rare" if number % 1000 < 2 else chance.choice(METHODS)
        created = START + timedelta(seconds=number)
        values = (
            str(uuid.UUID(int=chance.getrandbits(128))),
            users[number % USERS],
            name,
            description,
            "custom",
            texts[method],
            chance.random() < 0.7,
            True,
            chance.randrange(10),
            stamp(created) if chance.random() < 0.5 else None,
            stamp(created),
            stamp(created + timedelta(seconds=chance.randrange(1_000_000))),
            search_text(name, description),
        )
        yield dict(zip(COLUMNS, values, strict=True))


def text_of(method: str) -> str:
    """The text of a config of about 1 KB."""
    config = put(presets.find("dpo_basic").config, ("training", "method"), method)
    text = write(put(config, ("tools",), []))
    return json.dumps(json.loads(text) | {"note": "x" * max(0, 900 - len(text))}, indent=2)


# --- Candidates --------------------------------------------------------------------------------

QUERIES: Final = {
    "first page": Query(limit=PAGE),
    "first page of 50": Query(),
    "first page by name": Query(sort="name", descending=False, limit=PAGE),
    "first page by last use": Query(sort="last_used", limit=PAGE),
    "one method": Query(methods=("dpo",), limit=PAGE),
    "a method that few have": Query(methods=("rare",), limit=PAGE),
    "a method that none has": Query(methods=("none",), limit=PAGE),
    "search, many matches": Query(search="LORA probe", limit=PAGE),
    "search by name, many matches": Query(search="lora", sort="name", limit=PAGE),
    "search, no match": Query(search="nowhere", limit=PAGE),
}
OURS: Final = "first page of 50"
THEIRS: Final = "the plan's call"


def tasks_of(libraries: Sequence[Library]) -> dict[str, Task]:
    """Every candidate at every size; its name begins with the size."""
    found: dict[str, Task] = {}
    by_size = [candidates(library) for library in libraries]
    for name in by_size[0]:
        for library, tasks in zip(libraries, by_size, strict=True):
            found[f"{library.size} {name}"] = tasks[name]
    return found


def candidates(library: Library) -> dict[str, Task]:
    """What is measured in one library."""
    stores = [SqliteStore(library.database, Actor(user, "")) for user in library.users]
    tasks = {name: listing(stores, [query] * USERS) for name, query in QUERIES.items()}
    tasks["a page in the middle"] = listing(stores, [halfway(store) for store in stores])
    tasks["number of matches"] = turns(
        [partial(store.count, Query(search="lora")) for store in stores]
    )
    tasks["facets"] = turns([store.facets for store in stores])
    tasks["save a new version"] = saving(stores)
    tasks["save a new config"] = creating(stores)
    tasks["count a use"] = using(stores)
    tasks[THEIRS] = planned(library)
    return tasks


def turns(tasks: Sequence[Task]) -> Task:
    """One task after the other."""
    order = itertools.cycle(tasks)
    return lambda: next(order)()


def listing(stores: Sequence[SqliteStore], queries: Sequence[Query]) -> Task:
    """List the configs of one user after the other."""
    pairs = itertools.cycle(zip(stores, queries, strict=True))

    def task() -> object:
        store, query = next(pairs)
        return store.list(query)

    return task


def halfway(store: SqliteStore) -> Query:
    """The query for the page in the middle of a user's configs."""
    half = store.count(Query()) // 2
    query = Query(limit=PAGE)
    cursor: str | None = None
    while half > 0:
        step = min(half, 500)
        cursor = store.list(replace(query, limit=step, cursor=cursor)).next
        half -= step
    return replace(query, cursor=cursor)


def saving(stores: Sequence[SqliteStore]) -> Task:
    """Change the text of one user's config after the other's."""
    latest = [(store, store.get(store.list(Query(limit=1)).rows[0].id)) for store in stores]
    order = itertools.cycle(range(len(latest)))

    def task() -> object:
        number = next(order)
        store, config = latest[number]
        saved = store.save(config.id, edited(config), expected_revision=config.revision)
        latest[number] = (store, saved)
        return saved

    return task


def edited(config: Config) -> Content:
    """A content in which one number differs."""
    text = config.text.rstrip().removesuffix("}").split(',\n  "edit"')[0].rstrip()
    return replace(config.content, text=f'{text},\n  "edit": {config.revision}\n}}')


def creating(stores: Sequence[SqliteStore]) -> Task:
    """Keep a new config for one user after the other."""
    numbers, order = itertools.count(), itertools.cycle(stores)
    content = Content("", "made by a benchmark", "custom", text_of("sft"), Checked(True, runs=True))
    return lambda: next(order).create(replace(content, name=f"new {next(numbers)}"))


def using(stores: Sequence[SqliteStore]) -> Task:
    """Count a use of one user's config after the other's."""
    pairs = [(store, store.list(Query(limit=1)).rows[0].id) for store in stores]
    order = itertools.cycle(pairs)

    def task() -> object:
        store, config_id = next(order)
        return store.mark_used(config_id)

    return task


def planned(library: Library) -> Task:
    """The call of the plan: all columns of all the user's rows, without a limit."""
    order = itertools.cycle(library.users)
    return lambda: library.planned.execute(PLANNED_CALL, (next(order),)).fetchall()


# --- Printing ----------------------------------------------------------------------------------


def print_growth(sizes: Sequence[int], times: Mapping[str, Sequence[float]]) -> None:
    """Each candidate's time at the least size, and how many times that it takes at the others."""
    heads = "".join(f"{f'{size} rows':>26}" for size in sizes[1:])
    print(f"\n{'':32}{f'{sizes[0]} rows, µs':>18}{heads}")
    for name in (name for name in dict.fromkeys(names_in(times)) if name != THEIRS):
        least = times[f"{sizes[0]} {name}"]
        cells = "".join(f"{ratio(times[f'{size} {name}'], least):>26}" for size in sizes[1:])
        print(f"{name:32}{statistics.median(least) * 1e6:>18.1f}{cells}")


def names_in(times: Mapping[str, object]) -> Iterator[str]:
    """The candidates' names without their sizes."""
    return (name.partition(" ")[2] for name in times)


def print_planned(sizes: Sequence[int], times: Mapping[str, Sequence[float]]) -> None:
    """How many times as long as our first page the plan's call takes."""
    print(f"\n{THEIRS}, times our {OURS}")
    for size in sizes:
        print(f"{size:>10} rows{ratio(times[f'{size} {THEIRS}'], times[f'{size} {OURS}']):>26}")


if __name__ == "__main__":
    main()

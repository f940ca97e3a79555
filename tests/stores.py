"""What the tests of stores hand in: users, contents, a clock, and a store for each user."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.identity.protocol import Actor
from core.stores.protocol import Checked, Config, ConfigStore, Content, Page
from core.stores.sqlite import SqliteStore
from core.system.database import Database

ANNA: Final = Actor("6f1d2c0a-0000-4000-8000-00000000000a", "Anna")
BERT: Final = Actor("6f1d2c0a-0000-4000-8000-00000000000b", "Bert")
FINE: Final = Checked(is_valid=True, runs=True)
FAULTY: Final = Checked(
    is_valid=False, errors=[{"rule": "a.rule", "message": "Größe", "fix": None}]
)
TEXT: Final = '{"model": {"name": "a/b"}, "training": {"method": "sft"}}'


class Clock:
    """A clock that goes on by a millisecond whenever somebody looks at it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.advance(milliseconds=1)
        return self.time

    def advance(self, **spans: float) -> None:
        self.time += timedelta(**spans)


@dataclass(frozen=True)
class Stores:
    """One back end in which Anna and Bert have accounts.

    Attributes:
        open: gives a user's store.
        clock: what the back end takes the time from, or ``None`` where it has its own.
        users: Anna and Bert as this back end knows them.
        examples: how many examples of a property are tried; fewer where each takes long.
    """

    open: Callable[[Actor], ConfigStore]
    clock: Clock | None = None
    users: tuple[Actor, Actor] = (ANNA, BERT)
    examples: int = 200

    @property
    def anna(self) -> ConfigStore:
        return self.open(self.users[0])

    @property
    def bert(self) -> ConfigStore:
        return self.open(self.users[1])


def sqlite_database(file: Path, clock: Callable[[], datetime] | None = None) -> Database:
    """A database in which Anna and Bert have accounts."""
    database = Database(file, clock or Clock())
    with database.write() as connection:
        for actor in (ANNA, BERT):
            connection.execute(
                "INSERT INTO accounts (id, name, created_at) VALUES (?, ?, ?)",
                (actor.user_id, actor.name, database.now()),
            )
    return database


@contextmanager
def sqlite_stores(folder: Path) -> Iterator[Stores]:
    """The embedded back end on a real file."""
    clock = Clock()
    database = sqlite_database(folder / "data" / "stores.sqlite3", clock)
    yield Stores(lambda actor: SqliteStore(database, actor), clock)
    database.close()


def content(name: str = "run", **changes: Any) -> Content:
    """A content that every store takes, with some fields changed."""
    fields = {"description": "", "template_type": "custom", "text": TEXT, "checked": FINE}
    return Content(name, **{**fields, **changes})


def with_method(method: object) -> str:
    """The text of a config with that ``training.method``."""
    return json.dumps({"training": {"method": method}})


def create(store: ConfigStore, *names: str) -> list[Config]:
    return [store.create(content(name)) for name in names]


def names(page: Page) -> list[str]:
    return [row.name for row in page.rows]

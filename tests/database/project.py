"""A project's database with the app's migrations, its users, and what they ask of it."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from tests.supabase_server.postgres import SUPERUSER, PostgresCluster, as_role, migrations

# In lite and in older projects the API's roles have every right that there is.
Mode = Literal["hosted_new", "hosted_old", "all_granted"]
Rows = list[tuple[Any, ...]]
Connection = psycopg.Connection[tuple[Any, ...]]

TEXT = '{"model": {"name": "a/b"}, "training": {"method": "sft"}}'
# What a link to one config shows, as the app writes it.
SHARED = {"kind": "config", "title": "run", "snapshot": json.dumps({"columns": [{"text": TEXT}]})}
GRANT_ALL = """
grant all on all tables in schema public to anon, authenticated;
grant all on all sequences in schema public to anon, authenticated;
grant all on all functions in schema public to anon, authenticated;
"""


class Project:
    """One database; each thread has a connection of its own."""

    def __init__(self, cluster: PostgresCluster, database: str, owner: str = "postgres") -> None:
        self._cluster = cluster
        self._database = database
        self._owner = owner
        self._here = threading.local()
        self._connections: list[Connection] = []

    @property
    def connection(self) -> Connection:
        """The thread's, in autocommit, as the owner of the tables."""
        if not hasattr(self._here, "connection"):
            self._here.connection = self._cluster.connect(self._database, self._owner)
            self._connections.append(self._here.connection)
        connection: Connection = self._here.connection
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def migrate(self) -> None:
        for migration in migrations():
            self.connection.execute(migration.encode())

    def owner(self, statement: str, *values: object) -> Rows:
        """What the owner of the tables gets, whom row-level security lets pass."""
        return rows(self.connection, statement, *values)

    def force(self, statement: str, *values: object) -> Rows:
        """The same past all triggers."""
        with self._cluster.connect(self._database, SUPERUSER) as connection:
            connection.execute("set session_replication_role = replica")
            return rows(connection, statement, *values)

    def at_once(self, times: int, call: Callable[[int], object]) -> list[object]:
        """What each of so many calls gives, eight at a time; the error where it raises one."""

        def outcome(number: int) -> object:
            try:
                return call(number)
            except psycopg.Error as error:
                return error

        before = len(self._connections)
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(outcome, range(times)))
        for connection in self._connections[before:]:
            connection.close()
        return outcomes

    def user(self) -> "User":
        """Somebody new."""
        person = User(self, uuid4())
        self.owner("insert into auth.users (id) values (%s)", person.id)
        return person


@dataclass(frozen=True)
class User:
    """Somebody who is signed in; ``id`` is ``None`` for who isn't."""

    project: Project
    id: UUID | None
    claims: dict[str, Any] = field(default_factory=dict)

    def ask(self, statement: str, *values: object) -> Rows:
        """What one request gets."""
        with self.request() as connection:
            return rows(connection, statement, *values)

    def one(self, statement: str, *values: object) -> Any:
        """The first column of the only row."""
        ((value, *_),) = self.ask(statement, *values)
        return value

    @contextmanager
    def request(self) -> Iterator[Connection]:
        """One transaction as PostgREST makes it."""
        role = "authenticated" if self.id else "anon"
        with as_role(self.project.connection, role, self.id) as connection:
            if self.claims:
                claims = {"sub": str(self.id), "role": role, **self.claims}
                statement = "select set_config('request.jwt.claims', %s, true)"
                connection.execute(statement, (json.dumps(claims),))
            yield connection

    def create(self, name: object = "run", **columns: object) -> UUID:
        """The id of a new config."""
        columns = {"name": name, "template_type": "sft", "config_text": TEXT} | columns
        columns.setdefault("config_json", "{}")
        created = self.insert("training_configs", **columns)
        assert isinstance(created["id"], UUID)
        return created["id"]

    def insert(self, table: str, **columns: object) -> dict[str, Any]:
        """A new row, as it is then."""
        statement = sql.SQL("insert into {} ({}) values ({}) returning to_jsonb({}), {}").format(
            sql.Identifier("public", table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder() * len(columns)),
            sql.Identifier(table),
            sql.Identifier("number" if table == "config_drafts" else "id"),
        )
        with self.request() as connection:
            ((row, key),) = connection.execute(statement, list(columns.values())).fetchall()
        return {**row, "id": key}

    def change(self, config: UUID, **columns: object) -> None:
        """Write these columns of a config."""
        statement = sql.SQL("update public.training_configs set {} where id = {}").format(
            sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder())
                for name in columns
            ),
            sql.Literal(config),
        )
        with self.request() as connection:
            connection.execute(statement, list(columns.values()))

    def column(self, config: UUID, name: str) -> Any:
        """One column of a config."""
        statement = sql.SQL("select {} from public.training_configs where id = {}")
        with self.request() as connection:
            found = connection.execute(
                statement.format(sql.Identifier(name), sql.Literal(config))
            ).fetchone()
        assert found
        return found[0]


def rows(connection: Connection, statement: str, *values: object) -> Rows:
    """All rows; none of a statement that gives no rows."""
    cursor = connection.execute(statement.encode(), values or None)
    return cursor.fetchall() if cursor.description else []

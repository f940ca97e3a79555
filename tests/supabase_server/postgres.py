"""A throwaway PostgreSQL cluster, and what makes a bare database look like Supabase."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import UUID

import psycopg
from psycopg import sql

from tests.supabase_server import HERE, SUPABASE, MissingPartError
from tests.supabase_server.processes import (
    CommandError,
    end_group,
    free_port,
    group_of,
    run,
    tail,
)

START_SECONDS = 60.0
STOP_SECONDS = 20.0
# Hosted Supabase's own superuser; migrations run there as postgres, which is none.
SUPERUSER = "supabase_admin"
SETTINGS = (
    # What a power cut would lose is thrown away anyway.
    *("fsync=off", "full_page_writes=off", "synchronous_commit=off"),
    # The default folder for sockets belongs to the system's own cluster.
    *("listen_addresses=127.0.0.1", "unix_socket_directories="),
)
# Ends the server, cutting off open sessions, when its input closes: on our wish, or because the
# tests are gone. Then nobody else would delete the folder.
GUARD = """
exec 3<&0
"$@" 3<&- & server=$!
(cat <&3 >/dev/null; touch closed; kill -INT $server) 2>/dev/null & exec 3<&-
wait $server
[ ! -e closed ] || rm -rf "$PWD"
"""
GRANTS = re.compile(r"^-- grants:begin.*?^-- grants:end", re.MULTILINE | re.DOTALL)
DROPPED = re.compile(r"^drop function if exists ([^;]*);", re.MULTILINE)

# What a new table of the schema public grants to the API's roles. Projects made since
# 2026-05-30, and all since 2026-10-30: nothing. Older ones, and lite: everything.
Grants = Literal["hosted_new", "hosted_old"]


class PostgresCluster:
    """A PostgreSQL server with empty data on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        """Start it; raises MissingPartError when PostgreSQL is not installed."""
        programs = find_programs()
        # As root the server runs as another user, who can't enter pytest's own folders.
        self.user = server_user()
        self.folder = Path(tempfile.mkdtemp(prefix="tunesmith-postgres-"))
        self.port = free_port()
        self._databases = 0
        # Names of databases to copy, by what is in them.
        self.templates: dict[str, str] = {}
        self._server: subprocess.Popen[bytes] | None = None
        try:
            if self.user:
                shutil.chown(self.folder, self.user, group_of(self.user))
            self._initialise(programs)
            self._server = self._start(programs)
            self._wait()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """Where a client finds a database; there are no passwords."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def connect(
        self, database: str = "postgres", user: str = SUPERUSER
    ) -> "psycopg.Connection[tuple[object, ...]]":
        """A new connection, in autocommit."""
        return psycopg.connect(self.url(database, user), autocommit=True)

    def create_database(self, grants: Grants | None = None, template: str | None = None) -> str:
        """The name of a new database: bare, a copy of another, or made to look like Supabase."""
        self._databases += 1
        name = f"test_{self._databases}"
        command = sql.SQL("create database {} template {}")
        with self.connect() as connection:
            copied = sql.Identifier(template or "template1")
            connection.execute(command.format(sql.Identifier(name), copied))
        if grants:
            with self.connect(name) as connection:
                connection.execute(bootstrap_sql(grants))
        return name

    def stop(self) -> None:
        """End the server and forget its data."""
        if self._server and self._server.stdin:
            self._server.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(STOP_SECONDS)
            end_group(self._server)
            self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self, programs: Path) -> None:
        options = ["--encoding=UTF8", "--no-locale", "--auth=trust", "--no-sync"]
        command = [str(programs / "initdb"), f"--username={SUPERUSER}", *options]
        run([*command, str(self.folder / "data")], self.folder, START_SECONDS, user=self.user)

    def _start(self, programs: Path) -> "subprocess.Popen[bytes]":
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        command = [str(programs / "postgres"), "-D", str(self.folder / "data")]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", GUARD, "guard", *command, "-p", str(self.port), *options],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=group_of(self.user),
                extra_groups=None if self.user is None else [],
            )

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                dead = self._server is None or self._server.poll() is not None
                if dead or time.monotonic() > deadline:
                    log = tail(self._log.read_text("utf-8", "replace"))
                    raise CommandError(f"PostgreSQL did not start: {log}") from error
            time.sleep(0.05)


def find_programs() -> Path:
    """The folder of PostgreSQL's own programs, the newest; raises MissingPartError."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(debian, key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise MissingPartError(
            "PostgreSQL",
            "The tests that talk to PostgreSQL need its programs; "
            "install them (Debian, Ubuntu: sudo apt-get install postgresql).",
        )
    return (found[-1] if found else Path(on_path or "").resolve()).parent


def server_user() -> str | None:
    """Whom the server runs as where root is at work, which PostgreSQL refuses; None: no change."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def bootstrap_sql(grants: Grants) -> str:
    """The SQL that makes a bare database look like Supabase; for its superuser."""
    setting = f"set bootstrap.grants = '{grants}';\n"
    return setting + (HERE / "bootstrap.sql").read_text("utf-8")


def migrations(folder: Path = SUPABASE) -> list[str]:
    """The text of each migration in a folder such as supabase/, in order."""
    return [path.read_text("utf-8") for path in sorted((folder / "migrations").glob("*.sql"))]


def grants(folder: Path = SUPABASE) -> str:
    """What the migrations grant: their parts from "-- grants:begin" to "-- grants:end".

    Without the functions that a later one drops: by then there is nothing to grant on them.
    """
    texts = migrations(folder)
    found = "\n".join(block for text in texts for block in GRANTS.findall(text))
    for names in (names for text in texts for names in DROPPED.findall(text)):
        for name in names.split(", "):
            found = re.sub(rf"{re.escape(name)},\s*", "", found)
    return found


@contextlib.contextmanager
def as_role(
    connection: "psycopg.Connection[tuple[object, ...]]",
    role: str,
    user_id: UUID | str | None = None,
) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """One transaction with the role and the claims of a request, set as PostgREST sets them.

    The connection is in autocommit and outside of a transaction, or the role would stay.
    """
    claims = {"role": role} | ({"sub": str(user_id)} if user_id else {})
    with connection.transaction():
        connection.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
            (role, json.dumps(claims)),
        )
        yield connection

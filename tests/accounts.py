"""What the tests of accounts and sessions hand in: a clock, fast passwords, counting databases."""

import hashlib
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.errors import TunesmithError
from core.identity.local import LocalIdentity
from core.identity.protocol import Account, NewAccount
from core.system.database import Database

PASSWORD: Final = "four plain words here"
OTHER_PASSWORD: Final = "four other words here"
ADDRESS: Final = "192.0.2.7"


class Clock:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        self.time = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **spans: float) -> None:
        self.time += timedelta(**spans)


class FastPasswords:
    """Hashes at once, and counts how often it is asked."""

    def __init__(self) -> None:
        self.hashed = 0
        self.checked = 0
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        with self._lock:
            self.hashed += 1
        return hashlib.sha256(password.encode()).hexdigest()

    def check(self, password: str, hashed: str) -> bool:
        with self._lock:
            self.checked += 1
        return hashlib.sha256(password.encode()).hexdigest() == hashed


class CountingDatabase(Database):
    """Counts the transactions that were begun."""

    reads = 0
    writes = 0

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        self.reads += 1
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self, *, waits: bool = True) -> Iterator[sqlite3.Connection]:
        self.writes += 1
        with super().write(waits=waits) as connection:
            yield connection


class FileCountingPasswords(FastPasswords):
    """Counts its checks in a file, for several processes."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def check(self, password: str, hashed: str) -> bool:
        with self.file.open("ab") as file:
            file.write(b".")
        return super().check(password, hashed)


def local_identity(
    database: Database, passwords: FastPasswords | None = None, *, is_open: bool = True
) -> LocalIdentity:
    return LocalIdentity(database, passwords or FastPasswords(), is_open)


def ada(identity: LocalIdentity) -> Account:
    return identity.add(NewAccount("ada", PASSWORD))


def outcome(call: Any, *args: Any) -> Any:
    """What a call gives, or the error that it raises."""
    try:
        return call(*args)
    except TunesmithError as error:
        return error


def at_once(call: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
    """The outcome of each call, all begun at the same moment in threads of their own."""
    barrier = threading.Barrier(len(arguments))

    def begun(args: tuple[Any, ...]) -> Any:
        barrier.wait()
        return outcome(call, *args)

    with ThreadPoolExecutor(len(arguments)) as pool:
        futures: list[Future[Any]] = [pool.submit(begun, args) for args in arguments]
        return [future.result() for future in futures]


def guess(file: str, count_file: str, tries: str) -> None:
    """Guess wrong passwords one after the other, as a process of its own; prints the refusals."""
    with closing(Database(Path(file))) as database:
        identity = LocalIdentity(database, FileCountingPasswords(Path(count_file)), True)
        numbers = range(int(tries))
        found = [outcome(identity.sign_in, "ada", f"guess {n}", ADDRESS) for n in numbers]
    sys.stdout.write(str(sum("too many" in str(error) for error in found)))

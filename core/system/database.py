"""The one SQLite file that the embedded default keeps everything in.

Accounts, sessions, configs and drafts share it, so that one transaction can change several of
them and one backup holds all. ``core/migrations/`` has its schema, one file a step.
"""

import contextlib
import errno
import logging
import os
import queue
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.errors import Unavailable

FILE_NAME: Final = "tunesmith.sqlite3"
BUSY_SECONDS: Final = 10.0
"""How long a statement waits for another process before the database counts as busy."""
MIGRATIONS: Final = Path(__file__).resolve().parents[1] / "migrations"

# A broken constraint is the caller's to explain; the others are mistakes in a statement.
_CALLERS: Final = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)

_BUSY: Final = "The database is busy; nothing was changed. Try again in a moment."
_FULL: Final = "The disk is full; nothing was changed. Make room and try again."
_NOT_WRITABLE: Final = (
    "The database can't be written; nothing was changed. "
    "Whoever runs Tunesmith has to make its file and folder writable."
)
_READ_ONLY: Final = ("readonly", "Permission denied", "Read-only file system")

logger = logging.getLogger("tunesmith")

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as the database keeps it: sorts as text, to the microsecond, always UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """The moment that ``stamp`` wrote."""
    return datetime.fromisoformat(text)


class Database:
    """Connections to the file, each for one thread at a time, and transactions on them."""

    def __init__(self, file: Path, clock: Clock = now) -> None:
        """Open the file, made with its folder where there is none, at the newest schema.

        Raises:
            Unavailable: the file or its folder can't be used; the text says why.
        """
        self.file = file
        self.clock = clock
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._closed = False
        with _plain_errors(file):
            _make(file)
            with self._connection() as connection:
                migrate(connection)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with; several reads in one block see the same state.

        Fetch all that you need inside the block: a statement that is still running when it ends
        keeps the old state in view for whoever gets the connection next.

        Raises:
            Unavailable: the database can't be read. Other errors of the block come out unchanged.
        """
        with self._transaction("BEGIN DEFERRED") as connection:
            yield connection

    @contextmanager
    def write(self, *, waits: bool = True) -> Iterator[sqlite3.Connection]:
        """A connection to read and write with; the block is done as a whole or not at all.

        Other writers wait from the block's beginning to its end, so that what was read in it is
        still true when it writes.

        Args:
            waits: whether to wait for another writer; without, the database counts as busy at
                once. For what is noted on the way of a read, which somebody waits for.

        Raises:
            Unavailable: the database can't be written, or was busy for ten seconds; nothing was
                changed. Other errors of the block undo it and come out unchanged, a broken
                constraint (``sqlite3.IntegrityError``) among them.
        """
        with self._transaction("BEGIN IMMEDIATE", waits=waits) as connection:
            yield connection

    def now(self) -> str:
        """The present time as the database keeps it."""
        return stamp(self.clock())

    def backup(self, target: Path) -> None:
        """Write a consistent copy to a new file that only its owner can read.

        Others can read and write meanwhile; the copy is the state at one moment.

        Raises:
            FileExistsError: the target exists.
            Unavailable: it can't be written; what was begun is taken away.
        """
        backup(self.file, target)

    def close(self) -> None:
        """Close the connections: the idle ones now, one in use when it is given back."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    @contextmanager
    def _transaction(self, begin: str, *, waits: bool = True) -> Iterator[sqlite3.Connection]:
        with (
            _plain_sqlite_errors(self.file),
            self._connection() as connection,
            contextlib.nullcontext() if waits else _impatient(connection),
            _begun(connection, begin),
        ):
            yield connection

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            yield connection
        except BaseException:
            # Whatever state an error left it in, nobody gets this connection again.
            with contextlib.suppress(sqlite3.Error):
                connection.close()
            raise
        self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return connect(self.file)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.put(connection)
        if self._closed:
            self.close()


def connect(file: Path) -> sqlite3.Connection:
    """A connection with this project's settings; transactions are begun by hand.

    It may go from one thread to another as long as one at a time uses it.
    """
    connection = sqlite3.connect(
        file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        _write_ahead(connection)
        # NORMAL can lose the last commits when the power fails; FULL costs one flush of the disk.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def backup(file: Path, target: Path) -> None:
    """As ``Database.backup``, of a file whose schema may be older or newer; it stays as it is.

    Raises:
        FileExistsError: the target exists.
        Unavailable: there is no database, or the target can't be written.
    """
    if not file.is_file():
        raise Unavailable(f"There is no database yet: the app makes {file} when it starts.")
    with _plain_errors(target):
        _make_file(target)
    try:
        with _plain_sqlite_errors(file), contextlib.closing(connect(file)) as source:
            _copy(source, target)
    except BaseException:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def _copy(source: sqlite3.Connection, target: Path) -> None:
    with _plain_sqlite_errors(target), contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def migrate(connection: sqlite3.Connection, folder: Path = MIGRATIONS) -> None:
    """Bring the schema up to date; of several processes at once, one does it and the others wait.

    A step is a file whose name begins with its number; the database knows the last one it has.

    Raises:
        Unavailable: the file was written by a newer version of this program.
    """
    steps = {int(step.name.partition("_")[0]): step for step in folder.glob("*.sql")}
    newest = max(steps, default=0)
    if _version(connection) == newest:
        return
    with _begun(connection, "BEGIN IMMEDIATE"):
        version = _version(connection)
        if version > newest:
            raise Unavailable(
                "The database was written by a newer Tunesmith; start that version, "
                "or restore a backup."
            )
        for number in sorted(number for number in steps if number > version):
            for statement in _statements(steps[number].read_text(encoding="utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")


@contextmanager
def _begun(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """A transaction that is done as a whole or not at all."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself has ended the transaction after some errors, such as a full disk.
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _impatient(connection: sqlite3.Connection) -> Iterator[None]:
    """A connection that does not wait for others; where this fails, nobody gets it again."""
    connection.execute("PRAGMA busy_timeout = 0")
    yield
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and the writer go on beside each other; the file remembers it.

    Where several processes open a new file at once, SQLite refuses the change at once instead of
    waiting (it has to turn a read lock into a write lock), so the waiting is done here.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not _is_busy(str(error)) or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    # ``executescript`` would commit first; SQLite itself knows where a statement ends.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement


def _make(file: Path) -> None:
    """Make the folder and the file with rights for their owner only, before SQLite opens it.

    Its helpers beside it (``-wal``, ``-shm``) get the rights of the file.
    """
    _make_folder(file.parent)
    with contextlib.suppress(FileExistsError):
        _make_file(file)


def _make_folder(folder: Path) -> None:
    """Make a folder for its owner only; one that is there keeps its rights."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error


def _make_file(file: Path) -> None:
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@contextmanager
def _plain_errors(file: Path) -> Iterator[None]:
    """Say in a sentence what is wrong with a file, for steps of our own that touch it."""
    try:
        with _plain_sqlite_errors(file):
            yield
    except FileExistsError:
        raise
    except OSError as error:
        raise _refusal(file, str(error.strerror or error)) from error


@contextmanager
def _plain_sqlite_errors(file: Path) -> Iterator[None]:
    """Say in a sentence what is wrong with the database; a caller's mistakes stay as they are."""
    try:
        yield
    except _CALLERS:
        raise
    except sqlite3.Error as error:
        raise _refusal(file, str(error)) from error


def _is_busy(said: str) -> bool:
    return "locked" in said or "busy" in said


def _refusal(file: Path, said: str) -> Unavailable:
    """What went wrong as a sentence for users; the log has the file and SQLite's own words."""
    if _is_busy(said):
        return Unavailable(_BUSY)
    logger.error("[Database] %s can't be used: %s", file, said)
    if "full" in said or "No space" in said:
        return Unavailable(_FULL, str(file))
    if any(text in said for text in _READ_ONLY):
        return Unavailable(_NOT_WRITABLE, str(file))
    return Unavailable(
        f"The database file can't be used ({said}); nothing was changed. See to it and its folder.",
        str(file),
    )

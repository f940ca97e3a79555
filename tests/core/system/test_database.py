"""The database file: who may read it, how it is made and copied, and what no crash loses."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from core.errors import NeedsConsent, NotFound, Unavailable
from core.stores.protocol import Query
from core.stores.sqlite import SqliteStore
from core.system.database import BUSY_SECONDS, MIGRATIONS, Database, connect, migrate, moment, stamp
from tests.commands import running
from tests.stores import ANNA, content, sqlite_database
from tools.soak.server import as_plain_user

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tunesmith.sqlite3"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    opened = sqlite_database(file)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> SqliteStore:
    return SqliteStore(database, ANNA)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


WRITES = """
import sys
from pathlib import Path
from core.errors import Unavailable
from core.system.database import Database
try:
    with Database(Path(sys.argv[1])).write() as connection:
        connection.execute("DELETE FROM sessions")
except Unavailable as error:
    print(error)
"""


def intact(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return [*connection.execute("PRAGMA integrity_check")] == [("ok",)] and not [
            *connection.execute("PRAGMA foreign_key_check")
        ]


def start(code: str, *args: object) -> subprocess.Popen[str]:
    """A Python process of its own, in the project's folder."""
    words = [sys.executable, "-c", code, *map(str, args)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    """What the process wrote; it has to end well."""
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    return out


# --- The file ------------------------------------------------------------------------------------


def test_only_its_owner_can_read_the_database(database: Database, file: Path) -> None:
    with database.write() as connection:
        connection.execute("DELETE FROM accounts")
        assert sorted(path.name for path in file.parent.iterdir()) == [
            "tunesmith.sqlite3",
            "tunesmith.sqlite3-shm",
            "tunesmith.sqlite3-wal",
        ]
        assert {mode(path) for path in file.parent.iterdir()} == {0o600}
    assert mode(file.parent) == 0o700


def test_the_umask_makes_no_difference(file: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Database(file)):
            assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    finally:
        os.umask(before)


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with closing(Database(tmp_path / "x.sqlite3")):
        assert mode(tmp_path) == 0o755


def test_each_connection_has_the_settings(database: Database) -> None:
    with database.read() as first, database.read() as second:
        assert first is not second
        for connection in (first, second):
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
            assert found == ["wal", 2, 1, BUSY_SECONDS * 1000]


# --- Moments -------------------------------------------------------------------------------------


def test_a_moment_comes_back_as_it_was() -> None:
    then = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    assert stamp(then) == "2026-01-02T03:04:05.000006Z"
    assert moment(stamp(then)) == then
    assert moment(stamp(then)).tzinfo == UTC
    assert stamp(then.astimezone(timezone(timedelta(hours=5)))) == stamp(then)


def test_moments_sort_as_text() -> None:
    start = datetime(999, 12, 31, 23, 59, 59, 999_999, UTC)
    moments = [start + timedelta(microseconds=10**power) for power in range(17)]
    assert sorted(map(stamp, moments)) == [stamp(then) for then in sorted(moments)]


# --- Transactions --------------------------------------------------------------------------------


def accounts(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute("SELECT count(*) FROM accounts").fetchone()[0])


def delete_and_raise(connection: sqlite3.Connection, error: BaseException) -> None:
    connection.execute("DELETE FROM accounts")
    raise error


@pytest.mark.parametrize(
    "error",
    [
        NotFound("x"),
        ValueError("x"),
        OSError("x"),
        FileExistsError("x"),
        KeyboardInterrupt(),
        sqlite3.IntegrityError("x"),
        sqlite3.ProgrammingError("x"),
    ],
    ids=repr,
)
def test_an_error_undoes_the_block_and_comes_out_as_it_is(
    database: Database, error: BaseException
) -> None:
    for begun in (database.read, database.write):
        with pytest.raises(type(error)) as caught, begun() as connection:
            delete_and_raise(connection, error)
        assert caught.value is error
    assert accounts(database) == 2
    with database.write() as connection:
        assert connection.in_transaction


def test_a_connection_that_failed_is_not_used_again(database: Database) -> None:
    with pytest.raises(ValueError, match="x"), database.write() as broken:
        raise ValueError("x")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        broken.execute("SELECT 1")
    assert accounts(database) == 2


def test_a_connection_that_somebody_closed_is_not_used_again(database: Database) -> None:
    with pytest.raises(sqlite3.ProgrammingError), database.read() as connection:
        connection.close()
    assert accounts(database) == 2


def keep_for_nobody(connection: sqlite3.Connection) -> None:
    """Break a constraint that is looked at when the transaction ends."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute(
        "INSERT INTO drafts (user_id, slot, name, updated_at, payload) "
        "VALUES ('nobody', 's', '', '2026-01-01T00:00:00.000000Z', '')"
    )


def test_a_commit_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
        keep_for_nobody(connection)
    with database.write() as connection:
        assert connection.execute("SELECT count(*) FROM drafts").fetchone()[0] == 0


def test_a_block_in_a_block_reads_what_was_there_before(database: Database) -> None:
    with database.write() as connection:
        connection.execute("DELETE FROM accounts")
        assert accounts(database) == 2
    assert accounts(database) == 0


def test_a_mistake_in_a_statement_is_told_in_a_sentence(database: Database) -> None:
    with (
        pytest.raises(Unavailable, match="no such table: none") as caught,
        database.read() as connection,
    ):
        connection.execute("SELECT * FROM none")
    assert "\n" not in str(caught.value)


def test_a_closed_database_keeps_no_connection(file: Path) -> None:
    database = Database(file)
    with database.read() as connection:
        database.close()
        assert connection.execute("SELECT 1").fetchone()[0] == 1
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
    # The last connection takes its helpers along.
    assert [path.name for path in file.parent.iterdir()] == [file.name]


# --- What can't be used --------------------------------------------------------------------------


@contextmanager
def refused(reason: str, path: Path) -> Iterator[None]:
    with pytest.raises(Unavailable, match=reason) as caught:
        yield
    # The place is for the log and the command line, not for pages and answers.
    assert caught.value.place.startswith(str(path))
    assert str(path.parent) not in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    for file in (tmp_path / "data" / "a.sqlite3", tmp_path / "data" / "b" / "a.sqlite3"):
        with refused("Not a directory", file):
            Database(file)


def test_a_database_that_is_a_folder_is_told(tmp_path: Path) -> None:
    with refused("unable to open database file", tmp_path):
        Database(tmp_path)


def test_a_file_that_is_no_database_is_told_and_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database " * 1000)
    with refused("file is not a database", file):
        Database(file)
    assert file.read_bytes() == b"no database " * 1000


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    file = tmp_path / ("x" * 300) / "tunesmith.sqlite3"
    with refused("File name too long", file):
        Database(file)


def test_a_full_disk_is_told_and_nothing_is_lost(database: Database, store: SqliteStore) -> None:
    config = store.create(content("a"))
    with database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        # The pool gives this connection to the store.
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(Unavailable, match="The disk is full; nothing was changed"):
        store.create(content("b", text='{"a": "' + "x" * 200_000 + '"}'))
    assert [found for found, _ in store.everything()] == [config]
    store.create(content("b"))


def test_a_busy_database_is_told(database: Database) -> None:
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with database.read() as connection:
            connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(Unavailable, match=r"busy; nothing was changed\. Try"), database.write():
            pytest.fail("somebody else is writing")
        assert accounts(database) == 2


def test_who_does_not_wait_is_told_at_once_and_waits_the_next_time(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(Unavailable, match="busy"), database.write(waits=False):
            pytest.fail("somebody else is writing")
        assert time.monotonic() - began < BUSY_SECONDS / 2
    with database.write(waits=False):
        pass
    with database.read() as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == before


@pytest.mark.parametrize("folder_too", [False, True])
def test_a_database_that_can_not_be_written_is_told(file: Path, *, folder_too: bool) -> None:
    Database(file).close()
    os.chmod(file, 0o400)
    if folder_too:
        os.chmod(file.parent, 0o500)
    command = [sys.executable, "-c", WRITES, str(file)]
    # Root may write everywhere until that is taken from it.
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, preexec_fn=as_plain_user, check=True
    )
    assert done.stdout.strip() == (
        "The database can't be written; nothing was changed. "
        "Whoever runs Tunesmith has to make its file and folder writable."
    )


# --- The schema ----------------------------------------------------------------------------------


def version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def journal_mode(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_new_file_has_the_newest_schema(database: Database, file: Path) -> None:
    assert version(file) == len(list(MIGRATIONS.glob("*.sql")))


def test_a_newer_schema_is_refused_in_a_sentence(file: Path) -> None:
    Database(file).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 1000")
    with pytest.raises(Unavailable, match=r"written by a newer Tunesmith; start that version"):
        Database(file)
    assert version(file) == 1000


def test_only_the_missing_steps_are_done(file: Path, tmp_path: Path) -> None:
    steps = tmp_path / "steps"
    steps.mkdir()
    file.parent.mkdir()
    (steps / "0001_a.sql").write_text("CREATE TABLE a (x); -- one;\nINSERT INTO a VALUES (1);\n")
    with closing(connect(file)) as connection:
        migrate(connection, steps)
        (steps / "0002_b.sql").write_text(
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a WHERE x = 1;\nEND;\n"
            "INSERT INTO a\nVALUES (2)\n-- no semicolon at the end\n"
        )
        migrate(connection, steps)
        migrate(connection, steps)
        assert [tuple(row) for row in connection.execute("SELECT x FROM a")] == [(2,)]
    assert version(file) == 2


def test_a_step_that_fails_leaves_the_file_as_it_was(file: Path, tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x);\nCREATE TABLE a (y);\n")
    file.parent.mkdir()
    with closing(connect(file)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, tmp_path)
        assert not connection.in_transaction
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    assert version(file) == 0


def test_configs_from_before_commands_were_asked_for_are_read(file: Path, tmp_path: Path) -> None:
    for step in sorted(MIGRATIONS.glob("000[123]_*.sql")):
        shutil.copy(step, tmp_path)
    file.parent.mkdir()
    kept = (
        "'run'",
        "''",
        "'custom'",
        "1",
        "1",
        f"'{running('ls')}'",
        "'2026-01-01T00:00:00.000000Z'",
    )
    columns = (
        "user_id, name, description, template_type, is_validated, runs, config_json, created_at"
    )
    with closing(connect(file)) as connection:
        migrate(connection, tmp_path)
        values = f"'{ANNA.user_id}', {', '.join(kept)}"
        connection.execute(
            f"INSERT INTO accounts (id, name, created_at) VALUES ('{ANNA.user_id}', 'anna', '')"
        )
        connection.execute(
            f"INSERT INTO training_configs ({columns}, id, updated_at, search) "
            f"VALUES ({values}, 'x', {kept[-1]}, 'run\n')"
        )
        connection.execute(
            f"INSERT INTO config_versions ({columns}, config_id, number, operation, author) "
            f"VALUES ({values}, 'x', 1, 'create', 'anna')"
        )
    with closing(Database(file)) as database:
        store = SqliteStore(database, ANNA)
        ((config, (version,)),) = store.everything()
        assert (config.text, config.target, config.approved) == (running("ls"), "", ())
        assert version.content == config.content
        with pytest.raises(NeedsConsent):
            store.save("x", content(text=running("ls")), expected_revision=1)
    assert intact(file)


OPEN = """
import sys
from pathlib import Path
from core.system.database import Database
database = Database(Path(sys.argv[1]))
with database.read() as connection:
    print(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
database.close()
"""


@pytest.mark.parametrize("attempt", range(2))
def test_twelve_processes_make_one_database(file: Path, attempt: int) -> None:
    processes = [start(OPEN, file) for _ in range(12)]
    assert len({finish(process) for process in processes}) == 1
    assert intact(file)
    assert version(file) == len(list(MIGRATIONS.glob("*.sql")))


def test_a_new_file_waits_for_its_other_openers(file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file, check_same_thread=False)) as other:
        other.execute("CREATE TABLE a (x)")
        # As another process between its first look at the file and its change of the mode.
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.2, other.rollback)
        timer.start()
        connect(file).close()
        timer.join()
    assert journal_mode(file) == "wal"


def test_many_threads_make_one_database(file: Path) -> None:
    found: list[object] = []

    def make() -> None:
        try:
            Database(file).close()
            found.append(None)
        except Unavailable as error:
            found.append(error)

    threads = [threading.Thread(target=make) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * 24


# --- Many processes ------------------------------------------------------------------------------

WRITE = """
import sys
from pathlib import Path
from core.system.database import Database
from core.errors import Conflict
from core.stores.sqlite import SqliteStore
from tests.stores import ANNA, content
database = Database(Path(sys.argv[1]))
store = SqliteStore(database, ANNA)
conflicts = 0
for number in range(int(sys.argv[3])):
    store.mark_used(sys.argv[2])
    seen = store.get(sys.argv[2]).revision
    try:
        changed = content(text='{"by": "%s %d"}' % (sys.argv[4], number))
        store.save(sys.argv[2], changed, expected_revision=seen)
    except Conflict as conflict:
        assert conflict.current.revision > seen
        conflicts += 1
print(conflicts)
database.close()
"""


def test_six_processes_lose_no_save_and_no_use(
    store: SqliteStore, database: Database, file: Path
) -> None:
    config = store.create(content("run"))
    rounds = 40
    processes = [start(WRITE, file, config.id, rounds, name) for name in "abcdef"]
    conflicts = sum(int(finish(process)) for process in processes)
    after = store.get(config.id)
    assert after.times_used == 6 * rounds
    assert after.revision == 1 + 6 * rounds - conflicts
    numbers = [version.number for version in store.versions(config.id)]
    assert numbers == list(range(after.revision, max(0, after.revision - 50), -1))
    assert intact(file)


SAVE = """
import sys
from pathlib import Path
from core.system.database import Database
from core.stores.sqlite import SqliteStore
from tests.stores import ANNA, content
store = SqliteStore(Database(Path(sys.argv[1])), ANNA)
config = store.get(sys.argv[2])
while True:
    changed = content(text='{"n": %d}' % config.revision)
    config = store.save(config.id, changed, expected_revision=config.revision)
    print(config.revision, flush=True)
"""


@pytest.mark.parametrize("attempt", range(4))
def test_a_kill_loses_no_save_that_was_acknowledged(
    store: SqliteStore, file: Path, attempt: int
) -> None:
    config = store.create(content("run"))
    process = start(SAVE, file, config.id)
    assert process.stdout is not None
    assert process.stdout.readline() == "2\n"
    time.sleep(random.Random(attempt).uniform(0.05, 0.3))
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    acknowledged = int(("2\n" + out).split()[-1])
    after = store.get(config.id)
    assert after.revision in (acknowledged, acknowledged + 1)
    assert after.text == f'{{"n": {after.revision - 1}}}'
    assert store.versions(config.id)[0].number == after.revision
    assert intact(file)


# --- Backup --------------------------------------------------------------------------------------


@contextmanager
def going_on(act: Callable[[int], object]) -> Iterator[None]:
    """Do something again and again beside the block, at least once; its errors come out."""
    done, begun = threading.Event(), threading.Event()
    errors: list[Exception] = []

    def run() -> None:
        number = 0
        while not done.is_set() and not errors:
            try:
                act(number)
            except Exception as error:  # noqa: BLE001 -- it is told below
                errors.append(error)
            number += 1
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    yield
    done.set()
    thread.join()
    assert errors == []


def test_a_backup_is_one_moment_while_others_write(
    database: Database, store: SqliteStore, tmp_path: Path
) -> None:
    configs = [store.create(content(name, text='{"n": 0}')) for name in ("a", "b")]
    for number in range(50):
        store.create(content(f"filler {number}", text='{"a": "' + "x" * 20_000 + '"}'))

    def rewrite(number: int) -> None:
        # Both change in one transaction, so that a copy with different ones is of no moment.
        with database.write() as connection:
            for config in configs:
                connection.execute(
                    "UPDATE training_configs SET config_json = ? WHERE id = ?",
                    (f'{{"n": {number}}}', config.id),
                )

    with going_on(rewrite):
        for number in range(8):
            database.backup(tmp_path / f"{number}.sqlite3")
    for number in range(8):
        target = tmp_path / f"{number}.sqlite3"
        assert mode(target) == 0o600
        assert intact(target)
        copy = Database(target)
        texts = {SqliteStore(copy, ANNA).get(config.id).text for config in configs}
        assert len(texts) == 1
        assert SqliteStore(copy, ANNA).count(Query()) == 52
        copy.close()


def test_a_backup_can_be_started_from(database: Database, store: SqliteStore, file: Path) -> None:
    config = store.create(content("run"))
    target = file.with_name("copy.sqlite3")
    database.backup(target)
    store.delete(config.id)
    copy = Database(target)
    assert SqliteStore(copy, ANNA).get(config.id) == config
    copy.close()
    assert version(target) == version(file)


def test_a_backup_replaces_no_file(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (target, tmp_path / "link", tmp_path, database.file):
        with pytest.raises(FileExistsError):
            database.backup(path)
    assert target.read_text() == "precious"
    assert not (tmp_path / "elsewhere").exists()
    assert accounts(database) == 2


def test_a_backup_that_can_not_be_written_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with refused("No such file or directory", tmp_path / "none"):
        database.backup(tmp_path / "none" / "x.sqlite3")
    with refused("Not a directory", tmp_path / "file"):
        database.backup(tmp_path / "file" / "x.sqlite3")


def test_a_backup_that_fails_leaves_no_file(database: Database, tmp_path: Path) -> None:
    database.file.with_name(database.file.name + "-wal").unlink()
    database.close()
    database.file.write_bytes(b"no database " * 1000)
    with pytest.raises(Unavailable, match="not a database"):
        database.backup(tmp_path / "copy.sqlite3")
    assert not (tmp_path / "copy.sqlite3").exists()

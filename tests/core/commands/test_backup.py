"""``python -m core backup``: a copy of the database in one command."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from core.stores.protocol import Config
from core.stores.sqlite import SqliteStore
from core.system.database import FILE_NAME, Database
from tests import command
from tests.stores import ANNA, content, sqlite_database

run = partial(command.run, "backup")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / FILE_NAME


@pytest.fixture
def config(file: Path) -> Config:
    database = sqlite_database(file)
    with closing(database):
        return SqliteStore(database, ANNA).create(content("run"))


def test_a_backup_holds_everything(config: Config, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    result = run(target)
    size = target.stat().st_size // 1024
    assert result == (0, f"Wrote {target} ({size} KiB).\n", "")
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(Database(target)) as copy:
        assert SqliteStore(copy, ANNA).get(config.id) == config


@pytest.mark.parametrize("version", [0, 1000])
def test_a_backup_is_made_before_and_after_an_update(
    config: Config, file: Path, tmp_path: Path, version: int
) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    assert run(tmp_path / "copy.sqlite3").code == 0
    for path in (file, tmp_path / "copy.sqlite3"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def test_without_a_database_nothing_is_written(file: Path, tmp_path: Path) -> None:
    result = run(tmp_path / "copy.sqlite3")
    sentence = f"There is no database yet: the app makes {file} when it starts.\n"
    assert result == (2, "", sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(config: Config, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    assert run(target) == (2, "", f"{target}: is there already; name a new file.\n")
    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "reason"), [("none/copy", "No such file or directory"), ("a\0b", "null")]
)
def test_a_file_that_can_not_be_written_is_one_line(
    config: Config, tmp_path: Path, name: str, reason: str
) -> None:
    result = run(tmp_path / name)
    assert (result.code, result.out) == (2, "")
    assert reason in result.err
    assert result.err.count("\n") == 1


def test_what_is_no_database_is_one_line(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database " * 1000)
    result = run(tmp_path / "copy.sqlite3")
    assert result.code == 2
    assert result.err.startswith(
        f"{file}: The database file can't be used (file is not a database)"
    )
    assert not (tmp_path / "copy.sqlite3").exists()

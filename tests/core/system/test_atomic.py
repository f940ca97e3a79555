"""Files that are written as a whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from core.errors import InputError
from core.system.atomic import is_device, write_atomic

ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes and pipes")


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_file_is_made_and_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    for data in (b"one\r\n", b"two"):
        write_atomic(file, data)
        assert file.read_bytes() == data
    assert [*tmp_path.iterdir()] == [file]


@ON_POSIX
def test_who_could_read_it_still_can_and_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomic(file, b"", 0o600)
    assert mode(file) == 0o600
    file.chmod(0o640)
    write_atomic(file, b"more")
    assert mode(file) == 0o640


@ON_POSIX
def test_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "a.json", tmp_path / "link"
    link.symlink_to(file)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


@ON_POSIX
def test_what_others_put_in_the_way_is_not_written_to(tmp_path: Path) -> None:
    file, others = tmp_path / "a.json", tmp_path / "others"
    others.write_text("theirs")
    (tmp_path / f".a.json.{os.getpid()}.tmp").symlink_to(others)
    write_atomic(file, b"mine")
    assert (file.read_bytes(), others.read_text()) == (b"mine", "theirs")
    assert not file.is_symlink()


@ON_POSIX
def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert is_device(pipe)
        write_atomic(pipe, b"data")
        assert os.read(reader, 10) == b"data"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "Is a directory"),
        ("no/folder.json", "No such file or directory"),
        ("a\0b", "embedded null byte"),
        ("n" * 300, "File name too long"),
    ],
)
@ON_POSIX
def test_what_can_not_be_written_is_one_sentence(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(InputError, match=f": can't be written: {why}.$"):
        write_atomic(tmp_path / name, b"")
    assert [*tmp_path.iterdir()] == []

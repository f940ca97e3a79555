"""Fixtures of the embedded back end: its database on a clock that stands still, and one account."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.identity.local import LocalIdentity
from core.identity.protocol import Account
from tests.accounts import Clock, CountingDatabase, ada, local_identity


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[CountingDatabase]:
    with closing(CountingDatabase(tmp_path / "tunesmith.sqlite3", clock)) as opened:
        yield opened


@pytest.fixture
def identity(database: CountingDatabase) -> LocalIdentity:
    return local_identity(database)


@pytest.fixture
def user(identity: LocalIdentity) -> Account:
    return ada(identity)

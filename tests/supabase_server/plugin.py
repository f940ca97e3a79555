"""The fixtures of the tests that talk to Supabase or PostgreSQL; nothing starts before one asks."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from tests.supabase_server import SUPABASE, MissingPartError
from tests.supabase_server.lite import AS_THE_PROJECT, LiteServer, Settings
from tests.supabase_server.npm import packages
from tests.supabase_server.postgres import PostgresCluster

Part = TypeVar("Part")
VARIABLE = "TUNESMITH_TEST_EVERYTHING"
NOT_ON_WINDOWS = (
    "The tests that talk to Supabase or PostgreSQL start and end servers the way of Linux and "
    "macOS; run them there, or in the Windows Subsystem for Linux."
)
EVERYTHING = pytest.StashKey[bool]()
LEFT_OUT = pytest.StashKey[list[str]]()


class NewServer(Protocol):
    """Starts a server with settings of its own."""

    def __call__(
        self, settings: Settings = AS_THE_PROJECT, *, project: Path = SUPABASE
    ) -> LiteServer: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--supabase-driver",
        choices=("pglite", "postgres"),
        default="pglite",
        help="the database below the Supabase server: in its process, or a PostgreSQL",
    )
    parser.addoption(
        "--everything",
        action="store_true",
        help=f"fail where a part is missing, instead of leaving tests out; as {VARIABLE}=1 does",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Read now: no test sees the variables of this machine's user.
    config.stash[EVERYTHING] = config.getoption("everything") or os.environ.get(VARIABLE) == "1"
    config.stash[LEFT_OUT] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing: list[str] = terminalreporter.config.stash[LEFT_OUT]
    for why in dict.fromkeys(missing):
        terminalreporter.write_line(f"Left out: {why}", yellow=True)


def got(config: pytest.Config, get: Callable[[], Part]) -> Part:
    """A part that tests need; where it is missing the test is skipped, or fails if all must run."""
    try:
        if os.name == "nt":
            raise MissingPartError("Linux or macOS", NOT_ON_WINDOWS)
        return get()
    except MissingPartError as error:
        missing = error
    if config.stash[EVERYTHING]:
        pytest.fail(str(missing), pytrace=False)
    config.stash[LEFT_OUT].append(str(missing))
    # How to get it stands once in the summary, not at each of the tests.
    pytest.skip(f"{missing.part} could not be had")


@pytest.fixture(scope="session")
def postgres_cluster(pytestconfig: pytest.Config) -> Iterator[PostgresCluster]:
    """A PostgreSQL for the whole run; each test makes a database of its own in it."""
    cluster = got(pytestconfig, PostgresCluster)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def supabase_packages(pytestconfig: pytest.Config) -> Path:
    """The folder of the server's npm packages; for a test that starts a `LiteServer` itself."""
    return got(pytestconfig, packages)


@pytest.fixture(scope="session")
def _supabase_database(
    request: pytest.FixtureRequest, supabase_packages: Path
) -> PostgresCluster | None:
    """The PostgreSQL below the servers; None for the one in their own process."""
    if request.config.getoption("supabase_driver") == "pglite":
        return None
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    return cluster


@pytest.fixture(scope="session")
def supabase_server(_supabase_database: PostgresCluster | None) -> Iterator[LiteServer]:
    """A server for the whole run: anyone can sign up, and no address has to be confirmed."""
    settings = Settings(enable_signup=True, enable_confirmations=False)
    server = LiteServer(settings, postgres=_supabase_database)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def supabase_mail_server(_supabase_database: PostgresCluster | None) -> Iterator[LiteServer]:
    """A server for the whole run that wants addresses confirmed, as the project's settings do."""
    server = LiteServer(Settings(max_frequency="1s"), postgres=_supabase_database)
    yield server
    server.stop()


@pytest.fixture
def supabase_servers(_supabase_database: PostgresCluster | None) -> Iterator[NewServer]:
    """Makes servers for one test, set as in supabase/config.toml but for what the test changes."""
    with ExitStack() as running:

        def start(settings: Settings = AS_THE_PROJECT, *, project: Path = SUPABASE) -> LiteServer:
            server = LiteServer(settings, postgres=_supabase_database, project=project)
            running.callback(server.stop)
            return server

        yield start

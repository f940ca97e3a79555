"""The back ends that have to pass the contract of links; a new one is one more parameter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.shares.protocol import Shares
from core.shares.sqlite import SqliteSharedReader, SqliteShares
from core.shares.supabase import SHARES, SupabaseSharedReader, SupabaseShares
from core.stores.protocol import Config
from core.stores.sqlite import SqliteStore
from core.system.remote import Project
from tests.shares import Links
from tests.stores import Clock, Stores, content, sqlite_database
from tests.supabase_users import User, emptied, stores_of

BACK_ENDS = [
    pytest.param("sqlite_links", id="sqlite"),
    pytest.param("supabase_links", id="supabase", marks=pytest.mark.supabase),
]
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(params=BACK_ENDS)
def links(request: pytest.FixtureRequest) -> Links:
    opened: Links = request.getfixturevalue(request.param)
    return opened


@pytest.fixture
def sqlite_links(tmp_path: Path) -> Iterator[Links]:
    clock = Clock()
    database = sqlite_database(tmp_path / "links.sqlite3", clock)
    stores = Stores(lambda actor: SqliteStore(database, actor), clock)
    yield Links(lambda actor: SqliteShares(database, actor), SqliteSharedReader(database), stores)
    database.close()


@pytest.fixture
def supabase_links(supabase_project: Project, supabase_users: tuple[User, User]) -> Links:
    for user in supabase_users:
        emptied(supabase_project, user)
        client = supabase_project.client(user.token)
        client.table(SHARES).delete().neq("id", NOBODY).execute()
    return Links(
        lambda actor: SupabaseShares(supabase_project, actor),
        SupabaseSharedReader(supabase_project),
        stores_of(supabase_project, supabase_users),
    )


@pytest.fixture
def shares(links: Links) -> Shares:
    """Anna's."""
    return links.anna


@pytest.fixture
def config(links: Links) -> Config:
    """Anna's only one."""
    return links.stores.anna.create(content("run"))


@pytest.fixture
def clock(links: Links) -> Clock:
    if links.clock is None:
        # tests/database has the same with rows of that age.
        pytest.skip("nobody can set the clock of a Supabase project")
    return links.clock

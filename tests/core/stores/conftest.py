"""The back ends that have to pass the contract; a new one is one more parameter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.stores.protocol import Config, ConfigStore
from core.system.remote import Project
from tests.stores import Clock, Stores, content, sqlite_stores
from tests.supabase_users import User, emptied, stores_of

BACK_ENDS = [
    pytest.param("sqlite_stores", id="sqlite"),
    pytest.param("supabase_stores", id="supabase", marks=pytest.mark.supabase),
]


@pytest.fixture(params=BACK_ENDS)
def stores(request: pytest.FixtureRequest) -> Stores:
    opened: Stores = request.getfixturevalue(request.param)
    return opened


@pytest.fixture(name="sqlite_stores")
def _sqlite_stores(tmp_path: Path) -> Iterator[Stores]:
    with sqlite_stores(tmp_path) as opened:
        yield opened


@pytest.fixture
def supabase_stores(supabase_project: Project, supabase_users: tuple[User, User]) -> Stores:
    for user in supabase_users:
        emptied(supabase_project, user)
    return stores_of(supabase_project, supabase_users)


@pytest.fixture
def store(stores: Stores) -> ConfigStore:
    """Anna's."""
    return stores.anna


@pytest.fixture
def config(store: ConfigStore) -> Config:
    """Anna's only one."""
    return store.create(content("run"))


@pytest.fixture
def clock(stores: Stores) -> Clock:
    if stores.clock is None:
        # tests/database has the same with rows of that age.
        pytest.skip("nobody can set the clock of a Supabase project")
    return stores.clock


@pytest.fixture(params=["Anna's", "Bert's"])
def own_and_other(
    request: pytest.FixtureRequest, stores: Stores
) -> tuple[ConfigStore, ConfigStore]:
    """The stores of two users, once each way."""
    both = (stores.anna, stores.bert)
    return both if request.param == "Anna's" else both[::-1]

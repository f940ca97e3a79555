"""The back ends that have to pass the contract; a new one is one more parameter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.stores.protocol import Config, ConfigStore
from tests.stores import Clock, Stores, content, sqlite_stores

BACK_ENDS = {"sqlite": sqlite_stores}


@pytest.fixture(params=list(BACK_ENDS))
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    with BACK_ENDS[request.param](tmp_path) as opened:
        yield opened


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
        pytest.skip("this back end takes the time from elsewhere")
    return stores.clock


@pytest.fixture(params=["Anna's", "Bert's"])
def own_and_other(
    request: pytest.FixtureRequest, stores: Stores
) -> tuple[ConfigStore, ConfigStore]:
    """The stores of two users, once each way."""
    both = (stores.anna, stores.bert)
    return both if request.param == "Anna's" else both[::-1]

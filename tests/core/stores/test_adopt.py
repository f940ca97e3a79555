"""Keeping a config of another store with its whole history."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import NameTaken, Unacceptable
from core.stores.listing import adopted_id
from core.stores.protocol import Config, ConfigStore, Version
from tests.stores import FINE, Stores, content, sqlite_stores, with_method

History = tuple[Config, tuple[Version, ...]]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[ConfigStore]:
    """A store on another machine."""
    with sqlite_stores(tmp_path / "elsewhere") as opened:
        yield opened.anna


@pytest.fixture
def history(elsewhere: ConfigStore) -> History:
    """A config there, with a save, a restore, tags and uses."""
    config = elsewhere.create(content("run", description="Größe"), "first", tags=["b", "a"])
    elsewhere.save(config.id, content("run 2", text=with_method("dpo")), expected_revision=1)
    elsewhere.restore(config.id, 1, FINE, expected_revision=2)
    elsewhere.mark_used(config.id)
    return elsewhere.get(config.id), elsewhere.versions(config.id)


def test_all_comes_over_as_it_is(stores: Stores, history: History) -> None:
    store, user_id = stores.anna, stores.users[0].user_id
    config, versions = history
    adopted = store.adopt(config, versions)
    assert adopted == replace(config, id=adopted_id(user_id, config.id), user_id=user_id)
    kept = store.versions(adopted.id)
    assert kept == tuple(
        replace(version, config_id=adopted.id, author=user_id) for version in versions
    )
    assert [version.operation for version in kept] == ["restore", "save", "create"]


def test_it_goes_on_from_there(store: ConfigStore, history: History) -> None:
    adopted = store.adopt(*history)
    assert adopted
    saved = store.save(adopted.id, content("run 2"), expected_revision=3)
    assert saved.revision == 4
    assert len(store.versions(adopted.id)) == 4


def test_a_second_time_is_none(store: ConfigStore, history: History) -> None:
    adopted = store.adopt(*history)
    assert adopted
    assert store.adopt(*history) is None
    store.delete(adopted.id)
    assert store.adopt(*history) is None


def test_each_user_gets_one_of_their_own(stores: Stores, history: History) -> None:
    first, second = stores.anna.adopt(*history), stores.bert.adopt(*history)
    assert first
    assert second
    assert first.id != second.id


def test_a_taken_name_is_told_and_nothing_is_kept(store: ConfigStore, history: History) -> None:
    taken = store.create(content("run 2"))
    with pytest.raises(NameTaken, match="run 2"):
        store.adopt(*history)
    assert [config.id for config, _ in store.everything()] == [taken.id]


def test_versions_of_something_else_are_refused(store: ConfigStore, history: History) -> None:
    config, versions = history
    for odd in ((), versions[1:], versions[::-1], (versions[0], versions[0])):
        with pytest.raises(Unacceptable, match="versions"):
            store.adopt(config, odd)
    with pytest.raises(Unacceptable):
        store.adopt(replace(config, name=""), versions)
    assert list(store.everything()) == []


def test_old_dates_stay(store: ConfigStore, history: History) -> None:
    config, versions = history
    old = replace(config, created_at=config.created_at - timedelta(days=400))
    adopted = store.adopt(old, versions)
    assert adopted
    assert adopted.created_at == old.created_at

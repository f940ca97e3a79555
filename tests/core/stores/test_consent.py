"""What every store asks of a text with commands, and what it keeps of the target and the yes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import NeedsConsent, Unacceptable
from core.reading.consent import Approval
from core.stores.listing import adopted_id
from core.stores.protocol import MAX_COMMANDS, MAX_TARGET, Config, ConfigStore, Query
from tests.commands import COMMANDS, NOBODY, THEN, approval, digest, running
from tests.stores import FAULTY, FINE, Stores, content

TARGET = "tiny_tool_use/pinned/gpu-24"


def approved(*commands: str, by: str = NOBODY) -> tuple[Approval, ...]:
    """A yes to each, in the order in which a store keeps them."""
    given = (approval(command, by=by) for command in commands)
    return tuple(sorted(given, key=lambda one: one.sha256))


@pytest.fixture
def me(stores: Stores) -> str:
    """Anna's id."""
    return stores.users[0].user_id


# --- The target ----------------------------------------------------------------------------------


def test_a_target_is_part_of_a_version(store: ConfigStore, config: Config) -> None:
    assert config.target == ""
    saved = store.save(config.id, content("run", target=TARGET), expected_revision=1)
    assert (saved.target, saved.revision) == (TARGET, 2)
    assert store.get(config.id) == saved
    assert [one.content.target for one in store.versions(config.id)] == [TARGET, ""]
    assert [one.target for one in store.several([config.id])] == [TARGET]
    ((exported, versions),) = store.everything()
    assert (exported.target, versions[0].content.target) == (TARGET, TARGET)
    assert store.restore(config.id, 1, FINE, expected_revision=2).target == ""
    assert store.restore(config.id, 2, FINE, expected_revision=3).target == TARGET
    store.delete(config.id)
    assert store.undelete(config.id).target == TARGET


@pytest.mark.parametrize("target", ["x" * MAX_TARGET, "~ !", "a/b/c"])
def test_a_target_that_fits_is_kept(store: ConfigStore, target: str) -> None:
    assert store.create(content(target=target)).target == target


@pytest.mark.parametrize("target", ["x" * (MAX_TARGET + 1), "é", "a\n", "\x00", "\x7f", "\ud800"])
def test_a_target_that_is_none_is_refused(store: ConfigStore, config: Config, target: str) -> None:
    with pytest.raises(Unacceptable, match="target"):
        store.create(content("other", target=target))
    with pytest.raises(Unacceptable, match="target"):
        store.save(config.id, content("run", target=target), expected_revision=1)
    assert store.get(config.id) == config


# --- Consent -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", COMMANDS)
def test_a_text_is_written_with_a_yes_to_each_command_only(
    stores: Stores, me: str, case: str
) -> None:
    text, commands = COMMANDS[case]
    store = stores.anna
    config = store.create(content("run"))
    given = approved(*set(commands))
    for missing in given:
        others = tuple(one for one in given if one is not missing)
        for write in writes(store, config, text, others):
            with pytest.raises(NeedsConsent) as refused:
                write()
            assert {one.sha256 for one in refused.value.commands} == {missing.sha256}
    assert [found for found, _ in store.everything()] == [config]
    for write in writes(store, config, text, given):
        assert write().approved == approved(*set(commands), by=me)


def writes(
    store: ConfigStore, config: Config, text: str, given: tuple[Approval, ...]
) -> list[Callable[[], Config]]:
    new = content("new", text=text, approved=given)
    return [
        lambda: store.create(new),
        lambda: store.save(config.id, replace(new, name="run"), expected_revision=1),
    ]


def test_a_yes_stays_as_it_was_recorded_and_goes_with_its_command(
    store: ConfigStore, me: str
) -> None:
    first = store.create(content("run", text=running("a"), approved=approved("a", "z")))
    assert first.approved == approved("a", by=me)
    later = (approval("b"), approval("a", at=THEN + timedelta(days=1)), approval("c"))
    second = store.save(
        first.id, content("run", text=running("a", "b"), approved=later), expected_revision=1
    )
    assert second.approved == approved("a", "b", by=me)
    third = store.save(first.id, content("run", approved=later), expected_revision=2)
    assert third.approved == ()
    kept = [one.content.approved for one in store.versions(first.id)]
    assert kept == [(), second.approved, first.approved]
    with pytest.raises(NeedsConsent):
        store.save(first.id, content("run", text=running("a")), expected_revision=3)


def test_the_same_with_the_same_yes_is_no_new_version(store: ConfigStore) -> None:
    given = content("run", text=running("a"), approved=approved("a"))
    config = store.create(given)
    again = replace(given, approved=(approval("a", at=THEN + timedelta(days=1)),), checked=FAULTY)
    assert store.save(config.id, again, expected_revision=1).revision == 1
    assert store.get(config.id).approved == config.approved


def test_no_yes_is_from_a_time_to_come(store: ConfigStore) -> None:
    ahead = (approval("a", at=datetime.now(UTC) + timedelta(days=400)),)
    config = store.create(content("run", text=running("a"), approved=ahead))
    assert config.approved[0].at <= config.created_at + timedelta(seconds=1)


def test_a_restored_version_has_its_own_yes_or_that_of_the_newest(store: ConfigStore) -> None:
    config = store.create(content("run", text=running("a"), approved=approved("a")))
    store.save(config.id, content("run"), expected_revision=1)
    restored = store.restore(config.id, 1, FINE, expected_revision=2)
    assert (restored.approved, restored.revision) == (config.approved, 3)


def test_as_many_commands_as_there_may_be(store: ConfigStore) -> None:
    commands = [f"run {number}" for number in range(MAX_COMMANDS + 1)]
    most = content("run", text=running(*commands[1:]), approved=approved(*commands[1:]))
    assert len(store.create(most).approved) == MAX_COMMANDS
    more = content("more", text=running(*commands), approved=approved(*commands))
    with pytest.raises(Unacceptable, match="201 different commands"):
        store.create(more)


def test_what_is_deleted_comes_back_with_its_yes(store: ConfigStore) -> None:
    config = store.create(content("run", text=running("a"), approved=approved("a")))
    store.delete(config.id)
    create = content("run", text=running("a"), approved=approved("a"))
    store.create(create)
    back = store.undelete(config.id)
    assert (back.name, back.approved, back.revision) == ("run (2)", config.approved, 1)


def test_a_yes_comes_over_from_another_store_as_that_of_its_new_user(stores: Stores) -> None:
    config = stores.bert.create(
        content("run", text=running("a"), approved=approved("a"), target=TARGET)
    )
    (version,) = stores.bert.versions(config.id)
    adopted = stores.anna.adopt(config, [version])
    assert adopted
    me = stores.users[0].user_id
    assert adopted.id == adopted_id(me, config.id)
    assert (adopted.approved, adopted.target) == (approved("a", by=me), TARGET)
    (kept,) = stores.anna.versions(adopted.id)
    assert (kept.content.approved, kept.content.target) == (adopted.approved, TARGET)


@pytest.mark.parametrize("which", ["config", "version"])
def test_nothing_comes_over_without_a_yes(stores: Stores, which: str) -> None:
    given = content("run", text=running("a"), approved=approved("a"))
    config = stores.bert.create(given)
    saved = stores.bert.save(config.id, content("run"), expected_revision=1)
    newest, oldest = stores.bert.versions(config.id)
    bare = replace(oldest, content=replace(oldest.content, approved=()))
    refused: tuple[Any, ...] = (saved, [newest, bare])
    if which == "config":
        refused = (replace(config, approved=()), [bare])
    with pytest.raises(NeedsConsent):
        stores.anna.adopt(*refused)
    assert stores.anna.count(Query()) == 0


def test_a_yes_of_another_user_helps_nobody(stores: Stores) -> None:
    theirs = stores.bert.create(content("run", text=running("a"), approved=approved("a")))
    mine = stores.anna.create(content("run", text=running("a"), approved=theirs.approved))
    assert [one.by for one in mine.approved] == [stores.users[0].user_id]
    assert digest("a") == mine.approved[0].sha256
    with pytest.raises(NeedsConsent):
        stores.anna.create(content("other", text=running("a")))

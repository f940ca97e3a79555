"""The members of a sweep in a library: over a real SQLite file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.drafts.draft import Draft
from core.errors import NeedsConsent, SweepError, Unavailable
from core.identity.local import LocalIdentity
from core.identity.protocol import NewAccount
from core.reading.consent import commands, hashes
from core.reading.target import Target
from core.stores.protocol import MAX_TAG, Config, Query
from core.stores.sqlite import SqliteStore
from core.sweeps.axes import read_setting
from core.sweeps.group import Group, save, tag_of
from core.sweeps.members import Plan, Sweep, plan
from core.system.database import Database
from core.workbench import Workbench, saved_as
from tests.accounts import FastPasswords
from tests.commands import digest, tool

BASE = drafts.from_preset(presets.find("sft_toolbench")).renamed("mine")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    database = Database(tmp_path / "tunesmith.sqlite3")
    identity = LocalIdentity(database, FastPasswords(), sign_up_is_open=True)
    actor = identity.sign_up(NewAccount("ann", "correct horse battery"), "here").actor
    yield Workbench(SqliteStore(database, actor), actor)
    database.close()


def made(*settings: str, draft: Draft = BASE, name: str = "mine", **more: Any) -> Plan:
    axes = tuple(map(read_setting, settings or ("training.lora_r=8,16,32",)))
    return plan(Sweep(name, draft.document, axes, **more))


def kept(bench: Workbench) -> dict[str, Config]:
    """Everything in the library, by name."""
    rows = bench.page(Query(limit=500)).rows
    return {config.name: config for config in bench.several([row.id for row in rows]).values()}


def test_every_member_is_saved_as_it_is_under_one_tag(bench: Workbench) -> None:
    found = made(target=Target(machine="t4"))
    done: list[int] = []
    group = save(bench, found, BASE, done.append)
    assert (group.tag, group.new, group.is_whole, group.problem) == ("sweep:mine", 3, True, "")
    assert done == [1, 2, 3]
    library = kept(bench)
    assert [library[one.name].id for one in found.members] == list(group.ids)
    for one in found.members:
        config = library[one.name]
        assert (config.text, config.tags) == (one.text, ("sweep:mine",))
        assert (config.target, config.template_type) == ("tiny_tool_use/pinned/t4", "sft_toolbench")
        assert config.checked.runs == one.runs
    assert len(bench.page(Query(tags=("sweep:mine",))).rows) == 3


def test_saving_again_changes_nothing_and_makes_whole_what_was_not(bench: Workbench) -> None:
    found = made()
    first = save(bench, found, BASE)
    assert save(bench, found, BASE) == replace(first, new=0)
    bench.delete([first.ids[1]])
    again = save(bench, found, BASE)
    assert (again.new, again.is_whole) == (1, True)
    assert (again.ids[0], again.ids[2]) == (first.ids[0], first.ids[2])
    assert all(config.revision == 1 for config in kept(bench).values())


def test_a_member_that_lost_its_tag_gets_it_back(bench: Workbench) -> None:
    first = save(bench, made(), BASE)
    bench.tag([first.ids[0]], [], [first.tag])
    assert save(bench, made(), BASE).is_whole
    assert len(bench.page(Query(tags=(first.tag,))).rows) == 3


def test_other_configs_keep_their_names_and_nothing_is_saved(bench: Workbench) -> None:
    found = made()
    taken = BASE.renamed(found.members[2].name)
    bench.save(taken.with_document(put(taken.document, ("seed",), 7)))
    with pytest.raises(SweepError, match=f"another config named {taken.name}"):
        save(bench, found, BASE)
    assert [*kept(bench)] == [taken.name]


def test_another_sweep_of_that_name_is_not_mixed_in(bench: Workbench) -> None:
    save(bench, made(), BASE)
    with pytest.raises(SweepError, match="another sweep with the tag sweep:mine"):
        save(bench, made("seed=1,2"), BASE)
    assert len(kept(bench)) == 3
    assert save(bench, made("seed=1,2", name="seeds"), BASE).tag == "sweep:seeds"


def test_only_members_that_are_made_are_saved(bench: Workbench) -> None:
    found = made("data.max_samples=absent,100", running_only=True)
    assert save(bench, found, BASE).ids == (kept(bench)["mine-02-n100"].id,)


class Failing(SqliteStore):
    """A store that can't be reached any more after some configs."""

    left = 2

    def create(self, *args: Any, **options: Any) -> Config:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("The store can't be reached.")
        return super().create(*args, **options)


def test_what_was_saved_before_a_failure_is_said_and_the_next_try_goes_on(
    bench: Workbench, tmp_path: Path
) -> None:
    database = Database(tmp_path / "tunesmith.sqlite3")
    failing = Workbench(Failing(database, bench.actor), bench.actor)
    found = made()
    group = save(failing, found, BASE)
    assert (len(group.ids), group.is_whole) == (2, False)
    assert group.problem.startswith(f"{found.members[2].name} could not be saved.")
    assert "The 2 before it are saved." in group.problem
    assert save(bench, found, BASE).new == 1
    database.close()


# --- Commands ------------------------------------------------------------------------------------


def test_commands_are_asked_about_once_for_all_members(bench: Workbench) -> None:
    command = tool(type="command", command="date")
    draft = BASE.with_document(put(BASE.document, ("tools",), [command]))
    with pytest.raises(NeedsConsent) as asked:
        save(bench, made(draft=draft), draft)
    assert [one.text for one in asked.value.commands] == ["date"]
    assert kept(bench) == {}
    agreed = draft.approving(asked.value.commands)
    assert save(bench, made(draft=draft), agreed).is_whole
    assert all(hashes(one.approved) == {digest("date")} for one in kept(bench).values())


def test_a_yes_that_was_saved_with_the_base_counts(bench: Workbench) -> None:
    command = tool(type="command", command="date")
    draft = BASE.with_document(put(BASE.document, ("tools",), [command]))
    draft = draft.approving(commands(draft.document))
    config = bench.save(draft)
    opened = draft.kept_as(saved_as(config), config.text)
    assert save(bench, made(draft=opened), replace(opened, approved=())).is_whole


def test_each_command_that_a_sweep_varies_is_asked_about(bench: Workbench) -> None:
    command = tool(type="command", command="date")
    draft = BASE.with_document(put(BASE.document, ("tools",), [command]))
    with pytest.raises(NeedsConsent) as asked:
        save(bench, made("tools[0].command=date,ls", "seed=1,2", draft=draft), draft)
    assert [one.text for one in asked.value.commands] == ["date", "ls"]


@pytest.mark.parametrize("name", ["mine", "x" * 200, "a: b/c", "$(ls)"])
def test_the_tag_is_one_that_stores_take(bench: Workbench, name: str) -> None:
    found = made(name=name)
    group: Group = save(bench, found, BASE)
    assert group.tag == tag_of(found)
    assert len(group.tag) <= MAX_TAG
    assert group.is_whole


def test_a_save_that_another_one_overtakes_finds_what_that_saved(bench: Workbench) -> None:
    found = made()

    def overtake(number: int) -> None:
        if number == 1:
            assert save(bench, found, BASE).is_whole

    group = save(bench, found, BASE, overtake)
    assert (group.is_whole, group.problem) == (True, "")
    assert [kept(bench)[one.name].id for one in found.members] == list(group.ids)

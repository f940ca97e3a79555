"""Keeping configs, as a front end asks for it: over a real SQLite file."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import draft as drafts
from core import presets
from core.database import Database
from core.document import put, read
from core.draft import Draft, History
from core.errors import Conflict, NameTaken, NotFound
from core.identity.local import LocalIdentity
from core.identity.protocol import Account, Actor, NewAccount
from core.importing import inspect
from core.stores.protocol import Config, Query
from core.stores.sqlite import SqliteStore
from core.workbench import Workbench, opened, saved_as
from tests.accounts import FastPasswords


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "data" / "tunesmith.sqlite3")
    yield database
    database.close()


@pytest.fixture
def account(database: Database) -> Account:
    identity = LocalIdentity(database, FastPasswords(), sign_up_is_open=True)
    return identity.sign_up(NewAccount("ann", "correct horse battery"), "here")


@pytest.fixture
def bench(database: Database, account: Account) -> Workbench:
    return Workbench(SqliteStore(database, account.actor), account.actor)


def draft(name: str = "mine") -> Draft:
    return drafts.from_preset(presets.find("sft_toolbench")).renamed(name)


def with_epochs(draft: Draft, epochs: object) -> Draft:
    return draft.with_document(put(draft.document, ("training", "num_epochs"), epochs))


def save(bench: Workbench, draft: Draft, message: str = "") -> Draft:
    config = bench.save(draft, message)
    return draft.kept_as(saved_as(config), config.text)


def names(bench: Workbench) -> list[str]:
    return [row.name for row in bench.page(Query(sort="name", descending=False)).rows]


def test_a_draft_is_saved_opened_changed_and_saved_again(bench: Workbench) -> None:
    first = save(bench, draft())
    assert first.saved
    again = bench.open(first.saved.config_id)
    assert (again.as_text(), again.template_type) == (draft().as_text(), "sft_toolbench")
    second = save(bench, with_epochs(again, 3), "more epochs")
    assert second.saved
    assert second.saved.revision == 2
    assert [version.message for version in bench.versions(second.saved.config_id)] == [
        "more epochs",
        "",
    ]


def test_an_import_that_was_not_edited_is_kept_byte_for_byte(bench: Workbench) -> None:
    source = read(b'{"b":1.50,\r\n "training": {"x": 1e3} }')
    kept = save(bench, drafts.from_source("mine", source, "import:mine"))
    assert kept.saved
    assert bench.download(kept.saved.config_id)[1] == source.text.encode()
    assert bench.open(kept.saved.config_id).template_type == "custom"


def test_an_invalid_config_is_saved_with_its_report(bench: Workbench) -> None:
    config = bench.save(with_epochs(draft(), 0))
    assert not config.checked.is_valid
    assert config.checked.errors
    assert [error["field"] for error in config.checked.errors] == ["training.num_epochs"]


def test_opening_and_downloading_count_and_looking_does_not(bench: Workbench) -> None:
    config = bench.save(draft())
    bench.config(config.id)
    assert bench.config(config.id).times_used == 0
    bench.open(config.id)
    bench.download(config.id)
    bench.used(config.id)
    used = bench.config(config.id)
    assert (used.times_used, used.revision) == (3, 1)
    assert used.last_used_at is not None


def test_an_undo_past_the_save_is_saved_as_the_next_version(bench: Workbench) -> None:
    history = History(draft()).then(with_epochs(draft(), 3))
    config = bench.save(history.present)
    back = history.kept_as(saved_as(config), config.text).undone().present
    assert back.is_unsaved
    assert bench.save(back).revision == 2
    assert read(bench.config(config.id).text.encode()).document == draft().document


def test_a_name_that_is_taken_is_told_and_a_copy_gets_a_free_one(bench: Workbench) -> None:
    bench.save(draft())
    with pytest.raises(NameTaken) as raised:
        bench.save(draft())
    assert raised.value.name == "mine"
    assert bench.save_copy(draft()).name == "mine (2)"
    assert bench.save_copy(draft("mine (2)")).name == "mine (3)"
    assert bench.save_copy(draft(), "other").name == "other"


def test_a_name_of_full_length_still_gets_a_copy(bench: Workbench) -> None:
    bench.save(draft("n" * 120))
    assert bench.save_copy(draft("n" * 120)).name == "n" * 116 + " (2)"


# --- Two sessions --------------------------------------------------------------------------


def parted(bench: Workbench, mine: object, theirs: object) -> tuple[Draft, Config]:
    """A draft that changed the epochs to one value while another session saved another."""
    first = save(bench, draft())
    bench.save(with_epochs(first, theirs))
    changed = with_epochs(first, mine)
    with pytest.raises(Conflict) as raised:
        bench.save(changed)
    current: Config = raised.value.current
    return changed, current


def test_a_save_over_somebody_elses_shows_both_sides_and_settles(bench: Workbench) -> None:
    changed, current = parted(bench, 3, 4)
    clash = bench.clash(changed, current)
    (choice,) = clash.choices
    assert (choice.field, choice.mine, choice.theirs) == ("training.num_epochs", 3, 4)
    settled = bench.settle(clash, {choice.path: "mine"})
    assert (settled.revision, settled.config_json["training"]["num_epochs"]) == (3, 3)
    assert bench.versions(settled.id)[0].message == "Merged with version 2"


def test_a_merge_that_takes_all_from_the_other_side_makes_no_version(bench: Workbench) -> None:
    changed, current = parted(bench, 3, 4)
    clash = bench.clash(changed, current)
    settled = bench.settle(clash, {choice.path: "theirs" for choice in clash.choices})
    assert (settled.revision, settled.text) == (2, current.text)


def test_what_only_one_side_changed_is_taken_from_it(bench: Workbench) -> None:
    first = save(bench, draft())
    bench.save(first.with_document(put(first.document, ("training", "learning_rate"), 1e-4)))
    changed = with_epochs(first, 3)
    with pytest.raises(Conflict) as raised:
        bench.save(changed)
    settled = bench.settle(bench.clash(changed, raised.value.current), {})
    training = settled.config_json["training"]
    assert (training["num_epochs"], training["learning_rate"]) == (3, 1e-4)


def test_both_are_kept_under_two_names(bench: Workbench) -> None:
    changed, _ = parted(bench, 3, 4)
    bench.save_copy(changed)
    assert names(bench) == ["mine", "mine (2)"]


def test_a_name_and_a_description_given_elsewhere_survive_the_merge(bench: Workbench) -> None:
    first = save(bench, draft())
    assert first.saved
    described = bench.describe(bench.config(first.saved.config_id), "new name", "about")
    clash = bench.clash(with_epochs(first, 3), described)
    settled = bench.settle(clash, {})
    assert (settled.name, settled.description) == ("new name", "about")


def test_a_third_save_during_the_choice_is_another_conflict(bench: Workbench) -> None:
    changed, current = parted(bench, 3, 4)
    bench.save(with_epochs(opened(current), 5))
    with pytest.raises(Conflict):
        bench.settle(bench.clash(changed, current), {})


# --- Versions and the library --------------------------------------------------------------


def test_an_old_version_comes_back_as_the_newest(bench: Workbench) -> None:
    first = save(bench, draft())
    second = save(bench, with_epochs(first, 0))
    assert second.saved
    config = bench.config(second.saved.config_id)
    restored = bench.restore(config, 1)
    assert (restored.revision, restored.checked.is_valid) == (3, True)
    assert restored.text == first.text
    newest = bench.versions(config.id)[0]
    assert (newest.operation, newest.restored_from) == ("restore", 1)
    with pytest.raises(Conflict):
        bench.restore(config, 1)


def test_any_version_can_be_downloaded(bench: Workbench) -> None:
    first = save(bench, draft("my run"))
    save(bench, with_epochs(first, 3))
    assert first.saved
    name, data = bench.download(first.saved.config_id, 1)
    assert (name, data) == ("my-run-v1.json", first.text.encode())


def test_delete_and_undo(bench: Workbench) -> None:
    ids = [bench.save(draft(name)).id for name in ("a", "b")]
    bench.delete(ids)
    assert names(bench) == []
    assert {item.name for item in bench.deleted()} == {"a", "b"}
    bench.undelete(ids)
    assert names(bench) == ["a", "b"]


def test_a_duplicate_has_the_tags_and_a_history_of_its_own(bench: Workbench) -> None:
    config = bench.save(draft())
    bench.tag([config.id], ["keep"], [])
    copy = bench.duplicate(config.id)
    assert (copy.name, copy.tags, copy.revision) == ("mine (2)", ("keep",), 1)
    assert copy.text == config.text


def test_several_are_downloaded_as_one_zip_with_a_name_each(bench: Workbench) -> None:
    ids = [bench.save(draft(name)).id for name in ("a b", "a/b", "A-B")]
    with zipfile.ZipFile(io.BytesIO(bench.zip(ids))) as archive:
        assert archive.namelist() == ["a-b.json", "a-b-2.json", "A-B-3.json"]
        assert archive.read("a-b.json").decode() == draft().text
    assert bench.config(ids[0]).times_used == 0


def test_many_files_go_to_the_library_with_one_report(bench: Workbench) -> None:
    good = draft().text.encode()
    large = json.dumps({"x": "y" * 300_000}).encode()
    files = {"one.json": good, "two.json": b"{", "large.json": large}
    landed = bench.take_in([inspect(name, data) for name, data in [*files.items(), ("one", good)]])
    assert [item.config.name if item.config else None for item in landed] == [
        "one",
        None,
        None,
        "one (2)",
    ]
    assert "double quotes" in landed[1].problem or landed[1].problem
    assert "256" in landed[2].problem


# --- Unsaved work --------------------------------------------------------------------------


def test_unsaved_work_is_kept_until_it_is_saved(bench: Workbench) -> None:
    changed = with_epochs(draft(), 3)
    bench.keep("tab", changed)
    (left,) = bench.left_behind(but="other tab")
    assert left.draft == changed
    assert bench.left_behind(but="tab") == ()
    bench.keep("tab", save(bench, changed))
    assert bench.left_behind(but="other tab") == ()


def test_work_that_this_version_can_not_read_is_left_alone(
    bench: Workbench, database: Database
) -> None:
    bench.keep("tab", with_epochs(draft(), 3))
    with database.write() as connection:
        connection.execute("UPDATE drafts SET payload = '{}'")
    assert bench.left_behind(but="other") == ()
    assert len(bench.store.drafts()) == 1


# --- Users ---------------------------------------------------------------------------------


def test_another_users_ids_lead_nowhere(bench: Workbench, database: Database) -> None:
    config = bench.save(draft())
    identity = LocalIdentity(database, FastPasswords(), sign_up_is_open=True)
    eve = identity.sign_up(NewAccount("eve", "correct horse battery"), "here").actor
    other = Workbench(SqliteStore(database, eve), eve)
    attempts: list[Callable[[], object]] = [
        lambda: other.open(config.id),
        lambda: other.config(config.id),
        lambda: other.download(config.id),
        lambda: other.download(config.id, 1),
        lambda: other.duplicate(config.id),
        lambda: other.versions(config.id),
        lambda: other.restore(config, 1),
        lambda: other.describe(config, "mine now", ""),
        lambda: other.delete([config.id]),
        lambda: other.tag([config.id], ["x"], []),
        lambda: other.zip([config.id]),
        lambda: other.save(opened(config)),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert bench.config(config.id) == config
    assert other.count(Query()) == 0


def test_the_export_holds_everything(bench: Workbench, account: Account) -> None:
    first = save(bench, draft("a run"))
    save(bench, with_epochs(first, 3), "more")
    bench.keep("tab", with_epochs(draft(), 5))
    with zipfile.ZipFile(io.BytesIO(bench.export(account))) as archive:
        assert archive.namelist() == [
            "account.json",
            "configs/a-run.json",
            "history/a-run/about.json",
            "history/a-run/version-2.json",
            "history/a-run/version-1.json",
            "drafts/tab.json",
        ]
        about = json.loads(archive.read("history/a-run/about.json"))
        told = json.loads(archive.read("account.json"))
    assert [version["message"] for version in about["versions"]] == ["more", ""]
    assert told["name"] == "ann"
    assert "password" not in " ".join(told)


def test_a_store_knows_only_its_actor(database: Database) -> None:
    nobody = Actor("nobody", "Nobody")
    assert Workbench(SqliteStore(database, nobody), nobody).count(Query()) == 0

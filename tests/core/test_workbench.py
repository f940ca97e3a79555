"""Keeping configs, as a front end asks for it: over a real SQLite file."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import presets
from core.document import put, read
from core.drafts import draft as drafts
from core.drafts.draft import Draft, History
from core.drafts.importing import Import, inspect
from core.errors import Conflict, NameTaken, NeedsConsent, NotFound
from core.identity.local import LocalIdentity
from core.identity.protocol import Account, Actor, NewAccount
from core.reading.consent import commands
from core.stores.protocol import Config, Query
from core.stores.sqlite import SqliteStore
from core.system.database import Database
from core.workbench import Workbench, opened, saved_as
from tests.accounts import FastPasswords
from tests.commands import digest, running, tool, with_tools


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


def test_a_target_chosen_on_either_side_survives_the_merge(bench: Workbench) -> None:
    first = save(bench, draft())
    theirs = bench.save(first.for_target(ON_CPU))
    clash = bench.clash(with_epochs(first, 3), theirs)
    settled = bench.settle(clash, {})
    assert (settled.target, settled.revision) == (ON_CPU, 3)
    clash = bench.clash(with_epochs(first, 4).for_target(FORK), settled)
    assert bench.settle(clash, {choice.path: "mine" for choice in clash.choices}).target == FORK


# --- What it is judged for -----------------------------------------------------------------

ON_CPU = "tiny_tool_use/pinned/cpu"
FORK = "tiny_tool_use_fork/pinned/gpu"


def test_a_config_is_kept_and_checked_with_its_target(bench: Workbench) -> None:
    first = save(bench, draft())
    second = save(bench, first.for_target(ON_CPU))
    assert first.saved
    config = bench.config(first.saved.config_id)
    assert (config.target, config.revision, second.is_unsaved) == (ON_CPU, 2, False)
    assert config.checked.runs != bench.version(config.id, 1).content.checked.runs
    assert bench.open(config.id).target == ON_CPU
    assert bench.duplicate(config.id).target == ON_CPU
    assert bench.describe(config, "renamed", "").target == ON_CPU
    restored = bench.restore(bench.config(config.id), 1)
    assert (restored.target, restored.checked.runs) == ("", True)


def test_a_target_that_is_not_known_here_keeps_nothing_from_being_saved(bench: Workbench) -> None:
    config = bench.save(draft().for_target("trainer/of/tomorrow"))
    assert (config.target, config.checked.is_valid) == ("trainer/of/tomorrow", True)
    assert bench.restore(config, 1).target == "trainer/of/tomorrow"


def test_another_target_alone_is_kept_as_unsaved_work(bench: Workbench) -> None:
    first = save(bench, draft())
    bench.keep("tab", first.for_target(ON_CPU))
    (left,) = bench.left_behind(but="other tab")
    assert left.draft == first.for_target(ON_CPU)


# --- Commands ------------------------------------------------------------------------------


def with_command(draft: Draft, *texts: str) -> Draft:
    tools = [tool(name=text, type="command", command=text) for text in texts]
    return draft.with_document(put(draft.document, ("tools",), tools))


def test_a_command_is_saved_with_a_yes_which_is_recorded(
    bench: Workbench, account: Account
) -> None:
    changed = with_command(draft(), "ls", "pwd")
    asked = bench.needs_consent(changed)
    assert [command.text for command in asked] == ["ls", "pwd"]
    for write in (bench.save, bench.save_copy):
        with pytest.raises(NeedsConsent, match="2 tools run commands") as refused:
            write(changed)
        assert refused.value.commands == asked
    with pytest.raises(NeedsConsent, match=r"^The tool 'pwd' runs a command on .* it is saved\.$"):
        bench.save(changed.approving(asked[:1]))
    config = bench.save(changed.approving(asked))
    assert {one.sha256 for one in config.approved} == {digest("ls"), digest("pwd")}
    assert {one.by for one in config.approved} == {account.user_id}
    assert all(one.at <= config.created_at for one in config.approved)


def test_a_recorded_yes_is_not_asked_for_again(bench: Workbench) -> None:
    changed = with_command(draft(), "ls")
    first = save(bench, changed.approving(bench.needs_consent(changed)))
    assert first.saved
    again = bench.open(first.saved.config_id)
    assert bench.needs_consent(again) == ()
    bench.save(with_epochs(again, 3))
    config = bench.config(first.saved.config_id)
    assert config.approved == first.saved.approved
    others = [bench.describe(config, "new", ""), bench.duplicate(config.id), bench.save_copy(again)]
    assert {other.approved for other in others} == {config.approved}
    (command,) = bench.needs_consent(with_command(again, "ls", "pwd"))
    assert command.text == "pwd"


def test_what_was_taken_out_is_asked_for_when_it_comes_back(bench: Workbench) -> None:
    changed = with_command(draft(), "ls")
    first = save(bench, changed.approving(bench.needs_consent(changed)))
    assert first.saved
    bench.save(with_command(first))
    opened_again = bench.open(first.saved.config_id)
    assert bench.needs_consent(with_command(opened_again, "ls"))
    restored = bench.restore(bench.config(first.saved.config_id), 1)
    assert restored.approved == first.saved.approved


def test_a_merge_asks_for_what_neither_side_has_a_yes_to(bench: Workbench) -> None:
    first = save(bench, draft())
    theirs = with_command(first, "ls")
    current = bench.save(theirs.approving(bench.needs_consent(theirs)))
    mine = with_command(first, "pwd")
    clash = bench.clash(mine, current)
    settled = bench.settle(clash, {choice.path: "theirs" for choice in clash.choices})
    assert settled.approved == current.approved
    with pytest.raises(NeedsConsent, match="'pwd'"):
        bench.settle(clash, {choice.path: "mine" for choice in clash.choices})
    clash = bench.clash(mine.approving(bench.needs_consent(mine)), bench.config(current.id))
    settled = bench.settle(clash, {choice.path: "mine" for choice in clash.choices})
    assert [one.sha256 for one in settled.approved] == [digest("pwd")]


def test_an_imported_file_with_commands_waits_for_a_yes(bench: Workbench) -> None:
    plain, commanding = inspect("a.json", b"{}"), inspect("b.json", running("ls").encode())
    assert isinstance(commanding, Import)
    assert [command.text for command in commanding.commands] == ["ls"]
    first, second = bench.take_in([commanding, plain])
    assert (first.config, first.commands, second.commands) == (None, commanding.commands, ())
    assert "approve it before it is saved" in first.problem
    assert names(bench) == ["a"]
    (landed,) = bench.take_in([commanding.approving(first.commands)])
    assert landed.config
    assert [one.sha256 for one in landed.config.approved] == [digest("ls")]
    (renamed,) = bench.take_in([commanding.approving(first.commands).renamed("c")])
    assert renamed.config


def test_what_was_saved_before_commands_were_asked_for(
    bench: Workbench, database: Database
) -> None:
    config = bench.save(draft())
    text = with_tools(tool(name="shell", command="ls"))
    with database.write() as connection:
        connection.execute("UPDATE training_configs SET config_json = ?", (text,))
        connection.execute("DROP TRIGGER config_versions_never_change")
        connection.execute("UPDATE config_versions SET config_json = ?", (text,))
    config = bench.config(config.id)
    opened_ = bench.open(config.id)
    bench.download(config.id)
    bench.tag([config.id], ["old"])
    asked = bench.needs_consent(opened_)
    said = [command.sha256 for command in asked]
    attempts: list[Callable[[], object]] = [
        lambda: bench.save(opened_),
        lambda: bench.duplicate(config.id),
        lambda: bench.describe(config, "new", ""),
        lambda: bench.restore(config, 1),
    ]
    for write in attempts:
        with pytest.raises(NeedsConsent, match="The tool 'shell'"):
            write()
    assert [one.sha256 for one in bench.duplicate(config.id, said).approved] == said
    second = bench.restore(config, 1, said)
    assert (second.revision, [one.sha256 for one in second.approved]) == (2, said)
    assert bench.describe(second, "new", "").approved == second.approved
    assert commands(second.config_json) == asked


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
    more = with_command(with_epochs(first, 3), "ls").for_target(ON_CPU)
    save(bench, more.approving(bench.needs_consent(more)), "more")
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
    assert [version["target"] for version in about["versions"]] == [ON_CPU, ""]
    (kept,) = about["approvals"]
    assert about["versions"][0]["approvals"] == [kept]
    assert (kept["sha256"], kept["by"]) == (digest("ls"), account.user_id)
    assert told["name"] == "ann"
    assert "password" not in " ".join(told)


def test_a_store_knows_only_its_actor(database: Database) -> None:
    nobody = Actor("nobody", "Nobody")
    assert Workbench(SqliteStore(database, nobody), nobody).count(Query()) == 0

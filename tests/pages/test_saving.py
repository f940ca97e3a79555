"""Saving from the build page: who, under which name, over what, and what becomes of the rest."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.stores.protocol import Query
from core.workbench import Workbench, opened
from tests.accounts import PASSWORD
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import Grid, button, do, draft, labelled, shown
from ui.services import Services


def names(bench: Workbench) -> list[str]:
    return [row.name for row in bench.page(Query(sort="name", descending=False)).rows]


def type_epochs(app: AppTest, epochs: int) -> None:
    do(labelled(app.number_input, "Epochs").set_value(epochs))


def save(app: AppTest) -> None:
    do(button(app, "Save").click())


def test_saving_twice_makes_two_versions_and_the_address_names_the_config(
    page: SignIn, bench: Workbench
) -> None:
    app = page("build")
    for epochs in (3, 4):
        type_epochs(app, epochs)
        save(app)
    (row,) = bench.page(Query()).rows
    assert (row.name, row.revision) == ("sft_toolbench", 2)
    assert app.query_params["config"] == row.id
    assert "version 2 · saved" in shown(app)


def test_a_save_without_a_change_says_so(page: SignIn, bench: Workbench) -> None:
    app = page("build")
    save(app)
    button(app, "Save").click().run()
    assert "Nothing has changed" in shown(app)
    assert bench.page(Query()).rows[0].revision == 1


def test_a_message_is_kept_with_its_version(page: SignIn, bench: Workbench) -> None:
    app = page("build")
    labelled(app.text_input, "What is new in this version? (optional)").set_value("first try")
    do(button(app, "Save with this message").click())
    (row,) = bench.page(Query()).rows
    assert bench.versions(row.id)[0].message == "first try"
    assert labelled(app.text_input, "What is new in this version? (optional)").value == ""


def test_undo_after_a_save_and_another_save_is_the_next_version(
    page: SignIn, bench: Workbench
) -> None:
    app = page("build")
    type_epochs(app, 3)
    save(app)
    do(button(app, "Undo").click())
    assert "changed since" in shown(app)
    save(app)
    (row,) = bench.page(Query()).rows
    assert (row.revision, bench.config(row.id).config_json["training"]["num_epochs"]) == (2, 1)


def test_an_invalid_config_can_be_saved(page: SignIn, bench: Workbench) -> None:
    app = page("build")
    type_epochs(app, 0)
    save(app)
    assert not bench.page(Query()).rows[0].is_valid


def test_a_name_that_is_taken_asks_for_another(page: SignIn, bench: Workbench) -> None:
    bench.save(drafts.from_preset(presets.find("sft_toolbench")))
    app = page("build")
    save(app)
    assert "You have a config named" in shown(app)
    other = labelled(app.text_input, "Save under another name")
    assert other.value == "sft_toolbench (2)"
    other.set_value("mine")
    do(button(app, "Save under this name").click())
    assert names(bench) == ["mine", "sft_toolbench"]
    assert draft(app).name == "mine"


def test_a_copy_is_the_open_one_from_then_on(page: SignIn, bench: Workbench) -> None:
    app = page("build")
    save(app)
    do(button(app, "Save as a copy").click())
    type_epochs(app, 5)
    save(app)
    rows = {row.name: row.revision for row in bench.page(Query()).rows}
    assert rows == {"sft_toolbench": 1, "sft_toolbench (2)": 2}


def test_a_config_that_was_deleted_elsewhere_is_saved_as_a_new_one(
    page: SignIn, bench: Workbench
) -> None:
    app = page("build")
    save(app)
    bench.delete([draft(app).saved.config_id])
    type_epochs(app, 5)
    save(app)
    assert "It was deleted in the library" in shown(app)
    do(button(app, "Save as a new config").click())
    assert names(bench) == ["sft_toolbench"]


# --- Conflicts -----------------------------------------------------------------------------


def saved_elsewhere(app: AppTest, bench: Workbench) -> None:
    """Save the open config, and then another state of it in another session."""
    save(app)
    config = bench.config(draft(app).saved.config_id)
    other = opened(config)
    document = put(put(other.document, ("training", "num_epochs"), 9), ("data", "max_samples"), 50)
    bench.save(other.with_document(document))


def test_a_save_over_another_shows_both_and_saves_what_is_chosen(
    page: SignIn, bench: Workbench
) -> None:
    app = page("build")
    saved_elsewhere(app, bench)
    type_epochs(app, 5)
    do(labelled(app.text_input, "Learning rate").set_value("1e-4"))
    save(app)
    assert "Version 2 was saved" in shown(app)
    grid = Grid(app)
    assert grid.lines["training.num_epochs"] == ["1", "≠5", "≠9"]
    learning_rate = ("training.learning_rate", "mine")
    grid.pick(learning_rate, ("training.num_epochs", "theirs"), ("data.max_samples", "theirs"))
    assert "The next version: **runs**" in shown(app)
    do(button(app, "Save what is chosen").click())
    document = draft(app).document
    assert document["training"]["num_epochs"] == 9
    assert document["training"]["learning_rate"] == 1e-4
    assert document["data"]["max_samples"] == 50
    assert labelled(app.number_input, "Epochs").value == 9
    assert bench.page(Query()).rows[0].revision == 3
    type_epochs(app, 6)
    save(app)
    assert bench.page(Query()).rows[0].revision == 4


def test_both_can_be_kept(page: SignIn, bench: Workbench) -> None:
    app = page("build")
    saved_elsewhere(app, bench)
    type_epochs(app, 5)
    save(app)
    do(button(app, "Keep both").click())
    assert names(bench) == ["sft_toolbench", "sft_toolbench (2)"]


def test_decided_later_nothing_is_lost(page: SignIn, bench: Workbench) -> None:
    app = page("build")
    saved_elsewhere(app, bench)
    type_epochs(app, 5)
    save(app)
    do(button(app, "Cancel").click())
    assert draft(app).document["training"]["num_epochs"] == 5
    assert bench.page(Query()).rows[0].revision == 2
    save(app)
    assert "Version 2 was saved" in shown(app)


# --- Leaving -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "epochs", "kept"),
    [
        ("Save and open", 100, ["sft_toolbench"]),
        ("Open without saving", 100, []),
        ("Cancel", 7, []),
    ],
)
def test_opening_another_config_asks_about_unsaved_work(
    page: SignIn, bench: Workbench, answer: str, epochs: int, kept: list[str]
) -> None:
    app = page("build")
    type_epochs(app, 7)
    do(button(app, "DPO").click())
    assert "has changes that are not saved" in shown(app)
    do(button(app, answer).click())
    assert draft(app).document["training"]["num_epochs"] == epochs
    assert names(bench) == kept


def test_a_template_can_be_opened_again_once_a_config_is_made_of_it(page: SignIn) -> None:
    app = page("build")
    save(app)
    do(button(app, "SFT ToolBench").click())
    assert draft(app).saved is None
    assert draft(app).origin == "preset:sft_toolbench"


def test_without_unsaved_work_nothing_is_asked(page: SignIn) -> None:
    app = page("build")
    type_epochs(app, 7)
    save(app)
    do(button(app, "DPO").click())
    assert draft(app).origin == "preset:dpo_basic"


def test_work_left_behind_is_offered_and_goes_on(page: SignIn, bench: Workbench) -> None:
    first = page("build")
    save(first)
    type_epochs(first, 7)
    second = page("build")
    assert "Unsaved work on **sft\\_toolbench**" in shown(second)
    do(button(second, "Continue").click())
    assert draft(second).document["training"]["num_epochs"] == 7
    assert "Unsaved work" not in shown(second)
    save(second)
    assert bench.page(Query()).rows[0].revision == 2
    assert "Unsaved work" not in shown(page("build"))


def test_work_left_behind_can_be_discarded(page: SignIn, bench: Workbench) -> None:
    type_epochs(page("build"), 7)
    second = page("build")
    do(button(second, "Discard").click())
    assert "Unsaved work" not in shown(second)
    assert bench.left_behind(but="") == ()


# --- Signing in on the way -----------------------------------------------------------------


@pytest.fixture
def stranger(parts: Services) -> AppTest:
    return AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20).run()


def test_a_stranger_signs_up_on_the_way_and_the_save_goes_on(
    stranger: AppTest, parts: Services
) -> None:
    type_epochs(stranger, 7)
    save(stranger)
    labelled(stranger.text_input, "First name (optional)").set_value("Bo")
    stranger.text_input[-3].set_value("bo")
    stranger.text_input[-2].set_value(PASSWORD)
    stranger.text_input[-1].set_value(PASSWORD)
    do(button(stranger, "Create account").click())
    account = parts.identity.sign_in("bo", PASSWORD, "here")
    assert (account.full_name, draft(stranger).saved.revision) == ("Bo", 1)
    (row,) = parts.workbench(account.actor).page(Query()).rows
    assert row.name == "sft_toolbench"
    config = parts.workbench(account.actor).config(row.id).config_json
    assert config["training"]["num_epochs"] == 7


def test_a_wrong_password_is_one_sentence_and_the_draft_stays(stranger: AppTest) -> None:
    type_epochs(stranger, 7)
    save(stranger)
    labelled(stranger.text_input, "User name").set_value("nobody")
    labelled(stranger.text_input, "Password").set_value("not the password")
    button(stranger, "Sign in").click().run()
    assert len(stranger.error) == 1
    assert draft(stranger).document["training"]["num_epochs"] == 7


def test_the_address_of_a_config_asks_a_stranger_to_sign_in(
    parts: Services, bench: Workbench
) -> None:
    config = bench.save(drafts.from_preset(presets.find("dpo_basic")))
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.query_params["config"] = config.id
    app.run()
    assert draft(app).saved is None
    assert labelled(app.text_input, "User name")
    assert "dpo" not in json.dumps(draft(app).document)


def test_the_address_of_a_config_opens_it_for_its_user_only(
    page: SignIn, parts: Services, bench: Workbench
) -> None:
    config = bench.save(drafts.from_preset(presets.find("dpo_basic")))
    app = page("build")
    app.query_params["config"] = config.id
    app.run()
    assert draft(app).saved.config_id == config.id
    app.query_params["config"] = "11111111-1111-4111-8111-111111111111"
    app.run()
    assert draft(app).saved.config_id == config.id
    assert "no config with this address" in shown(app)

"""The library page: find, describe, tag, delete, and what the address says."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.stores.protocol import Config, Query
from core.workbench import Workbench
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import button, do, draft, labelled, shown


def keep(bench: Workbench, name: str, epochs: int = 1, preset: str = "sft_toolbench") -> Config:
    new = drafts.from_preset(presets.find(preset)).renamed(name)
    return bench.save(new.with_document(put(new.document, ("training", "num_epochs"), epochs)))


def rows(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["name"])


def labels(elements: Any) -> list[str]:
    return [element.label for element in elements]


def test_an_empty_library_says_how_to_fill_it(page: SignIn) -> None:
    app = page("library")
    assert "Nothing saved yet" in shown(app)
    assert not app.dataframe


def test_search_filter_and_order_find_configs_and_can_be_cleared(
    page: SignIn, bench: Workbench
) -> None:
    for name, epochs in (("Sweep b", 1), ("sweep a", 0), ("other", 1)):
        keep(bench, name, epochs)
    app = page("library")
    labelled(app.text_input, "Search").set_value("SWEEP").run()
    labelled(app.selectbox, "Order").select("name").run()
    assert rows(app) == ["sweep a", "Sweep b"]
    assert app.query_params["order"] == "name"
    labelled(app.selectbox, "Verdict").select("invalid").run()
    assert rows(app) == ["sweep a"]
    labelled(app.text_input, "Search").set_value("nothing like it").run()
    button(app, "Clear search and filters").click().run()
    assert rows(app) == ["other", "sweep a", "Sweep b"]
    assert "q" not in app.query_params


@pytest.mark.parametrize("cursor", ["3~garbage", "99~x", "x", "7~"])
def test_a_page_that_is_none_is_the_first(page: SignIn, bench: Workbench, cursor: str) -> None:
    keep(bench, "only")
    app = page("library", at=cursor)
    assert rows(app) == ["only"]
    assert "1–1 of 1" in shown(app)


def test_many_configs_come_in_pages(page: SignIn, bench: Workbench) -> None:
    for number in range(60):
        keep(bench, f"run {number:02}")
    app = page("library")
    assert len(rows(app)) == 50
    button(app, "Next").click().run()
    assert rows(app) == [f"run {number:02}" for number in reversed(range(10))]
    assert "51–60 of 60" in shown(app)
    button(app, "Previous").click().run()
    assert "1–50 of 60" in shown(app)


def test_the_selected_config_is_edited_also_with_a_search_in_the_address(
    page: SignIn, bench: Workbench
) -> None:
    config = keep(bench, "long run", 4)
    app = page("library", q="long", selected=config.id)
    button(app, "Edit").click().run()
    assert draft(app).saved.config_id == config.id
    assert bench.config(config.id).times_used == 1


def test_another_users_id_in_the_address_selects_nothing(page: SignIn, bench: Workbench) -> None:
    keep(bench, "mine")
    app = page("library", selected="11111111-1111-4111-8111-111111111111")
    assert "Select a config" in shown(app)
    assert "Edit" not in labels(app.button)


def test_a_config_is_renamed_described_and_duplicated(page: SignIn, bench: Workbench) -> None:
    config = keep(bench, "first")
    app = page("library", selected=config.id)
    do(button(app, "Rename").click())
    labelled(app.text_input, "Name").set_value("second")
    labelled(app.text_area, "Description").set_value("a better name")
    do(button(app, "Save").click())
    renamed = bench.config(config.id)
    assert (renamed.name, renamed.description, renamed.revision) == ("second", "a better name", 2)
    do(button(app, "Duplicate").click())
    assert sorted(rows(app)) == ["second", "second (2)"]


def test_a_name_that_is_taken_keeps_the_dialog_and_says_so(page: SignIn, bench: Workbench) -> None:
    keep(bench, "taken")
    config = keep(bench, "first")
    app = page("library", selected=config.id)
    do(button(app, "Rename").click())
    labelled(app.text_input, "Name").set_value("taken")
    button(app, "Save").click().run()
    assert "already; choose another name" in app.error[0].value
    assert bench.config(config.id).name == "first"


def test_a_tag_that_is_not_taken_does_not_stay_in_the_field(page: SignIn, bench: Workbench) -> None:
    config = keep(bench, "first")
    app = page("library", selected=config.id)
    labelled(app.multiselect, "Tags").set_value(["keep"]).run()
    assert bench.config(config.id).tags == ("keep",)
    field = [item for item in app.multiselect if item.label == "Tags"][-1]
    field.set_value(["keep", "x" * 41]).run()
    field = [item for item in app.multiselect if item.label == "Tags"][-1]
    assert (field.value, bench.config(config.id).tags) == (["keep"], ("keep",))


def test_a_deleted_config_is_named_and_comes_back(page: SignIn, bench: Workbench) -> None:
    config = keep(bench, "precious")
    keep(bench, "other")
    app = page("library", selected=config.id)
    do(button(app, "Delete").click())
    assert "Deleted precious" in shown(app)
    assert rows(app) == ["other"]
    do(button(app, "Undo delete").click())
    assert sorted(rows(app)) == ["other", "precious"]


def test_a_new_config_starts_from_a_template(page: SignIn) -> None:
    app = page("library")
    button(app, "Teacher mode").click().run()
    assert draft(app).origin == "preset:teacher_mode"


def test_unsaved_work_is_asked_for_before_another_is_edited(page: SignIn, bench: Workbench) -> None:
    config = keep(bench, "saved", 5)
    app = page("build")
    do(labelled(app.number_input, "Epochs").set_value(7))
    app.session_state["tunesmith.selected"] = {config.id}
    app.switch_page("../pages/library.py").run()
    button(app, "Edit").click().run()
    assert "has changes that are not saved" in shown(app)
    do(button(app, "Open without saving").click())
    assert draft(app).document["training"]["num_epochs"] == 5


def test_who_is_signed_out_sees_the_sign_in_and_nothing_else(bench: Workbench) -> None:
    keep(bench, "private")
    for name in ("library", "account"):
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
        app.switch_page(f"../pages/{name}.py").run()
        assert "Sign in" in labels(app.button)
        assert not app.dataframe
        assert "private" not in shown(app)


def test_a_session_that_ended_elsewhere_takes_the_page_away(
    page: SignIn, bench: Workbench, parts: Any
) -> None:
    keep(bench, "private")
    app = page("library")
    assert bench.count(Query()) == 1
    parts.sessions.end_all(bench.actor.user_id)
    app.run()
    assert not app.dataframe
    assert "Sign in" in labels(app.button)
    assert "You were signed out" in shown(app)

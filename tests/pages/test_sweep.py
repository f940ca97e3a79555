"""The sweep page: what is typed, what it comes to, and what is made of it."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.stores.protocol import Config, Query
from core.sweeps.form import Entry, Form
from core.workbench import Workbench
from tests.commands import tool
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import button, labelled, shown


def opened() -> AppTest:
    """The page with nobody signed in."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    return app.switch_page("../pages/sweep.py").run()


def form(app: AppTest) -> Form:
    found: Form = app.session_state["tunesmith.sweep"]
    return found


def settings(app: AppTest) -> list[Any]:
    return [box for box in app.selectbox if box.label == "Setting"]


def values(app: AppTest) -> list[Any]:
    return [field for field in app.text_input if field.label == "Values"]


def vary(app: AppTest, *axes: tuple[str, str]) -> AppTest:
    """Type these settings with their values."""
    for number, (path, text) in enumerate(axes):
        if number == len(settings(app)):
            button(app, "Add a setting").click().run()
        settings(app)[number].set_value(path).run()
        values(app)[number].set_value(text).run()
    assert not app.exception
    return app


def typed(app: AppTest, *axes: tuple[str, str]) -> AppTest:
    """The page as it is once these were typed; a test can't type what no list offers."""
    entries = tuple(Entry(number, *axis) for number, axis in enumerate(axes, 1))
    app.session_state["tunesmith.sweep"] = Form(entries, made=len(entries))
    app.switch_page("../pages/build.py").run()
    return app.switch_page("../pages/sweep.py").run()


RATES = ("training.learning_rate", "1e-4, 2e-4")
RANKS = ("training.lora_r", "8, 16")


def members(app: AppTest) -> dict[str, list[Any]]:
    """The table's columns."""
    return {str(name): [*column] for name, column in app.dataframe[0].value.items()}


def library(bench: Workbench) -> list[str]:
    return sorted(row.name for row in bench.page(Query(limit=500)).rows)


# --- What is typed -------------------------------------------------------------------------------


def test_a_newcomer_is_told_what_to_do() -> None:
    app = opened()
    assert r"Sweep :gray[:small[of sft\_toolbench]]" in [one.value for one in app.subheader]
    assert "Choose a setting and write its values" in app.info[0].value
    assert not app.dataframe
    assert not [one for one in app.button if one.label == "Save as a group"]


def test_every_config_is_shown_with_its_verdict_before_anything_is_made() -> None:
    app = vary(opened(), RATES, ("data.max_samples", "absent, 300"))
    assert "**2 × 2 = 4 configs**" in shown(app)
    assert "2 run" in shown(app)
    assert "2 stop" in shown(app)
    table = members(app)
    assert table["number"] == [1, 2, 3, 4]
    assert table["axis 0"] == ["1e-4", "1e-4", "2e-4", "2e-4"]
    assert table["axis 1"] == ["absent", "300", "absent", "300"]
    assert table["state"] == ["stops", "runs", "stops", "runs"]
    assert "'data.max_samples' is missing" in table["reason"][0]
    assert "**1, 3:**" in shown(app)


def test_values_in_step_need_as_many_each() -> None:
    app = vary(opened(), RATES, ("training.lora_r", "8, 16, 32"))
    labelled(app.button_group, "Combine values").set_value("paired").run()
    assert "Paired settings need the same number of values" in shown(app).replace("\\", "")
    values(app)[1].set_value("8, 16").run()
    assert members(app)["axis 1"] == ["8", "16"]


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        (("training.lora_r", "8, abc"), "can't take 'abc'; write a whole number from 1"),
        (("training..lora_r", "8"), "is not a path"),
        (("training.lora_r", "8, 8"), "has 8 twice"),
    ],
)
def test_what_can_not_be_read_is_said_below_its_line(axis: tuple[str, str], said: str) -> None:
    app = typed(opened(), axis)
    assert said in shown(app).replace("\\", "").replace("\u2060", "")
    assert "once each setting above has values" in shown(app)
    assert not app.dataframe


def test_two_lines_of_one_setting_are_refused() -> None:
    app = vary(opened(), RANKS, RANKS)
    assert "is there twice" in shown(app)


def test_a_setting_with_few_values_offers_them() -> None:
    app = opened()
    settings(app)[0].set_value("training.use_lora").run()
    box = labelled(app.multiselect, "Values")
    assert box.options == ["true", "false", "absent"]
    box.set_value(["false", "true"]).run()
    assert members(app)["axis 0"] == ["false", "true"]


def test_an_unknown_key_can_be_varied_and_is_pointed_out() -> None:
    app = typed(opened(), ("mine.key", "1, two"))
    assert "makes no run another one" in shown(app)
    assert "No part of the trainer knows this key" in shown(app)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("learning_rate", "Did you mean training.learning_rate?"),
        ("training.learnin_rate", "Did you mean training.learning_rate?"),
        ("training", "A whole section"),
    ],
)
def test_a_path_that_is_no_setting_says_what_it_is(path: str, said: str) -> None:
    assert said in shown(typed(opened(), (path, ""))).replace("\\", "").replace("\u2060", "")


def test_each_warning_stands_below_the_table_once_with_its_configs() -> None:
    app = vary(opened(), RATES, ("data.max_samples", "100, 700"))
    (told,) = (one for one in app.expander if "What the warnings say" in one.label)
    lines = [one.value.replace("\\", "") for one in told.markdown]
    assert [line for line in lines if "**All:**" in line and "Warm-up of 100 updates" in line]
    assert [line for line in lines if "**1, 3:**" in line]


def test_lines_can_be_raised_and_removed_twice() -> None:
    app = vary(opened(), RATES, RANKS, ("training.num_epochs", "1, 2"))
    raise_third = [one for one in app.button if one.label == "Move up"][2]
    raise_third.click().run()
    assert [entry.path for entry in form(app).entries][1:] == ["training.num_epochs", RANKS[0]]
    assert [box.value for box in settings(app)][1] == "training.num_epochs"
    for _ in range(2):
        button(app, "Remove").click().run()
    assert [entry.path for entry in form(app).entries] == [RANKS[0]]
    button(app, "Remove").click().run()
    assert form(app).typed == ()
    assert app.info


def test_only_configs_that_run() -> None:
    app = vary(opened(), ("data.max_samples", "absent, 300"))
    labelled(app.toggle, "Only configs that run").set_value(True).run()
    assert members(app)["state"] == ["stops · left out", "runs"]
    assert labelled(app.get("download_button"), "Download 1 config")
    values(app)[0].set_value("absent").run()
    assert "nothing can be made" in shown(app)
    labelled(app.toggle, "Only configs that run").set_value(False).run()
    assert labelled(app.get("download_button"), "Download 1 config")


def test_what_was_typed_is_there_after_another_page() -> None:
    app = vary(opened(), RATES, RANKS)
    labelled(app.text_input, "Name").set_value("rates").run()
    labelled(app.number_input, "Slurm tasks at once").set_value(9).run()
    labelled(app.button_group, "Combine values").set_value("paired").run()
    for _ in range(2):
        app.switch_page("../pages/build.py").run()
        app.switch_page("../pages/sweep.py").run()
    assert [box.value for box in settings(app)] == [RATES[0], RANKS[0]]
    assert [field.value for field in values(app)] == [RATES[1], RANKS[1]]
    assert labelled(app.text_input, "Name").value == "rates"
    assert labelled(app.number_input, "Slurm tasks at once").value == 9
    assert members(app)["name"] == ["rates-01-lr1e-4-r8", "rates-02-lr2e-4-r16"]


def test_it_follows_the_draft_and_its_target() -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20).run()
    labelled(app.selectbox, "Libraries").select("today").run()
    app.switch_page("../pages/sweep.py").run()
    vary(app, RATES)
    assert members(app)["state"] == ["stops", "stops"]


def test_a_secret_is_in_no_table() -> None:
    secret = "hf_" + "a1B2" * 9
    app = typed(opened(), ("mine.token", f"{secret}, x"))
    assert secret not in str(members(app))
    assert secret not in shown(app)


# --- What is made --------------------------------------------------------------------------------


def test_the_files_can_be_looked_into() -> None:
    app = vary(opened(), RATES)
    app.session_state["sweep.files"] = True
    app.run()
    box = labelled(app.selectbox, "File")
    assert {"run.sh", "manifest.json", "skypilot.yaml", "slurm.sbatch"} <= {*box.options}
    box.select("slurm.sbatch").run()
    assert any("#SBATCH --array=1-2%4" in one.value for one in app.code)


def test_all_stand_side_by_side_before_they_are_saved() -> None:
    app = vary(opened(), RATES)
    app.session_state["sweep.compare"] = True
    app.run()
    assert not app.exception
    grids = [one for one in app.get("bidi_component") if one.key == "sweep.board"]
    assert "sft_toolbench-02-lr2e-4" in grids[0].proto.json


def test_the_group_is_saved_once_and_leads_to_library_and_comparison(
    page: SignIn, bench: Workbench
) -> None:
    app = vary(page("sweep"), RATES)
    for said in ("Saved 2 configs, tagged `sweep:sft_toolbench`", "All 2 are in the library"):
        button(app, "Save as a group").click().run()
        assert said in shown(app)
    assert library(bench) == ["sft_toolbench-01-lr1e-4", "sft_toolbench-02-lr2e-4"]
    # Of another sweep nothing was saved yet.
    values(app)[0].set_value("1e-4, 3e-4").run()
    assert "tagged" not in shown(app)
    values(app)[0].set_value(RATES[1]).run()
    (link,) = [one for one in app.get("page_link") if one.proto.label == "Show in library"]
    assert "tag=sweep" in link.proto.query_string
    button(app, "Compare all").click().run()
    assert [one.partition(":")[0] for one in app.session_state["tunesmith.compared"]["with"]] == [
        "config",
        "config",
    ]


@pytest.mark.parametrize("text", ["1e-4, 3e-4", "1e-4, x"])
def test_what_was_not_shown_yet_is_not_saved(page: SignIn, bench: Workbench, text: str) -> None:
    app = vary(page("sweep"), RATES)
    # The browser can tell of the last edit together with the click.
    values(app)[0].set_value(text)
    button(app, "Save as a group").click().run()
    assert ("The sweep has changed" in shown(app)) == (text == "1e-4, 3e-4")
    values(app)[0].set_value("1e-4, 3e-4").run()
    assert library(bench) == []
    button(app, "Save as a group").click().run()
    assert library(bench) == ["sft_toolbench-01-lr1e-4", "sft_toolbench-02-lr3e-4"]


def test_nobody_who_is_not_signed_in_saves() -> None:
    app = vary(opened(), RATES)
    button(app, "Save as a group").click().run()
    assert app.session_state["tunesmith.question"].purpose == "go on"


def test_names_that_are_taken_are_said_and_nothing_is_saved(page: SignIn, bench: Workbench) -> None:
    taken = drafts.from_preset(presets.find("dpo_basic")).renamed("sft_toolbench-02-lr2e-4")
    other: Config = bench.save(taken)
    app = vary(page("sweep"), RATES)
    button(app, "Save as a group").click().run()
    for _ in range(2):
        # It stays there until another sweep is shown.
        assert "give the sweep another name" in shown(app)
        assert library(bench) == [other.name]
        app.run()


def test_commands_are_asked_about_before_anything_is_saved(page: SignIn, bench: Workbench) -> None:
    base = drafts.from_preset(presets.find("sft_toolbench")).renamed("mine")
    command = tool(type="command", command="date")
    draft = base.with_document(put(base.document, ("tools",), [command]))
    app = page("sweep")
    app.session_state["tunesmith.desk"].history = app.session_state["tunesmith.desk"].history.then(
        draft
    )
    app.run()
    vary(app, RATES)
    button(app, "Save as a group").click().run()
    asked = app.session_state["tunesmith.question"]
    assert [one.text for one in asked.commands] == ["date"]
    assert len(asked.sweep.members) == 2
    assert library(bench) == []

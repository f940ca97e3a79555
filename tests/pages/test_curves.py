"""Learning rates on the pages: beside the run card, and of all configs that are compared."""

import json
from typing import Any
from xml.etree.ElementTree import fromstring

from streamlit.testing.v1 import AppTest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.workbench import Workbench
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import do, labelled, shown

SFT, DPO, OTHER_LOADER = "preset:sft_toolbench", "preset:dpo_basic", "preset:knowledge_dense"


def opened() -> AppTest:
    return AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)


def compare(*names: str) -> AppTest:
    app = opened().switch_page("../pages/compare.py")
    app.query_params["with"] = list(names)
    return app.run()


def curves(app: AppTest) -> list[str]:
    """The texts of the drawings on a page."""
    elements = [json.loads(one.proto.json) for one in components(app)]
    return [" ".join(fromstring(data["html"]).itertext()) for data in elements]


def components(app: AppTest) -> list[Any]:
    found = app.get("bidi_component")
    return [one for one in found if one.proto.component_name == "tunesmith_curve"]


def heading(app: AppTest) -> str:
    (found,) = [one.label for one in app.expander if one.label.startswith("Learning rate")]
    return str(found)


def unfold(app: AppTest) -> AppTest:
    app.session_state["compare.learning_rate"] = True
    return app.run()


# --- The run card --------------------------------------------------------------------------------


def test_the_curve_follows_an_edit() -> None:
    app = opened().run()
    assert "never leaves its warm-up" in curves(app)[0]
    do(labelled(app.number_input, "Warm-up (updates)").set_value(2))
    assert "never leaves its warm-up" not in curves(app)[0]
    assert "22 updates, the first 2 of them warm-up" in curves(app)[0]


def test_a_run_without_updates_has_a_reason_instead_of_a_curve() -> None:
    app = opened().run()
    do(labelled(app.number_input, "Epochs").set_value(0))
    (card,) = curves(app)
    assert "No learning-rate curve: There are no updates" in card


# --- The comparison ------------------------------------------------------------------------------


def test_curves_are_drawn_when_they_are_asked_for() -> None:
    app = compare(SFT, DPO)
    assert "1 of 2 never leaves its warm-up" in heading(app)
    assert not components(app)
    (drawn,) = curves(unfold(app))
    assert "sft_toolbench (base)" in drawn
    assert "the rate reaches 1.05e-5 of 5e-5" in drawn
    assert "dpo_basic" in drawn


def test_equal_schedules_are_one_curve_that_says_whose_it_is(
    page: SignIn, bench: Workbench
) -> None:
    draft = drafts.from_preset(presets.find("hybrid"))
    documents = [put(draft.document, ("training", "lora_r"), rank) for rank in (4, 8, 16, 32, 64)]
    kept = [
        bench.save(draft.renamed(f"run {number}").with_document(document))
        for number, document in enumerate(documents)
    ]
    app = page("compare")
    app.query_params["with"] = ["preset:hybrid", *(f"config:{config.id}" for config in kept)]
    (drawn,) = curves(unfold(app.run()))
    assert "6 configs: hybrid (base), " in drawn
    assert "and 3 others" in drawn
    assert heading(app) == "Learning rate"


def test_a_config_without_a_curve_is_named_with_the_reason() -> None:
    app = unfold(compare(SFT, OTHER_LOADER))
    assert len(components(app)) == 1
    assert "No curve for knowledge\\_dense" in shown(app)
    assert "no data for this strategy" in shown(app)


def test_where_no_schedule_is_known_only_the_reasons_are_shown() -> None:
    app = unfold(compare(OTHER_LOADER, "preset:sft_pc_building"))
    assert not components(app)
    assert "No curve for 2 configs" in shown(app)
    assert not app.error

"""The build page, through AppTest: touch every kind of widget twice, leave, come back."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.looks import drawn, unfold

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    unfold(app)
    return app.run()


def draft(app: AppTest) -> Any:
    return app.session_state["tunesmith.desk"].history.present


def document(app: AppTest) -> Any:
    return draft(app).document


def labelled(elements: Any, label: str) -> Any:
    found = [element for element in elements if element.label == label]
    assert found, f"no {label!r} among {[element.label for element in elements]}"
    return found[0]


def do(interaction: Any) -> None:
    # The second run draws what the first, of the fragments that changed, left alone.
    interaction.run().run()


def button(app: AppTest, label: str) -> Any:
    return labelled(app.button, label)


def shown(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def test_it_opens_with_the_first_template(app: AppTest) -> None:
    assert document(app)["data"]["strategy"] == "toolbench"
    assert ":green-badge[:material/check: valid]" in shown(app)
    assert "unchanged" in shown(app)


@pytest.mark.parametrize(
    ("label", "first", "second", "path"),
    [
        ("Learning rate", "2e-4", "3e-4", ("training", "learning_rate")),
        ("LoRA dropout", "0.1", "0", ("training", "lora_dropout")),
        ("Training share", "0.9", "0.95", ("data", "train_split")),
    ],
)
def test_a_number_typed_twice_is_kept(
    app: AppTest, label: str, first: str, second: str, path: tuple[str, str]
) -> None:
    for typed in (first, second):
        do(labelled(app.text_input, label).set_value(typed))
        assert document(app)[path[0]][path[1]] == json.loads(typed)


def test_a_whole_number_typed_twice_is_kept(app: AppTest) -> None:
    for typed in (3, 4):
        do(labelled(app.number_input, "Epochs").set_value(typed))
        assert document(app)["training"]["num_epochs"] == typed


def test_a_choice_made_twice_is_kept(app: AppTest) -> None:
    for chosen in ("bfloat16", "float32"):
        do(labelled(app.selectbox, "Weights dtype").select(chosen))
        assert document(app)["model"]["torch_dtype"] == chosen


def test_a_switch_turned_twice_is_kept(app: AppTest) -> None:
    for chosen in (False, True):
        do(labelled(app.button_group, "LoRA").set_value(chosen))
        assert document(app)["training"]["use_lora"] is chosen


def test_a_list_changed_twice_is_kept(app: AppTest) -> None:
    do(button(app, "DPO").click())
    for chosen in (["tool_accuracy"], ["tool_accuracy", "response_quality"]):
        do(labelled(app.multiselect, "Metrics").set_value(chosen))
        assert document(app)["evaluation"]["metrics"] == chosen


def test_an_optional_number_can_be_unset_and_says_what_the_trainer_uses(app: AppTest) -> None:
    do(labelled(app.number_input, "LoRA rank").set_value(None))
    assert "lora_r" not in document(app)["training"]
    assert labelled(app.number_input, "LoRA rank").placeholder == "trainer uses 16"


def test_an_unfinished_number_survives_leaving_the_page(app: AppTest) -> None:
    do(labelled(app.text_input, "Learning rate").set_value("4e-"))
    app.switch_page("../pages/reference.py").run()
    app.switch_page("../pages/build.py").run()
    assert labelled(app.text_input, "Learning rate").value == "4e-"
    assert document(app)["training"]["learning_rate"] == "4e-"
    assert "invalid" in shown(app)


def test_edits_survive_leaving_the_page_and_go_on(app: AppTest) -> None:
    do(labelled(app.number_input, "Epochs").set_value(3))
    app.switch_page("../pages/reference.py").run()
    app.switch_page("../pages/build.py").run()
    do(labelled(app.text_input, "Learning rate").set_value("1e-4"))
    training = document(app)["training"]
    assert (training["num_epochs"], training["learning_rate"]) == (3, 1e-4)


def test_a_template_opened_after_an_edit_replaces_every_widget_and_undo_brings_it_back(
    app: AppTest,
) -> None:
    do(labelled(app.number_input, "Epochs").set_value(3))
    do(button(app, "DPO").click())
    assert labelled(app.number_input, "Epochs").value == 100
    do(labelled(app.number_input, "Epochs").set_value(7))
    assert document(app)["training"]["num_epochs"] == 7
    do(button(app, "Undo").click())
    do(button(app, "Undo").click())
    assert labelled(app.number_input, "Epochs").value == 3
    assert draft(app).origin == "preset:sft_toolbench"
    do(button(app, "Redo").click())
    assert labelled(app.selectbox, "Method *").value == "dpo"


def test_reset_goes_back_to_the_template_and_can_be_undone(app: AppTest) -> None:
    do(labelled(app.number_input, "Epochs").set_value(3))
    do(button(app, "Reset").click())
    assert labelled(app.number_input, "Epochs").value == 1
    do(button(app, "Undo").click())
    assert document(app)["training"]["num_epochs"] == 3


def test_the_tokenizer_follows_the_model_until_it_is_set_apart(app: AppTest) -> None:
    model = "Qwen/Qwen3-1.7B"
    do(labelled(app.text_input, "Model *").set_value(model))
    assert document(app)["tokenizer"]["name"] == model
    do(labelled(app.text_input, "Tokenizer *").set_value("Qwen/Qwen3-4B"))
    do(labelled(app.text_input, "Model *").set_value("Qwen/Qwen3-0.6B"))
    assert document(app)["tokenizer"]["name"] == "Qwen/Qwen3-4B"


def test_a_changed_field_says_what_it_was(app: AppTest) -> None:
    do(labelled(app.text_input, "Learning rate").set_value("2e-4"))
    assert ":material/edit: was 5e\\-5" in shown(app)
    assert "1 setting differs from the template" in drawn(app)


def test_a_setting_without_effect_says_so_at_the_field(app: AppTest) -> None:
    do(button(app, "DPO").click())
    assert "no effect: DPO has no warm\\-up" in shown(app)


def test_a_fix_at_the_field_is_applied_and_can_be_undone(app: AppTest) -> None:
    do(button(app, "Set warmup\\_steps to 1").click())
    assert document(app)["training"]["warmup_steps"] == 1
    assert labelled(app.number_input, "Warm-up (updates)").value == 1
    do(button(app, "Undo").click())
    assert labelled(app.number_input, "Warm-up (updates)").value == 100


def test_all_safe_fixes_at_once(app: AppTest) -> None:
    do(labelled(app.text_input, "Learning rate").set_value('"1e-4"'))
    safe = next(item for item in app.button if item.label.startswith("Apply all"))
    do(safe.click())
    assert document(app)["training"]["learning_rate"] == 1e-4
    assert document(app)["tools"] == []
    assert document(app)["training"]["warmup_steps"] == 100


def test_starting_empty_names_what_is_required(app: AppTest) -> None:
    do(button(app, "Start empty").click())
    assert labelled(app.text_input, "Model *").value is None
    assert "invalid" in shown(app)
    do(labelled(app.text_input, "Model *").set_value("Qwen/Qwen3-0.6B"))
    assert document(app)["model"] == {"name": "Qwen/Qwen3-0.6B"}
    assert document(app)["tokenizer"]["name"] == "Qwen/Qwen3-0.6B"


def test_tools_are_added_duplicated_moved_and_removed(app: AppTest) -> None:
    do(button(app, "calculator").click())
    do(button(app, "weather").click())
    do(app.button(key=_key(app, "tools.0.content_copy")).click())
    assert [tool["name"] for tool in document(app)["tools"]] == [
        "calculator",
        "calculator_2",
        "weather",
    ]
    do(app.button(key=_key(app, "tools.2.arrow_upward")).click())
    do(app.button(key=_key(app, "tools.0.delete")).click())
    assert [tool["name"] for tool in document(app)["tools"]] == ["weather", "calculator_2"]


def test_broken_tool_parameters_are_kept_with_their_place_and_change_nothing(app: AppTest) -> None:
    do(button(app, "calculator").click())
    do(app.button(key=_key(app, "tools.0.edit")).click())
    editor = labelled(app.text_area, "Parameters *")
    do(editor.set_value('{"type": "object",}'))
    assert document(app)["tools"][0]["parameters"]["properties"]
    assert "Line 1, column 18" in shown(app).replace("\\", "")
    app.switch_page("../pages/reference.py").run()
    app.switch_page("../pages/build.py").run()
    assert labelled(app.text_area, "Parameters *").value == '{"type": "object",}'
    do(labelled(app.text_area, "Parameters *").set_value('{"type": "object"}'))
    assert document(app)["tools"][0]["parameters"] == {"type": "object"}


def _key(app: AppTest, ending: str) -> str:
    return next(str(item.key) for item in app.button if str(item.key).endswith(ending))


def open_json(app: AppTest) -> Any:
    app.session_state["build.view"] = "JSON"
    app.run()
    return labelled(app.text_area, "The config as JSON")


def test_the_json_view_takes_a_text_and_refuses_a_broken_one(app: AppTest) -> None:
    editor = open_json(app)
    text = editor.value
    do(editor.set_value(text.replace("700", "800,")))
    assert document(app)["data"]["max_samples"] == 700
    assert "Line" in shown(app)
    do(labelled(app.text_area, "The config as JSON").set_value(text.replace("700", "800")))
    assert document(app)["data"]["max_samples"] == 800


def test_unknown_keys_have_a_place_where_they_are_edited_and_dropped(app: AppTest) -> None:
    editor = open_json(app)
    editor.set_value(editor.value.replace('"seed"', '"sed"').replace("{", '{"mine": {"a": 1},', 1))
    app.run()
    app.session_state["build.view"] = "Form"
    app.run()
    do(labelled(app.text_area, "`mine`").set_value('{"a": 2}'))
    assert document(app)["mine"] == {"a": 2}
    do(button(app, "Drop").click())
    assert "mine" not in document(app)


def test_a_section_that_is_no_object_can_be_mended_in_place(app: AppTest) -> None:
    editor = open_json(app)
    config = json.loads(editor.value) | {"model": 5}
    do(editor.set_value(json.dumps(config)))
    app.session_state["build.view"] = "Form"
    app.run()
    do(labelled(app.text_area, "model").set_value('{"name": "Qwen/Qwen3-0.6B"}'))
    assert document(app)["model"] == {"name": "Qwen/Qwen3-0.6B"}
    assert labelled(app.text_input, "Model *").value == "Qwen/Qwen3-0.6B"


@pytest.mark.parametrize("value", ["4", 4.5, True, None, [1], {"a": 1}, -3, 0])
def test_a_wrong_value_is_shown_and_not_rounded(app: AppTest, value: Any) -> None:
    editor = open_json(app)
    config = json.loads(editor.value)
    config["training"]["batch_size"] = value
    do(editor.set_value(json.dumps(config)))
    app.session_state["build.view"] = "Form"
    app.run()
    assert not app.exception
    do(labelled(app.number_input, "Epochs").set_value(2))
    assert document(app)["training"]["batch_size"] == value
    assert type(document(app)["training"]["batch_size"]) is type(value)


def test_the_name_names_the_file(app: AppTest) -> None:
    do(labelled(app.text_input, "Name").set_value("my run / 2"))
    button: Any = app.get("download_button")[0]
    assert button.label == "Download my\\-run\\-2\\.json"
    assert "python train.py --config my-run-2.json" in "\n".join(item.value for item in app.code)


def test_an_edit_in_the_form_is_not_lost_to_text_that_was_begun_before(app: AppTest) -> None:
    editor = open_json(app)
    text = editor.value
    do(editor.set_value(text.replace("700", "700,,")))
    app.session_state["build.view"] = "Form"
    app.run()
    do(labelled(app.number_input, "Epochs").set_value(9))
    editor = open_json(app)
    do(editor.set_value(text.replace("700", "800")))
    assert document(app)["training"]["num_epochs"] == 9
    assert "changed after this text was begun" in shown(app)
    do(button(app, "Use this text").click())
    assert (document(app)["training"]["num_epochs"], document(app)["data"]["max_samples"]) == (
        1,
        800,
    )
    do(button(app, "Undo").click())
    assert document(app)["training"]["num_epochs"] == 9


def test_a_config_with_errors_says_that_it_downloads_all_the_same(app: AppTest) -> None:
    do(labelled(app.number_input, "Batch size (rows)").set_value(0))
    assert "This config has 1 error; the file downloads all the same" in shown(app)


def test_a_key_can_not_draw_a_picture(app: AppTest) -> None:
    key = "x` ![t](https://example.org/p.png) `"
    do(open_json(app).set_value(json.dumps({key: 1})))
    app.session_state["build.view"] = "Form"
    app.run()
    label = labelled(app.text_input, f"`` [{json.dumps(key)}] ``").label
    assert label.startswith("`` ")
    assert label.endswith(" ``")


def test_the_trainers_dpo_sample_has_nine_settings_without_effect(app: AppTest) -> None:
    do(button(app, "DPO").click())
    assert any("9 without effect" in expander.label for expander in app.expander)
    assert "Samples has no effect" in shown(app)


def test_a_suggested_model_is_taken_and_the_tokenizer_follows(app: AppTest) -> None:
    suggestions = next(group for group in app.button_group if group.label == "Model")
    do(suggestions.set_value("Qwen/Qwen3-4B"))
    assert labelled(app.text_input, "Model *").value == "Qwen/Qwen3-4B"
    assert document(app)["tokenizer"]["name"] == "Qwen/Qwen3-4B"


def test_without_lora_its_settings_say_that_they_have_no_effect(app: AppTest) -> None:
    do(labelled(app.button_group, "LoRA").set_value(False))
    assert shown(app).count("no effect: LoRA is off") == 3

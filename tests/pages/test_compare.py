"""The compare page: what is compared, what is shown of it, and what its address says."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.identity.protocol import NewAccount
from core.stores.protocol import Config
from core.workbench import Workbench
from tests.accounts import PASSWORD, local_identity
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import Grid, button, do, draft, labelled, shown
from ui.services import Services

SFT, DPO = "preset:sft_toolbench", "preset:dpo_basic"


def keep(bench: Workbench, name: str, **training: Any) -> Config:
    new = drafts.from_preset(presets.find("sft_toolbench")).renamed(name)
    document = new.document
    for key, value in training.items():
        document = put(document, ("training", key), value)
    return bench.save(new.with_document(document))


def compare(*names: str, **address: str) -> AppTest:
    """The page at an address, with nobody signed in."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page("../pages/compare.py")
    return at(app, names, **address)


def at(app: AppTest, names: Sequence[str], **address: str) -> AppTest:
    app.query_params["with"] = list(names)
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def saved(app: AppTest, *configs: Config) -> AppTest:
    return at(app, [f"config:{config.id}" for config in configs])


def open_shelf(app: AppTest) -> AppTest:
    """Open the list of what can be added."""
    app.session_state["compare.add"] = True
    return app.run()


def upload(app: AppTest, *files: tuple[str, bytes]) -> None:
    app.file_uploader[0].set_value([(*file, "application/json") for file in files])
    app.run()


def address(app: AppTest) -> str:
    """What the browser is asked to put into an address without a view."""
    (element,) = [one for one in app.get("bidi_component") if one.key == "unseen.address"]
    return unquote(json.loads(element.proto.json)["query"])


def labels(elements: Any) -> list[str]:
    return [element.label for element in elements]


# --- What is compared ----------------------------------------------------------------------------


def test_a_newcomer_sees_the_draft_beside_its_template() -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page("../pages/compare.py").run()
    assert "No setting differs" in shown(app)
    assert address(app) == f"with={SFT}&with=draft"


def test_keys_of_one_side_are_differences_in_both_orders() -> None:
    for names in ((SFT, DPO), (DPO, SFT)):
        lines = Grid(compare(*names)).lines
        assert "training.adam_beta1" in lines
        assert "data.generation_type" in lines
        assert "tools[calculator].name" in lines


def test_a_config_is_judged_for_its_own_target() -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20).run()
    do(labelled(app.selectbox, "Libraries").select("today"))
    app.switch_page("../pages/compare.py")
    at(app, [SFT, "draft"])
    table = Grid(app)
    assert table.lines["verdict:runs"] == ["yes", "≠no"]
    assert "valid, stops · for Tiny Tool Use · today&#x27;s libraries" in table.html


def test_a_saved_config_keeps_what_it_is_judged_for(page: SignIn, bench: Workbench) -> None:
    new = drafts.from_preset(presets.find("sft_toolbench")).renamed("for today")
    config = bench.save(new.for_target("tiny_tool_use/today/gpu"))
    app = saved(page("compare"), config, keep(bench, "as usual"))
    assert Grid(app).lines["verdict:runs"] == ["no", "≠yes"]


def test_saved_configs_versions_templates_and_the_draft_stand_side_by_side(
    page: SignIn, bench: Workbench
) -> None:
    config = keep(bench, "mine", num_epochs=2)
    opened = bench.open(config.id)
    bench.save(opened.with_document(put(opened.document, ("training", "num_epochs"), 3)))
    app = at(page("compare"), [SFT, f"config:{config.id}", f"config:{config.id}@1", "draft"])
    grid = Grid(app)
    assert grid.titles == ["sft_toolbench", "mine", "mine", "sft_toolbench"]
    assert grid.lines["training.num_epochs"] == ["1", "≠3", "≠2", "1"]


def test_fifty_configs_are_read_at_once(page: SignIn, bench: Workbench) -> None:
    configs = [keep(bench, f"run {number}", num_epochs=1 + number % 3) for number in range(50)]
    grid = Grid(saved(page("compare"), *configs))
    assert len(grid.columns) == 50
    assert grid.lines["training.num_epochs"][:3] == ["1", "≠2", "≠3"]


def test_what_is_not_there_is_said_and_can_be_left_out(page: SignIn, bench: Workbench) -> None:
    config = keep(bench, "mine")
    bench.delete([config.id])
    app = at(page("compare"), [SFT, DPO, f"config:{config.id}", "file:run", "preset:nothing"])
    assert "not in your library" in shown(app)
    assert "upload it once more" in shown(app)
    assert "There is no template 'nothing'" in shown(app).replace("\\", "")
    for _ in range(3):
        button(app, "Leave out").click().run()
    assert app.query_params["with"] == [SFT, DPO]
    assert not app.error


def test_another_users_config_is_not_there(page: SignIn, parts: Services) -> None:
    other = local_identity(parts.database).add(NewAccount("bob", PASSWORD))
    config = keep(parts.workbench(other.actor), "of bob", num_epochs=77)
    app = at(page("compare"), [SFT, f"config:{config.id}", f"config:{config.id}@1"])
    assert "not in your library" in shown(app)
    assert "of bob" not in shown(app)
    assert "Add another config" in shown(app)


def test_who_is_signed_out_is_told_to_sign_in(bench: Workbench) -> None:
    config = keep(bench, "private")
    app = compare(SFT, DPO, f"config:{config.id}", f"config:{config.id}@1")
    assert "Sign in to compare" in shown(app)
    assert "2 configs" in shown(app)
    button(app, "Sign in to see it").click().run()
    assert "Sign in" in labels(app.button)
    assert "private" not in shown(app)
    assert Grid(app).columns == [SFT, DPO]


def test_configs_are_added_and_cleared(page: SignIn, bench: Workbench) -> None:
    keep(bench, "mine", num_epochs=2)
    app = open_shelf(at(page("compare"), [SFT]))
    button(app, "DPO").click().run()
    button(app, "mine").click().run()
    assert Grid(app).titles == ["sft_toolbench", "dpo_basic", "mine"]
    button(app, "Clear").click().run()
    assert "Add two configs or more" in shown(app)
    app.query_params.clear()
    app.run()
    assert address(app) == ""


def test_files_are_compared_under_names_of_their_own(page: SignIn) -> None:
    app = open_shelf(at(page("compare"), [SFT]))
    upload(app, ("a.json", b'{"training": {"method": "sft"}}'), ("a.json", b'{"tools": []}'))
    assert Grid(app).titles == ["sft_toolbench", "a", "a (2)"]
    upload(app, ("a.json", b'{"training": {"method": "sft"}}'))
    assert Grid(app).titles == ["sft_toolbench", "a", "a (2)"]


def test_a_file_that_is_no_config_is_refused_in_one_sentence(page: SignIn) -> None:
    app = open_shelf(at(page("compare"), [SFT, DPO]))
    upload(app, ("b.json", b'{"a": 1,}'))
    assert "b: Line 1, column 8" in shown(app).replace("\\", "")
    assert Grid(app).columns == [SFT, DPO]


@pytest.mark.parametrize("name", ["", "draft:x", "config:", "preset", "x" * 5000])
def test_an_address_that_names_nothing_compares_nothing(name: str) -> None:
    app = compare(SFT, name, DPO, base=name, show=name, ignore=name)
    assert Grid(app).columns == [SFT, DPO]
    assert not app.error
    assert "not a config" in shown(app)
    button(app, "Leave out").click().run()
    assert app.query_params["with"] == [SFT, DPO]
    assert "not a config" not in shown(app)


# --- What is shown of it -------------------------------------------------------------------------


def test_only_what_has_an_effect() -> None:
    app = compare(SFT, DPO)
    everything = Grid(app).lines
    assert everything["tokenizer.padding_side"] == ["–", "≠left"]
    app.button_group[0].set_value("effect").run()
    grid = Grid(app)
    assert app.query_params["show"] == "effect"
    assert "tokenizer.padding_side" not in grid.lines
    assert "training.learning_rate" in grid.lines
    app.button_group[0].set_value("all").run()
    assert Grid(app).lines["model.name"] == ["Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"]


def test_any_config_can_be_the_base() -> None:
    app = compare(SFT, DPO, "draft")
    labelled(app.selectbox, "Base").select(DPO).run()
    grid = Grid(app)
    assert grid.columns == [DPO, SFT, "draft"]
    assert grid.lines["training.method"] == ["dpo", "≠sft", "≠sft"]
    assert app.query_params["base"] == DPO
    labelled(app.selectbox, "Base").select("draft").run()
    assert Grid(app).columns[0] == "draft"


def test_search_and_ignore(page: SignIn) -> None:
    app = compare(SFT, DPO)
    labelled(app.text_input, "Search").set_value("Learning RATE").run()
    grid = Grid(app)
    assert list(grid.lines) == [
        "section:=", "derived:peak_learning_rate", "section:training", "training.learning_rate"
    ]  # fmt: skip
    labelled(app.text_input, "Search").set_value("no such thing").run()
    assert "No setting has no such thing" in shown(app)
    labelled(app.text_input, "Search").set_value("").run()
    labelled(app.multiselect, "Ignore").set_value(["tools", "*_size"]).run()
    lines = Grid(app).lines
    assert not [key for key in lines if key.startswith("tools") or key == "training.batch_size"]
    assert "ignored" in shown(app)
    assert app.query_params["ignore"] == ["tools", "*_size"]


def test_numbers_and_verdicts_are_rows() -> None:
    lines = Grid(compare(SFT, DPO)).lines
    assert lines["derived:updates_total"][0] == "22"
    assert lines["derived:warmup_share"] == ["455%", "≠0%"]
    assert "verdict:errors" not in lines


def test_the_view_is_there_again_after_another_page() -> None:
    app = compare(SFT, DPO, show="effect", base=DPO)
    app.query_params.clear()
    app.switch_page("../pages/reference.py").run()
    app.switch_page("../pages/compare.py").run()
    assert Grid(app).columns == [DPO, SFT]
    assert address(app) == f"with={SFT}&with={DPO}&base={DPO}&show=effect"


def test_a_session_that_ended_elsewhere_takes_the_table_away(
    page: SignIn, bench: Workbench, parts: Services
) -> None:
    app = saved(page("compare"), keep(bench, "private"), keep(bench, "secret", num_epochs=2))
    assert Grid(app).titles == ["private", "secret"]
    parts.sessions.end_all(bench.actor.user_id)
    app.run()
    assert "private" not in shown(app)
    assert "You were signed out" in shown(app)
    app.run()
    assert "No setting differs" in shown(app)


# --- Taking over ---------------------------------------------------------------------------------


def test_a_value_is_taken_into_the_draft_and_undone() -> None:
    app = compare(DPO, "draft")
    Grid(app).pick(("training.num_epochs", DPO), ("training.batch_size", DPO))
    assert "runs → runs" in shown(app)
    do(button(app, "Take 2 values over").click())
    assert draft(app).document["training"]["num_epochs"] == 100
    assert "training.num_epochs" not in Grid(app).lines
    assert "has the values that you took" in shown(app)
    do(button(app, "Undo").click())
    assert draft(app).document["training"]["num_epochs"] == 1
    assert "Undo" not in labels(app.button)


def test_undo_is_offered_only_for_what_was_taken(page: SignIn) -> None:
    app = at(page("compare"), [DPO, "draft"])
    Grid(app).pick(("training.num_epochs", DPO))
    do(button(app, "Take 1 value over").click())
    app.query_params.clear()
    app.switch_page("../pages/build.py").run()
    do(labelled(app.number_input, "Epochs").set_value(7))
    app.query_params.clear()
    app.switch_page("../pages/compare.py").run()
    assert "Undo" not in labels(app.button)


def test_picks_outlast_a_search_another_base_and_another_view(page: SignIn) -> None:
    app = at(page("compare"), [DPO, "draft"])
    Grid(app).pick(("training.num_epochs", DPO))
    labelled(app.text_input, "Search").set_value("no such thing").run()
    assert "Take 1 value over" in labels(app.button)
    labelled(app.text_input, "Search").set_value("").run()
    labelled(app.selectbox, "Base").select("draft").run()
    assert "Take 1 value over" in labels(app.button)


def test_a_whole_section_is_taken() -> None:
    app = compare(DPO, "draft")
    Grid(app).pick(("section:training", DPO))
    take = next(item for item in app.button if item.label.startswith("Take "))
    do(take.click())
    assert draft(app).document["training"] == presets.find("dpo_basic").config["training"]


def test_what_a_browser_makes_up_is_not_taken() -> None:
    app = compare(SFT, DPO)
    Grid(app).pick(("no.such.row", DPO), ("training.method", "no such column"))
    assert not [item for item in app.button if item.label.startswith("Take ")]


def test_the_draft_of_another_page_is_edited_with_what_was_taken() -> None:
    app = compare(DPO, "draft")
    Grid(app).pick(("training.num_epochs", DPO))
    do(button(app, "Take 1 value over").click())
    app.query_params.clear()
    app.switch_page("../pages/build.py").run()
    assert labelled(app.number_input, "Epochs").value == 100


# --- Two configs ---------------------------------------------------------------------------------


def test_two_configs_show_their_tools_line_by_line() -> None:
    app = compare(DPO, "preset:teacher_mode")
    assert "`tools[calculator]`" in labels(app.expander)
    labelled(app.multiselect, "Ignore").set_value(["tools"]).run()
    assert "`tools[calculator]`" not in labels(app.expander)
    app = compare(DPO, "preset:teacher_mode", SFT)
    assert "`tools[calculator]`" not in labels(app.expander)


def document(*tools: Any, **sections: Any) -> bytes:
    return json.dumps({"training": {"method": "sft"}, "tools": list(tools), **sections}).encode()


def files(app: AppTest, left: bytes, right: bytes) -> AppTest:
    """The page with two files and nothing else."""
    upload(open_shelf(app), ("left.json", left), ("right.json", right))
    return at(app, ["file:left", "file:right"])


TOKEN = "hf_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"{}", b'{"training": 3, "tools": {"a": {"b": 1}}}'),
        (b'{"tools": {"a": {"b": 1}}}', b'{"tools": {"a": {"b": 2}}}'),
        (document({"name": "a]b", "x": 1}), document({"name": "a]b", "x": 2})),
        (document({"name": "a", "x": 1}, {"name": "a"}), document({"name": "a", "x": 2})),
        (b'{"a.b": {"c]": "\\u202e", "<b>": 1}}', b'{"a.b": [1, [2]], "`|": null}'),
        (b'{"tools": ["x"], "d": "%s"}' % (b"long " * 800), b'{"tools": [[]], "d": "short"}'),
    ],
)
def test_odd_documents_are_compared_like_others(page: SignIn, left: bytes, right: bytes) -> None:
    app = files(page("compare"), left, right)
    assert Grid(app).titles == ["left", "right"]
    assert not app.error
    app.button_group[0].set_value("all").run()
    assert not app.error


def test_secrets_are_not_shown(page: SignIn) -> None:
    secret = "correct horse battery staple " * 6
    tool = {"name": "call", "api_key": secret, "headers": {"Authorization": f"Bearer {TOKEN}"}}
    left = document(tool, api_key=secret, note=f"uses {TOKEN}\nhere", **{TOKEN: 1})
    right = document({**tool, "api_key": "other"}, api_key="another " * 30, note="nothing\nhere")
    app = files(page("compare"), left, right)
    seen = "".join(
        json.dumps([element.proto.json for element in app.get("bidi_component")]).split(
            '\\"columns\\"'
        )[:1]
        + [element.proto.body for element in app.get("html")]
        + labels(app.expander)
        + list(labelled(app.multiselect, "Ignore").options)
        + labels(app.button)
    )
    assert "correct horse" not in seen
    assert TOKEN not in seen
    assert "[secret]" in seen


def test_values_under_secret_keys_are_not_mixed_up(page: SignIn) -> None:
    other = "hf_" + "c3D4" * 9
    app = files(page("compare"), document(**{TOKEN: 1, other: 2}), document())
    keys = [key for key in Grid(app).lines if key.startswith("[secret]")]
    Grid(app).pick((keys[1], "file:left"))
    do(button(app, "Take 1 value over").click())
    assert draft(app).document[other] == 2
    assert TOKEN not in draft(app).document


def test_text_that_reads_like_another_value_is_told_apart(page: SignIn) -> None:
    app = files(page("compare"), b'{"a": "1", "b": "", "c": "true"}', b'{"a": 1, "c": true}')
    lines = Grid(app).lines
    assert lines["a"] == ['"1"', "≠1"]
    assert lines["b"] == ['""', "≠–"]
    assert lines["c"] == ['"true"', "≠true"]


def test_long_texts_show_where_they_begin_to_differ(page: SignIn) -> None:
    same = "word " * 100
    left, right = (document(note=same + end) for end in ("left", "right"))
    app = files(page("compare"), left, right)
    at(app, ["file:left", "file:right", SFT])
    longer = document(note=same + "x" * 400)
    upload(open_shelf(app), ("longer.json", longer))
    app = at(app, ["file:left", "file:right", "file:longer"])
    texts = Grid(app).lines["note"]
    assert all(text.lstrip("≠").startswith("…") for text in texts)
    assert texts[0].endswith("left")
    assert texts[1].endswith("right")
    assert texts[2].endswith("x…")


def test_a_file_is_taken_in_once_and_a_bad_one_beside_it_is_told(page: SignIn) -> None:
    app = open_shelf(at(page("compare"), [SFT, "file:left"]))
    upload(app, ("left.json", document()), ("bad.json", b"{"))
    assert "bad: Line 1" in app.error[0].value.replace("\\", "")
    assert Grid(app).titles == ["sft_toolbench", "left"]
    at(app, [SFT])
    assert app.query_params["with"] == SFT
    upload(app, ("left.json", document()))
    at(app, [SFT])
    assert app.query_params["with"] == SFT
    assert not app.error


def test_a_section_with_an_odd_name_is_ignored_by_the_name_that_is_offered(page: SignIn) -> None:
    app = files(page("compare"), b'{"a.b": {"c": 1}}', b'{"a.b": {"c": 2}}')
    offered = labelled(app.multiselect, "Ignore").options
    assert '["a.b"]' in offered
    labelled(app.multiselect, "Ignore").set_value(['["a.b"]']).run()
    assert "1 ignored" in shown(app)


def test_a_blank_line_stays_and_a_character_that_shows_nothing_is_spelled_out(
    page: SignIn,
) -> None:
    left, right = (document(note=f"one\n\ntwo {end}") for end in ("three", "thr\u200bee"))
    app = files(page("compare"), left, right)
    app.session_state["text.note.0"] = True
    app.run()
    html = "".join(element.proto.body for element in app.get("html"))
    assert html.count("&nbsp;") == 2
    assert "\\u200b" in html


def test_configs_of_one_name_and_version_have_labels_of_their_own(
    page: SignIn, bench: Workbench
) -> None:
    first = keep(bench, "mine")
    bench.describe(first, "renamed", "")
    second = keep(bench, "mine", num_epochs=2)
    app = at(page("compare"), [f"config:{first.id}@1", f"config:{second.id}@1"])
    assert labelled(app.selectbox, "Base").options == ["mine (version 1) 1", "mine (version 1) 2"]
    labelled(app.selectbox, "Base").select(f"config:{second.id}@1").run()
    assert Grid(app).lines["training.num_epochs"] == ["2", "≠1"]


def test_a_section_of_the_wrong_type_has_an_effect(page: SignIn) -> None:
    left = b'{"training": "x", "tools": {"*": {"name": 1}}}'
    app = files(page("compare"), left, b'{"training": {"lora_r": 8}, "tools": []}')
    app.button_group[0].set_value("effect").run()
    assert Grid(app).lines["training"] == ["x", "≠–"]

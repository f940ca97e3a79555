import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import trainers
from core.changes.patch import apply
from core.compare import Comparison, Row, changed, compare
from core.document import Document, get, put, same
from core.fields import SECTIONS
from core.presets import find, load
from core.reading.profile import TINY_TOOL_USE
from core.reading.target import Target


def paths(*documents: Document, everything: bool = False) -> list[str]:
    return [row.path for row in compare(documents, everything=everything).rows]


def training(**values: Any) -> Document:
    return {"training": values}


def data(**values: Any) -> Document:
    return {"data": values}


def only(*documents: Document, base: int = 0) -> Row:
    """The one row in which documents differ."""
    (row,) = [row for row in compare(documents, base=base).rows if row.differs]
    return row


def tools(*names: str) -> Document:
    return {"tools": [{"name": name, "description": f"The {name}"} for name in names]}


def test_a_changed_value_is_one_row_with_both_values() -> None:
    (row,) = compare([training(lora_r=8), training(lora_r=16)]).rows
    assert (row.path, row.values, row.differs) == ("training.lora_r", (8, 16), True)


def test_the_json_form_names_base_labels_rows_and_patch() -> None:
    documents = [training(method="sft", lora_r=8), training(method="sft")]
    assert compare(documents, ["a.json", "b.json"]).as_json() == {
        "base": 0,
        "labels": ["a.json", "b.json"],
        "rows": [
            {
                "path": "training.lora_r",
                "present": [True, False],
                "values": [8, None],
                "differs": True,
                "has_effect": [True, None],
                "changes_run": [True, True],
                "kind": "value",
            }
        ],
        "patch": [{"op": "remove", "path": "/training/lora_r"}],
    }


def test_equal_leaves_are_listed_only_on_request() -> None:
    document = training(lora_r=8, lora_alpha=16)
    assert paths(document, document) == []
    assert paths(document, document, everything=True) == ["training.lora_r", "training.lora_alpha"]


def test_spellings_of_one_number_are_equal() -> None:
    left = json.loads('{"training": {"learning_rate": 1e-6}}')
    right = json.loads('{"training": {"learning_rate": 0.000001}}')
    assert paths(left, right) == []


def test_a_whole_number_with_a_point_is_equal_and_noted() -> None:
    result = compare([training(batch_size=4), training(batch_size=4.0)])
    (row,) = result.rows
    assert not row.differs
    assert not result.differs
    assert row.as_json()["note"].startswith("the same number")


def test_true_is_not_one() -> None:
    assert compare([training(use_lora=True), training(use_lora=1)]).differs
    assert compare([training(use_lora=1.0), training(use_lora=True)]).differs


def test_null_is_not_absent() -> None:
    (row,) = compare([training(lora_r=None), training()]).rows[-1:]
    assert row.differs


def test_empty_containers_are_leaves() -> None:
    assert paths({"tools": {}}, {"tools": []}) == ["tools"]
    assert paths({"tools": {}}, {}) == ["tools"]
    assert paths({"tools": {}}, tools("a")) == ["tools", "tools[a].name", "tools[a].description"]


def test_tools_are_matched_by_name() -> None:
    left, right = tools("calculator", "search"), tools("search")
    right["tools"][0]["description"] = "Finds"
    assert paths(left, right) == [
        "tools[calculator].name",
        "tools[calculator].description",
        "tools[search].description",
    ]


def test_a_row_knows_where_its_leaf_stands_in_each_document() -> None:
    left, right = tools("calculator", "search"), tools("search")
    right["tools"][0]["description"] = "Finds"
    rows = compare([left, right]).rows
    assert rows[0].paths == (("tools", 0, "name"), None)
    assert rows[2].paths == (("tools", 1, "description"), ("tools", 0, "description"))


def test_tools_in_another_order_are_one_row_of_their_own() -> None:
    (row,) = compare([tools("a", "b"), tools("b", "a")]).rows
    assert row.path == "tools"
    assert row.values == (["a", "b"], ["b", "a"])
    assert row.differs
    assert row.note == "the tools stand in another order"


def test_tools_with_one_name_are_matched_by_position() -> None:
    left, right = tools("a", "a"), tools("a", "a")
    right["tools"][1]["description"] = "Second"
    assert paths(left, right) == ["tools[1].description"]
    assert paths(tools("a"), tools("a", "a")) == ["tools[1].name", "tools[1].description"]


def test_nameless_tools_are_matched_by_position() -> None:
    assert paths({"tools": [{}, 3]}, {"tools": [{"name": ""}, 4]}) == [
        "tools[0]",
        "tools[0].name",
        "tools[1]",
    ]


def test_an_odd_tool_name_is_quoted() -> None:
    assert paths({}, {"tools": [{"name": "2"}]}) == ['tools["2"].name']
    assert paths({}, {"tools": {"a": 1}}) == ["tools.a"]


def test_other_lists_are_matched_by_position() -> None:
    left = {"evaluation": {"metrics": ["a", "b"]}}
    right = {"evaluation": {"metrics": ["a", "c", "d"]}}
    assert paths(left, right) == ["evaluation.metrics[1]", "evaluation.metrics[2]"]


def test_has_effect_says_what_the_method_ignores() -> None:
    left = training(method="sft", warmup_steps=10, optim="sgd", mine=1)
    right = training(method="dpo", warmup_steps=20, optim="lion_8bit", mine=2)
    effects = {row.path: row.has_effect for row in compare([left, right]).rows}
    assert effects["training.warmup_steps"] == (True, False)
    assert effects["training.optim"] == (False, True)
    assert effects["training.mine"] == (None, None)


def test_lora_values_have_no_effect_with_lora_off() -> None:
    left, right = training(use_lora=False, lora_r=8), training(lora_r=16)
    effects = {row.path: row.has_effect for row in compare([left, right]).rows}
    assert effects["training.lora_r"] == (False, True)


def test_what_a_field_holds_has_the_fields_effect() -> None:
    left, right = tools("a"), tools("a")
    left["tools"][0]["parameters"] = {"type": "object"}
    right["tools"][0]["parameters"] = {"type": "array"}
    left["evaluation"], right["evaluation"] = {"metrics": ["x"]}, {"metrics": ["y"]}
    effects = [row.has_effect for row in compare([left, right]).rows]
    assert effects == [(True, True), (False, False)]


def test_many_documents_are_compared_with_the_first_and_have_no_patch() -> None:
    result = compare([preset.config for preset in load()])
    assert result.patch is None
    assert result.labels == ("1", "2", "3", "4", "5", "6")
    assert {len(row.values) for row in result.rows} == {6}


@pytest.mark.parametrize("target", load(), ids=lambda preset: preset.id)
def test_the_patch_between_presets_makes_one_the_other(target: Any) -> None:
    source = find("dpo_basic").config
    result = compare([source, target.config])
    assert result.patch is not None
    assert same(apply(source, result.patch), target.config)


def test_the_patch_for_one_tool_less_is_one_step() -> None:
    result = compare([tools("a", "b", "c"), tools("a", "c")])
    assert result.patch == ({"op": "remove", "path": "/tools/1"},)


def test_changed_lists_each_leaf_that_is_not_the_same() -> None:
    base = find("sft_toolbench").config
    document = put(base, ("training", "learning_rate"), 1e-4)
    document = put(document, ("training", "batch_size"), 4.0)
    document = put(document, ("tools",), [])
    assert changed(base, document) == (
        ("training", "learning_rate"),
        ("training", "batch_size"),
        ("tools",),
    )
    assert changed(base, base) == ()


def test_changed_names_what_was_dropped_by_the_bases_path() -> None:
    assert changed(tools("a", "b"), tools("b")) == (
        ("tools", 0, "name"),
        ("tools", 0, "description"),
    )


# --- Many documents, in any order -----------------------------------------------------------


@pytest.mark.parametrize("preset", load(), ids=lambda preset: preset.id)
@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_document_and_itself_have_no_row(preset: Any, times: int) -> None:
    assert paths(*[preset.config] * times) == []


def test_sft_against_dpo_is_the_same_in_both_orders() -> None:
    sft, dpo = find("sft_toolbench").config, find("dpo_basic").config
    there = {row.path: row for row in compare([sft, dpo]).rows}
    back = {row.path: row for row in compare([dpo, sft]).rows}
    assert there.keys() == back.keys()
    for path, row in there.items():
        assert (row.differs, row.note) == (back[path].differs, back[path].note)
        assert row.entries == back[path].entries[::-1]
        assert row.changes_run == back[path].changes_run[::-1]


def test_a_key_that_only_one_document_has_differs_in_either_order() -> None:
    sft, dpo = find("sft_toolbench").config, find("dpo_basic").config
    for documents in ([sft, dpo], [dpo, sft]):
        rows = [row for row in compare(documents, everything=True).rows if not all(row.present)]
        lone = {f"training.{key}" for key in sft["training"].keys() ^ dpo["training"].keys()}
        assert lone
        assert lone <= {row.path for row in rows}
        assert all(row.differs and row.is_one_sided for row in rows)


@pytest.mark.parametrize("base", [0, 1, 2])
def test_any_document_may_be_the_base(base: int) -> None:
    documents = [training(lora_r=8), training(lora_r=16), training(lora_r=8)]
    row = only(*documents, base=base)
    same_as_base = [document == documents[base] for document in documents]
    assert [row.differs_at(index) for index in range(3)] == [not same for same in same_as_base]
    others_change = [not same for same in same_as_base]
    others_change[base] = True
    assert list(row.changes_run) == others_change


@pytest.mark.parametrize("base", [0, 1])
def test_the_patch_goes_from_the_base_to_the_other(base: int) -> None:
    documents = [find("sft_toolbench").config, find("dpo_basic").config]
    result = compare(documents, base=base)
    assert result.patch is not None
    assert same(apply(documents[base], result.patch), documents[1 - base])
    assert result.as_json()["base"] == base


# --- What changes a run ---------------------------------------------------------------------


def test_a_value_changes_the_runs_that_look_at_it() -> None:
    row = only(training(method="sft", lora_r=8), training(method="sft", lora_r=16))
    assert row.changes_run == (True, True)
    assert row.has_consequence


def test_a_value_that_the_other_run_ignores_changes_only_its_own() -> None:
    left = training(method="sft", warmup_steps=10)
    right = training(method="dpo", warmup_steps=20)
    warmup = next(row for row in compare([left, right]).rows if row.path == "training.warmup_steps")
    assert warmup.changes_run == (True, False)


def test_a_value_that_no_run_looks_at_changes_nothing() -> None:
    assert not only(training(optim="sgd"), training(optim="adafactor")).has_consequence
    off = [training(use_lora=False, lora_r=rank) for rank in (8, 16)]
    assert not only(*off).has_consequence


def test_lora_off_on_one_side_changes_the_other() -> None:
    left, right = training(use_lora=False, lora_r=8), training(lora_r=16)
    changes = {row.path: row.changes_run for row in compare([left, right]).rows}
    assert changes == {"training.use_lora": (True, True), "training.lora_r": (False, True)}


def test_an_absent_value_is_the_trainers_own() -> None:
    sft = training(method="sft")
    assert not only(training(method="sft", lora_r=16), sft).has_consequence
    assert not only({"training": {"lora_r": 16}, "seed": 1}, {"seed": 1}).has_consequence
    assert only(training(method="sft", lora_r=8), sft).changes_run == (True, True)
    # The rates that the trainer takes by itself are others for DPO.
    left, right = training(method="dpo", learning_rate=5e-5), training(method="sft")
    rate = next(row for row in compare([left, right]).rows if "rate" in row.path)
    assert rate.changes_run == (True, False)


def test_an_absent_value_of_a_tool_is_the_trainers_own_and_an_absent_tool_is_not() -> None:
    left, right = tools("a"), tools("a")
    left["tools"][0].update(type="function", method="POST", headers={})
    assert [row.has_consequence for row in compare([left, right]).rows] == [False] * 3
    left["tools"][0]["type"] = "api"
    changes = {row.path: row.has_consequence for row in compare([left, right]).rows}
    assert changes["tools[a].type"]
    assert all(row.has_consequence for row in compare([left, {}]).rows)


def test_null_is_not_the_trainers_own() -> None:
    assert only(training(method="sft", lora_r=None), training(method="sft")).has_consequence


def test_an_unknown_key_never_changes_a_run() -> None:
    left, right = {"mine": 1, "training": {"x": {"lora_r": 1}}}, {"training": {"x": 1}}
    assert not any(row.has_consequence for row in compare([left, right]).rows)


def test_max_samples_change_nothing_where_the_tools_decide_the_rows() -> None:
    for strategy, changes in (("manual_templates", False), ("teacher_mode", True)):
        sides = [
            data(strategy=strategy, generation_type="synthetic", max_samples=rows)
            for rows in (10, 20)
        ]
        assert only(*sides).has_consequence is changes


def test_tools_change_nothing_where_the_data_are_toolbenchs_own() -> None:
    real = data(strategy="toolbench", generation_type="real")
    left, right = {**real, **tools("a", "b")}, {**real, **tools("b", "a", "c")}
    rows = compare([left, right]).rows
    assert [row.kind for row in rows] == ["order", "value", "value"]
    assert not any(row.has_consequence for row in rows)
    made = compare([tools("a", "b"), tools("b", "a", "c")]).rows
    assert all(row.has_consequence for row in made)


def test_another_spelling_changes_nothing() -> None:
    (row,) = compare([training(batch_size=4), training(batch_size=4.0)]).rows
    assert not row.has_consequence


def test_another_order_is_held_against_the_base() -> None:
    documents = [tools("a", "b"), tools("b", "a"), tools("a", "b")]
    order = only(*documents)
    assert (order.kind, order.path) == ("order", "tools")
    assert order.changes_run == (True, True, False)
    assert only(*documents, base=1).changes_run == (True, True, True)


def test_a_base_that_both_orders_fit_is_changed_by_neither() -> None:
    rows = compare([tools("x"), tools("a", "b"), tools("b", "a")]).rows
    (order,) = [row for row in rows if row.kind == "order"]
    assert order.differs
    assert order.changes_run == (False, False, False)


def test_what_has_no_tools_is_told_in_the_row_of_their_order() -> None:
    rows = compare([{"tools": []}, tools("a", "b"), tools("b", "a"), {"tools": 5}, {}]).rows
    (row,) = [row for row in rows if row.path == "tools"]
    assert row.kind == "order"
    assert row.values == ([], ["a", "b"], ["b", "a"], 5, None)
    assert row.present == (True, True, True, True, False)
    assert not row.has_consequence


# --- Lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 5, 300])
def test_an_item_put_in_front_is_one_row(length: int) -> None:
    old = {"list": [f"item {number}" for number in range(length)], "x": 1}
    new = {"list": ["new", *old["list"]], "x": 1}  # type: ignore[misc]
    assert compare([old, new]).rows[-1].values == (None, "new")
    assert sum(row.path == "list[0]" for row in compare([old, new, old]).rows) == 1
    assert len([row for row in compare([old, new, old]).rows if row.path != "list"]) == 1


def test_objects_put_into_a_list_are_rows_of_their_own() -> None:
    item = [{"id": number, "text": "t"} for number in range(6)]
    left = {"list": [item[0], item[1], item[2]]}
    right = {"list": [item[0], item[3], item[1], item[4], item[2]]}
    assert paths(left, right) == ["list[1].id", "list[1].text", "list[3].id", "list[3].text"]


def test_each_document_may_have_its_own_item_in_a_list() -> None:
    rows = compare([{"l": ["a", "b"]}, {"l": ["x", "a", "b"]}, {"l": ["a", "y", "b"]}]).rows
    assert [(row.path, row.values) for row in rows] == [
        ("l[0]", (None, "x", None)),
        ("l[2]", (None, None, "y")),
    ]
    assert rows[1].paths == (None, None, ("l", 1))


# --- Properties -----------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, 0.5, "", "a"])
keys = st.sampled_from(["name", "tools", "training", "a/b", "~"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
documents = st.dictionaries(keys, values, max_size=4)


@given(documents, documents)
def test_the_patch_gives_the_second_document_with_its_types(
    left: Document, right: Document
) -> None:
    steps = compare([left, right]).patch
    assert steps is not None
    assert same(apply(left, steps), right)


@given(documents, documents)
def test_documents_without_a_row_are_the_same(left: Document, right: Document) -> None:
    assert (compare([left, right]).rows == ()) == same(left, right)
    assert (changed(left, right) == ()) == same(left, right)


@given(documents, documents)
def test_each_value_in_a_row_stands_at_its_path(left: Document, right: Document) -> None:
    for row in compare([left, right], everything=True).rows:
        for document, path, present, value in zip(
            (left, right), row.paths, row.present, row.values, strict=True
        ):
            if present and not row.note:
                assert path is not None
                assert same(get(document, path), value)


tool_lists = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["a", "b", "c", "0"])}, optional={"v": values})
    | scalars,
    max_size=4,
)
with_tools = st.builds(
    lambda document, own: {**document, "tools": own}, documents, tool_lists | scalars
)
many = st.lists(documents | with_tools, min_size=2, max_size=4)


def verdicts(result: Comparison) -> dict[Any, Any]:
    return {(row.path, row.kind): (row.differs, row.note) for row in result.rows}


@given(many, st.booleans(), st.randoms(use_true_random=False))
def test_which_rows_there_are_does_not_depend_on_the_order(
    documents: list[Document], everything: bool, chance: Any
) -> None:
    moved = chance.sample(documents, len(documents))
    assert verdicts(compare(documents, everything=everything)) == verdicts(
        compare(moved, everything=everything)
    )


@given(many, st.data())
def test_rows_are_the_same_from_any_base(documents: list[Document], data: st.DataObject) -> None:
    base = data.draw(st.integers(0, len(documents) - 1))
    result = compare(documents, base=base)
    assert verdicts(result) == verdicts(compare(documents))
    for row in result.rows:
        assert not row.differs_at(base)
        assert row.differs or not any(map(row.differs_at, range(len(documents))))


@given(st.lists(with_tools, min_size=1, max_size=4))
def test_each_row_has_a_path_of_its_own(documents: list[Document]) -> None:
    rows = compare(documents, everything=True).rows
    assert len({row.path for row in rows}) == len(rows)


@given(documents | with_tools, st.integers(1, 4))
def test_a_document_and_itself_never_differ(document: Document, times: int) -> None:
    assert compare([document] * times).rows == ()
    assert not compare([document] * times, everything=True).differs


@given(documents, documents)
def test_a_row_changes_a_run_only_where_documents_differ(left: Document, right: Document) -> None:
    for row in compare([left, right], everything=True).rows:
        assert row.differs or not row.has_consequence
        is_unknown = row.spec is None and row.kind == "value" and row.section not in SECTIONS
        assert not (is_unknown and row.has_consequence)


def test_a_section_or_a_tool_of_the_wrong_type_changes_the_run() -> None:
    for left, right in (
        ({"training": "x"}, {"training": {"lora_r": 8}}),
        ({"tools": [3]}, {"tools": [{"name": "a"}]}),
        ({"tools": 5}, {"tools": []}),
    ):
        rows = compare([left, right]).rows
        assert rows[0].has_effect[0] is True
        assert rows[0].has_consequence
    star = compare([{"tools": {"*": {"name": 1}}}, {}]).rows
    assert [row.has_effect for row in star] == [(None, None)]


def test_each_document_is_read_by_its_own_trainer() -> None:
    config = find("sft_toolbench").config
    loud = put(config, ("tensorboard",), {"enabled": True})
    fork = trainers.setting(Target("tiny_tool_use_fork", "today")).profile
    (row,) = compare([config, loud], profiles=[TINY_TOOL_USE, fork]).rows
    assert row.path == "tensorboard.enabled"
    # The fork reports nowhere, whatever is written.
    assert row.changes_run == (True, False)

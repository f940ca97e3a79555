import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compare import changed, compare
from core.document import Document, get, put, same
from core.patch import apply
from core.presets import find, load


def paths(*documents: Document, everything: bool = False) -> list[str]:
    return [row.path for row in compare(documents, everything=everything).rows]


def training(**values: Any) -> Document:
    return {"training": values}


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

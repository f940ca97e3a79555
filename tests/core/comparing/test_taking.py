"""Values taken across from one document into another."""

import contextlib
import copy
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compare import compare
from core.comparing.taking import Pick, taken
from core.document import Document, put
from core.errors import PathError
from core.presets import find, load

PRESETS = [preset.config for preset in load()]


def picked(target: Document, source: Document, *paths: str) -> Document:
    """The target with the rows of these paths taken from the source."""
    found = {row.path: row for row in compare([target, source]).rows}
    return taken(target, [target, source], [Pick(1, found[path]) for path in paths])


def all_of(source: int, *documents: Document) -> Document:
    """The first document with every row that differs taken from another."""
    rows = [row for row in compare(documents).rows if row.differs]
    return taken(documents[0], documents, [Pick(source, row) for row in rows])


def tools(*names: str, **values: Any) -> Document:
    return {"tools": [{"name": name, **values} for name in names]}


def names(document: Document) -> list[str]:
    return [tool["name"] for tool in document["tools"]]


def test_a_value_is_taken() -> None:
    left, right = {"training": {"lora_r": 8, "x": 1}}, {"training": {"lora_r": 16}}
    assert picked(left, right, "training.lora_r") == {"training": {"lora_r": 16, "x": 1}}
    assert picked(left, right, "training.x") == {"training": {"lora_r": 8}}


def test_what_held_a_value_that_is_taken_away_goes_where_the_other_has_nothing_there() -> None:
    left = {"training": {"a": 1}, "seed": 1}
    assert picked(left, {"seed": 1}, "training.a") == {"seed": 1}
    assert picked(left, {"training": {"b": 1}}, "training.a") == {"training": {}, "seed": 1}


def test_a_section_is_taken_with_all_that_is_in_it() -> None:
    left, right = {"training": {"a": 1}, "data": {"b": 1}}, {"training": {"c": 2}}
    documents = [left, right]
    assert taken(left, documents, [Pick(1, section="training")]) == {
        "training": {"c": 2},
        "data": {"b": 1},
    }
    assert taken(left, documents, [Pick(1, section="data")]) == {"training": {"a": 1}}
    assert taken(right, documents, [Pick(0, section="data")]) == {**right, "data": {"b": 1}}


def test_a_section_comes_before_a_value_in_it() -> None:
    documents = [{"a": {"x": 0}}, {"a": {"x": 1, "y": 1}}, {"a": {"x": 2}}]
    row = next(row for row in compare(documents).rows if row.path == "a.x")
    picks = [Pick(2, row), Pick(1, section="a")]
    assert taken(documents[0], documents, picks) == {"a": {"x": 2, "y": 1}}


def test_an_item_of_a_list_takes_the_list() -> None:
    left, right = {"a": {"list": [1, 2, 3]}}, {"a": {"list": [9, 2, 8]}}
    assert picked(left, right, "a.list[0]") == right
    assert picked(left, {}, "a.list[0]") == {}


def test_a_list_in_a_tool_is_taken_and_nothing_else_of_it() -> None:
    left, right = tools("a", v=1, need=["x"]), tools("b", "a", v=2, need=["x", "y"])
    assert picked(left, right, "tools[a].need[1]") == tools("a", v=1, need=["x", "y"])


def test_a_value_of_a_tool_goes_to_the_tool_of_that_name() -> None:
    left, right = tools("a", "b", v=1), tools("b", "a", v=2)
    assert picked(left, right, "tools[b].v") == {
        "tools": [{"name": "a", "v": 1}, {"name": "b", "v": 2}]
    }


def test_a_tool_that_the_target_lacks_comes_as_a_whole() -> None:
    assert picked(tools("a", v=1), tools("a", "b", v=1), "tools[b].v") == tools("a", "b", v=1)
    assert picked({}, tools("b", v=1), "tools[b].name") == tools("b", v=1)


def test_a_tool_comes_next_to_its_neighbours() -> None:
    for source in permutations("abc"):
        result = picked(
            tools(*(name for name in source if name != "b")), tools(*source), *["tools[b].name"]
        )
        assert names(result) == list(source)
    apart = picked(tools("a", "x"), tools("a", "new", "c"), "tools[new].name")
    assert names(apart) == ["a", "new", "x"]


def test_a_tool_that_the_source_lacks_goes_as_a_whole() -> None:
    assert picked(tools("a", "b", v=1), tools("a", v=1), "tools[b].v") == tools("a", v=1)
    assert picked(tools("a", "b"), {}, "tools[b].name") == tools("a")
    assert picked(tools("a"), {}, "tools[a].name") == {}
    assert picked(tools("a"), {"tools": []}, "tools[a].name") == {"tools": []}


def test_tools_that_names_do_not_tell_apart_are_taken_with_the_list() -> None:
    left, right = {"tools": [{"v": 1}, 2, 3]}, {"tools": [{"v": 2}]}
    assert picked(left, right, "tools[0].v") == right
    twice = tools("a", "a", "b", v=1)
    assert picked(twice, tools("a", v=2), "tools[0].v") == tools("a", v=2)
    assert picked(tools("c", v=1), twice, "tools[1].v") == twice


def test_the_order_is_taken_and_other_tools_keep_their_places() -> None:
    left, right = tools("a", "x", "b", "c"), tools("c", "b", "a", "y")
    result = picked(left, right, "tools")
    assert names(result) == ["c", "x", "b", "a"]


def test_the_order_is_taken_when_all_tools_are_there() -> None:
    left, right = tools("a", "b"), tools("b", "new", "a")
    assert picked(left, right, "tools", "tools[new].name") == right


def test_a_value_in_the_way_is_not_overwritten() -> None:
    left, right = {"training": 5}, {"training": {"lora_r": 8}}
    with pytest.raises(PathError):
        picked(left, right, "training.lora_r")
    assert picked(left, right, "training") == right
    assert taken(left, [left, right], [Pick(1, section="training")]) == right


def test_values_go_into_a_document_that_was_not_compared() -> None:
    left, right = tools("a", v=1), tools("a", v=2)
    (row,) = compare([left, right]).rows
    third = {**tools("b", "a", v=3), "mine": 1}
    assert taken(third, [left, right], [Pick(1, row)]) == put(third, ("tools", 1, "v"), 2)


@pytest.mark.parametrize("source", load(), ids=lambda preset: preset.id)
@pytest.mark.parametrize("target", load(), ids=lambda preset: preset.id)
def test_every_row_of_a_preset_makes_it_that_preset(target: Any, source: Any) -> None:
    result = all_of(1, target.config, source.config)
    assert not compare([result, source.config]).differs


def test_every_row_of_many_presets_makes_it_any_of_them() -> None:
    for number, preset in enumerate(PRESETS):
        assert not compare([all_of(number, *PRESETS), preset]).differs


SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, "", "a"])
KEYS = st.sampled_from(["a", "b", "2", "name"])
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TOOL = st.fixed_dictionaries(
    {"name": st.sampled_from(["x", "y", "z", "0"])}, optional={"a": VALUES, "b": VALUES}
)
TOOLS = st.lists(TOOL, unique_by=lambda tool: tool["name"])
SECTIONS = st.dictionaries(st.sampled_from(["a", "training"]), VALUES, max_size=2)
DOCUMENTS = st.builds(
    lambda rest, own: {**rest, **own},
    SECTIONS,
    st.just({}) | st.fixed_dictionaries({"tools": TOOLS | VALUES}),
)


@given(st.lists(DOCUMENTS, min_size=2, max_size=3))
def test_every_row_of_a_document_makes_it_that_document(documents: list[Document]) -> None:
    for number, document in enumerate(documents):
        assert not compare([all_of(number, *documents), document]).differs


@given(st.lists(DOCUMENTS, min_size=2, max_size=3), st.data())
def test_no_document_is_changed_in_place(documents: list[Document], data: st.DataObject) -> None:
    rows = compare(documents).rows
    picks = [Pick(data.draw(st.integers(0, len(documents) - 1)), row) for row in rows]
    before = copy.deepcopy(documents)
    # One document may have a value where another has an object.
    with contextlib.suppress(PathError):
        taken(documents[0], documents, picks)
    assert documents == before


def test_nothing_picked_is_the_target_itself() -> None:
    document = find("sft_toolbench").config
    assert taken(document, [document], []) is document

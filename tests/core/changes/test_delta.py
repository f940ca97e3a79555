"""The patch that makes one document another."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.changes.delta import difference
from core.changes.patch import apply
from core.document import same

KEYS = st.sampled_from(["a", "b", "", "/", "~1", "0", "-"])
SCALARS = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from([1.0, 0.0, "", "x"])
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
ITEMS = st.lists(st.integers(0, 9) | st.fixed_dictionaries({"x": st.integers(0, 2)}), max_size=8)


def test_the_same_document_needs_no_step() -> None:
    assert difference({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == ()


def test_an_item_put_into_the_middle_is_one_step() -> None:
    assert difference({"a": [1, 2, 3]}, {"a": [1, 9, 2, 3]}) == (
        {"op": "add", "path": "/a/1", "value": 9},
    )


def test_an_item_taken_out_of_the_middle_is_one_step() -> None:
    assert difference({"a": [1, 2, 3]}, {"a": [1, 3]}) == ({"op": "remove", "path": "/a/1"},)


def test_a_value_inside_an_item_that_moved_is_named_where_it_stands_then() -> None:
    left = {"a": ["first", {"x": 1}, "last"]}
    right = {"a": ["first", "new", "newer", "last"]}
    assert same(apply(left, difference(left, right)), right)


def test_another_spelling_of_a_number_is_a_step() -> None:
    assert difference({"a": 1}, {"a": 1.0}) == ({"op": "replace", "path": "/a", "value": 1.0},)


@given(DOCUMENTS, DOCUMENTS)
def test_the_patch_makes_one_document_the_other(left: Any, right: Any) -> None:
    assert same(apply(left, difference(left, right)), right)


@given(ITEMS, ITEMS)
def test_the_patch_makes_one_list_the_other(left: list[Any], right: list[Any]) -> None:
    assert same(apply({"a": left}, difference({"a": left}, {"a": right})), {"a": right})


@given(ITEMS, st.data())
def test_items_put_in_and_taken_out_anywhere(left: list[Any], data: st.DataObject) -> None:
    right = [item for item in left if data.draw(st.booleans())]
    for item in data.draw(ITEMS):
        right.insert(data.draw(st.integers(0, len(right))), item)
    assert same(apply({"a": left}, difference({"a": left}, {"a": right})), {"a": right})


@given(st.lists(st.integers(), unique=True, max_size=12), st.data())
def test_one_item_more_is_one_step_wherever_it_stands(left: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(left)))
    right = [*left[:place], "new", *left[place:]]
    assert difference({"a": left}, {"a": right}) == (
        {"op": "add", "path": f"/a/{place}", "value": "new"},
    )

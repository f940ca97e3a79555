"""Which items of several lists belong together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.changes.alignment import pairs, slots

ITEMS: Any = st.sampled_from([0, 1, 1.0, True, "a", None, {"x": 1}, {"x": 2}, []])
LISTS = st.lists(st.none() | st.lists(ITEMS, max_size=6), min_size=1, max_size=4)


def test_an_item_put_in_front_moves_nothing_else() -> None:
    assert slots([["a", "b"], ["new", "a", "b"]]) == ((None, 0), (0, 1), (1, 2))


def test_items_stay_together_whatever_each_list_has_between_them() -> None:
    assert slots([["a", "b"], ["x", "a", "b"], ["a", "y", "b"]]) == (
        (None, 0, None),
        (0, 1, 0),
        (None, None, 1),
        (1, 2, 2),
    )


def test_changed_items_between_two_that_are_the_same_go_by_position() -> None:
    assert pairs(["a", 1, 2, "z"], ["a", 3, "z"]) == [(0, 0), (1, 1), (2, None), (3, 2)]


def test_a_document_without_the_list_has_no_item_in_any_slot() -> None:
    assert slots([None, ["a"]]) == ((None, 0),)
    assert slots([None, []]) == ()


def test_types_tell_items_apart() -> None:
    assert pairs([1, True], [True, 1]) != [(0, 0), (1, 1)]


def test_the_order_of_keys_does_not_tell_items_apart() -> None:
    left, right = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert pairs([left], ["new", right]) == [(None, 0), (0, 1)]


@given(LISTS)
def test_every_item_has_one_slot_and_keeps_its_turn(lists: list[list[Any] | None]) -> None:
    found = slots(lists)
    for number, items in enumerate(lists):
        indexes = [slot[number] for slot in found if slot[number] is not None]
        assert indexes == list(range(len(items or ())))
    assert all(any(index is not None for index in slot) for slot in found)


@given(LISTS, st.randoms(use_true_random=False))
def test_the_order_of_the_lists_does_not_matter(lists: list[list[Any] | None], chance: Any) -> None:
    order = chance.sample(range(len(lists)), len(lists))
    moved = slots([lists[number] for number in order])
    assert moved == tuple(tuple(slot[number] for number in order) for slot in slots(lists))


def test_two_changes_far_apart_in_a_long_list_leave_what_is_between_in_place() -> None:
    left = [f"line {number}" for number in range(1000)]
    right = ["new", *left[1:500], "put in", *left[500:-1], "last"]
    apart = [pair for pair in pairs(left, right) if pair[0] is None or pair[1] is None]
    assert apart == [(None, 500)]


def test_long_lists_without_a_common_item_are_done_at_once() -> None:
    left, right = list(range(5000)), list(range(5000, 9000))
    assert len(slots([left, right])) == 5000


def test_long_lists_of_the_same_few_items_are_done_at_once() -> None:
    left, right = [0, 1] * 2000, [1, 1, 0] * 1500
    assert len(slots([left, right, [2] * 3000])) >= 4500

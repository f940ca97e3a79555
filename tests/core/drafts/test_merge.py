"""Two changes of one config, brought together field by field."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.document import ABSENT, Document, put
from core.drafts.merge import Side, choices, merged

BASE: Document = {
    "training": {"num_epochs": 1, "learning_rate": 5e-5, "metrics": ["a"]},
    "tools": [{"name": "search", "description": "old"}, {"name": "weather"}],
    "mine_alone": {"x": 1},
}


def both(mine: Document, theirs: Document, picks: dict[str, Side] | None = None) -> Document:
    chosen = {
        choice.path: picks[choice.field]
        for choice in choices(BASE, mine, theirs)
        if picks and choice.field in picks
    }
    return merged(BASE, mine, theirs, chosen)


def test_changes_of_different_fields_are_both_kept() -> None:
    mine = put(BASE, ("training", "num_epochs"), 3)
    theirs = put(BASE, ("training", "learning_rate"), 1e-4)
    assert both(mine, theirs)["training"] == {
        "num_epochs": 3,
        "learning_rate": 1e-4,
        "metrics": ["a"],
    }


def test_a_field_that_both_changed_is_a_clash_and_goes_to_whom_is_picked() -> None:
    mine = put(BASE, ("training", "num_epochs"), 3)
    theirs = put(BASE, ("training", "num_epochs"), 4)
    (choice,) = choices(BASE, mine, theirs)
    assert (choice.field, choice.is_clash, choice.usual) == ("training.num_epochs", True, "mine")
    assert both(mine, theirs)["training"]["num_epochs"] == 3
    picked = both(mine, theirs, {"training.num_epochs": "theirs"})
    assert picked["training"]["num_epochs"] == 4


def test_a_change_of_one_side_can_be_left_out() -> None:
    mine = put(BASE, ("training", "num_epochs"), 3)
    (choice,) = choices(BASE, mine, BASE)
    assert not choice.is_clash
    assert both(mine, BASE, {"training.num_epochs": "theirs"}) == BASE


def test_the_same_change_on_both_sides_is_no_choice() -> None:
    mine = put(BASE, ("training", "num_epochs"), 3)
    assert choices(BASE, mine, mine) == ()
    assert both(mine, mine) == mine


def test_a_key_that_one_side_took_out_is_gone_and_a_new_one_is_there() -> None:
    mine = {key: value for key, value in BASE.items() if key != "mine_alone"}
    theirs = {**BASE, "seed": 7}
    found = {choice.field: choice for choice in choices(BASE, mine, theirs)}
    assert found["mine_alone"].mine is ABSENT
    assert found["seed"].usual == "theirs"
    result = both(mine, theirs)
    assert "mine_alone" not in result
    assert result["seed"] == 7


def test_tools_are_merged_by_name() -> None:
    mine = {**BASE, "tools": [{"name": "search", "description": "mine"}, {"name": "weather"}]}
    theirs = {**BASE, "tools": [*BASE["tools"], {"name": "new"}]}
    assert [choice.field for choice in choices(BASE, mine, theirs)] == [
        "tools[search].description",
        "tools[new]",
    ]
    assert both(mine, theirs)["tools"] == [
        {"name": "search", "description": "mine"},
        {"name": "weather"},
        {"name": "new"},
    ]


def test_tools_in_another_order_or_without_names_are_taken_as_a_whole() -> None:
    mine = {**BASE, "tools": BASE["tools"][::-1]}
    theirs = put(BASE, ("tools", 0, "description"), "theirs")
    assert [choice.field for choice in choices(BASE, mine, theirs)] == ["tools"]
    assert both(mine, theirs)["tools"] == mine["tools"]
    nameless = {**BASE, "tools": [{}]}
    assert both(nameless, theirs, {"tools": "theirs"})["tools"] == theirs["tools"]


def test_a_list_is_taken_as_a_whole() -> None:
    mine = put(BASE, ("training", "metrics"), ["a", "b"])
    theirs = put(BASE, ("training", "metrics"), ["c"])
    (choice,) = choices(BASE, mine, theirs)
    assert (choice.mine, choice.theirs) == (["a", "b"], ["c"])


def test_another_type_of_the_same_number_is_a_change() -> None:
    mine = put(BASE, ("training", "num_epochs"), 1.0)
    assert [choice.field for choice in choices(BASE, mine, BASE)] == ["training.num_epochs"]


KEYS = st.sampled_from(["a", "b", "tools"])
TOOLS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["x", "y"])}, optional={"v": st.integers(0, 2)})
)
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.floats(0, 1) | TOOLS,
    lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=3)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_one_side_picked_everywhere_is_that_side(
    base: Document, mine: Document, theirs: Document
) -> None:
    found = choices(base, mine, theirs)
    assert merged(base, mine, theirs, {choice.path: "mine" for choice in found}) == mine
    assert merged(base, mine, theirs, {choice.path: "theirs" for choice in found}) == theirs


@given(DOCUMENTS, DOCUMENTS)
def test_where_only_one_side_changed_the_merge_is_that_side(
    base: Document, changed: Document
) -> None:
    assert merged(base, changed, base, {}) == changed
    assert merged(base, base, changed, {}) == changed

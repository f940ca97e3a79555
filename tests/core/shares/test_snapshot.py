"""What a link shows: written and read again, also where somebody else has written it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shares.snapshot import MAX_COLUMNS, Column, Snapshot, cautions, from_json, to_json
from tests.commands import approval
from tests.shares import column, comparison, of_config

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
COLUMNS = st.builds(
    Column,
    title=TEXTS,
    text=st.sampled_from(["{}", '{"a": 1}\n', '{"é": [1.50, null]}']),
    detail=TEXTS,
    description=TEXTS,
    template_type=TEXTS,
    target=TEXTS,
)


@given(
    st.lists(COLUMNS, min_size=1, max_size=4),
    st.sampled_from(["all", "differences", "effect"]),
    TEXTS,
    st.lists(TEXTS, max_size=3),
)
def test_what_is_written_is_read(
    columns: list[Column], show: Any, search: str, ignore: list[str]
) -> None:
    base = len(columns) - 1
    snapshot = Snapshot("comparison", tuple(columns), base, show, search, tuple(ignore))
    assert from_json(to_json(snapshot)) == snapshot


def test_whose_yes_it_was_is_not_written() -> None:
    snapshot = of_config(approved=(approval("ls", by="somebody"),))
    assert "somebody" not in to_json(snapshot)
    assert from_json(to_json(snapshot)).approved == ()


GOOD = json.loads(to_json(comparison(column(), column("{}", "other"))))
FORGED: dict[str, str] = {
    name: json.dumps(GOOD | change)
    for name, change in {
        "another kind": {"kind": "page"},
        "no columns": {"columns": []},
        "columns that are none": {"columns": 7},
        "a column that is none": {"columns": [[]]},
        "too many columns": {"columns": GOOD["columns"] * MAX_COLUMNS},
        "a base behind the last": {"base": 2},
        "a base before the first": {"base": -1},
        "a base that is true": {"base": True},
        "another view": {"show": "everything"},
        "a search that is none": {"search": None},
        "a path that is none": {"ignore": [1]},
        "a text that is no document": {"columns": [GOOD["columns"][0] | {"text": "[1]"}]},
        "a text that is too deep": {"columns": [GOOD["columns"][0] | {"text": "[" * 9999}]},
        "a name that is too long": {"columns": [GOOD["columns"][0] | {"title": "x" * 121}]},
        "half a surrogate pair": {"columns": [GOOD["columns"][0] | {"detail": "\ud800"}]},
    }.items()
}
FORGED |= {"no JSON": "{", "a list": "[]", "nothing": "null", "a deep one": "[" * 100_000}
FORGED |= {"a number": "1e999", "a long number": "9" * 5000, "no keys": '{"columns": [{}]}'}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_snapshot_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_json(FORGED[name])


def test_paths_of_one_person_are_told_and_stop_nothing() -> None:
    text = '{"model": {"name": "/home/ann/models/x"}, "data": {"dataset_path": "/Users/ann/d"}}'
    said = cautions(of_config(text))
    assert len(said) == len(set(said)) >= 2
    assert any("data.dataset_path" in one for one in said)
    assert cautions(of_config()) == ()
    assert cautions(of_config("[")) == ()

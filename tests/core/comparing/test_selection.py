"""Which rows of a comparison are wanted, and how many there are of each kind."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compare import Row, compare
from core.comparing.selection import Selection, Show, count, ignoring, select
from core.document import Document
from core.presets import load

LEFT: Document = {
    "training": {"method": "sft", "batch_size": 4, "lora_r": 8, "optim": "sgd", "num_epochs": 3},
    "tools": [{"name": "calculator", "description": "Adds numbers"}],
    "mine": {"note": "Straße"},
}
RIGHT: Document = {
    "training": {"method": "sft", "batch_size": 4.0, "lora_r": 16, "optim": "adamw_torch"},
    "tools": [{"name": "calculator", "description": "Multiplies"}],
    "mine": {"note": "Weg"},
}
ROWS = compare([LEFT, RIGHT], everything=True).rows
PRESETS = compare([preset.config for preset in load()], everything=True).rows


def paths(**wanted: Any) -> list[str]:
    return [row.path for row in select(ROWS, Selection(**wanted))]


def test_differences_come_with_what_is_only_written_in_another_way() -> None:
    assert paths() == [
        "training.batch_size",
        "training.lora_r",
        "training.optim",
        "training.num_epochs",
        "tools[calculator].description",
        "mine.note",
    ]


def test_all_adds_what_is_the_same() -> None:
    added = set(paths(show="all")) - set(paths())
    assert added == {"training.method", "tools[calculator].name"}


def test_effect_leaves_only_what_changes_a_run() -> None:
    # SFT ignores the optimizer, 3 epochs are what the trainer does by itself.
    assert paths(show="effect") == ["training.lora_r", "tools[calculator].description"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lora_R", ["training.lora_r"]),
        ("  RANK ", ["training.lora_r"]),
        ("training sgd", ["training.optim"]),
        ("16", ["training.lora_r"]),
        ("multiplies numbers", ["tools[calculator].description"]),
        ("STRASSE", ["mine.note"]),
        ("lora_r sgd", []),
        ("absent", []),
    ],
)
def test_each_word_has_to_be_in_path_title_or_a_value(search: str, found: list[str]) -> None:
    assert paths(search=search) == found


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("training.lora_r", ["batch_size", "optim", "num_epochs"]),
        ("*.lora_r", ["batch_size", "optim", "num_epochs"]),
        ("training.*o*", ["batch_size"]),
        ("*a*_size*", ["lora_r", "optim", "num_epochs"]),
        ("training", []),
        (" training ", []),
        ("*", []),
        ("train", ["batch_size", "lora_r", "optim", "num_epochs"]),
        ("lora_r", ["batch_size", "lora_r", "optim", "num_epochs"]),
    ],
)
def test_a_path_is_ignored_with_all_below_it(ignore: str, left: list[str]) -> None:
    shown = [path for path in paths(ignore=(ignore,)) if path.startswith("training.")]
    assert shown == [f"training.{key}" for key in left]


def test_tools_are_ignored_by_name_and_all_of_them_with_a_star() -> None:
    for ignore in ("tools", "tools[calculator]", "tools[*].description", "tools[calc*"):
        assert "tools[calculator].description" not in paths(ignore=(ignore,))
    for ignore in ("tools[calc", "tools[search]", "tools.calculator", "tool", "(", r"\d", "", " "):
        assert "tools[calculator].description" in paths(ignore=(ignore,))


def test_what_is_ignored_is_left_out_of_everything_that_is_asked_for() -> None:
    shows: list[Show] = ["all", "differences", "effect"]
    for show in shows:
        assert paths(show=show, search="lora_r", ignore=("mine", "training")) == []


def test_counts() -> None:
    counts = count(ROWS, ())
    assert (counts.settings, counts.differing, counts.consequential) == (8, 5, 2)
    assert (counts.one_sided, counts.ignored) == (1, 0)


def test_counts_without_what_is_ignored() -> None:
    counts = count(ROWS, ("training",))
    assert (counts.settings, counts.differing, counts.consequential) == (3, 2, 1)
    assert (counts.one_sided, counts.ignored) == (0, 3)


@given(st.lists(st.text() | st.text("*[].()\\+?a^$|", max_size=12), max_size=4), st.text())
def test_odd_text_is_only_text(ignore: list[str], search: str) -> None:
    shown = select(PRESETS, Selection("all", search, tuple(ignore)))
    assert len(shown) <= count(PRESETS, ignore).settings


@given(st.lists(st.sampled_from(["tools", "training.*", "*.name", "nothing", "data.seed"])))
def test_counts_are_those_of_what_is_shown(ignore: list[str]) -> None:
    counts = count(PRESETS, ignore)
    assert counts.settings == len(select(PRESETS, Selection("all", ignore=tuple(ignore))))
    assert counts.consequential == len(select(PRESETS, Selection("effect", ignore=tuple(ignore))))
    assert counts.differing + counts.ignored == sum(row.differs for row in PRESETS)


@given(st.sampled_from(PRESETS), st.data())
def test_a_star_stands_for_any_part_of_a_path(row: Row, data: st.DataObject) -> None:
    ends = st.integers(0, len(row.path))
    start, end = sorted([data.draw(ends), data.draw(ends)])
    assert ignoring([row.path[:start] + "*" + row.path[end:]])(row)


def test_many_stars_take_no_time() -> None:
    (row,) = compare([{}, {"a" * 5000: 1}]).rows
    start = time.process_time()
    assert not ignoring(["*a" * 40 + "b"])(row)
    assert ignoring(["*a" * 40 + "*"])(row)
    assert time.process_time() - start < 2

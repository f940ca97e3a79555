import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presets
from core.derive import QUANTITIES, Derived, derive, suggested_warmup
from core.document import Document, drop, put
from core.reading.view import View, path_of


def changed(preset: str, **values: Any) -> Document:
    """The config of a preset with some fields set; ``__`` stands for the dot of a name."""
    document = presets.find(preset).config
    for name, value in values.items():
        document = put(document, path_of(name.replace("__", ".")), value)
    return document


def numbers(document: Document) -> Derived:
    return derive(View(document))


REAL = {"data__strategy": "toolbench"}

PUBLISHED = [
    # preset, changes, training and evaluation rows, updates, peak rate, evaluations, checkpoints
    ("sft_toolbench", {}, (692, 8), 22, 1.05e-5, 0, 1),
    ("sft_pc_building", REAL, (692, 8), 22, 1.05e-5, 0, 1),
    ("teacher_mode", {}, (127, 23), 64, 3e-5, 0, 1),
    ("knowledge_dense", REAL, (1469, 31), 138, 2e-5 * 137 / 150, 1, 1),
    ("hybrid", {}, (949, 51), 120, 1e-4, 1, 1),
]


@pytest.mark.parametrize(
    ("preset", "changes", "rows", "updates", "peak", "evaluations", "checkpoints"), PUBLISHED
)
def test_numbers_of_the_presets(
    preset: str,
    changes: dict[str, Any],
    rows: tuple[int, int],
    updates: int,
    peak: float,
    evaluations: int,
    checkpoints: int,
) -> None:
    derived = numbers(changed(preset, **changes))
    assert (derived.rows_train, derived.rows_eval) == rows
    assert derived.updates_total == updates
    assert derived.peak_learning_rate == pytest.approx(peak)
    assert (derived.evaluations, derived.checkpoints) == (evaluations, checkpoints)


def test_sft_toolbench_never_ends_its_warmup() -> None:
    derived = numbers(presets.find("sft_toolbench").config)
    assert derived.effective_batch == 32
    assert derived.warmup_updates == 100
    assert derived.warmup_share == pytest.approx(100 / 22)
    assert derived.lora_parameters == 2_293_760
    assert derived.tokens_max == 692 * 2048


def test_arithmetic_is_written_out() -> None:
    derived = numbers(presets.find("sft_toolbench").config)
    assert derived.arithmetic["updates_total"] == (
        "ceil(692 rows ÷ 4) = 173 batches; ceil(173 ÷ 8) = 22 updates an epoch; 22 × 1 epoch = 22"
    )
    assert derived.arithmetic["peak_learning_rate"] == "5e-5 × (22 − 1) ÷ 100 = 1.05e-5"


def test_every_number_has_either_arithmetic_or_a_reason() -> None:
    for preset in presets.load():
        derived = numbers(preset.config)
        for name in QUANTITIES:
            known = getattr(derived, name) is not None
            assert (name in derived.arithmetic) == known
            assert known or derived.notes[name].endswith(".")


def test_dpo_rows_are_a_range_since_chance_decides_how_many_paraphrases_are_kept() -> None:
    derived = numbers(presets.find("dpo_basic").config)
    assert derived.rows_train == (24, 96)
    assert derived.rows_eval == (6, 24)
    assert derived.updates_total == (100, 300)
    assert derived.as_json()["updates_total"] == [100, 300]


def test_a_range_says_what_is_usual() -> None:
    derived = numbers(presets.find("dpo_basic").config)
    usual = {
        "rows_train": 49,
        "rows_eval": 13,
        "updates_per_epoch": 2,
        "updates_total": 200,
        "checkpoints": 2,
        "tokens_max": 49 * 2 * 100 * 512,
    }
    assert derived.as_json()["usual"] == usual
    assert derived.notes["rows_train"] == "Usually about 49, from about 62 rows in all."
    assert derived.notes["updates_total"] == "Usually about 200."


def test_nothing_is_usual_where_a_server_writes_the_answers_or_nothing_is_left_to_chance() -> None:
    tool = {"name": "translate", "type": "api", "url": "https://example.com"}
    assert numbers(changed("dpo_basic", tools=[tool])).usual == {}
    assert numbers(presets.find("sft_toolbench").config).usual == {}


def test_dpo_has_no_warmup_and_never_evaluates() -> None:
    derived = numbers(presets.find("dpo_basic").config)
    assert (derived.warmup_updates, derived.warmup_share, derived.evaluations) == (0, 0, 0)
    assert derived.peak_learning_rate == 1e-6


def test_dpo_trains_on_100_pairs_at_most() -> None:
    tools = [{"name": f"tool_{index}"} for index in range(15)]
    derived = numbers(changed("dpo_basic", tools=tools, training__num_epochs=1))
    assert derived.rows_train == 120
    assert derived.updates_per_epoch == 4
    assert derived.tokens_max == 100 * 2 * 512


CUSTOM_TOOLS = [
    ({"name": "translate"}, 10),
    ({"name": "get_weather"}, (10, 40)),
    ({"name": "translate", "function": "information"}, (10, 40)),
    ({"name": "translate", "type": "api", "url": "https://example.com"}, (10, 40)),
    ({"name": "calculator"}, (10, 40)),
]


@pytest.mark.parametrize(("tool", "rows"), CUSTOM_TOOLS)
def test_a_tool_gives_more_than_10_rows_only_where_a_word_can_be_replaced(
    tool: dict[str, Any], rows: Any
) -> None:
    derived = numbers(changed("dpo_basic", tools=[tool], data__train_split=1.0))
    low, high = rows if isinstance(rows, tuple) else (rows, rows)
    assert derived.rows_train == ((low - 1, high - 1) if low != high else low - 1)
    assert derived.rows_eval == 1


SPLITS = [
    # rows, split, training and evaluation rows as datasets.train_test_split gives them
    (700, 0.99, (692, 8)),
    (700, 0.01, (7, 693)),
    (20, 0.99, (19, 1)),
    (2, 0.99, (1, 1)),
    (700, 0, (699, 1)),
    (700, -5, (694, 6)),
]


@pytest.mark.parametrize(("rows", "share", "expected"), SPLITS)
def test_toolbench_is_split_like_the_library_does(
    rows: int, share: float, expected: tuple[int, int]
) -> None:
    derived = numbers(changed("sft_toolbench", data__max_samples=rows, data__train_split=share))
    assert (derived.rows_train, derived.rows_eval) == expected


@pytest.mark.parametrize("share", [0.0, 1, 1.0, 1.5, -0.5, 1e308])
def test_toolbench_can_not_be_split_everywhere(share: float) -> None:
    derived = numbers(changed("sft_toolbench", data__train_split=share))
    assert derived.rows_train is None
    assert "train_split" in derived.notes["rows_train"]


def test_synthetic_toolbench_makes_20_rows_for_each_tool() -> None:
    tools = [{"name": "a"}, {"name": "b"}]
    derived = numbers(
        changed(
            "sft_toolbench", data__generation_type="synthetic", data__train_split=0.8, tools=tools
        )
    )
    assert (derived.rows_train, derived.rows_eval) == (32, 8)


def test_defaults_of_the_trainer_fill_absent_keys() -> None:
    document: Document = {
        "training": {"method": "teacher_mode"},
        "data": {"strategy": "teacher_mode", "generation_type": "synthetic"},
    }
    derived = numbers(document)
    assert (derived.rows_train, derived.rows_eval) == (80, 20)
    assert derived.updates_total == 60
    assert derived.peak_learning_rate == pytest.approx(5e-5 * 59 / 100)


UNKNOWN = [
    ("rows_train", {"data__strategy": "pc_building"}, "no data for this strategy"),
    ("updates_total", {"training__method": "rlhf"}, "no training loop"),
    ("effective_batch", {"training__batch_size": "4"}, "batch_size is text"),
    ("effective_batch", {"training__batch_size": 4.0}, "whole number"),
    ("effective_batch", {"training__gradient_accumulation_steps": 0}, "at least 1"),
    ("warmup_share", {"training__num_epochs": 0}, "There are no updates"),
    ("lora_parameters", {"training__use_lora": False}, "LoRA is off"),
    ("lora_parameters", {"model__name": "someone/something"}, "not known"),
    ("peak_learning_rate", {"training__learning_rate": True}, "true or false"),
    ("tokens_max", {"training__max_length": 10**400}, "too large"),
]


@pytest.mark.parametrize(("name", "changes", "reason"), UNKNOWN)
def test_what_can_not_be_said_has_a_reason(name: str, changes: dict[str, Any], reason: str) -> None:
    derived = numbers(changed("sft_toolbench", **changes))
    assert getattr(derived, name) is None
    assert reason in derived.notes[name]


def test_max_samples_has_no_default_for_toolbench() -> None:
    document = drop(presets.find("sft_toolbench").config, ("data", "max_samples"))
    assert "no default" in numbers(document).notes["rows_train"]


@pytest.mark.parametrize(
    ("total", "warmup"), [(1, 0), (4, 0), (5, 1), (22, 1), (138, 7), (5000, 250)]
)
def test_suggested_warmup_is_5_percent_and_never_above_20(total: int, warmup: int) -> None:
    assert suggested_warmup(total) == warmup


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 4.0, -0.0, 1e308, 10**400, -(10**400), "4", "", 2**53 + 1])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
known_names = st.sampled_from(
    [
        "model",
        "training",
        "data",
        "tools",
        "model.name",
        "training.method",
        "training.num_epochs",
        "training.learning_rate",
        "training.batch_size",
        "training.gradient_accumulation_steps",
        "training.warmup_steps",
        "training.max_length",
        "training.use_lora",
        "training.lora_r",
        "data.strategy",
        "data.generation_type",
        "data.max_samples",
        "data.train_split",
    ]
)


@given(st.sampled_from(presets.load()), st.dictionaries(known_names, json_values, max_size=4))
def test_any_document_has_numbers_or_reasons(
    preset: presets.Preset, values: dict[str, Any]
) -> None:
    document = preset.config
    for name in sorted(values, key=len, reverse=True):
        document = put(document, path_of(name), values[name])
    derived = numbers(document)
    assert json.dumps(derived.as_json())
    for name in QUANTITIES:
        assert getattr(derived, name) is not None or name in derived.notes

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import presets
from core.changes.patch import apply
from core.check import check
from core.document import Document, get, put
from core.estimates.fitting import Change, Fit, cheapest_changes, fit, vram_finding
from core.estimates.memory import estimate
from core.estimates.parts import GIB, MARGIN
from core.estimates.plan import PINNED, Habits
from core.reading import gpus, models
from core.reading.rows import Unknown
from core.reading.target import CPU, GPU, Machine, machine
from core.reading.view import View, path_of


def changed(preset: str, **values: Any) -> Document:
    """The config of a preset with some fields set; ``__`` stands for the dot of a name."""
    document = presets.find(preset).config
    for name, value in values.items():
        path = name.replace("__", ".") if "__" in name else f"training.{name}"
        document = put(document, path_of(path), value)
    return document


def verdict(document: Document, gib: float, own: Habits = PINNED) -> Fit:
    return fit(estimate(View(document), habits=own), gib)


def changes(document: Document, gib: float, own: Habits = PINNED) -> tuple[Change, ...]:
    return cheapest_changes(View(document), gib, habits=own)


def titles(document: Document, gib: float, own: Habits = PINNED) -> list[str]:
    return [change.title for change in changes(document, gib, own)]


# --- The verdict -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "gpu", "expected"),
    [
        ("sft_toolbench", "t4", "exceeds"),
        ("sft_toolbench", "a10g", "tight"),
        ("sft_toolbench", "v100-32", "fits"),
        ("dpo_basic", "t4", "fits"),
        ("teacher_mode", "rtx2080ti", "fits"),
    ],
)
def test_presets_on_gpus(preset: str, gpu: str, expected: Fit) -> None:
    assert verdict(changed(preset), gpus.every()[gpu].memory) == expected


def test_a_run_fits_where_it_would_if_the_estimate_were_too_low_by_its_margin() -> None:
    memory = estimate(View(changed("sft_toolbench")))
    needed = memory.likely.total / GIB * 16 / 15
    assert fit(memory, needed * (1 + MARGIN) * 1.001) == "fits"
    assert fit(memory, needed * (1 + MARGIN) * 0.999) == "tight"
    assert fit(memory, needed * 1.001) == "tight"
    assert fit(memory, needed * 0.999) == "exceeds"


def test_rows_made_from_tools_fit_whatever_the_maximum_length_is() -> None:
    document = changed("teacher_mode", max_length=2048, batch_size=4)
    assert estimate(View(document)).worst.total > 16 * GIB
    assert verdict(document, 16) == "fits"


# --- The changes -------------------------------------------------------------------------------


def test_the_batch_comes_first_and_as_many_rows_stay_in_an_update() -> None:
    (first,) = changes(changed("sft_toolbench"), 16)
    assert first.title == "Batch size 1, accumulation 32"
    assert first.cost == "An update still takes 32 rows; the run takes longer."
    assert first.patch == (
        {"op": "add", "path": "/training/batch_size", "value": 1},
        {"op": "add", "path": "/training/gradient_accumulation_steps", "value": 32},
        {"op": "add", "path": "/training/eval_batch_size", "value": 1},
    )
    assert (first.fit, round(first.memory.worst.total / GIB, 1)) == ("fits", 6.6)


EXPECTED: Final[list[tuple[str, dict[str, Any], float, list[str]]]] = [
    (
        "sft_toolbench",
        {},
        24,
        ["Batch size 2, accumulation 16", "Maximum length 1024"],
    ),
    ("sft_toolbench", {"batch_size": 1, "max_length": 4096}, 16, ["Maximum length 2048"]),
    (
        "sft_toolbench",
        {"batch_size": 1, "eval_batch_size": 4, "data__max_samples": 5000},
        16,
        ["Evaluation batch size 2", "Maximum length 1024"],
    ),
    (
        "sft_toolbench",
        {"model__name": "Qwen/Qwen3-8B"},
        24,
        [
            "Batch size 1, accumulation 32",
        ],
    ),
    (
        "hybrid",
        {"use_lora": False, "model__name": "Qwen/Qwen3-1.7B", "batch_size": 1},
        24,
        ["LoRA on", "Model Qwen/Qwen3-0.6B"],
    ),
    (
        "sft_toolbench",
        {"model__name": "Qwen/Qwen3-8B"},
        8,
        [
            "Batch size 1, accumulation 32, maximum length 1024, model Qwen/Qwen3-1.7B",
            # Tight, with one change fewer.
            "Batch size 1, accumulation 32, model Qwen/Qwen3-0.6B",
        ],
    ),
    (
        "sft_toolbench",
        {"model__name": "Qwen/Qwen3-8B", "use_lora": False, "batch_size": 1},
        12,
        ["LoRA on, model Qwen/Qwen3-1.7B"],
    ),
    ("sft_toolbench", {}, 1.5, []),
    ("sft_toolbench", {}, 40, []),
]


@pytest.mark.parametrize(("preset", "values", "gib", "expected"), EXPECTED)
def test_the_fewest_and_cheapest_changes(
    preset: str, values: dict[str, Any], gib: float, expected: list[str]
) -> None:
    assert titles(changed(preset, **values), gib) == expected


def test_a_batch_need_not_be_half_of_the_other() -> None:
    document = changed("sft_toolbench", batch_size=6, gradient_accumulation_steps=5)
    assert titles(document, 32)[0] == "Batch size 3, accumulation 10"


def test_a_smaller_model_brings_its_own_tokenizer() -> None:
    document = changed(
        "sft_toolbench", model__name="Qwen/Qwen3-8B", tokenizer__name="Qwen/Qwen3-8B"
    )
    (model,) = (one for one in changes(document, 12) if "model" in one.title.lower())
    after = apply(document, model.patch)
    assert get(after, ("tokenizer", "name")) == get(after, ("model", "name")) != "Qwen/Qwen3-8B"


def test_real_conversations_are_not_cut_below_what_leaves_an_answer() -> None:
    for gib in (4, 6, 8):
        lengths = [title for title in titles(changed("sft_toolbench"), gib) if "length" in title]
        assert not [title for title in lengths if "512" in title or "256" in title]


@pytest.mark.parametrize(
    "values",
    [
        {"model__name": "openai-community/gpt2"},
        {"lora_alpha": -1},
        {"lora_r": "8"},
        {"data__strategy": "manual_templates", "model__name": "meta-llama/Llama-3.1-8B"},
    ],
)
def test_lora_is_not_offered_where_it_would_not_run(values: dict[str, Any]) -> None:
    document = changed("sft_toolbench", use_lora=False, batch_size=1, **values)
    found = cheapest_changes(View(document), 24, models.dims("Qwen/Qwen3-8B"))
    assert not [change for change in found if "LoRA" in change.title]


def test_lora_is_not_offered_where_the_gradient_scaler_would_stop_at_its_format() -> None:
    document = changed("dpo_basic", use_lora=False, batch_size=1, model__name="Qwen/Qwen3-1.7B")
    assert "LoRA on" in titles(document, 16)
    assert "LoRA on" not in titles(document, 16, Habits(bf16_adapters=True))
    other = put(document, ("training", "fp16"), False)
    assert "LoRA on" in titles(other, 16, Habits(bf16_adapters=True))


def test_a_change_adds_what_the_config_left_to_the_default() -> None:
    document: Document = {
        "model": {"name": "Qwen/Qwen3-0.6B"},
        "training": {"method": "sft", "use_lora": False, "max_length": 128},
        "data": {"strategy": "toolbench", "generation_type": "real"},
    }
    first = changes(document, 4)[0]
    after = apply(document, first.patch)
    assert (after["training"]["use_lora"], after["training"]["lora_r"]) == (True, 16)


def test_nothing_can_be_said_of_a_model_that_is_not_known() -> None:
    with pytest.raises(Unknown):
        changes(changed("sft_toolbench", model__name="me/mine"), 16)


# --- Properties --------------------------------------------------------------------------------

MODELS: Final = ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B-Instruct")


@st.composite
def configs(draw: st.DrawFn) -> Document:
    names = [*MODELS, "HuggingFaceTB/SmolLM2-1.7B-Instruct", "microsoft/Phi-4-mini-instruct"]
    name = draw(st.sampled_from(names))
    document = changed(
        draw(st.sampled_from(["sft_toolbench", "hybrid", "teacher_mode", "dpo_basic"])),
        model__name=name,
        tokenizer__name=name,
        use_lora=draw(st.booleans()),
        batch_size=draw(st.integers(1, 64)),
        gradient_accumulation_steps=draw(st.integers(1, 64)),
        max_length=draw(st.integers(200, 9000)),
        data__max_samples=draw(st.sampled_from([700, 5000])),
    )
    if draw(st.booleans()):
        document = put(document, ("training", "eval_batch_size"), draw(st.integers(1, 64)))
    return document


def rows_per_update(document: Document) -> int:
    view = View(document)
    steps = view.integer("training.gradient_accumulation_steps") or 0
    return (view.integer("training.batch_size") or 0) * steps


@settings(max_examples=60, deadline=None)
@given(
    document=configs(),
    gib=st.sampled_from([4, 8, 12, 16, 24, 48, 80]),
    own=st.sampled_from([PINNED, Habits(True, True, True, True)]),
)
def test_every_change_does_what_it_says(document: Document, gib: float, own: Habits) -> None:
    before = verdict(document, gib, own)
    found = changes(document, gib, own)
    assert not (before == "fits" and found)
    for change in found:
        after = apply(document, change.patch)
        again = estimate(View(after), habits=own)
        assert again.worst == change.memory.worst
        assert again.likely == change.memory.likely
        assert fit(again, gib) == change.fit
        assert change.fit == "fits" or (before == "exceeds" and change.fit == "tight")
        assert rows_per_update(after) == rows_per_update(document)


@settings(max_examples=25, deadline=None)
@given(document=configs(), gib=st.sampled_from([8, 16, 24]))
def test_no_change_brings_an_error_or_stops_the_run(document: Document, gib: float) -> None:
    def faults(config: Document) -> set[str]:
        report = check(config)
        return {finding.rule for finding in (*report.errors, *report.trainer.blockers)}

    for change in changes(document, gib):
        assert faults(apply(document, change.patch)) <= faults(document)


# --- The finding -------------------------------------------------------------------------------


def test_a_run_that_exceeds_the_gpu_is_a_warning_with_the_first_change() -> None:
    document = changed("sft_toolbench")
    finding = vram_finding(View(document), machine("t4"))
    assert finding is not None
    assert (finding.rule, finding.severity) == ("resources.vram", "warning")
    assert finding.message == (
        "Training takes about 21.7 GiB of GPU memory, 18.5 GiB of it logits; the GPU has 16 GiB."
    )
    assert finding.fix == changes(document, 16)[0].patch
    assert finding.remedy.startswith("Batch size 1, accumulation 32: an update")


def test_where_no_setting_is_enough_there_is_no_fix() -> None:
    finding = vram_finding(View(changed("sft_toolbench")), machine("gpu-1"))
    assert finding is not None
    assert finding.fix is None
    assert "larger" in finding.remedy or "more memory" in finding.remedy


@pytest.mark.parametrize(
    ("values", "on"),
    [
        ({}, GPU),
        ({}, CPU),
        ({}, machine("a10g")),
        ({}, machine("a100-80")),
        ({"model__name": "me/mine"}, machine("t4")),
        ({"batch_size": "x"}, machine("t4")),
    ],
)
def test_otherwise_there_is_nothing_to_say(values: dict[str, Any], on: Machine) -> None:
    assert vram_finding(View(changed("sft_toolbench", **values)), on) is None

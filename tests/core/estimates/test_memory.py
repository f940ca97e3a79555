import json
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presets
from core.document import Document, put
from core.estimates.memory import OVERHEAD, estimate, of_plan
from core.estimates.parts import GIB, TITLES, Memory, size_text
from core.estimates.plan import PINNED, Habits, habits, plan
from core.fields import find
from core.reading import models
from core.reading.model_config import dims_from_config
from core.reading.models import ModelDims
from core.reading.rows import Unknown
from core.reading.target import Libraries
from core.reading.view import View, path_of


def changed(preset: str, **values: Any) -> Document:
    """The config of a preset with some fields set; ``__`` stands for the dot of a name."""
    document = presets.find(preset).config
    for name, value in values.items():
        path = name.replace("__", ".") if "__" in name else f"training.{name}"
        document = put(document, path_of(path), value)
    return document


def memory(document: Document, own: Habits = PINNED) -> Memory:
    return estimate(View(document), habits=own)


def gib(document: Document, own: Habits = PINNED) -> float:
    return memory(document, own).worst.total / GIB


# Worst case in GiB with LoRA of rank 8, by rows and their length: 4 x 2048, 1 x 2048, 2 x 512 and
# 1 x 512; then weights, gradients and AdamW of full fine-tuning in float16 and in float32.
WORST: Final = [
    ("Qwen/Qwen3-0.6B", (21.7, 6.6, 4.1, 2.9), (4.4, 8.9)),
    ("Qwen/Qwen3-1.7B", (24.1, 8.0, 5.4, 4.0), (12.8, 25.6)),
    ("Qwen/Qwen3-4B", (27.1, 9.8, 7.0, 5.5), (30.0, 59.9)),
    ("Qwen/Qwen3-8B", (34.2, 15.2, 12.0, 10.5), (61.0, 122.1)),
    ("meta-llama/Llama-3.2-1B", (20.2, 6.7, 4.5, 3.4), (9.2, 18.4)),
    ("meta-llama/Llama-3.2-3B", (23.6, 8.7, 6.2, 4.9), (23.9, 47.9)),
    ("meta-llama/Llama-3.1-8B", (30.2, 13.7, 10.9, 9.5), (59.8, 119.7)),
    ("HuggingFaceTB/SmolLM2-135M", (7.8, 2.7, 1.8, 1.4), (1.0, 2.0)),
    ("HuggingFaceTB/SmolLM2-360M", (8.6, 3.0, 2.1, 1.6), (2.7, 5.4)),
    ("HuggingFaceTB/SmolLM2-1.7B", (10.8, 4.2, 3.1, 2.5), (12.8, 25.5)),
    ("google/gemma-3-1b-it", (36.0, 10.7, 6.5, 4.4), (7.4, 14.9)),
    ("microsoft/Phi-3.5-mini-instruct", (11.9, 5.5, 4.4, 3.8), (28.5, 56.9)),
    ("microsoft/Phi-4-mini-instruct", (33.7, 11.9, 8.3, 6.5), (28.6, 57.2)),
]
BATCHES: Final = ((4, 2048), (1, 2048), (2, 512), (1, 512))


@pytest.mark.parametrize(("name", "totals", "full"), WORST)
def test_worst_case_of_the_known_models(
    name: str, totals: tuple[float, ...], full: tuple[float, float]
) -> None:
    for (batch, length), total in zip(BATCHES, totals, strict=True):
        document = changed(
            "sft_toolbench", model__name=name, batch_size=batch, max_length=length, lora_r=8
        )
        # The table was rounded to a tenth after its own parts had been.
        assert gib(document) == pytest.approx(total, abs=0.06)
    for dtype, total in zip(("float16", "float32"), full, strict=True):
        document = changed(
            "sft_toolbench", model__name=name, use_lora=False, model__torch_dtype=dtype
        )
        worst = memory(document).worst
        kept = sum(map(worst.size, ("weights", "gradients", "optimizer")))
        assert kept / GIB == pytest.approx(total, abs=0.06)


def test_four_bit_weights_are_those_that_bitsandbytes_makes() -> None:
    document = changed("sft_toolbench", model__name="HuggingFaceTB/SmolLM2-135M")
    worst = memory(document).worst
    # Found: 54,997,680 bytes, and 113.4 MB in float32.
    assert worst.size("weights_4bit") == pytest.approx(54_997_680, rel=1e-5)
    assert worst.size("weights_other") == pytest.approx(113.4e6, rel=1e-3)


def test_parts_of_the_first_preset() -> None:
    worst = memory(changed("sft_toolbench")).worst
    assert {part.name: part.basis for part in worst.parts} == {
        "weights_4bit": "verified",
        "weights_other": "verified",
        "adapters": "verified",
        "gradients": "verified",
        "optimizer": "verified",
        "activations": "estimate",
        "logits": "verified",
        "overhead": "estimate",
    }
    assert worst.size("adapters") == 2_293_760 * 4
    assert worst.size("optimizer") == 2_293_760 * 8
    assert worst.size("logits") == 4 * 2048 * 151_936 * 16
    assert worst.size("overhead") == OVERHEAD
    assert worst.size("reference") == 0
    assert worst.total == sum(part.size for part in worst.parts)


def test_each_part_says_how_it_comes_about() -> None:
    parts = {part.name: part.arithmetic for part in memory(changed("sft_toolbench")).worst.parts}
    assert parts["logits"] == "8192 tokens × 151936 × 16 B = 18.5 GiB"
    assert parts["adapters"] == "28 layers × rank 8 × 10240 = 2293760 weights × 4 B = 9 MiB"
    assert parts["weights_4bit"] == (
        "440401920 weights × 0.51587 B + 196 matrices × 1088 B = 0.21 GiB"
    )


# --- Methods and libraries ---------------------------------------------------------------------


def test_dpo_has_two_sequences_a_pair_and_with_lora_no_second_model() -> None:
    worst = memory(changed("dpo_basic")).worst
    assert (worst.sequences, worst.tokens) == (4, 512)
    assert worst.size("logits") == 4 * 512 * 151_936 * 12
    assert worst.size("reference") == 0


def test_dpo_without_lora_keeps_a_copy_to_compare_with() -> None:
    document = changed("dpo_basic", use_lora=False, model__torch_dtype="float32")
    worst = memory(document).worst
    assert worst.size("reference") == worst.size("weights") == 596_049_920 * 4
    assert worst.size("adapters") == 0


# Bytes of state for a trained float32 weight, asked of the optimizers after a step.
STATES: Final = [
    ("adamw_torch", 8),
    ("adamw_torch_fused", 8),
    ("paged_adamw_32bit", 8),
    ("adamw_8bit", 2),
    ("paged_adamw_8bit", 2),
    ("lion_32bit", 4),
    ("lion_8bit", 1),
    ("adafactor", 0),
    ("sgd", 0),
    ("rmsprop", 4),
    ("adagrad", 4),
    ("ademamix", 12),
    ("ademamix_8bit", 3),
]


@pytest.mark.parametrize(("name", "each"), STATES)
def test_what_an_optimizer_of_dpo_keeps(name: str, each: int) -> None:
    worst = memory(changed("dpo_basic", optim=name)).worst
    assert worst.size("optimizer") == 4_587_520 * each


def test_torch_optimizers_keep_the_format_of_the_weights_and_those_in_32_bits_do_not() -> None:
    half = {"use_lora": False, "model__torch_dtype": "bfloat16"}
    sizes = [
        memory(changed("dpo_basic", optim=name, **half)).worst.size("optimizer")
        for name in ("adamw_torch", "paged_adamw_32bit")
    ]
    assert sizes == [596_049_920 * 4, 596_049_920 * 8]


def test_the_optimizer_of_sft_is_fixed_whatever_is_written() -> None:
    written = changed("sft_toolbench", optim="sgd")
    assert memory(written).worst == memory(changed("sft_toolbench")).worst


def test_every_optimizer_that_a_config_may_name_is_counted() -> None:
    spec = find(path_of("training.optim"))
    assert spec is not None
    for name in (*spec.choices, "something"):
        found = memory(changed("dpo_basic", optim=name))
        assert ("is not known" in " ".join(found.notes)) == (
            name.startswith(("galore", "apollo", "lomo", "adalomo", "grok", "some"))
            or name == "schedule_free_radam"
        ), name


def test_adapters_of_newer_libraries_are_half_as_large() -> None:
    document = changed("sft_toolbench")
    own, newer = memory(document).worst, memory(document, Habits(bf16_adapters=True)).worst
    for name in ("adapters", "gradients", "optimizer"):
        assert newer.size(name) * 2 == own.size(name)
    assert "estimate" in {part.basis for part in newer.parts if part.name == "adapters"}


def test_without_lora_newer_libraries_compute_activations_again() -> None:
    document = changed("sft_toolbench", use_lora=False)
    kept = memory(document).worst.size("activations")
    again = memory(document, Habits(checkpoints_activations=True)).worst.size("activations")
    assert again * 10 < kept
    lora = changed("sft_toolbench")
    assert gib(lora) == gib(lora, Habits(checkpoints_activations=True))


def test_weights_are_copied_to_bfloat16_where_they_are_not_in_it() -> None:
    def activations(dtype: str, own: Habits = PINNED) -> int:
        document = changed("sft_toolbench", use_lora=False, model__torch_dtype=dtype)
        return memory(document, own).worst.size("activations")

    copies = 2 * (440_401_920 + 155_582_464)
    assert activations("float32") - activations("bfloat16") == copies
    assert activations("float32", Habits(bf16_by_default=False)) == activations("bfloat16")


def test_logits_in_tiles_hardly_count() -> None:
    for preset in ("sft_toolbench", "dpo_basic"):
        logits = memory(changed(preset), Habits(tiled_logits=True)).worst.size("logits")
        assert logits < GIB


def test_habits_go_by_the_version_of_trl() -> None:
    def of(version: str) -> Habits:
        return habits(Libraries({"trl": version}))

    assert of("0.18.2") == Habits(bf16_by_default=False)
    assert of("0.19.1") == Habits()
    assert of("0.24.0") == Habits(checkpoints_activations=True)
    assert of("0.27.0") == Habits(checkpoints_activations=True, bf16_adapters=True)
    assert of("1.16.0") == Habits(True, True, True, True)


# --- Evaluation --------------------------------------------------------------------------------

MANY: Final = {"data__max_samples": 5000, "gradient_accumulation_steps": 8}


def test_a_run_that_evaluates_more_rows_than_it_trains_on_is_highest_then() -> None:
    worst = memory(changed("sft_toolbench", batch_size=1, eval_batch_size=8, **MANY)).worst
    assert (worst.phase, worst.sequences) == ("evaluation", 8)
    assert worst.size("logits") == 8 * 2048 * 151_936 * 10
    assert worst.size("gradients") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 4, "eval_batch_size": 4, **MANY},
        # 22 updates, and the first evaluation comes after 100.
        {"batch_size": 4, "eval_batch_size": 64},
    ],
)
def test_other_runs_are_highest_in_training(changes: dict[str, int]) -> None:
    assert memory(changed("sft_toolbench", **changes)).worst.phase == "training"


# --- Lengths -----------------------------------------------------------------------------------


def test_rows_made_from_tools_are_short() -> None:
    found = memory(changed("teacher_mode", max_length=2048))
    assert (found.worst.tokens, found.likely.tokens) == (2048, 130)
    assert "about 130 tokens" in found.notes[-1]
    assert memory(changed("teacher_mode", max_length=64)).likely.tokens == 64
    assert memory(changed("dpo_basic")).likely.tokens == 260


def test_other_rows_are_counted_as_long_as_they_may_be() -> None:
    for document in (changed("sft_toolbench"), changed("sft_pc_building")):
        found = memory(document)
        assert found.likely == found.worst
        assert "was not measured" in found.notes[-1]


@pytest.mark.parametrize("kind", ["api", "command"])
def test_nobody_knows_how_long_an_answer_from_outside_is(kind: str) -> None:
    tools = [{"name": "x", "description": "x", "parameters": {}, "type": kind}]
    found = memory(put(changed("teacher_mode"), ("tools",), tools))
    assert found.likely == found.worst


def test_a_row_is_no_longer_than_the_context_of_the_model() -> None:
    document = changed("sft_toolbench", max_length=100_000)
    found = memory(document)
    assert found.worst.tokens == 40_960
    assert "context ends at 40960" in " ".join(found.notes)


# --- Models of any kind ------------------------------------------------------------------------


def known(name: str) -> ModelDims:
    dims = models.dims(name)
    assert dims is not None
    return dims


def test_a_model_may_come_from_its_config_json() -> None:
    config = {
        "model_type": "llama",
        "hidden_size": 2048,
        "num_hidden_layers": 22,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "intermediate_size": 5632,
        "vocab_size": 32000,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
    }
    dims = dims_from_config(json.dumps(config), "TinyLlama/TinyLlama-1.1B")
    document = changed("sft_toolbench", model__name="TinyLlama/TinyLlama-1.1B")
    found = estimate(View(document), dims)
    assert (found.model, found.source) == ("TinyLlama/TinyLlama-1.1B", "config.json")
    assert 6 < found.worst.total / GIB < 9


def test_the_sizes_that_are_handed_over_come_before_those_that_are_known() -> None:
    document = changed("sft_toolbench")
    larger = estimate(View(document), known("Qwen/Qwen3-4B"))
    assert (larger.model, larger.source) == ("Qwen/Qwen3-4B", "model_dims")
    assert larger.worst == memory(changed("sft_toolbench", model__name="Qwen/Qwen3-4B")).worst


UNSAYABLE: Final[list[tuple[dict[str, Any], str]]] = [
    ({"model__name": "someone/something"}, "sizes of this model are not known"),
    ({"model__name": 5}, "sizes of this model are not known"),
    ({"method": "rlhf"}, "no training loop"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"batch_size": "4"}, "batch_size is text"),
    ({"batch_size": 4.0}, "batch_size is 4.0"),
    ({"max_length": -1}, "max_length is -1"),
    ({"max_length": 10**30}, "max_length is 1000"),
    ({"lora_r": None}, "lora_r is null"),
    ({"use_lora": False, "model__torch_dtype": "int8"}, "torch_dtype is 'int8'"),
    ({"use_lora": False, "model__torch_dtype": 16}, "torch_dtype is 16"),
]


@pytest.mark.parametrize(("changes", "reason"), UNSAYABLE)
def test_what_can_not_be_said_has_a_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unknown, match=reason):
        memory(changed("sft_toolbench", **changes))


def test_a_document_without_anything_has_a_reason() -> None:
    with pytest.raises(Unknown):
        memory({})


# --- Properties --------------------------------------------------------------------------------

PRESETS: Final = ("sft_toolbench", "hybrid", "teacher_mode", "dpo_basic")
numbers = st.integers(1, 2**53)


@given(
    preset=st.sampled_from(PRESETS),
    key=st.sampled_from(["batch", "eval_batch", "longest", "rank"]),
    pair=st.tuples(numbers, numbers).map(sorted),
    lora=st.booleans(),
    own=st.builds(Habits, st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_more_of_anything_never_takes_less(
    preset: str, key: str, pair: list[int], lora: bool, own: Habits
) -> None:
    found = plan(View(changed(preset, use_lora=lora)), habits=own)
    changes: list[dict[str, Any]] = [{key: value} for value in pair]
    less, more = (of_plan(replace(found, **change)) for change in changes)
    assert less.worst.total <= more.worst.total
    assert less.likely.total <= more.likely.total
    assert more.likely.total <= more.worst.total


@given(st.sampled_from([row[0] for row in WORST]), st.sampled_from(PRESETS))
def test_lora_never_takes_more_than_training_all_weights(name: str, preset: str) -> None:
    adapters, whole = (
        gib(changed(preset, model__name=name, use_lora=lora)) for lora in (True, False)
    )
    assert adapters < whole


def test_a_plan_says_the_same_as_the_document() -> None:
    view = View(changed("hybrid"))
    assert of_plan(plan(view)).worst == estimate(view).worst


# --- Forms -------------------------------------------------------------------------------------


def test_json_form() -> None:
    found = json.loads(json.dumps(memory(changed("teacher_mode")).as_json()))
    assert list(found) == ["worst", "likely", "margin", "model", "notes"]
    assert found["model"] == {"name": "Qwen/Qwen3-0.6B", "source": "model_dims"}
    worst = found["worst"]
    assert worst["bytes"] == sum(part["bytes"] for part in worst["parts"])
    assert worst["gib"] == round(worst["bytes"] / GIB, 2)
    assert (worst["phase"], worst["sequences"], worst["tokens"]) == ("training", 2, 384)
    assert list(worst["parts"][0]) == ["name", "gib", "bytes", "basis", "arithmetic"]


def test_parts_have_names_in_their_order() -> None:
    for preset in ("sft_toolbench", "dpo_basic"):
        for lora in (True, False):
            names = [part.name for part in memory(changed(preset, use_lora=lora)).worst.parts]
            assert names == [name for name in TITLES if name in names]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 MiB"), (35 * 2**20, "35 MiB"), (GIB // 5, "0.20 GiB"), (23 * GIB, "23.0 GiB")],
)
def test_sizes_as_people_read_them(size: int, text: str) -> None:
    assert size_text(size) == text


def test_the_models_offered_in_the_form_are_all_known() -> None:
    spec = find(path_of("model.name"))
    assert spec is not None
    assert all(models.dims(name) for name in spec.use.suggestions)

"""What Tiny Tool Use takes whatever is written: its fixed arguments, overrides and hidden rules.

``trainer.py`` is ``src/training/trainer.py``; values that it does not pass are those of
transformers 4.52.4, seen in a run's own arguments.
"""

from collections.abc import Iterator
from typing import Any, Final

from core.derive import PAIRS_MAX, highest
from core.document import ABSENT, number_text
from core.reading.view import View
from core.trainers.base import Used, Why
from core.trainers.facts import Facts

_LIBRARY: Final = "transformers training_args.py"

_FIXED_SUPERVISED: Final = (
    ("training.max_grad_norm", 1.0, "trainer.py:202"),
    ("training.optim", "adamw_torch", "trainer.py:203"),
    ("training.logging_steps", 10, "trainer.py:190"),
    ("training.eval_steps", 100, "trainer.py:192"),
    ("training.save_steps", 500, "trainer.py:194"),
    ("training.save_total_limit", 3, "trainer.py:195"),
    ("training.save_strategy", "steps", "trainer.py:193"),
    ("training.load_best_model_at_end", True, "trainer.py:196-198"),
    ("training.packing", False, "trl sft_config.py"),
    ("training.dataloader_pin_memory", False, "trainer.py:200"),
)
_FIXED_DPO: Final = (
    ("training.warmup_steps", 0, "trainer.py:248-266"),
    ("training.beta", 0.1, "trainer.py:264"),
    ("training.logging_steps", 10, "trainer.py:255"),
    ("training.save_strategy", "steps", "trainer.py:256"),
    ("training.save_steps", 100, "trainer.py:257"),
    ("training.save_total_limit", 3, "trainer.py:258"),
    ("training.gradient_checkpointing", True, "trainer.py:280"),
)
# Arguments that the trainer never passes.
_FIXED_ALWAYS: Final = (
    ("training.weight_decay", 0.0, _LIBRARY),
    ("training.adam_beta1", 0.9, _LIBRARY),
    ("training.adam_beta2", 0.999, _LIBRARY),
    ("training.adam_epsilon", 1e-8, _LIBRARY),
    ("training.lr_scheduler_type", "linear", _LIBRARY),
    ("training.group_by_length", False, _LIBRARY),
    ("training.dataloader_num_workers", 0, _LIBRARY),
    ("training.dataloader_drop_last", False, _LIBRARY),
    ("training.max_steps", -1, _LIBRARY),
)
_FIXED_LORA: Final = (
    ("quantization", "4-bit NF4, double quantization", "trainer.py:116-121"),
    ("compute dtype", "bfloat16", "trainer.py:120"),
    ("target modules", "q_proj, k_proj, v_proj, o_proj", "trainer.py:144"),
    ("training.gradient_checkpointing", True, "trainer.py:134"),
)


def uses(facts: Facts) -> Iterator[Used]:
    """The values that a run takes whatever is written for them."""
    view = facts.view
    yield from _overridden(facts)
    if view.uses_lora:
        yield from _fixed(_FIXED_LORA, "it comes with LoRA")
    if view.is_supervised:
        yield from _fixed(_FIXED_SUPERVISED, "the trainer fixes it")
        yield from _precision(facts)
    if view.is_dpo:
        yield from _fixed(_FIXED_DPO, "the trainer fixes it")
    yield from _fixed(_FIXED_ALWAYS, "the trainer leaves it to the library")


def _fixed(values: tuple[tuple[str, Any, str], ...], reason: str) -> Iterator[Used]:
    for name, value, source in values:
        yield Used(name, value, "fixed", reason, source)


def _precision(facts: Facts) -> Iterator[Used]:
    lora = facts.view.uses_lora
    by_trl = facts.libraries.have("trl", "0.19.0")
    yield Used("training.fp16", lora, "fixed", "it is the value of use_lora", "trainer.py:201")
    yield Used(
        "training.bf16",
        by_trl and not lora,
        "fixed",
        "TRL sets it where fp16 is off" if by_trl else "the trainer leaves it to the library",
        "trl sft_config.py" if by_trl else _LIBRARY,
    )


def _overridden(facts: Facts) -> Iterator[Used]:
    view = facts.view
    yield from _method(view)
    yield from _lora(view)
    yield from _model(view)
    yield from _rows(facts)
    yield from _rate(facts)
    yield from _seed(view)
    yield from _reports(facts)


def _override(name: str, value: Any, reason: str, source: str, why: Why = "override") -> Used:
    return Used(name, value, why, reason, source)


def _method(view: View) -> Iterator[Used]:
    if view.method == "teacher_mode":
        reason = "teacher_mode runs the supervised loop; only its data are its own"
        yield _override("training.method", "sft", reason, "trainer.py:290-296")
    written = view.value("data.generation_type")
    if view.generation is not None and view.generation != written:
        reason = "the trainer compares it in lower case"
        yield _override("data.generation_type", view.generation, reason, "data_generator.py:34")


def _lora(view: View) -> Iterator[Used]:
    written = view.value("training.use_lora")
    if written is not ABSENT and not isinstance(written, bool):
        reason = f"Python takes it for {'true' if view.uses_lora else 'false'}"
        yield _override("training.use_lora", view.uses_lora, reason, "trainer.py:113")


def _model(view: View) -> Iterator[Used]:
    if view.uses_lora:
        reason = "LoRA loads the linear layers in 4 bits and casts all other weights to float32"
        yield _override("model.torch_dtype", "4-bit and float32", reason, "trainer.py:116-134")
    name = view.value("model.name")
    if view.is_synthetic and view.has("tokenizer.name") and view.value("tokenizer.name") != name:
        reason = "it is loaded and not used; training takes the model's own tokenizer"
        yield _override(
            "tokenizer.name", name, reason, "data_generator.py:24, trainer.py:65", "ignored"
        )


def _rows(facts: Facts) -> Iterator[Used]:
    view = facts.view
    if view.makes_rows_from_tools and view.has("data.max_samples"):
        reason = "the number of tools decides how many rows there are"
        source = "data_generator.py:169-193"
        yield _override("data.max_samples", ABSENT, reason, source, "ignored")
    elif view.is_dpo and (highest(facts.derived.rows_train) or 0) > PAIRS_MAX:
        reason = f"only the first {PAIRS_MAX} training rows become pairs"
        yield _override("data.max_samples", PAIRS_MAX, reason, "trainer.py:329", "capped")
    if view.is_toolbench_real and view.tools:
        reason = "rows come from the download; only evaluate.py loads the tools"
        yield _override("tools", ABSENT, reason, "data_generator.py:87-152", "ignored")


def _rate(facts: Facts) -> Iterator[Used]:
    rate, peak = facts.view.number("training.learning_rate"), facts.derived.peak_learning_rate
    top = highest(peak)
    if rate is not None and top is not None and top < rate:
        reason = f"the run ends in its warm-up, at {number_text(float(f'{top:.3g}'))} at most"
        yield _override("training.learning_rate", top, reason, "trainer.py:188-189", "capped")


def _seed(view: View) -> Iterator[Used]:
    seed = view.effective("seed")
    if seed != 42:
        reason = "order and dropout follow transformers' own 42"
        if view.uses_lora:
            reason = "only the LoRA weights start from yours; order and dropout follow 42"
        yield _override("seed", 42, reason, "train.py:68, trainer.py:181")


def _reports(facts: Facts) -> Iterator[Used]:
    view = facts.view
    if view.effective("tensorboard.enabled"):
        reason = "the curves go there; the folder that is set gets an empty file"
        yield _override("tensorboard.log_dir", "<output-dir>/runs/<date>", reason, "trainer.py:199")
    elif not facts.libraries.have("transformers", "5.0.0"):
        reason = "report_to=None stands for every logger that is installed, such as wandb"
        yield _override(
            "tensorboard.enabled", "every installed logger", reason, "trainer.py:199,265"
        )

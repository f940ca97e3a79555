"""Runs that reach their end and teach the model nothing."""

from typing import Final

from core.derive import highest
from core.reading.view import View
from core.trainers.facts import Facts


def never_moves(facts: Facts) -> bool:
    """A rate of 0 all the time: it is set to 0, or the only update falls on warm-up's 0."""
    rate_is_zero = _number(facts.view, "learning_rate") == 0
    return rate_is_zero or highest(facts.derived.peak_learning_rate) == 0


def silent_adapters(facts: Facts) -> bool:
    """Adapters are multiplied by alpha over rank, and dropout of 1 drops all they are given."""
    alpha, dropout = (_number(facts.view, key) for key in ("lora_alpha", "lora_dropout"))
    return facts.view.uses_lora and (alpha == 0 or dropout == 1)


def equal_pairs(facts: Facts) -> bool:
    """Rejected is chosen without [TOOL_CALL], which only manual_templates writes."""
    return facts.view.is_dpo and facts.view.strategy != "manual_templates"


def no_next_token(facts: Facts) -> bool:
    """Rows of one token have no next token to predict, and pairs of one are equal."""
    known = facts.view.is_supervised or facts.view.is_dpo
    return known and _number(facts.view, "max_length") == 1


TOOLBENCH_PROMPT: Final = 128
"""Tokens that every ToolBench conversation has before its first answer, and more.

An estimate: its fixed system prompt alone is some hundred words.
"""


def only_prompts(facts: Facts) -> bool:
    """Rows cut before their first answer: all that is left is masked (data_generator.py:139)."""
    length = _number(facts.view, "max_length")
    real = facts.view.is_toolbench_real and facts.view.is_supervised
    return real and length is not None and length < TOOLBENCH_PROMPT


def weights_become_nan(facts: Facts) -> bool:
    """Adam's epsilon of 1e-8 is 0 in float16, so that a weight without a gradient becomes 0/0.

    Seen in runs: the weights are NaN at the end. 8-bit optimizers keep their own numbers.
    """
    view = facts.view
    dtype = view.effective("model.torch_dtype")
    adam = view.is_supervised or view.effective("training.optim") in _ADAM_OF_TORCH
    trained = view.is_supervised or view.is_dpo
    return trained and adam and not view.uses_lora and dtype in ("float16", "half")


_ADAM_OF_TORCH: Final = ("adamw_torch", "adamw_torch_fused")


def _number(view: View, key: str) -> float | None:
    # The libraries count true as 1 and false as 0.
    value = view.effective(f"training.{key}")
    return value if isinstance(value, int | float) else None

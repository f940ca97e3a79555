"""Runs that reach their end and teach the model nothing."""

from core.derive import highest
from core.facts import Facts
from core.view import View


def never_moves(facts: Facts) -> bool:
    """A rate of 0 all the time: it is set to 0, or the only update falls on warm-up's 0."""
    rate_is_zero = facts.view.number("training.learning_rate") == 0
    return rate_is_zero or highest(facts.derived.peak_learning_rate) == 0


def silent_adapters(facts: Facts) -> bool:
    """Adapters are multiplied by alpha over rank, and dropout of 1 drops all they are given."""
    alpha, dropout = (_number(facts.view, key) for key in ("lora_alpha", "lora_dropout"))
    return facts.view.uses_lora and (alpha == 0 or dropout == 1)


def equal_pairs(facts: Facts) -> bool:
    """Rejected is chosen without [TOOL_CALL], which only manual_templates writes."""
    return facts.view.is_dpo and facts.view.strategy != "manual_templates"


def no_next_token(facts: Facts) -> bool:
    """Supervised rows of one token have no next token to predict."""
    return facts.view.is_supervised and _number(facts.view, "max_length") == 1


def _number(view: View, key: str) -> float | None:
    return view.number(f"training.{key}")

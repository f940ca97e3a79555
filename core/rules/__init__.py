"""The rules: pure functions from facts to findings, one module a theme.

A rule never raises, whatever the document holds, and knows of no other rule.
"""

from collections.abc import Callable, Iterable
from typing import Final

from core.findings import Finding
from core.rules import (
    data,
    dpo,
    evaluation,
    importing,
    learning_rate,
    memory,
    model,
    no_effect,
    overrides,
    schedule,
    security,
    shape,
    tools,
    training,
    unknown,
)
from core.trainers.facts import Facts

Rule = Callable[[Facts], Iterable[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    *importing.RULES,
    *shape.RULES,
    *unknown.RULES,
    *model.RULES,
    *training.RULES,
    *learning_rate.RULES,
    *schedule.RULES,
    *memory.RULES,
    *data.RULES,
    *dpo.RULES,
    *tools.RULES,
    *evaluation.RULES,
    *security.RULES,
    *no_effect.RULES,
    *overrides.RULES,
)

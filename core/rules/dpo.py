"""What DPO needs and leaves out in this trainer."""

from collections.abc import Iterator
from typing import Final

from core.derive import PAIRS_MAX, highest
from core.document import Path
from core.findings import Finding, Patch, add, replace
from core.reading.view import View
from core.reading.wording import info, shown, warning
from core.rules.schedule import spoken
from core.trainers.facts import Facts

_STRATEGY: Final[Path] = ("data", "strategy")
_SPLIT: Final[Path] = ("data", "train_split")
_GENERATION: Final[Path] = ("data", "generation_type")
_LORA: Final[Path] = ("training", "use_lora")
_RANK: Final[Path] = ("training", "lora_r")


def _no_signal(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    # Only manual_templates writes the tags that make the rejected answer differ
    # (trainer.py:333-334, data_generator.py:224).
    if view.is_dpo and view.strategy in ("toolbench", "teacher_mode"):
        yield warning(
            "dpo.no_signal",
            _STRATEGY,
            f"With the strategy {shown(view.strategy)} chosen and rejected answers are the same "
            "in every pair: DPO learns nothing.",
            "Use 'manual_templates'.",
            _templates(view),
        )


def _templates(view: View) -> Patch:
    generation = () if view.generation == "synthetic" else (add(_GENERATION, "synthetic"),)
    return (replace(_STRATEGY, "manual_templates"), *generation)


def _pairs_cap(facts: Facts) -> Iterator[Finding]:
    rows = facts.derived.rows_train
    if facts.view.is_dpo and (highest(rows) or 0) > PAIRS_MAX:
        yield info(
            "dpo.pairs_cap",
            _STRATEGY,
            f"Of {spoken(rows, 'training row')} the first {PAIRS_MAX} become pairs at most.",
            "More tools add no pairs.",
        )


def _full_finetune(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    if view.is_dpo and not view.uses_lora:
        rank = () if view.has("training.lora_r") else (add(_RANK, 16),)
        yield warning(
            "dpo.full_finetune",
            _LORA,
            "DPO without LoRA keeps a second copy of the model as reference, and its loss may "
            "become NaN.",
            "Turn LoRA on.",
            (*rank, replace(_LORA, True)),
        )


def _eval_unused(facts: Facts) -> Iterator[Finding]:
    if facts.view.is_dpo:
        yield info(
            "dpo.eval_unused",
            _SPLIT,
            "DPO never evaluates: the training share only sets rows aside that nothing uses.",
            "Use a share near 1 to train on more pairs.",
        )


RULES: Final = (_no_signal, _pairs_cap, _full_finetune, _eval_unused)

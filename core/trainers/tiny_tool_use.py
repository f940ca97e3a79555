"""Tiny Tool Use (github.com/bagel-org/bagel-RL at 6939ffa): would ``train.py`` run with this file?

The verdict is a prediction: with this file train.py gets to its end and makes at least one
optimizer update. What stops it is found by going through what it does, in its own order. A stage
holds the trainer's own checks and what its libraries refuse; what merely is unwise, or breaks the
config's own rules without breaking the run, is said elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from core.derive import highest
from core.document import Path
from core.facts import Facts
from core.findings import Finding, Verdict
from core.trainers import stage_config, stage_data, stage_model, stage_training
from core.trainers.base import Trainer
from core.view import View

Stage = Callable[[Facts], Iterable[Finding]]

STAGES: Final[tuple[Stage, ...]] = (
    stage_config.blockers,
    stage_data.blockers,
    stage_model.blockers,
    stage_training.blockers,
)
"""What train.py does, from reading the file to the last update."""

REQUIREMENTS: Final = (
    "transformers==4.52.4",
    "trl==0.19.1",
    "peft==0.15.2",
    "datasets==3.6.0",
    "accelerate==1.7.0",
    "bitsandbytes",
)
"""The newest versions that work with this code.

TRL 0.20 dropped ``max_seq_length`` (trainer.py:204), transformers 5 ``overwrite_output_dir``
(trainer.py:183). bitsandbytes is missing in the trainer's own requirements.txt, and LoRA and DPO's
optimizer need it.
"""


def judge(facts: Facts) -> Verdict:
    """What Tiny Tool Use would do with the file in the pinned environment, on one recent GPU."""
    blockers = tuple(_each_once(facts))
    return Verdict("tiny_tool_use", "pinned", blockers, learns=_learns(facts))


def _each_once(facts: Facts) -> Iterator[Finding]:
    """One blocker for each reason and place, where two stages meet the same value."""
    seen: set[tuple[str, Path]] = set()
    for stage in STAGES:
        for blocker in stage(facts):
            reason = blocker.rule, blocker.path
            if reason not in seen:
                seen.add(reason)
                yield blocker


def _learns(facts: Facts) -> bool:
    """Whether the updates would change the model and carry a signal."""
    return not any(lesson(facts) for lesson in _NO_LESSON)


def _never_moves(facts: Facts) -> bool:
    """A rate of 0 all the time: it is set to 0, or the only update falls on warm-up's 0."""
    rate_is_zero = facts.view.number("training.learning_rate") == 0
    return rate_is_zero or highest(facts.derived.peak_learning_rate) == 0


def _silent_adapters(facts: Facts) -> bool:
    """Adapters are multiplied by alpha over rank, and dropout of 1 drops all they are given."""
    alpha, dropout = (_number(facts.view, key) for key in ("lora_alpha", "lora_dropout"))
    return facts.view.uses_lora and (alpha == 0 or dropout == 1)


def _number(view: View, key: str) -> float | None:
    return view.number(f"training.{key}")


def _equal_pairs(facts: Facts) -> bool:
    """Rejected is chosen without [TOOL_CALL], which only manual_templates writes."""
    return facts.view.is_dpo and facts.view.strategy != "manual_templates"


def _no_next_token(facts: Facts) -> bool:
    """Supervised rows of one token have no next token to predict."""
    return facts.view.is_supervised and _number(facts.view, "max_length") == 1


_NO_LESSON: Final = (_never_moves, _silent_adapters, _equal_pairs, _no_next_token)

TINY_TOOL_USE: Final = Trainer("tiny_tool_use", "pinned", REQUIREMENTS, judge)

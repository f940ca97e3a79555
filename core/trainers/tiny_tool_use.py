"""Tiny Tool Use (github.com/bagel-org/bagel-RL at 6939ffa): would ``train.py`` run with this file?

The verdict is a prediction: with this file train.py gets to its end and makes at least one
optimizer update. What stops it is found by going through what it does, in its own order. A stage
holds the trainer's own checks and what its libraries refuse; what merely is unwise, or breaks the
config's own rules without breaking the run, is said elsewhere.
"""

from typing import Final

from core.reading.profile import Profile
from core.reading.target import Libraries, Machine
from core.reading.view import View
from core.trainers import (
    lessons,
    stage_config,
    stage_data,
    stage_libraries,
    stage_model,
    stage_training,
    used,
)
from core.trainers.base import Lesson, Stage, Trainer

# TRL 0.20 dropped ``max_seq_length`` (trainer.py:204), transformers 5 ``overwrite_output_dir``
# (trainer.py:183). bitsandbytes is missing in the trainer's own requirements.txt, and LoRA and
# DPO's optimizer need it.
PINNED: Final = {
    "torch": "2.13.0",
    "transformers": "4.52.4",
    "trl": "0.19.1",
    "peft": "0.15.2",
    "datasets": "3.6.0",
    "accelerate": "1.7.0",
    "bitsandbytes": "0.50.2",
}

# From 0.19 on, TRL's SFTConfig sets bf16 where fp16 is off, which only newer GPUs can do.
PINNED_WITHOUT_BF16: Final = {**PINNED, "trl": "0.18.2"}

# The newest on the Python Package Index on 2026-11-28.
TODAY: Final = {
    "torch": "2.15.0",
    "transformers": "5.24.0",
    "trl": "1.16.0",
    "peft": "0.21.2",
    "datasets": "5.2.0",
    "accelerate": "1.15.0",
    "bitsandbytes": "0.50.2",
}


def _always(view: View) -> bool:
    return True


def _downloads(view: View) -> bool:
    return view.is_toolbench_real


# What train.py and src/ import besides, in the versions that it was run with.
IMPORTS: Final = (
    ("jsonschema==4.26.0", _always),
    ("numpy==2.4.6", _always),
    ("pandas==3.1.1", _always),
    ("requests==2.34.2", _always),
    ("rich==15.0.0", _always),
    ("tensorboard==2.21.0", _always),
    # It fetches ToolBench (data_generator.py:48).
    ("gdown==5.2.0", _downloads),
)

STAGES: Final[tuple[Stage, ...]] = (
    stage_config.blockers,
    stage_data.blockers,
    stage_model.blockers,
    stage_libraries.blockers,
    stage_training.blockers,
)
"""What train.py does, from reading the file to the last update."""

LESSONS: Final[tuple[Lesson, ...]] = (
    lessons.never_moves,
    lessons.silent_adapters,
    lessons.equal_pairs,
    lessons.no_next_token,
    lessons.only_prompts,
    lessons.weights_become_nan,
)


def libraries(environment: str, machine: Machine) -> Libraries:
    """The newest libraries that the trainer works with on a machine, or today's."""
    if environment == "today":
        return Libraries(TODAY)
    return Libraries(PINNED if machine.has_bf16 else PINNED_WITHOUT_BF16)


def profile(libraries: Libraries) -> Profile:
    """The models' own account of the keys; newer transformers differ in two habits.

    5.23.0 was seen to evaluate after the last update, 5.0.0 not to.
    """
    return Profile(
        evaluates_at_end=libraries.have("transformers", "5.23.0"),
        takes_warmup_share=libraries.have("transformers", "5.0.0"),
    )


TRAINER: Final = Trainer(
    name="tiny_tool_use",
    title="Tiny Tool Use",
    source="github.com/bagel-org/bagel-RL at 6939ffa",
    summary="The trainer itself, as of July 2025.",
    libraries=libraries,
    profile=profile,
    stages=STAGES,
    lessons=LESSONS,
    imports=IMPORTS,
    uses=used.uses,
)

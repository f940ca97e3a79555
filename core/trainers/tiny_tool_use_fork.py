"""The public fork github.com/atbolsh/bagel-RL at 4700154 (January 2026), made for newer libraries.

It differs from Tiny Tool Use in src/training/trainer.py only: SFTConfig gets ``max_length`` and
``bf16=True``, two arguments that newer libraries lack are gone, and nothing is reported.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from core import fields
from core.config import Use
from core.findings import Finding
from core.reading.profile import Profile
from core.reading.target import Libraries, Machine
from core.trainers import (
    stage_config,
    stage_data,
    stage_libraries,
    stage_model,
    stage_training,
    tiny_tool_use,
    used,
)
from core.trainers.base import Trainer, Used
from core.trainers.facts import Facts

# Lines of the first trainer's trainer.py after which the fork's have moved, and by how many.
_MOVED_AFTER: Final = (183, 205, 219)
_MOVED_BY: Final = (0, -1, -2, -4)

_PLACE: Final = re.compile(r"(?<![\w/])trainer\.py:(\d+(?:[-,]\d+)*)")
_BF16: Final = "bf16 is fixed to true"
_NO_REPORT: Final = "report_to is fixed to 'none'"


def located(text: str) -> str:
    """A text that names lines of the first trainer, with the fork's own."""
    return _PLACE.sub(lambda place: "trainer.py:" + _moved(place.group(1)), text)


def _moved(lines: str) -> str:
    return re.sub(r"\d+", lambda line: str(_line(int(line.group()))), lines)


def _line(number: int) -> int:
    return number + _MOVED_BY[bisect(_MOVED_AFTER, number - 1)]


def _keys() -> Mapping[str, Use]:
    """All keys with the fork's lines, and what it fixes otherwise."""
    keys = {
        spec.name: replace(spec.use, source=located(spec.use.source))
        for spec in fields.table().values()
    }
    for name, reason, methods in (
        ("training.fp16", _BF16, ("sft",)),
        ("training.bf16", "true is fixed", ("sft",)),
        ("tensorboard.enabled", _NO_REPORT, ("sft", "dpo")),
    ):
        use = keys[name]
        keys[name] = replace(use, ignored={**use.ignored, **dict.fromkeys(methods, reason)})
    return MappingProxyType(keys)


def profile(libraries: Libraries) -> Profile:
    """The fork's account of the keys."""
    return replace(tiny_tool_use.profile(libraries), trainer="tiny_tool_use_fork", keys=_keys())


def libraries(environment: str, machine: Machine) -> Libraries:
    """Today's libraries are the newest that the fork works with: it asks for TRL 0.27 or newer."""
    return Libraries(tiny_tool_use.TODAY)


def _arguments(facts: Facts) -> Iterator[Finding]:
    """What the libraries refuse of the arguments that the fork hands over."""
    if facts.view.is_supervised and not facts.machine.has_bf16:
        what = "The fork always computes in bfloat16"
        yield stage_libraries.no_bf16(what, "Use a GPU of the Ampere generation or newer.")
    yield from stage_libraries.chosen_bf16(facts)
    yield from stage_libraries.adapters_in_bf16(facts)


def uses(facts: Facts) -> Iterator[Used]:
    """What the fork takes whatever is written: as the first trainer, but for precision."""
    for one in used.uses(facts):
        if facts.view.is_supervised and one.name in ("training.fp16", "training.bf16"):
            bf16 = one.name == "training.bf16"
            yield replace(one, value=bf16, reason=_BF16, source="trainer.py:200")
        elif not one.name.startswith("tensorboard."):
            yield replace(one, source=located(one.source))


TRAINER: Final = Trainer(
    name="tiny_tool_use_fork",
    title="Tiny Tool Use, fork by atbolsh",
    source="github.com/atbolsh/bagel-RL at 4700154",
    summary="A public fork for newer libraries; supervised runs compute in bfloat16.",
    libraries=libraries,
    profile=profile,
    stages=(
        stage_config.blockers,
        stage_data.blockers,
        stage_model.blockers,
        _arguments,
        stage_training.blockers,
    ),
    lessons=tiny_tool_use.LESSONS,
    imports=tiny_tool_use.IMPORTS,
    uses=uses,
    located=located,
)

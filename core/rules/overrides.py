"""Values that a run takes otherwise than they are written, without stopping."""

from collections.abc import Iterator
from typing import Final

from core import fields, trainers
from core.document import ABSENT
from core.findings import Finding
from core.reading.view import path_of
from core.reading.wording import info, shown
from core.trainers.facts import Facts

# Two are said as errors already, one is what its own help says.
_SAID: Final = ("training.use_lora", "data.generation_type", "training.method")

_REMEDIES: Final = {
    "tensorboard.enabled": "Set it to true, or uninstall the loggers that you don't want.",
}
_REMEDY: Final = "Leave it for another trainer, or remove it."


def _overridden(facts: Facts) -> Iterator[Finding]:
    trainer = trainers.get(facts.setting.target.trainer)
    for one in trainer.uses(facts):
        if one.why != "override" or one.name in _SAID:
            continue
        spec, written = fields.find(path_of(one.name)), facts.view.value(one.name)
        if spec and written is not ABSENT:
            yield info(
                f"override.{one.name}",
                spec.path,
                f"{spec.title} is {shown(written)}, and a run takes {shown(one.value)}: "
                f"{one.reason}.",
                _REMEDIES.get(one.name, _REMEDY),
            )


RULES: Final = (_overridden,)

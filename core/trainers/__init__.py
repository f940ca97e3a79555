"""The programs that read a config, and what each would do with it: one module per trainer."""

from typing import Final

from core.errors import UnknownTrainer
from core.trainers.base import Trainer
from core.trainers.tiny_tool_use import TINY_TOOL_USE
from core.wording import shown

__all__ = ["DEFAULT", "Trainer", "get"]

_TRAINERS: Final = {trainer.name: trainer for trainer in (TINY_TOOL_USE,)}

DEFAULT: Final = TINY_TOOL_USE.name
"""The trainer that is meant where none is named."""


def get(name: str) -> Trainer:
    """The trainer of that name.

    Raises:
        UnknownTrainer: there is none.
    """
    if name not in _TRAINERS:
        known = ", ".join(_TRAINERS)
        raise UnknownTrainer(f"There is no trainer {shown(name)}; choose one of: {known}.")
    return _TRAINERS[name]

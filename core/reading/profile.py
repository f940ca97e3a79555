"""What one trainer, with one set of libraries, makes of each key: the data that reads go by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.config import Use
from core.fields import FieldSpec


@dataclass(frozen=True, slots=True)
class Profile:
    """How a trainer reads a config.

    Attributes:
        trainer: its name.
        keys: by the name of a field: what this trainer makes of it, where that is not what the
            model says, which speaks of Tiny Tool Use.
        evaluates_at_end: whether the libraries evaluate once more after the last update.
        takes_warmup_share: whether the libraries take warm-up steps below 1 for a share.
    """

    trainer: str = "tiny_tool_use"
    keys: Mapping[str, Use] = field(default_factory=dict, compare=False, repr=False)
    evaluates_at_end: bool = False
    takes_warmup_share: bool = False

    def use(self, spec: FieldSpec) -> Use:
        """What the trainer makes of a field."""
        return self.keys.get(spec.name, spec.use)

    def absent(self, spec: FieldSpec, method: object) -> Any:
        """The value that the trainer uses when the key is absent, or ``None``."""
        return self.use(spec).absent_for(method)

    def ignored(self, spec: FieldSpec, method: object, *, lora: bool = True) -> str | None:
        """Why this method's training, with or without LoRA, does not look at the value."""
        return self.use(spec).ignored_for(method, lora=lora)


TINY_TOOL_USE: Final = Profile()
"""The trainer that the models describe, with the libraries it is pinned to."""

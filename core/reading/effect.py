"""Which values of a config its run looks at."""

from dataclasses import dataclass
from typing import Any, Final

from core.document import ABSENT, Path
from core.fields import FieldSpec
from core.reading.profile import TINY_TOOL_USE, Profile
from core.reading.view import View

_SAMPLES: Final[Path] = ("data", "max_samples")


@dataclass(frozen=True, slots=True)
class Reader:
    """What decides which values a run looks at; many configs have the same reader.

    Attributes:
        method: ``dpo``, or ``sft`` for the supervised loop.
        lora: whether the LoRA path is taken.
        tools: whether rows are made from the tools.
        samples: whether ``data.max_samples`` decides the number of rows.
        profile: what the trainer makes of each key.
    """

    method: str
    lora: bool
    tools: bool
    samples: bool
    profile: Profile = TINY_TOOL_USE

    def reads(self, spec: FieldSpec | None) -> bool:
        """Whether the run looks at the values of a field; nothing looks at an unknown key."""
        if spec is None:
            return False
        if spec.path[0] == "tools":
            return self.tools
        if spec.path == _SAMPLES and not self.samples:
            return False
        return self.profile.ignored(spec, self.method, lora=self.lora) is None

    def used(self, spec: FieldSpec, value: Any) -> Any:
        """The value that the run takes: the trainer's own, where there is one, for an absent."""
        if value is not ABSENT:
            return value
        instead = self.profile.absent(spec, self.method)
        return ABSENT if instead is None else instead


def reader(view: View) -> Reader:
    """The reader of a config."""
    return Reader(
        method="dpo" if view.is_dpo else "sft",
        lora=view.uses_lora,
        tools=not view.is_toolbench_real,
        samples=not view.makes_rows_from_tools,
        profile=view.profile,
    )

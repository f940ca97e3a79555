"""A document as the rules look at it: typed reads that never raise, with the trainer's defaults."""

from functools import cached_property, lru_cache
from typing import Any

from core import fields
from core.document import ABSENT, Document, Path, get


@lru_cache(maxsize=512)
def path_of(name: str) -> Path:
    """The path of a known field from its name, such as ``training.learning_rate``."""
    return tuple(name.split("."))


class View:
    """Reads of one document; each answers ``None`` where the value is not of the type asked for.

    ``name`` is always the name of a known field outside ``tools``, such as ``data.max_samples``.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def value(self, name: str) -> Any:
        """The value as it stands, or ``ABSENT``."""
        return get(self.document, path_of(name))

    def has(self, name: str) -> bool:
        """Whether the key is there, whatever its value."""
        return self.value(name) is not ABSENT

    def effective(self, name: str) -> Any:
        """The value as it stands, or the trainer's default for this method, or ``None``."""
        value = self.value(name)
        if value is not ABSENT:
            return value
        spec = fields.find(path_of(name))
        return spec.absent(self.method) if spec else None

    def text(self, name: str) -> str | None:
        """The effective value, if it is text."""
        value = self.effective(name)
        return value if isinstance(value, str) else None

    def integer(self, name: str) -> int | None:
        """The effective value, if it is a whole number; ``4.0`` and ``true`` are not."""
        value = self.effective(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def number(self, name: str) -> float | None:
        """The effective value, if it is a number."""
        value = self.effective(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        """The effective value, if it is true or false."""
        value = self.effective(name)
        return value if isinstance(value, bool) else None

    @cached_property
    def method(self) -> Any:
        """``training.method`` as it stands."""
        return self.value("training.method")

    @cached_property
    def strategy(self) -> Any:
        """``data.strategy`` as it stands."""
        return self.value("data.strategy")

    @cached_property
    def generation(self) -> str | None:
        """``data.generation_type`` in lower case, as the trainer compares it."""
        value = self.value("data.generation_type")
        return value.lower() if isinstance(value, str) else None

    @property
    def is_dpo(self) -> bool:
        """Whether the method is DPO."""
        return bool(self.method == "dpo")

    @property
    def is_supervised(self) -> bool:
        """Whether the method runs the supervised loop: sft or teacher_mode (trainer.py:296)."""
        return self.method in ("sft", "teacher_mode")

    @property
    def is_toolbench_real(self) -> bool:
        """Whether rows come from the ToolBench download."""
        return self.strategy == "toolbench" and self.generation == "real"

    @property
    def is_synthetic(self) -> bool:
        """Whether rows are made from the tool list."""
        known = self.strategy in ("toolbench", "teacher_mode", "manual_templates")
        return known and self.generation == "synthetic"

    @property
    def uses_lora(self) -> bool:
        """Whether the trainer takes the LoRA path: it looks at truth only, so "false" is true."""
        return bool(self.effective("training.use_lora"))

    @cached_property
    def tools(self) -> tuple[tuple[int, dict[str, Any]], ...]:
        """The items of ``tools`` that are objects, each with its index."""
        tools = self.document.get("tools")
        items = enumerate(tools) if isinstance(tools, list) else ()
        return tuple((index, item) for index, item in items if isinstance(item, dict))

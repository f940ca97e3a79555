"""A document as the rules look at it: typed reads that never raise, with the trainer's defaults."""

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

from core import fields
from core.document import ABSENT, Document, Path, get
from core.reading.profile import TINY_TOOL_USE, Profile

Holder = dict[str, Any] | list[Any]


@lru_cache(maxsize=512)
def path_of(name: str) -> Path:
    """The path of a known field from its name, such as ``training.learning_rate``."""
    return tuple(name.split("."))


class View:
    """Reads of one document; each answers ``None`` where the value is not of the type asked for.

    ``name`` is always the name of a known field outside ``tools``, such as ``data.max_samples``.
    A document is never changed in place, so that each read is done once. ``profile`` says what
    the trainer uses where a key is absent.
    """

    def __init__(self, document: Document, profile: Profile = TINY_TOOL_USE) -> None:
        self.document = document
        self.profile = profile
        self._values: dict[str, Any] = {}
        self._effective: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        """The value as it stands, or ``ABSENT``."""
        if name not in self._values:
            self._values[name] = get(self.document, path_of(name))
        return self._values[name]

    def has(self, name: str) -> bool:
        """Whether the key is there, whatever its value."""
        return self.value(name) is not ABSENT

    def effective(self, name: str) -> Any:
        """The value as it stands, or the trainer's default for this method, or ``None``."""
        if name not in self._effective:
            value = self.value(name)
            self._effective[name] = self._absent(name) if value is ABSENT else value
        return self._effective[name]

    def _absent(self, name: str) -> Any:
        spec = fields.find(path_of(name))
        return self.profile.absent(spec, self.method) if spec else None

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
    def makes_rows_from_tools(self) -> bool:
        """Whether the tools decide how many rows there are, and ``max_samples`` does not."""
        return self.is_synthetic and self.strategy != "teacher_mode"

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

    @cached_property
    def unknown(self) -> tuple[Path, ...]:
        """The keys that no model knows, outermost only."""
        return tuple(fields.unknown(self.document))

    @cached_property
    def texts(self) -> tuple[tuple[Path, str], ...]:
        """Every value that is text, with its path, the outermost first."""
        return tuple(_texts(self.document))


def _texts(document: Document) -> Iterator[tuple[Path, str]]:
    for path, holder in holders(document):
        for step, item in entries(holder):
            if isinstance(item, str):
                yield (*path, step), item


def tool_name(tool: Any) -> str | None:
    """The name of an item of ``tools``, if it has one."""
    name = tool.get("name") if isinstance(tool, dict) else None
    return name if isinstance(name, str) else None


def holders(document: Document) -> Iterator[tuple[Path, Holder]]:
    """Every object and list of a document with its path, the outermost first."""
    found: list[tuple[Path, Holder]] = [((), document)]
    for path, holder in found:
        yield path, holder
        for step, item in entries(holder):
            if isinstance(item, dict | list):
                # The list grows while it is read, so that deep documents need no recursion.
                found.append(((*path, step), item))


def entries(holder: Holder) -> Iterable[tuple[str | int, Any]]:
    """The values in an object or a list, each with the step that leads to it."""
    return holder.items() if isinstance(holder, dict) else enumerate(holder)

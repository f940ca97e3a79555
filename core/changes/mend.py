"""The smallest well-formed value for a malformed one; rules and trainers propose the same."""

from dataclasses import dataclass
from typing import Any, Final

from core.changes.meant import read_as_meant
from core.config import BUILT_IN_TOOLS
from core.document import ABSENT, MAX_INTEGER
from core.fields import FieldSpec
from core.presets import built_in_tools
from core.reading.model_names import is_model_id
from core.reading.view import View
from core.system.secrets import kind_of


@dataclass(frozen=True, slots=True)
class Mend:
    """A value to write instead; ``ABSENT`` means that the key is better taken out.

    Attributes:
        value: the new value.
        safe: whether a config that runs would train the same with it.
    """

    value: Any
    safe: bool


def mended(view: View, spec: FieldSpec, value: Any) -> Mend | None:
    """A value that the field accepts: the one meant, else the nearest bound, else the default.

    ``None`` where that would put something else in the place of what the user wrote: an object or
    a list where a single value belongs, text where one of those two does.
    """
    meant = read_as_meant(spec, value)
    if spec.name == "data.generation_type" and not _can_be(view, meant):
        return required(view, spec)
    if meant is not ABSENT and spec.accepts(meant) and _is_sensible(spec, meant):
        # Python takes the text "false" for true: writing false changes what is trained.
        safe = not isinstance(meant, bool) or meant == bool(value)
        return Mend(meant, safe)
    if _is_content(spec, value):
        return None
    if spec.required:
        return required(view, spec)
    for choice in (_nearest_bound(spec, value), _percent(spec, value), _default(view, spec)):
        if choice is not None and spec.accepts(choice):
            return Mend(choice, False)
    return Mend(ABSENT, False)


# Adapters of a higher rank are wider than the layers of small models.
_RANK_MAX: Final = 1024


def _is_sensible(spec: FieldSpec, meant: Any) -> bool:
    return spec.name != "training.lora_r" or bool(meant <= _RANK_MAX)


def _is_content(spec: FieldSpec, value: Any) -> bool:
    if isinstance(value, str):
        return spec.kind in ("object", "list") and bool(value.strip())
    return isinstance(value, list | dict) and bool(value)


def required(view: View, spec: FieldSpec) -> Mend | None:
    """What the rest of the document says a required field outside ``tools`` must be."""
    if spec.name == "tokenizer.trust_remote_code":
        return Mend(False, True)
    if spec.name in _OTHER_NAME:
        name = view.value(_OTHER_NAME[spec.name])
        return Mend(name, True) if is_model_id(name) else None
    if spec.name == "data.generation_type":
        generation = _generation(view)
        return Mend(generation, True) if generation else None
    return None


_OTHER_NAME: Final = {"model.name": "tokenizer.name", "tokenizer.name": "model.name"}


def _generation(view: View) -> str | None:
    """The kind of data that the trainer has for a strategy (data_generator.py:34-43)."""
    if view.strategy in ("teacher_mode", "manual_templates"):
        return "synthetic"
    # DPO can't make pairs of the download (trainer.py:331).
    real = "synthetic" if view.is_dpo else "real"
    return real if view.strategy == "toolbench" else None


def _can_be(view: View, generation: Any) -> bool:
    return generation != "real" or _generation(view) != "synthetic"


def section_value(view: View, name: str, value: Any) -> Any:
    """What a missing or malformed section was meant to be.

    Returns:
        The section; ``None`` where the key can go; ``ABSENT`` where nothing follows from the
        document, or the user's value would be lost.
    """
    match name, value:
        case "model" | "tokenizer", _:
            return _named_section(view, name, value)
        case "tensorboard", bool():
            return {"enabled": value}
        case "tensorboard", str() if value.strip() and not kind_of(value):
            return {"log_dir": value}
        case "evaluation", [*items] if items and all(isinstance(item, str) for item in items):
            return {"metrics": value}
        case "tensorboard" | "evaluation", None:
            return None
    return ABSENT


def _named_section(view: View, name: str, value: Any) -> Any:
    other = view.value("model.name" if name == "tokenizer" else "tokenizer.name")
    chosen = other if value is ABSENT or value is None else value
    if not is_model_id(chosen):
        return ABSENT
    return {"name": chosen, **({"trust_remote_code": False} if name == "tokenizer" else {})}


def has_no_tools(tools: Any) -> bool:
    """Whether ``tools`` is missing or holds nothing that could be lost."""
    return tools is ABSENT or tools is None or tools in ([], {}, "")


def tools_for(view: View) -> list[Any] | None:
    """The tools that follow from the data section: none for the download, else the built-in ones.

    ``None`` where it does not say which rows are meant.
    """
    if view.is_toolbench_real:
        return []
    made = view.is_synthetic or view.strategy in ("teacher_mode", "manual_templates")
    return list(built_in_tools()) if made else None


def tool_list(view: View, value: Any) -> list[Any] | None:
    """The list that was meant by what stands in its place, or ``None``."""
    if has_no_tools(value):
        tools = tools_for(view)
        # Null and the like were meant to be some list; a missing key needs a reason.
        return [] if tools is None and value is not ABSENT else tools
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("name"), str):
        return [value]
    if all(isinstance(item, dict) for item in value.values()):
        return [{"name": name, **item} for name, item in value.items()]
    return None


def _nearest_bound(spec: FieldSpec, value: Any) -> Any:
    """The whole number next to a number that is none, or the bound that it is beyond."""
    if isinstance(value, bool) or not isinstance(value, int | float) or spec.kind != "integer":
        return None
    if spec.minimum is not None and value < spec.minimum:
        return None if spec.name in _BOUND_TEACHES_NOTHING else _usable(spec.minimum)
    return _usable(value if isinstance(value, float) else spec.maximum)


# Rank 1, one token a row, one row: allowed, and no training to speak of.
_BOUND_TEACHES_NOTHING: Final = ("training.lora_r", "training.max_length", "data.max_samples")


def _usable(number: float | None) -> int | None:
    # The bounds of seed are those of a C integer, which nobody wants as a seed.
    if number is None or not abs(number) <= MAX_INTEGER:
        return None
    return int(number)


def _default(view: View, spec: FieldSpec) -> Any:
    """The trainer's default; for free text it is taken out instead, which comes to the same."""
    if spec.kind == "text" and not spec.pattern:
        return None
    return view.profile.absent(spec, view.method)


def _percent(spec: FieldSpec, value: Any) -> float | None:
    """80 as a share is 0.8; below 50 a number says too little about what was meant."""
    is_count = isinstance(value, int | float) and not isinstance(value, bool)
    if spec.name == "data.train_split" and is_count and 50 <= value < 100:
        return float(value) / 100
    return None


def tool_part(tool: dict[str, Any], key: str) -> Any:
    """The obvious value of a key that a tool lacks, or ``ABSENT``."""
    name, function = tool.get("name"), tool.get("function")
    if key == "name":
        return function if isinstance(function, str) and function in BUILT_IN_TOOLS else ABSENT
    for built_in in built_in_tools():
        if built_in["name"] == name:
            return built_in[key]
    if key == "parameters":
        return {"type": "object", "properties": {}}
    return name if isinstance(name, str) and name and not kind_of(name) else ABSENT

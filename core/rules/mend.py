"""The smallest well-formed value that stands for a malformed one."""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from core.config import BUILT_IN_TOOLS
from core.document import ABSENT, MAX_INTEGER, parse
from core.errors import DocumentError
from core.fields import FieldSpec
from core.rules.secrets import kind_of
from core.view import View


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
    """A value that the field accepts: the one meant, else the nearest bound, else the default."""
    meant = read_as_meant(spec, value)
    if meant is not ABSENT and spec.accepts(meant):
        # Python takes the text "false" for true: writing false changes what is trained.
        safe = not isinstance(meant, bool) or meant == bool(value)
        return Mend(meant, safe)
    if spec.required:
        return required(view, spec)
    for choice in (_nearest_bound(spec, value), _percent(spec, value), _default(view, spec)):
        if choice is not None and spec.accepts(choice):
            return Mend(choice, False)
    return Mend(ABSENT, False)


def required(view: View, spec: FieldSpec) -> Mend | None:
    """The obvious value of a required field outside ``tools`` that is missing or beyond repair."""
    if spec.name == "tokenizer.trust_remote_code":
        return Mend(False, True)
    if spec.name in _OTHER_NAME:
        name = view.value(_OTHER_NAME[spec.name])
        return Mend(name, True) if is_model_id(name) else None
    if spec.name == "data.generation_type" and isinstance(view.strategy, str):
        generation = _GENERATION.get(view.strategy)
        return Mend(generation, True) if generation else None
    return None


_OTHER_NAME: Final = {"model.name": "tokenizer.name", "tokenizer.name": "model.name"}

# The kind of data that the trainer has for a strategy (data_generator.py:34-43).
_GENERATION: Final = {
    "toolbench": "real",
    "teacher_mode": "synthetic",
    "manual_templates": "synthetic",
}

# What the Hub allows in an id (huggingface_hub, validate_repo_id).
_MODEL_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)


def is_model_id(value: Any) -> bool:
    """Whether a value looks like a Hugging Face id and not like a path, an address or a secret."""
    if not isinstance(value, str) or not 0 < len(value) <= 96:
        return False
    odd = ".." in value or "--" in value or kind_of(value)
    return bool(_MODEL_ID.fullmatch(value)) and not odd


def read_as_meant(spec: FieldSpec, value: Any) -> Any:
    """What a malformed value was meant to be, by its kind alone, or ``ABSENT``."""
    match spec.kind:
        case "integer" | "number":
            return _as_number(value, whole=spec.kind == "integer")
        case "boolean":
            return _as_flag(spec, value)
        case "choice":
            return near_choice(value, spec.choices) or ABSENT
        case "list":
            return _as_texts(value)
        case "object":
            return _as_object(value)
        case "text" if isinstance(value, str):
            return value.strip().lower()
    return ABSENT


_NUMBER: Final = re.compile(r"[+-]?(\d{1,16}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?")


def _as_number(value: Any, *, whole: bool) -> Any:
    if isinstance(value, bool):
        return ABSENT
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            return ABSENT
        text = value.strip()
        value = int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    if isinstance(value, float) and whole:
        small = math.isfinite(value) and abs(value) <= MAX_INTEGER
        return int(value) if small and value.is_integer() else ABSENT
    return value if isinstance(value, int | float) else ABSENT


_TRUE: Final = ("true", "yes", "on", "1")
_FALSE: Final = ("false", "no", "off", "0", "", "none", "null")


def _as_flag(spec: FieldSpec, value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in _TRUE + _FALSE:
        return value.strip().lower() in _TRUE
    # The trainer only asks whether a value counts as true; no accident may switch this key on.
    return value == 1 if spec.key == "trust_remote_code" else bool(value)


def _as_texts(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    return texts or ABSENT


def _as_object(value: Any) -> Any:
    try:
        return parse(value) if isinstance(value, str) else ABSENT
    except DocumentError:
        return ABSENT


_MEANT: Final = {
    "bf16": "bfloat16",
    "fp16": "float16",
    "f16": "float16",
    "fp32": "float32",
    "f32": "float32",
    "float64": "double",
    "adamw": "adamw_torch",
    # Taken out of transformers; adamw_torch is what its users were sent to.
    "adamw_hf": "adamw_torch",
    "lora": "sft",
    "supervised": "sft",
}

OTHER_METHODS: Final = ("rlhf", "ppo", "orpo", "cpt")
"""Methods of other programs; none of them is a misspelling of one that this trainer has."""


def near_choice(value: Any, choices: tuple[str, ...]) -> str | None:
    """The choice that a text was meant to be: other case or separators, a nickname, a typo."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = value.strip().lower().removeprefix("torch.")
    for candidate in (text, _MEANT.get(text)):
        for choice in choices:
            if candidate and _squeezed(candidate) == _squeezed(choice):
                return choice
    if text in OTHER_METHODS:
        return None
    return next(iter(get_close_matches(text, choices, n=1, cutoff=0.75)), None)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_-]", "", text)


def _nearest_bound(spec: FieldSpec, value: Any) -> Any:
    """The whole number next to a number that is none, or the bound that it is beyond."""
    if isinstance(value, bool) or not isinstance(value, int | float) or spec.kind != "integer":
        return None
    if spec.minimum is not None and value < spec.minimum:
        return _usable(spec.minimum)
    return _usable(value if isinstance(value, float) else spec.maximum)


def _usable(number: float | None) -> int | None:
    # The bounds of seed are those of a C integer, which nobody wants as a seed.
    if number is None or not abs(number) <= MAX_INTEGER:
        return None
    return int(number)


def _default(view: View, spec: FieldSpec) -> Any:
    """The trainer's default; for free text it is taken out instead, which comes to the same."""
    return None if spec.kind == "text" and not spec.pattern else spec.absent(view.method)


def _percent(spec: FieldSpec, value: Any) -> float | None:
    """80 as a share is 0.8; below 50 a number says too little about what was meant."""
    is_count = isinstance(value, int | float) and not isinstance(value, bool)
    if spec.name == "data.train_split" and is_count and 50 <= value < 100:
        return float(value) / 100
    return None


_JSON_OBJECT: Final = {"type": "object", "properties": {}}


def tool_part(tool: dict[str, Any], key: str) -> Any:
    """The obvious value of a key that a tool lacks, or ``ABSENT``."""
    name, function = tool.get("name"), tool.get("function")
    if key == "parameters":
        return dict(_JSON_OBJECT)
    if key == "name":
        return function if isinstance(function, str) and function in BUILT_IN_TOOLS else ABSENT
    return name if isinstance(name, str) and name and not kind_of(name) else ABSENT

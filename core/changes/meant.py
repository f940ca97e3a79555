"""What a malformed value was meant to be, told by how it is written."""

import math
import re
from difflib import get_close_matches
from typing import Any, Final

from core.document import ABSENT, MAX_INTEGER, parse
from core.errors import DocumentError
from core.fields import FieldSpec


def read_as_meant(spec: FieldSpec, value: Any) -> Any:
    """What a malformed value was meant to be, by its kind alone, or ``ABSENT``."""
    if isinstance(value, list) and len(value) == 1 and spec.kind not in ("list", "object"):
        value = value[0]
    if value is ABSENT:
        return ABSENT
    match spec.kind:
        case "integer" | "number":
            return as_number(value, whole=spec.kind == "integer")
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


def as_number(value: Any, *, whole: bool) -> Any:
    """The number that a value stands for, or ``ABSENT``: ``"5e-5"`` does, ``true`` does not."""
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


def _as_flag(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, list | dict) and value:
        return ABSENT
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

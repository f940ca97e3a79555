"""The smallest well-formed value for a malformed one; rules and trainers propose the same."""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from core.config import BUILT_IN_TOOLS
from core.document import ABSENT, MAX_INTEGER, parse
from core.errors import DocumentError
from core.fields import FieldSpec
from core.presets import built_in_tools
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


# What the Hub allows in an id (huggingface_hub, validate_repo_id).
_MODEL_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)


def is_model_id(value: Any) -> bool:
    """Whether a value looks like a Hugging Face id and not like a path, an address or a secret."""
    if not isinstance(value, str) or not 0 < len(value) <= 96:
        return False
    odd = ".." in value or "--" in value or kind_of(value)
    return bool(_MODEL_ID.fullmatch(value)) and not odd


_LONGEST_ADDRESS: Final = 300
_HUB_PAGE: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(?!(?:datasets|spaces|docs|blog|papers)/)"
    r"([\w.-]+/[\w.-]+)(?:[/?#].*)?",
    re.ASCII,
)


def hub_id(name: str) -> str | None:
    """The id in a page's address or between stray blanks and slashes, or ``None``."""
    text = name.strip()
    page = _HUB_PAGE.fullmatch(text) if len(text) <= _LONGEST_ADDRESS else None
    text = page.group(1) if page else re.sub(r"\s*/[\s/]*", "/", text.rstrip("/"))
    return text if text != name and is_model_id(text) else None


# What huggingface_hub lets through to the Hub (validate_repo_id), and what may be a folder.
_REPOSITORY: Final = re.compile(r"(\b[\w.-]+\b/)?\b[\w.-]{1,96}\b", re.ASCII)
_FOLDER: Final = re.compile(
    r"(?:\.{0,2}/|\.{1,2}\\|[A-Za-z]:[\\/]|\\\\).*|\.{1,2}|[^/~]+(?:/[^/]+){2,}/?", re.DOTALL
)


def loadable(name: str) -> bool:
    """Whether ``from_pretrained`` gets further than the name: a repository's id, or a folder.

    Whether the repository or the folder is there is taken on trust.
    """
    if name != name.strip() or "://" in name or "\0" in name or _HUB_PAGE.fullmatch(name):
        return False
    allowed = "--" not in name and ".." not in name and not name.endswith(".git")
    is_repository = allowed and _REPOSITORY.fullmatch(name)
    return bool(is_repository or _FOLDER.fullmatch(name))


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

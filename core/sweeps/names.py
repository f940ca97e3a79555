"""What the members of a sweep are called: ``sft-01-lr2e-4-r8``, the same each time."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from core.document import ABSENT, number_text
from core.drafts.draft import file_name
from core.sweeps.axes import WITHOUT, Axis
from core.system.secrets import kind_of

# A file name is cut at 100 characters: see ``core.drafts.draft.file_name``.
_LONGEST: Final = 96
_BASE: Final = 40
_PART: Final = 24

# The short names that people give these in the names of runs.
_SHORT: Final = {
    "learning_rate": "lr",
    "lora_r": "r",
    "lora_alpha": "alpha",
    "lora_dropout": "drop",
    "num_epochs": "ep",
    "batch_size": "bs",
    "gradient_accumulation_steps": "ga",
    "warmup_steps": "wu",
    "weight_decay": "wd",
    "max_length": "len",
    "max_samples": "n",
    "train_split": "split",
    "use_lora": "lora",
}
_UNSAFE: Final = re.compile(r"[^\w.]+", re.ASCII)


def base_name(name: str) -> str:
    """The name of a base as it stands in the names of its members, and in no need of quotes.

    ASCII letters, digits, dots, dashes and underscores only: a shell, a queue and every file
    system take these as they are.
    """
    stem = file_name(_slug(name) or "sweep").removesuffix(".json")
    return stem[:_BASE].strip("-.") or "sweep"


def member_names(
    base: str, axes: Sequence[Axis], combinations: Sequence[Sequence[Any]]
) -> tuple[str, ...]:
    """A name for each member, in order; sorted by text they stand in the same order.

    Args:
        base: the name of the sweep.
        axes: what is varied.
        combinations: for each member the value of each axis.
    """
    width = max(2, len(str(len(combinations))))
    stem = base_name(base)
    return tuple(
        _name(f"{stem}-{number:0{width}}", _parts(axes, values))
        for number, values in enumerate(combinations, 1)
    )


def _name(start: str, parts: Iterator[str]) -> str:
    """The start and as many of the parts as there is room for."""
    name = start
    for part in parts:
        if len(name) + 1 + len(part) > _LONGEST:
            break
        name = f"{name}-{part}"
    return name.rstrip("-.")


def _parts(axes: Sequence[Axis], values: Sequence[Any]) -> Iterator[str]:
    for axis, value in zip(axes, values, strict=True):
        # A field that stays as it is tells no member from another.
        if len(axis.values) > 1:
            yield _part(axis, value)


def _part(axis: Axis, value: Any) -> str:
    key = next(str(step) for step in reversed(axis.path) if isinstance(step, str))
    short = _SHORT.get(key) or _slug(key)[:12].strip("-._") or "x"
    text = _value(axis, value)
    joint = "" if re.match(r"[\d.]", text) and key in _SHORT else "-"
    return f"{short}{joint}{text}"


def _value(axis: Axis, value: Any) -> str:
    number = axis.values.index(value) + 1 if value in axis.values else 0
    if value is ABSENT:
        return WITHOUT
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else number_text(value)
    # What may be a secret is in no name; a list, an object or nothing but signs has none.
    text = value if isinstance(value, str) and not kind_of(value) else ""
    return _slug(text.rpartition("/")[2])[:_PART].strip("-.") or f"v{number}"


def _slug(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-.")

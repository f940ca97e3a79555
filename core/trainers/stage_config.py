"""First stage: train.py reads the file, checks it with its own schema and takes it apart.

``config.py`` is ``src/utils/config.py``. The schema is skipped for every spelling of "toolbench"
(config.py:16), so that strategy meets each wrong value only where it is used.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from core.changes.mend import section_value
from core.document import ABSENT, type_name
from core.findings import Finding, Patch, add, remove
from core.reading.view import View, path_of
from core.reading.wording import printed, shown
from core.trainers.facts import Facts
from core.trainers.stops import is_number, mend, raises, section, stop

STRATEGIES: Final = ("toolbench", "teacher_mode", "manual_templates")
"""All that the trainer has code for (config.py:57, data_generator.py:34-41)."""


def blockers(facts: Facts) -> Iterator[Finding]:
    """Why train.py would not get through reading this config."""
    yield from _sections(facts.view)
    yield from _schema(facts.view)
    yield from _seed(facts.view)
    yield from _tensorboard(facts.view)


def is_schema_checked(view: View) -> bool:
    """Whether the trainer checks the file with its schema (config.py:16)."""
    return isinstance(view.strategy, str) and view.strategy.lower() != "toolbench"


_INDEXED_AT: Final = MappingProxyType(
    {
        "model": "trainer.py:65",
        "tokenizer": "train.py:84",
        "training": "train.py:61",
        "data": "config.py:16",
    }
)


# The tokenizer is handed over whole and looked into there.
_USED_AT: Final = MappingProxyType({"tokenizer": "data_generator.py:24"})


def _sections(view: View) -> Iterator[Finding]:
    for name, at in _INDEXED_AT.items():
        value = view.document.get(name, ABSENT)
        if value is ABSENT:
            yield stop(
                "config.section.required",
                (name,),
                f"The section '{name}' is missing.",
                _indexing(view, name, f"KeyError: '{name}'", "is a required property", at),
                f"Add the section '{name}'.",
                _section_fix(view, name),
            )
        elif not isinstance(value, dict):
            yield stop(
                "config.section.type",
                (name,),
                f"The section '{name}' is {type_name(value)}.",
                _indexing(
                    view, name, "TypeError", "is not of type 'object'", _USED_AT.get(name, at)
                ),
                f"Write '{name}' as an object with the section's keys.",
                _section_fix(view, name),
            )


def _indexing(view: View, name: str, error: str, complaint: str, at: str) -> str:
    """How train.py meets a section that is not there; the schema sees two of them first."""
    if is_schema_checked(view) and name in ("model", "training"):
        return raises(f"ValueError: Invalid configuration: '{name}' {complaint}", "config.py:81")
    return raises(error, at)


def _section_fix(view: View, name: str) -> Patch | None:
    """A section that follows from the rest of the document, with all that the user wrote."""
    value = view.document.get(name, ABSENT)
    better = section_value(view, name, value)
    if better is ABSENT:
        return None
    return (remove((name,)),) if better is None else (add((name,), better),)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the trainer's schema asks of one value, in JSON Schema's words."""

    type: str
    minimum: float | None = None
    maximum: float | None = None


# config.py:28-75. Strategy, method and tools are judged where they are used.
SCHEMA: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "model.name": Shape("string"),
        "model.trust_remote_code": Shape("boolean"),
        "model.torch_dtype": Shape("string"),
        "model.device_map": Shape("string"),
        "training.num_epochs": Shape("integer", minimum=1),
        "training.learning_rate": Shape("number", minimum=0),
        "training.batch_size": Shape("integer", minimum=1),
        "training.gradient_accumulation_steps": Shape("integer", minimum=1),
        "training.warmup_steps": Shape("integer", minimum=0),
        "training.max_length": Shape("integer", minimum=1),
        "data.max_samples": Shape("integer", minimum=1),
        "data.train_split": Shape("number", minimum=0, maximum=1),
    }
)

_RULES: Final = MappingProxyType(
    {
        "model.name": "model.name.required",
        "model.torch_dtype": "model.torch_dtype.enum",
        "model.device_map": "model.device_map.enum",
        "data.train_split": "data.train_split.range",
    }
)


def _is_integer(value: Any) -> bool:
    # JSON Schema counts 4.0 as an integer, and Python's true as none.
    return is_number(value) and (isinstance(value, int) or value.is_integer())


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        "string": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "number": is_number,
        "integer": _is_integer,
    }
)


def _schema(view: View) -> Iterator[Finding]:
    if not is_schema_checked(view):
        return
    for name, shape in SCHEMA.items():
        value = view.value(name)
        complaint = "" if value is ABSENT else _complaint(value, shape)
        if complaint:
            yield stop(
                _RULES.get(name, f"{name}.type"),
                path_of(name),
                f"'{name}' is {shown(value)}.",
                raises(f"ValueError: Invalid configuration: {complaint}", "config.py:81"),
                "Give it a value that the trainer's schema allows.",
                mend(view, name),
            )


def _complaint(value: Any, shape: Shape) -> str:
    """What the schema says against a value; empty where it says nothing."""
    if not _TYPES[shape.type](value):
        return f"{printed(value)} is not of type '{shape.type}'"
    if shape.minimum is not None and value < shape.minimum:
        return f"{printed(value)} is less than the minimum of {shape.minimum}"
    if shape.maximum is not None and value > shape.maximum:
        return f"{printed(value)} is greater than the maximum of {shape.maximum}"
    return ""


def _seed(view: View) -> Iterator[Finding]:
    value = view.effective("seed")
    if not _seeds_torch(value):
        yield stop(
            "seed.type",
            ("seed",),
            f"The seed is {shown(value)}.",
            raises(_seed_error(value), "train.py:68"),
            "Give a whole number from 0, such as 42.",
            mend(view, "seed"),
        )


def _seed_error(value: Any) -> str:
    """What ``int`` or torch says to a seed."""
    if isinstance(value, str):
        return f"ValueError: invalid literal for int() with base 10: {printed(value)}"
    if isinstance(value, int | float):
        return "RuntimeError: Overflow when unpacking long, OverflowError or ValueError"
    kind = type(value).__name__
    wanted = "a string, a bytes-like object or a real number"
    return f"TypeError: int() argument must be {wanted}, not '{kind}'"


def _seeds_torch(value: Any) -> bool:
    """Whether ``torch.manual_seed(value)`` works: it calls ``int`` first."""
    try:
        return -(2**63) <= int(value) < 2**64
    except (TypeError, ValueError, OverflowError):
        return False


def _tensorboard(view: View) -> Iterator[Finding]:
    value = view.document.get("tensorboard", ABSENT)
    if value is ABSENT or section(view, "tensorboard") is not None:
        return
    error = f"AttributeError: '{type(value).__name__}' object has no attribute 'get'"
    yield stop(
        "config.section.type",
        ("tensorboard",),
        f"The section 'tensorboard' is {type_name(value)}.",
        raises(error, "trainer.py:44"),
        "Write it as an object with 'enabled' and 'log_dir', or remove it.",
        _section_fix(view, "tensorboard"),
    )

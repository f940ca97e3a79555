"""Entries for the rules that there is one of for each field, read off the field table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any, Final

from core import fields, trainers
from core.catalog.entry import BASE, Entry, Example
from core.fields import FieldSpec
from core.reading.target import DEFAULT, Setting, Target

_DPO: Final = "dpo_basic"
_WITH_TOOLS: Final = "teacher_mode"


# Faults that go by the name of another rule (core.rules.shape).
_RENAMED: Final = ("model.name.type", "model.device_map.type", "data.generation_type.required")


def types() -> Iterator[Entry]:
    """A key that is required and missing, and a value of another type than the field takes."""
    for spec in fields.table().values():
        missing = [_missing(spec)] if spec.required and spec.path[0] != "tools" else []
        yield from (entry for entry in (*missing, _wrong(spec)) if entry.id not in _RENAMED)


def _missing(spec: FieldSpec) -> Entry:
    return Entry(
        id=f"{spec.name}.required",
        kinds=("error",),
        condition=f"`{spec.name}` is missing.",
        source=spec.use.source,
        speaks=(Example(remove=(spec.name,)),),
        silent=Example(),
    )


def _wrong(spec: FieldSpec) -> Entry:
    base = _WITH_TOOLS if spec.path[0] == "tools" else BASE
    place = spec.name.replace("[*]", "[0]")
    suffix = "enum" if spec.kind == "choice" else "type"
    return Entry(
        id=f"{spec.name.replace('[*]', '')}.{suffix}",
        kinds=("error",),
        condition=f"`{spec.name}` is there and is not {spec.wants()}.",
        source=spec.use.source,
        speaks=(Example(base, {place: _MALFORMED[spec.kind]}),),
        # Any command is an error of its own.
        silent=Example(base, {} if spec.key == "command" else {place: well_formed(spec)}),
    )


_MALFORMED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "text": 5,
        "integer": 0.5,
        "number": "0.1",
        "boolean": "yes",
        "choice": "other",
        "list": ["tool_accuracy", 1],
        "object": "none",
    }
)

# Texts that say more than "text" would.
_TEXTS: Final = MappingProxyType(
    {
        "training.lr_scheduler_type": "cosine",
        "training.save_strategy": "epoch",
        "tensorboard.log_dir": "outputs/runs",
        "tools[*].description": "Counts",
        "tools[*].url": "https://example.com/run",
        "tools[*].method": "GET",
    }
)
_WELL_FORMED: Final[Mapping[str, Callable[[FieldSpec], Any]]] = MappingProxyType(
    {
        "text": lambda spec: next(iter(spec.use.suggestions), _TEXTS.get(spec.name, "text")),
        "integer": lambda spec: 10,
        "number": lambda spec: 0.1,
        "boolean": lambda spec: bool(spec.absent("dpo")),
        "choice": lambda spec: spec.choices[0],
        "list": lambda spec: list(spec.use.suggestions),
        "object": lambda spec: {},
    }
)


def well_formed(spec: FieldSpec) -> Any:
    """A value that a field accepts."""
    return _WELL_FORMED[spec.kind](spec)


def no_effect() -> Iterator[Entry]:
    """A key that is there and that some trainer's training does not look at."""
    settings = [trainers.setting(Target(trainer=name)) for name in trainers.every()]
    for spec in fields.table().values():
        # Keys of a section only: rules of their own speak of the seed and of the tools.
        if len(spec.path) == 2:
            yield from _ignored(spec, settings)


def _ignored(spec: FieldSpec, settings: list[Setting]) -> Iterator[Entry]:
    for setting in settings:
        cases = [_Case(setting, method, lora) for lora, method in product((True, False), _BASES)]
        idle = [case for case in cases if case.reason(spec)]
        if idle:
            busy = next((case for case in cases if not case.reason(spec)), None)
            yield _dead(spec, idle, busy)
            return


_BASES: Final = MappingProxyType({"sft": BASE, "dpo": _DPO})
_METHODS: Final = MappingProxyType({"sft": "sft or teacher_mode", "dpo": "dpo"})


@dataclass(frozen=True, slots=True)
class _Case:
    """One way to train: with a trainer, a method, and LoRA or without."""

    setting: Setting
    method: str
    lora: bool

    def reason(self, spec: FieldSpec) -> str | None:
        """Why training does not look at a field."""
        return self.setting.profile.ignored(spec, self.method, lora=self.lora)

    def example(self, spec: FieldSpec) -> Example:
        """A config that is trained so, with the field in it."""
        off = {} if self.lora else {"training.use_lora": False}
        target = str(self.setting.target)
        return Example(_BASES[self.method], {spec.name: well_formed(spec), **off}, target=target)


def _dead(spec: FieldSpec, idle: list[_Case], busy: _Case | None) -> Entry:
    speaks = idle[0].example(spec)
    without = Example(speaks.base, remove=(spec.name,), target=speaks.target)
    return Entry(
        id=f"deadkey.{spec.name}",
        kinds=("info",),
        condition=_condition(spec, idle),
        source=idle[0].setting.profile.use(spec).source,
        speaks=(speaks,),
        silent=busy.example(spec) if busy else without,
    )


def _condition(spec: FieldSpec, idle: list[_Case]) -> str:
    reason = str(idle[0].reason(spec))
    where = [f"`{spec.name}` is there", *_where(idle)]
    because = "" if reason in where else f"; {reason}"
    return " and ".join(where) + f"{because}."


def _where(idle: list[_Case]) -> Iterator[str]:
    """What is common to all cases and not to all configs."""
    methods = {case.method for case in idle}
    if len(methods) == 1:
        yield f"the method is {_METHODS[idle[0].method]}"
    if not any(case.lora for case in idle):
        yield "LoRA is off"
    if idle[0].setting.target != DEFAULT:
        yield f"the trainer is {idle[0].setting.target.trainer}"

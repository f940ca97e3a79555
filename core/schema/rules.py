"""What a JSON Schema can say of the rules that look at more than one value.

A rule whose finding is an error refuses the config. What stops a run of Tiny Tool Use and is no
error refuses nothing; it stands as ``deprecationMessage``, an annotation that VS Code shows as a
warning. The sentences are those of the catalog.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from core import catalog
from core.reading import models
from core.rules.learning_rate import ABSURD

JsonSchema = dict[str, Any]

# draft 2020-12's own schema, which validators and VS Code bring along.
META: Final = "https://json-schema.org/draft/2020-12/schema"

# Neither absolute nor with a drive, and no step that is ".." or starts with "~"; no NUL.
_INSIDE: Final = r"^(?![\\/]|[A-Za-z]:|(?:[\s\S]*[\\/])?(?:\.\.(?![^\\/])|~))[^\u0000]*$"


def refusals() -> list[JsonSchema]:
    """What the rules refuse, as parts of one ``allOf`` for the whole config."""
    return [
        _when(_is("training.use_lora", True), _needs("training.lora_r")),
        _at("training.learning_rate", {"maximum": ABSURD}),
        *(_at(f"{section}.name", _NOT_BLANK) for section in ("model", "tokenizer")),
        _at("tensorboard.log_dir", _told("security.log_dir_escape", pattern=_INSIDE)),
        _tools(),
        *_contexts(),
    ]


_NOT_BLANK: Final = {"pattern": r"\S", "errorMessage": "Write a Hugging Face id."}


def _tools() -> JsonSchema:
    forbidden = "security.tool_command"
    tool = {
        "properties": {
            "type": _told(forbidden, **{"not": {"const": "command"}}),
            "command": _told(forbidden, **{"not": {}}),
            "parameters": {"if": {"type": "object"}, "then": {"$ref": META}},
        }
    }
    return {"properties": {"tools": {"items": tool}}}


def _contexts() -> Iterator[JsonSchema]:
    """For each length that known models take at most, the models."""
    by_length = sorted(models.known(), key=lambda entry: entry.context)
    for tokens, entries in groupby(by_length, key=lambda entry: entry.context):
        names = [name for entry in entries for name in entry.names]
        longest = _at("training.max_length", {"maximum": tokens})
        yield _when(_one_of("model.name", *names), longest)


def warnings() -> list[JsonSchema]:
    """What stops a run, as parts of one ``allOf`` that refuse nothing."""
    return [
        _when(condition, _at(name, {"deprecationMessage": f"The run stops. {_sentence(rule)}"}))
        for rule, name, condition in _stops()
    ]


def _stops() -> Iterator[tuple[str, str, JsonSchema]]:
    """A rule, the field that its warning stands at, and when it does."""
    dpo, real = _is("training.method", "dpo"), _is("data.generation_type", "real")
    download = _all(_is("data.strategy", "toolbench"), real)
    made = _all(_one_of("data.strategy", *_READ), _is("data.generation_type", "synthetic"))
    fp16 = {"not": _is("training.fp16", False)}
    yield "training.method.enum", "training.method", _is("training.method", "rlhf")
    yield "data.strategy.enum", "data.strategy", _one_of("data.strategy", *_UNREAD)
    from_tools = _all(_one_of("data.strategy", *_READ[1:]), real)
    yield "data.strategy.generation_combo", "data.generation_type", from_tools
    for key in ("max_samples", "train_split"):
        yield f"data.{key}.required", "data", _all(download, _lacks(f"data.{key}"))
    whole = _all(download, _one_of("data.train_split", 0, 1))
    yield "data.train_split.toolbench_open", "data.train_split", whole
    none = {"properties": {"tools": {"type": "array", "maxItems": 0}}, "required": ["tools"]}
    yield "tools.empty", "tools", _all(made, none)
    yield "dpo.toolbench_real", "data.generation_type", _all(dpo, download)
    both = _all(dpo, fp16, _is("training.bf16", True))
    yield "training.precision.both", "training.bf16", both
    whole_weights = _all(dpo, fp16, _is("training.use_lora", False), _IN_16_BITS)
    one_of_them = _all(whole_weights, {"not": _is("training.bf16", True)})
    yield "training.precision.fp16_weights_scaler", "model", one_of_them


_READ: Final = ("toolbench", "teacher_mode", "manual_templates")
_UNREAD: Final = ("pc_building", "knowledge_dense", "custom")


def _path(name: str) -> list[str]:
    return name.split(".")


def _at(name: str, schema: JsonSchema) -> JsonSchema:
    """A schema for the value at a path, if there is one."""
    for key in reversed(_path(name)):
        schema = {"properties": {key: schema}}
    return schema


def _there(name: str, schema: JsonSchema) -> JsonSchema:
    """A schema for the value at a path, which has to be there."""
    for key in reversed(_path(name)):
        schema = {"properties": {key: schema}, "required": [key]}
    return schema


def _is(name: str, value: Any) -> JsonSchema:
    return _there(name, {"const": value})


def _one_of(name: str, *values: Any) -> JsonSchema:
    return _there(name, {"enum": list(values)})


def _needs(name: str) -> JsonSchema:
    section, key = _path(name)
    return {"properties": {section: {"required": [key]}}}


def _lacks(name: str) -> JsonSchema:
    section, key = _path(name)
    return _there(section, {"not": {"required": [key]}})


_IN_16_BITS: Final = {
    "anyOf": [
        _one_of("model.torch_dtype", "float16", "half", "bfloat16"),
        _lacks("model.torch_dtype"),
    ]
}


def _all(*conditions: JsonSchema) -> JsonSchema:
    return {"allOf": list(conditions)}


def _when(condition: JsonSchema, then: JsonSchema) -> JsonSchema:
    return {"if": condition, "then": then}


def _told(rule: str, **schema: Any) -> JsonSchema:
    """A schema with the sentence that VS Code shows for what it refuses."""
    key = "patternErrorMessage" if "pattern" in schema else "errorMessage"
    return {**schema, key: _sentence(rule)}


def _sentence(rule: str) -> str:
    entry = catalog.find(rule)
    condition = entry.condition.replace("`", "'") if entry else ""
    return f"{condition} [{rule}]"

"""The JSON Schema of a config, for editors that complete and check while people type."""

from collections.abc import Iterator
from typing import Any, Final

from core.config import TrainingConfig
from core.document import Path, write
from core.fields import FieldSpec, find

JsonSchema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TITLE: Final = "Tiny Tool Use training config"
_BOUNDS: Final = (
    "enum", "pattern", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"
)  # fmt: skip
_LORA_OFF: Final = {"properties": {"use_lora": {"const": False}}, "required": ["use_lora"]}
_DPO: Final = {"properties": {"method": {"const": "dpo"}}, "required": ["method"]}

# The trainer's own sft_toolbench_config.json says "tools": {}, which works for ToolBench alone.
_TOOLBENCH: Final = {
    "properties": {
        "data": {"properties": {"strategy": {"const": "toolbench"}}, "required": ["strategy"]}
    },
    "required": ["data"],
}
_TOOL_LIST: Final = {"properties": {"tools": {"type": "array"}}}


def json_schema() -> JsonSchema:
    """A JSON Schema (draft 2020-12) that says what a well-formed config is.

    ``default`` is what the trainer uses where a key is absent, and stands only where that is the
    same for all methods. Bounds that count only with LoRA or for DPO stand under ``allOf``.
    Unknown keys are allowed.
    """
    schema = TrainingConfig.model_json_schema()
    for node, path in _objects(schema, schema["$defs"], ()):
        _describe(node, path)
    tools = schema["properties"]["tools"]
    schema["properties"]["tools"] = _or_empty_object(tools)
    return {"$schema": DIALECT, **schema, "title": _TITLE, "if": _TOOLBENCH, "else": _TOOL_LIST}


def _or_empty_object(tools: JsonSchema) -> JsonSchema:
    listed = {key: tools[key] for key in ("type", "items")}
    return {"title": tools["title"], "anyOf": [listed, {"type": "object", "maxProperties": 0}]}


def _objects(
    node: JsonSchema, definitions: JsonSchema, path: Path
) -> Iterator[tuple[JsonSchema, Path]]:
    """Each object that a model describes, with its path."""
    yield node, path
    for key, value in node["properties"].items():
        if "$ref" in value:
            yield from _objects(_target(value, definitions), definitions, (*path, key))
        elif "$ref" in value.get("items", {}):
            target = _target(value["items"], definitions)
            yield from _objects(target, definitions, (*path, key, "*"))


def _target(reference: JsonSchema, definitions: JsonSchema) -> JsonSchema:
    target: JsonSchema = definitions[reference["$ref"].rpartition("/")[2]]
    return target


def _describe(node: JsonSchema, path: Path) -> None:
    for key, value in node["properties"].items():
        value.pop("default", None)
        if spec := find((*path, key)):
            node["properties"][key] = {**value, "description": _description(spec), **_extra(spec)}
    node.pop("title", None)
    if path == ("training",):
        node["allOf"] = [
            {"if": _LORA_OFF, "else": _bounds_of("lora", node, path)},
            {"if": _DPO, "then": _bounds_of("dpo", node, path)},
        ]


def _bounds_of(only: str, node: JsonSchema, path: Path) -> JsonSchema:
    """Take the bounds that count only then out of an object, and return them."""
    moved = {
        key: _cut(value) for key, value in node["properties"].items() if _only((*path, key)) == only
    }
    return {"properties": {key: bounds for key, bounds in moved.items() if bounds}}


def _only(path: Path) -> str:
    spec = find(path)
    return spec.use.only if spec else ""


def _cut(value: JsonSchema) -> JsonSchema:
    return {bound: value.pop(bound) for bound in _BOUNDS if bound in value}


def _extra(spec: FieldSpec) -> JsonSchema:
    extra: JsonSchema = {}
    if _has_one_default(spec):
        extra["default"] = spec.use.absent
    if spec.use.suggestions:
        extra["examples"] = list(spec.use.suggestions)
    return extra


def _has_one_default(spec: FieldSpec) -> bool:
    return spec.use.absent is not None and spec.use.absent_dpo is None


def _description(spec: FieldSpec) -> str:
    return " ".join([spec.help, *_unit(spec), *_defaults(spec), *no_effect(spec)])


def _unit(spec: FieldSpec) -> Iterator[str]:
    if spec.use.unit:
        yield f"Unit: {spec.use.unit}."


def _defaults(spec: FieldSpec) -> Iterator[str]:
    if spec.use.absent_dpo is None:
        return
    if spec.use.absent is not None:
        yield f"Where absent: {_text(spec.use.absent)}, for DPO {_text(spec.use.absent_dpo)}."
    else:
        yield f"Where absent, DPO uses {_text(spec.use.absent_dpo)}."


def _text(value: Any) -> str:
    return write(value).strip()


def no_effect(spec: FieldSpec) -> Iterator[str]:
    """A sentence for each method that does not look at the value, or one for all."""
    supervised, dpo = spec.ignored("sft"), spec.ignored("dpo")
    if supervised and supervised == dpo:
        yield f"No effect: {supervised}."
        return
    if supervised:
        yield f"No effect for SFT: {supervised}."
    if dpo:
        yield f"No effect for DPO: {dpo}."

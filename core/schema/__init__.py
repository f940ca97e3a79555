"""The JSON Schema of a config, for editors that complete and check while people type.

Beside the words of the standard it has those that VS Code's JSON service adds: Markdown in
descriptions, a description for each choice, and snippets.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from core import presets
from core.config import TrainingConfig
from core.document import Path, write
from core.fields import FieldSpec, find
from core.schema import rules
from core.schema.rules import JsonSchema

DIALECT: Final = rules.META
ID: Final = "urn:tunesmith:schema:training-config"
"""The schema's own name, wherever its file lies."""
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
_TOOLS: Final = "The tools that the model learns to call; rows are made from them."
_EDITORS: Final = {
    "title": "Schema",
    "description": "Where editors find the schema of this file. The trainer does not look at it.",
}

_WIDE: Final = "32 bits a weight: twice the memory of 16."
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "training.method": {
        "sft": "Supervised: learns to write the answers of the rows.",
        "dpo": "Learns from pairs of a better and a worse answer.",
        "rlhf": "A draft only: the trainer has no code for it and stops.",
        "teacher_mode": "The same supervised loop as sft.",
    },
    "data.strategy": {
        "toolbench": "Conversations of ToolBench, or rows made from the tools.",
        "pc_building": "Needs a data loader of its own; the trainer stops.",
        "teacher_mode": "Rows made from the tools, as a teacher would answer.",
        "knowledge_dense": "Needs a data loader of its own; the trainer stops.",
        "manual_templates": "Rows made from the tools by templates; the one source for DPO.",
        "custom": "Needs a data loader of its own; the trainer stops.",
    },
    "data.generation_type": {
        "real": "Downloads ToolBench; for the strategy toolbench only.",
        "synthetic": "Makes rows from the tools.",
    },
    "model.torch_dtype": {
        "float16": "16 bits a weight; runs on every GPU.",
        "bfloat16": "16 bits a weight; needs an Ampere GPU or newer.",
        "float32": _WIDE,
        "half": "Another name of float16.",
        "float": "Another name of float32.",
        "double": "64 bits a weight: four times the memory of 16.",
    },
    "tools[*].type": {
        "function": "A function that the trainer has built in.",
        "api": "Sends a real request for each row that is made.",
        "command": "Runs a shell command on the training machine; check refuses it.",
    },
}


def json_schema() -> JsonSchema:
    """A JSON Schema (draft 2020-12) that refuses what ``check`` calls an error.

    It says what a schema can say: types, choices, bounds, and rules that look at several values
    (``core.schema.rules``). ``default`` is what the trainer uses where a key is absent, and stands
    only where that is the same for all methods. Bounds that count only with LoRA or for DPO stand
    under ``allOf``. Unknown keys are allowed.
    """
    schema = TrainingConfig.model_json_schema()
    for node, path in _objects(schema, schema["$defs"], ()):
        _describe(node, path)
    tools = schema["properties"]["tools"]
    schema["properties"] = {"$schema": _EDITORS, **schema["properties"]}
    schema["properties"]["tools"] = _or_empty_object(tools)
    return {
        "$schema": DIALECT,
        "$id": ID,
        **schema,
        "title": _TITLE,
        "defaultSnippets": [_template(preset) for preset in presets.load()],
        "if": _TOOLBENCH,
        "else": _TOOL_LIST,
        "allOf": [*rules.refusals(), *rules.warnings()],
    }


def _template(preset: presets.Preset) -> JsonSchema:
    return {
        "label": f"Template: {preset.title}",
        "description": preset.summary,
        "bodyText": _snippet(write(preset.config).strip()),
    }


def _snippet(text: str) -> str:
    """The text as a snippet, in which these signs would mean something."""
    return re.sub(r"[\\$}]", r"\\\g<0>", text)


def _or_empty_object(tools: JsonSchema) -> JsonSchema:
    listed = {"type": tools["type"], "items": {**tools["items"], "defaultSnippets": _built_in()}}
    empty = {"type": "object", "maxProperties": 0}
    return {"title": tools["title"], "description": _TOOLS, "anyOf": [listed, empty]}


def _built_in() -> list[JsonSchema]:
    """The tools that the trainer has built in, to write whole."""
    return [
        {
            "label": str(tool["name"]),
            "description": str(tool["description"]),
            "bodyText": _snippet(write(tool).strip()),
        }
        for tool in presets.built_in_tools()
    ]


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
            node["properties"][key] = {**value, **_words(spec), **_extra(spec)}
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
    if spec.name in _CHOICES:
        meanings = _CHOICES[spec.name]
        extra["enumDescriptions"] = [meanings[choice] for choice in spec.choices]
    return extra


def _has_one_default(spec: FieldSpec) -> bool:
    return spec.use.absent is not None and spec.use.absent_dpo is None


def _words(spec: FieldSpec) -> JsonSchema:
    """The description, plain and as the Markdown that VS Code shows instead."""
    facts = [*_unit(spec), *_defaults(spec), *no_effect(spec)]
    listed = [f"- {fact}" for fact in (*_default(spec), *facts)]
    markdown = "\n".join([f"**{spec.title}** `{spec.name}`", "", spec.help, "", *listed]).strip()
    return {"description": " ".join([spec.help, *facts]), "markdownDescription": markdown}


def _default(spec: FieldSpec) -> Iterator[str]:
    if _has_one_default(spec):
        yield f"Where absent: `{_text(spec.use.absent)}`."


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

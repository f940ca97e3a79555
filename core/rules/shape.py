"""What the models say: missing keys, wrong types, values out of bounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError

from core import fields
from core.changes.mend import Mend, mended, required, section_value, tool_list, tool_part
from core.config import TrainingConfig
from core.document import ABSENT, Document, Path, get, path_text, type_name
from core.fields import FieldSpec
from core.findings import Finding, Patch, add, remove, replace
from core.reading.view import View
from core.reading.wording import error, shown
from core.trainers.facts import Facts

Kind = Literal["missing", "enum", "bounds", "type"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the models refuse: where, how and which value."""

    path: Path
    kind: Kind
    value: Any


def malformed(facts: Facts) -> Iterator[Finding]:
    """Everything that the models refuse, one finding a field."""
    view, seen = facts.view, set[Path]()
    for fault in _faults(view.document):
        finding = _finding(view, fault)
        if finding and finding.path not in seen:
            seen.add(finding.path)
            yield finding


def _faults(document: Document) -> Iterator[Fault]:
    try:
        TrainingConfig.model_validate(document)
    except ValidationError as refused:
        for item in refused.errors(include_url=False, include_context=False):
            value = ABSENT if item["type"] == "missing" else item["input"]
            yield Fault(item["loc"], _kind(item["type"]), value)


def _kind(pydantic_type: str) -> Kind:
    if pydantic_type == "missing":
        return "missing"
    if pydantic_type in ("literal_error", "string_pattern_mismatch"):
        return "enum"
    return "bounds" if pydantic_type.startswith(("greater_than", "less_than")) else "type"


def _finding(view: View, fault: Fault) -> Finding | None:
    if spec := fields.find(fault.path):
        return _field(view, fault, spec)
    match fault.path:
        case ("tools",):
            return _tools(view, fault)
        case (str(),):
            return _section(view, fault)
        case ("tools", int()):
            return _tool(fault)
        case (*parent, int()) if spec := fields.find(tuple(parent)):
            value = view.value(spec.name)
            return _field(view, Fault(tuple(parent), "type", value), spec)
    return None


def _field(view: View, fault: Fault, spec: FieldSpec) -> Finding | None:
    if _is_unread(view, fault, spec):
        return None
    if fault.path[0] == "tools":
        return _tool_field(view, fault, spec)
    missing = fault.kind == "missing"
    mend = required(view, spec) if missing else mended(view, spec, fault.value)
    return _about(fault, spec, mend)


def _is_unread(view: View, fault: Fault, spec: FieldSpec) -> bool:
    """Whether a well-typed value is out of bounds where nobody looks at the bounds."""
    well_typed = fault.kind == "bounds" or (fault.kind == "enum" and isinstance(fault.value, str))
    reads = {"": True, "lora": view.uses_lora, "dpo": view.is_dpo}
    return well_typed and not reads[spec.use.only]


def _about(fault: Fault, spec: FieldSpec, mend: Mend | None) -> Finding:
    return error(
        _rule(fault.kind, spec),
        fault.path,
        _message(fault, spec),
        _remedy(spec, fault, mend),
        _patch(fault, mend),
        safe=bool(mend and mend.safe),
    )


def _message(fault: Fault, spec: FieldSpec) -> str:
    if fault.kind == "missing":
        return f"{spec.title} is missing: '{path_text(fault.path)}' is required."
    return f"{spec.title} must be {spec.wants()}; it is {_seen(fault, spec)}."


def _seen(fault: Fault, spec: FieldSpec) -> str:
    # Text where an object or a list belongs may be a pasted header or key.
    hidden = spec.kind in ("object", "list") and isinstance(fault.value, str)
    return type_name(fault.value) if hidden else shown(fault.value)


def _remedy(spec: FieldSpec, fault: Fault, mend: Mend | None) -> str:
    if mend is None:
        return f"Give {_EXAMPLES.get(spec.name, spec.wants())}."
    if mend.value is ABSENT:
        return "Remove it; the trainer then uses its own default."
    if fault.kind == "missing":
        return f"Add {shown(mend.value)}."
    if fault.kind == "enum" and mend.safe:
        return f"Did you mean {shown(mend.value)}?"
    if isinstance(mend.value, dict | list):
        return f"Write it as {type_name(mend.value)}."
    unquoted = isinstance(fault.value, str) and not isinstance(mend.value, str)
    return f"Write {shown(mend.value)}" + (" without quotes." if unquoted else ".")


_EXAMPLES: Final = {
    "model.name": "a Hugging Face id such as Qwen/Qwen3-0.6B",
    "tokenizer.name": "the model's own id",
}


def _patch(fault: Fault, mend: Mend | None) -> Patch | None:
    if mend is None:
        return None
    if mend.value is ABSENT:
        return (remove(fault.path),)
    return ((add if fault.kind == "missing" else replace)(fault.path, mend.value),)


# Rules that have one name for several kinds of fault.
_RULES: Final = {
    ("model.name", "type"): "model.name.required",
    ("model.name", "missing"): "model.name.required",
    ("model.device_map", "type"): "model.device_map.enum",
    ("data.generation_type", "missing"): "data.generation_type.enum",
    ("data.train_split", "bounds"): "data.train_split.range",
    ("training.lora_dropout", "bounds"): "training.lora_dropout.range",
}
_SUFFIXES: Final = {"missing": "required", "enum": "enum", "bounds": "type", "type": "type"}


def _rule(kind: Kind, spec: FieldSpec) -> str:
    generic = ".".join(str(step) for step in spec.path if step != "*") + "." + _SUFFIXES[kind]
    return _RULES.get((spec.name, kind), generic)


def _section(view: View, fault: Fault) -> Finding:
    name = str(fault.path[0])
    value = section_value(view, name, fault.value)
    title = TrainingConfig.model_fields[name].title
    if fault.kind == "missing":
        return error(
            "config.section.required",
            fault.path,
            f"The section '{name}' is missing; the trainer reads it without a default.",
            "Add the section.",
            None if value is ABSENT else (add(fault.path, value),),
            safe=True,
        )
    fix = (remove(fault.path),) if value is None else (replace(fault.path, value),)
    return error(
        "config.section.type",
        fault.path,
        f"{title} must be an object; it is {type_name(fault.value)}.",
        f"Write '{name}' as an object with the section's keys.",
        None if value is ABSENT else fix,
    )


def _tools(view: View, fault: Fault) -> Finding | None:
    # ToolBench takes an empty object (core.rules.importing says so); any other reader stops at it.
    if fault.value == {} and view.strategy == "toolbench":
        return None
    value = tool_list(view, fault.value)
    return error(
        "tools.type",
        fault.path,
        f"Tools must be a list; it is {_described(fault.value)}.",
        "Write the tools as a list: [ ... ].",
        None if value is None else (replace(fault.path, value),),
        safe=value == [],
    )


def _described(value: Any) -> str:
    return "an empty object" if value == {} else type_name(value)


def _tool(fault: Fault) -> Finding:
    return error(
        "tools.item.type",
        fault.path,
        f"'{path_text(fault.path)}' must be an object; it is {type_name(fault.value)}.",
        "Write it as an object with name, description and parameters.",
    )


def _tool_field(view: View, fault: Fault, spec: FieldSpec) -> Finding:
    tool = get(view.document, fault.path[:2])
    if spec.key in (*_PARTS, "function") and (flat := _flattened(fault.path[:2], tool)):
        return _with_fix(_tool_fault(fault, spec, tool, None), flat)
    mend = mended(view, spec, fault.value) if fault.kind != "missing" else None
    if mend is None and spec.required and fault.value in (ABSENT, None):
        value = tool_part(tool, spec.key)
        mend = None if value is ABSENT else Mend(value, True)
    return _tool_fault(fault, spec, tool, mend)


_PARTS: Final = ("name", "description", "parameters")


def _tool_fault(fault: Fault, spec: FieldSpec, tool: dict[str, Any], mend: Mend | None) -> Finding:
    if fault.kind == "missing":
        return _lacking(fault, spec, tool, mend)
    return _about(fault, spec, mend)


def _lacking(fault: Fault, spec: FieldSpec, tool: dict[str, Any], mend: Mend | None) -> Finding:
    name = tool.get("name")
    called = f" ({shown(name)})" if isinstance(name, str) and spec.key != "name" else ""
    return error(
        "tools.item.required",
        fault.path,
        f"'{path_text(fault.path[:2])}'{called} lacks '{spec.key}'.",
        _remedy(spec, fault, mend),
        _patch(fault, mend),
        safe=bool(mend and mend.safe),
    )


def _flattened(path: Path, tool: dict[str, Any]) -> Patch | None:
    """A tool as OpenAI's API nests it, ``{"type": ..., "function": {...}}``, made flat."""
    inner = tool.get("function")
    if not isinstance(inner, dict) or not all(part in inner for part in _PARTS):
        return None
    outer = {key: value for key, value in tool.items() if key != "function"}
    return (replace(path, {**inner, **outer}),)


def _with_fix(finding: Finding, fix: Patch) -> Finding:
    remedy = "Move what stands in 'function' up into the tool."
    return error(finding.rule, finding.path, finding.message, remedy, fix, safe=True)


RULES: Final = (malformed,)

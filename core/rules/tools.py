"""The tools: names, parameters, and what the trainer makes rows of."""

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from core.config import BUILT_IN_TOOLS
from core.document import Path, get, path_text, same, type_name
from core.findings import Finding, Operation, Patch, add, remove, replace
from core.reading.wording import error, info, shortened, shown, warning
from core.system.secrets import redact
from core.trainers.facts import Facts

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

# Function names as OpenAI's API takes them.
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def _name_pattern(facts: Facts) -> Iterator[Finding]:
    for index, tool in facts.view.tools:
        name = tool.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            path: Path = ("tools", index, "name")
            legal = re.sub(r"[^a-zA-Z0-9_-]+", "_", name.strip())[:64].strip("_")
            yield warning(
                "tools.name.pattern",
                path,
                f"{shown(name)} is not a legal function name for servers with OpenAI's API.",
                f"Use {shown(legal)}." if legal else "Use letters, digits, _ and -, up to 64.",
                (replace(path, legal),) if legal else None,
            )


def _name_duplicate(facts: Facts) -> Iterator[Finding]:
    first: dict[str, int] = {}
    names = {tool["name"] for _, tool in facts.view.tools if isinstance(tool.get("name"), str)}
    for index, tool in facts.view.tools:
        name = tool.get("name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            yield _duplicate(facts, first[name], index, _free_name(name, names))


def _duplicate(facts: Facts, first: int, index: int, other: str) -> Finding:
    tools = facts.view.document["tools"]
    path: Path = ("tools", index, "name")
    if same(tools[first], tools[index]):
        remedy, fix = "Remove the second one.", (remove(("tools", index)),)
    else:
        remedy, fix = f"Call one of them {shown(other)}.", (replace(path, other),)
    return error(
        "tools.name.duplicate",
        path,
        f"tools[{first}] and tools[{index}] are both called {shown(tools[index]['name'])}; "
        "the trainer answers with the last one only.",
        remedy,
        fix,
    )


def _free_name(name: str, taken: set[str]) -> str:
    return next(new for number in count(2) if (new := f"{name[:60]}_{number}") not in taken)


def _parameters(facts: Facts) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, tool in facts.view.tools:
        if isinstance(tool.get("parameters"), dict):
            yield ("tools", index, "parameters"), tool["parameters"]


def _parameters_schema(facts: Facts) -> Iterator[Finding]:
    for path, parameters in _parameters(facts):
        fault = schema_fault(json.dumps(parameters, sort_keys=True))
        if fault:
            where, why = fault
            place = shortened(redact(path_text((*path, *where))))
            yield error(
                "tools.parameters.schema",
                path,
                f"Parameters is not a valid JSON Schema: '{place}' {why}.",
                "Mend the schema; servers refuse the tool otherwise.",
                _mended_schema(path, where, get(parameters, where)),
                safe=True,
            )


@lru_cache(maxsize=256)
def schema_fault(parameters: str) -> tuple[Path, str] | None:
    """The first fault of a JSON Schema in the sense of draft 2020-12, given as JSON text.

    Returns:
        Where in the schema and what is wrong there, or ``None`` for a valid one.
    """
    for fault in _meta_validator().iter_errors(json.loads(parameters)):
        return tuple(fault.instance_path), _reason(fault)
    return None


@cache
def _meta_validator() -> "Draft202012Validator":
    # Imported here: 12 MB that only a config with tools needs.
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def _reason(fault: "ValidationError") -> str:
    """What is wrong at a place, in words that fit after its name."""
    match fault.kind.name:
        # Only "type" has a choice of two forms in the schema of schemas.
        case "anyOf":
            return f"is {shown(fault.instance)}; it must be one of {', '.join(_JSON_TYPES)}"
        case "type":
            wanted = " or ".join(_NOUNS[name] for name in fault.kind.as_dict()["types"])
            return f"is {type_name(fault.instance)}; it must be {wanted}"
    return f"is refused: {shortened(redact(fault.message).rstrip('.'))}"


_JSON_TYPES: Final = ("string", "number", "integer", "boolean", "object", "array", "null")
_NOUNS: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


_TYPES: Final = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "double": "number",
    "bool": "boolean",
    "dict": "object",
    "list": "array",
    "none": "null",
}


def _mended_schema(path: Path, where: Path, value: Any) -> Patch | None:
    """The arguments as an object, a type by its JSON name, one required key in a list."""
    place = (*path, *where)
    if where == ("type",):
        return (replace(place, "object"),)
    if not isinstance(value, str):
        return None
    if where[-1:] == ("required",):
        return (replace(place, [value]),)
    name = _TYPES.get(value.strip().lower(), value.strip().lower())
    is_type = where[-1:] == ("type",) and name in _JSON_TYPES
    return (replace(place, name),) if is_type else None


def _parameters_root(facts: Facts) -> Iterator[Finding]:
    for path, parameters in _parameters(facts):
        faults = [*_root_faults(path, parameters)]
        if faults:
            yield warning(
                "tools.parameters.object_root",
                path,
                f"Parameters {' and '.join(text for text, _ in faults)}.",
                "Describe the arguments as an object whose required keys are all declared.",
                tuple(operation for _, operation in faults),
                safe=True,
            )


def _root_faults(path: Path, parameters: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    kind = parameters.get("type")
    if kind != "object":
        state = f"has the type {shown(kind)}" if "type" in parameters else "has no type"
        yield f"{state}, not 'object'", add((*path, "type"), "object")
    wanted, declared = parameters.get("required"), parameters.get("properties", {})
    if isinstance(wanted, list) and isinstance(declared, dict):
        names = [name for name in wanted if isinstance(name, str)]
        missing = [name for name in names if name not in declared]
        if missing:
            kept = [name for name in names if name in declared]
            yield (
                f"requires {shown(missing[0])}, which no property declares",
                add((*path, "required"), kept),
            )


def _custom_tool(facts: Facts) -> Iterator[Finding]:
    for index, tool in facts.view.tools if facts.view.is_synthetic else ():
        name = tool.get("name")
        if isinstance(name, str) and name not in BUILT_IN_TOOLS:
            yield warning(
                "tools.custom.degenerate",
                ("tools", index, "name"),
                f"{shown(name)} is not built in: every row made for it is the same question "
                "with empty arguments.",
                f"Use {', '.join(BUILT_IN_TOOLS)}, or train on real data.",
            )


def _function_mismatch(facts: Facts) -> Iterator[Finding]:
    for index, tool in facts.view.tools:
        name, function = tool.get("name"), tool.get("function")
        is_function = tool.get("type") not in ("api", "command")
        if not (is_function and isinstance(name, str) and isinstance(function, str)):
            continue
        if function != name:
            path: Path = ("tools", index, "function")
            yield warning(
                "tools.function.mismatch",
                path,
                f"The name {shown(name)} picks the question and the function {shown(function)} "
                "the answer; the rows would be wrong.",
                "Write the same for both.",
                (_one_name(path, name, function),),
            )


def _one_name(path: Path, name: str, function: str) -> Operation:
    if function in BUILT_IN_TOOLS and name not in BUILT_IN_TOOLS:
        return replace((*path[:-1], "name"), function)
    return replace(path, name)


def _unused(facts: Facts) -> Iterator[Finding]:
    if facts.view.is_toolbench_real and facts.view.tools:
        yield info(
            "tools.unused",
            ("tools",),
            "Tools are not used for real ToolBench data; only evaluate.py loads them.",
            "Leave them for the evaluation, or write an empty list.",
        )


RULES: Final = (
    _name_pattern,
    _name_duplicate,
    _parameters_schema,
    _parameters_root,
    _custom_tool,
    _function_mismatch,
    _unused,
)

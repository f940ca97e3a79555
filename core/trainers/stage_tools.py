"""The tools in the second stage: the trainer keeps them by name and makes rows from them.

``executor.py`` is ``src/tools/executor.py``.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from core.changes.mend import tool_list, tool_part
from core.config import BUILT_IN_TOOLS
from core.document import ABSENT, Path, type_name
from core.findings import Finding, Patch, add
from core.reading.view import View
from core.reading.wording import printed
from core.trainers.stage_config import STRATEGIES, is_schema_checked
from core.trainers.stops import raises, stop


def makes_rows(view: View) -> bool:
    """Whether rows are made from the tools, now or once the data section is mended."""
    mended = view.is_dpo or view.strategy in STRATEGIES[1:]
    return mended or view.generation == "synthetic"


def blockers(view: View) -> Iterator[Finding]:
    """Why train.py would not get tools, or no rows out of them."""
    tools = view.document.get("tools", ABSENT)
    if tools is ABSENT:
        schema = "ValueError: Invalid configuration: 'tools' is a required property"
        checked = is_schema_checked(view)
        yield stop(
            "config.section.required",
            ("tools",),
            "The key 'tools' is missing.",
            raises(schema, "config.py:81")
            if checked
            else raises("KeyError: 'tools'", "train.py:84"),
            "Add the tools that rows are made from."
            if makes_rows(view)
            else "Add a list; for ToolBench's real data it may be empty.",
            _tools_patch(view, tools),
        )
    elif view.strategy in STRATEGIES:
        yield from _tools_shape(view, tools)


def _tools_shape(view: View, tools: Any) -> Iterator[Finding]:
    if makes_rows(view) and tools in ([], {}, ""):
        yield _no_tools(view, tools)
    elif isinstance(tools, list):
        for index, tool in enumerate(tools):
            yield from _tool(view, index, tool)
        yield from _mixed_names(view)
    elif is_schema_checked(view) or tools not in ({}, ""):
        yield _not_a_list(view, tools)


def _no_tools(view: View, tools: Any) -> Finding:
    schema = is_schema_checked(view)
    complaint = "should be non-empty" if tools == [] else "is not of type 'array'"
    return stop(
        "tools.empty" if tools == [] else "tools.type",
        ("tools",),
        "There are no tools, and synthetic rows are made from the tools.",
        raises(f"ValueError: Invalid configuration: {printed(tools)} {complaint}", "config.py:81")
        if schema
        else no_rows(view),
        f"Add at least one tool, such as {', '.join(BUILT_IN_TOOLS)}.",
        _tools_patch(view, tools),
    )


def _not_a_list(view: View, tools: Any) -> Finding:
    kind = type(tools).__name__
    error = "string indices must be integers"
    error = error if isinstance(tools, str | dict) else f"'{kind}' object is not iterable"
    return stop(
        "tools.type",
        ("tools",),
        f"'tools' is {type_name(tools)} and must be a list.",
        raises("ValueError: Invalid configuration: is not of type 'array'", "config.py:81")
        if is_schema_checked(view)
        else raises(f"TypeError: {error}", "executor.py:16"),
        "Write the tools as a list of objects.",
        _tools_patch(view, tools),
    )


def _tools_patch(view: View, tools: Any) -> Patch | None:
    listed = tool_list(view, tools)
    return None if listed is None else (add(("tools",), listed),)


_TOOL_KEYS: Final = MappingProxyType(
    {"name": (str, "string"), "description": (str, "string"), "parameters": (dict, "object")}
)


def _wrong_key(tool: dict[str, Any]) -> str | None:
    """The first key of a tool that the trainer's schema (config.py:67-72) complains about."""
    for key, (kind, _) in _TOOL_KEYS.items():
        if not isinstance(tool.get(key, ABSENT), kind):
            return key
    return None


def _tool(view: View, index: int, tool: Any) -> Iterator[Finding]:
    if not isinstance(tool, dict):
        yield stop(
            "tools.item.required",
            ("tools", index),
            f"'tools[{index}]' is {type_name(tool)} and must be an object.",
            raises("ValueError: Invalid configuration", "config.py:81")
            if is_schema_checked(view)
            else raises("TypeError", "executor.py:16"),
            "Write it as an object with name, description and parameters, or delete it.",
        )
    elif is_schema_checked(view):
        yield from _tool_by_schema(index, tool)
    else:
        yield from _tool_by_use(index, tool)


def _tool_by_schema(index: int, tool: dict[str, Any]) -> Iterator[Finding]:
    if (key := _wrong_key(tool)) is None:
        return
    missing = key not in tool
    kind = _TOOL_KEYS[key][1]
    complaint = f"'{key}' is a required property" if missing else f"not of type '{kind}'"
    path: Path = ("tools", index, key)
    yield stop(
        "tools.item.required",
        path,
        f"'tools[{index}]' has no '{key}'."
        if missing
        else f"'tools[{index}].{key}' is {type_name(tool[key])}.",
        raises(f"ValueError: Invalid configuration: {complaint}", "config.py:81"),
        f"Give 'tools[{index}]' its '{key}'.",
        _tool_patch(path, tool),
    )


def _tool_patch(path: Path, tool: dict[str, Any]) -> Patch | None:
    """A part that is missing; one that is there is the user's, however odd."""
    key = str(path[-1])
    part = tool_part(tool, key) if tool.get(key) is None else ABSENT
    return None if part is ABSENT else (add(path, part),)


def _tool_by_use(index: int, tool: dict[str, Any]) -> Iterator[Finding]:
    """ToolBench skips the schema: the executor makes the names keys of a dict."""
    name = tool.get("name", ABSENT)
    if name is not ABSENT and not isinstance(name, list | dict):
        return
    missing = name is ABSENT
    error = (
        "KeyError: 'name'" if missing else f"TypeError: unhashable type: '{type(name).__name__}'"
    )
    yield stop(
        "tools.item.required",
        ("tools", index, "name"),
        f"'tools[{index}]' has no 'name'."
        if missing
        else f"'tools[{index}].name' is {type_name(name)}.",
        raises(error, "executor.py:16"),
        "Give it a name, or delete it.",
    )


def _mixed_names(view: View) -> Iterator[Finding]:
    """Rows carry the tool's name, and one column of a data set has one type."""
    if not view.is_synthetic:
        return
    names = {index: tool.get("name") for index, tool in view.tools}
    kinds = {type_name(name) for name in names.values()} - {"null"}
    if len(kinds) > 1:
        odd = next(index for index, name in names.items() if not isinstance(name, str | None))
        yield stop(
            "tools.item.required",
            ("tools", odd, "name"),
            f"The names of the tools are of several types: {', '.join(sorted(kinds))}.",
            raises("ArrowInvalid or ArrowTypeError", "data_generator.py:433"),
            "Write every name as text.",
        )


def no_rows(view: View) -> str:
    """How TRL meets an empty data set."""
    if view.is_dpo:
        error = "ValueError on the column names of an empty data set, in newer TRL StopIteration"
        return raises(error, "trainer.py:270")
    return raises("StopIteration", "trainer.py:212")

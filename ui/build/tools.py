"""The tools of a config: add, remove, duplicate, reorder, and edit each with its JSON Schema."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import streamlit as st

from core import fields, presets
from core.document import Path, get
from core.fields import FieldSpec
from ui import session
from ui.build.form import field, field_grid, finding_line, json_editor
from ui.draft.actions import open_draft
from ui.insight import Insight
from ui.text import plain, value_text

_BLANK: dict[str, Any] = {
    "name": "new_tool",
    "description": "",
    "type": "function",
    "function": "new_tool",
    "parameters": {"type": "object", "properties": {}, "required": []},
}

_FIRST_ROW = ("name", "type", "function")
# What a tool is called stands in its head too, so that the section is drawn as a whole.
_PART = "section.tools"
_REQUEST = ("url", "method", "command", "headers")


def tools_body(insight: Insight) -> None:
    """Draw the list of tools and the row of buttons that adds one."""
    tools = get(insight.draft.document, ("tools",))
    if isinstance(tools, list) or not tools:
        _list(tools or [], insight)
        _add_row(insight)
    else:
        json_editor(("tools",), tools, label="tools", help_text="Tools have to be a list.")


def _list(tools: list[Any], insight: Insight) -> None:
    if not tools:
        st.caption(_empty_text(insight))
    for index, tool in enumerate(tools):
        with st.container(border=True, key=session.widget_key("tool", index)):
            _head(index, tool if isinstance(tool, dict) else {}, len(tools))
            if isinstance(tool, dict):
                _tool(index, tool, insight)
            else:
                json_editor(
                    ("tools", index), tool, label=f"Tool {index + 1}", help_text="An object."
                )


def _empty_text(insight: Insight) -> str:
    if insight.view.is_toolbench_real:
        return "No tools. Real ToolBench data brings its own, so none are needed."
    return "No tools. Synthetic data is made from the tools: add at least one."


def _tool(index: int, tool: dict[str, Any], insight: Insight) -> None:
    for finding in insight.by_path.get(("tools", index), ()):
        finding_line(finding)
    if index in session.open_tools():
        _editor(index, tool)
    else:
        for finding in insight.at(("tools", index)):
            if finding.path != ("tools", index) and finding.severity != "info":
                finding_line(finding, place="tool")


def _head(index: int, tool: dict[str, Any], count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        name = value_text(tool.get("name", f"tool {index + 1}"), 40)
        description = value_text(tool.get("description", ""), 44)
        st.markdown(f"**{plain(name)}** :gray[{plain(description)}]", width="stretch")
        _button(index, "Close" if index in session.open_tools() else "Edit", name, "edit", _toggle)
        # Their words are for screen readers; on the screen the icons do.
        with st.container(key=session.widget_key("icons", index), horizontal=True, width="content"):
            _button(index, "Move up", name, "arrow_upward", _move_up, disabled=index == 0)
            last = index == count - 1
            _button(index, "Move down", name, "arrow_downward", _move_down, disabled=last)
            _button(index, "Duplicate", name, "content_copy", _duplicate)
            _button(index, "Remove", name, "delete", _remove)


def _button(
    index: int,
    what: str,
    name: str,
    icon: str,
    action: Callable[[int], None],
    *,
    disabled: bool = False,
) -> None:
    st.button(
        f"{what} {plain(name)}",
        icon=f":material/{icon}:",
        help=f"{what} {plain(name)}.",
        key=session.widget_key("tools", index, icon),
        type="tertiary",
        on_click=action,
        args=(index,),
        disabled=disabled,
    )


def _editor(index: int, tool: dict[str, Any]) -> None:
    specs = [_spec(key) for key in _FIRST_ROW]
    field_grid(specs, [_path(index, key) for key in _FIRST_ROW], inside=_PART)
    field(_spec("description"), _path(index, "description"))
    wanted = [key for key in _REQUEST if key in tool or _needs(tool, key)]
    field_grid([_spec(key) for key in wanted], [_path(index, key) for key in wanted], inside=_PART)
    field(_spec("parameters"), _path(index, "parameters"))


def _needs(tool: dict[str, Any], key: str) -> bool:
    kind = tool.get("type")
    return (kind == "api" and key in ("url", "method")) or (kind == "command" and key == "command")


def _spec(key: str) -> FieldSpec:
    return fields.table()[("tools", "*", key)]


def _path(index: int, key: str) -> Path:
    return ("tools", index, key)


def _add_row(insight: Insight) -> None:
    with st.container(horizontal=True, gap="small"):
        for tool in presets.built_in_tools():
            _add_button(tool["name"], tool, f"Add the built-in {tool['name']}.")
        _add_button("blank tool", _BLANK, "Add a tool of your own.")


def _add_button(label: str, tool: dict[str, Any], help_text: str) -> None:
    st.button(
        label,
        icon=":material/add:",
        key=session.widget_key("tools", "add", label),
        help=help_text,
        on_click=_add,
        args=(tool,),
    )


def _tools() -> list[Any]:
    tools = get(session.draft().document, ("tools",))
    return tools if isinstance(tools, list) else []


def _take(tools: list[Any], order: Sequence[int | None], opened: int | None = None) -> NoReturn:
    """Take over a list of tools; what is open and unparsed goes with its tool."""
    kept = {new for new, old in enumerate(order) if old in session.open_tools()}
    session.set_open_tools(kept if opened is None else {*kept, opened})
    open_draft(session.draft().with_tools(tools, order))


def _add(tool: dict[str, Any]) -> None:
    tools = _tools()
    order = [*range(len(tools)), None]
    _take([*tools, _renamed(tool, tools)], order, len(tools) if tool is _BLANK else None)


def _duplicate(index: int) -> None:
    tools = _tools()
    order = [*range(index + 1), None, *range(index + 1, len(tools))]
    copies = [*tools[: index + 1], _renamed(tools[index], tools), *tools[index + 1 :]]
    _take(copies, order)


def _renamed(tool: Any, tools: list[Any]) -> Any:
    names = {other.get("name") for other in tools if isinstance(other, dict)}
    name = tool.get("name") if isinstance(tool, dict) else None
    if not isinstance(name, str) or name not in names:
        return tool
    number = next(number for number in range(2, len(tools) + 3) if f"{name}_{number}" not in names)
    return {**tool, "name": f"{name}_{number}"}


def _remove(index: int) -> None:
    _reorder([place for place in range(len(_tools())) if place != index])


def _move_up(index: int) -> None:
    _swap(index - 1)


def _move_down(index: int) -> None:
    _swap(index)


def _swap(first: int) -> None:
    order = [*range(len(_tools()))]
    order[first : first + 2] = reversed(order[first : first + 2])
    _reorder(order)


def _reorder(order: list[int]) -> None:
    tools = _tools()
    _take([tools[place] for place in order], order)


def _toggle(index: int) -> None:
    session.set_open_tools(session.open_tools() ^ {index})

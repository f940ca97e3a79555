"""Configs whose tools run commands, and the yes to them, for the tests."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from core.reading.consent import Approval

THEN: Final = datetime(2026, 4, 1, 8, 30, 0, 5, UTC)
NOBODY: Final = "6f1d2c0a-0000-4000-8000-0000000000ff"
"""Who is said to have approved; no store takes anybody's word for that."""


def tool(**keys: Any) -> dict[str, Any]:
    return {"name": "t", "description": "d", "parameters": {}, **keys}


def with_tools(*tools: Any) -> str:
    """The text of a config with these tools."""
    return json.dumps({"tools": list(tools)}, ensure_ascii=False)


def running(*commands: str) -> str:
    """The text of a config with a tool for each command."""
    return with_tools(*(tool(type="command", command=command) for command in commands))


def digest(command: str) -> str:
    return sha256(command.encode()).hexdigest()


def approval(command: str, at: datetime = THEN, by: str = NOBODY) -> Approval:
    return Approval(digest(command), at, by)


# Each text with the commands that somebody has to have said yes to.
COMMANDS: Final[dict[str, tuple[str, list[str]]]] = {
    "none": ("{}", []),
    "other tools": (with_tools(tool(type="api", url="x"), tool(type="function"), tool()), []),
    "a type and a command": (with_tools(tool(type="command", command="ls")), ["ls"]),
    "a command alone": (with_tools(tool(command="ls")), ["ls"]),
    "another type": (with_tools(tool(type="function", command="ls")), ["ls"]),
    "a type alone": (with_tools(tool(type="command")), [""]),
    "an empty command": (with_tools(tool(command="")), [""]),
    "null": (with_tools(tool(command=None)), [""]),
    "a number": (with_tools(tool(command=1.50)), [""]),
    "a list": (with_tools(tool(type="command", command=["rm", "-rf"])), [""]),
    "an object": (with_tools(tool(command={"b": 1, "a": [True]})), [""]),
    "a type in capitals": (with_tools(tool(type="Command")), []),
    "a type of another kind": (with_tools(tool(type=["command"])), []),
    "a key in capitals": (with_tools(tool(Command="ls")), []),
    "further in": (with_tools(tool(parameters={"command": "ls", "type": "command"})), []),
    "several": (with_tools(tool(command="b"), tool(), tool(command="a")), ["b", "a"]),
    "the same twice": (with_tools(tool(command="a"), tool(command="a")), ["a", "a"]),
    "no objects": (with_tools("command", ["command"], None, 1, {"command": "ls"}), ["ls"]),
    "tools that are no list": ('{"tools": {"type": "command", "command": "ls"}}', []),
    "tools that are null": ('{"tools": null}', []),
    "escaped keys": ('{"\\u0074ools": [{"c\\u006fmmand": "l\\u0073"}]}', ["ls"]),
    "an escaped type": ('{"tools": [{"type": "\\u0063ommand"}]}', [""]),
    "any text": (
        with_tools(tool(command="é\n\t日本語 😀 \\ \" ' \u2028")),
        ["é\n\t日本語 😀 \\ \" ' \u2028"],
    ),
    "a space more": (with_tools(tool(command="ls ")), ["ls "]),
}

"""The description of the API as a reader wants it: one operation after the other, with a command.

Everything is read off the OpenAPI document, for the page and for the docs.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.api.app import description

OpenApi = Mapping[str, Any]

_BASE: Final = "/api"
_ID: Final = "6f1d2c0a-8f5e-4d1e-9a57-3a0f0d1b2c3d"
_EXAMPLES: Final = {"config_id": _ID, "number": "1", "preset_id": "sft_toolbench", "handle": _ID}
_LONGEST_BODY: Final = 100


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a field of a body.

    Attributes:
        place: ``path``, ``query``, ``header`` or ``body``.
        wants: what it takes, in words.
        text: what it is for; may be empty.
    """

    name: str
    place: str
    wants: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does.

    Attributes:
        path: with its parameters in braces, from the root of the server.
        group: ``judging``, ``configs`` or ``sharing``.
        account: ``needed``, ``taken`` where a token may be sent, or ``none``.
        example: a body that fits, or ``None``.
        answers: what each status means.
    """

    method: str
    path: str
    group: str
    title: str
    text: str
    account: str
    values: tuple[Value, ...]
    example: Any
    answers: Mapping[str, str]

    def command(self, server: str) -> str:
        """A curl command that asks a server for it."""
        path = self.path.format(**_EXAMPLES)
        parts = [f"curl -X {self.method} {server}{path}" if self.method != "GET" else
                 f"curl {server}{path}"]  # fmt: skip
        if self.account == "needed":
            parts.append('-H "Authorization: Bearer $TUNESMITH_TOKEN"')
        if any(value.name == "If-Match" for value in self.values):
            parts.append("-H 'If-Match: \"1\"'")
        if self.example is not None:
            parts += ["-H 'Content-Type: application/json'", f"-d {_body(self.example)}"]
        return " \\\n  ".join(parts)


def operations() -> tuple[Operation, ...]:
    """All that the API does, in the order of its description."""
    found = description()
    return tuple(
        _operation(found, method, path, told)
        for path, told_by_method in found["paths"].items()
        for method, told in told_by_method.items()
    )


def _body(example: Any) -> str:
    text = json.dumps(example, ensure_ascii=False)
    return "@body.json" if len(text) > _LONGEST_BODY else shlex.quote(text)


def _operation(found: OpenApi, method: str, path: str, told: Mapping[str, Any]) -> Operation:
    schema = _body_schema(found, told)
    examples = schema.get("examples", [None])
    return Operation(
        method=method.upper(),
        path=_BASE + path,
        group=told["tags"][0],
        title=told["summary"],
        text=told.get("description", ""),
        account=_account(told),
        values=(*_parameters(found, told), *_fields(found, schema)),
        example=examples[0],
        answers={status: one["description"] for status, one in told["responses"].items()},
    )


def _account(told: Mapping[str, Any]) -> str:
    security = told.get("security", [])
    return "none" if not security else "taken" if {} in security else "needed"


def _body_schema(found: OpenApi, told: Mapping[str, Any]) -> Mapping[str, Any]:
    body = told.get("requestBody")
    return _resolved(found, body["content"]["application/json"]["schema"]) if body else {}


def _parameters(found: OpenApi, told: Mapping[str, Any]) -> Iterator[Value]:
    for one in told.get("parameters", []):
        wants = _wants(found, one["schema"])
        text = one.get("description") or one["schema"].get("description", "")
        yield Value(one["name"], one["in"], wants, one.get("required", False), text)


def _fields(found: OpenApi, schema: Mapping[str, Any]) -> Iterator[Value]:
    required = schema.get("required", [])
    for name, one in schema.get("properties", {}).items():
        text = one.get("description", "")
        yield Value(name, "body", _wants(found, one), name in required, text)


def _resolved(found: OpenApi, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: Mapping[str, Any] = found["components"]["schemas"][name] if name else schema
    return resolved


def _wants(found: OpenApi, schema: Mapping[str, Any]) -> str:
    """``text``, ``whole number``, ``list of text``; a choice as its values."""
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        kinds = [_wants(found, one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(kinds)
    if schema.get("type") == "array":
        items = _wants(found, schema["items"])
        return f"list of {'objects' if items == 'object' else items}"
    return _KINDS.get(schema.get("type", "object"), "")


_KINDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "object": "object",
}


# --- The page of the docs ------------------------------------------------------------------------


def markdown(server: str = "http://localhost:8501") -> str:
    """All operations as Markdown."""
    return "\n".join(_section(one, server) for one in operations())


def _section(one: Operation, server: str) -> str:
    lines = [
        f"### {one.method} {one.path}\n",
        f"{one.title}. {one.text} {ACCOUNT[one.account]}\n",
        f"```sh\n{one.command(server)}\n```\n",
        values_table(one) + "\n" if one.values else "",
        f"Answers: {', '.join(one.answers)}.\n",
    ]
    return "\n".join(filter(None, lines))


def values_table(one: Operation) -> str:
    """The parameters and the fields of the body; the required ones are bold."""
    lines = ["| Name | In | Takes | What it is |", "|:--|:--|:--|:--|"]
    for value in one.values:
        name = f"**`{value.name}`**" if value.required else f"`{value.name}`"
        required = " Required." if value.required and value.place != "path" else ""
        lines.append(f"| {name} | {value.place} | {value.wants} | {value.text}{required} |")
    return "\n".join(lines)


ACCOUNT: Final = {
    "none": "Needs no account.",
    "taken": "Needs no account; with a token it reaches your own configs too.",
    "needed": "Needs a token.",
}
"""What an operation's ``account`` means."""

"""Secrets, code and commands that a config can bring onto the training machine."""

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from core import fields
from core.document import Document, Path, path_text
from core.findings import Finding, Patch, remove, replace
from core.reading.consent import is_command_tool
from core.reading.model_names import hub_id
from core.reading.view import View, entries, holders, path_of
from core.reading.wording import error, shortened, shown, warning
from core.system.secrets import is_literal, kind_of, may_hold_secret, names_secret
from core.trainers.facts import Facts

# Makers of the usual base models. Their repositories are read by many before they are run.
_KNOWN_OWNERS: Final = frozenset(
    {
        "qwen",
        "meta-llama",
        "google",
        "microsoft",
        "huggingfacetb",
        "mistralai",
        "allenai",
        "ibm-granite",
        "nvidia",
        "tiiuae",
        "deepseek-ai",
        "openai",
        "bigcode",
        "eleutherai",
    }
)

# Families whose code is part of transformers 4.51, so that a repository's own code adds nothing.
_NATIVE: Final = re.compile(
    r"qwen(1\.5|2|2\.5|3)?-|(meta-)?llama-|gemma-|mistral-|mixtral-|phi-(1|2|3|3\.5|4)|smollm"
    r"|granite-|olmo-|falcon-|starcoder|pythia|gpt-",
    re.IGNORECASE,
)


def _remote_code(facts: Facts) -> Iterator[Finding]:
    for section in ("model", "tokenizer"):
        name = facts.view.value(f"{section}.name")
        if facts.view.value(f"{section}.trust_remote_code") is True and isinstance(name, str):
            yield from _trusted(path_of(f"{section}.trust_remote_code"), name)


def _trusted(path: Path, name: str) -> Iterator[Finding]:
    owner, _, repository = name.rpartition("/")
    fix = (replace(path, False),)
    if owner.lower() not in _KNOWN_OWNERS:
        yield warning(
            "security.trust_remote_code.org",
            path,
            f"Python code from {shown(name)} would run on the training machine, and its owner is "
            "none of the well-known ones.",
            "Turn it off unless you have read that code.",
            fix,
        )
    elif _NATIVE.match(repository):
        yield warning(
            "security.trust_remote_code.unneeded",
            path,
            f"{shown(name)} needs no code of its own, and 'trust_remote_code' is true.",
            "Set it to false: the same result with less risk.",
            fix,
            safe=True,
        )


def _secrets(facts: Facts) -> Iterator[Finding]:
    document, texts = facts.view.document, facts.view.texts
    found = _named_secrets(document)
    if may_hold_secret(json.dumps(document, ensure_ascii=False)):
        found |= {path: kind for path, text in texts if (kind := kind_of(text))}
        found |= _secret_keys(document)
    for path in dict.fromkeys(map(_without_secrets, found)):
        yield _secret(path, found.get(path, "a secret"))


def _secret_keys(document: Document) -> dict[Path, str]:
    """The objects that have a secret for a key."""
    objects = ((path, holder) for path, holder in holders(document) if isinstance(holder, dict))
    return {path: kind for path, holder in objects for key in holder if (kind := kind_of(key))}


def _named_secrets(document: Document) -> dict[Path, str]:
    """The values under keys such as ``api_key``."""
    return {
        (*path, key): f"the value of '{key}'"
        for path, holder in holders(document)
        # security.tool_headers speaks about the headers of tools.
        if path[2:3] != ("headers",)
        for key, value in entries(holder)
        if isinstance(key, str) and names_secret(key) and is_literal(value)
    }


def _without_secrets(path: Path) -> Path:
    """The path up to the first key that is itself a secret."""
    is_secret = [isinstance(step, str) and bool(kind_of(step)) for step in path]
    return path[: is_secret.index(True)] if any(is_secret) else path


def _secret(path: Path, kind: str) -> Finding:
    removable = bool(path) and isinstance(path[-1], str) and fields.find(path) is None
    return error(
        "security.secret",
        path,
        f"'{path_text(path)}' looks like a secret ({kind}); configs are saved, shared and copied "
        "into the output folder.",
        "Remove it and revoke it; the trainer reads the variable HF_TOKEN.",
        (remove(path),) if removable else None,
    )


_PERSONAL: Final = re.compile(r"/home/|/Users/|[A-Z]:[\\/]+Users")


def _personal_paths(facts: Facts) -> Iterator[Finding]:
    for path, text in facts.view.texts:
        if _PERSONAL.match(text):
            yield warning(
                "security.personal_path",
                _without_secrets(path),
                f"'{path_text(_without_secrets(path))}' holds a path of one person's machine.",
                "Remove it before you share the config.",
            )


def _tool_commands(facts: Facts) -> Iterator[Finding]:
    for index, tool in facts.view.tools:
        if is_command_tool(tool):
            yield error(
                "security.tool_command",
                ("tools", index),
                f"tools[{index}] is a command tool: its shell command runs on the training "
                "machine for each row that is made.",
                "Remove the command; never take one over from others.",
                _without_command(index, tool),
            )


def _without_command(index: int, tool: dict[str, Any]) -> Patch:
    gone = (remove(("tools", index, "command")),) if "command" in tool else ()
    is_command = tool.get("type") == "command"
    kind = (replace(("tools", index, "type"), "function"),) if is_command else ()
    return (*gone, *kind)


def _tool_apis(facts: Facts) -> Iterator[Finding]:
    for index, tool in facts.view.tools:
        if tool.get("type") == "api":
            host = _host(tool.get("url"))
            private = host is not None and _is_private(host)
            yield (error if private else warning)(
                "security.tool_api",
                ("tools", index, "url" if "url" in tool else "type"),
                f"tools[{index}] really sends {_requests(facts.view)} to "
                f"{_host_named(tool, host, private=private)}, with its headers.",
                "Train on real data, or be sure that you may call it.",
                (replace(("tools", index, "type"), "function"),) if private else None,
            )


def _requests(view: View) -> str:
    """How often the trainer calls one tool while it makes rows (data_generator.py:192,343)."""
    each = {"toolbench": 20, "manual_templates": 10}.get(str(view.strategy))
    return f"{each} requests" if each and view.is_synthetic else "a request for each row made of it"


def _host(url: Any) -> str | None:
    try:
        return urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        return None


def _host_named(tool: dict[str, Any], host: str | None, *, private: bool) -> str:
    # The host is in lower case, where a key may no longer look like one.
    if host is None or kind_of(tool["url"]):
        return "its address"
    return f"{shown(host)}, a private address" if private else shown(host)


_PRIVATE_NAMES: Final = ("localhost", ".localhost", ".local", ".internal", ".lan")


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return f".{host}".endswith(tuple(f".{name.lstrip('.')}" for name in _PRIVATE_NAMES))


_CREDENTIAL_HEADERS: Final = ("cookie", "x-api-key", "proxy-authorization")


def _tool_headers(facts: Facts) -> Iterator[Finding]:
    for index, tool in facts.view.tools:
        headers = tool.get("headers")
        for name, value in headers.items() if isinstance(headers, dict) else ():
            carries = name.lower() in _CREDENTIAL_HEADERS or names_secret(name)
            if carries and is_literal(value) and not kind_of(name):
                path: Path = ("tools", index, "headers", name)
                yield error(
                    "security.tool_headers",
                    path,
                    f"The header '{shortened(name)}' of tools[{index}] carries a credential in "
                    "plain text.",
                    "Remove it; nobody who reads the config should have it.",
                    (remove(path),),
                )


_DRIVE: Final = re.compile(r"[A-Za-z]:")


def _log_dir_escape(facts: Facts) -> Iterator[Finding]:
    folder = facts.view.value("tensorboard.log_dir")
    if isinstance(folder, str) and _escapes(folder):
        path = path_of("tensorboard.log_dir")
        yield error(
            "security.log_dir_escape",
            path,
            f"Log folder is {shown(folder)}; it leaves the run's own folder.",
            "Remove it; the curves go to 'runs' in the output folder.",
            (remove(path),),
            safe=True,
        )


def _escapes(folder: str) -> bool:
    steps = re.split(r"[\\/]", folder)
    outside = steps[0] == "" and len(steps) > 1
    upward = any(step == ".." or step.startswith("~") for step in steps)
    return outside or upward or "\0" in folder or bool(_DRIVE.match(folder))


_PATH_LIKE: Final = re.compile(r"[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[\\/]|[a-zA-Z][\w+.-]*://")


def _model_path(facts: Facts) -> Iterator[Finding]:
    name = facts.view.value("model.name")
    if isinstance(name, str) and _PATH_LIKE.match(name.strip()):
        better = hub_id(name)
        yield warning(
            "security.model_path",
            path_of("model.name"),
            f"{shown(name)} is a path or an address; others don't have it or get something else.",
            f"Use the id {shown(better)}." if better else "Use the model's Hugging Face id.",
            (replace(path_of("model.name"), better),) if better else None,
        )


RULES: Final = (
    _remote_code,
    _secrets,
    _personal_paths,
    _tool_commands,
    _tool_apis,
    _tool_headers,
    _log_dir_escape,
    _model_path,
)

"""What every answer has to look like, whatever went wrong: one shape, one sentence, no secrets."""

import re
from collections.abc import Sequence
from typing import Final

from tools.soak.wire import Reply

PROBLEM: Final = "application/problem+json"
MARK: Final = "soakmark"
"""Stands in the text of each config that is saved, and so in no log and in no error."""

_MEMBERS: Final = ("type", "title", "status", "detail", "code")
_TRACES: Final = re.compile(r"Traceback|File \"|\.py\b|sqlite3\.|Error\(|httpx|<html", re.I)
_PATHS: Final = re.compile(r"(?<![\w.:/])/(?:home|tmp|var|usr|root|work|etc|srv|opt)/\S+")
# What a log line may never hold of a secret, whoever's it is.
TOKENS: Final = re.compile(r"tsm_[A-Za-z0-9_-]{20,}|sb_secret_\w+|eyJ[\w-]{20,}\.[\w-]+\.")


def faults_of(reply: Reply, secrets: Sequence[str] = ()) -> list[str]:
    """What is wrong with an answer that is no success; nothing for one that is."""
    if reply.is_success:
        return []
    text = reply.body.decode("utf-8", "replace")
    return [*_shape(reply), *leaks(text, secrets)]


def leaks(text: str, secrets: Sequence[str] = ()) -> list[str]:
    """What a text for strangers must not hold, and does."""
    found = [f"shows code: {one[0]!r}" for one in [_TRACES.search(text)] if one]
    found += [f"shows a path: {one[0]!r}" for one in [_PATHS.search(text)] if one]
    found += ["shows a token" for one in [TOKENS.search(text)] if one]
    return found + ["shows a secret" for secret in secrets if secret in text]


def _shape(reply: Reply) -> list[str]:
    kind = reply.headers.get("content-type", "")
    if not kind.startswith(PROBLEM):
        return [f"is no problem document: {reply.status} {kind!r} {reply.body[:120]!r}"]
    problem = reply.json()
    if not isinstance(problem, dict):
        return ["is no JSON object"]
    missing = [name for name in _MEMBERS if not problem.get(name)]
    found = [f"lacks {', '.join(missing)}"] if missing else []
    if problem.get("status") != reply.status:
        found.append(f"says {problem.get('status')} and is {reply.status}")
    if reply.status == 500:
        found.append("is a fault of the app: 500")
    if reply.status in (429, 503) and "retry-after" not in reply.headers:
        found.append("does not say when to come back")
    return found

"""What looks like a secret in text, and how to keep it out of messages and logs."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

_EDGE: Final = r"(?<![A-Za-z0-9])"

# The prefixes are those that the services publish for their secret scanners.
# Each repetition is bounded or gives nothing back (+): a text made for it would else take minutes.
_KINDS: Final = {
    "a Tunesmith token": _EDGE + r"tsm_[A-Za-z0-9_-]{30,}",
    "a Hugging Face token": _EDGE + r"hf_[A-Za-z0-9]{30,}",
    "an API key": _EDGE + r"sk-[A-Za-z0-9_-]{20,}",
    "an AWS access key": _EDGE + r"AKIA[0-9A-Z]{16}",
    "a GitHub token": _EDGE + r"(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    "a GitLab token": _EDGE + r"glpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": _EDGE + r"xox[abeprs]-[A-Za-z0-9-]{10,}",
    "a Google API key": _EDGE + r"AIza[0-9A-Za-z_-]{35}",
    "a JSON Web Token": (
        _EDGE + r"eyJ[A-Za-z0-9_-]{5,400}+\.eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"
    ),
    "a private key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY[\s\S]*?(?:-----END [A-Z ]{0,40}-----|\Z)",
    "a bearer token": r"(?:[Bb]earer|BEARER)\s{1,4}[A-Za-z0-9._~+/-]{16,}=*",
    "a password in an address": r"://[^/\s:@]{1,64}+:[^/\s@${}<>]{1,128}+@",
}

# Every pattern holds one of these as it stands.
_HINTS: Final = (
    *("hf_", "sk-", "AKIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("tsm_", "xox", "AIza", "eyJ", "PRIVATE KEY", "earer", "EARER", "://"),
)
_SECRET: Final = re.compile("|".join(f"({pattern})" for pattern in _KINDS.values()))
_KIND_NAMES: Final = tuple(_KINDS)

# A bare "token" names a secret; "pad_token" and its kind name words of a vocabulary.
_SECRET_NAME: Final = re.compile(
    r"(?:.*_)?(?:api_?keys?|secret|secret_?key|access_?key|private_?key|client_?secret|password"
    r"|passwd|authorization|credentials?)"
    r"|(?:(?:.*_)?(?:api|auth|access|refresh|bearer|session|hf|hub|hugging_?face|github|gitlab"
    r"|wandb|slack|bot|user|personal|write|read|secret|oauth)_?)?token",
    re.IGNORECASE,
)
_LONGEST_NAME: Final = 64
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER: Final = re.compile(
    r"\$\{?\w+\}?|<[^<>]*>|\{\{?[^{}]*\}?\}|%\w+%|\[[^\[\]]*\]|[*x.\-_]+"
    r"|(?:your|my|insert|enter|replace|change)[\s_-]?.*|none|null|env:\w+|todo|redacted",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE)
_JSON_TYPES: Final = {"string", "number", "integer", "boolean", "object", "array"}


def redact(text: str) -> str:
    """The text with everything that looks like a secret replaced by ``[secret]``."""
    return _SECRET.sub("[secret]", text)


def masked(value: Any, path: Sequence[str | int] = ()) -> Any:
    """A JSON value without secrets: neither what looks like one nor what stands under such a key.

    Args:
        value: the value; it stays as it is.
        path: the keys and places that lead to it.
    """
    return _masked(value, any(_hides(path, number) for number in range(len(path))), path[-1:])


def _hides(path: Sequence[str | int], number: int) -> bool:
    """Whether a step of a path names a secret; a schema's properties name what has yet to come."""
    step, before = path[number], path[number - 1] if number else ""
    return isinstance(step, str) and before != "properties" and names_secret(step)


def _masked(value: Any, hides: bool, last: Sequence[str | int]) -> Any:
    if isinstance(value, dict):
        return {
            redact(key): _masked(item, hides or _hides((*last, key), len(last)), (key,))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, hides, ()) for item in value]
    if hides and is_literal(value):
        return "[secret]"
    return redact(value) if isinstance(value, str) else value


def kind_of(text: str) -> str | None:
    """What kind of secret a text holds, in words such as "a Hugging Face token", or ``None``."""
    match = _SECRET.search(text) if may_hold_secret(text) else None
    return _KIND_NAMES[(match.lastindex or 1) - 1] if match else None


def may_hold_secret(text: str) -> bool:
    """A quick look that rules out most texts, and never one that holds a secret."""
    return any(hint in text for hint in _HINTS)


@lru_cache(maxsize=1024)
def names_secret(key: str) -> bool:
    """Whether a key is one that people keep a secret under, such as ``api_key``."""
    if len(key) > _LONGEST_NAME:
        return False
    return bool(_SECRET_NAME.fullmatch(re.sub(r"[\s.-]+", "_", _CAMEL.sub("_", key))))


def is_literal(value: Any) -> bool:
    """Whether a value is a number, or text that is no stand-in such as ``${HF_TOKEN}``."""
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    if not isinstance(value, str) or value.strip().lower() in _JSON_TYPES:
        return False
    text = _SCHEME.sub("", value.strip(), count=1)
    return bool(text) and not _PLACEHOLDER.fullmatch(text)

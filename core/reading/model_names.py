"""Names of models: ids of the Hugging Face Hub, addresses of its pages, folders."""

import re
from typing import Any, Final

from core.system.secrets import kind_of

# What the Hub allows in an id (huggingface_hub, validate_repo_id).
_MODEL_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)


def is_model_id(value: Any) -> bool:
    """Whether a value looks like a Hugging Face id and not like a path, an address or a secret."""
    if not isinstance(value, str) or not 0 < len(value) <= 96:
        return False
    odd = ".." in value or "--" in value or kind_of(value)
    return bool(_MODEL_ID.fullmatch(value)) and not odd


_LONGEST_ADDRESS: Final = 300
_HUB_PAGE: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(?!(?:datasets|spaces|docs|blog|papers)/)"
    r"([\w.-]+/[\w.-]+)(?:[/?#].*)?",
    re.ASCII,
)


def hub_id(name: str) -> str | None:
    """The id in a page's address or between stray blanks and slashes, or ``None``."""
    text = name.strip()
    # The expressions below take time that grows faster than the text.
    if len(text) > _LONGEST_ADDRESS:
        return None
    page = _HUB_PAGE.fullmatch(text)
    text = page.group(1) if page else re.sub(r"\s*/[\s/]*", "/", text.rstrip("/"))
    return text if text != name and is_model_id(text) else None


# What huggingface_hub lets through to the Hub (validate_repo_id), and what may be a folder.
_REPOSITORY: Final = re.compile(r"(\b[\w.-]+\b/)?\b[\w.-]{1,96}\b", re.ASCII)
_FOLDER: Final = re.compile(
    r"(?:\.{0,2}/|\.{1,2}\\|[A-Za-z]:[\\/]|\\\\).*|\.{1,2}|[^/~]+(?:/[^/]+){2,}/?", re.DOTALL
)


def loadable(name: str) -> bool:
    """Whether ``from_pretrained`` gets further than the name: a repository's id, or a folder.

    Whether the repository or the folder is there is taken on trust.
    """
    if name != name.strip() or "://" in name or "\0" in name or _HUB_PAGE.fullmatch(name):
        return False
    allowed = "--" not in name and ".." not in name and not name.endswith(".git")
    is_repository = allowed and _REPOSITORY.fullmatch(name)
    return bool(is_repository or _FOLDER.fullmatch(name))

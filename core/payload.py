"""A draft as text, so that unsaved work can be kept in a store and come back as it was."""

import json
from collections.abc import Mapping
from typing import Any, Final

from core.document import ABSENT, Document, Path, Source, parse
from core.draft import Draft, Pending, Saved, from_source
from core.errors import DocumentError

FORMAT: Final = 1


def to_payload(draft: Draft) -> str:
    """The draft with all that undo does not need: base, document, unparsed texts, where saved."""
    content = {
        "format": FORMAT,
        "name": draft.name,
        "origin": draft.origin,
        "text": draft.text,
        "document": draft.document if draft.is_changed else None,
        "pending": [_pending(path, pending) for path, pending in draft.pending.items()],
        "saved": _saved(draft.saved),
    }
    return json.dumps(content)


def from_payload(payload: str) -> Draft:
    """The draft that ``to_payload`` wrote.

    Raises:
        DocumentError: the text is none of ours.
    """
    try:
        return _draft(json.loads(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DocumentError("This draft can't be read; it was kept by another version.") from None


def _draft(content: Mapping[str, Any]) -> Draft:
    if content["format"] != FORMAT:
        raise ValueError
    base = parse(content["text"])
    opened = from_source(content["name"], Source(base, content["text"]), content["origin"])
    document: Document = opened.document if content["document"] is None else content["document"]
    pending = dict(map(_read_pending, content["pending"]))
    saved = None if content["saved"] is None else Saved(**content["saved"])
    return Draft(opened.name, document, opened.base, opened.text, opened.origin, pending, saved)


def _saved(saved: Saved | None) -> dict[str, Any] | None:
    if saved is None:
        return None
    return {
        "config_id": saved.config_id,
        "revision": saved.revision,
        "name": saved.name,
        "description": saved.description,
    }


def _pending(path: Path, pending: Pending) -> dict[str, Any]:
    known = {} if pending.against is ABSENT else {"against": pending.against}
    return {"path": list(path), "text": pending.text, **known}


def _read_pending(content: Mapping[str, Any]) -> tuple[Path, Pending]:
    return tuple(content["path"]), Pending(content["text"], content.get("against", ABSENT))

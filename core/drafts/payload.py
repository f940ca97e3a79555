"""A draft as text, so that unsaved work can be kept in a store and come back as it was."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from core.document import ABSENT, Document, Path, Source, parse
from core.drafts.draft import Draft, Pending, Saved, from_source
from core.errors import DocumentError
from core.reading.consent import from_json

FORMAT: Final = 2
_WITHOUT_TARGET: Final = 1
"""Drafts that were kept before they had a target and a yes to commands."""


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
        "target": draft.target,
        "approved": list(draft.approved),
    }
    return json.dumps(content)


def from_payload(payload: str) -> Draft:
    """The draft that ``to_payload`` wrote.

    Raises:
        DocumentError: the text is none of ours.
    """
    try:
        return _draft(json.loads(payload))
    except (LookupError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise DocumentError("This draft can't be read; it was kept by another version.") from None


def _draft(content: Mapping[str, Any]) -> Draft:
    if content["format"] == _WITHOUT_TARGET:
        content = {**content, "target": "", "approved": []}
    elif content["format"] != FORMAT:
        raise ValueError
    base = parse(content["text"])
    opened = from_source(content["name"], Source(base, content["text"]), content["origin"])
    document: Document = opened.document if content["document"] is None else content["document"]
    pending = dict(map(_read_pending, content["pending"]))
    saved = None if content["saved"] is None else _read_saved(content["saved"])
    return replace(
        opened,
        document=document,
        pending=pending,
        saved=saved,
        target=_text(content["target"]),
        approved=_texts(content["approved"]),
    )


def _saved(saved: Saved | None) -> dict[str, Any] | None:
    if saved is None:
        return None
    return {
        "config_id": saved.config_id,
        "revision": saved.revision,
        "name": saved.name,
        "description": saved.description,
        "target": saved.target,
        "approved": [approval.as_json() for approval in saved.approved],
    }


def _read_saved(content: Mapping[str, Any]) -> Saved:
    return Saved(**{**content, "approved": from_json(content.get("approved", []))})


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _pending(path: Path, pending: Pending) -> dict[str, Any]:
    known = {} if pending.against is ABSENT else {"against": pending.against}
    return {"path": list(path), "text": pending.text, **known}


def _read_pending(content: Mapping[str, Any]) -> tuple[Path, Pending]:
    return tuple(content["path"]), Pending(content["text"], content.get("against", ABSENT))

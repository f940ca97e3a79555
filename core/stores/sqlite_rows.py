"""Rows of the SQLite file <-> the records of ``core/stores/protocol.py``."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.reading.consent import Approval, from_json
from core.stores.limits import kept_errors
from core.stores.protocol import (
    KEPT_DELETED,
    Checked,
    Config,
    Content,
    Deleted,
    KeptDraft,
    Summary,
    Version,
)
from core.system.database import moment


def columns(content: Content) -> dict[str, Any]:
    """What both a config and a version keep of a content."""
    return {
        "name": content.name,
        "description": content.description,
        "template_type": content.template_type,
        "config_json": content.text,
        "target": content.target,
        "approvals": json.dumps([approval.as_json() for approval in content.approved]),
        **checked_columns(content.checked),
    }


def summary(row: sqlite3.Row, tags: tuple[str, ...]) -> Summary:
    """The row of a list, with its tags."""
    return Summary(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        template_type=row["template_type"],
        method=row["method"],
        model=row["model"],
        is_valid=bool(row["is_validated"]),
        runs=bool(row["runs"]),
        revision=row["revision"],
        times_used=row["times_used"],
        last_used_at=_moment(row["last_used_at"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        tags=tags,
    )


def config(row: sqlite3.Row, tags: tuple[str, ...]) -> Config:
    """A row of ``training_configs``, with its tags."""
    return Config(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        description=row["description"],
        template_type=row["template_type"],
        text=row["config_json"],
        checked=_checked(row),
        times_used=row["times_used"],
        last_used_at=_moment(row["last_used_at"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        revision=row["revision"],
        tags=tags,
        target=row["target"],
        approved=_approved(row["approvals"]),
    )


def version(row: sqlite3.Row) -> Version:
    """A row of ``config_versions``."""
    return Version(
        config_id=row["config_id"],
        number=row["number"],
        content=Content(
            name=row["name"],
            description=row["description"],
            template_type=row["template_type"],
            text=row["config_json"],
            checked=_checked(row),
            target=row["target"],
            approved=_approved(row["approvals"]),
        ),
        operation=row["operation"],
        message=row["message"],
        restored_from=row["restored_from"],
        author=row["author"],
        created_at=moment(row["created_at"]),
    )


def checked_columns(checked: Checked) -> dict[str, Any]:
    """What the checks said, as columns."""
    errors = kept_errors(checked)
    return {
        "is_validated": checked.is_valid,
        "runs": checked.runs,
        "validation_errors": errors and json.dumps(errors, separators=(",", ":")),
    }


def _checked(row: sqlite3.Row) -> Checked:
    errors = _errors(row["validation_errors"])
    return Checked(bool(row["is_validated"]), errors, bool(row["runs"]))


def _errors(text: str | None) -> Sequence[dict[str, Any]] | None:
    """The stored errors; none where somebody wrote something else into the row."""
    try:
        errors = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return errors if isinstance(errors, list) else None


def _approved(text: str) -> tuple[Approval, ...]:
    """The stored approvals; none where somebody wrote something else into the row."""
    try:
        return from_json(json.loads(text))
    except (LookupError, ValueError, TypeError, OverflowError, RecursionError):
        return ()


def deleted(row: sqlite3.Row) -> Deleted:
    """A row with id, name and ``deleted_at``."""
    deleted_at = moment(row["deleted_at"])
    return Deleted(row["id"], row["name"], deleted_at, deleted_at + KEPT_DELETED)


def draft(row: sqlite3.Row) -> KeptDraft:
    """A row of ``drafts``."""
    slot, name, config_id, payload, updated_at = row
    return KeptDraft(slot, name, config_id, payload, moment(updated_at))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)

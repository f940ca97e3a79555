"""Rows of a Supabase project -> the records of ``core/stores/protocol.py``, and back.

Whoever owns a row can have written it without this program: what can't be read is ``Unavailable``,
in one sentence, and never a traceback.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from core.errors import Unavailable
from core.reading.consent import from_json
from core.stores.limits import kept_errors
from core.stores.listing import search_text
from core.stores.protocol import (
    KEPT_DELETED,
    Checked,
    Config,
    Content,
    Deleted,
    Facets,
    KeptDraft,
    Operation,
    Sort,
    Summary,
    Version,
)

NEVER: Final = "-infinity"

CONFIG: Final = (
    "id, user_id, name, description, template_type, config_text, is_validated, runs, "
    "validation_errors, times_used, last_used_at, created_at, updated_at, revision, tags, target, "
    "approvals"
)

_PLACES: Final[dict[Sort, str]] = {
    "updated": "updated_at",
    "created": "created_at",
    "name": "sort_name",
    "last_used": "last_used_at",
    "times_used": "times_used",
}

_OPERATIONS: Final[dict[str, Operation]] = {
    "create": "create",
    "save": "save",
    "restore": "restore",
}

Row = Mapping[str, Any]
Record = TypeVar("Record")


def rows(data: object) -> list[Row]:
    """The rows of an answer.

    Raises:
        Unavailable: it is something else; JSON that Python can't read comes as its text.
    """
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise unreadable()
    return data


def read(record: Callable[[Any], Record], row: Any) -> Record:
    """The record of a row.

    Raises:
        Unavailable: the row is not one of ours.
    """
    try:
        return record(row)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        raise unreadable() from None


def unreadable() -> Unavailable:
    """The error for an answer that says nothing."""
    return Unavailable(
        "The Supabase project gave an answer that can't be read; try again, and tell whoever runs "
        "it to look with `python -m core supabase check`."
    )


def columns(content: Content) -> dict[str, Any]:
    """What a config keeps of a content."""
    return {
        "name": content.name,
        "description": content.description,
        "template_type": content.template_type,
        "config_text": content.text,
        "target": content.target,
        "approvals": [approval.as_json() for approval in content.approved],
        "search": search_text(content.name, content.description),
        **checked_columns(content.checked),
    }


def checked_columns(checked: Checked) -> dict[str, Any]:
    """What the checks said, as columns."""
    return {
        "is_validated": checked.is_valid,
        "runs": checked.runs,
        "validation_errors": kept_errors(checked),
    }


def adopted_config(config: Config, newest: Version) -> dict[str, Any]:
    """A config of another store, as ``import_config`` takes it."""
    used_at = config.last_used_at
    return {
        **columns(config.content),
        "tags": list(config.tags),
        "message": newest.message,
        "restored_from": newest.restored_from,
        "times_used": config.times_used,
        "last_used_at": used_at and used_at.isoformat(),
        "revision": config.revision,
        "created_at": config.created_at.isoformat(),
        "updated_at": config.updated_at.isoformat(),
    }


def adopted_version(version: Version) -> dict[str, Any]:
    """One of its versions."""
    return {
        **columns(version.content),
        "number": version.number,
        "operation": version.operation,
        "message": version.message,
        "restored_from": version.restored_from,
        "created_at": version.created_at.isoformat(),
    }


def config(row: Row) -> Config:
    """A row of ``training_configs`` with the columns ``CONFIG``."""
    return Config(
        id=_text(row["id"]),
        user_id=_text(row["user_id"]),
        name=_text(row["name"]),
        description=_text(row["description"]),
        template_type=_text(row["template_type"]),
        text=_text(row["config_text"]),
        checked=_checked(row),
        times_used=int(row["times_used"]),
        last_used_at=_moment_or_none(row["last_used_at"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        revision=int(row["revision"]),
        tags=_tags(row["tags"]),
        target=_text(row["target"]),
        approved=from_json(row["approvals"]),
    )


def summary(row: Row) -> Summary:
    """A row of ``config_summaries``."""
    return Summary(
        id=_text(row["id"]),
        name=_text(row["name"]),
        description=_text(row["description"]),
        template_type=_text(row["template_type"]),
        method=_text_or_none(row["method"]),
        model=_text_or_none(row["model"]),
        is_valid=bool(row["is_validated"]),
        runs=bool(row["runs"]),
        revision=int(row["revision"]),
        times_used=int(row["times_used"]),
        last_used_at=_moment_or_none(row["last_used_at"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        tags=_tags(row["tags"]),
    )


def facets(row: Row) -> Facets:
    """What ``config_facets`` gives."""
    counts = (_counts(row[name]) for name in ("methods", "templates", "tags"))
    return Facets(int(row["total"]), *counts)


def place(row: Row, sort: Sort) -> tuple[str | int, str]:
    """What a row of a list is sorted by, as a cursor has it, and its id."""
    value = row[_PLACES[sort]]
    return (NEVER if value is None else value), _text(row["id"])


def version(row: Row) -> Version:
    """A row of ``config_versions``."""
    return Version(
        config_id=_text(row["config_id"]),
        number=int(row["number"]),
        content=Content(
            name=_text(row["name"]),
            description=_text(row["description"]),
            template_type=_text(row["template_type"]),
            text=_text(row["config_text"]),
            checked=_checked(row),
            target=_text(row["target"]),
            approved=from_json(row["approvals"]),
        ),
        operation=_OPERATIONS[row["operation"]],
        message=_text(row["message"]),
        restored_from=_number_or_none(row["restored_from"]),
        author=_text(row["author"]),
        created_at=moment(row["created_at"]),
    )


def deleted(row: Row) -> Deleted:
    """A row with id, name and ``deleted_at``."""
    deleted_at = moment(row["deleted_at"])
    return Deleted(_text(row["id"]), _text(row["name"]), deleted_at, deleted_at + KEPT_DELETED)


def draft(row: Row) -> KeptDraft:
    """A row of ``config_drafts``."""
    config_id = row["config_id"]
    return KeptDraft(
        slot=with_nul(row["slot"]),
        name=with_nul(row["name"]),
        config_id=None if config_id is None else with_nul(config_id),
        payload=with_nul(row["payload"]),
        updated_at=moment(row["updated_at"]),
    )


def without_nul(text: str) -> str:
    """A text with its NUL characters written as backslash and 0: PostgreSQL keeps none."""
    return text.replace("\\", "\\\\").replace("\x00", "\\0")


def with_nul(text: str) -> str:
    """The text that ``without_nul`` was given."""
    return "\\".join(part.replace("\\0", "\x00") for part in text.split("\\\\"))


def moment(text: str) -> datetime:
    """A moment as PostgreSQL writes it, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _checked(row: Row) -> Checked:
    errors = row["validation_errors"]
    is_ours = isinstance(errors, list) and all(isinstance(error, dict) for error in errors)
    return Checked(bool(row["is_validated"]), errors if is_ours else None, bool(row["runs"]))


def _tags(tags: object) -> tuple[str, ...]:
    if not isinstance(tags, list):
        raise TypeError
    return tuple(sorted(map(_text, tags), key=lambda tag: (tag.casefold(), tag)))


def _counts(numbers: Mapping[str, int]) -> dict[str, int]:
    return {_text(name): int(number) for name, number in numbers.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _number_or_none(value: Any) -> int | None:
    return None if value is None else int(value)

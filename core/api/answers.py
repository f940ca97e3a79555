"""What comes out: records by the seed's names, and the models that describe every answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.document import parse
from core.presets import Preset
from core.shares.protocol import Share, Shared
from core.shares.snapshot import Column
from core.stores.protocol import Config, Content, Summary, Version
from core.system.database import stamp


def config_json(config: Config) -> dict[str, Any]:
    """A saved config as a record."""
    return {
        "id": config.id,
        "user_id": config.user_id,
        **_content(config.content),
        "validation_errors": _errors(config.content),
        "revision": config.revision,
        "tags": list(config.tags),
        "times_used": config.times_used,
        **_moments(config),
    }


def summary_json(row: Summary) -> dict[str, Any]:
    """A row of the library."""
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "template_type": row.template_type,
        "method": row.method,
        "model": row.model,
        "is_validated": row.is_valid,
        "runs": row.runs,
        "revision": row.revision,
        "tags": list(row.tags),
        "times_used": row.times_used,
        **_moments(row),
    }


def version_json(version: Version) -> dict[str, Any]:
    """A version without what it holds."""
    content = version.content
    return {
        "number": version.number,
        "operation": version.operation,
        "message": version.message,
        "restored_from": version.restored_from,
        "name": content.name,
        "is_validated": content.checked.is_valid,
        "runs": content.checked.runs,
        "target": content.target,
        "created_at": stamp(version.created_at),
    }


def whole_version_json(version: Version) -> dict[str, Any]:
    """A version with what it holds."""
    return version_json(version) | _content(version.content)


def preset_json(preset: Preset) -> dict[str, Any]:
    """A preset without its config."""
    return {
        "id": preset.id,
        "title": preset.title,
        "summary": preset.summary,
        "method": preset.method,
        "origin": preset.origin,
        "note": preset.note,
    }


def share_json(share: Share) -> dict[str, Any]:
    """A link as its owner sees it; it opens nothing."""
    return {
        "handle": share.handle,
        "kind": share.kind,
        "title": share.title,
        "config_id": share.config_id,
        "views": share.views,
        "created_at": stamp(share.created_at),
        "expires_at": stamp(share.expires_at),
    }


def shared_json(shared: Shared) -> dict[str, Any]:
    """What a link shows."""
    snapshot = shared.snapshot
    return {
        "kind": snapshot.kind,
        "title": shared.title,
        "configs": [_column(column) for column in snapshot.columns],
        "base": snapshot.base,
        "created_at": stamp(shared.created_at),
        "expires_at": stamp(shared.expires_at),
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.title,
        "detail": column.detail,
        "description": column.description,
        "template_type": column.template_type,
        "config_json": column.document,
        "config_text": column.text,
        "target": column.target,
    }


def _content(content: Content) -> dict[str, Any]:
    return {
        "name": content.name,
        "description": content.description,
        "template_type": content.template_type,
        "config_json": parse(content.text),
        "config_text": content.text,
        "is_validated": content.checked.is_valid,
        "runs": content.checked.runs,
        "target": content.target,
    }


def _errors(content: Content) -> list[dict[str, Any]] | None:
    return list(content.checked.errors) if content.checked.errors else None


def _moments(record: Config | Summary) -> dict[str, str | None]:
    used = record.last_used_at
    return {
        "last_used_at": stamp(used) if used else None,
        "created_at": stamp(record.created_at),
        "updated_at": stamp(record.updated_at),
    }


# --- Descriptions --------------------------------------------------------------------------------


class Answer(BaseModel):
    """An answer, which holds what is described and nothing else."""

    model_config = ConfigDict(extra="forbid")


class FindingAnswer(Answer):
    """One thing to say about a config."""

    rule: str = Field(description="A stable dotted id.")
    field: str = Field(description="The field that it is about; empty for the whole config.")
    message: str = Field(description="What is wrong, with the values.")
    severity: Literal["error", "warning", "info"]
    remedy: str = Field(description="What to do.")
    fix: list[dict[str, Any]] | None = Field(description="RFC 6902 JSON Patch that does it.")


class VerdictAnswer(Answer):
    """What one trainer would do with the config."""

    name: str
    environment: str
    runs: bool = Field(description="It gets to its end with at least one optimizer update.")
    learns: bool = Field(description="The updates change the model and carry a signal.")
    blockers: list[FindingAnswer] = Field(description="Why it would not run.")


class ReportAnswer(Answer):
    """All findings about one config; the form and the command line show the same."""

    is_valid: bool
    errors: list[FindingAnswer]
    warnings: list[FindingAnswer]
    infos: list[FindingAnswer]
    trainer: VerdictAnswer


class _Names(Answer):
    name: str
    description: str
    template_type: str


class _Verdicts(Answer):
    is_validated: bool
    runs: bool


class _Kept(Answer):
    id: str
    revision: int = Field(description="Grows by one with each save.")
    tags: list[str]
    times_used: int
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime


class _Held(_Names, _Verdicts):
    config_json: dict[str, Any]
    config_text: str = Field(description="The same, byte for byte as it was saved.")
    target: str = Field(description="What it was judged for; empty for the default.")


class ConfigRecord(_Held, _Kept):
    """A saved config."""

    user_id: str
    validation_errors: list[dict[str, Any]] | None


class SummaryRecord(_Names, _Verdicts, _Kept):
    """A row of the library; ``config_json`` only where it was asked for."""

    method: str | None
    model: str | None
    config_json: dict[str, Any] | None = None


class ConfigAnswer(Answer):
    """One config."""

    config: ConfigRecord


class ConfigsAnswer(Answer):
    """One page of the library, and the cursors that lead on and back."""

    configs: list[SummaryRecord]
    next_cursor: str | None
    previous_cursor: str | None


class VersionRecord(_Verdicts):
    """A version of a config."""

    number: int
    operation: Literal["create", "save", "restore"]
    message: str
    restored_from: int | None
    name: str
    target: str
    created_at: datetime


class WholeVersionRecord(VersionRecord, _Held):
    """A version with what it holds."""


class VersionsAnswer(Answer):
    """The versions that are kept, the newest first."""

    versions: list[VersionRecord]


class VersionAnswer(Answer):
    """One version."""

    version: WholeVersionRecord


class AccountRecord(Answer):
    """Whose token it is."""

    user_id: str
    name: str


class AccountAnswer(Answer):
    """What a token is good for."""

    account: AccountRecord
    scopes: list[Literal["read", "write"]]
    expires_at: datetime | None


class ShareRecord(Answer):
    """A link that works."""

    handle: str = Field(description="Names it among your links; opens nothing.")
    kind: Literal["config", "comparison"]
    title: str
    config_id: str | None
    views: int
    created_at: datetime
    expires_at: datetime


class SharesAnswer(Answer):
    """The links that work, the newest first."""

    shares: list[ShareRecord]


class MadeShareAnswer(Answer):
    """A new link."""

    share: ShareRecord
    link: str = Field(description="For its readers; it is not told again.")


class SharedConfigRecord(_Names):
    """A config that a link shows."""

    detail: str
    config_json: dict[str, Any]
    config_text: str
    target: str


class SharedRecord(Answer):
    """What a link shows."""

    kind: Literal["config", "comparison"]
    title: str
    configs: list[SharedConfigRecord]
    base: int = Field(description="Which config of a comparison the others are held against.")
    created_at: datetime
    expires_at: datetime


class SharedAnswer(Answer):
    """What a link shows."""

    shared: SharedRecord


class PresetRecord(Answer):
    """A config that ships with Tunesmith."""

    id: str
    title: str
    summary: str
    method: str
    origin: str
    note: str


class WholePresetRecord(PresetRecord):
    """A preset with its config."""

    config_json: dict[str, Any]


class PresetsAnswer(Answer):
    """All presets."""

    presets: list[PresetRecord]


class PresetAnswer(Answer):
    """One preset."""

    preset: WholePresetRecord


class DerivedAnswer(BaseModel):
    """The numbers that follow: each a number, a pair where chance decides, or null."""

    model_config = ConfigDict(extra="allow")

    notes: dict[str, str] = Field(description="Why a number can't be said, or what is usual.")
    arithmetic: dict[str, str] = Field(description="How each number comes about.")


class EffectiveRecord(BaseModel):
    """What becomes of one key; what is absent is left out."""

    model_config = ConfigDict(extra="allow")

    name: str
    why: str
    reason: str
    source: str


class EffectiveAnswer(Answer):
    """What a run takes for each key."""

    effective: list[EffectiveRecord]


class ComparisonAnswer(BaseModel):
    """What differs, and what the difference means."""

    model_config = ConfigDict(extra="allow")

    base: int
    labels: list[str]
    rows: list[dict[str, Any]]
    patch: list[dict[str, Any]] | None
    derived: list[dict[str, Any]]
    verdict: list[dict[str, Any]]


class ProblemAnswer(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = Field(description="One sentence: what is wrong and what to do.")
    code: str = Field(description="For programs; never changes its meaning.")

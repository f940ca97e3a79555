"""ZIP files: some configs, or all that is kept about a user."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from core.drafts.draft import file_name
from core.identity.protocol import Account
from core.stores.protocol import Config, Content, KeptDraft, Version

File = tuple[str, bytes]

# The oldest moment that a ZIP file can hold; a fixed one makes equal content equal files.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


def zipped(files: Iterable[File]) -> bytes:
    """One ZIP file with these files in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files:
            info = zipfile.ZipInfo(name, _MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return buffer.getvalue()


def unique(files: Iterable[File]) -> Iterator[File]:
    """The files, each under a name that no other has, not even in another case."""
    taken: set[str] = set()
    for name, data in files:
        yield _free(name, taken), data


def _free(name: str, taken: set[str]) -> str:
    """The name or one like it, taken from then on."""
    free = next(other for other in _variants(name) if other.lower() not in taken)
    taken.add(free.lower())
    return free


def export(
    account: Account,
    configs: Iterable[tuple[Config, tuple[Version, ...]]],
    drafts: Iterable[KeptDraft],
) -> bytes:
    """Account, configs with every version, and unsaved work.

    Each config is there twice: as the JSON that a trainer reads, and with what is known about it.
    """
    return zipped(_export(account, configs, drafts))


def _export(
    account: Account,
    configs: Iterable[tuple[Config, tuple[Version, ...]]],
    drafts: Iterable[KeptDraft],
) -> Iterator[File]:
    yield "account.json", _json(_account(account))
    taken: set[str] = set()
    for config, versions in configs:
        name = _free(file_name(config.name), taken)
        yield f"configs/{name}", config.text.encode()
        folder = f"history/{PurePosixPath(name).stem}"
        yield f"{folder}/about.json", _json(_about(config, versions))
        for version in versions:
            yield f"{folder}/version-{version.number}.json", version.content.text.encode()
    for draft in drafts:
        yield f"drafts/{draft.slot}.json", draft.payload.encode()


def _variants(name: str) -> Iterator[str]:
    yield name
    path = PurePosixPath(name)
    number = 2
    while True:
        yield f"{path.stem}-{number}{path.suffix}"
        number += 1


def _account(account: Account) -> dict[str, Any]:
    return {
        "user_id": account.user_id,
        "name": account.name,
        "full_name": account.full_name,
        "email": account.email,
        "created_at": account.created_at.isoformat(),
    }


def _about(config: Config, versions: Iterable[Version]) -> dict[str, Any]:
    return {
        "id": config.id,
        "name": config.name,
        "description": config.description,
        "template_type": config.template_type,
        "is_validated": config.checked.is_valid,
        "validation_errors": config.checked.errors,
        "times_used": config.times_used,
        "last_used_at": config.last_used_at.isoformat() if config.last_used_at else None,
        "created_at": config.created_at.isoformat(),
        "updated_at": config.updated_at.isoformat(),
        "revision": config.revision,
        "tags": list(config.tags),
        **_judged(config.content),
        "versions": [_version(version) for version in versions],
    }


def _version(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "name": version.content.name,
        "operation": version.operation,
        "message": version.message,
        "restored_from": version.restored_from,
        "author": version.author,
        "created_at": version.created_at.isoformat(),
        **_judged(version.content),
    }


def _judged(content: Content) -> dict[str, Any]:
    """What it was checked for, and which commands of it the user had said yes to."""
    approvals = [approval.as_json() for approval in content.approved]
    return {"target": content.target, "approvals": approvals}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()

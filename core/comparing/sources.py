"""What can be compared: the draft, templates, saved configs, their versions, uploaded files.

Each source has a short name that fits into the address of a page, so that a link leads to the same
comparison. What is in a draft or a file is never part of an address.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core import presets
from core.document import Document, Source, parse, write
from core.drafts.draft import Draft, file_name
from core.errors import NotFound, Unavailable, UnknownPreset
from core.stores.protocol import Config, Content
from core.workbench import Workbench

Kind = Literal["draft", "preset", "config", "file"]

_NAMED: Final = re.compile(r"(preset|config|file):(.+)", re.DOTALL)
_VERSION: Final = re.compile(r"(.+)@([1-9][0-9]{0,8})", re.DOTALL)
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document to compare comes from.

    Attributes:
        kind: what it is.
        id: the preset's or the config's id, or the file's name; empty for the draft.
        version: the number of an older state of a config; ``None`` for the newest.
    """

    kind: Kind
    id: str = ""
    version: int | None = None

    @property
    def name(self) -> str:
        """How an address calls it: ``draft``, ``preset:hybrid``, ``config:1f3e@4``."""
        number = "" if self.version is None else f"@{self.version}"
        return self.kind if self.kind == "draft" else f"{self.kind}:{self.id}{number}"


DRAFT: Final = Origin("draft")


@dataclass(frozen=True, slots=True)
class Side:
    """One document to compare.

    Attributes:
        origin: where it comes from.
        title: its name.
        detail: what it is, in a few words: ``version 4``.
        document: what it holds.
        text: the same as a file.
        config_id: the saved config that it is of, or ``None``.
        target: what it is judged for, as it is saved.
    """

    origin: Origin
    title: str
    detail: str
    document: Document
    text: str
    config_id: str | None = None
    target: str = ""

    @property
    def file_name(self) -> str:
        """What its file is called."""
        number = self.origin.version
        return file_name(self.title if number is None else f"{self.title}-v{number}")


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that is not there.

    Attributes:
        origin: which one was asked for.
        reason: why it is not there and what to do, in one sentence.
    """

    origin: Origin
    reason: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where documents are taken from.

    Attributes:
        draft: the open draft.
        files: uploaded files by name.
        bench: the saved configs; ``None`` while nobody is signed in, the error in an outage.
    """

    draft: Draft
    files: Mapping[str, Source]
    bench: Workbench | Unavailable | None


def origin(name: str) -> Origin | None:
    """The origin that an address calls so, or ``None`` where it calls none."""
    if name == DRAFT.name:
        return DRAFT
    found = _NAMED.fullmatch(name)
    if found is None or len(name) > _LONGEST:
        return None
    kind, rest = found.groups()
    if kind == "config" and (versioned := _VERSION.fullmatch(rest)):
        return Origin("config", versioned[1], int(versioned[2]))
    return Origin(kind, rest)  # type: ignore[arg-type]


def gather(origins: Sequence[Origin], shelf: Shelf) -> tuple[tuple[Side, ...], tuple[Missing, ...]]:
    """The documents in their order, and those that are not there, by the reason.

    Where the store can't be reached, what is saved there is not there; all else is.
    """
    saved = _saved(origins, shelf.bench)
    found = [_one(origin, shelf, saved) for origin in origins]
    missing = [item for item in found if isinstance(item, Missing)]
    sides = tuple(item for item in found if isinstance(item, Side))
    return sides, tuple(sorted(missing, key=lambda item: item.reason))


_Saved = Mapping[str, Config] | Unavailable


def _saved(origins: Sequence[Origin], bench: Workbench | Unavailable | None) -> _Saved:
    if isinstance(bench, Unavailable):
        return bench
    wanted = [one.id for one in origins if one.kind == "config" and one.version is None]
    try:
        return bench.several(wanted) if bench and wanted else {}
    except Unavailable as error:
        return error


def _one(origin: Origin, shelf: Shelf, saved: _Saved) -> Side | Missing:
    match origin.kind:
        case "draft":
            draft = shelf.draft
            text, target = draft.as_text(), draft.target
            return Side(origin, draft.name, "open draft", draft.document, text, target=target)
        case "preset":
            return _preset(origin)
        case "file":
            return _file(origin, shelf.files)
    if shelf.bench is None:
        return Missing(origin, "Sign in to compare a saved config.")
    if isinstance(shelf.bench, Unavailable):
        return Missing(origin, str(shelf.bench))
    if origin.version is None:
        return _config(origin, saved)
    return _version(origin, shelf.bench)


def _preset(origin: Origin) -> Side | Missing:
    try:
        preset = presets.find(origin.id)
    except UnknownPreset:
        return Missing(origin, f"There is no template {origin.id[:60]!r}; add another one.")
    return Side(origin, preset.id, "template", preset.config, write(preset.config))


def _file(origin: Origin, files: Mapping[str, Source]) -> Side | Missing:
    source = files.get(origin.id)
    if source is None:
        reason = f"The file {origin.id[:60]!r} is not part of a link; upload it once more."
        return Missing(origin, reason)
    return Side(origin, origin.id, "file", source.document, source.text)


def _config(origin: Origin, saved: _Saved) -> Side | Missing:
    if isinstance(saved, Unavailable):
        return Missing(origin, str(saved))
    config = saved.get(origin.id)
    if config is None:
        reason = "A config of this link is not in your library; it was deleted or is not yours."
        return Missing(origin, reason)
    return Side(
        origin,
        config.name,
        f"saved, version {config.revision}",
        config.config_json,
        config.text,
        config.id,
        config.target,
    )


def _version(origin: Origin, bench: Workbench) -> Side | Missing:
    try:
        content = bench.version(origin.id, origin.version or 0).content
    except (NotFound, Unavailable) as error:
        return Missing(origin, str(error))
    return version_side(origin, content)


def version_side(origin: Origin, content: Content) -> Side:
    """What one version of a config holds, as a document to compare."""
    title, detail = content.name, f"version {origin.version}"
    document = parse(content.text)
    return Side(origin, title, detail, document, content.text, origin.id, content.target)

"""The config that is being edited: one immutable draft, and a history that can go back.

A draft keeps the text it was opened from, so that an import that was not edited, or was edited
and then undone, is written byte for byte as it came in.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from typing import Any, Final

from core.document import ABSENT, Document, Path, Source, drop, get, identical, put, same, write
from core.presets import Preset
from core.reading.consent import Approval, Command, hashes
from core.reading.view import tool_name

HISTORY_LIMIT: Final = 200
UNNAMED: Final = "untitled"

_MODEL: Final = ("model", "name")
_TOKENIZER: Final = ("tokenizer", "name")


@dataclass(frozen=True, slots=True)
class Pending:
    """A text that is not in the document yet.

    Attributes:
        text: what was typed.
        against: the value that stood at its place when the text was begun.
    """

    text: str
    against: Any


@dataclass(frozen=True, slots=True)
class Saved:
    """Which saved config a draft is of, as it stood when the draft was opened or saved last.

    Attributes:
        target: what it was judged for.
        approved: the commands of it that its user had said yes to.
    """

    config_id: str
    revision: int
    name: str
    description: str = ""
    target: str = ""
    approved: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """One state of the config that is open.

    Attributes:
        name: the user's name for it, which the download is named after.
        document: the config as it stands.
        base: the config as it was opened; "changed" means different from it.
        text: the text that ``base`` was read from.
        origin: where it came from: ``preset:<id>``, ``import:<file>``, ``saved:<template type>``
            or ``empty``.
        pending: texts that don't parse yet, by the place in the document that they are for; the
            empty path stands for the whole document.
        saved: the saved config that it is of, or ``None`` for one that was never saved.
        target: what it is judged for, as ``core.reading.target`` writes it; empty for the default.
        approved: the hashes of the commands that its user has said yes to in this draft.
    """

    name: str
    document: Document
    base: Document
    text: str
    origin: str
    pending: Mapping[Path, Pending] = field(default_factory=dict)
    saved: Saved | None = None
    target: str = ""
    approved: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the document is not what was opened."""
        return not identical(self.document, self.base)

    @property
    def preset_id(self) -> str | None:
        """The preset it was opened from, if it was."""
        kind, _, name = self.origin.partition(":")
        return name if kind == "preset" else None

    @property
    def template_type(self) -> str:
        """The preset that it began with, also after it was saved; ``custom`` for all others."""
        kind, _, name = self.origin.partition(":")
        return name if kind in ("preset", "saved") else "custom"

    @property
    def is_unsaved(self) -> bool:
        """Whether there is work in it that would be lost with it."""
        other = (self.name, self.target) != (self._given_name, self._given_target)
        return other or bool(self.pending) or self.is_changed

    @property
    def _given_name(self) -> str:
        return self.saved.name if self.saved else self.origin.partition(":")[2] or UNNAMED

    @property
    def _given_target(self) -> str:
        # A choice that was never saved goes along to the next config, so that none is lost.
        return self.saved.target if self.saved else self.target

    @property
    def consent(self) -> frozenset[str]:
        """The hashes of the commands that its user has said yes to, now or when it was saved."""
        return hashes(self.saved.approved if self.saved else ()) | {*self.approved}

    def as_text(self) -> str:
        """The config as a file: the text it was opened from while nothing is changed."""
        return write(self.document) if self.is_changed else self.text

    def with_document(self, document: Document) -> "Draft":
        """The draft with another document."""
        return with_changes(self, document=document)

    def for_target(self, target: str) -> "Draft":
        """The draft, judged for another target."""
        return with_changes(self, target=target)

    def approving(self, commands: Iterable[Command]) -> "Draft":
        """The draft once its user has said yes to these commands."""
        said = (*self.approved, *(command.sha256 for command in commands))
        return with_changes(self, approved=tuple(dict.fromkeys(said)))

    def renamed(self, name: str) -> "Draft":
        """The draft under another name."""
        return with_changes(self, name=name)

    def with_pending(self, path: Path, text: str | None) -> "Draft":
        """The draft with a text that does not parse yet, or without it."""
        kept = {place: other for place, other in self.pending.items() if place != path}
        if text is not None:
            begun = self.pending.get(path)
            against = begun.against if begun else get(self.document, path)
            kept[path] = Pending(text, against)
        return with_changes(self, pending=kept)

    def is_overtaken(self, path: Path) -> bool:
        """Whether the place of an unparsed text has changed since the text was begun."""
        begun = self.pending.get(path)
        return begun is not None and not same(begun.against, get(self.document, path))

    def with_tools(self, tools: list[Any], order: Sequence[int | None]) -> "Draft":
        """The draft with another list of tools, each taking its unparsed texts along.

        Args:
            tools: the new list.
            order: for each of its tools the old place, or ``None`` for a new one.
        """
        moved = {
            ("tools", new, *path[2:]): text
            for path, text in self.pending.items()
            for new, old in enumerate(order)
            if path[:2] == ("tools", old)
        }
        others = {path: text for path, text in self.pending.items() if path[:1] != ("tools",)}
        document = put(self.document, ("tools",), tools)
        return with_changes(self, document=document, pending={**others, **moved})

    def with_document_of_others(self, document: Document) -> "Draft":
        """The draft with another document, in which tools may have other places.

        An unparsed text goes with its tool, by the tool's name, and is gone with it.
        """
        old, new = _tool_names(self.document), _tool_names(document)
        if len({*old}) < len(old) or len({*new}) < len(new):
            return self.with_document(document)
        places = {number: new.index(name) for number, name in enumerate(old) if name in new}
        pending = {
            _moved_tool(path, places): text
            for path, text in self.pending.items()
            if path[:1] != ("tools",) or len(path) < 2 or path[1] in places
        }
        return with_changes(self, document=document, pending=pending)

    def kept_as(self, saved: Saved, text: str) -> "Draft":
        """The draft once it was saved as that text: what it holds is what it was opened as."""
        return with_changes(
            self,
            name=saved.name,
            base=self.document,
            text=text,
            origin=f"saved:{self.template_type}",
            saved=saved,
            target=saved.target,
        )

    def on(self, other: "Draft") -> "Draft":
        """The draft as a change of what another state of it was saved as."""
        return with_changes(
            self, base=other.base, text=other.text, origin=other.origin, saved=other.saved
        )

    def reset(self) -> "Draft":
        """The draft as it was opened, under its present name."""
        return with_changes(self, document=self.base, pending={})


def _tool_names(document: Document) -> list[str | int]:
    """How the tools are told apart: by name, those without one by place."""
    tools = document.get("tools")
    names = enumerate(map(tool_name, tools if isinstance(tools, list) else ()))
    return [number if name is None else name for number, name in names]


def _moved_tool(path: Path, places: Mapping[int, int]) -> Path:
    if path[:1] != ("tools",) or len(path) < 2:
        return path
    return ("tools", places[int(path[1])], *path[2:])


def empty() -> Draft:
    """A draft with the sections that every config needs, and nothing in them."""
    document: Document = {"model": {}, "tokenizer": {}, "training": {}, "data": {}, "tools": []}
    return Draft(UNNAMED, document, document, write(document), "empty")


def from_source(name: str, source: Source, origin: str) -> Draft:
    """A draft of a text that was read."""
    return Draft(name, source.document, source.document, source.text, origin)


def from_saved(saved: Saved, source: Source, template_type: str) -> Draft:
    """A draft of a saved config."""
    document, origin = source.document, f"saved:{template_type}"
    return Draft(
        saved.name, document, document, source.text, origin, saved=saved, target=saved.target
    )


def from_preset(preset: Preset) -> Draft:
    """A draft of a preset, as it ships."""
    text = write(preset.config)
    return Draft(preset.id, preset.config, preset.config, text, f"preset:{preset.id}")


def with_value(document: Document, path: Path, value: object) -> Document:
    """The document with a field set, or taken out where the value is ``ABSENT``.

    The tokenizer follows the model for as long as the two have the same name.

    Raises:
        PathError: where the path goes through a value that is no object or list.
    """
    if path == _MODEL and follows_model(document) and isinstance(value, str):
        document = put(document, _TOKENIZER, value)
    return _set(document, path, value)


def follows_model(document: Document) -> bool:
    """Whether the tokenizer's name is the model's, or neither is set yet."""
    model, tokenizer = get(document, _MODEL), get(document, _TOKENIZER)
    holder = get(document, _TOKENIZER[:1], {})
    return isinstance(holder, dict) and same(model, tokenizer)


def _set(document: Document, path: Path, value: object) -> Document:
    changed: Document = drop(document, path) if value is ABSENT else put(document, path, value)
    return changed


@dataclass(frozen=True, slots=True)
class History:
    """The open draft with what undo and redo lead to."""

    present: Draft
    past: tuple[Draft, ...] = ()
    future: tuple[Draft, ...] = ()

    def then(self, draft: Draft) -> "History":
        """The history after a change; a change that changes nothing is none."""
        if draft == self.present and identical(draft.document, self.present.document):
            return self
        return History(draft, (*self.past, self.present)[-HISTORY_LIMIT:])

    def kept_as(self, saved: Saved, text: str) -> "History":
        """The history once its present draft was saved.

        Earlier states of the same config become changes of what was saved, so that an undo past
        the save is saved as the next version and not taken for somebody else's.
        """
        opened, present = self.present.base, self.present.kept_as(saved, text)

        def moved(drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
            return tuple(draft.on(present) if draft.base is opened else draft for draft in drafts)

        return History(present, moved(self.past), moved(self.future))

    def described(self, saved: Saved) -> "History":
        """The history once its config was named or described anew in the store."""
        opened = self.present.base

        def moved(drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
            return tuple(
                with_changes(draft, name=saved.name, saved=saved) if draft.base is opened else draft
                for draft in drafts
            )

        return History(moved((self.present,))[0], moved(self.past), moved(self.future))

    def undone(self) -> "History":
        """The history one step back, or as it is at the beginning."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future))

    def redone(self) -> "History":
        """The history one step forward again, or as it is at the end."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])


# Names that Windows keeps for devices, with any ending (Microsoft, "Naming Files, Paths").
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_name(name: str) -> str:
    """A file name that every system takes: ``my run / 2`` becomes ``my-run-2.json``."""
    stem = re.sub(r"[^\w.-]+", "-", name.removesuffix(".json")).strip("-. ")[:100].rstrip("-. ")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"config-{stem}".rstrip("-")
    return stem + ".json"

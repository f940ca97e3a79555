"""The configs that ship with the app, and the tools that the trainer has built in.

A preset is one file in ``presets/``: ``title``, ``summary``, ``method``, ``origin``, ``note``,
``config`` and, for an exact copy, its ``source``. Its id is the file's name unless it has an
``id``. A new file is a new preset; nothing else needs to know of it.
"""

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from core.document import Document, parse_value, read
from core.errors import DocumentError, UnknownPreset

Origin = Literal["exact", "reconstructed", "proposed"]

FOLDER: Final = Path(__file__).resolve().parent.parent / "presets"
_TOOLS: Final = Path(__file__).resolve().parent / "data" / "tools.json"
_METHODS: Final = ("sft", "teacher_mode", "dpo")
_TEXTS: Final = ("title", "summary", "method", "origin", "note")


@dataclass(frozen=True, slots=True)
class Preset:
    """One config to start from.

    Attributes:
        id: stable id, stored with each config that was built from it.
        title: its name in the list, one to three words.
        summary: one sentence on what it trains.
        method: its ``training.method``.
        origin: ``exact`` is a file of the trainer; the others are our own work.
        note: what a user should know before picking it.
        config: the document; never changed in place.
        source: the file and commit that an exact one was taken from.
    """

    id: str
    title: str
    summary: str
    method: str
    origin: Origin
    note: str
    config: Document
    source: str = ""


@cache
def load(folder: Path = FOLDER) -> tuple[Preset, ...]:
    """All presets of a folder: by method, the trainer's own files first.

    Raises:
        DocumentError: a file is not strict JSON or lacks a key; the message names the file.
    """
    return tuple(sorted(map(_preset, sorted(folder.glob("*.json"))), key=_rank))


def find(preset_id: str, folder: Path = FOLDER) -> Preset:
    """The preset with that id.

    Raises:
        UnknownPreset: there is none; the message says which there are.
    """
    presets = {preset.id: preset for preset in load(folder)}
    if preset_id in presets:
        return presets[preset_id]
    near = difflib.get_close_matches(preset_id, presets, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(presets)}."
    raise UnknownPreset(f"There is no preset {preset_id[:80]!r}; {hint}")


@cache
def built_in_tools() -> tuple[dict[str, Any], ...]:
    """The tools that the trainer answers by itself: calculator, weather and search.

    They stand as in the trainer's ``configs/teacher_mode_config.json``; never change one in place.
    """
    return tuple(parse_value(_TOOLS.read_text(encoding="utf-8")))


def _rank(preset: Preset) -> tuple[int, int, str]:
    known = preset.method in _METHODS
    method = _METHODS.index(preset.method) if known else len(_METHODS)
    return method, get_args(Origin).index(preset.origin), preset.title


def _preset(file: Path) -> Preset:
    try:
        content = read(file.read_bytes()).document
        _require(content)
    except DocumentError as error:
        reason = f"The preset {file.name} is broken: {error.reason}"
        raise DocumentError(reason, error.line, error.column) from None
    texts = {key: content[key] for key in _TEXTS}
    preset_id, source = content.get("id", file.stem), content.get("source", "")
    return Preset(id=preset_id, config=content["config"], source=source, **texts)


def _require(content: Document) -> None:
    for key in _TEXTS:
        if not isinstance(content.get(key), str):
            raise DocumentError(f"it needs text under {key!r}.")
    if not isinstance(content.get("config"), dict):
        raise DocumentError("it needs an object under 'config'.")
    if content["origin"] not in get_args(Origin):
        raise DocumentError(f"its 'origin' has to be one of {', '.join(get_args(Origin))}.")

"""Keys that no model knows: kept as they are, with the key that may have been meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

from core import fields
from core.document import ABSENT, Document, Path, get, path_text
from core.findings import Finding, move
from core.reading.model_names import is_model_id
from core.reading.wording import shortened, warning
from core.rules.importing import is_explained
from core.system.secrets import kind_of
from core.trainers.facts import Facts


def unknown_key(facts: Facts) -> Iterator[Finding]:
    """One warning for each unknown key that no rule about imports explains."""
    document = facts.view.document
    for index, path in enumerate(facts.view.unknown):
        key = str(path[-1])
        # A key that is itself a secret is not repeated; security.secret points at its object.
        if not (is_explained(document, path) or kind_of(key)):
            yield _unknown(document, path, _meant(path) if index < _SEARCHES else [])


# Looking for a near key takes 1 ms; nobody mends more keys than this by hand.
_SEARCHES: Final = 200


def _meant(path: Path) -> list[Path]:
    place = path[:-1]
    return [_at_place(place, found) for found in _near(str(path[-1]), fields.generic(place))]


def _unknown(document: Document, path: Path, targets: list[Path]) -> Finding:
    where = shortened(path_text(path))
    message = f"'{where}' is not a key that the trainer reads."
    if not targets:
        remedy = "It is kept and has no effect; remove it if nothing else reads it."
        return warning("config.key.unknown", path, message, remedy)
    remedy = f"Did you mean '{path_text(targets[0])}'?"
    value = get(document, path)
    free = next((target for target in targets if _takes(document, target, value)), None)
    fix = None if free is None else (move(path, free),)
    return warning("config.key.unknown", path, message, remedy, fix, safe=True)


def _at_place(place: Path, found: Path) -> Path:
    """The known key as a path of the document: in the same tool where both are in a tool."""
    return (*place, found[-1]) if fields.generic(place) == found[:-1] else found


def _takes(document: Document, target: Path, value: Any) -> bool:
    """Whether a value may move to a key: it is free, its object is there, the value fits."""
    holder = get(document, target[:-1])
    if not isinstance(holder, dict) or get(document, target) is not ABSENT:
        return False
    if spec := fields.find(target):
        is_id = target[-1] == "name" and target[0] != "tools"
        return is_model_id(value) if is_id else spec.accepts(value)
    return isinstance(value, list if target == ("tools",) else dict)


# What other programs call these keys.
_NICKNAMES: Final = {
    "lr": "learning_rate",
    "epochs": "num_epochs",
    "num_train_epochs": "num_epochs",
    "per_device_train_batch_size": "batch_size",
    "per_device_eval_batch_size": "eval_batch_size",
    "grad_accum": "gradient_accumulation_steps",
    "gradient_accumulation": "gradient_accumulation_steps",
    "max_seq_length": "max_length",
    "max_seq_len": "max_length",
    "context_length": "max_length",
    "lora_rank": "lora_r",
    "rank": "lora_r",
    "optimizer": "optim",
    "warmup": "warmup_steps",
    "base_model": "name",
    "model_name": "name",
    "model_name_or_path": "name",
    "dtype": "torch_dtype",
    "num_samples": "max_samples",
    "desc": "description",
    "args": "parameters",
    "arguments": "parameters",
    "input_schema": "parameters",
}
_LONGEST_KEY: Final = 40
_NEAR_HERE: Final = 0.75
_NEAR_ELSEWHERE: Final = 0.85


@lru_cache(maxsize=2048)
def _near(key: str, place: Path) -> tuple[Path, ...]:
    """Known keys that were perhaps meant, the likeliest first; ``*`` stands for any tool."""
    if len(key) > _LONGEST_KEY:
        return ()
    text = key.strip().lower().replace("-", "_")
    if text == "name":
        # At the top level it is what the config is called, not a model.
        return ()
    text = _NICKNAMES.get(text, text)
    here = _close(text, {known: (*place, known) for known in fields.keys_at(place)}, _NEAR_HERE)
    return (*here, *_close(text, _elsewhere(place), _NEAR_ELSEWHERE))


def _close(text: str, known: dict[str, Path], cutoff: float) -> tuple[Path, ...]:
    return tuple(known[name] for name in get_close_matches(text, known, n=1, cutoff=cutoff))


def _elsewhere(place: Path) -> dict[str, Path]:
    """Keys outside this object and outside tools; an earlier section goes before a later one."""
    found: dict[str, Path] = {name: (name,) for name in fields.SECTIONS}
    for path in fields.table():
        if "*" not in path:
            found.setdefault(str(path[-1]), path)
    return {name: path for name, path in found.items() if path[:-1] != place}


RULES: Final = (unknown_key,)

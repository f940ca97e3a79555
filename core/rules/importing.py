"""What configs of older or other programs bring along."""

from collections.abc import Iterator
from typing import Any, Final

from core import fields
from core.changes.meant import OTHER_METHODS
from core.document import ABSENT, Document, Path, get, path_text, same
from core.findings import Finding, Operation, Patch, move, remove, replace
from core.reading.wording import error, info, shortened, shown, warning
from core.system.secrets import kind_of
from core.trainers.facts import Facts

_LEGACY: Final = frozenset(
    {
        "wandb",
        "provider",
        "predictions",
        "execution_id",
        "dataset_path",
        "output_dir",
        "eval_split",
        "public_id",
    }
)
_LORA_BLOCKS: Final[tuple[Path, ...]] = (("lora",), ("training", "lora_config"))
_LORA_KEYS: Final = {
    "r": "lora_r",
    "lora_r": "lora_r",
    "rank": "lora_r",
    "alpha": "lora_alpha",
    "lora_alpha": "lora_alpha",
    "dropout": "lora_dropout",
    "lora_dropout": "lora_dropout",
}


def is_explained(document: Document, path: Path) -> bool:
    """Whether an unknown key is one that a rule of this module speaks about."""
    if _is_legacy(path) or _names_schema(document, path):
        return True
    return path in _LORA_BLOCKS and any(True for _ in _lora_values(document, path))


def _names_schema(document: Document, path: Path) -> bool:
    """Whether a key tells editors which schema to check with; both trainers pass over it."""
    return path == ("$schema",) and isinstance(document["$schema"], str)


def _is_legacy(path: Path) -> bool:
    return path[-1] in _LEGACY and "tools" not in path


def _legacy_sections(facts: Facts) -> Iterator[Finding]:
    for path in facts.view.unknown:
        if _is_legacy(path):
            yield info(
                "import.legacy_sections",
                path,
                f"'{path_text(path)}' belongs to another or older tool; this trainer does not "
                "read it.",
                "It is kept as it is; remove it if nothing else reads it.",
            )


def _tools_object(facts: Facts) -> Iterator[Finding]:
    if facts.view.document.get("tools") == {} and facts.view.strategy == "toolbench":
        yield info(
            "import.tools_object",
            ("tools",),
            "Tools is an empty object; it works for ToolBench only, where nothing looks into it.",
            "Write an empty list: [].",
            (replace(("tools",), []),),
            safe=True,
        )


def _not_a_config(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    top = [path for path in view.unknown if len(path) == 1]
    unknown = [path for path in top if not _names_schema(view.document, path)]
    if unknown and view.strategy is ABSENT and view.method is ABSENT:
        names = [str(key) for key in view.document if not kind_of(str(key))][:6]
        yield error(
            "import.not_a_config",
            (),
            f"This is not a config for Tiny Tool Use: it has neither 'training.method' nor "
            f"'data.strategy', but {_listed(names)}.",
            "Start from a template and take over the model, the learning rate, the epochs, "
            "the batch size and the tools.",
        )


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{shortened(name)}'" for name in names) or "other keys"


def _method_alias(facts: Facts) -> Iterator[Finding]:
    method = facts.view.method
    if isinstance(method, str) and method in OTHER_METHODS:
        yield warning(
            "import.method_alias",
            ("training", "method"),
            f"The method is {shown(method)}; the trainer has no code for it.",
            "Keep it as a draft, or use 'sft' or 'dpo'.",
        )


def _lora_block(facts: Facts) -> Iterator[Finding]:
    for block in _LORA_BLOCKS:
        yield from _block_findings(facts.view.document, block)


def _block_findings(document: Document, block: Path) -> Iterator[Finding]:
    operations, stuck = _moves(document, block)
    if operations:
        yield info(
            "import.lora_block",
            block,
            f"'{path_text(block)}' holds LoRA settings that the trainer looks for in 'training'.",
            "Move them to lora_r, lora_alpha and lora_dropout.",
            operations,
        )
    for path, target in stuck:
        yield _stuck(document, path, target)


def _stuck(document: Document, path: Path, target: Path) -> Finding:
    there = get(document, target)
    beside = "" if there is ABSENT else f" and '{path_text(target)}' is {shown(there)}"
    return info(
        "import.lora_block",
        path,
        f"'{path_text(path)}' is {shown(get(document, path))}{beside}; "
        f"the trainer reads '{path_text(target)}' only.",
        f"Write the value that counts to '{path_text(target)}' and remove the other.",
    )


def _lora_values(document: Document, block: Path) -> Iterator[tuple[Path, Path]]:
    """The keys in a block with the known keys that they belong to."""
    held = get(document, block)
    for key in held if isinstance(held, dict) else ():
        if key in _LORA_KEYS:
            yield (*block, key), ("training", _LORA_KEYS[key])


def _moves(document: Document, block: Path) -> tuple[Patch, list[tuple[Path, Path]]]:
    """What can move out of a block, and what is in conflict or malformed and can't."""
    operations: list[Operation] = []
    stuck: list[tuple[Path, Path]] = []
    taken: dict[Path, Any] = {}
    for path, target in _lora_values(document, block):
        value, there = get(document, path), taken.get(target, get(document, target))
        if there is ABSENT and _fits(document, target, value):
            operations.append(move(path, target))
            taken[target] = value
        elif there is not ABSENT and same(value, there):
            operations.append(remove(path))
        else:
            stuck.append((path, target))
    if operations and len(operations) == len(get(document, block)):
        operations.append(remove(block))
    return tuple(operations), stuck


def _fits(document: Document, target: Path, value: Any) -> bool:
    spec = fields.find(target)
    return isinstance(document.get("training"), dict) and bool(spec and spec.accepts(value))


RULES: Final = (_legacy_sections, _tools_object, _not_a_config, _method_alias, _lora_block)

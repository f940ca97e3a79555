"""What a front end answers about a config, as JSON: command line and REST say the very same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import trainers
from core.check import check
from core.compare import Comparison
from core.comparing.consequences import consequences, outcome
from core.derive import derive
from core.document import Document, Source
from core.estimates.fitting import cheapest_changes, fit
from core.estimates.memory import estimate
from core.estimates.plan import habits
from core.findings import MARK_RULE, Finding, Report
from core.output.memory import changes_text, memory_text
from core.reading.model_config import dims_from_config
from core.reading.rows import Unknown
from core.reading.target import Setting, Target
from core.reading.view import View


def report(source: Source, target: Target) -> Report:
    """The report about a file: that about its document, and what a JSON reader stops at.

    Raises:
        UnknownTarget: the target's trainer, environment or machine is not there.
    """
    found = check(source.document, target)
    if not source.had_bom:
        return found
    message = "The file starts with a byte-order mark; the trainer's JSON reader stops at it."
    remedy = "Save it as UTF-8 without a byte-order mark; `fix` does."
    mark = Finding(MARK_RULE, "error", (), message, remedy)
    trainer = replace(found.trainer, blockers=(mark, *found.trainer.blockers))
    return replace(found, trainer=trainer)


@dataclass(frozen=True, slots=True)
class MemoryAnswer:
    """What is said about memory.

    Attributes:
        estimate: the JSON of the estimate, or ``None`` where it can't be said.
        text: the same to read.
        reason: why it can't be said; empty where it can.
    """

    estimate: dict[str, Any] | None
    text: str
    reason: str = ""


def memory(view: View, setting: Setting, sizes: Document | None = None) -> MemoryAnswer:
    """The estimate for a run on a machine; with ``sizes``, the model's own ``config.json``.

    Raises:
        UnknownSizes: that is none of a model whose sizes can be told.
    """
    name = view.text("model.name") or ""
    dims = None if sizes is None else dims_from_config(sizes, name)
    own, gib = habits(setting.libraries), setting.machine.memory
    try:
        found = estimate(view, dims, own)
        changes = cheapest_changes(view, gib, dims, own) if gib else ()
    except Unknown as unknown:
        return MemoryAnswer(None, f"memory: {unknown}\n", str(unknown))
    text = memory_text(found, setting.machine)
    if changes:
        text += f"\nto make it fit:\n{changes_text(changes)}"
    machine = {"machine": setting.machine.id, "fit": fit(found, gib)} if gib else {}
    return MemoryAnswer(found.as_json() | machine, text)


def derived(document: Document, target: Target, sizes: Document | None = None) -> dict[str, Any]:
    """The JSON of ``derive``, with the memory or the reason why it can't be said.

    Raises:
        UnknownTarget, UnknownSizes: as above.
    """
    setting = trainers.setting(target)
    view = View(document, setting.profile)
    numbers, found = derive(view).as_json(), memory(view, setting, sizes)
    notes = numbers["notes"] | ({"memory": found.reason} if found.reason else {})
    return {**numbers, "memory": found.estimate, "notes": notes}


def compared(comparison: Comparison, targets: Sequence[Target]) -> dict[str, Any]:
    """The JSON of a comparison, with the derived numbers and verdicts of each document."""
    pairs = zip(comparison.documents, targets, strict=True)
    found = consequences([outcome(document, target) for document, target in pairs])
    return {
        **comparison.as_json(),
        "derived": [one.as_json() for one in found if one.kind == "derived"],
        "verdict": [one.as_json() for one in found if one.kind == "verdict"],
    }

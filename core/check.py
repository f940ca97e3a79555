"""Everything there is to say about a document, and the fixes that mend it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from core import fields, trainers
from core.document import Document, write
from core.errors import PathError
from core.facts import Facts
from core.findings import Finding, Operation, Report, in_order
from core.patch import apply
from core.rules import RULES
from core.rules.secrets import kind_of

DEFAULT_TRAINER: Final = trainers.DEFAULT

_FIXES_MAX: Final = 200

# Nothing but its own shape makes a value of these keys an error or a blocker, so that setting
# one to a value that its field accepts needs no proof.
_ALONE: Final = {
    "/" + name.replace(".", "/"): tuple(name.split("."))
    for name in (
        "model.trust_remote_code",
        "tokenizer.trust_remote_code",
        "training.num_epochs",
        "training.gradient_accumulation_steps",
        "training.warmup_steps",
        "training.lora_alpha",
        "evaluation.metrics",
    )
}


def check(document: Document, trainer: str = DEFAULT_TRAINER) -> Report:
    """All findings, and the trainer's verdict.

    Each fix in the report takes its finding away, adds no error and stops no run.

    Raises:
        UnknownTrainer: no trainer has that name.
    """
    report = _report(document, trainer)
    findings = tuple(_with_proof(document, report, finding) for finding in report.findings)
    blockers = tuple(_with_proof(document, report, finding) for finding in report.trainer.blockers)
    return Report(findings, replace(report.trainer, blockers=blockers))


def fix(
    document: Document, rule: str | None = None, safe_only: bool = False
) -> tuple[Document, tuple[Finding, ...]]:
    """Apply fixes one by one, each to what the last one left, until none is left.

    Args:
        document: the config; it stays as it is.
        rule: apply the fixes of this rule only.
        safe_only: leave alone what would change what a running config trains.

    Returns:
        The mended document, and the findings whose fixes were applied, in that order.
    """
    applied: list[Finding] = []
    seen = {write(document)}
    while len(applied) < _FIXES_MAX:
        step = next(_steps(document, rule, safe_only, seen), None)
        if step is None:
            break
        finding, document = step
        seen.add(write(document))
        applied.append(finding)
    return document, tuple(applied)


def _steps(
    document: Document, rule: str | None, safe_only: bool, seen: set[str]
) -> Iterator[tuple[Finding, Document]]:
    """The fixes that may be applied next, each with the document that it leads to."""
    report = _report(document, DEFAULT_TRAINER)
    for finding in report:
        wanted = rule in (None, finding.rule) and (finding.safe or not safe_only)
        if wanted and finding.fix is not None and _is_proven(document, report, finding):
            mended = apply(document, finding.fix)
            if write(mended) not in seen:
                yield finding, mended


def _report(document: Document, trainer: str) -> Report:
    judge = trainers.get(trainer).judge
    facts = Facts(document)
    findings = in_order(finding for rule in RULES for finding in rule(facts))
    return Report(findings, judge(facts))


def _with_proof(document: Document, report: Report, finding: Finding) -> Finding:
    if finding.fix is None or _is_proven(document, report, finding):
        return finding
    return replace(finding, fix=None, safe=False)


def _is_proven(document: Document, before: Report, finding: Finding) -> bool:
    """Whether the fix takes the finding away, adds no error, stops no run and tells no secret."""
    patch = finding.fix or ()
    if all(map(_stands_alone, patch)):
        return True
    if kind_of(json.dumps([dict(operation) for operation in patch], ensure_ascii=False)):
        return False
    try:
        after = _report(apply(document, patch), before.trainer.name)
    except PathError:
        return False
    gone = _key(finding) not in map(_key, after)
    added = set(map(_key, after.errors)) - set(map(_key, before.errors))
    return gone and not added and after.trainer.runs >= before.trainer.runs


def _stands_alone(operation: Operation) -> bool:
    path = _ALONE.get(operation["path"])
    spec = fields.find(path) if path else None
    return bool(spec and "value" in operation and spec.accepts(operation["value"]))


def _key(finding: Finding) -> tuple[Any, ...]:
    return finding.rule, finding.path

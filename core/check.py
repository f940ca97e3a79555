"""Everything there is to say about a document, and the fixes that mend it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from core import fields, trainers
from core.changes.patch import apply
from core.document import Document, write
from core.errors import PathError
from core.findings import Finding, Operation, Patch, Report, in_order
from core.reading.target import DEFAULT, Setting, Target
from core.reading.view import entries, holders
from core.rules import RULES
from core.system.secrets import kind_of
from core.trainers.facts import Facts

_FIXES_MAX: Final = 200

# A proof reads the whole document again, about 1 ms for 3 kB. These bytes are read in proofs at
# most, for one report and for all fixes of a document, so that no file keeps a server busy.
_PROOFS_BYTES: Final = 1_000_000
_FIXES_BYTES: Final = 50_000_000
# A finding costs as much time as this much of a document.
_FINDING_BYTES: Final = 200

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


def check(document: Document, target: Target = DEFAULT) -> Report:
    """All findings, and the trainer's verdict.

    Each fix in the report takes its finding away, adds no error and stops no run.

    Raises:
        UnknownTarget: the target's trainer, environment or machine is not there.
    """
    setting = trainers.setting(target)
    report = _report(document, setting)
    prove = _Prover(document, report, setting)
    findings = tuple(map(prove.kept, report.findings))
    blockers = tuple(map(prove.kept, report.trainer.blockers))
    return Report(findings, replace(report.trainer, blockers=blockers))


def fix(
    document: Document,
    rule: str | None = None,
    safe_only: bool = False,
    target: Target = DEFAULT,
) -> tuple[Document, tuple[Finding, ...]]:
    """Apply fixes one by one, each to what the last one left, until none is left.

    Only what there is to say about the document as it is handed in is mended: advice on a value
    that a fix has just written is left to its reader.

    Args:
        document: the config; it stays as it is.
        rule: apply the fixes of this rule only.
        safe_only: leave alone what would change what a running config trains.
        target: what it is judged for.

    Returns:
        The mended document, and the findings whose fixes were applied, in that order.
    """
    setting = trainers.setting(target)
    told = {_key(finding) for finding in _report(document, setting)}

    def is_wanted(finding: Finding) -> bool:
        asked_for = rule in (None, finding.rule) and (finding.safe or not safe_only)
        return asked_for and _key(finding) in told

    applied: list[Finding] = []
    seen = {write(document)}
    for _ in range(min(_FIXES_MAX, max(1, _FIXES_BYTES // len(write(document))))):
        step = next(_steps(document, setting, is_wanted, seen), None)
        if step is None:
            break
        finding, document = step
        seen.add(write(document))
        applied.append(finding)
    return document, tuple(applied)


def _steps(
    document: Document, setting: Setting, is_wanted: Callable[[Finding], bool], seen: set[str]
) -> Iterator[tuple[Finding, Document]]:
    """The fixes that may be applied next, each with the document that it leads to."""
    report = _report(document, setting)
    prove = _Prover(document, report, setting)
    for finding in report:
        if is_wanted(finding) and prove.holds(finding):
            mended = apply(document, finding.fix or ())
            if write(mended) not in seen:
                yield finding, mended


def _report(document: Document, setting: Setting) -> Report:
    facts = Facts(document, setting)
    findings = in_order(finding for rule in RULES for finding in rule(facts))
    return Report(findings, trainers.judge(facts))


class _Prover:
    """Tries fixes out on one document: a fix that does harm is never offered."""

    def __init__(self, document: Document, before: Report, setting: Setting) -> None:
        self.document = document
        self.before = before
        self.setting = setting
        self.errors = {_key(finding) for finding in before.errors}

    @cached_property
    def proofs(self) -> Iterator[int]:
        """One item for each proof that may still be made."""
        told = _FINDING_BYTES * (len(self.before.findings) + len(self.before.trainer.blockers))
        size = len(write(self.document)) + told
        return iter(range(max(1, _PROOFS_BYTES // size)))

    def kept(self, finding: Finding) -> Finding:
        """The finding, without its fix where that does not hold."""
        if finding.fix is None or self.holds(finding):
            return finding
        return replace(finding, fix=None, safe=False)

    def holds(self, finding: Finding) -> bool:
        """Whether the fix takes the finding away, adds no error, stops no run, tells no secret."""
        if finding.fix is None or self.is_foreign or _tells_secret(finding.fix):
            return False
        if all(map(_stands_alone, finding.fix)):
            return True
        return next(self.proofs, None) is not None and self._improves(finding)

    @cached_property
    def is_foreign(self) -> bool:
        """Whether the document is no config: then there is nothing to make it one from."""
        return any(finding.rule == "import.not_a_config" for finding in self.before.findings)

    def _improves(self, finding: Finding) -> bool:
        trainer = self.before.trainer
        try:
            after = _report(apply(self.document, finding.fix or ()), self.setting)
        except PathError:
            return False
        gone = _key(finding) not in map(_key, after)
        added = {_key(error) for error in after.errors} - self.errors
        return gone and not added and after.trainer.runs >= trainer.runs


def _tells_secret(patch: Patch) -> bool:
    operations = {"patch": [dict(operation) for operation in patch]}
    texts = (value for _, holder in holders(operations) for _, value in entries(holder))
    whole = json.dumps(operations, ensure_ascii=False)
    return bool(kind_of(whole)) or any(isinstance(one, str) and kind_of(one) for one in texts)


def _stands_alone(operation: Operation) -> bool:
    path = _ALONE.get(operation["path"])
    spec = fields.find(path) if path else None
    return bool(spec and "value" in operation and spec.accepts(operation["value"]))


def _key(finding: Finding) -> tuple[Any, ...]:
    return finding.rule, finding.path

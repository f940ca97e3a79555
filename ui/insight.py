"""What follows from one state of the draft: report, derived numbers, differences. Computed once."""

from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from typing import Final

from core import fields, trainers
from core.check import check
from core.compare import changed
from core.derive import Derived, derive
from core.document import Path
from core.drafts.draft import Draft
from core.drafts.making import Made, make_run
from core.findings import Finding, Report
from core.reading.target import Target
from core.reading.view import View
from core.system import log
from core.trainers.effective import Effective, effective
from core.trainers.requirements import Requirements, requirements

OTHER = "other"

_NO_EFFECT: Final = ("data.max_samples.ignored", "tools.unused")
_LESS_EFFECT: Final = ("data.synthetic.seed", "dpo.eval_unused")


class Insight:
    """The consequences of a draft, each computed when it is first asked for."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    @cached_property
    def view(self) -> View:
        """Typed reads of the document."""
        return View(self.draft.document, trainers.setting(self.target).profile)

    @cached_property
    def target(self) -> Target:
        """What the draft is judged for: its own target, or the default where that is not there."""
        return trainers.known(self.draft.target)

    @cached_property
    def report(self) -> Report:
        """All findings and the trainer's verdict."""
        report = check(self.draft.document, self.target)
        log.checked(self.draft.name, report)
        return report

    @cached_property
    def derived(self) -> Derived:
        """Rows, updates, warm-up and the other numbers."""
        return derive(self.view)

    @cached_property
    def effective(self) -> tuple[Effective, ...]:
        """What a run takes for each key."""
        return effective(self.draft.document, self.target)

    @cached_property
    def made(self) -> Made:
        """The config with the fewest changes with which the trainer runs."""
        return make_run(self.draft.document, self.target)

    @cached_property
    def requirements(self) -> Requirements:
        """The libraries to run it with."""
        return requirements(self.draft.document, self.target)

    @cached_property
    def changes(self) -> tuple[Path, ...]:
        """The settings that differ from what was opened."""
        return changed(self.draft.base, self.draft.document)

    @cached_property
    def unknown(self) -> tuple[Path, ...]:
        """The keys that no part of the trainer knows."""
        return tuple(fields.unknown(self.draft.document))

    @cached_property
    def by_path(self) -> dict[Path, tuple[Finding, ...]]:
        """Findings by the exact place that they are about, with the blockers that add to them."""
        found: dict[Path, tuple[Finding, ...]] = {}
        for finding in self.report.findings:
            found[finding.path] = (*found.get(finding.path, ()), finding)
        for blocker in self.report.trainer.blockers:
            found[blocker.path] = _with_blocker(found.get(blocker.path, ()), blocker)
        return found

    @cached_property
    def by_section(self) -> dict[str, tuple[Finding, ...]]:
        """Findings and blockers by the section of the form that shows them."""
        found: defaultdict[str, list[Finding]] = defaultdict(list)
        for path, findings in self.by_path.items():
            found[self.section_of(path)].extend(findings)
        return {section: tuple(findings) for section, findings in found.items()}

    def section_of(self, path: Path) -> str:
        """The section of the form that shows a path."""
        if any(path[: len(unknown)] == unknown for unknown in self.unknown):
            return OTHER
        if path[:1] == ("seed",):
            return "training"
        return str(path[0]) if path and path[0] in fields.SECTIONS else OTHER

    def at(self, path: Path) -> tuple[Finding, ...]:
        """What there is to say at a field: about it, or about what it holds."""
        return tuple(
            finding
            for place, findings in self.by_path.items()
            if place[: len(path)] == path
            for finding in findings
        )


def _with_blocker(said: tuple[Finding, ...], blocker: Finding) -> tuple[Finding, ...]:
    """What is said at one place and that it stops the trainer; one fault is said once.

    The same rule at the same place is the same fault, so the error may take the blocker's fix.
    """
    known = next((finding for finding in said if finding.rule == blocker.rule), None)
    if known is None:
        return (*said, blocker)
    if known.fix or not blocker.fix:
        return said
    mended = replace(known, fix=blocker.fix, safe=blocker.safe)
    return tuple(mended if finding is known else finding for finding in said)


def says_no_effect(finding: Finding) -> bool:
    """Whether a finding says that nothing looks at the value."""
    return finding.rule.startswith("deadkey.") or finding.rule in _NO_EFFECT


def belongs_to_field(finding: Finding) -> bool:
    """Whether a note is shown at its field: what does less than its name says."""
    # A dead key is noted beside its field already, in fewer words.
    return finding.rule in (*_NO_EFFECT, *_LESS_EFFECT)

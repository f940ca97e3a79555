"""What follows from one state of the draft: report, derived numbers, differences. Computed once."""

from collections import defaultdict
from functools import cached_property

from core import fields, log
from core.check import check
from core.compare import changed
from core.derive import Derived, derive
from core.document import Path
from core.draft import Draft
from core.findings import Finding, Report
from core.view import View

OTHER = "other"


class Insight:
    """The consequences of a draft, each computed when it is first asked for."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    @cached_property
    def view(self) -> View:
        """Typed reads of the document."""
        return View(self.draft.document)

    @cached_property
    def report(self) -> Report:
        """All findings and the trainer's verdict."""
        report = check(self.draft.document)
        log.checked(self.draft.name, report)
        return report

    @cached_property
    def derived(self) -> Derived:
        """Rows, updates, warm-up and the other numbers."""
        return derive(self.view)

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
        """Findings and blockers by the exact place that they are about, each said once."""
        found: defaultdict[Path, list[Finding]] = defaultdict(list)
        for finding in self.report:
            if all(known.rule != finding.rule for known in found[finding.path]):
                found[finding.path].append(finding)
        return {path: tuple(findings) for path, findings in found.items()}

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

"""The verdict on a config in one line: whether it is valid, whether it runs, what it would do."""

from ui.insight import Insight
from ui.run.run_card import about
from ui.text import count, plain


def verdict_badges(insight: Insight) -> str:
    """The two verdicts and the number of warnings, as badges."""
    report = insight.report
    valid = ":green-badge[:material/check: valid]"
    if not report.is_valid:
        valid = f":red-badge[:material/error: invalid · {count(len(report.errors), 'error')}]"
    badges = [valid, _trainer_badge(insight)]
    if report.warnings:
        warnings = count(len(report.warnings), "warning")
        badges.append(f":orange-badge[:material/warning: {warnings}]")
    return " ".join(badges)


def headline(insight: Insight) -> str:
    """The numbers that matter most, on one line of Markdown."""
    derived = insight.derived
    parts = [
        f"{about('rows_train', derived)} rows",
        f"{about('effective_batch', derived)} per update",
        f"{about('updates_total', derived)} updates",
        f"warm-up {about('warmup_share', derived)}",
        f"peak lr {about('peak_learning_rate', derived)}",
    ]
    # Each number a part of its own: the style keeps it on one line with its unit.
    return " · ".join(f":gray[{plain(part)}]" for part in parts if "–" not in part)


def _trainer_badge(insight: Insight) -> str:
    verdict = insight.report.trainer
    if not verdict.runs:
        reasons = len(verdict.blockers)
        more = f" · {reasons} reasons" if reasons > 1 else ""
        return f":red-badge[:material/block: stops the trainer{more}]"
    if not verdict.learns:
        return ":orange-badge[:material/hourglass_disabled: runs, learns nothing]"
    if any(finding.rule == "resources.vram" for finding in insight.report.warnings):
        return ":orange-badge[:material/memory: runs out of memory, by the estimate]"
    return ":green-badge[:material/play_arrow: runs]"

"""A sweep in words: its count, the verdict of each member, and what to think of beforehand."""

from collections.abc import Iterator
from typing import Any

from core.comparing.consequences import Consequence
from core.document import ABSENT
from core.findings import Finding
from core.output.text import ABSENT_MARK, counted, printable, table, value_text
from core.sweeps.axes import WITHOUT, Axis, sum_text
from core.sweeps.members import Member, Plan
from core.system.secrets import masked, redact


def plan_text(plan: Plan) -> str:
    """The whole sweep to read: a line a member, then the reasons and cautions."""
    blocks = [count_line(plan) + "\n", table([_head(plan), *_lines(plan)])]
    blocks += ["".join(f"{line}\n" for line in lines) for lines in _notes(plan) if lines]
    return "\n".join(blocks)


def count_line(plan: Plan) -> str:
    """How many members there are, and how many of them are what they should be."""
    axes, mode = plan.sweep.axes, plan.sweep.mode
    total = counted(len(plan.every), "member")
    how = f"{sum_text(axes, mode)} = {total}" if len(axes) > 1 else total
    return f"{how}: {verdict_counts(plan)}."


def verdict_counts(plan: Plan) -> str:
    """``5 run, 1 stops, 2 with warnings``; what does not occur is left out."""
    found = plan.counts
    parts = [
        f"{found.runs} {'runs' if found.runs == 1 else 'run'}",
        f"{found.stops} {'stops' if found.stops == 1 else 'stop'}" if found.stops else "",
        f"{found.idle} {'learns' if found.idle == 1 else 'learn'} nothing" if found.idle else "",
        f"{found.invalid} invalid" if found.invalid else "",
        f"{found.warned} with warnings" if found.warned else "",
    ]
    return ", ".join(filter(None, parts))


def state(one: Member) -> str:
    """The two verdicts of a member in a word or three."""
    trainer = one.report.trainer
    runs = "stops" if not trainer.runs else "runs" if trainer.learns else "runs, learns nothing"
    return runs if one.report.is_valid else f"invalid, {runs}"


def value_shown(axis: Axis, value: Any) -> str:
    """A value of an axis in a table, never a secret."""
    if value is ABSENT:
        return WITHOUT
    shown = masked(value, axis.path)
    return redact(shown) if isinstance(shown, str) else redact(value_text(shown))


def quantity_shown(row: Consequence, index: int) -> str:
    """A number of a member, or the two ends of its range."""
    value = row.values[index]
    if value is None:
        return ABSENT_MARK
    shown = "{:.0%}".format if row.name == "warmup_share" else _rounded
    return " to ".join(map(shown, value)) if isinstance(value, tuple) else shown(value)


def _rounded(value: float) -> str:
    # Six digits tell any two members apart that a person would.
    return value_text(float(f"{value:.6g}")) if isinstance(value, float) else str(value)


def varying(plan: Plan) -> tuple[Consequence, ...]:
    """The numbers that are not the same for all members."""
    return tuple(one for one in plan.varying if one.kind == "derived")


def reasons(plan: Plan) -> dict[tuple[str, str], list[int]]:
    """Why members are not fine, what to do, and the numbers of the members it is true of."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in plan.every:
        if one.reason:
            key = (one.reason.message, one.reason.remedy)
            found.setdefault(key, []).append(one.number)
    return found


def warned(plan: Plan) -> Iterator[tuple[Finding, tuple[int, ...]]]:
    """Each kind of warning once, as the first member with it has it, and whom it is true of."""
    found: dict[tuple[str, str], tuple[Finding, list[int]]] = {}
    for one in plan.every:
        for warning in one.report.warnings:
            key = (warning.rule, warning.field)
            numbers = found.setdefault(key, (warning, []))[1]
            if one.number not in numbers:
                numbers.append(one.number)
    return ((warning, tuple(numbers)) for warning, numbers in found.values())


def cautions(plan: Plan) -> tuple[str, ...]:
    """What a user should think of before a GPU works on it."""
    return (
        *(redact(one.text) for one in plan.idle),
        *(f"Numbers {_numbers(numbers)} would be the same run." for numbers in plan.alike),
        *plan.follows,
    )


def _numbers(numbers: tuple[int, ...]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}"


def _head(plan: Plan) -> list[str]:
    axes = [axis.name for axis in plan.sweep.axes]
    return ["", "member", *map(redact, axes), *(row.title for row in varying(plan)), ""]


def _lines(plan: Plan) -> Iterator[list[str]]:
    rows = varying(plan)
    for index, one in enumerate(plan.every):
        values = zip(plan.sweep.axes, one.values, strict=True)
        yield [
            str(one.number),
            one.name,
            *(value_shown(axis, value) for axis, value in values),
            *(quantity_shown(row, index) for row in rows),
            state(one) + (", left out" if one in plan.left_out else ""),
        ]


def _notes(plan: Plan) -> Iterator[list[str]]:
    yield [
        f"{', '.join(map(str, numbers))}: {printable(message)} {printable(remedy)}"
        for (message, remedy), numbers in reasons(plan).items()
    ]
    yield [printable(text) for text in cautions(plan)]

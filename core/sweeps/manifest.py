"""The manifest of a sweep: what was asked for, and each member with its file and its verdict."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.document import ABSENT, write
from core.findings import Report
from core.sweeps.axes import Axis
from core.sweeps.members import Member, Plan

FORMAT: Final = 1
"""The number of the manifest's form; another form gets another number."""

OUTPUT: Final = (
    "No key of a config names the trainer's output folder: train.py takes it from --output-dir "
    "alone (train.py:33), and without that writes to ./outputs, over what is there. run.sh gives "
    "each member a folder of its own."
)
"""Why the members' folders stand here and not in the configs."""


def manifest(plan: Plan) -> dict[str, Any]:
    """The manifest as JSON; the same sweep gives the same one."""
    sweep = plan.sweep
    return {
        "format": FORMAT,
        "name": plan.name,
        "base": {"file": "base.json", "sha256": _sha256(sweep.document)},
        "target": {
            "trainer": sweep.target.trainer,
            "environment": sweep.target.environment,
            "machine": sweep.target.machine,
        },
        "mode": sweep.mode,
        "axes": [_axis(axis) for axis in sweep.axes],
        "follows": list(plan.follows),
        "without_effect": [{"path": one.axis.name, "reason": one.reason} for one in plan.idle],
        "run_alike": [list(numbers) for numbers in plan.alike],
        "output": OUTPUT,
        "count": len(plan.every),
        "members": [_member(plan, one) for one in plan.members],
        "left_out": [_left_out(plan, one) for one in plan.left_out],
    }


def _sha256(document: Any) -> str:
    return hashlib.sha256(write(document).encode()).hexdigest()


def _axis(axis: Axis) -> dict[str, Any]:
    return {"path": axis.name, "title": axis.title, "values": [_value(one) for one in axis.values]}


def _value(value: Any) -> dict[str, Any]:
    # A key that is absent is not one that holds null.
    return {"absent": True} if value is ABSENT else {"value": value}


def _member(plan: Plan, one: Member) -> dict[str, Any]:
    return {
        "number": one.number,
        "name": one.name,
        "file": one.file,
        "sha256": one.sha256,
        "output": f"outputs/{one.name}",
        "values": _values(plan.sweep.axes, one.values),
        "verdict": _verdict(one.report) | {"reason": _reason(one)},
        "derived": _derived(plan, one),
    }


def _left_out(plan: Plan, one: Member) -> dict[str, Any]:
    values = _values(plan.sweep.axes, one.values)
    return {"number": one.number, "name": one.name, "values": values, "reason": _reason(one)}


def _values(axes: Sequence[Axis], values: Sequence[Any]) -> Mapping[str, Any]:
    return {axis.name: _value(value) for axis, value in zip(axes, values, strict=True)}


def _verdict(report: Report) -> dict[str, Any]:
    return {
        "is_valid": report.is_valid,
        "runs": report.trainer.runs,
        "learns": report.trainer.runs and report.trainer.learns,
        "errors": len(report.errors),
        "warnings": len(report.warnings),
    }


def _reason(one: Member) -> str | None:
    return one.reason.message if one.reason else None


def _derived(plan: Plan, one: Member) -> dict[str, Any]:
    """The numbers that are not the same for all members."""
    index = plan.every.index(one)
    found = {row.name: row.values[index] for row in plan.varying if row.kind == "derived"}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in found.items()
    }

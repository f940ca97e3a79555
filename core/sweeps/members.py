"""The members of a sweep: each combination of values as a config of its own, with its verdict."""

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core.comparing.consequences import Consequence, Outcome, consequences, outcome
from core.document import ABSENT, Document, Path, get, path_text, write
from core.drafts.draft import follows_model, with_value
from core.errors import PathError, SweepError
from core.findings import Finding, Report
from core.reading.target import DEFAULT, Target
from core.sweeps.axes import Axis, Mode, check_axes
from core.sweeps.effect import Idle, alike, idle, with_axis
from core.sweeps.names import base_name, member_names

_MODEL: Final[Path] = ("model", "name")
_TOKENIZER: Final[Path] = ("tokenizer", "name")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is asked for.

    Attributes:
        name: what the sweep is called; its members are named after it.
        document: the config that all members are made from.
        axes: what is varied, in the order in which members are counted: the last one fastest.
        mode: how the values come together.
        target: what the members are judged for.
        running_only: whether members that would not run are left out.
    """

    name: str
    document: Document
    axes: tuple[Axis, ...]
    mode: Mode = "grid"
    target: Target = DEFAULT
    running_only: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One config of a sweep.

    Attributes:
        number: its place in the whole sweep, from 1; it stays when others are left out.
        name: what it is called.
        values: the value of each axis.
        document: the config.
        outcome: its report, and what follows from it.
    """

    number: int
    name: str
    values: tuple[Any, ...]
    document: Document
    outcome: Outcome

    @property
    def report(self) -> Report:
        """What the checks say."""
        return self.outcome.report

    @property
    def runs(self) -> bool:
        """Whether the trainer gets to its end with it."""
        return self.report.trainer.runs

    @property
    def is_fine(self) -> bool:
        """Whether it is valid and runs."""
        return self.report.is_valid and self.runs

    @property
    def reason(self) -> Finding | None:
        """The first reason why it would not run, or is invalid; ``None`` where it is fine."""
        found = (*self.report.trainer.blockers, *self.report.errors)
        return None if self.is_fine else next(iter(found), None)

    @property
    def text(self) -> str:
        """The config as a file."""
        return write(self.document)

    @property
    def file(self) -> str:
        """Where its file stands among those of the sweep."""
        return f"configs/{self.name}.json"

    @property
    def sha256(self) -> str:
        """Of the file, in hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many members of a sweep there are of each kind; one can be of several.

    Attributes:
        idle: that run and learn nothing.
        warned: that have warnings.
    """

    runs: int
    stops: int
    idle: int
    invalid: int
    warned: int


@dataclass(frozen=True)
class Plan:
    """A sweep with everything about its members looked at, before anything is made of it.

    Attributes:
        sweep: what was asked for.
        every: all members in their order.
        follows: what changes along with an axis, in words: the tokenizer with the model.
    """

    sweep: Sweep
    every: tuple[Member, ...]
    follows: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The sweep's name as files and members have it."""
        return base_name(self.sweep.name)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The members that are made: all, or those that run."""
        return tuple(one for one in self.every if one.runs or not self.sweep.running_only)

    @cached_property
    def left_out(self) -> tuple[Member, ...]:
        """The members that are not made."""
        return tuple(one for one in self.every if one not in self.members)

    @cached_property
    def counts(self) -> Counts:
        """What becomes of all members."""
        reports = [one.report for one in self.every]
        runs = len(self._runs)
        return Counts(
            runs=runs,
            stops=len(reports) - runs,
            idle=sum(one.trainer.runs and not one.trainer.learns for one in reports),
            invalid=sum(not one.is_valid for one in reports),
            warned=sum(bool(one.warnings) for one in reports),
        )

    @cached_property
    def varying(self) -> tuple[Consequence, ...]:
        """The verdicts and numbers that are not the same for all members."""
        found = consequences([one.outcome for one in self.every])
        return tuple(one for one in found if one.differs)

    @cached_property
    def idle(self) -> tuple[Idle, ...]:
        """The axes that make no run another one: every member of them is a run for nothing."""
        return idle(self.sweep.axes, [one.document for one in self._runs], self.sweep.target)

    @cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of members that would run alike though a value with an effect differs."""
        idle_paths = {one.axis.path for one in self.idle}
        live = [n for n, axis in enumerate(self.sweep.axes) if axis.path not in idle_paths]
        return alike(
            [(one.number, [one.values[n] for n in live], one.document) for one in self._runs],
            self.sweep.target,
        )

    @cached_property
    def worst_gib(self) -> float | None:
        """The most GPU memory that any member needs at worst, in GiB; ``None`` if unknown."""
        found = [_highest(one.outcome) for one in self.members]
        known = [gib for gib in found if gib is not None]
        return max(known) if known and len(known) == len(found) else None

    @property
    def _runs(self) -> tuple[Member, ...]:
        return tuple(one for one in self.every if one.runs)


def _highest(one: Outcome) -> float | None:
    return one.gib[1] if isinstance(one.gib, tuple) else one.gib


def plan(sweep: Sweep) -> Plan:
    """Make the members in memory and judge each.

    Raises:
        SweepError: the axes make no sweep; the text says what to change.
        UnknownTarget: the target is not there.
    """
    check_axes(sweep.axes, sweep.mode)
    rows = combinations(sweep.axes, sweep.mode)
    names = member_names(sweep.name, sweep.axes, rows)
    every = tuple(
        _member(sweep, number, name, values)
        for number, (name, values) in enumerate(zip(names, rows, strict=True), 1)
    )
    return Plan(sweep, every, _follows(sweep))


def combinations(axes: Sequence[Axis], mode: Mode) -> tuple[tuple[Any, ...], ...]:
    """For each member the value of each axis; in a grid the last axis varies fastest."""
    columns = [axis.values for axis in axes]
    if mode == "paired":
        return tuple(zip(*columns, strict=True))
    return tuple(itertools.product(*columns))


def _member(sweep: Sweep, number: int, name: str, values: tuple[Any, ...]) -> Member:
    document = changed(sweep.document, sweep.axes, values)
    return Member(number, name, values, document, outcome(document, sweep.target))


def changed(document: Document, axes: Sequence[Axis], values: Iterable[Any]) -> Document:
    """The document with the values of one member; all else stays as it is.

    The tokenizer follows the model, as in the form, unless it is varied itself.

    Raises:
        SweepError: the document has no place for one of them.
    """
    own_tokenizer = any(axis.path == _TOKENIZER for axis in axes)
    set_value = with_axis if own_tokenizer else with_value
    try:
        for axis, value in sorted(zip(axes, values, strict=True), key=_turn):
            document = set_value(document, axis.path, value)
    except PathError:
        raise SweepError(
            f"The config that the sweep is made from has no place for {axis.name}; "
            "add what holds it there first, or take it out here."
        ) from None
    return document


def _turn(step: tuple[Axis, Any]) -> tuple[int, int]:
    """Items of lists that are taken out go last, from the end: each moves those after it."""
    last = step[0].path[-1]
    return (1, -last) if step[1] is ABSENT and isinstance(last, int) else (0, 0)


def _follows(sweep: Sweep) -> tuple[str, ...]:
    paths = {axis.path for axis in sweep.axes}
    if _MODEL not in paths or _TOKENIZER in paths or not follows_model(sweep.document):
        return ()
    if get(sweep.document, _TOKENIZER) is ABSENT:
        return ()
    return (f"{path_text(_TOKENIZER)} follows {path_text(_MODEL)}, as in the form.",)

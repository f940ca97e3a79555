"""The learning rate of each update of a run, and when the run evaluates and saves.

The schedule is the linear one of transformers (get_linear_schedule_with_warmup in
optimization.py), which the trainer leaves as it is and no key can change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.derive import Derived, Number, highest
from core.document import number_text

Point = tuple[int, float]
"""The number of an update, from 1, and the rate that it is made with."""

Certainty = Literal["sure", "usual", "most"]

_PREFIX: Final[Mapping[Certainty, str]] = {
    "sure": "",
    "usual": "Usually about ",
    "most": "At most ",
}
_NEEDED: Final = ("updates_total", "warmup_updates", "peak_learning_rate")


@dataclass(frozen=True, slots=True)
class Marks:
    """Updates after which something happens.

    Attributes:
        every: how many updates lie between two of them, or ``None`` where it never happens.
        total: updates of the run.
        at_end: whether it also happens after the last update, whatever its number.
    """

    every: int | None
    total: int
    at_end: bool

    @property
    def count(self) -> int:
        """How often it happens."""
        if self.every is None:
            return 0
        whole, rest = divmod(self.total, self.every)
        return whole + (self.at_end and rest > 0)

    def updates(self, most: int) -> tuple[int, ...]:
        """The updates; where there are too many, each second, fifth, tenth and so on, and the last.

        Args:
            most: how many are given at most, 2 or more.
        """
        if self.every is None or not self.count:
            return ()
        step = self.every * _stride(self.count, most)
        last = self.total if self.at_end else self.total - self.total % self.every
        return tuple(sorted({*range(step, self.total + 1, step), last}))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rates of a run.

    Attributes:
        total: updates of the run, 1 or more.
        warmup: updates over which the rate would rise; there can be more than the run has.
        learning_rate: the rate that is set.
        evaluations: the updates after which the run evaluates.
        checkpoints: the updates after which it saves.
        certainty: whether the run has just so many updates; where chance decides it is drawn for
            the usual number, or for the most where nobody knows what is usual.
    """

    total: int
    warmup: int
    learning_rate: Number
    evaluations: Marks
    checkpoints: Marks
    certainty: Certainty = "sure"

    def rate(self, step: int) -> float:
        """The rate after so many updates, from 0: the next update is made with it."""
        if step < self.warmup:
            return self.learning_rate * step / self.warmup
        rest = max(0, self.total - step)
        # The share first: where the warm-up ends it is 1, and the rate exactly what is set.
        return self.learning_rate * (rest / max(1, self.total - self.warmup))

    @property
    def never_leaves_warmup(self) -> bool:
        """Whether the run ends before any update gets the rate that is set."""
        return self.warmup >= self.total

    @property
    def points(self) -> tuple[Point, ...]:
        """Where the curve begins, bends and ends; in between it is straight."""
        steps = {0, min(self.warmup, self.total - 1), self.total - 1}
        return tuple((step + 1, self.rate(step)) for step in sorted(steps))

    @property
    def peak(self) -> float:
        """The highest rate that any update gets."""
        return max(rate for _, rate in self.points)

    @property
    def course(self) -> str:
        """How the rate goes, in words, without an end to the sentence."""
        prefix = _PREFIX[self.certainty]
        return f"{prefix}{_counted(self.total, 'update')}, {self._warmup_words()}: {self._rates()}"

    @property
    def words(self) -> str:
        """The drawing in one sentence, for those who don't see it."""
        evaluations = _counted(self.evaluations.count, "evaluation")
        return f"{self.course}; {evaluations}; {_counted(self.checkpoints.count, 'checkpoint')}."

    def _warmup_words(self) -> str:
        if self.never_leaves_warmup:
            return f"all of {'it' if self.total == 1 else 'them'} warm-up"
        if not self.warmup:
            return "no warm-up"
        first = "first" if self.warmup == 1 else f"first {_grouped(self.warmup)}"
        return f"the {first} of them warm-up"

    def _rates(self) -> str:
        written = rate_text(self.learning_rate)
        if not self.learning_rate:
            return "the rate is 0 throughout"
        if self.never_leaves_warmup:
            return f"the rate reaches {rate_text(self.peak)} of {written}"
        if self.total == 1:
            return f"the rate is {written}"
        if not self.warmup:
            return f"the rate falls from {written} towards 0"
        return f"the rate rises to {written} and falls towards 0"


def schedule(derived: Derived) -> Schedule | None:
    """The schedule of a run, or ``None`` where its numbers are not known: see ``reason``."""
    total = chosen("updates_total", derived)
    warmup, rate = chosen("warmup_updates", derived), derived.learning_rate
    if not total or warmup is None or rate is None or derived.peak_learning_rate is None:
        return None
    whole = int(total)
    return Schedule(
        total=whole,
        warmup=int(warmup),
        learning_rate=rate,
        evaluations=_marks("evaluations", derived.evaluated_every, whole, derived),
        checkpoints=_marks("checkpoints", derived.saved_every, whole, derived),
        certainty=_certainty(derived),
    )


def reason(derived: Derived) -> str:
    """Why there is no schedule, in a sentence; empty where there is one."""
    if schedule(derived):
        return ""
    notes = (derived.notes.get(name, "") for name in _NEEDED if getattr(derived, name) is None)
    return next(filter(None, notes), "There are no updates.")


def chosen(name: str, derived: Derived) -> Number | None:
    """A derived number; where chance decides, the usual one, or else the greatest."""
    return derived.usual.get(name, highest(getattr(derived, name)))


def shared(schedules: Sequence[Schedule | None]) -> dict[Schedule, tuple[int, ...]]:
    """Each schedule once, in their order, with the numbers of those that have it, from 0."""
    found: dict[Schedule, tuple[int, ...]] = {}
    for number, one in enumerate(schedules):
        if one:
            found[one] = (*found.get(one, ()), number)
    return found


def rate_text(rate: float) -> str:
    """A rate in three digits: ``1.05e-5``, ``0``."""
    return number_text(float(f"{rate:.3g}")) if rate else "0"


def _counted(number: int, noun: str) -> str:
    """A count with its noun: ``no evaluation``, ``1 update``, ``22 updates``."""
    if not number:
        return f"no {noun}"
    return f"{_grouped(number)} {noun}" if number == 1 else f"{_grouped(number)} {noun}s"


def _grouped(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}".replace(",", "\u202f")


def _certainty(derived: Derived) -> Certainty:
    if not isinstance(derived.updates_total, tuple):
        return "sure"
    return "usual" if "updates_total" in derived.usual else "most"


def _marks(name: str, every: int | None, total: int, derived: Derived) -> Marks:
    happens = chosen(name, derived) or 0
    return Marks(every, total, every is not None and happens > total // every)


def _stride(number: int, most: int) -> int:
    """How many steps to take at once so that few enough are left: 1, 2, 5, 10, 20 ..."""
    # One place is kept for the last, which may not be a multiple.
    needed = -(-number // (most - 1))
    power: int = 10 ** (len(str(needed)) - 1)
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= needed)

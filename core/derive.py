"""What follows from a config: rows, optimizer updates, warm-up, tokens, LoRA weights.

The formulas are those of Tiny Tool Use at 6939ffa with transformers 4.52 on one GPU. Where chance
decides the number of rows, everything is worked out for the fewest and for the most of them, and
a quantity is the pair of both.
"""

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from core.document import MAX_INTEGER, number_text, type_name
from core.reading import models, rows
from core.reading.rows import Unknown
from core.reading.view import View

Number = int | float
Quantity = Number | tuple[Number, Number] | None

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rows_train": "training rows",
        "rows_eval": "evaluation rows",
        "effective_batch": "rows per update",
        "updates_per_epoch": "updates per epoch",
        "updates_total": "updates in all",
        "warmup_updates": "warm-up updates",
        "warmup_share": "warm-up share",
        "peak_learning_rate": "peak learning rate",
        "evaluations": "evaluations",
        "checkpoints": "checkpoints",
        "tokens_max": "tokens, at most",
        "lora_parameters": "trainable LoRA weights",
    }
)
"""The quantities, each with its name on the screen."""

QUANTITIES: Final = tuple(TITLES)

PAIRS_MAX: Final = 100
"""Rows that DPO makes into preference pairs at most (trainer.py:329)."""

EVALUATION_INTERVAL: Final = 100
"""Updates between two evaluations of the supervised loop (trainer.py:192)."""

SAVE_INTERVAL: Final = 500
"""Updates between two checkpoints of the supervised loop (trainer.py:194)."""

SAVE_INTERVAL_DPO: Final = 100
"""Updates between two checkpoints of DPO (trainer.py:257)."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The numbers that follow from a config.

    Each is a number, a pair (low, high) where chance decides, or ``None`` where it can't be said.

    Attributes:
        rows_train: rows in the training split; DPO uses the first 100 of them.
        rows_eval: rows in the evaluation split.
        effective_batch: rows in one optimizer update.
        updates_per_epoch: optimizer updates in one pass over the rows.
        updates_total: optimizer updates of the run.
        warmup_updates: updates over which the learning rate rises.
        warmup_share: ``warmup_updates`` over ``updates_total``; 1 is the whole run.
        peak_learning_rate: the highest rate that the run reaches.
        evaluations: evaluations while training.
        checkpoints: checkpoints written; the last 3 are kept.
        tokens_max: tokens that training would see if every row were ``max_length`` long.
        lora_parameters: weights that LoRA trains.
        learning_rate: the rate that is set, whether the run reaches it or not.
        evaluated_every: updates between two evaluations, or ``None`` where there are none.
        saved_every: updates between two checkpoints, or ``None`` where there are none.
        usual: by quantity that is a pair: its value for the usual number of rows, from
            ``rows.usual``, where that is known; the ends of the pair hardly ever happen.
        notes: by quantity: why it is ``None``, or what is usual within its range.
        arithmetic: by quantity: how it comes about.
    """

    rows_train: Quantity = None
    rows_eval: Quantity = None
    effective_batch: Quantity = None
    updates_per_epoch: Quantity = None
    updates_total: Quantity = None
    warmup_updates: Quantity = None
    warmup_share: Quantity = None
    peak_learning_rate: Quantity = None
    evaluations: Quantity = None
    checkpoints: Quantity = None
    tokens_max: Quantity = None
    lora_parameters: Quantity = None
    learning_rate: Number | None = None
    evaluated_every: int | None = None
    saved_every: int | None = None
    usual: Mapping[str, Number] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    arithmetic: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The derived numbers in the shared contract; a pair is a list of two."""
        values = {name: getattr(self, name) for name in QUANTITIES}
        pairs = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
        texts = {"notes": dict(self.notes), "arithmetic": dict(self.arithmetic)}
        return {**values, **pairs, "usual": dict(self.usual), **texts}


def derive(view: View) -> Derived:
    """Everything that follows from a document; never raises, however odd the document is."""
    values: dict[str, Quantity] = {}
    notes: dict[str, str] = {}
    arithmetic: dict[str, str] = {}
    fewest = _Run(view, _fewest)
    most = _Run(view, _most) if view.strategy == "manual_templates" else fewest
    for name in QUANTITIES:
        try:
            values[name], arithmetic[name] = _merged(getattr(fewest, name), getattr(most, name))
        except Unknown as unknown:
            notes[name] = str(unknown)
    ranges = [name for name, value in values.items() if isinstance(value, tuple)]
    run = _Run(view, _most_likely)
    usual = _values(run, ranges)
    notes |= {name: f"Usually about {_rounded(value)}." for name, value in usual.items()}
    if "rows_train" in usual:
        notes["rows_train"] = (
            f"Usually about {usual['rows_train']}, from about {run.total} rows in all."
        )
    texts = {
        "usual": MappingProxyType(usual),
        "notes": MappingProxyType(notes),
        "arithmetic": MappingProxyType(arithmetic),
    }
    return Derived(**values, **_timing(view), **texts)  # type: ignore[arg-type]


def _timing(view: View) -> dict[str, Any]:
    """The rate that is set, and how many updates lie between two evaluations and checkpoints."""
    dpo = view.is_dpo
    return {
        "learning_rate": view.number("training.learning_rate"),
        "evaluated_every": None if dpo else EVALUATION_INTERVAL,
        "saved_every": SAVE_INTERVAL_DPO if dpo else SAVE_INTERVAL,
    }


def _values(run: "_Run", names: list[str]) -> dict[str, Number]:
    """The quantities that can be said."""
    values: dict[str, Number] = {}
    for name in names:
        with contextlib.suppress(Unknown):
            values[name] = getattr(run, name).value
    return values


def _fewest(view: View) -> int:
    return rows.total(view)[0]


def _most(view: View) -> int:
    return rows.total(view)[1]


def _most_likely(view: View) -> int:
    made = rows.usual(view)
    if made is None:
        raise Unknown("Nobody can know what a server or a shell answers.")
    return round(made)


def suggested_warmup(total: int) -> int:
    """Warm-up for a run of ``total`` updates: 5 % of them, at least 1, never above 20 %."""
    return min(max(1, round(0.05 * total)), total // 5)


def lowest(quantity: Quantity) -> Number | None:
    """The least value that a quantity can take."""
    return quantity[0] if isinstance(quantity, tuple) else quantity


def highest(quantity: Quantity) -> Number | None:
    """The greatest value that a quantity can take."""
    return quantity[1] if isinstance(quantity, tuple) else quantity


_N = TypeVar("_N", bound=Number)


@dataclass(frozen=True, slots=True)
class _Step(Generic[_N]):
    """A value and the arithmetic that led to it."""

    value: _N
    text: str


def _merged(low: _Step[Number], high: _Step[Number]) -> tuple[Quantity, str]:
    if low.value == high.value:
        return low.value, low.text
    text = f"With the fewest rows: {low.text}. With the most: {high.text}"
    return (min(low.value, high.value), max(low.value, high.value)), text


class _Run:
    """The trainer's own arithmetic, for as many rows as ``count`` says."""

    def __init__(self, view: View, count: Callable[[View], int]) -> None:
        self.view = view
        self.count = count

    @cached_property
    def total(self) -> int:
        return self.count(self.view)

    @cached_property
    def split(self) -> rows.Range:
        return rows.split(self.view, self.total, rows.share(self.view))

    @cached_property
    def trained_on(self) -> int:
        """Rows, or for DPO pairs, in one epoch."""
        _loop(self.view)
        train = self.split[0]
        if train < 1:
            raise Unknown("The split leaves no training rows.")
        return min(PAIRS_MAX, train) if self.view.is_dpo else train

    @property
    def unit(self) -> str:
        return "pairs" if self.view.is_dpo else "rows"

    @property
    def made(self) -> str:
        return f"{rows.origin(self.view)}{self.total} rows"

    @cached_property
    def rows_train(self) -> _Step[int]:
        train, held = self.split
        return _Step(train, f"{self.made} − {held} for evaluation = {train}")

    @cached_property
    def rows_eval(self) -> _Step[int]:
        held, share = self.split[1], rows.share(self.view)
        if self.view.is_toolbench_real and isinstance(share, float):
            return _Step(held, f"{self.made}; ceil((1 − {share}) × {self.total}) = {held}")
        text = f"{self.made} − floor({self.total} × {share}), at least 1 = {held}"
        return _Step(held, text)

    @cached_property
    def effective_batch(self) -> _Step[int]:
        batch, steps = _count(self.view, "batch_size"), _count(self.view, _ACCUMULATION)
        return _Step(batch * steps, f"{batch} × {steps} = {batch * steps} {self.unit}")

    @cached_property
    def updates_per_epoch(self) -> _Step[int]:
        # transformers trainer.py:5323, set_initial_training_values: both divisions round up.
        batch, steps = _count(self.view, "batch_size"), _count(self.view, _ACCUMULATION)
        batches = _ceil_div(self.trained_on, batch)
        updates = _ceil_div(batches, steps)
        first = f"ceil({self.trained_on} {self.unit} ÷ {batch}) = {batches} batches"
        return _Step(updates, f"{first}; ceil({batches} ÷ {steps}) = {updates}")

    @cached_property
    def updates_total(self) -> _Step[int]:
        epochs, each = _number(self.view, "num_epochs"), self.updates_per_epoch
        total = max(0, math.ceil(each.value * epochs))
        text = f"{each.text} updates an epoch; {each.value} × {_epochs(epochs)} = {total}"
        return _Step(total, text)

    @cached_property
    def warmup_updates(self) -> _Step[int]:
        _loop(self.view)
        if self.view.is_dpo:
            return _Step(0, "DPO gets no warm-up")
        if self.view.profile.takes_warmup_share:
            return self._warmup_of_newer()
        steps = max(0, _whole(self.view, "warmup_steps"))
        return _Step(steps, f"warmup_steps = {steps}")

    def _warmup_of_newer(self) -> _Step[int]:
        # transformers 5.24.0, training_args.py:2158, get_warmup_steps.
        steps = max(0, _number(self.view, "warmup_steps"))
        if not 0 < steps < 1:
            return _Step(int(steps), f"warmup_steps = {int(steps)}")
        total = self.updates_total.value
        warmup = math.ceil(total * steps)
        return _Step(warmup, f"ceil({total} updates × {steps:g}) = {warmup}")

    @cached_property
    def warmup_share(self) -> _Step[Number]:
        warmup, total = self.warmup_updates.value, self._some_updates()
        return _Step(warmup / total, f"{warmup} ÷ {total} updates = {warmup / total:.0%}")

    @cached_property
    def peak_learning_rate(self) -> _Step[Number]:
        # transformers optimization.py, linear schedule: it rises by lr ÷ warm-up an update.
        rate, total = _number(self.view, "learning_rate"), self._some_updates()
        warmup, written = self.warmup_updates.value, number_text(rate)
        if rate < 0:
            raise Unknown(f"learning_rate is {written}; the optimizer refuses a negative rate.")
        if warmup < total:
            return _Step(rate, f"all of {written}: {warmup} of {total} updates are warm-up")
        peak = rate * (total - 1) / warmup
        return _Step(peak, f"{written} × ({total} − 1) ÷ {warmup} = {_rate(peak)}")

    @cached_property
    def evaluations(self) -> _Step[int]:
        _loop(self.view)
        if self.view.is_dpo:
            return _Step(0, "DPO never evaluates")
        total = self.updates_total.value
        count, rest = divmod(total, EVALUATION_INTERVAL)
        text = f"floor({total} updates ÷ {EVALUATION_INTERVAL}) = {count}"
        if rest and self.view.profile.evaluates_at_end:
            return _Step(count + 1, f"{text}, and one at the end")
        return _Step(count, text)

    @cached_property
    def checkpoints(self) -> _Step[int]:
        total = self.updates_total.value
        interval = SAVE_INTERVAL_DPO if self.view.is_dpo else SAVE_INTERVAL
        count = _ceil_div(total, interval)
        kept = "; the last 3 are kept" if count > 3 else ""
        return _Step(count, f"ceil({total} updates ÷ {interval}) = {count}{kept}")

    @cached_property
    def tokens_max(self) -> _Step[int]:
        epochs, length = _number(self.view, "num_epochs"), _count(self.view, "max_length")
        each = 2 if self.view.is_dpo else 1
        tokens = max(0, math.ceil(self.trained_on * each * epochs * length))
        sequences = f"{self.trained_on} {self.unit}" + (f" × {each}" if each > 1 else "")
        return _Step(tokens, f"{sequences} × {_epochs(epochs)} × {length} tokens = {tokens}")

    @cached_property
    def lora_parameters(self) -> _Step[int]:
        if not self.view.uses_lora:
            raise Unknown("LoRA is off: all weights are trained.")
        name = self.view.text("model.name")
        dims = models.dims(name) if name else None
        if dims is None:
            raise Unknown("The sizes of this model are not known here.")
        rank = _count(self.view, "lora_r")
        count = dims.layers * rank * dims.lora_width
        return _Step(count, f"{dims.layers} layers × rank {rank} × {dims.lora_width} = {count}")

    def _some_updates(self) -> int:
        total = self.updates_total.value
        if not total:
            raise Unknown("There are no updates.")
        return total


_ACCUMULATION: Final = "gradient_accumulation_steps"


def _ceil_div(number: int, by: int) -> int:
    return -(-number // by)


def _epochs(epochs: Number) -> str:
    return f"{epochs} epoch" if epochs == 1 else f"{epochs} epochs"


def _rounded(value: Number) -> str:
    return str(value) if isinstance(value, int) else _rate(value)


def _rate(value: float) -> str:
    return number_text(float(f"{value:.3g}"))


def _loop(view: View) -> None:
    if not (view.is_dpo or view.is_supervised):
        raise Unknown("The trainer has no training loop for this method.")


def _number(view: View, key: str) -> Number:
    """A number of the section training, small enough to multiply."""
    value = view.number(f"training.{key}")
    if value is None:
        raise Unknown(f"{key} is {type_name(view.effective(f'training.{key}'))}, not a number.")
    if not abs(value) <= MAX_INTEGER:
        raise Unknown(f"{key} is too large to count with.")
    return value


def _whole(view: View, key: str) -> int:
    value = _number(view, key)
    if not isinstance(value, int):
        raise Unknown(f"{key} is {value}; it must be a whole number.")
    return value


def _count(view: View, key: str) -> int:
    value = _whole(view, key)
    if value < 1:
        raise Unknown(f"{key} is {value}; it must be at least 1.")
    return value

"""What the number of optimizer updates means for warm-up, evaluation and checkpoints."""

from collections.abc import Iterator
from typing import Final

from core.derive import (
    EVALUATION_INTERVAL,
    PAIRS_MAX,
    SAVE_INTERVAL,
    Number,
    Quantity,
    highest,
    lowest,
    suggested_warmup,
)
from core.document import Path
from core.findings import Finding, Operation, Patch, add
from core.reading.wording import count, info, shown, warning
from core.trainers.facts import Facts

_WARMUP: Final[Path] = ("training", "warmup_steps")
_BATCH: Final[Path] = ("training", "batch_size")
_ACCUMULATION: Final[Path] = ("training", "gradient_accumulation_steps")

_FEW_UPDATES: Final = 20
_WARMUP_SHARE: Final = 0.2


def spoken(quantity: Quantity, noun: str) -> str:
    """A derived number for a message: ``22 updates``, or ``10 to 40 rows`` where chance decides."""
    if isinstance(quantity, tuple):
        return f"{shown(quantity[0])} to {shown(quantity[1])} {noun}s"
    return count(quantity or 0, noun)


def _warmup_exceeds(facts: Facts) -> Iterator[Finding]:
    warmup, total = _warmup(facts)
    if not (warmup and total) or warmup < total:
        return
    peak, rate = highest(facts.derived.peak_learning_rate), facts.view.number(_RATE)
    reached = (
        f"; the learning rate reaches {_rounded(peak)} of {shown(rate)}" if peak and rate else ""
    )
    yield warning(
        "training.warmup_steps.exceeds_total",
        _WARMUP,
        f"Warm-up of {count(warmup, 'update')} is not over when training ends after "
        f"{spoken(facts.derived.updates_total, 'update')}{reached}.",
        f"Use {_suggested(facts)}, or more rows or epochs.",
        (add(_WARMUP, _suggested(facts)),),
    )


def _rounded(rate: float) -> str:
    return shown(float(f"{rate:.3g}"))


_RATE: Final = "training.learning_rate"


def _warmup_share(facts: Facts) -> Iterator[Finding]:
    warmup, total = _warmup(facts)
    if warmup and total and _WARMUP_SHARE * total < warmup < total:
        yield info(
            "training.warmup_steps.share",
            _WARMUP,
            f"Warm-up of {count(warmup, 'update')} is {warmup / total:.0%} of the run; "
            "3 to 10 % is usual.",
            f"Use {_suggested(facts)}.",
            (add(_WARMUP, _suggested(facts)),),
        )


def _warmup(facts: Facts) -> tuple[Number | None, Number | None]:
    """Warm-up and updates of the supervised loop, the most where chance decides."""
    if not facts.view.is_supervised:
        return None, None
    derived = facts.derived
    return highest(derived.warmup_updates), highest(derived.updates_total)


def _suggested(facts: Facts) -> int:
    return suggested_warmup(int(lowest(facts.derived.updates_total) or 0))


def _too_few(facts: Facts) -> Iterator[Finding]:
    total = highest(facts.derived.updates_total)
    if total is not None and 0 < total < _FEW_UPDATES:
        steps = _accumulation_for_enough(facts)
        yield warning(
            "training.steps.too_few",
            _ACCUMULATION,
            f"Training makes only {spoken(facts.derived.updates_total, 'optimizer update')}.",
            f"Use a gradient accumulation of {steps}, or more rows or epochs."
            if steps
            else "Use more rows or epochs.",
            (add(_ACCUMULATION, steps),) if steps else None,
        )


def _accumulation_for_enough(facts: Facts) -> int | None:
    """The largest accumulation below the present one that makes 20 updates, or ``None``."""
    view, rows = facts.view, _rows_each_epoch(facts)
    batch, epochs = view.integer("training.batch_size"), view.integer("training.num_epochs")
    if not (rows and batch and epochs):
        return None
    batches, needed = -(-rows // batch), -(-_FEW_UPDATES // epochs)
    # ceil(batches / steps) >= needed holds for steps up to this.
    steps = (batches - 1) // (needed - 1) if needed > 1 else batches
    return steps if 1 <= steps < (view.integer(_STEPS) or 1) else None


_STEPS: Final = "training.gradient_accumulation_steps"


def _rows_each_epoch(facts: Facts) -> int:
    """Rows, or for DPO pairs, that one epoch surely has."""
    rows = int(lowest(facts.derived.rows_train) or 0)
    return min(rows, PAIRS_MAX) if facts.view.is_dpo else rows


def _batch_exceeds(facts: Facts) -> Iterator[Finding]:
    batch, most = highest(facts.derived.effective_batch), highest(facts.derived.rows_train)
    if not (batch and most):
        return
    rows = min(int(most), PAIRS_MAX) if facts.view.is_dpo else int(most)
    if batch > rows:
        yield warning(
            "training.batch.exceeds_dataset",
            _BATCH,
            f"One optimizer update takes {count(batch, 'row')} and there are {rows}: "
            "each epoch is one update that is not full.",
            "Lower the gradient accumulation or the batch size.",
            _fitting_batch(facts),
        )


def _fitting_batch(facts: Facts) -> Patch | None:
    """The largest accumulation that fits the rows; a smaller batch too where one is too large."""
    rows, batch = _rows_each_epoch(facts), facts.view.integer("training.batch_size")
    if not (rows and batch):
        return None
    steps = max(1, rows // batch)
    operations: tuple[Operation, ...] = ()
    if steps != facts.view.integer(_STEPS):
        operations += (add(_ACCUMULATION, steps),)
    if batch > rows:
        operations += (add(_BATCH, rows),)
    return operations


def _never_evaluates(facts: Facts) -> Iterator[Finding]:
    total = highest(facts.derived.updates_total)
    if facts.view.is_supervised and total and highest(facts.derived.evaluations) == 0:
        yield info(
            "training.eval.never",
            _EPOCHS,
            f"The run has {spoken(facts.derived.updates_total, 'update')} and evaluates every "
            f"{EVALUATION_INTERVAL}: it never evaluates.",
            "Use more rows or epochs for an evaluation loss.",
        )


def _one_checkpoint(facts: Facts) -> Iterator[Finding]:
    total = highest(facts.derived.updates_total)
    if facts.view.is_supervised and total and total < SAVE_INTERVAL:
        yield info(
            "training.best_model.no_choice",
            _EPOCHS,
            f"The run has {spoken(facts.derived.updates_total, 'update')} and saves every "
            f"{SAVE_INTERVAL}: the one checkpoint at the end is the best one.",
            "Use more rows or epochs for a choice of checkpoints.",
        )


_EPOCHS: Final[Path] = ("training", "num_epochs")

RULES: Final = (
    _warmup_exceeds,
    _warmup_share,
    _too_few,
    _batch_exceeds,
    _never_evaluates,
    _one_checkpoint,
)

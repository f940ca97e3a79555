"""Settings of the training section that work against each other or against the model."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from core.document import MAX_INTEGER, Path
from core.findings import Finding, Patch, add, remove, replace
from core.reading import models
from core.reading.view import View, path_of
from core.reading.wording import count, error, info, shown, warning
from core.trainers.facts import Facts

_LENGTH: Final[Path] = ("training", "max_length")
_RANK: Final[Path] = ("training", "lora_r")
_ALPHA: Final[Path] = ("training", "lora_alpha")
_EPOCHS: Final[Path] = ("training", "num_epochs")

_RATIO: Final = (0.5, 4)
_EPOCHS_MAX: Final = 10
_SHORT: Final = 64
_TOOLBENCH_LENGTH: Final = 1024

# Rows made from tools have 96 to 413 characters, or about 30 to 130 tokens (measured).
_SYNTHETIC_LENGTH: Final = 512


def _rank_missing(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    if not view.uses_lora or view.has("training.lora_r") or not _has_training(view):
        return
    if view.has("training.use_lora"):
        yield error(
            "training.lora_r.required",
            _RANK,
            "LoRA rank is missing while 'use_lora' is true.",
            "Add 16, the trainer's own default.",
            (add(_RANK, 16),),
            safe=True,
        )
    else:
        yield info(
            "training.lora_r.missing",
            _RANK,
            "LoRA rank is not set; the trainer uses 16.",
            "Write it down so that nobody has to know.",
            (add(_RANK, 16),),
            safe=True,
        )


def _has_training(view: View) -> bool:
    return isinstance(view.document.get("training"), dict)


def _alpha_ratio(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    alpha, rank = view.number("training.lora_alpha"), view.integer("training.lora_r")
    if not (view.uses_lora and _has_training(view) and alpha and rank) or rank < 1 or alpha < 0:
        return
    if rank > MAX_INTEGER:
        # No ratio of it can be told.
        return
    low, high = _RATIO
    if not low * rank <= alpha <= high * rank:
        nearest = -(-rank // 2) if alpha < low * rank else high * rank
        yield warning(
            "training.lora_alpha.ratio",
            _ALPHA,
            f"LoRA alpha {shown(alpha)} over rank {shown(rank)} scales the adapters by "
            f"{_rounded(alpha, rank)}; 1 to 2 is usual.",
            f"Use {shown(nearest)}; change alpha together with the rank.",
            (add(_ALPHA, nearest),),
        )


def _rounded(alpha: float, rank: int) -> str:
    return shown(float(f"{alpha / rank:.3g}")) if max(alpha, rank) < 2**53 else "far too much"


def _epochs_high(facts: Facts) -> Iterator[Finding]:
    epochs = facts.view.integer("training.num_epochs")
    if epochs is not None and epochs > _EPOCHS_MAX:
        yield warning(
            "training.epochs.high",
            _EPOCHS,
            f"{count(epochs, 'epoch')} over the same rows: the model learns them by heart.",
            f"Use {_EPOCHS_MAX} or less, with more rows.",
            (replace(_EPOCHS, _EPOCHS_MAX),),
        )


def _length_context(facts: Facts) -> Iterator[Finding]:
    length, name = facts.view.integer("training.max_length"), facts.view.text("model.name")
    dims = models.dims(name) if name else None
    if dims and length and length > dims.context:
        yield error(
            "training.max_length.context",
            _LENGTH,
            f"Maximum length is {shown(length)}; {shown(name)} takes {dims.context} tokens.",
            f"Use {dims.context} or less.",
            _length(facts, dims.context),
        )


def _length_toolbench(facts: Facts) -> Iterator[Finding]:
    length = facts.view.integer("training.max_length")
    if facts.view.is_toolbench_real and length and 1 <= length < _TOOLBENCH_LENGTH:
        yield warning(
            "training.max_length.short_toolbench",
            _LENGTH,
            f"Maximum length is {shown(length)}; ToolBench rows start with a long system prompt, "
            "so the answers would be cut away.",
            f"Use {_TOOLBENCH_LENGTH} or more.",
            _length(facts, _TOOLBENCH_LENGTH),
        )


def _length_short(facts: Facts) -> Iterator[Finding]:
    length = facts.view.integer("training.max_length")
    if not facts.view.is_toolbench_real and length and 1 <= length < _SHORT:
        yield warning(
            "training.max_length.short",
            _LENGTH,
            f"Maximum length is {count(length, 'token')}; most rows would be cut.",
            f"Use {_SHORT} or more.",
            _length(facts, _SHORT),
        )


def _length_waste(facts: Facts) -> Iterator[Finding]:
    length = facts.view.integer("training.max_length")
    if facts.view.is_synthetic and length and length > _SYNTHETIC_LENGTH:
        yield info(
            "training.max_length.synthetic_waste",
            _LENGTH,
            f"Maximum length is {shown(length)}; rows made from tools have about 30 to 130 tokens.",
            f"{_SYNTHETIC_LENGTH} is enough.",
            _length(facts, _SYNTHETIC_LENGTH),
        )


def _length(facts: Facts, tokens: int) -> Patch | None:
    return (add(_LENGTH, tokens),) if _has_training(facts.view) else None


# What torch.optim.AdamW allows, and the Trainer's own defaults; nothing reads these keys.
_Range = tuple[Callable[[float], bool], str, float]
_ADAM: Final[Mapping[str, _Range]] = {
    "training.adam_beta1": (lambda value: 0 <= value < 1, "from 0 to below 1", 0.9),
    "training.adam_beta2": (lambda value: 0 <= value < 1, "from 0 to below 1", 0.999),
    "training.adam_epsilon": (lambda value: value > 0, "above 0", 1e-8),
    "training.weight_decay": (lambda value: 0 <= value <= 1, "from 0 to 1; 0 to 0.1 is usual", 0.0),
}


def _adam_range(facts: Facts) -> Iterator[Finding]:
    for name, (fits, wanted, default) in _ADAM.items():
        value = facts.view.number(name)
        if value is not None and not fits(value):
            yield warning(
                "training.adam.range",
                path_of(name),
                f"'{name}' is {shown(value)}; it must be {wanted}.",
                f"Use {shown(default)}.",
                (replace(path_of(name), default),),
                safe=True,
            )


def _warmup_twice(facts: Facts) -> Iterator[Finding]:
    view, ratio = facts.view, path_of("training.warmup_ratio")
    if view.has("training.warmup_ratio") and view.has("training.warmup_steps"):
        yield warning(
            "training.warmup.both",
            ratio,
            "'warmup_ratio' and 'warmup_steps' are both set; only warmup_steps counts.",
            "Remove warmup_ratio.",
            (remove(ratio),),
            safe=True,
        )


RULES: Final = (
    _rank_missing,
    _alpha_ratio,
    _epochs_high,
    _length_context,
    _length_toolbench,
    _length_short,
    _length_waste,
    _adam_range,
    _warmup_twice,
)

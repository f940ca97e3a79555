"""What decides how much memory a run takes: the sizes of the model, the settings, the libraries."""

from dataclasses import dataclass
from typing import Final

from core.derive import derive, highest
from core.document import MAX_INTEGER, type_name
from core.reading import models, rows
from core.reading.models import ModelDims
from core.reading.rows import Unknown
from core.reading.target import Libraries
from core.reading.view import View
from core.reading.wording import shown

SYNTHETIC_TOKENS: Final = 130
"""Tokens of the longest row made from tools: 413 characters were the most that was seen."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a set of libraries does that decides how much memory a run takes.

    Attributes:
        bf16_adapters: whether LoRA's weights are bfloat16 on a 4-bit base: TRL from 0.27.
        checkpoints_activations: whether training without LoRA computes activations again instead
            of keeping them: TRL from 0.24; with LoRA and for DPO the trainer always does.
        bf16_by_default: whether training without LoRA computes in bfloat16: TRL from 0.19.
        tiled_logits: whether TRL computes the loss in tiles and never holds all logits; seen in
            TRL 1.16.0.
    """

    bf16_adapters: bool = False
    checkpoints_activations: bool = False
    bf16_by_default: bool = True
    tiled_logits: bool = False


PINNED: Final = Habits()
"""The habits of the newest libraries that Tiny Tool Use works with."""


def habits(libraries: Libraries) -> Habits:
    """The habits of a set of libraries."""
    return Habits(
        bf16_adapters=libraries.have("trl", "0.27.0"),
        checkpoints_activations=libraries.have("trl", "0.24.0"),
        bf16_by_default=libraries.have("trl", "0.19.0"),
        tiled_logits=libraries.have("trl", "1.16.0"),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a run that decide how much memory it takes.

    Attributes:
        dims: the model's sizes.
        habits: what the libraries do.
        dpo: whether it learns from pairs.
        lora: whether it trains adapters on a 4-bit base.
        rank: rank of the adapters; 0 without LoRA.
        batch: rows, or for DPO pairs, in one pass.
        eval_batch: rows in one pass of the evaluation, or 0 where there is none.
        longest: tokens of the longest row that is not cut.
        usual: tokens of a row, where the data are known, or ``None``.
        dtype: number format of the weights without LoRA.
        optimizer: the optimizer that is used.
    """

    dims: ModelDims
    habits: Habits
    dpo: bool
    lora: bool
    rank: int
    batch: int
    eval_batch: int
    longest: int
    usual: int | None
    dtype: str
    optimizer: str

    @property
    def likely(self) -> int:
        """Tokens of a row as the data make them."""
        return self.longest if self.usual is None else min(self.usual, self.longest)

    @property
    def sequences(self) -> int:
        """Sequences in one pass: DPO has two for each pair."""
        return 2 * self.batch if self.dpo else self.batch


def plan(view: View, dims: ModelDims | None = None, habits: Habits = PINNED) -> Plan:
    """What decides about memory in a document.

    Raises:
        Unknown: the model's sizes are not known, or a value is none to count with.
    """
    if not (view.is_dpo or view.is_supervised):
        raise Unknown("The trainer has no training loop for this method.")
    dims = dims or _known(view)
    lora = view.uses_lora
    return Plan(
        dims=dims,
        habits=habits,
        dpo=view.is_dpo,
        lora=lora,
        rank=_count(view, "lora_r") if lora else 0,
        batch=_count(view, "batch_size"),
        eval_batch=_count(view, "eval_batch_size") if _evaluates(view) else 0,
        longest=min(_count(view, "max_length"), dims.context),
        usual=_usual_tokens(view),
        dtype="" if lora else _dtype(view),
        optimizer=_optimizer(view),
    )


def _known(view: View) -> ModelDims:
    name = view.text("model.name")
    dims = models.dims(name) if name else None
    if dims is None:
        raise Unknown("The sizes of this model are not known here; its config.json tells them.")
    return dims


def _count(view: View, key: str) -> int:
    """A number of the section training that is at least 1."""
    name = f"training.{key}"
    value = view.integer(name)
    if value is None or not 1 <= value <= MAX_INTEGER:
        written = view.effective(name)
        seen = type_name(written) if view.number(name) is None else shown(written)
        raise Unknown(f"{key} is {seen}; it must be a whole number from 1.")
    return value


def _evaluates(view: View) -> bool:
    """Whether the run evaluates, as far as that can be said."""
    if not view.is_supervised:
        return False
    return highest(derive(view).evaluations) != 0


def _usual_tokens(view: View) -> int | None:
    """Tokens of a row made from tools; nobody knows what a server or a shell answers."""
    outside = any(rows.answers_from_outside(tool) for _, tool in view.tools)
    if not view.is_synthetic or outside:
        return None
    # The trainer's preferred and rejected texts hold the prompt, which TRL puts before them again.
    return 2 * SYNTHETIC_TOKENS if view.is_dpo else SYNTHETIC_TOKENS


BYTES: Final = {
    "float16": 2,
    "half": 2,
    "bfloat16": 2,
    "float32": 4,
    "float": 4,
    "double": 8,
    "float64": 8,
}
"""Bytes of a weight; torch.half, torch.float and torch.double are other names of three."""


def _dtype(view: View) -> str:
    dtype = view.text("model.torch_dtype")
    if dtype not in BYTES:
        found = shown(view.effective("model.torch_dtype"))
        raise Unknown(f"torch_dtype is {found}, which is not a number format for weights.")
    return dtype


def _optimizer(view: View) -> str:
    # trainer.py:203 fixes that of the supervised loop.
    return (view.text("training.optim") or "") if view.is_dpo else ADAMW


ADAMW: Final = "adamw_torch"
"""The optimizer of the supervised loop."""

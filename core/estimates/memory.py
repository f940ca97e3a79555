"""How much GPU memory a training run takes, part by part.

The formulas are those of Tiny Tool Use at 6939ffa on one GPU. No GPU was there to try them: what
is ``verified`` was found in a run on a CPU (torch 2.13.0, transformers 4.52.4, TRL 0.19.1, PEFT
0.15.2, bitsandbytes 0.50.2), the rest is an ``estimate``. A total is good to about 30 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from core.derive import derive, highest
from core.document import MAX_INTEGER, type_name
from core.reading import models, rows
from core.reading.models import ModelDims
from core.reading.rows import Unknown
from core.reading.target import Libraries
from core.reading.view import View
from core.reading.wording import shown

Basis = Literal["verified", "estimate"]
Phase = Literal["training", "evaluation"]
Source = Literal["model_dims", "config.json"]

GIB: Final = 2**30

MARGIN: Final = 0.3
"""How far a total may be off, as a share of it."""

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "weights_4bit": "4-bit weights",
        "weights_other": "other weights",
        "weights": "weights",
        "reference": "reference model",
        "adapters": "adapters",
        "gradients": "gradients",
        "optimizer": "optimizer",
        "activations": "activations",
        "logits": "logits",
        "overhead": "overhead",
    }
)
"""The parts, each with its name on the screen, in the order in which they are told."""

SYNTHETIC_TOKENS: Final = 130
"""Tokens of the longest row made from tools: 413 characters were the most that was seen."""

OVERHEAD: Final = 8 * GIB // 10
"""Bytes for the CUDA context and for what the allocator can't use."""


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


# --- What is told ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that takes memory.

    Attributes:
        name: a key of ``TITLES``.
        size: bytes.
        arithmetic: how they come about, with the numbers filled in.
        basis: whether the formula was seen to hold in a run, or is an estimate.
    """

    name: str
    size: int
    arithmetic: str
    basis: Basis = "verified"

    @property
    def title(self) -> str:
        """Its name on the screen."""
        return TITLES[self.name]

    def as_json(self) -> dict[str, Any]:
        """The part as the command line prints it."""
        return {
            "name": self.name,
            **_sizes(self.size),
            "basis": self.basis,
            "arithmetic": self.arithmetic,
        }


@dataclass(frozen=True, slots=True)
class Peak:
    """The moment at which a run takes the most memory.

    Attributes:
        phase: when that is.
        sequences: sequences that are on the GPU then.
        tokens: length of each of them.
        parts: what takes memory, in the order of ``TITLES``.
    """

    phase: Phase
    sequences: int
    tokens: int
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """Bytes in all."""
        return sum(part.size for part in self.parts)

    def size(self, name: str) -> int:
        """Bytes of one part; 0 where there is none of that name."""
        return sum(part.size for part in self.parts if part.name == name)

    def as_json(self) -> dict[str, Any]:
        """The peak as the command line prints it."""
        return {
            **_sizes(self.total),
            "phase": self.phase,
            "sequences": self.sequences,
            "tokens": self.tokens,
            "parts": [part.as_json() for part in self.parts],
        }


@dataclass(frozen=True, slots=True)
class Memory:
    """How much GPU memory a run takes.

    Attributes:
        worst: where a batch is full of rows as long as ``max_length`` lets them be.
        likely: with rows as long as the data make them; the same where nobody measured them.
        model: the model whose sizes were taken.
        source: where these sizes are from.
        notes: what there is to know about the numbers.
    """

    worst: Peak
    likely: Peak
    model: str
    source: Source
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The estimate as the command line prints it under ``memory``."""
        return {
            "worst": self.worst.as_json(),
            "likely": self.likely.as_json(),
            "margin": MARGIN,
            "model": {"name": self.model, "source": self.source},
            "notes": list(self.notes),
        }


def _sizes(size: int) -> dict[str, Any]:
    return {"gib": round(size / GIB, 2), "bytes": size}


def size_text(size: int) -> str:
    """Bytes in the unit that people read: ``21.7 GiB``, ``0.21 GiB``, ``35 MiB``."""
    gib = size / GIB
    if gib >= 10:
        return f"{gib:.1f} GiB"
    return f"{gib:.2f} GiB" if gib >= 0.1 else f"{size / 2**20:.0f} MiB"


# --- What it follows from ----------------------------------------------------------------------


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


# Bytes of a weight; torch.half, torch.float and torch.double are other names of three.
_BYTES: Final = {
    "float16": 2,
    "half": 2,
    "bfloat16": 2,
    "float32": 4,
    "float": 4,
    "double": 8,
    "float64": 8,
}


def _dtype(view: View) -> str:
    dtype = view.text("model.torch_dtype")
    if dtype not in _BYTES:
        found = shown(view.effective("model.torch_dtype"))
        raise Unknown(f"torch_dtype is {found}, which is not a number format for weights.")
    return dtype


def _optimizer(view: View) -> str:
    # trainer.py:203 fixes that of the supervised loop.
    return (view.text("training.optim") or "") if view.is_dpo else _ADAMW


_ADAMW: Final = "adamw_torch"


# --- The estimate ------------------------------------------------------------------------------


def estimate(view: View, dims: ModelDims | None = None, habits: Habits = PINNED) -> Memory:
    """How much GPU memory the run of a document takes.

    Args:
        view: the document.
        dims: the model's sizes, such as ``models.dims_from_config`` reads; where they are left
            out, those of the known model that the document names.
        habits: what the libraries do.

    Raises:
        Unknown: it can't be said; the text is the reason.
    """
    found = plan(view, dims, habits)
    notes = (*_notes(found), *_row_notes(view, found))
    return of_plan(found, notes)


def of_plan(plan: Plan, notes: tuple[str, ...] = ()) -> Memory:
    """How much GPU memory a run with these settings takes."""
    dims = plan.dims
    known = models.dims(dims.name) == dims
    return Memory(
        worst=peak(plan, plan.longest),
        likely=peak(plan, plan.likely),
        model=dims.name,
        source="model_dims" if known else "config.json",
        notes=notes,
    )


def peak(plan: Plan, tokens: int) -> Peak:
    """The larger of the two peaks, that of training and that of evaluating."""
    training = _training(plan, tokens)
    if not plan.eval_batch:
        return training
    return max(training, _evaluation(plan, tokens), key=lambda one: one.total)


def _training(plan: Plan, tokens: int) -> Peak:
    many = plan.sequences * tokens
    parts = (
        *_weights(plan),
        *_trained(plan),
        _activations(plan, tokens),
        _logits(plan, many),
        _OVERHEAD_PART,
    )
    return Peak("training", plan.sequences, tokens, parts)


def _evaluation(plan: Plan, tokens: int) -> Peak:
    """Gradients are gone by then, and activations are kept for no longer than a layer."""
    many = plan.eval_batch * tokens
    kept = tuple(part for part in _trained(plan) if part.name != "gradients")
    layer = _layer(plan.dims) * many
    text = f"one layer: {_layer_text(plan, plan.eval_batch, tokens)}"
    logits = _tile(plan, many) if plan.habits.tiled_logits else _all_logits(plan, many, _EVALUATED)
    activations = _part("activations", layer, text, "estimate")
    parts = (*_weights(plan), *kept, activations, logits, _OVERHEAD_PART)
    return Peak("evaluation", plan.eval_batch, tokens, parts)


def _part(name: str, size: int, text: str, basis: Basis = "verified") -> Part:
    return Part(name, size, f"{text} = {size_text(size)}", basis)


_OVERHEAD_PART: Final = Part(
    "overhead", OVERHEAD, "CUDA context and fragmentation: 0.8 GiB", "estimate"
)


# --- Weights, and what training keeps for them -------------------------------------------------


def _weights(plan: Plan) -> tuple[Part, ...]:
    return _quantized(plan.dims) if plan.lora else _whole(plan)


def _quantized(dims: ModelDims) -> tuple[Part, ...]:
    """NF4 with double quantization, and the rest in float32, as PEFT prepares it (trainer.py:134).

    A weight has 4 bits, a block of 64 one byte, 256 blocks 4 bytes; each matrix has its tables.
    """
    matrices, rest = dims.layers * dims.matrices, dims.parameters - dims.linear
    size = -(-dims.linear * _NF4_SHARES // _NF4_WHOLE) + matrices * _NF4_TABLES
    text = f"{dims.linear} weights × 0.51587 B + {matrices} matrices × {_NF4_TABLES} B"
    return (
        _part("weights_4bit", size, text),
        _part("weights_other", 4 * rest, f"{rest} weights outside the layers' matrices × 4 B"),
    )


_NF4_WHOLE: Final = 2**14
_NF4_SHARES: Final = 2**13 + 2**8 + 4
_NF4_TABLES: Final = 1088


def _whole(plan: Plan) -> tuple[Part, ...]:
    """All weights in one number format; DPO keeps a second copy to compare with."""
    count, each = plan.dims.parameters, _BYTES[plan.dtype]
    text = f"{count} weights × {each} B"
    parts = (_part("weights", count * each, text),)
    if not plan.dpo:
        return parts
    return (*parts, _part("reference", count * each, f"a copy: {text}", "estimate"))


def _trained(plan: Plan) -> tuple[Part, ...]:
    """The adapters, if there are any, and gradients and optimizer of what is trained."""
    count, each = trained_weights(plan)
    basis: Basis = "estimate" if plan.lora and plan.habits.bf16_adapters else "verified"
    text = f"{count} weights × {each} B"
    gradients = _part("gradients", count * each, text, basis)
    optimizer = _optimizer_part(plan, count, each)
    if not plan.lora:
        return gradients, optimizer
    width = plan.dims.lora_width
    how = f"{plan.dims.layers} layers × rank {plan.rank} × {width} = {text}"
    return _part("adapters", count * each, how, basis), gradients, optimizer


def trained_weights(plan: Plan) -> tuple[int, int]:
    """How many weights are trained, and the bytes of each."""
    if plan.lora:
        count = plan.dims.layers * plan.rank * plan.dims.lora_width
        return count, 2 if plan.habits.bf16_adapters else 4
    return plan.dims.parameters, _BYTES[plan.dtype]


def _optimizer_part(plan: Plan, count: int, each: int) -> Part:
    name = plan.optimizer if plan.optimizer in _STATES else _ADAMW
    moments, bits = _STATES[name]
    bits = bits or 8 * each
    size = count * moments * bits // 8
    text = f"{name}: {count} weights × {moments} × {bits / 8:g} B"
    return _part("optimizer", size, text, "verified" if name in _SEEN else "estimate")


# By optimizer: the numbers that it keeps for a weight, and their bits; None is the weight's own
# format. Adafactor keeps rows and columns of a matrix, which is next to nothing.
_STATES: Final[Mapping[str, tuple[int, int | None]]] = MappingProxyType(
    {
        **dict.fromkeys(("adamw_torch", "adamw_torch_fused", "adamw_torch_xla"), (2, None)),
        **dict.fromkeys(("adamw_torch_npu_fused", "schedule_free_adamw"), (2, None)),
        **dict.fromkeys(("adamw_apex_fused", "adamw_anyprecision", "paged_adamw_32bit"), (2, 32)),
        **dict.fromkeys(("adamw_8bit", "adamw_bnb_8bit", "paged_adamw_8bit"), (2, 8)),
        **dict.fromkeys(("adamw_torch_8bit",), (2, 8)),
        **dict.fromkeys(("adamw_torch_4bit",), (2, 4)),
        **dict.fromkeys(("ademamix", "paged_ademamix_32bit"), (3, 32)),
        **dict.fromkeys(("ademamix_8bit", "paged_ademamix_8bit"), (3, 8)),
        **dict.fromkeys(("lion_32bit", "paged_lion_32bit"), (1, 32)),
        **dict.fromkeys(("rmsprop_bnb", "rmsprop_bnb_32bit"), (1, 32)),
        **dict.fromkeys(("lion_8bit", "paged_lion_8bit", "rmsprop_bnb_8bit"), (1, 8)),
        **dict.fromkeys(("rmsprop", "adagrad", "schedule_free_sgd"), (1, None)),
        **dict.fromkeys(("adafactor", "sgd"), (0, None)),
    }
)

_SEEN: Final = frozenset(
    {
        *("adamw_torch", "adamw_torch_fused", "adamw_8bit", "paged_adamw_8bit"),
        *("paged_adamw_32bit", "lion_8bit", "lion_32bit", "adafactor", "sgd", "rmsprop"),
        *("rmsprop_bnb", "rmsprop_bnb_8bit", "adagrad", "ademamix", "ademamix_8bit"),
    }
)
"""The optimizers that were asked for their states after a step."""


# --- What a batch takes ------------------------------------------------------------------------


def _layer(dims: ModelDims) -> int:
    """Bytes that one layer keeps of a token for the way back."""
    heads = 6 * (dims.heads + dims.kv_heads) * dims.head_dim
    return 40 * dims.hidden + heads + 8 * dims.intermediate


def _layer_text(plan: Plan, sequences: int, tokens: int) -> str:
    dims = plan.dims
    heads = f"6 × {dims.heads + dims.kv_heads} heads × {dims.head_dim}"
    layer = f"(40 × {dims.hidden} + {heads} + 8 × {dims.intermediate}) B"
    return f"{sequences} × {tokens} tokens × {layer}"


def _activations(plan: Plan, tokens: int) -> Part:
    """What the layers keep: all of it, or the input of each and the whole of one at a time."""
    dims, many = plan.dims, plan.sequences * tokens
    layer, text = _layer(dims) * many, _layer_text(plan, plan.sequences, tokens)
    if plan.lora or plan.dpo or plan.habits.checkpoints_activations:
        inputs = dims.layers * many * dims.hidden * 4
        kept = f"{dims.layers} layers × {plan.sequences} × {tokens} tokens × {dims.hidden} × 4 B"
        return _part("activations", inputs + layer, f"{kept} + one layer: {text}", "estimate")
    size, all_layers = dims.layers * layer, f"{dims.layers} layers × {text}"
    copied = _copied(plan)
    if copied:
        all_layers += f" + bfloat16 copies of {copied} weights × 2 B"
    return _part("activations", size + 2 * copied, all_layers, "estimate")


def _copied(plan: Plan) -> int:
    """Weights that are copied to bfloat16 for the way back, where they are in another format."""
    if plan.dtype == "bfloat16" or not plan.habits.bf16_by_default:
        return 0
    return plan.dims.linear + plan.dims.embedding


# Bytes of a logit at the peak. Training: 14.1 in bfloat16, 15.9 in float32, 16.1 with the copy
# that TRL makes for its token accuracy; its own loop was also seen with 12.4. DPO: 12.2, while the
# reference's are on the GPU as well. Evaluation: 10.0 in bfloat16, 8.0 in float32.
_TRAINED: Final = 16
_PAIRED: Final = 12
_EVALUATED: Final = 10


def _logits(plan: Plan, tokens: int) -> Part:
    if plan.habits.tiled_logits:
        return _tile(plan, tokens)
    return _all_logits(plan, tokens, _PAIRED if plan.dpo else _TRAINED)


def _all_logits(plan: Plan, tokens: int, each: int) -> Part:
    vocabulary = plan.dims.vocabulary
    text = f"{tokens} tokens × {vocabulary} × {each} B"
    return _part("logits", tokens * vocabulary * each, text)


def _tile(plan: Plan, tokens: int) -> Part:
    """TRL 1.16.0 (kernels/chunked_logprob.py): a tile of logits, and float32 gradients of it all.

    The head's own gradient comes with training all weights.
    """
    dims = plan.dims
    height, width = min(tokens, _TILE[0]), min(dims.vocabulary, _TILE[1])
    size = 4 * (height * width + width * dims.hidden + tokens * dims.hidden)
    text = f"({height} × {width} + {width} × {dims.hidden} + {tokens} × {dims.hidden}) × 4 B"
    if not plan.lora:
        size += 4 * dims.embedding
        text += f" + {dims.embedding} × 4 B"
    return _part("logits", size, text, "estimate")


_TILE: Final = (4096, 32768)


# --- Notes -------------------------------------------------------------------------------------


def _notes(plan: Plan) -> list[str]:
    notes = [f"An estimate for one GPU, good to about {MARGIN:.0%}; no GPU was there to try it."]
    if plan.dims.left_out:
        notes.append(f"{plan.dims.left_out.capitalize()} of the model is not counted.")
    if plan.dpo and plan.optimizer not in _STATES:
        notes.append(f"What {shown(plan.optimizer)} keeps is not known; it is counted as AdamW.")
    if plan.optimizer.startswith("paged_"):
        notes.append("A paged optimizer can move to the computer's own memory.")
    return notes


def _row_notes(view: View, plan: Plan) -> list[str]:
    notes = []
    length = view.integer("training.max_length") or 0
    if length > plan.longest:
        notes.append(f"The model's context ends at {plan.longest} tokens, before max_length.")
    if plan.usual is None:
        notes.append("How long the rows are was not measured: likely is the worst case.")
    elif plan.usual < plan.longest:
        what = "pairs" if plan.dpo else "rows"
        notes.append(f"Likely: {what} made from tools have about {plan.usual} tokens at most.")
    return notes

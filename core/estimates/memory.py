"""How much GPU memory a training run takes, part by part.

The formulas are those of Tiny Tool Use at 6939ffa on one GPU. No GPU was there to try them: what
is ``verified`` was found in a run on a CPU (torch 2.13.0, transformers 4.52.4, TRL 0.19.1, PEFT
0.15.2, bitsandbytes 0.50.2), the rest is an ``estimate``. A total is good to about 30 %.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from core.estimates.parts import GIB, MARGIN, Basis, Memory, Part, Peak, size_text
from core.estimates.plan import ADAMW, BYTES, PINNED, Habits, Plan, plan
from core.reading import models
from core.reading.models import ModelDims
from core.reading.view import View
from core.reading.wording import shown

OVERHEAD: Final = 8 * GIB // 10
"""Bytes for the CUDA context and for what the allocator can't use."""


# --- The estimate ------------------------------------------------------------------------------


def estimate(view: View, dims: ModelDims | None = None, habits: Habits = PINNED) -> Memory:
    """How much GPU memory the run of a document takes.

    Args:
        view: the document.
        dims: the model's sizes, such as ``dims_from_config`` reads; where they are left
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
    count, each = plan.dims.parameters, BYTES[plan.dtype]
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
    return plan.dims.parameters, BYTES[plan.dtype]


def _optimizer_part(plan: Plan, count: int, each: int) -> Part:
    name = plan.optimizer if plan.optimizer in _STATES else ADAMW
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

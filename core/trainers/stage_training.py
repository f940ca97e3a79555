"""Last stage: train.py hands the settings to transformers, TRL and PEFT, and trains.

``trainer.py`` is ``src/training/trainer.py``. The libraries check little by themselves: a wrong
value mostly fails where it is first used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from core import fields
from core.changes.meant import near_choice
from core.config import Optimizer
from core.derive import highest
from core.document import ABSENT
from core.findings import Finding, Patch
from core.reading.view import View, path_of
from core.reading.wording import formatted, printed, shown
from core.trainers.facts import Facts
from core.trainers.lessons import TOOLBENCH_PROMPT
from core.trainers.stage_config import is_schema_checked
from core.trainers.stops import SILENT, mend, mend_or, raises, section, set_all, stop

METHODS: Final = ("sft", "dpo", "teacher_mode")


def blockers(facts: Facts) -> Iterator[Finding]:
    """Why train.py would not get through training with at least one update."""
    if section(facts.view, "training") is None:
        return
    yield from _method(facts.view)
    yield from _arguments(facts)
    if facts.view.is_dpo:
        yield from _precision(facts)
        yield from _optimizer(facts.view)


def _method(view: View) -> Iterator[Finding]:
    method = view.method
    if isinstance(method, str) and method in METHODS:
        return
    missing = method is ABSENT
    yield stop(
        "training.method.enum",
        path_of("training.method"),
        "'training.method' is missing." if missing else f"The method is {shown(method)}.",
        _method_outcome(view),
        f"The trainer can do {', '.join(METHODS)}; choose one of them.",
        _method_fix(method),
    )


def _method_outcome(view: View) -> str:
    if is_schema_checked(view) and view.method != "ppo":
        known = "is not one of ['sft', 'ppo', 'dpo', 'teacher_mode']"
        missing = "'method' is a required property"
        complaint = missing if view.method is ABSENT else f"{printed(view.method)} {known}"
        return raises(f"ValueError: Invalid configuration: {complaint}", "config.py:81")
    if view.method is ABSENT:
        return raises("KeyError: 'method'", "train.py:61")
    method = formatted(view.method)
    return raises(f"ValueError: Unknown training method: {method}", "trainer.py:173")


def _method_fix(method: Any) -> Patch | None:
    """The method that is meant, else SFT in the place of one that the trainer has no code for."""
    if not isinstance(method, str) or not method.strip():
        return None
    return set_all({"training.method": near_choice(method, METHODS) or "sft"})


def _always(facts: Facts) -> bool:
    return True


def _newer(facts: Facts) -> bool:
    # Seen with TRL 1.16.0 and transformers 5.24.0, and not with 0.19.1 and 4.52.4.
    return facts.libraries.have("trl", "1.16.0")


def _older_supervised(facts: Facts) -> bool:
    return facts.view.is_supervised and not _newer(facts)


def _newer_supervised(facts: Facts) -> bool:
    return facts.view.is_supervised and _newer(facts)


def _newer_download(facts: Facts) -> bool:
    return _newer_supervised(facts) and facts.view.is_toolbench_real


def _evaluating(facts: Facts) -> bool:
    return bool(highest(facts.derived.evaluations))


def _dpo(facts: Facts) -> bool:
    return facts.view.is_dpo


def _newer_dpo(facts: Facts) -> bool:
    return facts.view.is_dpo and _newer(facts)


def _lora(facts: Facts) -> bool:
    return facts.view.uses_lora


def _no_number(value: Any) -> bool:
    # Python counts true as 1, and so do the libraries where this is used.
    return not isinstance(value, int | float)


def _no_integer(value: Any) -> bool:
    return not isinstance(value, int)


def _is_fraction(value: Any) -> bool:
    return isinstance(value, float | bool)


def _below(least: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and value < least


def _above(most: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and value > most


def _not_positive(value: Any) -> bool:
    return isinstance(value, int | float) and value <= 0


def _is_zero(value: Any) -> bool:
    return isinstance(value, int) and value == 0


def _is_null(value: Any) -> bool:
    return value is None


def _no_number_nor_null(value: Any) -> bool:
    return value is not None and not isinstance(value, int | float)


_LONGEST_PAIR: Final = 512

_SHORTEST_PAIR: Final = 9
"""Newer TRL drops pairs whose answer is cut off whole; the shortest prompt has about 8 tokens."""


def _cuts_with_fraction(value: Any) -> bool:
    # DPO cuts with the number only where a pair is longer, and no made-up pair is longer than this.
    return isinstance(value, float) and value < _LONGEST_PAIR


def _cuts_answers(value: Any) -> bool:
    # A row without a token that is learned from is dropped; -1 cuts one token off its end.
    return isinstance(value, int) and 0 <= value < TOOLBENCH_PROMPT


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a setting ends the run.

    Attributes:
        key: the setting, in the section training.
        when: whether the run gets to use it.
        fails: whether this value ends the run; asked of the trainer's default where it is absent.
        error: what is printed, with {value} and {type}; empty where the run ends in silence.
        at: the line of the trainer that leads there.
    """

    key: str
    when: Callable[[Facts], bool]
    fails: Callable[[Any], bool]
    error: str
    at: str


_ACCUMULATION: Final = "gradient_accumulation_steps"
_NO_BATCH: Final = (
    "ValueError: batch_size should be a positive integer value, but got batch_size={value}"
)
_NO_ROWS_LEFT: Final = (
    "ValueError: num_samples should be a positive integer value, but got num_samples=0"
)
_NO_WARMUP: Final = (
    "ValueError: warmup_steps must be of type int and must be 0 or a positive integer."
)

# The first fault of a setting counts.
FAULTS: Final = (
    Fault(
        "lora_r",
        _lora,
        _no_number,
        "TypeError: '<=' not supported between instances of '{type}' and 'int'",
        "trainer.py:146",
    ),
    Fault(
        "lora_r",
        _lora,
        _is_fraction,
        "TypeError, for an adapter can't have {value} rows",
        "trainer.py:146",
    ),
    Fault(
        "lora_r",
        _lora,
        _below(1),
        "ValueError: `r` should be a positive integer value but the value passed is {value}",
        "trainer.py:146",
    ),
    Fault(
        "lora_alpha",
        _lora,
        _no_number,
        "TypeError: unsupported operand type(s) for /: '{type}' and 'int'",
        "trainer.py:146",
    ),
    Fault(
        "lora_dropout",
        _lora,
        _no_number,
        "TypeError: '>' not supported between instances of '{type}' and 'float'",
        "trainer.py:146",
    ),
    Fault(
        "lora_dropout",
        _lora,
        _above(1),
        "ValueError: dropout probability has to be between 0 and 1, but got {value}",
        "trainer.py:146",
    ),
    Fault("warmup_steps", _older_supervised, _no_integer, _NO_WARMUP, "trainer.py:181"),
    Fault("warmup_steps", _older_supervised, _below(0), _NO_WARMUP, "trainer.py:181"),
    Fault(
        "max_length",
        _older_supervised,
        _no_number_nor_null,
        "TypeError: an integer is required",
        "trainer.py:212",
    ),
    Fault(
        "max_length",
        _older_supervised,
        _below(0),
        "ArrowInvalid: `start`(0) should be greater than or equal to 0 and not greater than "
        "`stop`({value})",
        "trainer.py:212",
    ),
    Fault(
        "max_length",
        _older_supervised,
        _below(1),
        "RuntimeError: Expected tensor for argument #1 'indices'",
        "trainer.py:226",
    ),
    Fault(
        "warmup_steps",
        _newer_supervised,
        _no_number,
        "TypeError: '<' not supported between instances of '{type}' and 'int'",
        "trainer.py:181",
    ),
    Fault(
        "warmup_steps",
        _newer_supervised,
        _below(0),
        "ValueError: Got warmup_steps = {value}, Expected value warmup_steps >= 0",
        "trainer.py:181",
    ),
    Fault(
        "max_length",
        _newer_supervised,
        _no_number_nor_null,
        "TypeError: slice indices must be integers or None or have an __index__ method",
        "trainer.py:212",
    ),
    Fault(
        "max_length",
        _newer_supervised,
        _is_fraction,
        "TypeError: slice indices must be integers or None or have an __index__ method",
        "trainer.py:212",
    ),
    Fault("max_length", _newer_supervised, _is_zero, _NO_ROWS_LEFT, "trainer.py:226"),
    Fault("max_length", _newer_download, _cuts_answers, _NO_ROWS_LEFT, "trainer.py:226"),
    Fault(
        "max_length", _dpo, _no_number_nor_null, "TypeError: '<' not supported", "trainer.py:284"
    ),
    Fault("max_length", _dpo, _below(1), "RuntimeError, for no token is left", "trainer.py:284"),
    Fault(
        "max_length",
        _dpo,
        _cuts_with_fraction,
        "TypeError: slice indices must be integers",
        "trainer.py:284",
    ),
    Fault("batch_size", _always, _no_integer, _NO_BATCH, "trainer.py:226,284"),
    Fault("batch_size", _always, _below(1), _NO_BATCH, "trainer.py:226,284"),
    Fault("eval_batch_size", _evaluating, _no_integer, _NO_BATCH, "trainer.py:226"),
    Fault("eval_batch_size", _evaluating, _below(1), _NO_BATCH, "trainer.py:226"),
    Fault(
        _ACCUMULATION,
        _always,
        _no_number,
        "TypeError: unsupported operand type(s) for //: 'int' and '{type}'",
        "trainer.py:226,284",
    ),
    Fault(
        _ACCUMULATION,
        _always,
        _no_integer,
        "TypeError: '{type}' object cannot be interpreted as an integer",
        "trainer.py:226,284",
    ),
    Fault(
        _ACCUMULATION,
        _always,
        _is_zero,
        "ZeroDivisionError: integer division or modulo by zero",
        "trainer.py:226,284",
    ),
    Fault(_ACCUMULATION, _always, _below(0), "", ""),
    Fault(
        "num_epochs",
        _always,
        _is_null,
        "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'",
        "trainer.py:226,284",
    ),
    Fault(
        "num_epochs",
        _always,
        _no_number,
        "TypeError: must be real number, not {type}",
        "trainer.py:226,284",
    ),
    Fault("num_epochs", _always, _not_positive, "", ""),
    Fault(
        "learning_rate",
        _always,
        _no_number,
        "TypeError: '<=' not supported between instances of 'float' and '{type}'",
        "trainer.py:226,284",
    ),
    Fault(
        "learning_rate",
        _always,
        _below(0),
        "ValueError: Invalid learning rate: {value}",
        "trainer.py:226,284",
    ),
    Fault(
        "max_grad_norm",
        _dpo,
        _no_number_nor_null,
        "TypeError: '>' not supported between instances of '{type}' and 'int'",
        "trainer.py:284",
    ),
    Fault(
        "max_grad_norm",
        _newer_dpo,
        _is_null,
        "TypeError: '>' not supported between instances of 'NoneType' and 'int'",
        "trainer.py:284",
    ),
    Fault(
        "max_length",
        _newer_dpo,
        _below(_SHORTEST_PAIR),
        _NO_ROWS_LEFT,
        "trainer.py:284",
    ),
    Fault(
        "max_length",
        _newer_dpo,
        _is_fraction,
        "TypeError: slice indices must be integers or None or have an __index__ method",
        "trainer.py:284",
    ),
)


def _arguments(facts: Facts) -> Iterator[Finding]:
    for fault in FAULTS:
        name = f"training.{fault.key}"
        value = facts.view.effective(name)
        if fault.when(facts) and fault.fails(value):
            error = fault.error.format(value=formatted(value), type=type(value).__name__)
            rule = "range" if fault.key == "lora_dropout" else "type"
            yield stop(
                f"{name}.{rule}",
                path_of(name),
                f"'{name}' is {shown(value)}.",
                raises(error, fault.at) if error else SILENT,
                f"Give {_wanted(name)}.",
                mend(facts.view, name),
            )


def _wanted(name: str) -> str:
    spec = fields.find(path_of(name))
    return spec.wants() if spec else "another value"


def _precision(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    fp16, bf16 = view.effective("training.fp16"), view.effective("training.bf16")
    dtype = view.effective("model.torch_dtype")
    if fp16 and bf16:
        absent = not view.has("training.fp16")
        yield stop(
            "training.precision.both",
            path_of("training.bf16" if absent else "training.fp16"),
            "'bf16' is true, and DPO turns fp16 on by itself."
            if absent
            else "'fp16' and 'bf16' are both true.",
            raises(
                "ValueError: At most one of fp16 and bf16 can be True, but not both",
                "trainer.py:248",
            ),
            "Set 'fp16' to false.",
            set_all({"training.fp16": False}),
        )
    elif fp16 and _is_scaled_wrongly(facts):
        yield stop(
            "training.precision.fp16_weights_scaler",
            path_of("model.torch_dtype"),
            f"fp16 scales gradients and the weights are '{dtype}', which can't be scaled back.",
            raises(_SCALED_WRONGLY[dtype], "trainer.py:284"),
            "Load the weights in float32, or use LoRA.",
            set_all({"model.torch_dtype": "float32"}),
        )


def _is_scaled_wrongly(facts: Facts) -> bool:
    """Whether weights in 16 bits meet the scaler; on a CPU torch leaves it off."""
    dtype = facts.view.effective("model.torch_dtype")
    in_16_bits = isinstance(dtype, str) and dtype in _SCALED_WRONGLY
    return in_16_bits and facts.machine.has_gpu and not facts.view.uses_lora


# What torch's GradScaler says to gradients in 16 bits; weights give their type to gradients.
_UNSCALED: Final = "ValueError: Attempting to unscale FP16 gradients."
_SCALED_WRONGLY: Final = {
    "float16": _UNSCALED,
    "half": _UNSCALED,
    "bfloat16": 'NotImplementedError: "_amp_foreach_non_finite_check_and_unscale_cuda" '
    "not implemented for 'BFloat16'",
}


# transformers 4.52.4 knows these names, and the pinned environment lacks what they need.
_FOREIGN_OPTIMIZERS: Final = {
    "adamw_torch_xla": "torch_xla",
    "adamw_torch_npu_fused": "torch_npu",
    "adamw_apex_fused": "apex",
    "adamw_anyprecision": "torchdistx",
    "adamw_torch_4bit": "torchao",
    "adamw_torch_8bit": "torchao",
    "galore_adamw": "galore_torch",
    "galore_adamw_8bit": "galore_torch",
    "galore_adafactor": "galore_torch",
    "galore_adamw_layerwise": "galore_torch",
    "galore_adamw_8bit_layerwise": "galore_torch",
    "galore_adafactor_layerwise": "galore_torch",
    "lomo": "lomo_optim",
    "adalomo": "lomo_optim",
    "grokadamw": "grokadamw",
    "schedule_free_radam": "schedulefree",
    "schedule_free_adamw": "schedulefree",
    "schedule_free_sgd": "schedulefree",
    "apollo_adamw": "apollo_torch",
    "apollo_adamw_layerwise": "apollo_torch",
}

_NOT_INSTALLED: Final = {
    **{
        name: f"ImportError: You need to install `{name}`"
        for name in ("galore_torch", "lomo_optim", "schedulefree", "apollo_torch")
    },
    "grokadamw": "ValueError: Please install grokadamw",
    "apex": "ValueError: Trainer tried to instantiate apex FusedAdam but apex is not installed!",
    "torchdistx": "ValueError: Please install https://github.com/pytorch/torchdistx",
    "torch_xla": "ValueError: Trainer failed to import syncfree AdamW from torch_xla.",
    "torchao": "ImportError: You need to have `torchao>=0.4.0`",
}

OPTIMIZERS: Final = tuple(name for name in get_args(Optimizer) if name not in _FOREIGN_OPTIMIZERS)
"""The optimizers that the pinned environment can make."""


def _optimizer(view: View) -> Iterator[Finding]:
    value = view.effective("training.optim")
    if isinstance(value, str) and value in OPTIMIZERS:
        return
    library = _FOREIGN_OPTIMIZERS.get(value) if isinstance(value, str) else None
    error = f"ValueError: {formatted(value)} is not a valid OptimizerNames, please select one of"
    yield stop(
        "trainer.optimizer_library" if library else "training.optim.enum",
        path_of("training.optim"),
        f"The optimizer {shown(value)} needs the library {library}."
        if library
        else f"'training.optim' is {shown(value)}, which is not an optimizer's name.",
        raises(_NOT_INSTALLED.get(library, f"ImportError: {library} is missing"), "trainer.py:284")
        if library
        else raises(error, "trainer.py:248"),
        "Use one that is there, such as paged_adamw_8bit or adamw_torch.",
        mend_or(view, "training.optim", "paged_adamw_8bit"),
    )

"""Third stage: train.py loads the model and, with LoRA, puts adapters on it.

``trainer.py`` is ``src/training/trainer.py``. With ``use_lora`` the base model is loaded in 4 bits.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from core.document import ABSENT
from core.findings import Finding, Patch
from core.reading import models
from core.reading.model_names import hub_id, loadable
from core.reading.view import View, path_of
from core.reading.wording import printed, shown
from core.trainers.facts import Facts
from core.trainers.stage_config import is_schema_checked
from core.trainers.stops import mend, mend_or, raises, section, set_all, stop

# The floating-point names of torch that weights can be loaded in; half, float and double are
# other names of three of them.
DTYPES: Final = ("float16", "bfloat16", "float32", "float64", "half", "float", "double")

PLACEMENTS: Final = ("auto", "balanced", "balanced_low_0", "sequential")
"""Device maps that transformers works out by itself; any other text names a device."""


def blockers(facts: Facts) -> Iterator[Finding]:
    """Why train.py would not get a model to train."""
    view = facts.view
    if section(view, "model") is None:
        return
    yield from _name(view)
    yield from _dtype(view)
    yield from _device(facts)
    name = view.text("model.name") or ""
    if view.uses_lora:
        yield from _family(facts, name)
    yield from _vocabulary(facts, name)
    yield from _chat_template(view)


def _name(view: View) -> Iterator[Finding]:
    name = view.value("model.name")
    if isinstance(name, str) and name.strip():
        if not loadable(name):
            yield unloadable(view, "model.name", name, "trainer.py:70,84")
        return
    yield stop(
        "model.name.required",
        path_of("model.name"),
        "'model.name' is missing." if name is ABSENT else f"'model.name' is {shown(name)}.",
        _name_outcome(view, name),
        "Give the Hugging Face id of a model, such as Qwen/Qwen3-0.6B.",
        mend(view, "model.name"),
    )


def unloadable(view: View, field: str, name: str, at: str) -> Finding:
    """A name that ``from_pretrained`` refuses before it looks for anything."""
    better = hub_id(name)
    return stop(
        f"{field}.format",
        path_of(field),
        f"'{field}' is {shown(name)}, which is neither a repository's id nor a folder.",
        raises("OSError or HFValidationError", at),
        f"Write {shown(better)}." if better else "Write org/name, as on the model's page.",
        set_all({field: better}) if better else None,
    )


def _name_outcome(view: View, name: Any) -> str:
    if name is ABSENT and is_schema_checked(view):
        error = "ValueError: Invalid configuration: 'name' is a required property"
        return raises(error, "config.py:81")
    if name is ABSENT:
        return raises("KeyError: 'name'", "trainer.py:65")
    if isinstance(name, str):
        return raises("OSError or HFValidationError", "trainer.py:70,84")
    kind = type(name).__name__
    return raises(f"AttributeError: '{kind}' object has no attribute 'lower'", "trainer.py:67")


def _dtype(view: View) -> Iterator[Finding]:
    value = view.effective("model.torch_dtype")
    if isinstance(value, str) and value in DTYPES:
        return
    error = _dtype_error(value)
    yield stop(
        "model.torch_dtype.enum",
        path_of("model.torch_dtype"),
        f"'torch_dtype' is {shown(value)}, which is not a floating-point type of torch to load in.",
        raises(error, _dtype_place(value)),
        "Use 'float16' or, on Ampere and newer, 'bfloat16'.",
        mend(view, "model.torch_dtype"),
    )


_OTHER_NUMBERS: Final = re.compile(r"u?int\d{1,2}|bool|complex\d{2,3}|long|short|q?u?int\d")


def _dtype_error(value: Any) -> str:
    """What torch or transformers says to a name that is no floating-point type to load in."""
    if not isinstance(value, str):
        return "TypeError: attribute name must be string"
    if _OTHER_NUMBERS.fullmatch(value):
        kind = f"dtype=torch.{value} since it is not a floating point dtype"
        return f"ValueError: Can't instantiate the model under {kind}"
    if value.startswith("float8_"):
        return "TypeError: couldn't find storage object"
    # Anything else in torch that is no type ends in a TypeError.
    return f"AttributeError: module 'torch' has no attribute {printed(value)}, or TypeError"


def _dtype_place(value: Any) -> str:
    """Where a name ends the run: a type that torch has gets as far as loading."""
    is_there = isinstance(value, str) and (
        _OTHER_NUMBERS.fullmatch(value) or value.startswith("float8_")
    )
    return "trainer.py:124,152" if is_there else "trainer.py:127,155"


def _device(facts: Facts) -> Iterator[Finding]:
    view, has_gpu = facts.view, facts.machine.has_gpu
    value = view.effective("model.device_map")
    if isinstance(value, dict) and set(value) == {""}:
        value = value[""]
    if not _is_placed(value, has_gpu):
        where = "with one GPU" if has_gpu else "without a GPU"
        error = _device_error(value, has_gpu)
        yield stop(
            "model.device_map.enum",
            path_of("model.device_map"),
            f"'device_map' is {shown(value)}, which is not there on a machine {where}.",
            raises(error, "trainer.py:124,152"),
            "Use 'auto'.",
            mend_or(view, "model.device_map", "auto"),
        )
    elif view.uses_lora and has_gpu and value in ("cpu", "cuda"):
        yield from _device_for_4_bits(facts, value)
    if view.uses_lora and not has_gpu:
        yield from _no_gpu_for_4_bits(facts)


def _device_error(value: Any, has_gpu: bool) -> str:
    if value == {}:
        return "KeyError: ''"
    if value == "mps":
        return "NotImplementedError or RuntimeError, for the backend 'mps' is not there"
    if isinstance(value, str) and not value.startswith("cuda"):
        return (
            "ValueError: When passing device_map as a string, the value needs to be a device name"
        )
    if has_gpu:
        return "ValueError, RuntimeError or AcceleratorError: invalid device ordinal"
    return (
        "AssertionError: Torch not compiled with CUDA enabled, or RuntimeError: Cannot access "
        "accelerator device when none is available."
    )


def _is_placed(value: Any, has_gpu: bool) -> bool:
    """Whether transformers can put a model there, on a machine with one GPU or none."""
    if isinstance(value, str):
        devices = ("cuda", "cuda:0", "cpu") if has_gpu else ("cpu",)
        return value in (*PLACEMENTS, *devices)
    # A map of several parts is taken on trust: only the model knows their names.
    several = isinstance(value, dict) and bool(value)
    return value is None or several or (has_gpu and _is_zero(value))


def _is_zero(value: Any) -> bool:
    return type(value) is int and value == 0


def _no_gpu_for_4_bits(facts: Facts) -> Iterator[Finding]:
    """4 bits without a GPU: refused by transformers 4; version 5 was seen to train."""
    if not facts.libraries.have("transformers", "5.0.0"):
        yield stop(
            "device.cpu_4bit",
            path_of("training.use_lora"),
            "LoRA loads the model in 4 bits, and this machine has no GPU.",
            raises(
                "RuntimeError: None of the available devices `available_devices = None` are "
                "supported by the bitsandbytes version you have installed",
                "trainer.py:124",
            ),
            "Set 'use_lora' to false and load the weights in float32, or train on a machine with "
            "a GPU.",
            set_all({"training.use_lora": False} | _wide(facts.view)),
        )


def _wide(view: View) -> dict[str, str]:
    """Weights of 16 bits that full fine-tuning would end with NaN in are loaded in 32."""
    in_float16 = view.effective("model.torch_dtype") in ("float16", "half")
    return {"model.torch_dtype": "float32"} if in_float16 else {}


def _device_for_4_bits(facts: Facts, value: str) -> Iterator[Finding]:
    # accelerate 1.7.0 reads the index of the device (accelerator.py:1546) and "cuda" has none;
    # huggingface/accelerate issue 2357, mended by pull request 3895 in a later version.
    cpu = value == "cpu"
    if facts.libraries.have("accelerate", "1.15.0"):
        return
    yield stop(
        "device.cpu_4bit" if cpu else "trainer.device_index",
        path_of("model.device_map"),
        "LoRA loads the model in 4 bits, which can't be trained on a CPU."
        if cpu
        else "LoRA loads the model in 4 bits, and 'cuda' names no GPU by its number.",
        raises(
            "TypeError: device() received an invalid combination of arguments - got (NoneType)",
            "trainer.py:124,226",
        ),
        "Use 'auto', or set 'use_lora' to false." if cpu else "Use 'auto' or 'cuda:0'.",
        set_all({"model.device_map": "auto" if cpu else "cuda:0"}),
    )


def _family(facts: Facts, name: str) -> Iterator[Finding]:
    if models.lacks_projections(name):
        # 0.21.2 was seen with the one, 0.15.2 with the other.
        newer = facts.libraries.have("peft", "0.21.2")
        kind = "NoMatchingPeftModuleError" if newer else "ValueError"
        yield stop(
            "model.arch.unsupported_lora",
            path_of("model.name"),
            f"{shown(name)} has no q_proj, k_proj, v_proj or o_proj for LoRA to attach to.",
            raises(
                f"{kind}: Target modules {{'q_proj', 'v_proj', 'k_proj', 'o_proj'}} not found "
                "in the base model",
                "trainer.py:146",
            ),
            "Choose another model, such as Qwen/Qwen3-0.6B, or set 'use_lora' to false.",
            set_all({"training.use_lora": False}),
        )


def _vocabulary(facts: Facts, name: str) -> Iterator[Finding]:
    """Ids that the embedding has no rows for: those of new tokens, or those of the data."""
    view = facts.view
    # TRL 1.16 loads the reference of a full DPO run anew, without the added rows.
    anew = view.is_dpo and facts.libraries.have("trl", "1.16.0")
    makes_templates = view.strategy == "manual_templates"
    if makes_templates and (view.uses_lora or anew) and models.has_full_vocabulary(name):
        yield _no_row_for_added(view, name, anew=anew)
    elif view.is_toolbench_real and _is_foreign(view, name):
        yield stop(
            "tokenizer.name.mismatch",
            path_of("tokenizer.name"),
            f"The tokenizer of the data writes ids that {shown(name)} has no rows for.",
            _out_of_range("trainer.py:226"),
            "Set 'tokenizer.name' to the model's own id.",
            set_all({"tokenizer.name": name}),
        )


def _no_row_for_added(view: View, name: str, *, anew: bool) -> Finding:
    return stop(
        "model.vocab.added_tokens",
        path_of("model.name"),
        f"The trainer adds 4 tokens such as [TOOL_CALL], and {shown(name)} has no rows for "
        "them: "
        + (
            "with LoRA the embedding is not resized."
            if view.uses_lora
            else "TRL loads DPO's reference anew, and its embedding is not resized."
        ),
        _out_of_range("trainer.py:284" if view.is_dpo else "trainer.py:226"),
        "Use a Qwen model or another strategy" + ("." if anew else ", or set 'use_lora' to false."),
        None if view.is_dpo else set_all({"data.strategy": "teacher_mode"}),
    )


def _out_of_range(at: str) -> str:
    error = raises("IndexError: index out of range in self", at)
    return f"{error} On a GPU it shows as a device-side assert."


def _is_foreign(view: View, name: str) -> bool:
    """Whether both models are known and the tokenizer's vocabulary is the larger one."""
    tokenizer, model = models.dims(view.text("tokenizer.name") or ""), models.dims(name)
    known = tokenizer is not None and model is not None
    return known and tokenizer.vocabulary > model.vocabulary  # type: ignore[union-attr]


def _chat_template(view: View) -> Iterator[Finding]:
    name = view.text("tokenizer.name") or ""
    if not view.is_toolbench_real or not models.lacks_chat_template(name):
        return
    yield stop(
        "model.chat_template.missing",
        path_of("tokenizer.name"),
        f"The tokenizer of {shown(name)}, a base model, has no chat template for conversations.",
        raises(
            "ValueError: Cannot use chat template functions because tokenizer.chat_template is "
            "not set",
            "data_generator.py:129",
        ),
        "Use the model's -Instruct variant in 'model.name' and 'tokenizer.name'.",
        _instruct_patch(view, name),
    )


def _instruct_patch(view: View, name: str) -> Patch | None:
    instruct = f"{name.strip()}-Instruct"
    if models.dims(instruct) is None:
        return None
    both = view.text("model.name") == view.text("tokenizer.name")
    names = {"tokenizer.name": instruct} | ({"model.name": instruct} if both else {})
    return set_all(names)

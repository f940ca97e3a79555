"""The base model and the tokenizer: names, number format, whether the two belong together."""

from collections.abc import Iterator
from typing import Final

from core.document import Path
from core.findings import Finding, add, replace
from core.reading import models
from core.reading.model_names import hub_id, is_model_id
from core.reading.target import GPU
from core.reading.view import path_of
from core.reading.wording import error, shown, warning
from core.trainers.facts import Facts
from core.trainers.lessons import weights_become_nan

_TOKENIZER: Final[Path] = ("tokenizer", "name")
_DTYPE: Final[Path] = ("model", "torch_dtype")


def _blank_name(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    for name, other in (("model.name", "tokenizer.name"), ("tokenizer.name", "model.name")):
        value, better = view.value(name), view.value(other)
        if isinstance(value, str) and not value.strip():
            path = path_of(name)
            yield error(
                f"{name}.required",
                path,
                f"'{name}' is empty.",
                "Give a Hugging Face id such as Qwen/Qwen3-0.6B.",
                (replace(path, better),) if is_model_id(better) else None,
                safe=True,
            )


def _name_format(facts: Facts) -> Iterator[Finding]:
    for key in ("model.name", "tokenizer.name"):
        name, path = facts.view.value(key), path_of(key)
        if isinstance(name, str) and name.strip() and not is_model_id(name):
            better = hub_id(name)
            yield warning(
                f"{key}.format",
                path,
                f"{shown(name)} does not look like a Hugging Face id.",
                f"Write {shown(better)}." if better else "Write org/name, and no blank or address.",
                (replace(path, better),) if better else None,
                safe=True,
            )


def _wide_dtype(facts: Facts) -> Iterator[Finding]:
    dtype = facts.view.value("model.torch_dtype")
    if isinstance(dtype, str) and dtype in ("float32", "float", "double"):
        yield warning(
            "model.torch_dtype.float32",
            _DTYPE,
            f"'{dtype}' uses more VRAM than 16 bits a weight.",
            "Consider float16 for GPUs with 8 GiB.",
            (replace(_DTYPE, "float16"),),
        )


def _bf16_hardware(facts: Facts) -> Iterator[Finding]:
    view, machine = facts.view, facts.machine
    if machine.has_bf16 and machine != GPU:
        # It is a machine that the user named, and it can.
        return
    # Only DPO passes bf16 on (trainer.py:260).
    keys = {
        "training.bf16": view.is_dpo and view.flag("training.bf16") is True,
        "model.torch_dtype": view.value("model.torch_dtype") == "bfloat16",
    }
    for name in (name for name, is_on in keys.items() if is_on):
        yield warning(
            "training.precision.bf16_hardware",
            path_of(name),
            f"'{name}' asks for bfloat16, which needs an Ampere GPU or newer "
            "(A100, RTX 30 and 40, L4, H100).",
            "On a T4, V100 or GTX card use float16.",
        )


def _pure_fp16(facts: Facts) -> Iterator[Finding]:
    if weights_become_nan(facts):
        bf16 = facts.machine.has_bf16 and facts.machine != GPU
        better = "bfloat16" if bf16 else "float32"
        yield warning(
            "training.precision.pure_fp16",
            _DTYPE,
            "Without LoRA the weights stay in float16, where Adam's epsilon of 1e-8 is 0: they "
            "become NaN, and nothing is learned.",
            f"Load them in {better}, or use LoRA.",
            (add(_DTYPE, better),),
        )


def _tokenizer_mismatch(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    model, tokenizer = view.value("model.name"), view.value("tokenizer.name")
    if not (isinstance(model, str) and isinstance(tokenizer, str) and model and tokenizer):
        return
    if _id(model) != _id(tokenizer):
        wrong_ids = view.is_toolbench_real and not _share_vocabulary(model, tokenizer)
        yield (error if wrong_ids else warning)(
            "tokenizer.name.mismatch",
            _TOKENIZER,
            f"The tokenizer is {shown(tokenizer)} and the model {shown(model)}; "
            + ("ToolBench rows would be tokenized with the wrong ids." if wrong_ids else _OWN),
            "Use the model's own id for the tokenizer.",
            (replace(_TOKENIZER, model),) if is_model_id(model) else None,
        )


def _id(name: str) -> str:
    """An id as the Hub compares them, without what stands around it."""
    return (hub_id(name) or name.strip()).casefold()


_OWN: Final = "training always uses the model's own tokenizer."


def _share_vocabulary(model: str, tokenizer: str) -> bool:
    """Whether two known models of one organization have vocabularies of the same size."""
    one, other = models.dims(_id(model)), models.dims(_id(tokenizer))
    same_owner = _id(model).partition("/")[0] == _id(tokenizer).partition("/")[0]
    return bool(one and other and one.vocabulary == other.vocabulary and same_owner)


RULES: Final = (
    _blank_name,
    _name_format,
    _wide_dtype,
    _bf16_hardware,
    _pure_fp16,
    _tokenizer_mismatch,
)

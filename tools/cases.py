"""The configs to try: one or more for each known way to stop, samples, and ones made by chance.

What a config leads to is not said here: the trainer says it, and the product predicts it.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A config to try.

    Attributes:
        name: what is odd about it.
        config: the file, byte for byte.
    """

    name: str
    config: bytes

    @classmethod
    def of(cls, name: str, document: Any) -> "Case":
        """The case of a document."""
        return cls(name, json.dumps(document, indent=2, ensure_ascii=False).encode())


NOT_RUN: Final = {
    "bitsandbytes is not installed": "needs an environment without it",
    "fp16 scales gradients of adapters or weights in half precision": "needs a GPU",
    "4-bit LoRA placed on 'cuda', which has no number": "needs a GPU",
    "a second GPU, 'cuda:1', that is not there": "needs a GPU",
    "the memory of a GPU is too small": "needs a GPU",
    "the download of ToolBench fails": "needs the network",
}
"""Ways to stop that no case here can show, each with the reason."""

QWEN: Final = "Qwen/Qwen3-0.6B"
LLAMA: Final = "meta-llama/Llama-3.2-1B-Instruct"
LLAMA_BASE: Final = "meta-llama/Llama-3.2-1B"
SMOLLM: Final = "HuggingFaceTB/SmolLM2-135M-Instruct"
GPT2: Final = "openai-community/gpt2"
PYTHIA: Final = "EleutherAI/pythia-70m"
PHI: Final = "microsoft/Phi-3.5-mini-instruct"
MODELS: Final = (QWEN, LLAMA, LLAMA_BASE, SMOLLM, GPT2, PYTHIA, PHI)
"""Public models that a tiny one stands in for; see in_trainer/make_stand_ins.py."""

CALCULATOR: Final = {
    "name": "calculator",
    "description": "Perform mathematical calculations",
    "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}},
}
WEATHER: Final = {**CALCULATOR, "name": "weather", "description": "Get the weather"}
OWN: Final = {**CALCULATOR, "name": "translate", "description": "Translate a text"}
COMMAND: Final = {**OWN, "type": "command", "command": "echo translated"}
# Port 9 discards; nothing listens there, and the executor turns the refusal into a row.
API: Final = {**OWN, "type": "api", "url": "http://127.0.0.1:9/"}


# --- What the others are changed from ----------------------------------------------------------

DROP: Final = object()
"""The value of a key that is taken away."""


def changed(document: Document, changes: Mapping[str, Any]) -> Document:
    """A copy with some keys set, by dotted paths, or dropped."""
    result = copy.deepcopy(document)
    for path, value in changes.items():
        *outer, last = path.split(".")
        holder = result
        for key in outer:
            holder = holder[key]
        if value is DROP:
            del holder[last]
        else:
            holder[last] = value
    return result


def supervised(lora: bool) -> Document:
    """ToolBench's real data: 16 rows to train on, 4 updates."""
    return {
        "model": {
            "name": QWEN,
            "trust_remote_code": False,
            "torch_dtype": "float32",
            "device_map": "auto",
        },
        "tokenizer": {"name": QWEN, "trust_remote_code": False},
        "training": {
            "method": "sft",
            "num_epochs": 1,
            "learning_rate": 1e-3,
            "batch_size": 2,
            "gradient_accumulation_steps": 2,
            "warmup_steps": 1,
            "max_length": 256,
            "use_lora": lora,
            "lora_r": 4,
            "lora_alpha": 8,
            "lora_dropout": 0.05,
        },
        "data": {
            "strategy": "toolbench",
            "generation_type": "real",
            "max_samples": 20,
            "train_split": 0.8,
        },
        "tools": [],
    }


def taught(lora: bool) -> Document:
    """Teacher mode: rows made from tools, and the file is checked with the trainer's schema."""
    return changed(
        supervised(lora),
        {
            "training.method": "teacher_mode",
            "data.strategy": "teacher_mode",
            "data.generation_type": "synthetic",
            "tools": [CALCULATOR, WEATHER],
        },
    )


def preferred(lora: bool) -> Document:
    """DPO with pairs that differ, and an optimizer that needs no library of its own."""
    return changed(
        taught(lora),
        {
            "training.method": "dpo",
            "training.optim": "adamw_torch",
            "training.fp16": False,
            "data.strategy": "manual_templates",
            "tools": [CALCULATOR],
            "tensorboard": {"enabled": True},
        },
    )


BASES: Final[Mapping[str, Callable[[bool], Document]]] = {
    "sft": supervised,
    "teacher": taught,
    "dpo": preferred,
}


# --- One or more for each known way to stop ----------------------------------------------------

Changes = Mapping[str, Any]

# By base: what is changed. A name is made from the changes.
SFT: Final[tuple[Changes, ...]] = (
    {},
    {"tools": DROP},
    {"tools": {}},
    {"tools": {"calculator": CALCULATOR}},
    {"tools": [{"description": "none", "parameters": {}}]},
    {"tools": None},
    {"tools": 3},
    {"tools": "calculator"},
    {"tools": [CALCULATOR, CALCULATOR]},
    {"tools": [3]},
    {"data.generation_type": "synthetic"},
    {"data.generation_type": "synthetic", "tools": {}},
    {"data.generation_type": "synthetic", "tools": [CALCULATOR]},
    {"data.generation_type": "synthetic", "tools": [OWN], "data.max_samples": DROP},
    {"data.generation_type": "synthetic", "tools": [COMMAND]},
    {"data.generation_type": "synthetic", "tools": [API]},
    {"data.generation_type": "synthetic", "tools": [{**OWN, "name": 3}, OWN]},
    {"data.generation_type": "Real"},
    {"data.generation_type": DROP},
    {"data.generation_type": None},
    {"data.generation_type": "mixed"},
    {"data.strategy": "TOOLBENCH"},
    {"data.strategy": "pc_building"},
    {"data.strategy": "hybrid", "tools": [CALCULATOR]},
    {"data.strategy": DROP},
    {"data.strategy": None},
    {"data.strategy": "custom", "tools": DROP},
    {"data": DROP},
    {"data": []},
    {"data.max_samples": DROP},
    {"data.max_samples": None},
    {"data.max_samples": 20.0},
    {"data.max_samples": "20"},
    {"data.max_samples": 200_000},
    {"data.max_samples": 1},
    {"data.max_samples": 0},
    {"data.max_samples": -1},
    {"data.max_samples": 2},
    {"data.max_samples": True},
    {"data.train_split": DROP},
    {"data.train_split": 1.0},
    {"data.train_split": 1},
    {"data.train_split": 0.0},
    {"data.train_split": 0},
    {"data.train_split": 0.01},
    {"data.train_split": -0.5},
    {"data.train_split": -3},
    {"data.train_split": 1.5},
    {"data.train_split": "0.8"},
    {"data.train_split": None},
    {"training.method": "rlhf"},
    {"training.method": "ppo"},
    {"training.method": "dpo"},
    {"training.method": "teacher_mode"},
    {"training.method": "SFT"},
    {"training.method": DROP},
    {"training.method": None},
    {"training": DROP},
    {"training": {"method": "sft", "use_lora": False}},
    {"model": DROP},
    {"model": QWEN},
    {"model.name": DROP},
    {"model.name": ""},
    {"model.name": "   "},
    {"model.name": "a/b/c"},
    {"model.name": None},
    {"model.name": 3},
    {"model.torch_dtype": "auto"},
    {"model.torch_dtype": "fp16"},
    {"model.torch_dtype": "int8"},
    {"model.torch_dtype": "float8_e4m3fn"},
    {"model.torch_dtype": "float64"},
    {"model.torch_dtype": "half"},
    {"model.torch_dtype": "bfloat16"},
    {"model.torch_dtype": "float16"},
    {"model.torch_dtype": None},
    {"model.torch_dtype": 16},
    {"model.torch_dtype": "nn"},
    {"model.torch_dtype": DROP},
    {"model.device_map": "gpu"},
    {"model.device_map": "cpu"},
    {"model.device_map": "cuda"},
    {"model.device_map": "cuda:0"},
    {"model.device_map": "mps"},
    {"model.device_map": "balanced"},
    {"model.device_map": "sequential"},
    {"model.device_map": None},
    {"model.device_map": {}},
    {"model.device_map": {"": "cpu"}},
    {"model.device_map": {"": 0}},
    {"model.device_map": 0},
    {"model.device_map": "disk"},
    {"model.device_map": ""},
    {"model.device_map": DROP},
    {"model.trust_remote_code": "yes"},
    {"tokenizer": DROP},
    {"tokenizer": QWEN},
    {"tokenizer.name": DROP},
    {"tokenizer.name": ""},
    {"tokenizer.name": None},
    {"tokenizer.trust_remote_code": DROP},
    {"tokenizer.padding_side": "left"},
    {"training.use_lora": "false"},
    {"training.use_lora": 0},
    {"training.use_lora": DROP},
    {"training.use_lora": None},
    {"training.lora_r": 0},
    {"training.lora_r": -1},
    {"training.lora_r": 8.5},
    {"training.lora_r": "8"},
    {"training.lora_r": DROP},
    {"training.lora_dropout": 1.5},
    {"training.lora_dropout": 1.0},
    {"training.lora_dropout": -0.1},
    {"training.lora_dropout": "0.1"},
    {"training.lora_dropout": 0},
    {"training.lora_alpha": 0},
    {"training.lora_alpha": -8},
    {"training.lora_alpha": "16"},
    {"training.lora_alpha": None},
    {"training.learning_rate": 0},
    {"training.learning_rate": -1e-3},
    {"training.learning_rate": "5e-5"},
    {"training.learning_rate": None},
    {"training.learning_rate": DROP},
    {"training.batch_size": 0},
    {"training.batch_size": -1},
    {"training.batch_size": 4.0},
    {"training.batch_size": "4"},
    {"training.batch_size": True},
    {"training.batch_size": 1000},
    {"training.batch_size": DROP},
    {"training.gradient_accumulation_steps": 0},
    {"training.gradient_accumulation_steps": -1},
    {"training.gradient_accumulation_steps": 2.0},
    {"training.gradient_accumulation_steps": "2"},
    {"training.gradient_accumulation_steps": 1000},
    {"training.gradient_accumulation_steps": DROP},
    {"training.warmup_steps": -5},
    {"training.warmup_steps": 0.1},
    {"training.warmup_steps": 2.0},
    {"training.warmup_steps": 1.5},
    {"training.warmup_steps": "1"},
    {"training.warmup_steps": 0},
    {"training.warmup_steps": 99999},
    {"training.warmup_steps": None},
    {"training.warmup_steps": True},
    {"training.warmup_steps": DROP},
    {"training.num_epochs": 0},
    {"training.num_epochs": -1},
    {"training.num_epochs": 0.5},
    {"training.num_epochs": 1.3},
    {"training.num_epochs": "1"},
    {"training.num_epochs": None},
    {"training.num_epochs": 2},
    {"training.num_epochs": 30},
    {"training.num_epochs": DROP},
    {"training.max_length": 0},
    {"training.max_length": 1},
    {"training.max_length": 2},
    {"training.max_length": 8},
    {"training.max_length": -1},
    {"training.max_length": None},
    {"training.max_length": 64.0},
    {"training.max_length": 64.5},
    {"training.max_length": "64"},
    {"training.max_length": 100_000},
    {"training.max_length": DROP},
    {"training.eval_batch_size": 0},
    {"training.eval_batch_size": 0, "training.num_epochs": 30},
    {"training.eval_batch_size": "4", "training.num_epochs": 30},
    {"training.eval_batch_size": 2, "training.num_epochs": 30},
    {"training.optim": "no_such"},
    {"training.max_grad_norm": "x"},
    {"seed": "x"},
    {"seed": None},
    {"seed": 2**64},
    {"seed": -1},
    {"seed": 1.5},
    {"seed": True},
    {"seed": "7"},
    {"tensorboard": True},
    {"tensorboard": None},
    {"tensorboard": {"enabled": True}},
    {"tensorboard": {"enabled": True, "log_dir": 3}},
    {"tensorboard": {"enabled": True, "log_dir": None}},
    {"tensorboard": {"enabled": "no"}},
    {"model.name": GPT2, "tokenizer.name": GPT2},
    {"model.name": LLAMA, "tokenizer.name": LLAMA},
    {"model.name": LLAMA_BASE, "tokenizer.name": LLAMA_BASE},
    {"model.name": LLAMA},
    {"model.name": QWEN, "tokenizer.name": LLAMA},
    {"model.name": PYTHIA},
    {"model.name": PHI, "tokenizer.name": PHI},
    {"unknown": {"key": 1}},
)

# Rows made from tools; the schema is in force.
TEACHER: Final[tuple[Changes, ...]] = (
    {},
    {"tools": DROP},
    {"tools": []},
    {"tools": {}},
    {"tools": None},
    {"tools": [{**OWN, "parameters": "none"}]},
    {"tools": [{"name": "calculator"}]},
    {"tools": [3]},
    {"tools": [OWN]},
    {"tools": [{**CALCULATOR, "function": "nope"}]},
    {"tools": [{**OWN, "type": "command"}]},
    {"tools": [COMMAND]},
    {"data.strategy": "manual_templates"},
    {"data.strategy": "manual_templates", "tools": [OWN]},
    {"data.strategy": "manual_templates", "data.generation_type": "real"},
    {"data.generation_type": "real"},
    {"data.generation_type": DROP},
    {"data.max_samples": DROP},
    {"data.max_samples": 1},
    {"data.max_samples": 2},
    {"data.max_samples": 20.0},
    {"data.max_samples": 0},
    {"data.max_samples": None},
    {"data.train_split": 0},
    {"data.train_split": 1},
    {"data.train_split": 1, "data.max_samples": 1},
    {"data.train_split": 0.01},
    {"data.train_split": True},
    {"data.train_split": DROP},
    {"data.train_split": 1.5},
    {"data.train_split": "0.8"},
    {"training.method": "sft"},
    {"training.method": "rlhf"},
    {"training.method": "ppo"},
    {"training.num_epochs": 0},
    {"training.num_epochs": 2.0},
    {"training.num_epochs": 0.5},
    {"training.batch_size": 2.0},
    {"training.batch_size": 0},
    {"training.learning_rate": "1e-4"},
    {"training.learning_rate": -1},
    {"training.warmup_steps": 1.0},
    {"training.warmup_steps": -1},
    {"training.max_length": 1},
    {"training.max_length": 64.0},
    {"training.max_length": None},
    {"training.eval_batch_size": 0},
    {"model.device_map": None},
    {"model.device_map": {"": "cpu"}},
    {"model.trust_remote_code": "yes"},
    {"model": DROP},
    {"tokenizer": DROP},
    {"model.name": LLAMA, "tokenizer.name": LLAMA},
    {"model.name": LLAMA_BASE, "tokenizer.name": LLAMA_BASE},
    {"model.name": GPT2, "tokenizer.name": GPT2},
    {"model.name": PYTHIA, "tokenizer.name": PYTHIA},
    {"model.name": PHI, "tokenizer.name": PHI},
    {"model.name": LLAMA, "tokenizer.name": LLAMA, "data.strategy": "manual_templates"},
    {"model.name": SMOLLM, "tokenizer.name": SMOLLM, "data.strategy": "manual_templates"},
    {"model.name": PHI, "tokenizer.name": PHI, "data.strategy": "manual_templates"},
    {"model.name": GPT2, "tokenizer.name": GPT2, "data.strategy": "manual_templates"},
)

DPO: Final[tuple[Changes, ...]] = (
    {},
    {"data.strategy": "teacher_mode"},
    {"data.strategy": "toolbench"},
    {"data.strategy": "toolbench", "data.generation_type": "real"},
    {"data.train_split": 0},
    {"data.train_split": 1},
    {"data.strategy": "teacher_mode", "data.max_samples": 1, "data.train_split": 1},
    {"training.fp16": True},
    {"training.fp16": DROP},
    {"training.bf16": True},
    {"training.bf16": True, "training.fp16": True},
    {"training.bf16": True, "training.fp16": DROP},
    {"training.fp16": "yes"},
    {"training.bf16": 1},
    {"training.optim": DROP},
    {"training.optim": "paged_adamw_8bit"},
    {"training.optim": "paged_adamw_32bit"},
    {"training.optim": "adamw_8bit"},
    {"training.optim": "adamw_bnb_8bit"},
    {"training.optim": "paged_adamw"},
    {"training.optim": "lion_8bit"},
    {"training.optim": "lion_32bit"},
    {"training.optim": "paged_lion_8bit"},
    {"training.optim": "ademamix"},
    {"training.optim": "ademamix_8bit"},
    {"training.optim": "rmsprop_bnb"},
    {"training.optim": "rmsprop_bnb_8bit"},
    {"training.optim": "rmsprop"},
    {"training.optim": "adamw_torch_fused"},
    {"training.optim": "adafactor"},
    {"training.optim": "sgd"},
    {"training.optim": "adagrad"},
    {"training.optim": "adamw_hf"},
    {"training.optim": "adamw8bit"},
    {"training.optim": "adamw_apex_fused"},
    {"training.optim": "galore_adamw"},
    {"training.optim": "lomo"},
    {"training.optim": "grokadamw"},
    {"training.optim": "schedule_free_adamw"},
    {"training.optim": "apollo_adamw"},
    {"training.optim": "adamw_anyprecision"},
    {"training.optim": "adamw_torch_xla"},
    {"training.optim": "adamw_torch_4bit"},
    {"training.optim": None},
    {"training.max_grad_norm": -1},
    {"training.max_grad_norm": 0},
    {"training.max_grad_norm": "0.3"},
    {"training.max_grad_norm": None},
    {"training.max_length": 1},
    {"training.max_length": 8},
    {"training.max_length": 64.0},
    {"training.max_length": 600.0},
    {"training.max_length": None},
    {"training.max_length": DROP},
    {"training.warmup_steps": 99999},
    {"training.warmup_steps": DROP},
    {"training.batch_size": DROP},
    {"training.num_epochs": 30, "training.gradient_accumulation_steps": 1},
    {"training.learning_rate": 0},
    {"training.learning_rate": DROP},
    {"training.eval_batch_size": 0},
    {"tensorboard": {"enabled": False}},
    {"tensorboard": DROP},
    {"tensorboard": {}},
    {"model.torch_dtype": "float16"},
    {"model.torch_dtype": "bfloat16"},
    {"model.device_map": "cpu"},
    {"model.name": GPT2, "tokenizer.name": GPT2},
    {"model.name": LLAMA, "tokenizer.name": LLAMA},
    {"model.name": LLAMA, "tokenizer.name": LLAMA, "data.strategy": "teacher_mode"},
    {"model.name": LLAMA_BASE, "tokenizer.name": LLAMA_BASE, "data.strategy": "teacher_mode"},
    {"model.name": PHI, "tokenizer.name": PHI},
    {"tools": [OWN]},
    {"tools": [API]},
    {"tools": [CALCULATOR, WEATHER, OWN]},
)

TABLES: Final = {"sft": SFT, "teacher": TEACHER, "dpo": DPO}

TEXTS: Final = {
    "a comment": b'{"model": {}} // a model',
    "a trailing comma": b'{"model": {},}',
    "a list": b"[1, 2]",
    "no file": b"",
    "other keys": b'{"model_config": {"base_model": "x"}, "training_config": {}}',
}


def matrix(*, lora: bool) -> Iterator[Case]:
    """One or more cases for each known way to stop, and near ones that run."""
    for base, table in TABLES.items():
        for changes in table:
            document = changed(BASES[base](lora), changes)
            yield Case.of(f"{base} {named(changes)}".strip(), document)
    for name, text in TEXTS.items():
        yield Case(f"text: {name}", text)


def named(changes: Changes) -> str:
    """What was changed, in few words."""
    return ", ".join(f"{path}={_short(value)}" for path, value in changes.items())


def _short(value: Any) -> str:
    if value is DROP:
        return "absent"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    if isinstance(value, dict) and OWN.items() <= {**value, "name": OWN["name"]}.items():
        rest = {key: item for key, item in value.items() if OWN.get(key) != item}
        return f"own tool {_short(rest)}" if rest else "own tool"
    if value in (CALCULATOR, WEATHER):
        return str(value["name"])
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def samples(trainer: Path) -> Iterator[Case]:
    """The trainer's own sample configs, as they are."""
    for path in sorted((trainer / "configs").glob("*.json")):
        yield Case(f"sample: {path.stem}", path.read_bytes())


# --- By chance ---------------------------------------------------------------------------------

# Each key with values that a user may write, the usual ones more than once.
CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "training.num_epochs": (1, 1, 2, 3, 1.5, 0, DROP),
    "training.learning_rate": (1e-3, 1e-3, 5e-5, 2e-4, 0, "1e-4", -1, DROP),
    "training.batch_size": (1, 2, 3, 4, 5, 7, 16, 2.0, 0, DROP),
    "training.gradient_accumulation_steps": (1, 2, 3, 4, 8, 16, 2.0, 0, -1, DROP),
    "training.warmup_steps": (0, 1, 2, 5, 20, 0.1, -1, DROP),
    "training.max_length": (64, 128, 256, 512, 16, 2, 1, 0, DROP),
    "training.lora_r": (1, 2, 8, 16, 0, "8", DROP),
    "training.lora_alpha": (8, 16, 0.5, 0, DROP),
    "training.lora_dropout": (0, 0.05, 0.1, 1, 1.5, DROP),
    "training.eval_batch_size": (1, 4, 0, DROP),
    "training.optim": ("adamw_torch", "sgd", "paged_adamw_8bit", "adafactor", "adamw_hf", DROP),
    "training.fp16": (False, False, True, DROP),
    "training.bf16": (False, False, True, DROP),
    "training.max_grad_norm": (0.3, 1.0, 0, DROP),
    "data.max_samples": (5, 10, 17, 20, 33, 40, 2, 1, 10.0, DROP),
    "data.train_split": (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0, 0, DROP),
    "data.generation_type": ("real", "synthetic", "synthetic", "Synthetic", DROP),
    "tokenizer.trust_remote_code": (False, True, DROP),
    "model.torch_dtype": ("float32", "float32", "bfloat16", "auto", DROP),
    "model.device_map": ("auto", "auto", "cpu", "cuda", None, DROP),
    "tools": (
        [],
        [CALCULATOR],
        [CALCULATOR, WEATHER],
        [CALCULATOR, WEATHER, OWN],
        [OWN],
        [CALCULATOR, CALCULATOR],
        {},
        DROP,
    ),
    "seed": (42, 7, 0, "x"),
    "tensorboard": ({"enabled": True}, {"enabled": False}, True),
}
CHANGES_MAX: Final = 5


def by_chance(count: int, seed: int, *, lora: bool) -> Iterator[Case]:
    """Cases in which up to five settings differ from a base, the same ones for the same seed."""
    for index in range(count):
        chance = random.Random(f"{seed}/{index}")
        base = chance.choice(sorted(BASES))
        model = chance.choice((QWEN, QWEN, QWEN, *MODELS))
        changes: dict[str, Any] = {"model.name": model, "tokenizer.name": model}
        if chance.random() < 0.3:
            changes["data.strategy"] = chance.choice(("toolbench", "teacher_mode"))
        for key in chance.sample(sorted(CHOICES), chance.randint(0, CHANGES_MAX)):
            changes[key] = chance.choice(CHOICES[key])
        document = changed(with_all_keys(BASES[base](lora)), changes)
        yield Case.of(f"chance {seed}/{index}: {base} {named(changes)}", document)


def with_all_keys(document: Document) -> Document:
    """The document with a value wherever one may be dropped."""
    filled = copy.deepcopy(document)
    for path, choices in CHOICES.items():
        section, _, key = path.rpartition(".")
        holder = filled[section] if section else filled
        if DROP in choices:
            holder.setdefault(key, choices[0])
    return filled

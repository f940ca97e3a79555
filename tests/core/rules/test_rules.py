"""Every rule once: what has to stand in a config for it to speak, and what it then says."""

from typing import Any, Final

import pytest

from core import presets
from core.changes.patch import apply
from core.check import check
from core.document import ABSENT, Document, drop, get, put
from core.findings import Finding
from core.reading.view import path_of
from core.system.secrets import redact

SFT: Final = presets.find("sft_toolbench").config
DPO: Final = presets.find("dpo_basic").config
TEACHER: Final = presets.find("teacher_mode").config
MADE: Final = {"data.strategy": "manual_templates", "data.generation_type": "synthetic"}
PLAIN: Final = {"type": "object", "properties": {}}
TOKEN: Final = "hf_" + "a1B2" * 9


def changed(base: Document, changes: dict[str, Any]) -> Document:
    """A copy of a config with some fields set, or dropped where the value is ``ABSENT``."""
    for name, value in changes.items():
        path = path_of(name)
        base = drop(base, path) if value is ABSENT else put(base, path, value)
    return base


def found(document: Document, rule: str) -> list[Finding]:
    return [finding for finding in check(document).findings if finding.rule == rule]


def tool(**parts: Any) -> dict[str, Any]:
    return {"name": "calculator", "description": "Counts", "parameters": PLAIN, **parts}


SHAPE = [
    ("config.section.required", "tokenizer", SFT, {"tokenizer": ABSENT}),
    ("config.section.required", "data", SFT, {"data": ABSENT}),
    ("config.section.type", "training", SFT, {"training": "sft"}),
    ("config.section.type", "tensorboard", DPO, {"tensorboard": True}),
    ("model.name.required", "model.name", SFT, {"model.name": ABSENT}),
    ("model.name.required", "model.name", SFT, {"model.name": 7}),
    ("model.name.required", "model.name", SFT, {"model.name": "  "}),
    ("model.torch_dtype.enum", "model.torch_dtype", SFT, {"model.torch_dtype": "auto"}),
    ("model.torch_dtype.enum", "model.torch_dtype", SFT, {"model.torch_dtype": None}),
    ("model.device_map.enum", "model.device_map", SFT, {"model.device_map": "gpu"}),
    ("model.device_map.enum", "model.device_map", SFT, {"model.device_map": {"": 0}}),
    ("model.trust_remote_code.type", "model.trust_remote_code", SFT, {
        "model.trust_remote_code": "true"}),
    ("tokenizer.name.required", "tokenizer.name", SFT, {"tokenizer.name": ABSENT}),
    ("tokenizer.name.required", "tokenizer.name", SFT, {"tokenizer.name": ""}),
    ("tokenizer.name.type", "tokenizer.name", SFT, {"tokenizer.name": 1}),
    ("tokenizer.trust_remote_code.required", "tokenizer.trust_remote_code", SFT, {
        "tokenizer.trust_remote_code": ABSENT}),
    ("tokenizer.padding_side.enum", "tokenizer.padding_side", DPO, {
        "tokenizer.padding_side": "Left"}),
    ("training.method.required", "training.method", SFT, {"training.method": ABSENT}),
    ("training.method.enum", "training.method", SFT, {"training.method": "ppo"}),
    ("training.num_epochs.type", "training.num_epochs", SFT, {"training.num_epochs": 0}),
    ("training.num_epochs.type", "training.num_epochs", SFT, {"training.num_epochs": 0.5}),
    ("training.learning_rate.type", "training.learning_rate", SFT, {
        "training.learning_rate": "5e-5"}),
    ("training.learning_rate.type", "training.learning_rate", SFT, {"training.learning_rate": 0}),
    ("training.batch_size.type", "training.batch_size", SFT, {"training.batch_size": 4.0}),
    ("training.batch_size.type", "training.batch_size", SFT, {"training.batch_size": True}),
    ("training.gradient_accumulation_steps.type", "training.gradient_accumulation_steps", SFT, {
        "training.gradient_accumulation_steps": 0}),
    ("training.warmup_steps.type", "training.warmup_steps", SFT, {"training.warmup_steps": 0.1}),
    ("training.warmup_steps.type", "training.warmup_steps", SFT, {"training.warmup_steps": -5}),
    ("training.max_length.type", "training.max_length", SFT, {"training.max_length": 0}),
    ("training.use_lora.type", "training.use_lora", SFT, {"training.use_lora": "false"}),
    ("training.lora_r.type", "training.lora_r", SFT, {"training.lora_r": 0}),
    ("training.lora_r.type", "training.lora_r", SFT, {"training.lora_r": "8"}),
    ("training.lora_alpha.type", "training.lora_alpha", SFT, {"training.lora_alpha": 0}),
    ("training.lora_dropout.range", "training.lora_dropout", SFT, {"training.lora_dropout": 1.0}),
    ("training.lora_dropout.type", "training.lora_dropout", SFT, {"training.lora_dropout": "no"}),
    ("training.eval_batch_size.type", "training.eval_batch_size", SFT, {
        "training.eval_batch_size": 0}),
    ("training.max_grad_norm.type", "training.max_grad_norm", DPO, {"training.max_grad_norm": -1}),
    ("training.optim.enum", "training.optim", DPO, {"training.optim": "adamw_hf"}),
    ("training.fp16.type", "training.fp16", DPO, {"training.fp16": "yes"}),
    ("data.strategy.enum", "data.strategy", SFT, {"data.strategy": "hybrid"}),
    ("data.strategy.required", "data.strategy", SFT, {"data.strategy": ABSENT}),
    ("data.generation_type.enum", "data.generation_type", SFT, {"data.generation_type": ABSENT}),
    ("data.generation_type.enum", "data.generation_type", SFT, {"data.generation_type": "REAL"}),
    ("data.max_samples.type", "data.max_samples", SFT, {"data.max_samples": 0}),
    ("data.train_split.range", "data.train_split", SFT, {"data.train_split": 1.5}),
    ("data.train_split.type", "data.train_split", SFT, {"data.train_split": "0.9"}),
    ("tools.type", "tools", TEACHER, {"tools": {}}),
    ("tools.type", "tools", SFT, {"tools": {"calculator": {}}}),
    ("tools.type", "tools", SFT, {"tools": None}),
    ("tools.item.type", "tools[0]", SFT, {"tools": ["calculator"]}),
    ("tools.item.required", "tools[0].name", SFT, {
        "tools": [{"description": "", "parameters": PLAIN}]}),
    ("tools.item.required", "tools[0].parameters", SFT, {"tools": [{"name": "a"}]}),
    ("tools.parameters.type", "tools[0].parameters", SFT, {"tools": [tool(parameters=[])]}),
    ("tools.type.enum", "tools[0].type", SFT, {"tools": [tool(type="http")]}),
    ("evaluation.metrics.type", "evaluation.metrics", DPO, {"evaluation.metrics": ["a", 1]}),
    ("evaluation.eval_steps.type", "evaluation.eval_steps", DPO, {"evaluation.eval_steps": 0}),
    ("seed.type", "seed", DPO, {"seed": None}),
    ("seed.type", "seed", DPO, {"seed": 2**64}),
    ("tensorboard.enabled.type", "tensorboard.enabled", DPO, {"tensorboard.enabled": "false"}),
]  # fmt: skip

FEW: Final = {"data.max_samples": 50, "data.train_split": 0.8}
CROSS = [
    ("model.name.format", "model.name", SFT, {"model.name": " Qwen/Qwen3-0.6B"}),
    ("tokenizer.name.format", "tokenizer.name", SFT, {"tokenizer.name": "Qwen//Qwen3"}),
    ("model.torch_dtype.float32", "model.torch_dtype", SFT, {"model.torch_dtype": "float32"}),
    ("tokenizer.name.mismatch", "tokenizer.name", SFT, {"tokenizer.name": "google/gemma-3-1b-it"}),
    ("training.lora_r.required", "training.lora_r", SFT, {"training.lora_r": ABSENT}),
    ("training.lora_r.missing", "training.lora_r", SFT, {
        "training.lora_r": ABSENT, "training.use_lora": ABSENT}),
    ("training.lora_alpha.ratio", "training.lora_alpha", SFT, {"training.lora_alpha": 3}),
    ("training.lora_alpha.ratio", "training.lora_alpha", SFT, {"training.lora_alpha": 33}),
    ("training.learning_rate.high", "training.learning_rate", SFT, {
        "training.learning_rate": 2e-3}),
    ("training.learning_rate.absurd", "training.learning_rate", DPO, {
        "training.learning_rate": 0.1}),
    ("training.learning_rate.sft_lora", "training.learning_rate", SFT, {
        "training.learning_rate": 1e-5}),
    ("training.learning_rate.sft_full", "training.learning_rate", SFT, {
        "training.learning_rate": 1e-4, "training.use_lora": False}),
    ("training.learning_rate.dpo", "training.learning_rate", DPO, {
        "training.learning_rate": 1e-4}),
    ("training.warmup_steps.exceeds_total", "training.warmup_steps", SFT, {}),
    ("training.warmup_steps.exceeds_total", "training.warmup_steps", SFT, {
        "training.warmup_steps": ABSENT}),
    ("training.warmup_steps.share", "training.warmup_steps", TEACHER, {}),
    ("training.steps.too_few", "training.gradient_accumulation_steps", SFT, FEW),
    ("training.batch.exceeds_dataset", "training.batch_size", SFT, {
        "training.gradient_accumulation_steps": 1000}),
    ("training.eval.never", "training.num_epochs", SFT, {}),
    ("training.best_model.no_choice", "training.num_epochs", SFT, {}),
    ("training.precision.bf16_hardware", "training.bf16", DPO, {
        "training.bf16": True, "training.fp16": False}),
    ("training.precision.bf16_hardware", "model.torch_dtype", SFT, {
        "model.torch_dtype": "bfloat16"}),
    ("training.max_length.context", "training.max_length", SFT, {"training.max_length": 50_000}),
    ("training.max_length.short_toolbench", "training.max_length", SFT, {
        "training.max_length": 512}),
    ("training.max_length.short", "training.max_length", TEACHER, {"training.max_length": 32}),
    ("training.max_length.synthetic_waste", "training.max_length", TEACHER, {
        "training.max_length": 2048}),
    ("training.epochs.high", "training.num_epochs", DPO, {}),
    ("training.adam.range", "training.adam_beta2", DPO, {"training.adam_beta2": 1.0}),
    ("training.adam.range", "training.weight_decay", DPO, {"training.weight_decay": -0.1}),
    ("training.warmup.both", "training.warmup_ratio", SFT, {"training.warmup_ratio": 0.1}),
    ("data.eval.tiny", "data.train_split", SFT, {}),
    ("data.max_samples.ignored", "data.max_samples", DPO, {}),
    ("data.max_samples.exceeds_dataset", "data.max_samples", SFT, {"data.max_samples": 130_000}),
    ("data.synthetic.diversity", "data.max_samples", TEACHER, {"data.max_samples": 1000}),
    ("data.synthetic.seed", "seed", TEACHER, {}),
    ("dpo.no_signal", "data.strategy", DPO, {"data.strategy": "teacher_mode"}),
    ("dpo.pairs_cap", "data.strategy", DPO, {
        "data.strategy": "teacher_mode", "data.max_samples": 200}),
    ("dpo.full_finetune", "training.use_lora", DPO, {"training.use_lora": False}),
    ("dpo.eval_unused", "data.train_split", DPO, {}),
    ("tools.name.pattern", "tools[0].name", SFT, {"tools": [tool(name="my tool")]}),
    ("tools.name.duplicate", "tools[1].name", SFT, {"tools": [tool(), tool()]}),
    ("tools.parameters.schema", "tools[0].parameters", SFT, {
        "tools": [tool(parameters={"type": "banana"})]}),
    ("tools.parameters.object_root", "tools[0].parameters", SFT, {"tools": [tool(parameters={})]}),
    ("tools.parameters.object_root", "tools[0].parameters", SFT, {
        "tools": [tool(parameters=PLAIN | {"required": ["x"]})]}),
    ("tools.custom.degenerate", "tools[0].name", TEACHER, {"tools": [tool(name="plot")]}),
    ("tools.function.mismatch", "tools[0].function", SFT, {"tools": [tool(function="search")]}),
    ("tools.unused", "tools", SFT, {"tools": [tool()]}),
    ("evaluation.metrics.unknown", "evaluation.metrics", DPO, {}),
]  # fmt: skip

SAFETY = [
    ("security.trust_remote_code.org", "model.trust_remote_code", SFT, {"model.name": "me/mine"}),
    ("security.trust_remote_code.unneeded", "tokenizer.trust_remote_code", SFT, {}),
    ("security.secret", "notes", SFT, {"notes": TOKEN}),
    ("security.secret", "model.api_key", SFT, {"model.api_key": "abc"}),
    ("security.secret", "hub.password", SFT, {"hub": {"password": 12345}}),
    ("security.secret", "tools[0].url", SFT, {"tools": [tool(url="http://me:pw1@example.com")]}),
    ("security.tool_command", "tools[0]", SFT, {"tools": [tool(type="command")]}),
    ("security.tool_command", "tools[0]", SFT, {"tools": [tool(command="ls")]}),
    ("security.tool_api", "tools[0].url", SFT, {
        "tools": [tool(type="api", url="https://example.com/a")]}),
    ("security.tool_headers", "tools[0].headers.Authorization", SFT, {
        "tools": [tool(headers={"Authorization": "Bearer abc"})]}),
    ("security.tool_headers", "tools[0].headers.X-Api-Key", SFT, {
        "tools": [tool(headers={"X-Api-Key": "abc"})]}),
    ("security.log_dir_escape", "tensorboard.log_dir", DPO, {"tensorboard.log_dir": "../runs"}),
    ("security.log_dir_escape", "tensorboard.log_dir", DPO, {"tensorboard.log_dir": "C:runs"}),
    ("security.log_dir_escape", "tensorboard.log_dir", DPO, {"tensorboard.log_dir": "./~/runs"}),
    ("security.model_path", "model.name", SFT, {"model.name": "../models/mine"}),
    ("security.model_path", "model.name", SFT, {"model.name": "https://hf.co/Qwen/Qwen3-4B"}),
    ("security.personal_path", "notes", SFT, {"notes": "/home/ann/data"}),
    ("security.personal_path", "tensorboard.log_dir", DPO, {
        "tensorboard.log_dir": "C:\\Users\\ann"}),
]  # fmt: skip

IMPORTS = [
    ("config.key.unknown", "training.learning_rat", SFT, {"training.learning_rat": 1}),
    ("config.key.unknown", "colour", SFT, {"colour": {"any": "thing"}}),
    ("config.key.unknown", "tools[0].desc", SFT, {"tools": [tool(desc="")]}),
    ("import.lora_block", "lora", SFT, {"lora": {"r": 8}}),
    ("import.lora_block", "training.lora_config.alpha", SFT, {
        "training.lora_config": {"alpha": 1}}),
    ("import.tools_object", "tools", SFT, {}),
    ("import.legacy_sections", "wandb", SFT, {"wandb": {"project": "x"}}),
    ("import.legacy_sections", "data.dataset_path", SFT, {"data.dataset_path": "x.jsonl"}),
    ("import.not_a_config", "", {"model_config": {}, "training_config": {}}, {}),
    ("import.method_alias", "training.method", SFT, {"training.method": "rlhf"}),
    ("import.method_alias", "training.method", SFT, {"training.method": "orpo"}),
    ("deadkey.training.optim", "training.optim", SFT, {"training.optim": "sgd"}),
    ("deadkey.training.warmup_steps", "training.warmup_steps", DPO, {}),
    ("deadkey.training.tokenizer_padding_side", "training.tokenizer_padding_side", SFT, {}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "field", "base", "changes"), SHAPE + CROSS + SAFETY + IMPORTS)
def test_rule_speaks(rule: str, field: str, base: Document, changes: dict[str, Any]) -> None:
    assert field in [finding.field for finding in found(changed(base, changes), rule)]


@pytest.mark.parametrize(("rule", "field", "base", "changes"), SHAPE)
def test_malformed_values_are_errors(
    rule: str, field: str, base: Document, changes: dict[str, Any]
) -> None:
    assert not check(changed(base, changes)).is_valid


# The same change where it does no harm, or a neighbor's business.
SILENT = [
    ("training.lora_dropout.range", SFT, {
        "training.lora_dropout": 1.0, "training.use_lora": False}),
    ("training.max_grad_norm.type", SFT, {"training.max_grad_norm": -1}),
    ("training.optim.enum", SFT, {"training.optim": "adamw_hf"}),
    ("tools.type", SFT, {"tools": {}}),
    ("config.section.required", SFT, {"tools": ABSENT}),
    ("data.strategy.enum", SFT, {"data.strategy": "knowledge_dense"}),
    ("training.method.enum", SFT, {"training.method": "rlhf"}),
    ("data.train_split.range", SFT, {"data.train_split": 1}),
    ("training.lora_r.required", SFT, {"training.lora_r": ABSENT, "training.use_lora": False}),
    ("training.learning_rate.sft_lora", SFT, {"training.learning_rate": 0.02}),
    ("training.lora_alpha.ratio", SFT, {"training.lora_alpha": 4}),
    ("training.warmup_steps.exceeds_total", DPO, {}),
    ("training.eval.never", DPO, {}),
    ("data.synthetic.diversity", TEACHER, {}),
    ("dpo.no_signal", DPO, {}),
    ("tools.parameters.object_root", DPO, {}),
    ("tools.function.mismatch", SFT, {"tools": [tool(type="api", function="x")]}),
    ("config.key.unknown", SFT, {"wandb": {}, "$schema": "https://example.com/schema.json"}),
    ("config.key.unknown", SFT, {"lora": {"r": 8}}),
    ("config.key.unknown", SFT, {"training.quantization": {"any": {"thing": 1}}}),
    ("import.not_a_config", {"notes": 1, "training": {"method": "sft"}}, {}),
    ("import.not_a_config", {}, {}),
    ("security.secret", SFT, {"training.use_cls_token": "x", "training.max_tokens": "9"}),
    ("security.secret", SFT, {"pad_token": "!", "hf_token": "${HF_TOKEN}", "token": "<token>"}),
    ("security.secret", SFT, {"tools": [tool(parameters=PLAIN | {
        "properties": {"password": {"type": "string"}, "api_key": "string"}})]}),
    ("security.tool_headers", SFT, {"tools": [tool(headers={"Authorization": "Bearer ${KEY}"})]}),
    ("security.log_dir_escape", DPO, {"tensorboard.log_dir": "outputs/..runs"}),
    ("training.learning_rate.dpo", DPO, {"training.learning_rate": 2e-3}),
    ("tokenizer.name.mismatch", SFT, {"tokenizer.name": " qwen/qwen3-0.6b"}),
    ("tokenizer.name.mismatch", SFT, {"tokenizer.name": "https://hf.co/Qwen/Qwen3-0.6B"}),
    ("security.trust_remote_code.org", SFT, {"model.trust_remote_code": False}),
    ("deadkey.training.optim", DPO, {}),
    ("deadkey.training.optim", DPO, {"training.method": "rlhf"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "base", "changes"), SILENT)
def test_rule_stays_silent(rule: str, base: Document, changes: dict[str, Any]) -> None:
    assert found(changed(base, changes), rule) == []


MENDS = [
    ("training.num_epochs", SFT, "3", 3),
    ("training.num_epochs", SFT, 4.0, 4),
    ("training.num_epochs", SFT, -1, 1),
    ("training.num_epochs", SFT, 2.5, 2),
    ("training.num_epochs", SFT, [3], 3),
    ("training.lora_r", SFT, 0, 16),
    ("training.lora_r", SFT, "100000", 16),
    ("training.learning_rate", SFT, "5e-5", 5e-5),
    ("training.learning_rate", DPO, 0, 5e-6),
    ("training.method", SFT, "SFT", "sft"),
    ("training.use_lora", SFT, "true", True),
    ("training.use_lora", SFT, "false", False),
    ("training.lora_alpha", SFT, 0, 32),
    ("training.lora_dropout", SFT, 1.5, 0.1),
    ("training.optim", DPO, "adamw8bit", "adamw_8bit"),
    ("training.optim", DPO, "adamw_hf", "adamw_torch"),
    ("training.bf16", DPO, None, False),
    ("data.strategy", SFT, "tool_bench", "toolbench"),
    ("data.generation_type", SFT, "REAL", "real"),
    ("data.generation_type", TEACHER, "fake", "synthetic"),
    ("data.train_split", SFT, 90, 0.9),
    ("data.train_split", SFT, -1, 0.8),
    ("model.torch_dtype", SFT, "bf16", "bfloat16"),
    ("model.torch_dtype", SFT, "torch.float16", "float16"),
    ("model.torch_dtype", SFT, "int8", "float16"),
    ("model.torch_dtype", SFT, "float64", "double"),
    ("model.device_map", SFT, "CUDA:0", "cuda:0"),
    ("model.device_map", SFT, None, "auto"),
    ("model.trust_remote_code", SFT, "sure", False),
    ("tokenizer.name", SFT, ABSENT, "Qwen/Qwen3-0.6B"),
    ("tokenizer.trust_remote_code", SFT, ABSENT, False),
    ("model.name", SFT, ABSENT, "Qwen/Qwen3-0.6B"),
    ("tokenizer", SFT, ABSENT, {"name": "Qwen/Qwen3-0.6B", "trust_remote_code": False}),
    ("tensorboard", DPO, True, {"enabled": True}),
    ("tensorboard.log_dir", DPO, 5, ABSENT),
    ("evaluation.metrics", DPO, "tool_accuracy", ["tool_accuracy"]),
    ("seed", DPO, "7", 7),
    ("seed", DPO, 2**64, 42),
    ("tools", TEACHER, {}, list(presets.built_in_tools())),
    ("tools", TEACHER, tool(), [tool()]),
    ("tools", TEACHER, {"calculator": {"description": "", "parameters": PLAIN}}, [
        {"name": "calculator", "description": "", "parameters": PLAIN}]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "base", "value", "mended"), MENDS)
def test_a_malformed_value_is_mended(name: str, base: Document, value: Any, mended: Any) -> None:
    document = changed(base, {name: value})
    finding = next(found for found in check(document).errors if found.field == name)
    assert get(apply(document, finding.fix or ()), path_of(name)) == mended


FIXES = [
    ("training.warmup_steps.exceeds_total", SFT, {}, {"training.warmup_steps": 1}),
    ("training.warmup_steps.share", TEACHER, {}, {"training.warmup_steps": 3}),
    ("data.eval.tiny", SFT, {}, {"data.train_split": 0.98}),
    ("training.steps.too_few", SFT, FEW | {"training.num_epochs": 4}, {
        "training.gradient_accumulation_steps": 2}),
    ("training.batch.exceeds_dataset", SFT, {"training.gradient_accumulation_steps": 1000}, {
        "training.gradient_accumulation_steps": 173}),
    ("training.batch.exceeds_dataset", SFT, FEW | {"training.batch_size": 64}, {
        "training.batch_size": 40, "training.gradient_accumulation_steps": 1}),
    ("training.lora_alpha.ratio", SFT, {"training.lora_alpha": 3}, {"training.lora_alpha": 4}),
    ("training.lora_alpha.ratio", SFT, {"training.lora_alpha": 99}, {"training.lora_alpha": 32}),
    ("training.learning_rate.sft_lora", SFT, {"training.learning_rate": 1e-6}, {
        "training.learning_rate": 2e-5}),
    ("training.learning_rate.absurd", DPO, {"training.learning_rate": 1}, {
        "training.learning_rate": 5e-5}),
    ("training.lora_r.required", SFT, {"training.lora_r": ABSENT}, {"training.lora_r": 16}),
    ("training.epochs.high", DPO, {}, {"training.num_epochs": 10}),
    ("training.max_length.context", SFT, {"training.max_length": 50_000}, {
        "training.max_length": 40_960}),
    ("training.max_length.short_toolbench", SFT, {"training.max_length": 512}, {
        "training.max_length": 1024}),
    ("training.max_length.synthetic_waste", TEACHER, {"training.max_length": 2048}, {
        "training.max_length": 512}),
    ("data.synthetic.diversity", TEACHER, {"data.max_samples": 1000}, {"data.max_samples": 160}),
    ("tokenizer.name.mismatch", SFT, {"tokenizer.name": "x/y"}, {
        "tokenizer.name": "Qwen/Qwen3-0.6B"}),
    ("model.name.format", SFT, {"model.name": "https://huggingface.co/Qwen/Qwen3-4B/tree/main",
        "tokenizer.name": "Qwen/Qwen3-4B"}, {"model.name": "Qwen/Qwen3-4B"}),
    ("dpo.no_signal", DPO, {"data.strategy": "teacher_mode"}, MADE),
    ("dpo.full_finetune", DPO, {"training.use_lora": False, "training.lora_r": ABSENT}, {
        "training.use_lora": True, "training.lora_r": 16}),
    ("evaluation.metrics.unknown", DPO, {"evaluation.metrics": ["tool_acuracy"]}, {
        "evaluation.metrics": ["tool_accuracy"]}),
    ("config.key.unknown", SFT, {"training.num_epochs": ABSENT, "training.epochs": 2}, {
        "training.num_epochs": 2, "training.epochs": ABSENT}),
    ("config.key.unknown", SFT, {"training.learning_rate": ABSENT, "learning_rate": 1e-4}, {
        "training.learning_rate": 1e-4, "learning_rate": ABSENT}),
    ("import.lora_block", SFT, {
        "lora": {"r": 8, "dropout": 0.2}, "training.lora_dropout": ABSENT}, {
        "training.lora_dropout": 0.2, "lora": ABSENT}),
    ("import.tools_object", SFT, {}, {"tools": []}),
    ("tools.name.duplicate", SFT, {"tools": [tool(), tool()]}, {"tools": [tool()]}),
    ("tools.name.duplicate", SFT, {"tools": [tool(), tool(description="")]}, {
        "tools": [tool(), tool(description="", name="calculator_2")]}),
    ("tools.name.pattern", SFT, {"tools": [tool(name="my tool!")]}, {
        "tools": [tool(name="my_tool")]}),
    ("tools.parameters.schema", SFT, {"tools": [tool(parameters={"type": "dict"})]}, {
        "tools": [tool(parameters={"type": "object"})]}),
    ("tools.item.required", SFT, {"tools": [{"type": "function", "function": tool()}]}, {
        "tools": [tool(type="function")]}),
    ("tools.function.mismatch", SFT, {"tools": [tool(name="calc", function="calculator")]}, {
        "tools": [tool(function="calculator")]}),
    ("security.trust_remote_code.unneeded", SFT, {}, {"model.trust_remote_code": False}),
    ("security.log_dir_escape", DPO, {"tensorboard.log_dir": "/tmp/runs"}, {
        "tensorboard.log_dir": ABSENT}),
    ("security.secret", SFT, {"hf_token": "abc"}, {"hf_token": ABSENT}),
    ("security.tool_command", SFT, {"tools": [tool(type="command", command="ls")]}, {
        "tools": [tool(type="function")]}),
    ("security.tool_headers", SFT, {"tools": [tool(headers={"Cookie": "a=b"})]}, {
        "tools": [tool(headers={})]}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "base", "changes", "expected"), FIXES)
def test_a_fix_is_the_smallest_mend(
    rule: str, base: Document, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    document = changed(base, changes)
    fixed = apply(document, found(document, rule)[0].fix or ())
    assert {name: get(fixed, path_of(name)) for name in expected} == expected


def test_messages_name_the_field_and_the_value() -> None:
    finding = found(changed(SFT, {"training.batch_size": 0}), "training.batch_size.type")[0]
    assert finding.message == "Batch size must be a whole number from 1; it is 0."
    assert finding.remedy == "Write 1."


WORDS = [
    ("training.learning_rate.sft_lora", SFT, {"training.learning_rate": 1e-3}, "Use 2e-5 to 5e-4."),
    ("data.generation_type.enum", SFT, {"data.generation_type": "fake"}, "Generation must be"),
    ("training.quantization.type", SFT, {"training.quantization": '{"bits": 4}'},
        "Write it as an object."),
    ("tools.parameters.schema", SFT, {"tools": [tool(parameters={"type": "banana"})]},
        "'tools[0].parameters.type' is 'banana'; it must be one of string, number, integer, "
        "boolean, object, array, null."),
    ("tools.parameters.schema", SFT, {"tools": [tool(parameters={"required": "a"})]},
        "'tools[0].parameters.required' is text; it must be a list."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "base", "changes", "words"), WORDS)
def test_a_finding_says(rule: str, base: Document, changes: dict[str, Any], words: str) -> None:
    finding = found(changed(base, changes), rule)[0]
    assert words in f"{finding.message} {finding.remedy}"


@pytest.mark.parametrize("parameters", [{"type": "banana"}, PLAIN | {"required": "x"}])
def test_a_schema_is_mended_where_its_root_is_plain(parameters: dict[str, Any]) -> None:
    document = changed(SFT, {"tools": [tool(parameters=parameters)]})
    fix = found(document, "tools.parameters.schema")[0].fix
    assert found(apply(document, fix or ()), "tools.parameters.schema") == []


def test_metrics_of_other_programs_are_kept() -> None:
    document = changed(DPO, {"evaluation.metrics": ["tool_acuracy", "wer"]})
    finding = found(document, "evaluation.metrics.unknown")[0]
    assert (finding.fix, finding.safe) == (None, False)


def test_long_values_are_shortened() -> None:
    finding = found(changed(SFT, {"training.method": "x" * 500}), "training.method.enum")[0]
    assert len(finding.message) < 160


@pytest.mark.parametrize(
    "document",
    [
        changed(SFT, {"training.learning_rate": TOKEN}),
        changed(SFT, {"model.name": TOKEN}),
        changed(SFT, {"tokenizer.name": TOKEN}),
        changed(SFT, {TOKEN: 1}),
        changed(SFT, {"notes": {TOKEN: {"deep": "/home/me"}}}),
        changed(SFT, {"training.lora_config": {"r": TOKEN}}),
        changed(SFT, {"evaluation": {"metrics": [TOKEN]}}),
        changed(SFT, {"tools": [tool(name=TOKEN, headers="x " + TOKEN, type=TOKEN)]}),
        changed(SFT, {"tools": [tool(parameters={"type": TOKEN}, url=f"http://{TOKEN}.lan")]}),
        changed(SFT, {"tools": {"one": tool(url=TOKEN)}}),
        changed(SFT, {"tools": [tool(parameters={"properties": {TOKEN: {"type": "int"}}})]}),
        changed(DPO, {"tensorboard.log_dir": "/" + TOKEN}),
    ],
)
def test_no_finding_repeats_a_secret(document: Document) -> None:
    report = check(document)
    assert "security.secret" in [finding.rule for finding in report.errors]
    assert TOKEN not in str([finding.as_json() for finding in report.findings])


def test_a_mismatch_within_one_known_family_is_only_a_warning() -> None:
    report = check(changed(SFT, {"tokenizer.name": "Qwen/Qwen3-4B"}))
    assert report.is_valid
    assert "tokenizer.name.mismatch" in [finding.rule for finding in report.warnings]


def test_a_private_address_is_an_error() -> None:
    local = tool(type="api", url="http://192.168.1.2:8000/run")
    finding = found(changed(SFT, {"tools": [local]}), "security.tool_api")[0]
    assert finding.severity == "error"


def test_a_high_and_an_absurd_rate_are_both_named() -> None:
    report = check(changed(SFT, {"training.learning_rate": 0.5}))
    assert [finding.rule for finding in report.errors] == ["training.learning_rate.absurd"]
    assert "training.learning_rate.high" in [finding.rule for finding in report.warnings]


@pytest.mark.parametrize(
    "secret",
    [
        "hf_" + "x" * 34,
        "tsm_" + "A-b_" * 12 + "2oF0I",
        "sk-" + "proj" * 6,
        "AKIA" + "B" * 16,
        "ghp_" + "c" * 36,
        "xoxb-1234567890-abc",
        "eyJhbGciOi.eyJzdWIiOi.c2ln",
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
        "Bearer abcdefghijklmnopqrstuvwx",
    ],
)
def test_secrets_are_taken_out_of_text(secret: str) -> None:
    assert redact(f"before {secret} after") == "before [secret] after"

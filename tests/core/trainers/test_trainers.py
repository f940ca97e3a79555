from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presets, trainers
from core.changes.patch import apply
from core.check import check
from core.document import ABSENT, Document, drop, put
from core.errors import UnknownTarget
from core.findings import Finding, Verdict
from core.reading.target import DEFAULT
from core.reading.view import path_of

SFT: Final = presets.find("sft_toolbench").config
DPO: Final = presets.find("dpo_basic").config
TEACHER: Final = presets.find("teacher_mode").config
MADE: Final = {"data.strategy": "manual_templates", "training.method": "sft"}
SYNTHETIC: Final = {"data.generation_type": "synthetic"}
FULL: Final = {"training.use_lora": False}
DEVICES: Final[tuple[Any, ...]] = ("gpu", "mps", "cuda:1", {}, 1)
SECTIONS: Final[tuple[Any, ...]] = (True, None, "on", [])
FEW_TOOLS: Final = [{"name": "calculator", "description": "Counts", "parameters": {}}]


def changed(base: Document, changes: dict[str, Any]) -> Document:
    """A copy of a config with some fields set, or dropped where the value is ``ABSENT``."""
    for name, value in changes.items():
        path = path_of(name)
        base = drop(base, path) if value is ABSENT else put(base, path, value)
    return base


def judged(document: Document) -> Verdict:
    return check(document).trainer


def found(document: Document) -> list[tuple[str, str]]:
    return [(blocker.rule, blocker.field) for blocker in judged(document).blockers]


def row(number: str, base: Document, changes: dict[str, Any], *expected: Any) -> Any:
    return pytest.param(base, changes, *expected, id=number)


# The rows follow the trainer's crash matrix: each was run, or read in the trainer's source and in
# that of the pinned libraries.
STOPS = [
    row("01", SFT, {"tools": ABSENT}, "config.section.required", "tools", "KeyError: 'tools'"),
    row("02", TEACHER, {"tools": ABSENT}, "config.section.required", "tools", "required property"),
    row("03", TEACHER, {"tools": []}, "tools.empty", "tools", "should be non-empty"),
    row("04", TEACHER, {"tools": {}}, "tools.type", "tools", "not of type 'array'"),
    row("06", SFT, SYNTHETIC | {"tools": []}, "tools.empty", "tools", "StopIteration"),
    row("06", SFT, SYNTHETIC | {"tools": {}}, "tools.type", "tools", "StopIteration"),
    row("07", SFT, {"tools": {"calculator": {}}}, "tools.type", "tools", "string indices"),
    row("07", SFT, {"tools": None}, "tools.type", "tools", "'NoneType' object is not iterable"),
    row("08", SFT, {"tools": [{}]}, "tools.item.required", "tools[0].name", "KeyError: 'name'"),
    row("08", SFT, {"tools": [{"name": []}]}, "tools.item.required", "tools[0].name", "unhashable"),
    row("08", SFT, {"tools": [5]}, "tools.item.required", "tools[0]", "TypeError"),
    row(
        "08",
        SFT,
        SYNTHETIC | {"tools": [{"name": "a"}, {"name": 5}]},
        "tools.item.required",
        "tools[1].name",
        "ArrowInvalid",
    ),
    row(
        "08",
        TEACHER,
        {"tools": [{"name": "a", "parameters": {}}]},
        "tools.item.required",
        "tools[0].description",
        "'description' is a required property",
    ),
    row("09", SFT, {"training.method": "rlhf"}, "training.method.enum", "training.method", ":173"),
    row(
        "09",
        TEACHER,
        {"training.method": "rlhf"},
        "training.method.enum",
        "training.method",
        "is not one of ['sft', 'ppo', 'dpo', 'teacher_mode']",
    ),
    row("09", SFT, {"training.method": ABSENT}, "training.method.enum", "training.method", "Key"),
    row(
        "10", TEACHER, {"training.method": "ppo"}, "training.method.enum", "training.method", ":173"
    ),
    row(
        "11", SFT, {"data.strategy": "custom"}, "data.strategy.enum", "data.strategy", "not one of"
    ),
    row("11", SFT, {"data.strategy": None}, "data.strategy.enum", "data.strategy", "'lower'"),
    row("11", SFT, {"data.strategy": ABSENT}, "data.strategy.enum", "data.strategy", "KeyError"),
    row(
        "12", SFT, {"data.strategy": "TOOLBENCH"}, "data.strategy.enum", "data.strategy", "Unknown"
    ),
    row(
        "13",
        TEACHER,
        {"data.generation_type": "real"},
        "data.strategy.generation_combo",
        "data.generation_type",
        "Unknown data strategy",
    ),
    row(
        "14",
        SFT,
        {"data.generation_type": ABSENT},
        "data.generation_type.enum",
        "data.generation_type",
        "KeyError: 'generation_type'",
    ),
    row(
        "14",
        SFT,
        {"data.generation_type": None},
        "data.generation_type.enum",
        "data.generation_type",
        "AttributeError: 'NoneType' object has no attribute 'lower'",
    ),
    row("15", SFT, {"tokenizer": ABSENT}, "config.section.required", "tokenizer", "'tokenizer'"),
    row("15", SFT, {"model": ABSENT}, "config.section.required", "model", "KeyError: 'model'"),
    row("15", TEACHER, {"model": ABSENT}, "config.section.required", "model", "required property"),
    row("15", SFT, {"data": []}, "config.section.type", "data", "TypeError"),
    row(
        "16",
        SFT,
        {"tokenizer.trust_remote_code": ABSENT},
        "tokenizer.trust_remote_code.required",
        "tokenizer.trust_remote_code",
        "KeyError: 'trust_remote_code'",
    ),
    row(
        "17",
        SFT,
        {"tokenizer.name": ABSENT},
        "tokenizer.name.required",
        "tokenizer.name",
        "KeyError: 'name'",
    ),
    row(
        "18",
        SFT,
        {"data.max_samples": ABSENT},
        "data.max_samples.required",
        "data.max_samples",
        "KeyError: 'max_samples'",
    ),
    row(
        "18",
        SFT,
        {"data.max_samples": None},
        "data.max_samples.required",
        "data.max_samples",
        "TypeError",
    ),
    row(
        "18",
        SFT,
        {"data.max_samples": 20.0},
        "data.max_samples.type",
        "data.max_samples",
        "'float' object cannot be interpreted as an integer",
    ),
    row(
        "18",
        TEACHER,
        {"data.max_samples": 20.0},
        "data.max_samples.type",
        "data.max_samples",
        "data_generator.py:162",
    ),
    row(
        "19",
        SFT,
        {"data.max_samples": 190_001},
        "data.max_samples.exceeds_dataset",
        "data.max_samples",
        "IndexError",
    ),
    row("20", SFT, {"data.max_samples": 1}, "data.train.zero", "data.max_samples", "ValueError"),
    row(
        "21",
        SFT,
        {"data.train_split": ABSENT},
        "data.train_split.required",
        "data.train_split",
        "KeyError: 'train_split'",
    ),
    *(
        row(
            "22",
            SFT,
            {"data.train_split": share},
            "data.train_split.toolbench_open",
            "data.train_split",
            "test_size",
        )
        for share in (1.0, 1, 0.0)
    ),
    row(
        "23",
        SFT,
        {"data.train_split": 0.01, "data.max_samples": 20},
        "data.train.zero",
        "data.train_split",
        "train set will be empty",
    ),
    row("24", TEACHER, {"data.train_split": 0}, "data.train.zero", "data.train_split", "StopIter"),
    row(
        "25",
        TEACHER,
        {"data.train_split": 1, "data.max_samples": 1},
        "data.eval.zero",
        "data.max_samples",
        "StopIteration",
    ),
    row(
        "26",
        DPO,
        {"data.strategy": "toolbench", "data.generation_type": "real"},
        "dpo.toolbench_real",
        "data.strategy",
        "KeyError: 'text'",
    ),
    row(
        "27",
        DPO,
        {"training.bf16": True},
        "training.precision.both",
        "training.fp16",
        "At most one of fp16 and bf16",
    ),
    row(
        "27",
        DPO,
        {"training.bf16": True, "training.fp16": ABSENT},
        "training.precision.both",
        "training.bf16",
        "At most one of fp16 and bf16",
    ),
    *(
        row(
            "28",
            DPO,
            {"training.optim": name},
            "training.optim.enum",
            "training.optim",
            "not a valid OptimizerNames",
        )
        for name in ("adamw_hf", "adamw8bit", None)
    ),
    row(
        "28",
        DPO,
        {"training.optim": "galore_adamw"},
        "trainer.optimizer_library",
        "training.optim",
        "galore_torch",
    ),
    row(
        "31",
        SFT,
        {"model.device_map": "cpu"},
        "device.cpu_4bit",
        "model.device_map",
        "got (NoneType)",
    ),
    row(
        "31",
        SFT,
        {"model.device_map": "cuda"},
        "trainer.device_index",
        "model.device_map",
        "got (NoneType)",
    ),
    *(
        row(
            "33",
            SFT,
            {"model.torch_dtype": dtype},
            "model.torch_dtype.enum",
            "model.torch_dtype",
            error,
        )
        for dtype, error in (
            ("auto", "module 'torch' has no attribute 'auto', or TypeError (trainer.py:127,155)"),
            ("fp16", "AttributeError: module 'torch'"),
            ("int8", "dtype=torch.int8 since it is not a floating point dtype (trainer.py:124"),
            ("float8_e4m3fn", "TypeError: couldn't find storage object (trainer.py:124,152)"),
            (None, "TypeError: attribute name must be string (trainer.py:127,155)"),
        )
    ),
    *(
        row(
            "34",
            SFT,
            {"model.device_map": device},
            "model.device_map.enum",
            "model.device_map",
            "trainer.py:124,152",
        )
        for device in DEVICES
    ),
    row(
        "34",
        TEACHER,
        {"model.device_map": None},
        "model.device_map.enum",
        "model.device_map",
        ":81",
    ),
    *(
        row(
            "35",
            SFT,
            {"training.lora_r": rank},
            "training.lora_r.type",
            "training.lora_r",
            "trainer.py:146",
        )
        for rank in (0, -1, 8.5, "8", None)
    ),
    row(
        "35",
        SFT,
        {"training.lora_dropout": 1.5},
        "training.lora_dropout.range",
        "training.lora_dropout",
        "dropout probability has to be between 0 and 1, but got 1.5",
    ),
    row(
        "35",
        SFT,
        {"training.lora_alpha": "32"},
        "training.lora_alpha.type",
        "training.lora_alpha",
        "for /: 'str' and 'int'",
    ),
    *(
        row("38", SFT, {name: value}, f"{name}.type", name, error)
        for name, value, error in (
            ("training.learning_rate", "5e-5", "between instances of 'float' and 'str'"),
            ("training.learning_rate", -1e-5, "Invalid learning rate: -1e-05"),
            ("training.batch_size", 4.0, "batch_size=4.0"),
            ("training.batch_size", "4", "batch_size=4"),
            ("training.batch_size", 0, "batch_size=0"),
            ("training.gradient_accumulation_steps", 0, "ZeroDivisionError"),
            ("training.gradient_accumulation_steps", 2.0, "interpreted as an integer"),
            ("training.gradient_accumulation_steps", -8, "without one optimizer update"),
            ("training.warmup_steps", -5, "must be of type int"),
            ("training.num_epochs", 0, "Training completed successfully!"),
            ("training.num_epochs", -1, "Training completed successfully!"),
            ("training.num_epochs", "1", "must be real number, not str"),
            ("training.warmup_steps", 0.1, "must be of type int"),
            ("training.max_length", 0, "Expected tensor"),
            ("training.max_length", -8, "ArrowInvalid"),
            ("training.max_length", "512", "an integer is required"),
        )
    ),
    *(
        row("38", TEACHER, {name: value}, f"{name}.type", name, error)
        for name, value, error in (
            ("training.batch_size", 0, "0 is less than the minimum of 1"),
            ("training.batch_size", True, "True is not of type 'integer'"),
            ("training.batch_size", 4.0, "batch_size=4.0"),
            ("training.warmup_steps", 50.0, "must be of type int"),
            ("training.num_epochs", 0.5, "0.5 is not of type 'integer'"),
            ("model.trust_remote_code", "no", "is not of type 'boolean'"),
        )
    ),
    row(
        "42",
        DPO,
        {"training.max_length": 64.0},
        "training.max_length.type",
        "training.max_length",
        "slice indices must be integers",
    ),
    *(row("43", SFT, {"seed": seed}, "seed.type", "seed", ":68") for seed in ("x", None, 2**64)),
    *(
        row("44", SFT, {"tensorboard": value}, "config.section.type", "tensorboard", "'get'")
        for value in SECTIONS
    ),
    *(
        row("45", SFT, {"model.name": name}, "model.arch.unsupported_lora", "model.name", "Target")
        for name in ("gpt2", "microsoft/DialoGPT-small", "EleutherAI/pythia-70m")
    ),
    row(
        "46",
        TEACHER,
        MADE | {"model.name": "HuggingFaceTB/SmolLM2-135M-Instruct"},
        "model.vocab.added_tokens",
        "model.name",
        "IndexError",
    ),
    row("47", DPO, {"data.train_split": 0}, "data.train.zero", "data.train_split", "column names"),
    row(
        "49",
        DPO,
        FULL,
        "training.precision.fp16_weights_scaler",
        "model.torch_dtype",
        "Attempting to unscale FP16 gradients",
    ),
    row(
        "49",
        DPO,
        FULL | {"model.torch_dtype": "bfloat16"},
        "training.precision.fp16_weights_scaler",
        "model.torch_dtype",
        "not implemented for 'BFloat16'",
    ),
    row("50", DPO, {"training.max_grad_norm": "0.3"}, *["training.max_grad_norm"] * 2, "TypeError"),
    row(
        "base model",
        SFT,
        {"model.name": "meta-llama/Llama-3.2-1B", "tokenizer.name": "meta-llama/Llama-3.2-1B"},
        "model.chat_template.missing",
        "tokenizer.name",
        "chat_template",
    ),
    row(
        "other tokenizer",
        SFT,
        {"model.name": "HuggingFaceTB/SmolLM2-135M-Instruct"},
        "tokenizer.name.mismatch",
        "tokenizer.name",
        "IndexError",
    ),
    row("no name", SFT, {"model.name": "  "}, "model.name.required", "model.name", "OSError"),
    row(
        "page",
        SFT,
        {"model.name": "https://huggingface.co/Qwen/Qwen3-0.6B"},
        "model.name.format",
        "model.name",
        "HFValidationError",
    ),
]


@pytest.mark.parametrize(("base", "changes", "rule", "field", "error"), STOPS)
def test_one_blocker_says_what_stops_the_run(
    base: Document, changes: dict[str, Any], rule: str, field: str, error: str
) -> None:
    verdict = judged(changed(base, changes))
    assert not verdict.runs
    (blocker,) = verdict.blockers
    assert blocker.rule.startswith(rule)
    assert blocker.field == field
    assert error in blocker.message


RUNS = [
    row("05", SFT, {"tools": []}),
    row("05", SFT, {"tools": {}}),
    row("25", TEACHER, {"data.train_split": 1}),
    row("22", SFT, {"data.train_split": 0}),
    row("28", SFT, {"training.optim": "adamw_hf"}),
    row("28", DPO, {"training.optim": "lion_8bit"}),
    row("31", SFT, FULL | {"model.device_map": "cpu"}),
    row("31", SFT, {"model.device_map": "cuda:0"}),
    row("34", SFT, {"model.device_map": None}),
    row("34", SFT, {"model.device_map": {"": 0}}),
    row("35", SFT, FULL | {"training.lora_r": 0}),
    row("35", SFT, {"training.lora_dropout": -0.1}),
    row("37", SFT, {"training.use_lora": "false"}),
    row("37", DPO, {"training.fp16": False, "training.bf16": True}),
    row("40", SFT, {"training.num_epochs": 0.5}),
    row("40", TEACHER, {"training.num_epochs": 2.0}),
    row("41", DPO, {"training.warmup_steps": 99_999}),
    row("42", SFT, {"training.max_length": 8}),
    row("42", SFT, {"training.max_length": None}),
    row("42", TEACHER, {"training.max_length": 384.0}),
    *(row("43", SFT, {"seed": seed}) for seed in (-1, 1.5, True, "7", 2**64 - 1, -(2**63))),
    row("44", SFT, {"tensorboard": {}}),
    row("45", SFT, FULL | {"model.name": "microsoft/DialoGPT-small"}),
    row("46", TEACHER, {"model.name": "HuggingFaceTB/SmolLM2-135M-Instruct"}),
    row("46", TEACHER, MADE | FULL | {"model.name": "HuggingFaceTB/SmolLM2-135M-Instruct"}),
    row("49", DPO, FULL | {"model.torch_dtype": "float32"}),
    row("49", DPO, FULL | {"training.fp16": False, "training.bf16": True}),
    row("50", DPO, {"training.max_grad_norm": -1}),
    row("50", SFT, {"training.unknown": 1, "other": {}}),
    row("50", TEACHER, {"tools": FEW_TOOLS * 2}),
    row("spelling", SFT, {"data.generation_type": "REAL"}),
    row("manual_templates takes no max_samples", TEACHER, MADE | {"data.max_samples": 20.0}),
    row("evaluation never comes", SFT, {"training.eval_batch_size": 0}),
]


@pytest.mark.parametrize(("base", "changes"), RUNS)
def test_the_run_is_not_stopped_by(base: Document, changes: dict[str, Any]) -> None:
    assert found(changed(base, changes)) == []


def test_an_evaluation_that_comes_needs_a_batch() -> None:
    longer = {"training.eval_batch_size": 0, "training.num_epochs": 10}
    assert found(changed(SFT, longer)) == [
        ("training.eval_batch_size.type", "training.eval_batch_size")
    ]


@pytest.mark.parametrize("preset", presets.load(), ids=lambda preset: preset.id)
def test_presets_run_but_for_those_that_need_another_data_loader(preset: presets.Preset) -> None:
    strategy = preset.config["data"]["strategy"]
    needs_other = strategy in ("pc_building", "knowledge_dense")
    assert judged(preset.config).runs == (not needs_other)
    assert judged(preset.config).learns


LESSONLESS = [
    row("36", SFT, {"training.learning_rate": 0}),
    row("36", SFT, {"training.learning_rate": -0.0}),
    row("36", SFT, {"training.lora_alpha": 0}),
    row("36", SFT, {"training.lora_dropout": 1.0}),
    row("same pairs", DPO, {"data.strategy": "teacher_mode"}),
    row("one update, all warm-up", TEACHER, {"training.batch_size": 999, "training.num_epochs": 1}),
    row("one token", SFT, {"training.max_length": 1}),
    row("one token", DPO, {"training.max_length": 1}),
    row("false is 0", SFT, {"training.lora_alpha": False}),
    row("true is 1", SFT, {"training.lora_dropout": True}),
    row("prompts only", SFT, {"training.max_length": 100}),
    row("float16", SFT, FULL),
    row("float16", TEACHER, FULL | {"model.torch_dtype": ABSENT}),
    row("float16", DPO, FULL | {"training.optim": "adamw_torch", "training.fp16": False}),
]


@pytest.mark.parametrize(("base", "changes"), LESSONLESS)
def test_the_run_goes_through_and_teaches_nothing(base: Document, changes: dict[str, Any]) -> None:
    verdict = judged(changed(base, changes))
    assert (verdict.runs, verdict.learns) == (True, False)


def test_what_lora_would_silence_counts_only_with_lora() -> None:
    plain = FULL | {"model.torch_dtype": "float32"}
    assert judged(changed(SFT, plain | {"training.lora_alpha": 0})).learns


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        (SFT, FULL | {"model.torch_dtype": "bfloat16"}),
        (DPO, FULL | {"training.fp16": False}),
        (TEACHER, {"training.max_length": 100}),
        (DPO, {"training.max_length": 2}),
    ],
)
def test_a_run_beside_one_that_teaches_nothing_learns(
    base: Document, changes: dict[str, Any]
) -> None:
    verdict = judged(changed(base, changes))
    assert (verdict.runs, verdict.learns) == (True, True)


def mended(document: Document, blocker: Finding) -> Document:
    assert blocker.fix is not None
    result: Document = apply(document, blocker.fix)
    return result


@pytest.mark.parametrize(("base", "changes", "rule", "field", "error"), STOPS)
def test_a_fix_lets_the_run_go_through(
    base: Document, changes: dict[str, Any], rule: str, field: str, error: str
) -> None:
    document = changed(base, changes)
    (blocker,) = judged(document).blockers
    if blocker.fix is not None:
        assert found(mended(document, blocker)) == []


FIXES = [
    (SFT, {"data.strategy": "pc_building"}, "data.strategy", "toolbench"),
    (SFT, {"data.strategy": " Toolbench"}, "data.strategy", "toolbench"),
    (DPO, {"data.strategy": "custom"}, "data.strategy", "manual_templates"),
    (TEACHER, {"data.generation_type": "real"}, "data.generation_type", "synthetic"),
    (SFT, {"data.max_samples": ABSENT}, "data.max_samples", 100),
    (SFT, {"training.method": "rlhf"}, "training.method", "sft"),
    (SFT, {"training.method": "DPO "}, "training.method", "dpo"),
    (SFT, {"tools": ABSENT}, "tools", []),
    (SFT, {"training.learning_rate": "5e-5"}, "training.learning_rate", 5e-5),
    (SFT, {"training.learning_rate": -1}, "training.learning_rate", 5e-5),
    (SFT, {"training.batch_size": "4"}, "training.batch_size", 4),
    (SFT, {"training.batch_size": 0}, "training.batch_size", 1),
    (SFT, {"training.warmup_steps": -5}, "training.warmup_steps", 0),
    (SFT, {"training.lora_dropout": 1.5}, "training.lora_dropout", 0.1),
    (DPO, {"training.optim": "adamw8bit"}, "training.optim", "adamw_8bit"),
    (SFT, {"model.torch_dtype": "bf16"}, "model.torch_dtype", "bfloat16"),
    (SFT, {"model.name": "https://hf.co/Qwen/Qwen3-4B"}, "model.name", "Qwen/Qwen3-4B"),
    (SFT, {"model.name": ABSENT}, "model.name", "Qwen/Qwen3-0.6B"),
    (SFT, {"tensorboard": True}, "tensorboard", {"enabled": True}),
    (SFT, {"tensorboard": "outputs/runs"}, "tensorboard", {"log_dir": "outputs/runs"}),
    (SFT, {"tensorboard": None}, "tensorboard", ABSENT),
    (SFT, {"tokenizer.trust_remote_code": ABSENT}, "tokenizer.trust_remote_code", False),
]


@pytest.mark.parametrize(("base", "changes", "name", "value"), FIXES)
def test_a_fix_is_the_smallest_mend(
    base: Document, changes: dict[str, Any], name: str, value: Any
) -> None:
    document = changed(base, changes)
    blocker = judged(document).blockers[0]
    after: Any = mended(document, blocker)
    for step in path_of(name)[:-1]:
        after = after[step]
    assert after.get(path_of(name)[-1], ABSENT) == value


def test_missing_tools_for_made_rows_are_the_built_in_three() -> None:
    document = changed(TEACHER, {"tools": ABSENT})
    tools = mended(document, judged(document).blockers[0])["tools"]
    assert [tool["name"] for tool in tools] == ["calculator", "weather", "search"]


def test_tools_under_their_names_become_a_list() -> None:
    tool = {"description": "Adds", "parameters": {}}
    document = changed(SFT, {"tools": {"adder": tool}})
    assert mended(document, judged(document).blockers[0])["tools"] == [{"name": "adder", **tool}]


def test_tools_that_no_one_can_name_have_no_fix() -> None:
    (blocker,) = judged(changed(SFT, {"tools": [{}]})).blockers
    assert blocker.fix is None


def test_dpo_on_real_data_is_mended_as_a_whole() -> None:
    document = changed(SFT, {"training.method": "dpo"})
    blocker = judged(document).blockers[0]
    assert blocker.rule == "dpo.toolbench_real"
    assert judged(mended(document, blocker)).runs


KEPT: tuple[tuple[Document, str, Any], ...] = (
    (SFT, "training", ABSENT),
    (SFT, "data", ABSENT),
    (SFT, "training.method", ABSENT),
    (SFT, "data.strategy", ABSENT),
    (SFT, "model", ["a"]),
    (SFT, "training.method", {"name": "sft"}),
    (SFT, "data.strategy", ["toolbench", "custom"]),
    (SFT, "model.torch_dtype", {"weights": "float16"}),
    (SFT, "model.trust_remote_code", {"yes": 1}),
    (SFT, "training.num_epochs", [1, 2]),
    (SFT, "tokenizer.name", ["a", "b"]),
    (SFT, "seed", [1, 2]),
    (SFT, "tensorboard", [1]),
    (TEACHER, "tools", "calculator"),
    (TEACHER, "tools", [{"name": "a", "description": "b", "parameters": "x"}]),
    (TEACHER, "tools", [{"name": "calculator", "description": 5, "parameters": {}}]),
)


@pytest.mark.parametrize(("base", "name", "value"), KEPT)
def test_nothing_is_invented_and_nothing_overwritten(base: Document, name: str, value: Any) -> None:
    report = check(changed(base, {name: value}))
    about = [item for item in (*report.errors, *report.trainer.blockers)]
    fixes = {item.fix for item in about if item.field.startswith(name)}
    assert fixes == {None}


def test_a_generation_that_no_strategy_asks_for_is_not_guessed() -> None:
    document = changed(SFT, {"data.strategy": "hybrid", "data.generation_type": ABSENT})
    fixes = {item.field: item.fix for item in judged(document).blockers}
    assert fixes["data.generation_type"] is None


def test_an_empty_document_is_offered_nothing() -> None:
    assert not any(blocker.fix for blocker in judged({}).blockers)


def test_pairs_leave_tools_of_another_shape_alone() -> None:
    document = changed(
        DPO, {"data.strategy": "custom", "tools": {"adder": {"description": "Adds"}}}
    )
    (strategy, *_) = judged(document).blockers
    assert "/tools" not in [step["path"] for step in strategy.fix or ()]


SAME: tuple[tuple[Document, str, Any], ...] = (
    (SFT, "data.max_samples", None),
    (SFT, "data.max_samples", 20.0),
    (SFT, "data.max_samples", 0),
    (SFT, "data.train_split", "0.9"),
    (SFT, "data.train_split", None),
    (SFT, "data.generation_type", "fake"),
    (SFT, "training.lora_r", -3),
    (SFT, "training.max_length", -8),
    (SFT, "model.torch_dtype", "bf16"),
    (SFT, "model.device_map", "gpu"),
    (SFT, "seed", 2**64),
    (DPO, "training.optim", "adamw_hf"),
    (DPO, "training.method", "dpo_"),
    (TEACHER, "data.generation_type", "REAL"),
    (TEACHER, "tools", {}),
)


@pytest.mark.parametrize(("base", "name", "value"), SAME)
def test_error_and_blocker_propose_the_same(base: Document, name: str, value: Any) -> None:
    report = check(changed(base, {name: value}))
    offered = [
        item.fix[0]["value"]
        for item in (*report.errors, *report.trainer.blockers)
        if item.field == name and item.fix
    ]
    assert len(offered) > 1
    assert all(value == offered[0] for value in offered)


@pytest.mark.parametrize("section", ["model", "tokenizer"])
@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("https://huggingface.co/Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("huggingface.co/Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        (" Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("Qwen//Qwen3", "Qwen/Qwen3"),
        ("Qwen/Qwen3 0.6B", None),
        ("@@", None),
        ("https://u:secretpw1@h.co/x", None),
    ],
)
def test_a_name_that_cannot_load_stops_the_run(section: str, name: str, better: str | None) -> None:
    document = changed(SFT, {f"{section}.name": name})
    blocker = next(item for item in judged(document).blockers if item.field == f"{section}.name")
    assert blocker.rule == f"{section}.name.format"
    assert [step["value"] for step in blocker.fix or ()] == ([better] if better else [])
    assert "secretpw1" not in str(blocker)


@pytest.mark.parametrize(
    "name", ["gpt2", "./model", "/data/m", "outputs/run/final", "C:\\models\\m"]
)
def test_ids_and_folders_are_taken_on_trust(name: str) -> None:
    document = changed(SFT, FULL | {"tokenizer.name": name})
    assert "tokenizer.name.format" not in [rule for rule, _ in found(document)]


def test_one_field_can_stop_the_run_for_two_reasons() -> None:
    other = {"model.name": "HuggingFaceTB/SmolLM2-135M-Instruct"}
    document = changed(SFT, other | {"tokenizer.name": "meta-llama/Llama-3.2-1B"})
    assert found(document) == [
        ("tokenizer.name.mismatch", "tokenizer.name"),
        ("model.chat_template.missing", "tokenizer.name"),
    ]


def test_every_blocker_is_an_error_with_a_remedy() -> None:
    (blocker,) = judged(changed(SFT, {"data.strategy": "custom"})).blockers
    assert blocker.severity == "error"
    assert blocker.remedy == (
        "The trainer has code for toolbench, teacher_mode, manual_templates only; "
        "choose one of them."
    )


def test_long_values_stay_out_of_messages() -> None:
    secret = "hf_" + "a" * 34
    (blocker,) = judged(changed(SFT, {"training.method": secret})).blockers
    assert secret not in blocker.message


def test_the_trainer_names_its_libraries() -> None:
    setting = trainers.setting(DEFAULT)
    assert setting.target.environment == "pinned"
    assert "transformers==4.52.4" in setting.libraries.requirements
    assert "trl==0.19.1" in setting.libraries.requirements


def test_an_unknown_trainer_is_refused_by_name() -> None:
    with pytest.raises(UnknownTarget, match="choose one of: tiny_tool_use"):
        trainers.get("axolotl")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 4.0, -0.0, 1e308, -1e308, 10**400, "4", "", "toolbench"])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
places = st.sampled_from(
    [
        *("model", "tokenizer", "training", "data", "tools", "tensorboard", "seed"),
        *("model.name", "model.torch_dtype", "model.device_map", "tokenizer.name"),
        *("data.strategy", "data.generation_type", "data.max_samples", "data.train_split"),
        *(f"training.{key}" for key in ("method", "num_epochs", "learning_rate", "batch_size")),
        *(f"training.{key}" for key in ("lora_r", "lora_alpha", "lora_dropout", "use_lora")),
        *(f"training.{key}" for key in ("optim", "fp16", "bf16", "max_grad_norm", "max_length")),
        *(f"training.{key}" for key in ("gradient_accumulation_steps", "warmup_steps")),
    ]
)


def odd(base: Document, values: dict[str, Any]) -> Document:
    """A config with whatever values at some places, the innermost set first."""
    ordered = sorted(values, key=len, reverse=True)
    return changed(base, {name: values[name] for name in ordered})


@given(st.sampled_from([SFT, DPO, TEACHER, {}]), st.dictionaries(places, json_values, max_size=5))
def test_any_document_is_judged(base: Document, values: dict[str, Any]) -> None:
    verdict = judged(odd(base, values))
    assert verdict.as_json()["runs"] == (not verdict.blockers)
    assert len({(blocker.rule, blocker.path) for blocker in verdict.blockers}) == len(
        verdict.blockers
    )

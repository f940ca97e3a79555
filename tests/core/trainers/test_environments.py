"""The verdict for other trainers, libraries and machines; what stops was met in real runs."""

from pathlib import Path
from typing import Any, Final

import pytest

from core import presets, trainers
from core.changes.patch import apply
from core.check import check
from core.derive import derive
from core.document import Document, get
from core.errors import UnknownTarget
from core.reading.target import CPU, DEFAULT, GPU, Machine, Target, machine, parse_target
from core.reading.view import View
from core.trainers.tiny_tool_use_fork import located
from tests.core.trainers.test_trainers import DPO, FULL, SFT, TEACHER, changed

ROOT: Final = Path(__file__).resolve().parents[3]
ON_CPU: Final = Target(machine=CPU.id)
TODAY: Final = Target(environment="today")
TODAY_CPU: Final = Target(environment="today", machine=CPU.id)
FORK: Final = Target("tiny_tool_use_fork", "today")
FORK_CPU: Final = Target("tiny_tool_use_fork", "today", CPU.id)
QUIET: Final = {"tensorboard": {"enabled": False}}
BF16: Final = {"training.bf16": True, "training.fp16": False}


def blockers(document: Document, target: Target) -> list[str]:
    return [blocker.rule for blocker in check(document, target).trainer.blockers]


def row(
    target: Target, base: Document, changes: dict[str, Any], rule: str = "", error: str = ""
) -> Any:
    method = get(base, ("training", "method"))
    name = f"{target.trainer}-{target.label}-{method}-{rule or 'runs'}-{len(changes)}"
    return pytest.param(target, changed(base, changes), rule, error, id=name)


MATRIX: Final = [
    row(ON_CPU, SFT, {}, "device.cpu_4bit", "RuntimeError: None of the available devices"),
    row(ON_CPU, DPO, {}, "device.cpu_4bit", "RuntimeError: None of the available devices"),
    row(ON_CPU, SFT, FULL),
    row(ON_CPU, TEACHER, FULL),
    row(ON_CPU, DPO, FULL),
    row(ON_CPU, DPO, FULL | BF16, "training.precision.bf16_hardware", "support bf16/gpu"),
    row(ON_CPU, SFT, FULL | {"model.device_map": "cuda"}, "model.device_map.enum", "CUDA"),
    row(ON_CPU, SFT, FULL | {"model.device_map": "cpu"}),
    row(TODAY, SFT, {}, "libs.sft_current", "'overwrite_output_dir'"),
    row(TODAY, TEACHER, {}, "libs.sft_current", "'overwrite_output_dir'"),
    row(TODAY, DPO, {}, "training.precision.fp16_qlora_bf16_adapters", "'BFloat16'"),
    row(TODAY, DPO, BF16),
    row(TODAY, DPO, BF16 | QUIET, "libs.report_to", "ValueError: None is not supported"),
    row(TODAY_CPU, SFT, FULL, "libs.sft_current", "'overwrite_output_dir'"),
    row(TODAY_CPU, DPO, {}),
    row(TODAY_CPU, DPO, FULL),
    row(TODAY_CPU, DPO, QUIET, "libs.report_to", "ValueError: None is not supported"),
    row(TODAY_CPU, DPO, {"training.max_length": 8}, "training.max_length.type", "num_samples=0"),
    row(TODAY_CPU, DPO, {"training.max_grad_norm": None}, "training.max_grad_norm.type", "'>' not"),
    row(
        TODAY_CPU,
        DPO,
        FULL | {"model.name": "meta-llama/Llama-3.2-1B-Instruct"},
        "model.vocab.added_tokens",
        "IndexError: index out of range",
    ),
    row(FORK, SFT, {}),
    row(FORK, SFT, FULL),
    row(FORK, TEACHER, {}),
    row(FORK, SFT, {"training.warmup_steps": 0.1}),
    row(FORK, SFT, {"training.warmup_steps": "1"}, "training.warmup_steps.type", "'<' not"),
    row(FORK, SFT, {"training.max_length": 64}, "training.max_length.type", "num_samples=0"),
    row(FORK, SFT, {"training.max_length": 512.0}, "training.max_length.type", "slice indices"),
    row(FORK, TEACHER, {"training.max_length": 64}),
    row(
        FORK,
        SFT,
        {"model.name": "openai-community/gpt2", "tokenizer.name": "Qwen/Qwen3-0.6B"},
        "model.arch.unsupported_lora",
        "NoMatchingPeftModuleError",
    ),
    row(FORK, DPO, BF16),
    row(FORK, DPO, {}, "training.precision.fp16_qlora_bf16_adapters", "'BFloat16'"),
    row(FORK_CPU, SFT, {}, "training.precision.bf16_hardware", "support bf16/gpu"),
    row(FORK_CPU, SFT, FULL, "training.precision.bf16_hardware", "support bf16/gpu"),
    row(FORK_CPU, DPO, {}),
    row(FORK_CPU, DPO, FULL | QUIET),
]


@pytest.mark.parametrize(("target", "document", "rule", "error"), MATRIX)
def test_a_run_ends_as_the_libraries_end_it(
    target: Target, document: Document, rule: str, error: str
) -> None:
    verdict = check(document, target).trainer
    assert [blocker.rule for blocker in verdict.blockers] == [rule] * bool(rule)
    assert all(error in blocker.message for blocker in verdict.blockers)
    assert (verdict.name, verdict.environment) == (target.trainer, target.label)


@pytest.mark.parametrize(("target", "document", "rule", "error"), MATRIX)
def test_a_fix_for_an_environment_makes_it_run(
    target: Target, document: Document, rule: str, error: str
) -> None:
    for blocker in check(document, target).trainer.blockers:
        if blocker.fix:
            assert check(apply(document, blocker.fix), target).trainer.runs


def test_an_older_gpu_needs_an_older_trl_for_full_fine_tuning() -> None:
    old = Machine("old", "An old GPU", has_bf16=False)
    trainer = trainers.get(DEFAULT.trainer)
    assert trainer.libraries("pinned", old).versions["trl"] == "0.18.2"
    assert trainer.libraries("pinned", GPU).versions["trl"] == "0.19.1"


def test_newer_libraries_evaluate_at_the_end() -> None:
    document = changed(SFT, {"data.max_samples": 5000})
    counts = [
        derive(View(document, trainers.setting(target).profile)).evaluations
        for target in (DEFAULT, FORK)
    ]
    assert counts == [1, 2]
    assert "training.eval.never" not in {finding.rule for finding in check(SFT, FORK)}


def test_newer_libraries_take_a_share_for_a_warmup() -> None:
    document = changed(SFT, {"training.warmup_steps": 0.1})
    profile = trainers.setting(FORK).profile
    assert derive(View(document, profile)).warmup_updates == 3
    assert derive(View(document)).warmup_updates is None
    whole = changed(SFT, {"training.warmup_steps": 2.5})
    assert derive(View(whole, profile)).warmup_updates == 2


def test_a_target_is_written_and_read_back() -> None:
    for target in (DEFAULT, ON_CPU, FORK, Target(machine="gpu-24")):
        assert parse_target(str(target)) == target
    assert str(DEFAULT) == ""
    assert str(ON_CPU) == "tiny_tool_use/pinned/cpu"


@pytest.mark.parametrize("text", ["gpu", "a/b", "a/b/c/d", "//", "tiny_tool_use//gpu"])
def test_a_text_that_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(UnknownTarget, match="is not a target"):
        parse_target(text)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target(trainer="axolotl"), "There is no trainer 'axolotl'; choose one of: tiny_tool_use"),
        (Target(environment="2019"), "There is no environment '2019'; choose one of: pinned"),
        (Target(machine="gpu-0"), "There is no machine 'gpu-0'; choose one of: gpu, cpu"),
        (Target(machine="abacus"), "There is no machine 'abacus'; choose one of: gpu, cpu"),
    ],
)
def test_what_is_not_there_is_refused_by_name(target: Target, said: str) -> None:
    with pytest.raises(UnknownTarget) as refused:
        check(SFT, target)
    assert str(refused.value).startswith(said)


def test_any_size_of_gpu_can_be_named() -> None:
    assert machine("gpu-24").memory == 24
    assert machine("gpu-12.5").memory == 12.5


def test_no_other_module_knows_of_the_second_trainer() -> None:
    name = "tiny_tool_use_fork"
    files = [*(ROOT / "core").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]
    knowing = {file.stem for file in files if name in file.read_text(encoding="utf-8")}
    assert knowing <= {name, "trainer"}
    assert name in trainers.every()


def test_the_fork_names_its_own_lines() -> None:
    assert located("(trainer.py:65)") == "(trainer.py:65)"
    assert located("(trainer.py:184)") == "(trainer.py:183)"
    assert located("data_generator.py:133, trainer.py:226") == (
        "data_generator.py:133, trainer.py:222"
    )
    assert located("trainer.py:226,284") == "trainer.py:222,280"
    assert located("train.py:226") == "train.py:226"


@pytest.mark.parametrize("preset", presets.load(), ids=lambda preset: preset.id)
@pytest.mark.parametrize("target", [ON_CPU, TODAY, TODAY_CPU, FORK, FORK_CPU], ids=str)
def test_every_fix_holds_for_every_target(preset: presets.Preset, target: Target) -> None:
    report = check(preset.config, target)
    for finding in report:
        if finding.fix:
            after = check(apply(preset.config, finding.fix), target)
            assert after.trainer.runs >= report.trainer.runs
            assert len(after.errors) <= len(report.errors)


@pytest.mark.parametrize(("machine", "warns"), [("gpu", True), ("t4", True), ("a100-80", False)])
def test_bfloat16_is_a_warning_where_the_gpu_may_not_have_it(machine: str, warns: bool) -> None:
    document = changed(SFT, {"model.torch_dtype": "bfloat16"})
    rules = {finding.rule for finding in check(document, Target(machine=machine)).warnings}
    assert ("training.precision.bf16_hardware" in rules) == warns

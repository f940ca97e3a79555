"""What a run takes for each key, against what was measured in runs of the trainer."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import fields, presets
from core.check import check
from core.config import Use
from core.document import ABSENT, Document, write
from core.reading.target import DEFAULT, Target
from core.trainers.effective import Effective, effective
from tests.command import run
from tests.core.trainers.test_trainers import (
    DPO,
    MADE,
    SFT,
    TEACHER,
    changed,
    json_values,
    odd,
    places,
)

FORK: Final = Target("tiny_tool_use_fork", "today")


def entry(name: str, document: Document, target: Target = DEFAULT) -> Effective:
    (found,) = [one for one in effective(document, target) if one.name == name]
    return found


def row(base: Document, changes: dict[str, Any], name: str, *expected: Any) -> Any:
    return pytest.param(base, changes, name, *expected, id=f"{name}-{expected[0]}")


@pytest.mark.parametrize(
    ("base", "changes", "name", "why", "used"),
    [
        row(SFT, {}, "training.num_epochs", "written", 1),
        row(SFT, {"training.num_epochs": ABSENT}, "training.num_epochs", "default", 3),
        row(SFT, {"training.learning_rate": ABSENT, "training.warmup_steps": 1},
            "training.learning_rate", "default", 5e-5),
        row(DPO, {"training.learning_rate": ABSENT}, "training.learning_rate", "default", 5e-6),
        row(DPO, {"training.max_length": ABSENT}, "training.max_length", "default", 512),
        row(SFT, {}, "training.learning_rate", "capped", pytest.approx(1.05e-5)),
        row(DPO, {}, "training.warmup_steps", "ignored", 0),
        row(DPO, {}, "training.weight_decay", "ignored", 0.0),
        row(DPO, {}, "training.adam_epsilon", "ignored", 1e-8),
        row(SFT, {"training.optim": "sgd"}, "training.optim", "ignored", "adamw_torch"),
        row(SFT, {"training.max_grad_norm": 5}, "training.max_grad_norm", "ignored", 1.0),
        row(SFT, {"training.fp16": False}, "training.fp16", "ignored", True),
        row(SFT, {"training.use_lora": False, "training.bf16": False}, "training.bf16",
            "ignored", True),
        row(SFT, {"training.save_steps": 5}, "training.save_steps", "ignored", 500),
        row(DPO, {"training.save_steps": 5}, "training.save_steps", "ignored", 100),
        row(SFT, {"training.use_lora": "false"}, "training.use_lora", "override", True),
        row(SFT, {"training.use_lora": False}, "training.lora_r", "ignored", ABSENT),
        row(SFT, {}, "model.torch_dtype", "override", "4-bit and float32"),
        row(SFT, {"training.use_lora": False}, "model.torch_dtype", "written", "float16"),
        row(TEACHER, {}, "training.method", "override", "sft"),
        row(SFT, {"data.generation_type": "REAL"}, "data.generation_type", "override", "real"),
        row(DPO, {}, "data.max_samples", "ignored", ABSENT),
        row(TEACHER, {"training.method": "dpo", "data.max_samples": 1000}, "data.max_samples",
            "capped", 100),
        row(TEACHER, {"tokenizer.name": "gpt2"}, "tokenizer.name", "ignored", "Qwen/Qwen3-0.6B"),
        row(TEACHER, {"seed": 7}, "seed", "override", 42),
        row(TEACHER, {"seed": ABSENT}, "seed", "default", 42),
        row(DPO, {}, "tensorboard.log_dir", "override", "<output-dir>/runs/<date>"),
        row(SFT, {}, "tensorboard.enabled", "override", "every installed logger"),
        row(SFT, {"tools": [{"name": "adder"}]}, "tools", "ignored", ABSENT),
        row(SFT, {"training.batch_size": 0}, "training.batch_size", "stops", ABSENT),
        row(SFT, {"training.colour": "red"}, "training.colour", "ignored", ABSENT),
        row(SFT, {}, "updates_total", "derived", 22),
        row(SFT, {}, "target modules", "fixed", "q_proj, k_proj, v_proj, o_proj"),
        row(SFT, {}, "training.adam_beta2", "fixed", 0.999),
        row(DPO, {}, "training.beta", "fixed", 0.1),
    ],
)  # fmt: skip
def test_what_a_run_takes(
    base: Document, changes: dict[str, Any], name: str, why: str, used: Any
) -> None:
    found = entry(name, changed(base, changes))
    assert (found.why, found.used) == (why, used)


def test_the_trainers_own_dpo_sample_holds_nine_settings_that_nothing_reads() -> None:
    ignored = [one for one in effective(DPO) if one.why == "ignored"]
    assert {one.name for one in ignored} == {
        *("training.warmup_steps", "training.weight_decay", "training.adam_epsilon"),
        *("training.adam_beta1", "training.adam_beta2", "tokenizer.padding_side"),
        *("evaluation.metrics", "evaluation.eval_steps", "data.max_samples"),
    }
    said = {finding.field for finding in check(DPO).infos}
    assert said >= {one.name for one in ignored}


def test_the_fork_takes_other_values_and_names_its_own_lines() -> None:
    plain = changed(SFT, {"training.use_lora": False, "training.fp16": True})
    assert entry("training.fp16", plain, FORK).used is False
    assert entry("training.bf16", plain, FORK).used is True
    enabled = changed(SFT, {"tensorboard": {"enabled": True}})
    assert entry("tensorboard.enabled", enabled, FORK).why == "ignored"
    assert entry("training.max_length", SFT).source == "trainer.py:204,262"
    assert entry("training.max_length", SFT, FORK).source == "trainer.py:203,258"


@pytest.mark.parametrize("preset", presets.load(), ids=lambda preset: preset.id)
@pytest.mark.parametrize("target", [Target(), FORK], ids=str)
def test_every_key_of_a_config_is_told_once(preset: presets.Preset, target: Target) -> None:
    names = [one.name for one in effective(preset.config, target)]
    assert len(names) == len(set(names))
    written = [
        f"{section}.{key}"
        for section, keys in preset.config.items()
        if isinstance(keys, dict)
        for key in keys
    ]
    assert set(written) <= set(names)


@given(st.sampled_from([SFT, DPO, TEACHER, {}]), st.dictionaries(places, json_values, max_size=5))
def test_any_document_has_effective_values(base: Document, changes: dict[str, Any]) -> None:
    for one in effective(odd(base, changes)):
        assert one.why != "written" or one.used is not ABSENT


def test_nothing_that_can_be_set_is_said_to_be_fixed() -> None:
    for base in (SFT, DPO, TEACHER, changed(TEACHER, MADE)):
        for one in effective(base):
            use: Use | None = next(
                (spec.use for spec in fields.table().values() if spec.name == one.name), None
            )
            method = "dpo" if base is DPO else "sft"
            assert one.why != "fixed" or use is None or method in use.ignored


def test_the_command_prints_what_is_taken_otherwise() -> None:
    result = run("effective", "--changed", "-", stdin=write(SFT))
    assert result.code == 0
    assert "1.05e-5  capped" in result.out
    assert "num_epochs" not in result.out


def test_the_command_hides_secrets() -> None:
    document = changed(SFT, {"training.api_key": "hf_" + "a" * 34})
    result = run("effective", "-", stdin=write(document))
    assert "training.api_key" in result.out
    assert "hf_a" not in result.out


def test_a_required_key_that_is_missing_is_told() -> None:
    found = entry("model.name", {"model": {}})
    assert (found.why, found.written, found.used) == ("stops", ABSENT, ABSENT)
    assert found.is_otherwise

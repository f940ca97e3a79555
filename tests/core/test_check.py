import subprocess
import sys
from pathlib import Path

import pytest

from core.check import check, fix
from core.document import get, parse, put
from core.errors import UnknownTarget
from core.reading.target import Target

SAMPLES = Path(__file__).parents[1] / "data" / "tiny_tool_use"


def sample(name: str) -> dict[str, object]:
    return parse((SAMPLES / f"{name}_config.json").read_text())


SFT = sample("sft_toolbench")
DPO = sample("dpo")
TEACHER = sample("teacher_mode")


def told(document: dict[str, object]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.field) for finding in check(document).findings]


def test_the_trainers_own_sft_config() -> None:
    report = check(SFT)
    assert report.is_valid
    assert report.trainer.runs
    assert told(SFT) == [
        ("training.warmup_steps.exceeds_total", "training.warmup_steps"),
        ("data.eval.tiny", "data.train_split"),
        ("security.trust_remote_code.unneeded", "model.trust_remote_code"),
        ("security.trust_remote_code.unneeded", "tokenizer.trust_remote_code"),
        ("import.tools_object", "tools"),
        ("training.eval.never", "training.num_epochs"),
        ("training.best_model.no_choice", "training.num_epochs"),
        ("deadkey.training.tokenizer_padding_side", "training.tokenizer_padding_side"),
        ("override.model.torch_dtype", "model.torch_dtype"),
    ]
    assert report.warnings[0].message == (
        "Warm-up of 100 updates is not over when training ends after 22 updates; the learning "
        "rate reaches 1.05e-5 of 5e-5."
    )


def test_the_trainers_own_dpo_config() -> None:
    assert check(DPO).is_valid
    dead = [field for rule, field in told(DPO) if "deadkey" in rule or "ignored" in rule]
    assert sorted(dead) == [
        "data.max_samples",
        "evaluation.eval_steps",
        "evaluation.metrics",
        "tokenizer.padding_side",
        "training.adam_beta1",
        "training.adam_beta2",
        "training.adam_epsilon",
        "training.warmup_steps",
        "training.weight_decay",
    ]
    assert [rule for rule, _ in told(DPO) if "deadkey" not in rule] == [
        "training.epochs.high",
        "evaluation.metrics.unknown",
        "security.trust_remote_code.unneeded",
        "security.trust_remote_code.unneeded",
        "data.max_samples.ignored",
        "data.synthetic.seed",
        "dpo.eval_unused",
        "override.model.torch_dtype",
        "override.tensorboard.log_dir",
    ]


def test_the_trainers_own_teacher_mode_config() -> None:
    assert check(TEACHER).is_valid
    assert told(TEACHER) == [
        ("security.trust_remote_code.unneeded", "tokenizer.trust_remote_code"),
        ("training.warmup_steps.share", "training.warmup_steps"),
        ("training.eval.never", "training.num_epochs"),
        ("training.best_model.no_choice", "training.num_epochs"),
        ("data.synthetic.seed", "seed"),
        ("deadkey.evaluation.metrics", "evaluation.metrics"),
        ("deadkey.evaluation.eval_steps", "evaluation.eval_steps"),
        ("override.model.torch_dtype", "model.torch_dtype"),
        ("override.tensorboard.log_dir", "tensorboard.log_dir"),
    ]


def test_errors_come_first() -> None:
    report = check(put(SFT, ("training", "lora_r"), 0))
    assert report.findings[0].rule == "training.lora_r.type"
    assert not report.is_valid


def test_an_empty_document_has_only_missing_sections() -> None:
    assert {rule for rule, _ in told({})} == {"config.section.required"}


def test_an_unknown_trainer() -> None:
    with pytest.raises(UnknownTarget, match="colossal"):
        check(SFT, Target(trainer="colossal"))


def test_fix_applies_everything_that_can_be_mended() -> None:
    broken = put(put(SFT, ("training", "num_epochs"), "2"), ("training", "lr"), 1e-4)
    mended, applied = fix(broken)
    assert get(mended, ("training", "num_epochs")) == 2
    assert get(mended, ("tools",)) == []
    assert "training.num_epochs.type" not in [finding.rule for finding in check(mended)]
    assert applied[0].rule == "training.num_epochs.type"


def test_fix_leaves_advice_on_what_it_wrote_to_the_reader() -> None:
    broken = put(SFT, ("training", "num_epochs"), "2")
    mended, _ = fix(broken)
    assert get(mended, ("training", "warmup_steps")) == 100
    assert "training.warmup_steps.exceeds_total" in [finding.rule for finding in check(mended)]


def test_no_fix_makes_a_config_of_something_else() -> None:
    foreign = {"package": {"name": "left-pad"}, "model": {"name": "gpt2"}, "seed": "7"}
    assert "import.not_a_config" in [finding.rule for finding in check(foreign)]
    assert not any(finding.fix for finding in check(foreign))
    assert fix(foreign) == (foreign, ())
    assert not any(finding.fix for finding in check({}))


def test_fix_of_one_rule() -> None:
    mended, applied = fix(SFT, rule="import.tools_object")
    assert mended == SFT | {"tools": []}
    assert [finding.rule for finding in applied] == ["import.tools_object"]


def test_safe_fixes_leave_the_training_alone() -> None:
    mended, applied = fix(SFT, safe_only=True)
    assert mended["training"] == SFT["training"]
    assert mended["data"] == SFT["data"]
    assert {finding.rule for finding in applied} == {
        "security.trust_remote_code.unneeded",
        "import.tools_object",
    }


def test_fix_mends_what_only_stops_the_trainer() -> None:
    mended, _ = fix({key: value for key, value in SFT.items() if key != "tools"})
    assert check(mended).trainer.runs


def test_a_fix_that_would_add_an_error_is_not_offered() -> None:
    misspelled = put({**SFT, "tensorboard": {}}, ("tensorboard", "logdir"), "../runs")
    finding = next(found for found in check(misspelled).findings if "unknown" in found.rule)
    assert finding.remedy == "Did you mean 'tensorboard.log_dir'?"
    assert finding.fix is None


def test_importing_it_is_light() -> None:
    heavy = ("streamlit", "pandas", "supabase", "jsonschema", "jsonschema_rs", "jsonpatch")
    code = f"import sys, core.check; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

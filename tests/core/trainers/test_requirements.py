"""The libraries to run a config with."""

from typing import Any

import pytest

from core.document import Document, write
from core.reading.target import CPU, DEFAULT, Target
from core.trainers.requirements import requirements
from tests.command import run
from tests.core.trainers.test_trainers import DPO, FULL, SFT, TEACHER, changed


def packages(document: Document, target: Target = DEFAULT) -> dict[str, str]:
    lines = requirements(document, target).lines
    return dict(line.split("==") for line in lines)


def test_the_newest_libraries_that_the_trainer_works_with() -> None:
    pinned = packages(SFT)
    assert (pinned["transformers"], pinned["trl"]) == ("4.52.4", "0.19.1")


def test_full_fine_tuning_without_bfloat16_needs_an_older_trl() -> None:
    assert packages(SFT, Target(machine=CPU.id))["trl"] == "0.18.2"


@pytest.mark.parametrize(
    ("base", "changes", "needed"),
    [
        (SFT, {}, True),
        (SFT, FULL, False),
        (DPO, FULL, True),
        (DPO, FULL | {"training.optim": "adamw_torch"}, False),
        (DPO, FULL | {"training.optim": "adamw_8bit"}, True),
        (DPO, FULL | {"training.optim": "lion_32bit"}, True),
    ],
)
def test_bitsandbytes_is_there_for_what_needs_it(
    base: Document, changes: dict[str, Any], needed: bool
) -> None:
    assert ("bitsandbytes" in packages(changed(base, changes))) == needed


def test_gdown_is_there_to_fetch_toolbench_only() -> None:
    assert "gdown" in packages(SFT)
    assert "gdown" not in packages(TEACHER)


def test_todays_libraries_are_refused_with_the_reason() -> None:
    result = run("requirements", "--environment", "today", "-", stdin=write(SFT))
    assert (result.code, result.out) == (1, "")
    assert "unexpected keyword argument 'overwrite_output_dir'" in result.err
    assert "[libs.sft_current]" in result.err


def test_the_fork_runs_with_todays_libraries() -> None:
    result = run(
        "requirements", "--trainer", "tiny_tool_use_fork", "--environment", "today", "-",
        stdin=write(SFT),
    )  # fmt: skip
    assert result.code == 0
    assert "trl==1.16.0\n" in result.out


def test_a_fault_of_the_config_alone_does_not_keep_the_file_back() -> None:
    broken = changed(SFT, {"training.num_epochs": 0})
    result = run("requirements", "-", stdin=write(broken))
    assert result.code == 0
    assert "transformers==4.52.4\n" in result.out

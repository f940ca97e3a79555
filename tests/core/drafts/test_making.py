"""Make it run: the fewest changes with which the trainer gets to its end."""

import contextlib
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presets
from core.changes.patch import apply
from core.check import check
from core.document import ABSENT, Document, get, write
from core.drafts.making import make_run
from core.errors import PathError
from core.reading.target import DEFAULT, Target
from tests.command import run
from tests.core.trainers.test_trainers import DPO, SFT, TEACHER, changed, json_values, odd, places

TODAY: Final = Target(environment="today")


@pytest.mark.parametrize(
    ("document", "changes"),
    [
        (presets.find("sft_pc_building").config, {"data.strategy": "toolbench", "tools": []}),
        (presets.find("knowledge_dense").config, {"data.strategy": "toolbench", "tools": []}),
        (changed(SFT, {"training.method": "rlhf"}), {"training.method": "sft"}),
        (changed(SFT, {"tools": ABSENT}), {"tools": []}),
        (changed(SFT, {"training.num_epochs": 0}), {"training.num_epochs": 1}),
    ],
    ids=["pc_building", "knowledge_dense", "rlhf", "no tools", "no epochs"],
)
def test_a_blocked_config_runs_with_the_fewest_changes(
    document: Document, changes: dict[str, Any]
) -> None:
    made = make_run(document)
    assert made.runs
    assert {key.removeprefix("/").replace("/", ".") for key in paths(made.patch)} == set(changes)
    assert {name: get(made.document, tuple(name.split("."))) for name in changes} == changes


def paths(patch: Any) -> list[str]:
    return [operation["path"] for operation in patch]


@pytest.mark.parametrize("preset", presets.load(), ids=lambda preset: preset.id)
def test_every_preset_can_be_made_to_run(preset: presets.Preset) -> None:
    made = make_run(preset.config)
    assert made.runs
    assert check(made.document).is_valid >= check(preset.config).is_valid


def test_what_runs_stays_as_it_is() -> None:
    made = make_run(SFT)
    assert (made.patch, made.document, made.runs) == ((), SFT, True)


def test_what_can_not_be_mended_is_said() -> None:
    made = make_run(changed(SFT, {"training.num_epochs": 0}), TODAY)
    assert [blocker.rule for blocker in made.left] == ["libs.sft_current"]
    assert paths(made.patch) == ["/training/num_epochs"]


@given(st.sampled_from([SFT, DPO, TEACHER]), st.dictionaries(places, json_values, max_size=4))
def test_no_change_is_one_too_many(base: Document, values: dict[str, Any]) -> None:
    document = odd(base, values)
    made = make_run(document, DEFAULT)
    assert check(made.document).trainer.blockers == made.left
    for operation in made.patch if made.runs else ():
        fewer = tuple(other for other in made.patch if other is not operation)
        # A change that builds on the one left out can't be made at all.
        with contextlib.suppress(PathError):
            assert not check(apply(document, fewer)).trainer.runs


def test_the_command_says_what_it_changed() -> None:
    result = run("fix", "--run", "-", stdin=write(presets.find("sft_pc_building").config))
    assert result.code == 0
    assert "It runs with 2 changes:" in result.err
    assert '  data.strategy: "pc_building" -> "toolbench"' in result.err
    assert '"strategy": "toolbench"' in result.out


def test_the_command_says_why_it_can_not() -> None:
    result = run("fix", "--run", "--environment", "today", "-", stdin=write(SFT))
    assert result.code == 1
    assert "[libs.sft_current]" in result.err


def test_what_runs_then_learns_too_where_it_can() -> None:
    made = make_run(SFT, Target(machine="cpu"))
    verdict = check(made.document, Target(machine="cpu")).trainer
    assert (verdict.runs, verdict.learns) == (True, True)
    assert set(paths(made.patch)) == {"/training/use_lora", "/model/torch_dtype"}

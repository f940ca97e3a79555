"""The tool that runs the real trainer: its cases, what it reads of a run, how it compares.

What needs no trainer is tested here; ``test_the_trainer_agrees`` runs one where it is there.
"""

import json
import os
import struct
from pathlib import Path

import pytest

from core import trainers
from core.document import read
from core.reading.target import ENVIRONMENTS, Target
from tools import cases, try_trainer
from tools.agreement import compare, differing, predict, target_for
from tools.cases import Case
from tools.outcome import Outcome, exception, last_state, reported_rows, weights

# Read now: no test sees the variables of this machine's user.
TRAINER = os.environ.get("TUNESMITH_TRAINER", "")
TRAINER_PYTHON = os.environ.get("TUNESMITH_TRAINER_PYTHON", "")

GPU = Target()
CPU = Target(machine="cpu")


# --- Cases -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lora", [False, True])
def test_each_case_has_a_name_of_its_own(lora: bool) -> None:
    names = [case.name for case in cases.matrix(lora=lora)]
    assert len(names) == len(set(names)) > 300


def test_a_change_leaves_its_base_alone() -> None:
    base = cases.supervised(True)
    changed = cases.changed(base, {"training.lora_r": 1, "tools": cases.DROP})
    assert (changed["training"]["lora_r"], "tools" in changed) == (1, False)
    assert base == cases.supervised(True)


def test_the_same_seed_makes_the_same_cases() -> None:
    first = list(cases.by_chance(30, 7, lora=True))
    assert first == list(cases.by_chance(30, 7, lora=True))
    assert first[:10] == list(cases.by_chance(10, 7, lora=True))
    assert first != list(cases.by_chance(30, 8, lora=True))


def test_cases_made_by_chance_run_and_stop_in_many_ways() -> None:
    found = [predict(case.config, GPU) for case in cases.by_chance(200, 0, lora=True)]
    rules = {blocker.rule for prediction in found for blocker in prediction.blockers}
    assert 30 < sum(prediction.runs for prediction in found) < 170
    assert len(rules) > 15


def test_each_model_has_a_stand_in(project: Path) -> None:
    script = (project / "tools/in_trainer/make_stand_ins.py").read_text()
    assert [name for name in cases.MODELS if f'"{name}"' not in script] == []


# --- Reading a run -----------------------------------------------------------------------------

CHECKOUT = Path("/checkout/Tiny Tool Use")

FRAMES = """\
Map: 100%|##########| 5/5
Traceback (most recent call last):
  File "/checkout/Tiny Tool Use/train.py", line 104, in main
    trainer.train(resume_from_checkpoint=args.resume)
  File "/checkout/Tiny Tool Use/src/training/trainer.py", line 226, in _train_sft
    trainer.train()
    ~~~~~~~~~~~~~^^
  File "/env/transformers/trainer.py", line 2240, in train
    return inner_training_loop(
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("KeyError: 'tools'", ("KeyError", "'tools'")),
        ("StopIteration", ("StopIteration", "")),
        (
            "pyarrow.lib.ArrowInvalid: `start`(0): no",
            ("ArrowInvalid", "`start`(0): no"),
        ),
        (
            "TypeError: device() received\n * (torch.device device)\n      didn't match",
            ("TypeError", "device() received\n * (torch.device device)\n      didn't match"),
        ),
    ],
)
def test_an_exception_is_read_with_the_innermost_line_of_the_trainer(
    said: str, expected: tuple[str, str]
) -> None:
    assert exception(f"{FRAMES}{said}\n", CHECKOUT) == (*expected, "trainer.py:226")


def test_of_chained_exceptions_the_last_one_counts() -> None:
    chain = (
        "Traceback (most recent call last):\n"
        '  File "/checkout/Tiny Tool Use/src/utils/config.py", line 79, in _validate_config\n'
        "jsonschema.exceptions.ValidationError: no\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/checkout/Tiny Tool Use/src/utils/config.py", line 81, in _validate_config\n'
        '    raise ValueError(f"Invalid configuration: {e.message}")\n'
        "ValueError: Invalid configuration: no\n"
    )
    found = exception(chain, CHECKOUT)
    assert found == ("ValueError", "Invalid configuration: no", "config.py:81")


def test_a_run_that_was_killed_has_no_exception() -> None:
    assert exception("Map: 100%", CHECKOUT) is None


def test_rows_are_read_from_the_log() -> None:
    log = (
        "  INFO  Training samples: 692   train.py:90\n  INFO  Evaluation samples: 8  train.py:91\n"
    )
    assert reported_rows(log) == (692, 8)
    assert reported_rows("Traceback") == (None, None)


def test_the_last_checkpoint_tells_of_the_whole_run(tmp_path: Path) -> None:
    assert last_state(tmp_path) == (0, [])
    for steps in (100, 1000, 500):
        folder = tmp_path / f"checkpoint-{steps}"
        folder.mkdir()
        state = {"global_step": steps, "log_history": [{"step": steps}]}
        (folder / "trainer_state.json").write_text(json.dumps(state))
    assert last_state(tmp_path) == (1000, [{"step": 1000}])


def safetensors(path: Path, tensors: dict[str, tuple[str, bytes]]) -> None:
    """Write tensors of one dimension, each with its type and bytes."""
    header, body = {}, b""
    for name, (kind, data) in tensors.items():
        where = [len(body), len(body) + len(data)]
        header[name] = {"dtype": kind, "shape": [len(data)], "data_offsets": where}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("F32", struct.pack("<2f", 0, 0), (False, True)),
        ("F32", struct.pack("<2f", 0, 1), (True, True)),
        ("F32", struct.pack("<2f", 1, float("nan")), (True, False)),
        ("F16", struct.pack("<2e", 1, float("inf")), (True, False)),
        ("BF16", bytes.fromhex("803f 003f"), (True, True)),
        ("BF16", bytes.fromhex("803f c07f"), (True, False)),
    ],
)
def test_adapters_that_moved_are_no_longer_zero(
    tmp_path: Path, kind: str, data: bytes, expected: tuple[bool, bool]
) -> None:
    tensors = {"a.lora_A.weight": ("F32", struct.pack("<f", 1)), "a.lora_B.weight": (kind, data)}
    safetensors(tmp_path / "adapter_model.safetensors", tensors)
    assert weights(tmp_path, None) == expected


def test_whole_models_are_compared_with_where_they_began(tmp_path: Path) -> None:
    before, output = tmp_path / "before", tmp_path / "output"
    for folder in (before, output):
        folder.mkdir()
        safetensors(folder / "model.safetensors", {"w": ("F32", struct.pack("<f", 1))})
    assert weights(output, before) == (False, True)
    safetensors(output / "model.safetensors", {"w": ("F32", struct.pack("<f", 2))})
    assert weights(output, before) == (True, True)
    assert weights(output, None) == (None, True)
    assert weights(tmp_path, before) == (None, None)


# --- Comparing ---------------------------------------------------------------------------------


def config(**changes: object) -> bytes:
    """A config that makes 4 updates from 16 rows, with some keys of training changed."""
    paths = {f"training.{key}": value for key, value in changes.items()}
    return Case.of("", cases.changed(cases.supervised(lora=True), paths)).config


RAN = Outcome(True, rows_train=16, rows_eval=4, updates=4, evaluations=0, checkpoints=1)
NO_R = "`r` should be a positive integer value but the value passed is 0"


@pytest.mark.parametrize(
    ("changes", "outcome", "kind"),
    [
        ({}, RAN, "agree"),
        ({}, Outcome(True, rows_train=16, updates=5), "disagree"),
        ({}, Outcome(True, rows_train=15, updates=4), "disagree"),
        ({}, Outcome(True, updates=4, moved=False), "disagree"),
        ({}, Outcome(True, updates=4, finite=False), "disagree"),
        ({}, Outcome(True, updates=4, rates=((2, 1e-3), (3, 1e-3 * 2 / 3))), "agree"),
        ({}, Outcome(True, updates=4, rates=((2, 5e-4),)), "disagree"),
        ({}, Outcome(False, "KeyError", "'tools'", "train.py:84"), "disagree"),
        ({}, Outcome(True, updates=0), "disagree"),
        ({"num_epochs": 0}, Outcome(True, updates=0), "agree"),
        ({"num_epochs": 0}, RAN, "disagree"),
        ({"num_epochs": 0}, Outcome(False, "ValueError", "", ""), "disagree"),
        ({"lora_r": 0}, Outcome(False, "ValueError", NO_R, "trainer.py:146"), "agree"),
        ({"lora_r": 0}, Outcome(False, "TypeError", NO_R, "trainer.py:146"), "disagree"),
        ({"lora_r": 0}, Outcome(True, updates=0), "disagree"),
        ({"lora_r": 0}, RAN, "disagree"),
        ({"learning_rate": 0}, Outcome(True, updates=4, moved=False), "agree"),
    ],
)
def test_what_agrees_and_what_does_not(
    changes: dict[str, object], outcome: Outcome, kind: str
) -> None:
    comparison = compare(predict(config(**changes), GPU), outcome)
    assert comparison.kind == kind
    assert bool(comparison.differences) == (kind == "disagree")


def test_line_and_text_of_a_stop_are_compared_too() -> None:
    prediction = predict(config(lora_r=0), GPU)
    exact = compare(prediction, Outcome(False, "ValueError", NO_R, "trainer.py:146"))
    assert (exact.same_line, exact.same_text) == (True, True)
    elsewhere = compare(prediction, Outcome(False, "ValueError", NO_R, "trainer.py:1"))
    assert (elsewhere.kind, elsewhere.same_line, elsewhere.same_text) == ("agree", False, True)
    other_words = compare(prediction, Outcome(False, "ValueError", "no", "trainer.py:146"))
    assert (other_words.kind, other_words.same_text) == ("agree", False)
    neither = compare(prediction, Outcome(False, "ValueError", "no", "trainer.py:1"))
    assert neither.kind == "disagree"


def test_what_only_a_gpu_shows_is_not_counted_where_a_cpu_stands_in() -> None:
    document = cases.changed(cases.supervised(lora=True), {"model.device_map": "cpu"})
    prediction = predict(Case.of("", document).config, GPU)
    assert not prediction.runs
    assert compare(prediction, RAN, stand_in=True).kind == "not shown"
    assert compare(prediction, RAN).kind == "disagree"


def test_a_run_that_takes_too_long_shows_nothing() -> None:
    outcome = Outcome(False, "TimeUp", "after 1 s")
    assert compare(predict(config(), GPU), outcome).kind == "not shown"


def test_a_file_that_is_no_config_stops_the_trainer_too() -> None:
    prediction = predict(b"[1, 2]", GPU)
    assert compare(prediction, Outcome(False, "TypeError", "", "config.py:16")).kind == "agree"
    assert compare(prediction, RAN).kind == "disagree"


def test_the_versions_say_which_verdict_is_meant() -> None:
    for environment in ENVIRONMENTS:
        for machine, gpu in (("gpu", True), ("cpu", False)):
            target = Target(environment=environment, machine=machine)
            versions = {**trainers.setting(target).libraries.versions, "torch": "2.13.0+cpu"}
            assert target_for("tiny_tool_use", versions, gpu=gpu) == target
            assert differing(target, versions) == []
    versions["trl"] = "0.1"
    assert target_for("tiny_tool_use", versions, gpu=True) is None
    assert [text.split()[0] for text in differing(target, versions)] == ["trl"]


def test_a_folder_without_the_trainer_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert try_trainer.main(["--trainer", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"try_trainer: There is no train.py in '{tmp_path}'; give the folder of Tiny Tool Use.\n"
    )


@pytest.mark.parametrize(("mode", "trl"), [("cpu", "0.18.2"), ("shim", "0.19.1")])
def test_it_says_what_to_install(mode: str, trl: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert try_trainer.main(["--requirements", "--mode", mode]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"trl=={trl}" in lines
    assert {line.partition("=")[0] for line in lines[1:]} >= {"torch", "bitsandbytes", "rich"}


# --- The trainer itself ------------------------------------------------------------------------


@pytest.mark.trainer
@pytest.mark.skipif(
    not (TRAINER and TRAINER_PYTHON),
    reason="the trainer is not here: TUNESMITH_TRAINER names a checkout of it and "
    "TUNESMITH_TRAINER_PYTHON a Python with its libraries (tools/README.md)",
)
@pytest.mark.parametrize("mode", try_trainer.MODES)
def test_the_trainer_agrees(
    mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], some_cases: list[str]
) -> None:
    out = tmp_path / "results.json"
    options = ["--trainer", TRAINER, "--python", TRAINER_PYTHON, "--mode", mode]
    code = try_trainer.main([*options, "--json", str(out), "--cases", *some_cases])
    printed = capsys.readouterr()
    if "No environment of ours has these libraries" in printed.err:
        pytest.skip(f"the pinned libraries for mode {mode} are not in {TRAINER_PYTHON}")
    assert code == 0, printed
    results = json.loads(out.read_text())["results"]
    assert len(results) >= len(some_cases)
    assert all(read(result["config"].encode()).document for result in results)


@pytest.fixture
def some_cases() -> list[str]:
    """A few that run, stop and end in silence, in each stage."""
    return [
        "sft data.max_samples=1",
        "sft training.num_epochs=0",
        "sft training.num_epochs=30",
        'sft training.method="ppo"',
        "teacher tools=[]",
        "dpo training.fp16=true",
        "sample: teacher_mode",
    ]

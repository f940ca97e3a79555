import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.document import Document, drop, parse, put, write
from core.presets import find, load
from tests.command import run

ROOT = Path(__file__).resolve().parents[2]
VALID = find("hybrid").config
BROKEN = put(VALID, ("training", "batch_size"), 0)
STOPS = find("sft_pc_building").config


def start(command: str, **options: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    words = [sys.executable, "-m", "core", *command.split()]
    return subprocess.Popen(words, cwd=ROOT, **{**pipes, **options})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, document in (("valid", VALID), ("broken", BROKEN), ("stops", STOPS)):
        (tmp_path / f"{name}.json").write_text(write(document), encoding="utf-8")
    return tmp_path


def test_presets_are_listed_with_id_and_origin() -> None:
    result = run("presets")
    assert result.code == 0
    assert [line.split()[:2] for line in result.out.splitlines()] == [
        [preset.id, preset.origin] for preset in load()
    ]


def test_one_preset_is_printed_as_its_config() -> None:
    result = run("presets", "dpo_basic")
    assert result.out == write(find("dpo_basic").config)


def test_an_unknown_preset_is_one_line_and_exit_2() -> None:
    result = run("presets", "dpo_bassic")
    assert result == (2, "", "There is no preset 'dpo_bassic'; did you mean 'dpo_basic'?\n")


def test_a_valid_config_exits_0(folder: Path) -> None:
    result = run("check", folder / "valid.json")
    assert result.code == 0
    assert result.out.startswith("VALID")
    assert "runs on tiny_tool_use" in result.out.splitlines()[0]


def test_errors_exit_1_and_stand_under_their_field(folder: Path) -> None:
    result = run("check", folder / "broken.json")
    assert result.code == 1
    first, _, field, finding = result.out.splitlines()[:4]
    assert first.startswith("INVALID · 1 error")
    assert field == "training.batch_size"
    assert finding.split()[0] in ("error", "stops")


def test_warnings_and_blockers_exit_1_only_with_strict(folder: Path) -> None:
    assert run("check", folder / "stops.json").code == 0
    assert run("check", "--strict", folder / "stops.json").code == 1


def test_the_verdict_says_that_the_trainer_stops(folder: Path) -> None:
    assert "stops on tiny_tool_use" in run("check", folder / "stops.json").out


def test_an_error_that_stops_the_trainer_is_told_once(folder: Path) -> None:
    text = run("check", folder / "broken.json").out
    lines = [line for line in text.splitlines() if "training.batch_size.type" in line]
    assert len(lines) == 1
    assert lines[0].split()[0] == "error"
    assert lines[0].endswith("[training.batch_size.type, stops tiny_tool_use, can be fixed]")


def test_check_json_prints_the_report(folder: Path) -> None:
    result = run("check", "--json", folder / "broken.json")
    report = json.loads(result.out)
    assert list(report) == ["is_valid", "errors", "warnings", "infos", "trainer"]
    assert report["errors"][0]["field"] == "training.batch_size"


def test_check_json_of_many_is_one_object_a_line(folder: Path) -> None:
    names = [str(folder / "valid.json"), str(folder / "broken.json")]
    result = run("check", "--json", *names)
    reports = [json.loads(line) for line in result.out.splitlines()]
    assert [report["file"] for report in reports] == names
    assert [report["is_valid"] for report in reports] == [True, False]
    assert result.code == 1


def test_check_of_many_names_each_file(folder: Path) -> None:
    result = run("check", folder / "valid.json", folder / "broken.json")
    assert f"{folder / 'valid.json'}: VALID" in result.out
    assert f"{folder / 'broken.json'}: INVALID" in result.out


def test_one_unreadable_file_does_not_hide_the_others(folder: Path) -> None:
    result = run("check", folder / "none.json", folder / "valid.json")
    assert result.code == 2
    assert "VALID" in result.out
    assert result.err == f"{folder / 'none.json'}: can't be read: No such file or directory.\n"


def test_a_byte_order_mark_stops_the_trainer_until_it_is_fixed(folder: Path) -> None:
    file = folder / "marked.json"
    file.write_text(write(VALID), encoding="utf-8-sig")
    assert "stops on tiny_tool_use" in run("check", file).out
    run("fix", file, "-o", file)
    assert "runs on tiny_tool_use" in run("check", file).out


def test_fix_says_that_it_dropped_the_byte_order_mark() -> None:
    result = run("fix", "-", stdin="\ufeff" + write(VALID))
    assert result.out == write(VALID)
    assert "  dropped the byte-order mark [config.json.byte_order_mark]\n" in result.err


def test_fix_of_another_rule_keeps_the_byte_order_mark() -> None:
    marked = "\ufeff" + write(BROKEN)
    assert run("fix", "-", "--rule", "no.such.rule", stdin=marked).out == marked
    result = run("fix", "-", "--rule", "training.batch_size.type", stdin=marked)
    assert result.out.startswith("\ufeff{")
    assert "byte-order" not in result.err


def test_an_unknown_trainer_exits_2(folder: Path) -> None:
    result = run("check", "--trainer", "axolotl", folder / "valid.json")
    assert result.code == 2
    assert "axolotl" in result.err
    assert result.err.count("\n") == 1


def test_standard_input_is_a_dash() -> None:
    assert run("check", "-", stdin=write(VALID)).code == 0


def test_a_syntax_error_is_one_line_with_its_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{\n  "model": {},\n}\n', encoding="utf-8")
    result = run("check", bad)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(f"{bad}: line 2, column 14: Delete this comma")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b"[]", "a list"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": ' * 100, "deep"),
        (b" " * 3_000_000, "1 MiB"),
    ],
)
def test_what_is_no_config_is_refused_in_one_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    result = run("derive", tmp_path / "bad.json")
    assert result.code == 2
    assert reason in result.err
    assert result.err.count("\n") == 1


def test_a_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    assert run("check", tmp_path) == (2, "", f"{tmp_path}: can't be read: Is a directory.\n")


def test_a_name_can_not_write_to_the_terminal() -> None:
    result = run("check", "a\x1b[31m\nb\0.json")
    assert result.code == 2
    assert result.err.startswith(r"a\x1b[31m\nb\x00.json: can't be read")
    assert result.err.count("\n") == 1


def test_a_value_can_not_write_to_the_terminal() -> None:
    document = put(VALID, ("training", "method"), "s\x1b[31mft")
    result = run("check", "-", stdin=write(put(document, ("tr\x9baining",), {})))
    assert "\x1b" not in result.out
    assert "\x9b" not in result.out


def test_fix_prints_the_config_and_says_what_it_did(folder: Path) -> None:
    result = run("fix", folder / "broken.json")
    assert parse(result.out)["training"]["batch_size"] == 1
    assert result.err.startswith("Applied ")
    assert "  training.batch_size: 0 -> 1 [training.batch_size.type]\n" in result.err
    assert result.code == 0


CHANGES = [
    (put(VALID, ("tools",), {}), "tools: {} -> []"),
    (drop(VALID, ("tokenizer", "trust_remote_code")), "added tokenizer.trust_remote_code: false"),
    (put(VALID, ("training", "warmup_ratio"), 0.1), "removed training.warmup_ratio"),
    (
        put(drop(VALID, ("training", "learning_rate")), ("training", "lr"), 1e-5),
        "moved training.lr to training.learning_rate",
    ),
]


@pytest.mark.parametrize(("document", "change"), CHANGES)
def test_fix_says_what_it_changed(document: Document, change: str) -> None:
    assert f"  {change} [" in run("fix", "-", stdin=write(document)).err


def test_fix_shows_no_secret_and_no_long_value() -> None:
    token = "hf_" + "a1B2" * 10
    document = put(VALID, ("training", "batch_size"), token)
    document = put(document, ("training", "learning_rate"), "long " * 99)
    document = put(document, ("evaluation", "metrics"), [{"api_key": "x1y2"}, "perplexity"])
    lines = run("fix", "-", stdin=write(document)).err.splitlines()
    assert any(line.startswith('  training.batch_size: "[secret]" -> ') for line in lines)
    assert any('[{"api_key": "[secret]"}, ' in line for line in lines)
    assert max(map(len, lines)) < 200


def test_safe_fixes_leave_alone_what_is_trained() -> None:
    document = drop(BROKEN, ("tokenizer", "trust_remote_code"))
    result = run("fix", "-", "--safe", stdin=write(document))
    assert parse(result.out)["training"]["batch_size"] == 0
    assert "added tokenizer.trust_remote_code: false" in result.err
    assert result.code == 1


def test_fix_of_one_rule_leaves_the_rest_alone(folder: Path) -> None:
    rule = json.loads(run("check", "--json", folder / "broken.json").out)["errors"][0]["rule"]
    result = run("fix", folder / "broken.json", "--rule", rule)
    assert drop(parse(result.out), ("training", "batch_size")) == drop(
        VALID, ("training", "batch_size")
    )


def test_fix_with_nothing_to_fix_keeps_every_byte(tmp_path: Path) -> None:
    text = write(VALID).replace("\n", "\n\n").replace(": ", " :\t")
    result = run("fix", "-", "--rule", "no.such.rule", stdin=text)
    assert result.code == 0
    assert result.out == text


def test_fix_of_a_rule_that_found_nothing_names_those_that_did() -> None:
    result = run("fix", "-", "--rule", "training.batch_size.tipe", stdin=write(BROKEN))
    assert result.err.startswith("No finding of rule 'training.batch_size.tipe' in -; ")
    assert "training.batch_size.type" in result.err
    assert result.err.count("\n") == 1


def test_fix_can_write_over_its_own_file(folder: Path) -> None:
    file = folder / "broken.json"
    file.chmod(0o640)
    result = run("fix", file, "-o", file)
    assert result.out == ""
    assert run("check", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in folder.iterdir()) == [
        "broken.json",
        "stops.json",
        "valid.json",
    ]


def test_fix_into_a_missing_folder_is_one_line(folder: Path) -> None:
    target = folder / "none" / "out.json"
    result = run("fix", folder / "valid.json", "-o", target)
    assert result == (2, "", f"{target}: can't be written: No such file or directory.\n")


def test_fix_writes_to_a_device_without_replacing_it(folder: Path) -> None:
    assert run("fix", folder / "broken.json", "-o", os.devnull).code == 0
    assert not Path(os.devnull).is_file()


def test_fix_that_leaves_errors_exits_1() -> None:
    assert run("fix", "-", "--rule", "no.such.rule", stdin=write(BROKEN)).code == 1


def test_derive_prints_each_number_with_its_arithmetic(folder: Path) -> None:
    lines = run("derive", folder / "valid.json").out.splitlines()
    (updates,) = [line for line in lines if line.startswith("updates_total")]
    assert updates.split()[1] == "120"


def test_derive_json_is_the_derived_contract(folder: Path) -> None:
    derived = json.loads(run("derive", "--json", folder / "valid.json").out)
    assert derived["effective_batch"] == 16
    assert derived["updates_total"] == 120
    assert "notes" in derived
    assert (derived["memory"] is None) == ("memory" in derived["notes"])


def test_derive_says_what_fits_a_machine_and_what_would(folder: Path) -> None:
    sample = run("presets", "sft_toolbench").out
    told = run("derive", "--machine", "t4", "-", stdin=sample).out
    assert "NVIDIA T4, 16 GiB: exceeds." in told
    assert "Batch size 1, accumulation 32" in told
    odd = folder / "odd.json"
    odd.write_text('{"model_type": "rwkv"}')
    refused = run("derive", "--model-config", odd, folder / "valid.json")
    assert (refused.code, refused.out) == (2, "")
    assert "rwkv" in refused.err


def test_schema_prints_a_json_schema() -> None:
    Draft202012Validator.check_schema(json.loads(run("schema").out))


def test_fields_lists_every_key() -> None:
    lines = run("fields").out.splitlines()
    assert "training.learning_rate  5e-5 (sft), 5e-6 (dpo)  a number above 0" in [
        "  ".join(filter(None, map(str.strip, line.split("  ")))) for line in lines
    ]


@pytest.mark.parametrize(
    "argv",
    [["chek"], ["check"], ["diff", "a"], ["diff", "--csv", "--json", "a", "b"], ["fix", "a", "-q"]],
)
def test_wrong_arguments_are_one_line_and_exit_2(argv: list[str]) -> None:
    result = run(*argv)
    command = "python -m core" if argv == ["chek"] else f"python -m core {argv[0]}"
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"{command}: ")
    assert result.err.endswith(f"; see {command} --help\n")
    assert result.err.count("\n") == 1


def test_no_command_prints_the_help_and_exits_2() -> None:
    assert run() == (2, run("--help").out, "Name a command, such as check.\n")


@pytest.mark.parametrize("command", ["", "presets", "check", "fix", "diff", "derive", "schema"])
def test_help_has_examples(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.code == 0
    assert "examples:\n  python -m core" in result.out


@pytest.mark.parametrize("command", ["", "check", "fix", "diff"])
def test_help_says_the_exit_codes(command: str) -> None:
    assert "exit codes:\n  0  " in run(*command.split(), "--help").out


def test_a_reader_that_goes_away_leaves_no_traceback() -> None:
    process = start("schema")
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate()
    assert errors == b""
    assert process.returncode == 141


def test_ctrl_c_exits_130_without_a_traceback() -> None:
    # A shell's background job ignores the signal, and its children would too.
    process = start("check -", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    # Python itself answers a signal that comes before it has started, with a traceback.
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (130, b"")


def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        process = start("schema", stdout=full)
        _, errors = process.communicate()
    assert errors == b"The output can't be written: No space left on device.\n"
    assert process.returncode == 2


def test_output_is_utf_8_whatever_the_terminal_says() -> None:
    process = start("check -", env={"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]})
    out, errors = process.communicate(write(VALID).encode())
    assert out.decode().startswith("VALID · ")
    assert errors == b""


def loaded_by_check(document: Document) -> list[str]:
    heavy = ("streamlit", "pandas", "numpy", "supabase", "jsonschema", "jsonpatch", "fastapi")
    code = (
        "import sys; from core.cli import main; main(['check', '-']); "
        f"print(*(name for name in {heavy} if name in sys.modules), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=write(document).encode(), capture_output=True
    )
    return process.stderr.decode().split()


def test_check_loads_nothing_heavy() -> None:
    assert loaded_by_check(find("dpo_basic").config) == []


def test_check_loads_at_most_jsonpatch_to_prove_a_fix() -> None:
    assert set(loaded_by_check(BROKEN)) <= {"jsonpatch"}


def test_check_names_the_environment_that_is_not_the_usual_one(folder: Path) -> None:
    sample = run("presets", "sft_toolbench").out
    told = run("check", "--environment", "today", "--machine", "cpu", "-", stdin=sample)
    assert told.out.splitlines()[0].endswith("stops on tiny_tool_use (today/cpu)")
    for option in ("trainer", "environment", "machine"):
        refused = run("check", f"--{option}", "abacus", "-", stdin=sample)
        assert (refused.code, refused.out) == (2, "")
        assert f"There is no {option} 'abacus'; choose one of: " in refused.err

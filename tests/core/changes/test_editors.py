"""``$schema`` in a config: first, kept, and passed over by rules and trainers."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from core.changes.editors import BESIDE, FILE_NAME, with_schema
from core.check import check
from core.document import Document, parse, write
from core.presets import find, load
from core.schema import json_schema
from tests.command import run
from tests.core.rules.test_properties import configs


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{\n  "a": 5e-5\n}\n', '{\n  "$schema": "X",\n  "a": 5e-5\n}\n'),
        ('{"a": 1}', '{"$schema": "X", "a": 1}'),
        ("{}", '{"$schema": "X"}'),
        ('\n{ "a": {"$schema": 1} }', '\n{ "$schema": "X", "a": {"$schema": 1} }'),
        ('{"a": 1, "$schema": null}', '{"a": 1, "$schema": "X"}'),
    ],
)
def test_all_else_stays_as_it_is_written(text: str, wanted: str) -> None:
    assert with_schema(text, "X") == wanted


@given(configs())
@settings(max_examples=50)
def test_it_is_the_only_difference(document: Document) -> None:
    for text in (json.dumps(document), json.dumps(document, indent=4)):
        assert json.loads(with_schema(text)) == {"$schema": BESIDE, **document}
        assert next(iter(json.loads(with_schema(text)))) == "$schema"


@pytest.mark.parametrize("preset", load(), ids=lambda preset: preset.id)
def test_check_says_the_same_with_it(preset: object) -> None:
    config = find(getattr(preset, "id", "")).config
    assert check({"$schema": BESIDE, **config}) == check(config)


def test_a_file_that_was_just_begun_is_told_the_same_with_it() -> None:
    assert check({"$schema": BESIDE}) == check({})


def test_what_names_no_schema_is_an_unknown_key() -> None:
    report = check({"$schema": 1, **find("hybrid").config})
    assert [one.field for one in report if one.rule == "config.key.unknown"] == ["$schema"]


def test_the_command_adds_it_and_writes_the_schema_beside(tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        file.write_text('{"seed": 1}\n', "utf-8")
    assert run("schema", "--add", *files).code == 0
    assert [parse(file.read_text("utf-8"))["$schema"] for file in files] == [BESIDE, BESIDE]
    assert (tmp_path / FILE_NAME).read_text("utf-8") == write(json_schema())


def test_nothing_is_written_where_one_cannot_be_read(tmp_path: Path) -> None:
    good, broken = tmp_path / "a.json", tmp_path / "b.json"
    good.write_text("{}", "utf-8")
    broken.write_text("{", "utf-8")
    assert run("schema", "--add", good, broken).code == 2
    assert good.read_text("utf-8") == "{}"
    assert not (tmp_path / FILE_NAME).exists()


def test_standard_input_has_no_place_to_write_to() -> None:
    done = run("schema", "--add", "-", stdin="{}")
    assert (done.code, done.out) == (2, "")
    assert "name a file" in done.err

from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from core import catalog
from core.check import check
from core.document import Document, drop, get, put, read
from core.fields import table
from core.findings import Finding
from core.presets import find, load
from core.schema import json_schema
from core.schema.rules import META
from tests.core.rules.test_properties import configs

VALID = find("hybrid").config
CORPUS: Final = Path(__file__).parents[2] / "data" / "tiny_tool_use"

# What no schema can say: it compares values of a config, or looks for secrets in all of its text.
UNSAYABLE: Final = frozenset(
    {
        "import.not_a_config",
        "security.secret",
        "security.tool_api",
        "security.tool_headers",
        "tokenizer.name.mismatch",
        "tools.name.duplicate",
    }
)


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def is_valid(document: Document) -> bool:
    return bool(validator().is_valid(document))


def can_be_said(document: Document, finding: Finding) -> bool:
    """Whether a schema can refuse what the finding is about; to a schema 4.0 is a whole number."""
    value = get(document, finding.path)
    is_whole = isinstance(value, float) and value.is_integer()
    return finding.rule not in UNSAYABLE and not is_whole


def properties(section: str) -> dict[str, Any]:
    reference = json_schema()["properties"][section]["$ref"].rpartition("/")[2]
    found: dict[str, Any] = json_schema()["$defs"][reference]["properties"]
    return found


def test_it_is_a_schema_of_the_current_draft() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("preset", load(), ids=lambda preset: preset.id)
def test_every_preset_is_valid(preset: Any) -> None:
    assert is_valid(preset.config)


def test_it_fits_its_own_schema_by_another_implementation_too() -> None:
    assert jsonschema_rs.is_valid({"$ref": META}, json_schema())
    assert jsonschema_rs.is_valid(json_schema(), VALID)
    assert not jsonschema_rs.is_valid(json_schema(), put(VALID, ("training", "batch_size"), 0))


@given(configs())
@settings(max_examples=150)
def test_it_refuses_what_check_calls_an_error_and_nothing_else(document: Document) -> None:
    errors = check(document).errors
    if any(can_be_said(document, error) for error in errors):
        assert not is_valid(document), errors
    if not errors:
        assert is_valid(document), list(validator().iter_errors(document))


EXAMPLES: Final = [
    pytest.param(example.document(), id=f"{entry.id}-{number}")
    for entry in catalog.entries().values()
    for number, example in enumerate((*entry.speaks, entry.silent))
]


@pytest.mark.parametrize("document", EXAMPLES)
def test_it_refuses_the_examples_of_the_rules_that_are_errors(document: Document) -> None:
    errors = check(document).errors
    assert is_valid(document) == (not any(can_be_said(document, error) for error in errors))


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.json")), ids=lambda file: file.stem)
def test_it_takes_the_trainers_own_configs_where_check_does(file: Path) -> None:
    document = read(file.read_bytes()).document
    assert is_valid(document) == (not check(document).errors)


def test_every_field_has_a_title_and_a_description() -> None:
    for spec in table().values():
        if spec.section == "training":
            assert properties("training")[spec.key]["title"] == spec.title
            assert properties("training")[spec.key]["description"].startswith(spec.help)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("training", "batch_size"), 0),
        (("training", "batch_size"), "4"),
        (("training", "learning_rate"), 0),
        (("training", "method"), "ppo"),
        (("training", "use_lora"), None),
        (("data", "train_split"), 1.5),
        (("model", "device_map"), "gpu"),
        (("tools",), [{"name": "x"}]),
        (("tools",), {"calculator": {}}),
    ],
)
def test_a_wrong_value_is_refused(path: tuple[str, ...], value: object) -> None:
    assert not is_valid(put(VALID, path, value))


def test_a_missing_section_is_refused_and_an_unknown_key_is_not() -> None:
    assert not is_valid(drop(VALID, ("tokenizer",)))
    assert is_valid(put(VALID, ("training", "mine"), 1))
    assert is_valid({**VALID, "notes": "mine"})


def test_an_empty_object_is_a_tool_list_for_toolbench_only() -> None:
    assert is_valid(put(VALID, ("tools",), {}))
    assert not is_valid(put(put(VALID, ("tools",), {}), ("data", "strategy"), "teacher_mode"))


def test_lora_bounds_count_only_with_lora_on() -> None:
    rankless = put(VALID, ("training", "lora_r"), 0)
    assert not is_valid(rankless)
    assert not is_valid(drop(rankless, ("training", "use_lora")))
    assert is_valid(put(rankless, ("training", "use_lora"), False))


def test_dpo_bounds_count_only_for_dpo() -> None:
    odd = put(VALID, ("training", "optim"), "adamw_hf")
    assert is_valid(odd)
    assert not is_valid(put(odd, ("training", "method"), "dpo"))


def test_a_default_is_what_the_trainer_uses_for_every_method() -> None:
    assert properties("training")["num_epochs"]["default"] == 3
    assert properties("model")["torch_dtype"]["default"] == "float16"
    assert "default" not in properties("training")["learning_rate"]
    assert (
        "Where absent: 5e-5, for DPO 5e-6."
        in properties("training")["learning_rate"]["description"]
    )


def test_no_default_is_null() -> None:
    for definition in json_schema()["$defs"].values():
        for value in definition["properties"].values():
            assert value.get("default", 0) is not None


def test_a_description_says_unit_and_what_has_no_effect() -> None:
    warmup = properties("training")["warmup_steps"]["description"]
    assert "Unit: updates." in warmup
    assert "No effect for DPO: DPO has no warm-up." in warmup
    assert "No effect: nothing reads it" in properties("training")["weight_decay"]["description"]

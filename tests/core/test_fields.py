"""The field table says everything that form, command line and docs need."""

import re

import pytest

from core import fields
from core.fields import FieldSpec

TABLE = tuple(fields.table().values())
BOUNDED = [spec for spec in TABLE if (spec.minimum, spec.maximum) != (None, None)]

each_field = pytest.mark.parametrize("spec", TABLE, ids=lambda spec: spec.name)


@each_field
def test_a_field_has_a_title_and_one_sentence_of_help(spec: FieldSpec) -> None:
    assert spec.title
    assert spec.title == spec.title.strip()
    assert re.fullmatch(r"\S.*[^.]\.", spec.help)
    assert not re.search(r"[.!?] +[A-Z]", spec.help)


@each_field
def test_a_field_says_where_the_trainer_reads_it(spec: FieldSpec) -> None:
    assert spec.use.source.strip()


@each_field
def test_the_trainers_own_value_is_well_formed_where_it_is_one(spec: FieldSpec) -> None:
    for method in ("sft", "dpo"):
        value = spec.absent(method)
        placeholder = isinstance(value, str) and value.startswith("<")
        assert value is None or placeholder or spec.accepts(value)


@each_field
def test_what_a_field_offers_it_accepts(spec: FieldSpec) -> None:
    offers = (*spec.offered, *(spec.use.suggestions if spec.kind == "text" else ()))
    assert [offer for offer in offers if not spec.accepts(offer)] == []


@each_field
def test_a_field_is_found_by_its_path(spec: FieldSpec) -> None:
    indexed = tuple(3 if step == "*" else step for step in spec.path)
    assert fields.find(indexed) is spec
    assert spec.key in fields.keys_at(indexed[:-1])
    assert spec in fields.in_section(spec.section)


@pytest.mark.parametrize("spec", BOUNDED, ids=lambda spec: spec.name)
def test_every_bound_shows_in_what_a_field_wants(spec: FieldSpec) -> None:
    for bound, inclusive, exclusive in (
        (spec.minimum, "from", "above"),
        (spec.maximum, "to", "below"),
    ):
        open_end = spec.above if exclusive == "above" else spec.below
        if bound is not None and abs(bound) <= 2**53:
            assert f"{exclusive if open_end else inclusive} {bound:g}" in spec.wants()


@pytest.mark.parametrize("spec", BOUNDED, ids=lambda spec: spec.name)
def test_bounds_are_where_acceptance_ends(spec: FieldSpec) -> None:
    number = int if spec.kind == "integer" else float
    if spec.minimum is not None:
        assert spec.accepts(number(spec.minimum)) is not spec.above
        assert not spec.accepts(number(spec.minimum) - 1)
    if spec.maximum is not None:
        assert spec.accepts(number(spec.maximum)) is not spec.below


def test_what_a_field_wants_reads_on_after_must_be() -> None:
    wants = {spec.name: spec.wants() for spec in TABLE}
    assert wants["training.learning_rate"] == "a number above 0"
    assert wants["training.lora_dropout"] == "a number from 0 and below 1"
    assert wants["data.train_split"] == "a number from 0 to 1"
    assert wants["training.batch_size"] == "a whole number from 1"
    assert wants["training.method"] == "one of sft, dpo, rlhf, teacher_mode"
    assert wants["model.device_map"].startswith("text such as auto, cuda, cpu")
    assert wants["seed"] == "a whole number"


def test_types_are_strict() -> None:
    table = {spec.name: spec for spec in TABLE}
    assert table["training.learning_rate"].accepts(1)
    assert not table["training.learning_rate"].accepts("5e-5")
    assert not table["training.learning_rate"].accepts(True)
    assert not table["training.learning_rate"].accepts(float("nan"))
    assert not table["training.num_epochs"].accepts(1.0)
    assert not table["training.use_lora"].accepts(1)
    assert not table["model.torch_dtype"].accepts(None)


def test_paths_that_no_model_knows_find_nothing() -> None:
    assert fields.find(("training", "learning_rat")) is None
    assert fields.find(("tools", 0)) is None
    assert fields.find(()) is None
    assert fields.keys_at(("x",)) == frozenset()
    assert fields.is_open(("tools", 0, "parameters", "properties"))
    assert not fields.is_open(("training", "learning_rate"))

"""Which values of a config its run looks at."""

from typing import Any

import pytest

from core import fields
from core.document import ABSENT, Document
from core.fields import FieldSpec
from core.reading.effect import Reader, reader
from core.reading.view import View


def read_by(document: Document) -> Reader:
    return reader(View(document))


def spec(*path: str) -> FieldSpec:
    found = fields.table().get(path)
    assert found is not None
    return found


def training(**values: Any) -> Reader:
    return read_by({"training": values})


def data(**values: Any) -> Reader:
    return read_by({"data": values})


def test_each_method_looks_at_its_own_values() -> None:
    warmup, optim = spec("training", "warmup_steps"), spec("training", "optim")
    for method in ("sft", "teacher_mode"):
        own = training(method=method)
        assert (own.reads(warmup), own.reads(optim)) == (True, False)
    dpo = training(method="dpo")
    assert (dpo.reads(warmup), dpo.reads(optim)) == (False, True)


def test_lora_values_are_read_unless_lora_is_off() -> None:
    rank = spec("training", "lora_r")
    assert training().reads(rank)
    assert training(use_lora=True).reads(rank)
    assert not training(use_lora=False).reads(rank)
    # The trainer looks at truth only.
    assert training(use_lora="false").reads(rank)


def test_tools_are_read_unless_the_data_are_toolbenchs_own() -> None:
    name = spec("tools", "*", "name")
    assert data(strategy="toolbench", generation_type="synthetic").reads(name)
    assert not data(strategy="toolbench", generation_type="real").reads(name)
    assert not data(strategy="toolbench", generation_type="REAL").reads(name)


@pytest.mark.parametrize(
    ("strategy", "generation", "is_read"),
    [
        ("manual_templates", "synthetic", False),
        ("toolbench", "synthetic", False),
        ("toolbench", "real", True),
        ("teacher_mode", "synthetic", True),
    ],
)
def test_max_samples_is_read_where_it_decides_the_rows(
    strategy: str, generation: str, is_read: bool
) -> None:
    own = data(strategy=strategy, generation_type=generation)
    assert own.reads(spec("data", "max_samples")) == is_read


def test_no_run_looks_at_an_unknown_key() -> None:
    assert not training(method="dpo").reads(None)


def test_an_absent_value_is_the_trainers_own() -> None:
    rate, rank = spec("training", "learning_rate"), spec("training", "lora_r")
    assert training(method="sft").used(rate, ABSENT) == 5e-5
    assert training(method="dpo").used(rate, ABSENT) == 5e-6
    assert training().used(rank, ABSENT) == 16
    assert training().used(rank, None) is None
    assert training().used(spec("model", "name"), ABSENT) is ABSENT


def test_configs_that_are_read_alike_have_one_reader() -> None:
    assert training(method="sft", lora_r=8) == training(method="teacher_mode", lora_r=16)
    assert len({training(), training(use_lora=True), training(use_lora=False)}) == 2


@pytest.mark.parametrize("field", fields.table().values(), ids=lambda field: field.name)
def test_a_field_is_read_by_each_method_that_does_not_ignore_it(field: FieldSpec) -> None:
    for method in ("sft", "dpo"):
        is_read = training(method=method).reads(field)
        assert is_read == (method not in field.use.ignored)

"""What follows from documents, side by side."""

import json

import pytest

from core.check import check
from core.comparing.consequences import MEMORY, VERDICTS, Consequence, consequences, outcome
from core.derive import QUANTITIES, derive
from core.document import Document, put
from core.presets import Preset, find, load
from core.reading.view import View


def rows(*documents: Document) -> dict[str, Consequence]:
    return {row.name: row for row in consequences([outcome(document) for document in documents])}


@pytest.mark.parametrize("preset", load(), ids=lambda preset: preset.id)
def test_the_numbers_are_those_of_the_form_and_the_checks(preset: Preset) -> None:
    found, derived, report = rows(preset.config), derive(View(preset.config)), check(preset.config)
    assert {name: found[name].values for name in QUANTITIES} == {
        name: (getattr(derived, name),) for name in QUANTITIES
    }
    shown = report.as_json()
    assert {name: found[name].values for name in VERDICTS} == {
        "errors": (len(shown["errors"]),),
        "warnings": (len(shown["warnings"]),),
        "infos": (len(shown["infos"]),),
        "runs": (shown["trainer"]["runs"],),
        "learns": (shown["trainer"]["learns"],),
    }


def test_verdicts_come_first_each_with_a_title() -> None:
    found = consequences([outcome(find("sft_toolbench").config)])
    assert [row.name for row in found] == [*VERDICTS, *QUANTITIES, MEMORY]
    assert [row.kind for row in found] == ["verdict"] * 5 + ["derived"] * (len(QUANTITIES) + 1)
    assert all(row.title for row in found)


def test_a_larger_batch_makes_fewer_updates_and_the_same_rows() -> None:
    document = find("sft_toolbench").config
    found = rows(document, put(document, ("training", "batch_size"), 8), document)
    updates = found["updates_total"]
    assert updates.differs
    assert updates.values[1] < updates.values[0]  # type: ignore[operator]
    assert [updates.differs_at(index, base=0) for index in range(3)] == [False, True, False]
    assert [updates.differs_at(index, base=1) for index in range(3)] == [True, False, True]
    assert not found["rows_train"].differs
    assert not found["errors"].differs


def test_memory_is_one_number_or_what_is_likely_and_the_worst() -> None:
    made = find("teacher_mode").config
    found = rows(find("sft_toolbench").config, made, put(made, ("model", "name"), "ada/unknown"))
    exact, both, unknown = found[MEMORY].values
    assert exact == 21.7
    assert isinstance(both, tuple)
    assert both[0] < both[1]
    assert unknown is None


def test_a_config_that_does_not_run_learns_nothing() -> None:
    document = put(find("sft_toolbench").config, ("training", "method"), "rlhf")
    found = rows(document)
    assert (found["runs"].values, found["learns"].values) == ((False,), (False,))


def test_what_cannot_be_said_is_no_number() -> None:
    found = rows({})
    assert found["updates_total"].values == (None,)
    assert found["errors"].values[0]


def test_the_json_form_writes_a_pair_as_a_list() -> None:
    row = Consequence("rows_train", "training rows", "derived", ((1, 2), 3))
    assert row.as_json() == {"name": "rows_train", "values": [[1, 2], 3], "differs": True}


def test_every_row_can_be_written_as_json() -> None:
    documents = [preset.config for preset in load()]
    for row in rows(*documents).values():
        assert len(json.loads(json.dumps(row.as_json()))["values"]) == len(documents)

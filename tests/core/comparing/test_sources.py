"""What can be compared: every kind of source over a real SQLite store."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import presets
from core.comparing.sources import DRAFT, Kind, Origin, Shelf, Side, gather, origin
from core.document import put, read
from core.drafts import draft as drafts
from core.drafts.draft import Draft
from core.errors import Unavailable
from core.stores.protocol import Config
from core.workbench import Workbench, saved_as
from tests.stores import Stores, sqlite_stores

MADE_UP = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with sqlite_stores(tmp_path) as stores:
        yield stores


@pytest.fixture
def bench(stores: Stores) -> Workbench:
    return Workbench(stores.anna, stores.users[0])


def draft(name: str = "mine") -> Draft:
    return drafts.from_preset(presets.find("sft_toolbench")).renamed(name)


def shelf(bench: Workbench | None = None, **files: str) -> Shelf:
    return Shelf(draft(), {name: read(text.encode()) for name, text in files.items()}, bench)


def saved_twice(bench: Workbench) -> Config:
    first = bench.save(draft())
    kept = draft().kept_as(saved_as(first), first.text)
    return bench.save(kept.with_document(put(kept.document, ("training", "num_epochs"), 7)))


def epochs(side: Side) -> Any:
    return side.document["training"]["num_epochs"]


def one(asked: Origin, own: Shelf) -> Side:
    (side,), missing = gather([asked], own)
    assert missing == ()
    return side


def reason(asked: Origin, own: Shelf) -> str:
    sides, (missing,) = gather([asked], own)
    assert (sides, missing.origin) == ((), asked)
    return missing.reason


def is_one_sentence(text: str) -> bool:
    return text.endswith(".") and ". " not in text and "\n" not in text


# --- Names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (DRAFT, "draft"),
        (Origin("preset", "hybrid"), "preset:hybrid"),
        (Origin("config", MADE_UP), f"config:{MADE_UP}"),
        (Origin("config", MADE_UP, 4), f"config:{MADE_UP}@4"),
        (Origin("file", "run@3: größer.json"), "file:run@3: größer.json"),
    ],
)
def test_an_origin_has_a_name_that_leads_back_to_it(asked: Origin, name: str) -> None:
    assert asked.name == name
    assert origin(name) == asked


@given(
    st.just(DRAFT)
    | st.builds(Origin, st.sampled_from(["preset", "file"]), st.text(min_size=1, max_size=255))
    | st.builds(
        Origin, st.just("config"), st.uuids().map(str), st.none() | st.integers(1, 999_999_999)
    )
)
def test_every_origin_is_found_by_its_name(asked: Origin) -> None:
    assert origin(asked.name) == asked


@given(st.text() | st.text("draftconfigle:@0123٣", max_size=20) | st.from_regex(r"config:.+@\d+"))
@example("config:x@1٣")
def test_a_text_is_the_name_of_an_origin_or_of_none(name: str) -> None:
    found = origin(name)
    assert found is None or (found.name == name and found.kind in get_args(Kind))


@pytest.mark.parametrize(
    "name", ["", "Draft", "draft:", "preset", "preset:", "http://x", "file:" + "x" * 1000]
)
def test_garbage_names_nothing(name: str) -> None:
    assert origin(name) is None


# --- What is there --------------------------------------------------------------------------


def test_the_open_draft_with_what_is_not_saved() -> None:
    side = one(DRAFT, shelf())
    assert (side.title, side.document, side.text) == ("mine", draft().document, draft().as_text())
    assert side.config_id is None


def test_a_template() -> None:
    side = one(Origin("preset", "hybrid"), shelf())
    assert (side.title, side.detail, side.file_name) == ("hybrid", "template", "hybrid.json")
    assert side.document == presets.find("hybrid").config
    assert read(side.text.encode()).document == side.document


def test_a_file_as_it_was_written() -> None:
    text = '{"b": 1.50,\n "a": 1}'
    side = one(Origin("file", "run"), shelf(run=text))
    assert (side.title, side.detail, side.text) == ("run", "file", text)
    assert side.document == {"b": 1.5, "a": 1}


def test_a_saved_config_is_its_newest_version(bench: Workbench) -> None:
    config = saved_twice(bench)
    side = one(Origin("config", config.id), shelf(bench))
    assert (side.title, side.detail, epochs(side)) == ("mine", "saved, version 2", 7)
    assert (side.text, side.config_id) == (config.text, config.id)


def test_an_older_version_of_a_config(bench: Workbench) -> None:
    config = saved_twice(bench)
    side = one(Origin("config", config.id, 1), shelf(bench))
    assert (side.title, side.detail, side.file_name) == ("mine", "version 1", "mine-v1.json")
    assert side.document == draft().document
    assert side.config_id == config.id


def test_looking_is_no_use_of_a_config(bench: Workbench) -> None:
    config = saved_twice(bench)
    gather([Origin("config", config.id), Origin("config", config.id, 1)], shelf(bench))
    assert bench.config(config.id).times_used == 0


def test_documents_come_in_the_order_they_were_asked_for(bench: Workbench) -> None:
    config = saved_twice(bench)
    asked = [
        Origin("config", config.id, 1),
        Origin("file", "gone"),
        Origin("preset", "hybrid"),
        Origin("config", config.id),
        DRAFT,
        Origin("config", MADE_UP),
        Origin("config", config.id),
        Origin("file", "run"),
    ]
    sides, missing = gather(asked, shelf(bench, run="{}"))
    assert [side.origin for side in sides] == [asked[place] for place in (0, 2, 3, 4, 6, 7)]
    assert {item.origin for item in missing} == {asked[1], asked[5]}
    assert [item.reason for item in missing] == sorted(item.reason for item in missing)


def test_nothing_asked_for_is_nothing(bench: Workbench) -> None:
    assert gather([], shelf(bench)) == ((), ())


# --- What is not there ----------------------------------------------------------------------


def test_a_template_that_there_is_none_of() -> None:
    assert is_one_sentence(text := reason(Origin("preset", "sft_tool"), shelf()))
    assert "'sft_tool'" in text


def test_a_file_of_another_session() -> None:
    assert is_one_sentence(text := reason(Origin("file", "run.json"), shelf()))
    assert "'run.json'" in text


@pytest.mark.parametrize("version", [None, 1])
def test_a_config_while_nobody_is_signed_in(version: int | None) -> None:
    asked = Origin("config", MADE_UP, version)
    assert reason(asked, shelf()) == "Sign in to compare a saved config."


def test_a_version_that_was_never_made(bench: Workbench) -> None:
    config = saved_twice(bench)
    assert is_one_sentence(text := reason(Origin("config", config.id, 999_999_999), shelf(bench)))
    assert "999999999" in text


@pytest.mark.parametrize("version", [None, 1])
def test_a_config_that_was_deleted(bench: Workbench, version: int | None) -> None:
    config = saved_twice(bench)
    bench.delete([config.id])
    text = reason(Origin("config", config.id, version), shelf(bench))
    assert is_one_sentence(text)
    assert text == reason(Origin("config", MADE_UP, version), shelf(bench))


@pytest.mark.parametrize("version", [None, 1, 9])
def test_anothers_config_is_missing_like_a_made_up_one(
    stores: Stores, bench: Workbench, version: int | None
) -> None:
    config = saved_twice(Workbench(stores.bert, stores.users[1]))
    for wanted in (config.id, MADE_UP, "no id at all", "\x00", "'; --"):
        text = reason(Origin("config", wanted, version), shelf(bench))
        assert text == reason(Origin("config", MADE_UP, version), shelf(bench))


@given(st.sampled_from([Origin("preset", "x"), Origin("file", "x")]), st.text(max_size=80))
def test_a_long_or_odd_name_is_told_shortly(asked: Origin, text: str) -> None:
    wanted = replace(asked, id=f"x{text * 20}")
    assert len(reason(wanted, shelf())) < 800


class Away(Workbench):
    """A library that can't be reached."""

    def several(self, config_ids: object) -> NoReturn:
        raise Unavailable("The library can't be reached; try again.")

    def version(self, config_id: str, number: int) -> NoReturn:
        raise Unavailable("The library can't be reached; try again.")


def test_what_is_saved_elsewhere_is_missing_in_an_outage_and_the_rest_is_there(
    bench: Workbench,
) -> None:
    config = saved_twice(bench)
    asked = [
        Origin("config", config.id),
        Origin("preset", "hybrid"),
        Origin("config", config.id, 1),
    ]
    sides, missing = gather(asked, shelf(Away(bench.store, bench.actor)))
    assert [side.origin for side in sides] == [asked[1]]
    assert {item.reason for item in missing} == {"The library can't be reached; try again."}

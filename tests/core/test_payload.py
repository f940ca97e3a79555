"""Unsaved work as text: what goes in comes out."""

import json

import pytest

from core import draft as drafts
from core import presets
from core.document import put, read
from core.draft import Draft, Saved
from core.errors import DocumentError
from core.payload import from_payload, to_payload


def edited() -> Draft:
    draft = drafts.from_preset(presets.find("dpo_basic"))
    changed = draft.with_document(put(draft.document, ("training", "learning_rate"), "4e-"))
    return changed.with_pending(("tools", 0, "parameters"), "{").with_pending((), "{,")


def test_a_draft_comes_back_as_it_was() -> None:
    draft = edited()
    assert from_payload(to_payload(draft)) == draft


def test_an_unchanged_import_keeps_its_bytes() -> None:
    source = read(b'{"b":1.50,\r\n "a": 1e3 }')
    draft = drafts.from_source("mine", source, "import:mine")
    back = from_payload(to_payload(draft))
    assert back.as_text() == source.text
    assert back.base is back.document


def test_it_knows_which_saved_config_it_is_of() -> None:
    saved = Saved("id", 3, "name", "about")
    draft = edited().kept_as(saved, "{}")
    assert from_payload(to_payload(draft)).saved == saved


@pytest.mark.parametrize(
    "payload",
    ["", "{}", "null", "[]", '{"format": 99}', "[" * 100_000, json.dumps({"format": 1})],
)
def test_what_is_not_ours_is_refused_in_one_sentence(payload: str) -> None:
    with pytest.raises(DocumentError, match="can't be read"):
        from_payload(payload)


def test_a_payload_with_a_value_of_the_wrong_type_is_refused() -> None:
    content = json.loads(to_payload(edited()))
    for key in ("text", "pending", "saved"):
        with pytest.raises(DocumentError):
            from_payload(json.dumps({**content, key: 7}))

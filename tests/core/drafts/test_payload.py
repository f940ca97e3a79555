"""Unsaved work as text: what goes in comes out."""

import json

import pytest

from core import presets
from core.document import put, read
from core.drafts import draft as drafts
from core.drafts.draft import Draft, Saved
from core.drafts.payload import from_payload, to_payload
from core.errors import DocumentError
from core.reading.consent import commands
from tests.commands import approval, running


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


def test_its_target_and_the_yes_to_its_commands_come_back() -> None:
    source = read(running("ls", "pwd").encode())
    saved = Saved("id", 3, "name", "about", "a/b/c", (approval("ls"),))
    draft = drafts.from_saved(saved, source, "custom").for_target("x/y/z")
    draft = draft.approving(commands(source.document)[1:])
    back = from_payload(to_payload(draft))
    assert back == draft
    assert back.consent == {command.sha256 for command in commands(source.document)}


def test_a_draft_that_was_kept_before_there_were_targets_is_read() -> None:
    draft = edited()
    draft = draft.kept_as(Saved("id", 3, "name", "about"), draft.as_text()).renamed("new")
    content = json.loads(to_payload(draft))
    for added in ("target", "approved"):
        del content[added], content["saved"][added]
    assert from_payload(json.dumps({**content, "format": 1})) == draft


@pytest.mark.parametrize(
    "payload",
    ["", "{}", "null", "[]", '{"format": 99}', "[" * 100_000, json.dumps({"format": 1})],
)
def test_what_is_not_ours_is_refused_in_one_sentence(payload: str) -> None:
    with pytest.raises(DocumentError, match="can't be read"):
        from_payload(payload)


def test_a_payload_with_a_value_of_the_wrong_type_is_refused() -> None:
    content = json.loads(to_payload(edited()))
    for key in ("text", "pending", "saved", "target", "approved"):
        for value in (7, [7], {"approved": 7}, {"approved": [{"sha256": "x"}]}):
            with pytest.raises(DocumentError):
                from_payload(json.dumps({**content, key: value}))

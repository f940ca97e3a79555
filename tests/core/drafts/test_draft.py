"""The open draft: byte for byte while unedited, undo, the tokenizer that follows, safe names."""

import pytest

from core.document import ABSENT, read
from core.drafts import draft as drafts
from core.drafts.draft import History, Pending, Saved, file_name, from_source, with_value
from core.reading.consent import commands
from tests.commands import approval, digest, running

TEXT = b'{ "model":{"name": "a/b"},\n\n "x": 1e-8 }'


def test_an_unedited_import_comes_out_byte_for_byte() -> None:
    draft = from_source("mine", read(TEXT), "import:mine.json")
    assert draft.as_text().encode() == TEXT


def test_an_edit_that_is_taken_back_comes_out_byte_for_byte() -> None:
    draft = from_source("mine", read(TEXT), "import:mine.json")
    edited = draft.with_document(with_value(draft.document, ("x",), 2))
    assert edited.as_text() != TEXT.decode()
    back = edited.with_document(with_value(edited.document, ("x",), 1e-8))
    assert back.as_text().encode() == TEXT


def test_undo_and_redo_walk_the_same_way() -> None:
    start = drafts.empty()
    second = start.with_document({"seed": 1})
    history = History(start).then(second)
    assert history.undone().present == start
    assert history.undone().redone() == history
    assert history.undone().undone() == history.undone()
    assert history.redone() == history


def test_a_change_that_changes_nothing_is_no_step() -> None:
    history = History(drafts.empty())
    assert history.then(drafts.empty()) is history


def test_true_in_place_of_one_is_a_step() -> None:
    one = drafts.empty().with_document({"seed": 1})
    history = History(one).then(one.with_document({"seed": True}))
    assert history.past == (one,)


def test_a_new_change_forgets_what_was_undone() -> None:
    start = drafts.empty()
    history = History(start).then(start.with_document({"seed": 1})).undone()
    assert history.then(start.with_document({"seed": 2})).future == ()


def test_the_history_is_bounded() -> None:
    history = History(drafts.empty())
    for seed in range(drafts.HISTORY_LIMIT + 10):
        history = history.then(history.present.with_document({"seed": seed}))
    assert len(history.past) == drafts.HISTORY_LIMIT


def test_another_target_is_unsaved_work_of_a_saved_config_only() -> None:
    start = drafts.empty()
    chosen = start.for_target("a/b/c")
    assert (start.is_unsaved, chosen.is_unsaved, chosen.is_changed) == (False, False, False)
    saved = Saved("id", 1, chosen.name, target="a/b/c")
    history = History(start).then(chosen).kept_as(saved, chosen.as_text())
    assert not history.present.is_unsaved
    assert history.undone().present.is_unsaved
    opened = drafts.from_saved(saved, read(TEXT), "custom")
    assert (opened.target, opened.is_unsaved) == ("a/b/c", False)
    assert opened.for_target("").is_unsaved


def test_what_was_saved_has_the_target_that_it_was_saved_with() -> None:
    merged = drafts.empty().for_target("mine").kept_as(Saved("id", 2, "x", target="theirs"), "{}")
    assert (merged.target, merged.is_unsaved) == ("theirs", False)


def test_a_yes_is_a_step_and_stands_beside_what_was_saved() -> None:
    source = read(running("ls", "pwd", "ls").encode())
    saved = Saved("id", 1, "x", approved=(approval("pwd"),))
    start = drafts.from_saved(saved, source, "custom")
    history = History(start).then(start.approving(commands(source.document)[:1]))
    assert history.present.approved == (digest("ls"),)
    assert history.present.consent == {digest("ls"), digest("pwd")}
    assert history.undone().present.consent == {digest("pwd")}
    again = history.present.approving(commands(source.document))
    assert again.approved == (digest("ls"), digest("pwd"))


def test_the_tokenizer_follows_the_model() -> None:
    document = with_value({"model": {}, "tokenizer": {}}, ("model", "name"), "a/b")
    assert document["tokenizer"] == {"name": "a/b"}


def test_a_tokenizer_set_apart_stays() -> None:
    apart = {"model": {"name": "a/b"}, "tokenizer": {"name": "c/d"}}
    assert with_value(apart, ("model", "name"), "e/f")["tokenizer"] == {"name": "c/d"}


def test_absent_takes_a_key_out() -> None:
    assert with_value({"seed": 1}, ("seed",), ABSENT) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("run", "run.json"),
        ("run.json", "run.json"),
        ("my run / 2", "my-run-2.json"),
        ("../../etc/passwd", "etc-passwd.json"),
        ("CON", "config-CON.json"),
        ("nul.txt", "config-nul.txt.json"),
        ("  ", "config.json"),
        ("größe β", "größe-β.json"),
        ('a"b\n:c', "a-b-c.json"),
        ("x" * 300, "x" * 100 + ".json"),
    ],
)
def test_file_names_are_safe_on_every_system(name: str, expected: str) -> None:
    assert file_name(name) == expected


def test_unparsed_text_goes_with_its_tool() -> None:
    place = ("tools", 0, "parameters")
    draft = drafts.empty().with_document({"tools": ["a", "b"]}).with_pending(place, "{,")
    swapped = draft.with_tools(["b", "a"], [1, 0])
    assert swapped.pending == {("tools", 1, "parameters"): Pending("{,", ABSENT)}
    assert draft.with_tools(["b"], [1]).pending == {}


def test_undo_brings_unparsed_text_back() -> None:
    draft = drafts.empty().with_pending((), "{,")
    history = History(drafts.empty()).then(draft).then(draft.with_pending((), None))
    assert history.present.pending == {}
    assert history.undone().present.pending == {(): Pending("{,", drafts.empty().document)}


def test_an_unparsed_text_goes_with_its_tool_into_another_document() -> None:
    tools = [{"name": "x"}, {"name": "y"}, {"name": "z"}]
    draft = drafts.empty().with_document({"tools": tools, "training": {}})
    draft = draft.with_pending(("tools", 1, "parameters"), "{").with_pending(("training",), "[")
    without = draft.with_document_of_others({"tools": tools[1:]})
    assert set(without.pending) == {("tools", 0, "parameters"), ("training",)}
    assert not draft.with_document_of_others({"tools": tools[2:]}).pending.keys() & {("tools", 0)}
    twins = draft.with_document_of_others({"tools": [{"name": "y"}, {"name": "y"}]})
    assert set(twins.pending) == set(draft.pending)

"""What ``core/stores/protocol.py`` promises of keeping, of every store."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, get_args

import pytest

from core.errors import Conflict, NameTaken, NotFound, Unacceptable
from core.stores.protocol import (
    DAYS_DELETED_KEPT,
    DRAFTS_KEPT,
    MAX_BYTES,
    MAX_DESCRIPTION,
    MAX_MESSAGE,
    MAX_NAME,
    MAX_TAG,
    MAX_TAGS,
    VERSIONS_KEPT,
    Checked,
    Config,
    ConfigStore,
    KeptDraft,
    Query,
    Sort,
)
from tests.stores import FAULTY, FINE, TEXT, Clock, Stores, content, create, names

ELSE = '{"seed": 1}'

# --- Create and get ------------------------------------------------------------------------------


def test_a_new_config_is_version_1(stores: Stores) -> None:
    store, user_id = stores.anna, stores.users[0].user_id
    config = store.create(content("run", description="a\nb"), "first", ["x"])
    assert config.content == content("run", description="a\nb")
    assert (config.user_id, config.revision, config.tags) == (user_id, 1, ("x",))
    assert (config.times_used, config.last_used_at) == (0, None)
    assert config.created_at == config.updated_at
    (version,) = store.versions(config.id)
    assert (version.number, version.operation, version.message) == (1, "create", "first")
    assert (version.content, version.author) == (config.content, user_id)
    assert (version.config_id, version.restored_from) == (config.id, None)


def test_what_was_created_is_got(store: ConfigStore) -> None:
    config = store.create(content("run", checked=FAULTY), tags=("b", "a"))
    assert store.get(config.id) == config
    assert config.checked == FAULTY


def test_several_are_read_at_once_and_what_is_not_there_is_left_out(stores: Stores) -> None:
    mine, other = stores.anna, stores.bert
    kept = [mine.create(content(name)) for name in ("a", "b", "c")]
    foreign = other.create(content("d"))
    mine.tag([kept[0].id], ["seen"])
    mine.delete(kept[1].id)
    ids = [config.id for config in [*kept, foreign]]
    found = {config.id: config for config in mine.several([*ids, "no id", ids[0]])}
    assert set(found) == {kept[0].id, kept[2].id}
    assert found[kept[0].id] == mine.get(kept[0].id)
    assert mine.several([]) == ()


def test_moments_are_in_utc(store: ConfigStore, config: Config) -> None:
    store.mark_used(config.id)
    got = store.get(config.id)
    assert got.last_used_at is not None
    for moment in (got.created_at, got.updated_at, got.last_used_at):
        assert moment.tzinfo == UTC


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        ' \r\n\t{"a" :\t1.0e-05,\r\n"b":[ ]}\n\n',
        '{"\\u00e9": "\\ud83d\\ude00 \\/ é 😀", "e\u0301": 1e2}',
        '{"a": "\u2028\u202e\ufeff"}',
        '{"a": -0, "b": 0.1000, "c": 9007199254740992}',
        '{"a": "' + "é" * (MAX_BYTES // 2 - 5) + '"}',
        '{"a": ' * 19 + "{}" + "}" * 19,
    ],
    ids=["empty", "space", "escapes", "invisible", "numbers", "256 KiB", "depth 20"],
)
def test_text_is_kept_byte_for_byte(store: ConfigStore, text: str) -> None:
    config = store.create(content(text=text))
    assert store.get(config.id).text.encode() == text.encode()
    assert store.version(config.id, 1).content.text.encode() == text.encode()
    store.save(config.id, content(text=ELSE), expected_revision=1)
    assert store.restore(config.id, 1, FINE, expected_revision=2).text.encode() == text.encode()


def test_the_document_is_that_of_the_text(config: Config) -> None:
    assert config.config_json["training"] == {"method": "sft"}


def test_two_configs_do_not_share_a_name(store: ConfigStore) -> None:
    create(store, "run")
    with pytest.raises(NameTaken, match=r"'run' already; choose another name\.") as caught:
        create(store, "run")
    assert caught.value.name == "run"
    assert store.count(Query()) == 1


def test_many_errors_do_not_stop_a_config_from_being_kept(store: ConfigStore) -> None:
    errors = [{"rule": f"rule.{number}", "message": "long " * 100} for number in range(1000)]
    config = store.create(content(checked=Checked(False, errors)))
    kept = list(config.checked.errors or ())
    assert 50 < len(kept) < 1000
    assert kept == errors[: len(kept)]


# --- What no store takes -------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "The name is empty"),
    "blank name": ({"name": " \u00a0"}, "The name is empty"),
    "long name": ({"name": "x" * (MAX_NAME + 1)}, "The name has 121 characters; shorten it to 120"),
    "space before": ({"name": " x"}, "begins or ends with a space"),
    "space after": ({"name": "x\u3000"}, "begins or ends with a space"),
    "line break": ({"name": "a\nb"}, r"Character 2 of the name \(U\+000A\) can't be seen"),
    "NUL": ({"name": "a\x00b"}, "can't be seen"),
    "C1": ({"name": "a\x9bb"}, "can't be seen"),
    "zero width": ({"name": "a\u200bb"}, r"\(U\+200B\)"),
    "bidi": ({"name": "a\u202eb"}, "can't be seen"),
    "isolate": ({"name": "a\u2066b"}, "can't be seen"),
    "line separator": ({"name": "a\u2028b"}, "can't be seen"),
    "byte-order mark": ({"name": "a\ufeffb"}, "can't be seen"),
    "half pair": ({"name": "a\ud800b"}, "can't be seen"),
    "long description": ({"description": "x" * (MAX_DESCRIPTION + 1)}, "The description has 2001"),
    "NUL in description": ({"description": "\x00"}, "control character"),
    "half pair in description": ({"description": "\udfff"}, "control character"),
    "template": ({"template_type": "SFT"}, "The template 'SFT' is not an id"),
    "no template": ({"template_type": ""}, "is not an id"),
    "long template": ({"template_type": "a" * 41}, "is not an id"),
    "template with line break": ({"template_type": "a\n"}, "is not an id"),
    "no text": ({"text": ""}, "can't be kept. Line 1, column 1: There is no JSON here"),
    "list": ({"text": "[]"}, "This is a list; write one object"),
    "half": ({"text": '{"a": '}, "A value is missing"),
    "NaN": ({"text": '{"a": NaN}'}, "NaN is not a JSON number"),
    "twice": ({"text": '{"a": 1, "a": 2}'}, "twice"),
    "NUL in text": ({"text": '{"a": "\\u0000"}'}, "NUL"),
    "half pair in text": ({"text": '{"a": "\\ud800"}'}, "surrogate"),
    "raw half pair in text": ({"text": '{"a": "\ud800"}'}, "surrogate"),
    "deep": ({"text": '{"a": ' * 20 + "{}" + "}" * 20}, "nested over 20 deep"),
    "big": ({"text": '{"a": "' + "é" * (MAX_BYTES // 2) + '"}'}, r"bytes as JSON; shorten it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_one_sentence_and_changes_nothing(
    store: ConfigStore, config: Config, case: str
) -> None:
    changes, sentence = REFUSED[case]
    refused = replace(content("other"), **changes)
    with pytest.raises(Unacceptable, match=sentence) as caught:
        store.create(refused)
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")
    with pytest.raises(Unacceptable, match=sentence):
        store.save(config.id, refused, expected_revision=1)
    assert [found for found, _ in store.everything()] == [config]


@pytest.mark.parametrize("message", ["x" * (MAX_MESSAGE + 1), "\x00", "\ud800"])
def test_a_message_has_a_limit(store: ConfigStore, config: Config, message: str) -> None:
    with pytest.raises(Unacceptable, match="message"):
        store.create(content("other"), message)
    with pytest.raises(Unacceptable, match="message"):
        store.save(config.id, content(text=ELSE), expected_revision=1, message=message)
    assert store.count(Query()) == store.get(config.id).revision == 1


def test_what_is_just_allowed_is_kept(store: ConfigStore) -> None:
    full = content("é" * MAX_NAME, description="語" * MAX_DESCRIPTION, template_type="a" + "_" * 39)
    tags = ["語" * MAX_TAG, *map(str, range(MAX_TAGS - 1))]
    config = store.create(full, "m" * MAX_MESSAGE, tags)
    assert config.content == full
    assert len(config.tags) == MAX_TAGS


# --- Save ----------------------------------------------------------------------------------------


def test_a_save_is_a_new_version(store: ConfigStore, config: Config) -> None:
    changed = content("other", description="d", template_type="sft", text=ELSE, checked=FAULTY)
    saved = store.save(config.id, changed, expected_revision=1, message="why")
    assert saved == store.get(config.id)
    assert (saved.content, saved.revision) == (changed, 2)
    assert saved.created_at == config.created_at
    assert saved.updated_at > config.updated_at
    new, old = store.versions(config.id)
    assert (new.number, new.operation, new.message) == (2, "save", "why")
    assert (new.content, old.content) == (changed, config.content)
    assert new.created_at == saved.updated_at


def test_a_save_of_an_old_state_is_a_conflict(store: ConfigStore, config: Config) -> None:
    saved = store.save(config.id, content(text=ELSE), expected_revision=1)
    with pytest.raises(Conflict, match="nothing was overwritten") as caught:
        store.save(config.id, content("mine"), expected_revision=1)
    assert caught.value.current == saved == store.get(config.id)
    assert len(store.versions(config.id)) == 2


@pytest.mark.parametrize("revision", [0, -1, 2, 2**70])
def test_only_the_present_revision_is_expected(
    store: ConfigStore, config: Config, revision: int
) -> None:
    with pytest.raises(Conflict):
        store.save(config.id, content(text=ELSE), expected_revision=revision)


def test_the_same_content_makes_no_version(store: ConfigStore, config: Config) -> None:
    assert store.save(config.id, config.content, expected_revision=1, message="again") == config
    assert len(store.versions(config.id)) == 1


def test_the_same_content_with_other_checks_makes_no_version(
    store: ConfigStore, config: Config
) -> None:
    checked = replace(config.content, checked=FAULTY)
    saved = store.save(config.id, checked, expected_revision=1)
    assert saved == replace(config, checked=FAULTY)
    assert store.get(config.id) == saved
    assert store.versions(config.id)[0].content.checked == FINE


def test_the_same_content_is_a_conflict_too_where_the_state_is_old(
    store: ConfigStore, config: Config
) -> None:
    saved = store.save(config.id, content(text=ELSE), expected_revision=1)
    with pytest.raises(Conflict):
        store.save(config.id, saved.content, expected_revision=1)


@pytest.mark.parametrize(
    "changes",
    [{"name": "Run"}, {"description": "d"}, {"template_type": "sft"}, {"text": TEXT + "\n"}],
)
def test_any_change_makes_a_version(
    store: ConfigStore, config: Config, changes: dict[str, Any]
) -> None:
    changed = replace(config.content, **changes)
    assert store.save(config.id, changed, expected_revision=1).revision == 2


def test_a_save_under_a_taken_name_changes_nothing(store: ConfigStore, config: Config) -> None:
    create(store, "taken")
    with pytest.raises(NameTaken) as caught:
        store.save(config.id, content("taken", text=ELSE), expected_revision=1)
    assert caught.value.name == "taken"
    assert store.get(config.id) == config
    assert len(store.versions(config.id)) == 1


def test_a_name_that_was_given_up_is_free(store: ConfigStore, config: Config) -> None:
    store.save(config.id, content("renamed"), expected_revision=1)
    assert store.create(content("run")).name == "run"


def test_of_two_savers_at_once_one_wins(store: ConfigStore, config: Config) -> None:
    def save(number: int) -> bool:
        try:
            store.save(config.id, content(text=f'{{"n": {number}}}'), expected_revision=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(8))) == 1
    assert store.get(config.id).revision == 2


# --- Versions ------------------------------------------------------------------------------------


def test_the_newest_50_versions_are_kept(store: ConfigStore, config: Config) -> None:
    for revision in range(1, VERSIONS_KEPT + 6):
        store.save(config.id, content(text=f'{{"n": {revision}}}'), expected_revision=revision)
    numbers = [version.number for version in store.versions(config.id)]
    assert numbers == list(range(VERSIONS_KEPT + 6, 6, -1))
    assert store.version(config.id, 7).content.text == '{"n": 6}'
    with pytest.raises(NotFound):
        store.version(config.id, 6)


@pytest.mark.parametrize("number", [2, 0, -1, 2**63, 2**70, -(2**70)])
def test_there_is_no_such_version(store: ConfigStore, config: Config, number: int) -> None:
    with pytest.raises(NotFound, match="no version"):
        store.version(config.id, number)
    with pytest.raises(NotFound, match="no version"):
        store.restore(config.id, number, FINE, expected_revision=1)


def test_an_old_version_becomes_the_newest_under_the_present_name(
    store: ConfigStore, config: Config
) -> None:
    changed = content("renamed", description="d", template_type="sft", text=ELSE)
    store.save(config.id, changed, expected_revision=1)
    restored = store.restore(config.id, 1, FAULTY, expected_revision=2)
    assert restored.content == content("renamed", checked=FAULTY)
    assert restored.revision == 3
    newest = store.versions(config.id)[0]
    assert (newest.number, newest.operation, newest.restored_from) == (3, "restore", 1)
    assert newest.content == restored.content
    assert newest.created_at == restored.updated_at


def test_restoring_what_is_there_already_makes_no_version(
    store: ConfigStore, config: Config
) -> None:
    restored = store.restore(config.id, 1, FAULTY, expected_revision=1)
    assert restored == replace(config, checked=FAULTY)
    assert len(store.versions(config.id)) == 1


def test_a_restore_of_an_old_state_is_a_conflict(store: ConfigStore, config: Config) -> None:
    saved = store.save(config.id, content(text=ELSE), expected_revision=1)
    with pytest.raises(Conflict) as caught:
        store.restore(config.id, 1, FINE, expected_revision=1)
    assert caught.value.current == saved == store.get(config.id)


# --- Use -----------------------------------------------------------------------------------------


def test_a_use_is_counted_and_is_no_change(store: ConfigStore, config: Config) -> None:
    assert [store.mark_used(config.id) for _ in range(3)] == [1, 2, 3]
    used = store.get(config.id)
    assert used == replace(config, times_used=3, last_used_at=used.last_used_at)
    assert used.last_used_at is not None
    assert used.last_used_at >= config.updated_at


def test_no_use_is_lost(store: ConfigStore, config: Config) -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(store.mark_used, [config.id] * 80))
    assert sorted(counts) == list(range(1, 81))


def test_a_save_does_not_forget_uses(store: ConfigStore, config: Config) -> None:
    store.mark_used(config.id)
    assert store.save(config.id, content(text=ELSE), expected_revision=1).times_used == 1


# --- Delete --------------------------------------------------------------------------------------


def test_a_deleted_config_is_gone_and_its_name_is_free(store: ConfigStore, config: Config) -> None:
    store.tag([config.id], ["x"])
    store.delete(config.id)
    assert names(store.list(Query())) == []
    assert store.count(Query()) == store.facets().total == 0
    assert store.facets().tags == store.facets().methods == {}
    assert list(store.everything()) == []
    assert store.create(content("run")).id != config.id


def test_what_was_deleted_is_listed_the_newest_first(store: ConfigStore) -> None:
    for config in create(store, "a", "b", "c"):
        store.delete(config.id)
    found = store.deleted()
    assert [item.name for item in found] == ["c", "b", "a"]
    assert all(item.gone_at - item.deleted_at == timedelta(days=30) for item in found)


def test_a_deleted_config_comes_back_whole(store: ConfigStore, config: Config) -> None:
    store.save(config.id, content(text=ELSE), expected_revision=1)
    store.tag([config.id], ["x"])
    store.mark_used(config.id)
    before, versions = store.get(config.id), store.versions(config.id)
    store.delete(config.id)
    back = store.undelete(config.id)
    assert back == replace(before, updated_at=back.updated_at) == store.get(config.id)
    assert back.updated_at > before.updated_at
    assert store.versions(config.id) == versions
    assert store.deleted() == ()


def test_a_deleted_config_comes_back_under_a_free_name(store: ConfigStore, config: Config) -> None:
    store.delete(config.id)
    create(store, "run", "run (2)")
    assert store.undelete(config.id).name == "run (3)"
    assert names(store.list(Query(search="(3)"))) == ["run (3)"]


def test_a_free_name_is_not_too_long(store: ConfigStore) -> None:
    name = "x" * (MAX_NAME - 5) + " yyyy"
    (config,) = create(store, name)
    store.delete(config.id)
    create(store, name)
    assert store.undelete(config.id).name == "x" * (MAX_NAME - 5) + " (2)"


def test_what_is_there_is_not_brought_back(store: ConfigStore, config: Config) -> None:
    with pytest.raises(NotFound):
        store.undelete(config.id)


def test_after_30_days_it_is_gone_for_good(
    store: ConfigStore, config: Config, clock: Clock
) -> None:
    store.delete(config.id)
    clock.advance(days=DAYS_DELETED_KEPT, seconds=-1)
    (item,) = store.deleted()
    clock.advance(seconds=2)
    assert item.gone_at < clock()
    with pytest.raises(NotFound):
        store.undelete(config.id)
    assert store.deleted() == ()
    clock.advance(days=-30)
    assert store.deleted() == ()


def test_a_later_delete_takes_away_what_is_past_its_time(
    store: ConfigStore, config: Config, clock: Clock
) -> None:
    store.delete(config.id)
    clock.advance(days=DAYS_DELETED_KEPT)
    (other,) = create(store, "other")
    store.delete(other.id)
    clock.advance(days=-DAYS_DELETED_KEPT)
    assert [item.name for item in store.deleted()] == ["other"]


# --- Tags ----------------------------------------------------------------------------------------


def test_tags_are_given_and_taken_and_are_no_change(store: ConfigStore) -> None:
    configs = create(store, "a", "b")
    ids = [config.id for config in configs]
    store.tag(ids, ["x", "Y", "z"])
    store.tag(ids[:1], ["new", "x"], ["z", "x", "none"])
    assert store.get(ids[0]) == replace(configs[0], tags=("new", "x", "Y"))
    assert store.get(ids[1]).tags == ("x", "Y", "z")
    assert [row.tags for row in store.list(Query(sort="name", descending=False)).rows] == [
        ("new", "x", "Y"),
        ("x", "Y", "z"),
    ]


@pytest.mark.parametrize(
    "tag", ["", " ", " x", "x" * (MAX_TAG + 1), "a\tb", "a\u200bb", "\u202ea", "\ud800"]
)
def test_some_tags_are_refused(store: ConfigStore, config: Config, tag: str) -> None:
    with pytest.raises(Unacceptable, match="tag"):
        store.tag([config.id], ["fine", tag])
    with pytest.raises(Unacceptable, match="tag"):
        store.create(content("other"), tags=[tag])
    store.tag([config.id], [], [tag])
    assert store.get(config.id) == config


def test_a_config_has_20_tags_at_most(store: ConfigStore, config: Config) -> None:
    (other,) = create(store, "other")
    some = [f"t{number:02}" for number in range(MAX_TAGS)]
    store.tag([config.id], some)
    with pytest.raises(Unacceptable, match="21 tags"):
        store.tag([other.id, config.id], ["one more"])
    assert (store.get(config.id).tags, store.get(other.id).tags) == (tuple(some), ())
    store.tag([config.id], ["one more"], some[:1])
    with pytest.raises(Unacceptable, match="21 tags"):
        store.create(content("third"), tags=[*some, "one more"])


def test_tags_of_many_change_together_or_not_at_all(store: ConfigStore, config: Config) -> None:
    with pytest.raises(NotFound):
        store.tag([config.id, "none"], ["x"])
    assert store.get(config.id).tags == ()
    store.tag([], ["x"])
    store.tag([config.id, config.id], ["x", "x"])
    assert store.get(config.id).tags == ("x",)


# --- Drafts --------------------------------------------------------------------------------------


def draft(slot: str, name: str = "", payload: str = "{}", of: str | None = None) -> KeptDraft:
    return KeptDraft(slot, name, of, payload)


def test_a_draft_is_kept_as_it_is(store: ConfigStore, config: Config) -> None:
    kept = draft("s", " \n", '{"é": "\x00😀"}', config.id)
    store.keep_draft(kept)
    (found,) = store.drafts()
    assert replace(found, updated_at=kept.updated_at) == kept
    assert found.updated_at >= config.created_at


def test_a_slot_holds_its_latest_draft(store: ConfigStore) -> None:
    for slot, name in (("a", "1"), ("b", "2"), ("a", "3")):
        store.keep_draft(draft(slot, name))
    assert [(kept.slot, kept.name) for kept in store.drafts()] == [("a", "3"), ("b", "2")]


def test_the_newest_20_drafts_are_kept(store: ConfigStore) -> None:
    slots = [f"slot {number}" for number in range(DRAFTS_KEPT + 3)]
    for slot in slots:
        store.keep_draft(draft(slot))
    assert [kept.slot for kept in store.drafts()] == slots[:2:-1]


def test_the_newest_draft_is_kept_where_the_clock_was_set_back(
    store: ConfigStore, clock: Clock
) -> None:
    for number in range(DRAFTS_KEPT):
        store.keep_draft(draft(f"slot {number}"))
    clock.advance(days=-1)
    store.keep_draft(draft("new"))
    assert store.drafts()[0].slot == "new"


def test_a_draft_is_forgotten(store: ConfigStore) -> None:
    store.keep_draft(draft("a"))
    store.keep_draft(draft("b"))
    for slot in ("a", "none", "\ud800"):
        store.drop_draft(slot)
    assert [kept.slot for kept in store.drafts()] == ["b"]


def test_a_draft_outlives_its_config(store: ConfigStore, config: Config) -> None:
    store.keep_draft(draft("a", of=config.id))
    store.delete(config.id)
    assert store.drafts()[0].config_id == config.id


@pytest.mark.parametrize(
    "refused",
    [
        draft(""),
        draft("s" * 201),
        draft("s", "n" * 2001),
        draft("s", payload="x" * 2**22 + "y"),
        draft("\ud800"),
        draft("s", "\ud800"),
        draft("s", payload="\ud800"),
        draft("s", of="\ud800"),
    ],
)
def test_a_draft_has_limits(store: ConfigStore, refused: KeptDraft) -> None:
    with pytest.raises(Unacceptable, match=r"draft.*[;:].*\."):
        store.keep_draft(refused)
    assert store.drafts() == ()


# --- Everything ----------------------------------------------------------------------------------


def test_everything_comes_in_the_order_of_names(store: ConfigStore) -> None:
    configs = {config.name: config for config in create(store, "b", "C", "a", "Ä")}
    store.save(configs["a"].id, content("a", text=ELSE), expected_revision=1)
    found = list(store.everything())
    assert [config.name for config, _ in found] == ["a", "b", "C", "Ä"]
    assert found[0] == (store.get(configs["a"].id), store.versions(configs["a"].id))


def test_others_write_while_everything_is_read(store: ConfigStore) -> None:
    first, second, third = create(store, "a", "b", "c")
    walk = store.everything()
    assert next(walk)[0] == first
    store.delete(second.id)
    store.mark_used(third.id)
    create(store, "d")
    rest = [config.name for config, _ in walk]
    # Some may have been read ahead.
    assert rest in (["c", "d"], ["b", "c"])


# --- Users ---------------------------------------------------------------------------------------

Two = tuple[ConfigStore, ConfigStore]
Act = Callable[[ConfigStore, str], object]

ON_A_CONFIG: dict[str, Act] = {
    "get": lambda store, config_id: store.get(config_id),
    "save": lambda store, config_id: store.save(config_id, content("x"), expected_revision=1),
    "delete": lambda store, config_id: store.delete(config_id),
    "versions": lambda store, config_id: store.versions(config_id),
    "version": lambda store, config_id: store.version(config_id, 1),
    "restore": lambda store, config_id: store.restore(config_id, 1, FINE, expected_revision=1),
    "mark_used": lambda store, config_id: store.mark_used(config_id),
    "tag": lambda store, config_id: store.tag([config_id], ["x"]),
}
ACTS = {**ON_A_CONFIG, "undelete": lambda store, config_id: store.undelete(config_id)}


def refusal(act: Act, store: ConfigStore, config_id: str) -> str:
    with pytest.raises(NotFound) as caught:
        act(store, config_id)
    return str(caught.value)


@pytest.mark.parametrize("name", ACTS)
def test_the_configs_of_others_are_not_there(own_and_other: Two, name: str) -> None:
    own, other = own_and_other
    (config,) = create(own, "run")
    said = refusal(ACTS[name], other, config.id)
    assert said == refusal(ACTS[name], other, "none")
    assert list(own.everything()) == [(config, own.versions(config.id))]


@pytest.mark.parametrize("name", ACTS)
def test_the_deleted_configs_of_others_are_not_there(own_and_other: Two, name: str) -> None:
    own, other = own_and_other
    (config,) = create(own, "run")
    own.delete(config.id)
    refusal(ACTS[name], other, config.id)
    assert other.deleted() == ()
    assert [item.id for item in own.deleted()] == [config.id]


@pytest.mark.parametrize("name", ON_A_CONFIG)
def test_deleted_configs_are_not_there(store: ConfigStore, config: Config, name: str) -> None:
    store.delete(config.id)
    refusal(ON_A_CONFIG[name], store, config.id)
    assert store.undelete(config.id).revision == 1


@pytest.mark.parametrize(
    "config_id", ["", "none", "\x00", "\ud800", "' OR 1=1 --", "%", "x" * 9999]
)
@pytest.mark.parametrize("name", ACTS)
def test_an_id_that_is_none_is_not_found(
    store: ConfigStore, config: Config, name: str, config_id: str
) -> None:
    assert refusal(ACTS[name], store, config_id).endswith(".")
    assert store.get(config.id) == config


def test_lists_hold_the_own_configs_only(own_and_other: Two) -> None:
    own, other = own_and_other
    config = own.create(content("run"), tags=["own"])
    other.create(content("run"), tags=["other"])
    other.create(content("x"))
    for query in (Query(), Query(search="run"), Query(methods=("sft",)), Query(tags=("own",))):
        for sort in get_args(Sort):
            assert names(own.list(replace(query, sort=sort))) == ["run"]
        assert own.count(query) == 1
    assert other.list(Query(tags=("own",))).rows == ()
    facets = own.facets()
    assert (facets.total, facets.methods, facets.templates) == (1, {"sft": 1}, {"custom": 1})
    assert facets.tags == {"own": 1}
    assert [found for found, _ in own.everything()] == [config]


def test_a_cursor_of_another_user_shows_own_configs_only(own_and_other: Two) -> None:
    own, other = own_and_other
    create(own, "a", "b", "c")
    create(other, "x", "y", "z")
    query = Query(sort="name", descending=False, limit=1)
    cursor = own.list(query).next
    assert names(other.list(replace(query, cursor=cursor, limit=9))) == ["x", "y", "z"]


def test_drafts_are_the_user_s_own(own_and_other: Two) -> None:
    own, other = own_and_other
    own.keep_draft(draft("s", "own"))
    other.keep_draft(draft("s", "other"))
    for number in range(DRAFTS_KEPT):
        other.keep_draft(draft(str(number)))
    other.drop_draft("s")
    assert [kept.name for kept in own.drafts()] == ["own"]


def test_the_tags_of_others_stay(own_and_other: Two) -> None:
    own, other = own_and_other
    (foreign,), (config,) = create(own, "a"), create(other, "b")
    own.tag([foreign.id], ["x"])
    other.tag([config.id], ["y"], ["x"])
    with pytest.raises(NotFound):
        other.tag([config.id, foreign.id], ["z"], ["x", "y"])
    assert (own.get(foreign.id).tags, other.get(config.id).tags) == (("x",), ("y",))


def test_a_purge_takes_the_user_s_own_configs_only(own_and_other: Two, clock: Clock) -> None:
    own, other = own_and_other
    for store in own_and_other:
        store.delete(create(store, "run")[0].id)
    clock.advance(days=DAYS_DELETED_KEPT + 1)
    assert other.deleted() == ()
    other.delete(create(other, "run")[0].id)
    clock.advance(days=-DAYS_DELETED_KEPT - 1)
    assert [item.name for item in own.deleted()] == ["run"]

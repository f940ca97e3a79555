"""That no text with a command is written without a recorded yes, whoever writes it and how."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import CheckViolation, InsufficientPrivilege, RaiseException

from core.document import parse
from core.reading.consent import commands
from core.stores.protocol import MAX_COMMANDS, MAX_TARGET
from tests.commands import COMMANDS, THEN, approval, digest, running
from tests.database.conftest import NewProject
from tests.database.project import SHARED, TEXT, Project, User

pytestmark = pytest.mark.supabase

CONSENT: Final = r"^consent: a command"
HASHES: Final = "select tunesmith.command_hashes(%s::jsonb)"
LS: Final = running("ls")


def approvals(*commands: str, **changes: Any) -> str:
    return json.dumps([approval(command).as_json() | changes for command in commands])


def moments(user: User, config: UUID) -> list[datetime]:
    return [datetime.fromisoformat(one["at"]) for one in user.column(config, "approvals")]


# --- Which commands ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", COMMANDS)
def test_the_database_finds_the_commands_that_python_finds(project: Project, case: str) -> None:
    text, expected = COMMANDS[case]
    ((found,),) = project.owner(HASHES, text)
    assert found == sorted(set(map(digest, expected)))


# Keys and values near those that count, at any depth.
KEYS = st.sampled_from(["tools", "type", "command", "name", "Command", "x"])
TEXTS = st.sampled_from(["command", "function", "", "ls", "é\n", "COMMAND", "null", '"'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(1.5) | TEXTS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TOOLS = st.dictionaries(st.sampled_from(["type", "command", "name"]), VALUES, max_size=3)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=3) | st.fixed_dictionaries(
    {"tools": st.lists(TOOLS | VALUES, max_size=4)}
)


@given(document=DOCUMENTS)
def test_both_give_the_same_verdict_on_any_document(
    project: Project, document: dict[str, Any]
) -> None:
    text = json.dumps(document)
    if "\\u0000" in text or "\\ud" in text:
        return
    ((found,),) = project.owner(HASHES, text)
    assert found == sorted({command.sha256 for command in commands(parse(text))})


# --- Writing -------------------------------------------------------------------------------------


BESIDE: Final = (
    "[]",
    approvals("ls "),
    approvals(""),
    '[{"sha256": null}]',
    "[1, null, []]",
    '"x"',
)


def test_a_text_with_a_command_is_refused_without_a_yes(ada: User) -> None:
    config = ada.create()
    for text in ({"config_text": LS}, {"config_text": None, "config_json": LS}):
        for given_ in BESIDE:
            columns = {**text, "approvals": given_}
            with pytest.raises(RaiseException, match=CONSENT) as refused:
                ada.create("new", **columns)
            assert refused.value.diag.message_hint == "consent"
            with pytest.raises(RaiseException, match=CONSENT):
                ada.change(config, **{name: one for name, one in columns.items() if one})
    with pytest.raises(RaiseException, match=CONSENT):
        ada.change(config, config_text=LS)
    assert ada.column(config, "config_text") == TEXT


def test_what_is_recorded_is_the_callers_own_and_in_the_past(ada: User, eve: User) -> None:
    forged = approvals("ls", by=str(eve.id), at="2999-01-01", name="Eve", more=[1])
    config = ada.create(config_text=LS, approvals=forged)
    (kept,) = ada.column(config, "approvals")
    assert kept.keys() == {"sha256", "at", "by"}
    assert kept["by"] == str(ada.id)
    assert moments(ada, config)[0] - datetime.now(UTC) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "year"),
    [
        ("-infinity", 1970),
        ("0044-03-15 BC", 1970),
        ("2020-01-01", 2020),
        ("infinity", 0),
        (None, 0),
    ],
)
def test_a_moment_is_one_that_everybody_can_read(ada: User, at: str | None, year: int) -> None:
    config = ada.create(config_text=LS, approvals=approvals("ls", at=at))
    (moment,) = moments(ada, config)
    assert moment.year == (year or datetime.now(UTC).year)


def test_a_recorded_yes_never_changes(ada: User) -> None:
    config = ada.create(config_text=LS, approvals=approvals("ls"))
    before = ada.column(config, "approvals")
    ada.change(config, approvals=approvals("ls", at="2001-01-01", by="x"))
    assert (ada.column(config, "approvals"), ada.column(config, "revision")) == (before, 1)
    with pytest.raises(RaiseException, match=CONSENT):
        ada.change(config, approvals="[]")
    ada.change(config, config_text=running("ls", "pwd"), approvals=approvals("pwd", "ls", "z"))
    kept = {one["sha256"]: one for one in ada.column(config, "approvals")}
    assert kept.keys() == {digest("ls"), digest("pwd")}
    assert kept[digest("ls")] == before[0]
    history = ada.ask("select approvals from config_history(%s)", config)
    assert [len(one) for (one,) in history] == [2, 1]


def test_what_needs_no_version_needs_no_yes(project: Project, ada: User) -> None:
    config = legacy(project, ada)
    ada.change(config, tags=["a"], is_validated=True, runs=True)
    ada.one("select mark_config_used(%s)", config)
    ada.change(config, deleted_at="now")
    ada.change(config, deleted_at=None, name="run (2)")
    assert (ada.column(config, "revision"), ada.column(config, "name")) == (1, "run (2)")


def legacy(project: Project, user: User) -> UUID:
    """A config from before commands had to be approved."""
    config = user.create()
    for table, key in (("training_configs", "id"), ("config_versions", "config_id")):
        project.force(f"update {table} set config_text = %s where {key} = %s", LS, config)
    project.force("update training_configs set config_json = %s where id = %s", LS, config)
    return config


def test_what_was_written_before_is_read_and_asked_for_when_it_is_written_anew(
    project: Project, ada: User
) -> None:
    config = legacy(project, ada)
    assert ada.column(config, "config_text") == LS
    assert ada.ask("select config_text from config_history(%s)", config) == [(LS,)]
    for changes in (
        {"name": "other"},
        {"description": "d"},
        {"template_type": "dpo"},
        {"target": "x"},
        {"config_text": LS + " "},
        {"approvals": approvals("pwd")},
    ):
        with pytest.raises(RaiseException, match=CONSENT):
            ada.change(config, **changes)
    ada.change(config, approvals=approvals("ls"))
    assert ada.column(config, "revision") == 2
    ada.change(config, name="other")
    assert ada.one("select count(*) from config_history(%s)", config) == 3


def test_no_link_leads_to_a_command_without_a_yes(project: Project, ada: User) -> None:
    config = legacy(project, ada)
    columns = {"config_id": config, "token_hash": sha256(str(config).encode()).hexdigest()}
    snapshot = json.dumps({"columns": [{"text": LS}]})
    columns |= {"expires_at": "tomorrow", **SHARED, "snapshot": snapshot}
    with pytest.raises(RaiseException, match=CONSENT):
        ada.insert("config_shares", **columns)
    ada.change(config, approvals=approvals("ls"))
    assert ada.insert("config_shares", **columns)["views"] == 0


def test_no_version_is_written_past_the_configs(new_project: NewProject) -> None:
    project = new_project("all_granted")
    ada = project.user()
    config = ada.create()
    version = (
        "insert into config_versions (user_id, config_id, number, operation, author, name, "
        "template_type, is_validated, runs, config_text, approvals) "
        "values (%s, %s, 2, 'save', %s, 'x', 'sft', true, true, %s, %s)"
    )
    values = (ada.id, config, ada.id, LS)
    with suppress(InsufficientPrivilege, RaiseException):
        ada.ask(version, *values, approvals("ls"))
    assert ada.one("select count(*) from config_versions") == 1
    with pytest.raises(RaiseException, match=CONSENT):
        project.owner(version, *values, "[]")
    project.owner(version, *values, approvals("ls"))
    assert ada.one("select approvals #>> '{0,by}' from config_history(%s, 2)", config) == str(
        ada.id
    )


# --- Bringing a config from elsewhere ------------------------------------------------------------

IMPORT: Final = "select import_config('1', %s, %s)"


def exported(old: object, newest: object, **changes: Any) -> tuple[str, str]:
    """A config with two versions, both with a command, and these approvals."""
    shared = {"name": "Old", "description": "", "template_type": "sft", "is_validated": True}
    shared |= {"runs": True, "message": "", "config_text": LS, "target": "a/b/c", **changes}
    version = shared | {"operation": "save", "created_at": "2025-01-01"}
    versions = [version | {"number": 1, "approvals": old}]
    versions.append(version | {"number": 2, "approvals": newest})
    config = shared | {"search": "old\n", "tags": [], "times_used": 0, "revision": 2}
    config |= {"created_at": "2025-01-01", "updated_at": "2025-01-01", "approvals": newest}
    return json.dumps(config), json.dumps(versions)


@pytest.mark.parametrize("missing", [[], None, [{"sha256": "0"}], "x", {"sha256": digest("ls")}])
def test_nothing_is_imported_without_a_yes(ada: User, missing: object) -> None:
    given_ = [approval("ls").as_json()]
    for brought in (exported(missing, given_), exported(given_, missing)):
        with pytest.raises(RaiseException, match=CONSENT):
            ada.one(IMPORT, *brought)
    assert ada.one("select count(*) from training_configs") == 0


def test_an_imported_yes_is_the_callers(ada: User, eve: User) -> None:
    given_ = [approval("ls", by=str(eve.id)).as_json()]
    key = ada.one(IMPORT, *exported(given_, given_))
    expected = [approval("ls", by=str(ada.id)).as_json()]
    assert (ada.column(key, "approvals"), ada.column(key, "target")) == (expected, "a/b/c")
    history = ada.ask("select approvals, target from config_history(%s)", key)
    assert history == [(expected, "a/b/c")] * 2
    assert datetime.fromisoformat(expected[0]["at"]) == THEN


def test_an_import_of_an_earlier_app_has_neither(ada: User) -> None:
    config, versions = map(json.loads, exported([], [], config_text="{}"))
    for row in (config, *versions):
        del row["target"], row["approvals"]
    key = ada.one(IMPORT, json.dumps(config), json.dumps(versions))
    assert (ada.column(key, "target"), ada.column(key, "approvals")) == ("", [])


# --- Limits --------------------------------------------------------------------------------------


def test_as_many_commands_as_there_may_be(ada: User) -> None:
    many = [f"run {number}" for number in range(MAX_COMMANDS + 1)]
    ada.create("most", config_text=running(*many[1:]), approvals=approvals(*many[1:]))
    with pytest.raises(CheckViolation) as refused:
        ada.create("more", config_text=running(*many), approvals=approvals(*many))
    assert refused.value.diag.constraint_name == "training_configs_approvals_ck"
    with pytest.raises(CheckViolation):
        ada.create("more", config_text=LS, approvals=approvals(*map(str, range(1001)), "ls"))


@pytest.mark.parametrize("target", ["x" * (MAX_TARGET + 1), "é", "a\n", "\x7f", "a\tb"])
def test_a_target_that_is_none_is_refused(ada: User, target: str) -> None:
    config = ada.create()
    for write in (
        lambda: ada.create("new", target=target),
        lambda: ada.change(config, target=target),
    ):
        with pytest.raises(CheckViolation) as refused:
            write()
        assert refused.value.diag.constraint_name == "training_configs_target_ck"


def test_a_target_is_part_of_a_version(ada: User) -> None:
    config = ada.create(target="~ !")
    ada.change(config, target="x" * MAX_TARGET)
    history = ada.ask("select target from config_history(%s)", config)
    assert history == [("x" * MAX_TARGET,), ("~ !",)]

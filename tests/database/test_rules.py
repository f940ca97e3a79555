"""What the tables keep to, whoever writes: constraints, triggers, and the functions of the API."""

import json
import re
import secrets
import sys
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    InvalidParameterValue,
    InvalidTextRepresentation,
    NotNullViolation,
    RaiseException,
    UniqueViolation,
)

from core.stores.limits import MAX_DRAFT_BYTES, MAX_DRAFT_NAME, MAX_SLOT
from core.stores.listing import MAX_WORDS
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
)
from tests.database.conftest import NewProject
from tests.database.project import SHARED, TEXT, Project, User

pytestmark = pytest.mark.supabase

ELSE = '{"seed": 1}'
CONFIGS = "select name from training_configs where deleted_at is null order by name"


def nested(depth: int) -> str:
    return '{"a": ' * (depth - 1) + "{}" + "}" * (depth - 1)


# --- What a config may hold ----------------------------------------------------------------------

UNSOUND: list[tuple[str, dict[str, Any]]] = [
    *(("name", {"name": name}) for name in ("", "x" * (MAX_NAME + 1), " x", "x ", "\u3000x")),
    *(("name", {"name": name}) for name in ("a\nb", "a\x7fb", "a\x85b", "a\u200bb", "a\u202eb")),
    ("description", {"description": "x" * (MAX_DESCRIPTION + 1)}),
    *(("template", {"template_type": t}) for t in ("", "Sft", "1", "a-b", "a" * 41, "sft\n")),
    *(("json_object", {"config_text": text}) for text in ("[]", '"{}"', "1", "null")),
    ("json_size", {"config_text": '{"a": "' + "é" * (MAX_BYTES // 2) + '"}'}),
    ("json_size", {"config_text": '{"a": [' + ",".join(["1e9"] * 65_000) + "]}"}),
    ("json_digits", {"config_text": '{"a": ' + "1" * 401 + "}"}),
    ("json_digits", {"config_text": '{"a": [[{"b": 1e131071}]]}'}),
    ("json_digits", {"config_text": '{"a": -1e-400}'}),
    ("json_digits", {"config_text": '{"a": 0e-400}'}),
    ("json_digits", {"validation_errors": "[1e131071]"}),
    ("json_depth", {"config_text": '{"a": ' * 21 + "1" + "}" * 21}),
    ("json_depth", {"config_text": '{"a": ' + "[" * 3000 + "]" * 3000 + "}"}),
    ("errors", {"validation_errors": "{}"}),
    ("errors", {"validation_errors": json.dumps(["x" * 131_072])}),
    ("search", {"search": "run"}),
    ("search", {"search": "\nrun"}),
    ("search", {"search": "x\n" + "x" * 8000}),
    ("search", {"search": "x" * 800 + "\n"}),
    ("message", {"message": "x" * (MAX_MESSAGE + 1)}),
    ("tags", {"tags": [str(number) for number in range(MAX_TAGS + 1)]}),
    *(("tags", {"tags": [tag]}) for tag in ("", " a", "a ", "a\nb", "a" * (MAX_TAG + 1), None)),
    ("tags", {"tags": ["a", "a"]}),
    ("tags", {"tags": [["a", "b"]]}),
]


@pytest.mark.parametrize(("what", "columns"), UNSOUND)
def test_a_config_that_is_unsound_is_refused(ada: User, what: str, columns: dict[str, Any]) -> None:
    config = ada.create()
    with pytest.raises(CheckViolation) as created:
        ada.create(**{"name": "new", **columns})
    with pytest.raises(CheckViolation) as changed:
        ada.change(config, **{"config_text": ELSE, **columns})
    for refused in (created, changed):
        assert refused.value.diag.constraint_name == f"training_configs_{what}_ck"


SOUND: list[dict[str, object]] = [
    {"name": "x" * MAX_NAME},
    {"name": "é 日本語 😀 (2)"},
    {"description": "é" * MAX_DESCRIPTION},
    {"description": "a\n\tb"},
    {"template_type": "a" + "_9" * 19},
    {"config_text": '{"a": "' + "é" * (MAX_BYTES // 2 - 5) + '"}'},
    {"config_text": nested(20)},
    {"config_text": '{"a": "' + "1" * 5000 + '"}'},
    {"config_text": '{"a": [1e308, -5e-324, 9007199254740992]}'},
    {"validation_errors": json.dumps(["x" * 65_000])},
    {"message": "é" * MAX_MESSAGE},
    {"tags": [f"{number:0{MAX_TAG}}" for number in range(MAX_TAGS)]},
]


@pytest.mark.parametrize("columns", SOUND)
def test_a_config_at_its_limits_is_kept(ada: User, columns: dict[str, object]) -> None:
    config = ada.create(**columns)
    for name in columns.keys() - {"validation_errors"}:
        assert ada.column(config, name) == columns[name]


def test_no_name_hides_a_character(project: Project) -> None:
    hidden = [
        number
        for number in range(1, sys.maxunicode)
        if unicodedata.category(chr(number)) in {"Cc", "Cf", "Zl", "Zp"}
    ]
    names = "select n from unnest(%s::int[]) n where tunesmith.is_line('a' || chr(n) || 'b', 120)"
    assert project.owner(names, hidden) == []
    assert len(project.owner(names, [32, 0xE9, 0x300, 0x1F600])) == 4


def test_no_name_begins_or_ends_with_a_space(project: Project) -> None:
    spaces = [number for number in range(1, sys.maxunicode) if chr(number).isspace()]
    names = "select n from unnest(%s::int[]) n where tunesmith.is_line("
    assert project.owner(names + "chr(n) || 'a', 120)", spaces) == []
    assert project.owner(names + "'a' || chr(n), 120)", spaces) == []


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "{'a': 1}", '{"a": "\\ud800"}', "{}x"])
def test_what_is_no_json_is_refused(ada: User, text: str) -> None:
    with pytest.raises(InvalidTextRepresentation):
        ada.create(config_text=text)


def test_json_that_grows_takes_no_memory(ada: User) -> None:
    numbers = "[" + ",".join(["1e131071"] * 20_000) + "]"
    for columns in ({"config_text": f'{{"a": {numbers}}}'}, {"validation_errors": numbers}):
        with pytest.raises(CheckViolation, match="a number violates check constraint"):
            ada.create(**columns)
    with pytest.raises(CheckViolation, match="a number violates check constraint"):
        ada.create(config_text=None, config_json=f'{{"a": {numbers}}}')
    with pytest.raises(CheckViolation, match="a number violates check constraint"):
        ada.ask("select import_config('x', %s, '[]')", f'{{"name": {numbers}}}')
    status = Path(f"/proc/{ada.one('select pg_backend_pid()')}/status")
    if not status.exists():
        pytest.skip("this system doesn't tell how much memory a process took")
    (most,) = re.findall(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
    assert int(most) < 400_000


def test_text_is_kept_byte_for_byte(ada: User) -> None:
    text = ' \r\n{"b":\t1.0e-05, "a": "\\u00e9 \u2028"}\n'
    config = ada.create(config_text=text, config_json='{"other": 1}')
    assert ada.column(config, "config_text") == text
    assert ada.column(config, "config_json") == {"b": 1e-05, "a": "é \u2028"}


def test_a_document_without_text_gets_one(ada: User) -> None:
    config = ada.create(config_text=None, config_json='{"b":1,"a":2}', search=None)
    assert ada.column(config, "config_text") == '{"a": 2, "b": 1}'
    ada.change(config, config_json='{"c":3}')
    assert (ada.column(config, "config_text"), ada.column(config, "revision")) == ('{"c": 3}', 2)


def test_a_list_reads_no_json(ada: User) -> None:
    text = '{"training": {"method": "dpo"}, "model": {"name": "' + "é" * 300 + '"}}'
    config = ada.create("Run", description="A", config_text=text)
    found = ada.ask("select method, model, search, sort_name from training_configs")
    assert found == [("dpo", "é" * 200, "run\na", "run")]
    ada.change(config, config_text='{"training": {"method": 1}, "model": []}', name="B")
    found = ada.ask("select method, model, search, sort_name from training_configs")
    assert found == [(None, None, "b\na", "b")]


def test_a_name_is_taken_once_for_each_user(ada: User, eve: User) -> None:
    config = ada.create("run")
    other = ada.create("other")
    eve.create("run")
    for write in (lambda: ada.create("run"), lambda: ada.change(other, name="run")):
        with pytest.raises(UniqueViolation) as refused:
            write()
        assert refused.value.diag.constraint_name == "unique_user_config_name"
    ada.change(config, name="run", config_text=ELSE)


def test_a_row_belongs_to_somebody(project: Project, ada: User) -> None:
    columns = "(name, template_type, config_json) values ('run', 'sft', '{}')"
    with pytest.raises(NotNullViolation):
        project.owner(f"insert into training_configs {columns}")
    ada.ask(f"insert into training_configs {columns}")
    assert ada.ask("select user_id from training_configs") == [(ada.id,)]


# --- Revisions and versions ----------------------------------------------------------------------


def versions(user: User, config: UUID) -> list[tuple[Any, ...]]:
    return user.ask(
        "select number, operation, message, restored_from, config_text "
        "from config_history(%s) order by number",
        config,
    )


def test_a_save_is_a_version(ada: User) -> None:
    config = ada.create(message="first")
    before = ada.column(config, "updated_at")
    ada.change(config, config_text=ELSE, message="second")
    assert ada.column(config, "revision") == 2
    assert ada.column(config, "updated_at") > before
    assert versions(ada, config) == [
        (1, "create", "first", None, TEXT),
        (2, "save", "second", None, ELSE),
    ]
    whole = "select name, description, template_type, runs, author from config_history(%s, 2)"
    assert ada.ask(whole, config) == [("run", "", "sft", False, ada.id)]


@pytest.mark.parametrize("column", ["name", "description", "template_type"])
def test_each_part_of_the_content_makes_a_version(ada: User, column: str) -> None:
    config = ada.create()
    ada.change(config, **{column: "other"})
    assert ada.column(config, "revision") == 2


def test_what_is_no_content_makes_no_version(ada: User) -> None:
    config = ada.create(message="first")
    before = ada.column(config, "updated_at")
    ada.change(config, config_text=TEXT, name="run", message="again")
    ada.change(config, is_validated=True, runs=True, validation_errors="[]", tags=["a"])
    ada.one("select mark_config_used(%s)", config)
    ada.one("select tag_configs(%s, '{b}', '{}')", [config])
    assert versions(ada, config) == [(1, "create", "first", None, TEXT)]
    assert ada.column(config, "updated_at") == before
    assert ada.column(config, "is_validated") is True
    assert (ada.column(config, "message"), ada.column(config, "tags")) == ("first", ["a", "b"])


def test_a_stale_save_finds_no_row(ada: User) -> None:
    config = ada.create()
    save = (
        "update training_configs set config_text = %s where id = %s and revision = 1 returning id"
    )
    assert ada.ask(save, ELSE, config) == [(config,)]
    assert ada.ask(save, "{}", config) == []
    assert ada.column(config, "config_text") == ELSE


def test_of_two_saves_at_once_one_wins(project: Project, ada: User) -> None:
    config = ada.create()
    save = (
        "update training_configs set config_text = %s where id = %s and revision = 1 returning id"
    )
    answers = project.at_once(16, lambda number: ada.ask(save, f'{{"n": {number}}}', config))
    assert Counter(map(str, answers))["[]"] == 15
    assert ada.column(config, "revision") == 2


def test_a_restored_version_says_which_it_was(ada: User) -> None:
    config = ada.create()
    ada.change(config, config_text=ELSE)
    ada.change(config, config_text=TEXT, restored_from=1, message="back")
    ada.change(config, config_text="{}")
    assert [row[:4] for row in versions(ada, config)[2:]] == [
        (3, "restore", "back", 1),
        (4, "save", "back", None),
    ]
    assert ada.column(config, "restored_from") is None


def test_a_restore_that_was_none_is_refused(ada: User, eve: User) -> None:
    config = ada.create()
    eve.create(config_text=ELSE)
    for number, text in ((1, ELSE), (2, ELSE), (9, "{}")):
        with pytest.raises(InsufficientPrivilege, match="restored_from names no version"):
            ada.change(config, config_text=text, restored_from=number)
    ada.change(config, restored_from=1)
    assert ada.column(config, "restored_from") is None


def test_the_newest_versions_are_kept(ada: User) -> None:
    config = ada.create()
    for number in range(VERSIONS_KEPT + 2):
        ada.change(config, config_text=f'{{"n": {number}}}')
    numbers = [row[0] for row in versions(ada, config)]
    assert numbers == list(range(4, VERSIONS_KEPT + 4))


def test_history_is_the_newest_first_or_the_one_that_is_named(ada: User) -> None:
    config = ada.create()
    ada.change(config, config_text=ELSE)
    number = "select number from config_history(%s, %s)"
    assert ada.ask(number, config, None) == [(2,), (1,)]
    assert ada.ask(number, config, 1) == [(1,)]
    assert ada.ask(number, config, 3) == []


# --- Deleting ------------------------------------------------------------------------------------


def test_a_deleted_config_can_come_back(ada: User) -> None:
    config = ada.create(message="first")
    ada.change(config, deleted_at="2000-01-01")
    age = ada.one("select now() - deleted_at from training_configs")
    assert abs(age) < timedelta(minutes=1)
    assert ada.ask("select id from config_summaries") == ada.ask("select * from list_configs()")
    assert versions(ada, config) == []
    assert ada.one("select mark_config_used(%s)", config) is None
    assert ada.one("select tag_configs(%s, '{a}', '{}')", [config]) is None
    ada.change(config, deleted_at=None)
    assert ada.ask(CONFIGS) == [("run",)]
    assert versions(ada, config) == [(1, "create", "first", None, TEXT)]


def test_a_deleted_config_gives_its_name_free(ada: User) -> None:
    for _ in range(3):
        config = ada.create("run")
        ada.change(config, deleted_at="now")
    ada.create("run")
    with pytest.raises(UniqueViolation):
        ada.change(config, deleted_at=None)
    ada.change(config, deleted_at=None, name="run (2)")
    assert ada.ask(CONFIGS) == [("run",), ("run (2)",)]
    assert ada.column(config, "revision") == 1


def test_what_comes_back_with_other_content_is_a_version(ada: User) -> None:
    config = ada.create()
    ada.change(config, deleted_at="now")
    ada.change(config, deleted_at=None, config_text=ELSE)
    assert [row[0] for row in versions(ada, config)] == [1, 2]


def test_deleting_twice_does_not_put_the_end_off(ada: User) -> None:
    config = ada.create()
    ada.change(config, deleted_at="now")
    before = ada.column(config, "deleted_at")
    ada.change(config, deleted_at="infinity")
    assert ada.column(config, "deleted_at") == before


def test_what_was_deleted_long_ago_goes_with_the_next(project: Project, ada: User) -> None:
    old, newer, next_one = (ada.create(name) for name in ("old", "newer", "next"))
    for config, days in ((old, DAYS_DELETED_KEPT + 0.001), (newer, DAYS_DELETED_KEPT - 0.001)):
        ada.change(config, deleted_at="now")
        project.force(
            "update training_configs set deleted_at = now() - %s * interval '1 day' where id = %s",
            days,
            config,
        )
    ada.change(next_one, deleted_at="now")
    assert {row[0] for row in ada.ask("select id from training_configs")} == {newer, next_one}
    assert {row[0] for row in ada.ask("select config_id from config_versions")} == {newer, next_one}


# --- Limits --------------------------------------------------------------------------------------


def test_the_limits_are_those_of_every_store(project: Project) -> None:
    limits: dict[str, int] = dict(project.owner("select name, value from tunesmith.limits"))
    assert limits["versions_per_config"] == VERSIONS_KEPT
    assert limits["drafts_per_user"] == DRAFTS_KEPT
    assert limits["days_deleted_kept"] == DAYS_DELETED_KEPT


def limit(project: Project, name: str, value: int) -> None:
    project.owner("update tunesmith.limits set value = %s where name = %s", value, name)


def test_no_user_has_more_configs_than_the_limit(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    ada, eve = project.user(), project.user()
    limit(project, "configs_per_user", 10)
    ada.change(ada.create("deleted"), deleted_at="now")
    answers = project.at_once(16, lambda number: ada.create(f"run {number}"))
    refused = [answer for answer in answers if isinstance(answer, psycopg.Error)]
    assert {(type(error), error.diag.message_hint) for error in refused} == {
        (RaiseException, "quota")
    }
    # The deleted one has made room.
    assert len(refused) == 16 - 10
    assert ada.one("select count(*) from training_configs") == 11
    eve.create()


def test_many_configs_in_one_step_are_counted_too(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    ada = project.user()
    limit(project, "configs_per_user", 10)
    many = (
        "insert into training_configs (name, template_type, config_json) "
        "select 'run ' || n, 'sft', '{}' from generate_series(1, %s) n"
    )
    with pytest.raises(RaiseException, match="quota: 10 configs"):
        ada.ask(many, 11)
    ada.ask(many, 10)
    with pytest.raises(RaiseException, match="quota: 10 configs"):
        ada.one("select import_config('x', %s, %s)", *exported())


def test_what_can_not_come_back_counts_no_more(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    ada = project.user()
    limit(project, "configs_per_user", 1)
    config = ada.create()
    ada.change(config, deleted_at="now")
    ada.change(ada.create("again"), deleted_at="now")
    with pytest.raises(RaiseException, match="quota: 1 configs, and as many deleted"):
        ada.create("third")
    project.force("update training_configs set deleted_at = now() - interval '31 days'")
    with pytest.raises(InsufficientPrivilege, match="deleted too long ago to come back"):
        ada.change(config, deleted_at=None)
    ada.create()


def test_nobody_learns_whether_somebody_is_at_the_limit(new_project: NewProject) -> None:
    project = new_project("all_granted")
    ada, eve = project.user(), project.user()
    limit(project, "configs_per_user", 1)
    ada.create()
    for user in (eve, User(project, None)):
        with pytest.raises(InsufficientPrivilege):
            user.create(user_id=ada.id)


def test_the_other_limits_are_the_operators_too(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    ada = project.user()
    for name in ("versions_per_config", "drafts_per_user", "shares_per_config"):
        limit(project, name, 2)
    limit(project, "days_deleted_kept", 0)
    project.migrate()
    config = ada.create()
    for number in range(4):
        ada.change(config, config_text=f'{{"n": {number}}}')
        keep_draft(ada, f"slot {number}")
    for _ in range(2):
        share(ada, config)
    with pytest.raises(RaiseException, match="quota: 2 links"):
        share(ada, config)
    assert len(versions(ada, config)) == 2
    assert ada.one("select count(*) from config_drafts") == 2
    ada.change(config, deleted_at="now")
    assert ada.one("select count(*) from training_configs") == 1
    ada.change(ada.create(), deleted_at="now")
    assert ada.one("select count(*) from training_configs") == 1


# --- Use and tags --------------------------------------------------------------------------------


def test_every_use_is_counted(project: Project, ada: User) -> None:
    config = ada.create()
    used = project.at_once(60, lambda _: ada.one("select mark_config_used(%s)", config))
    assert set(used) == set(range(1, 61))
    assert ada.column(config, "times_used") == 60
    assert ada.column(config, "last_used_at") > ada.column(config, "updated_at")


def tag(user: User, configs: list[UUID], give: Any, take: Any = ()) -> Any:
    return user.one("select tag_configs(%s, %s::text[], %s::text[])", configs, give, list(take))


def test_tags_are_given_and_taken(ada: User) -> None:
    a, b = ada.create("a", tags=["x", "y"]), ada.create("b")
    assert tag(ada, [a, b, b], ["z", "x"], ["y", "x"]) == 2
    assert (ada.column(a, "tags"), ada.column(b, "tags")) == (["x", "z"], ["x", "z"])


def test_tags_are_given_to_all_or_none(ada: User, eve: User) -> None:
    config, full = ada.create(), ada.create("full", tags=[f"t{n}" for n in range(MAX_TAGS)])
    for other in (uuid4(), eve.create()):
        assert tag(ada, [config, other], ["x"]) is None
    assert tag(ada, [config, full], ["x"]) == -(MAX_TAGS + 1)
    with pytest.raises(CheckViolation):
        tag(ada, [config], ["x", " y"])
    assert ada.column(config, "tags") == []
    assert tag(ada, [full], ["x"], ["t0"]) == 1


def test_nothing_to_give_or_take_changes_nothing(ada: User) -> None:
    config = ada.create(tags=["x"])
    assert ada.one("select tag_configs(%s, null, null)", [config]) == 1
    assert ada.one("select tag_configs(%s, '{}', '{null,y}')", [config]) == 1
    assert ada.one("select tag_configs('{}', '{y}', '{x}')") == 0
    assert ada.one("select tag_configs(null, '{y}', '{x}')") == 0
    assert ada.column(config, "tags") == ["x"]


# --- Listing -------------------------------------------------------------------------------------


def test_a_list_finds_what_it_is_asked_for(ada: User) -> None:
    ada.create("One 100% 'quoted'", description='\\ "x"', tags=["a", "b,{}"])
    ada.create("two", config_text='{"training": {"method": "dpo"}}', template_type="dpo")
    ada.create("three", is_validated=True, tags=["a"])
    for arguments, names in {
        "search => '{one,100%}'": {"One 100% 'quoted'"},
        "search => array['''quoted''', '\\', '\"x\"']": {"One 100% 'quoted'"},
        "search => '{o}', methods => '{dpo}'": {"two"},
        "methods => '{dpo,sft}', templates => '{sft}'": {"One 100% 'quoted'", "three"},
        "valid => true": {"three"},
        "valid => false": {"One 100% 'quoted'", "two"},
        "tags => '{a}'": {"One 100% 'quoted'", "three"},
        "tags => array['b,{}', 'a']": {"One 100% 'quoted'"},
        "templates => '{dpo,sft}', methods => '{none}'": set(),
    }.items():
        found = ada.ask(f"select name from list_configs({arguments})")
        assert {name for (name,) in found} == names
        assert ada.one(f"select count_configs({arguments})") == len(names)


@pytest.mark.parametrize("sort", ["updated", "created", "name", "last_used", "times_used"])
@pytest.mark.parametrize("falling", [True, False])
def test_pages_follow_each_other(ada: User, sort: str, falling: bool) -> None:
    for number in range(7):
        config = ada.create(f"run {number}")
        if number % 3:
            ada.one("select mark_config_used(%s)", config)
    columns = {"last_used": "coalesce(last_used_at, '-infinity')", "name": "sort_name"}
    place = columns.get(sort, sort if sort == "times_used" else f"{sort}_at")
    page = (
        f"select id, ({place})::text from list_configs(sort => %s, falling => %s, place => %s, "
        "place_id => %s, page_size => %s)"
    )
    whole = ada.ask(page, sort, falling, None, None, 50)
    paged: list[tuple[Any, ...]] = []
    while found := ada.ask(page, sort, falling, *(paged[-1][::-1] if paged else (None, None)), 2):
        paged += found
    assert paged == whole
    assert len({key for key, _ in whole}) == 7


def test_an_order_that_is_none_is_refused(ada: User) -> None:
    for sort in ("size", "id; select 1", None):
        with pytest.raises(InvalidParameterValue, match="there is no order named"):
            ada.ask("select list_configs(sort => %s)", sort)


def test_a_search_looks_for_fifty_words(ada: User) -> None:
    ada.create("word")
    words = ["word"] * MAX_WORDS
    assert ada.one("select count_configs(%s)", [*words, "none"]) == 1
    assert ada.one("select count_configs(%s)", [*words[1:], "none"]) == 0
    assert ada.one("select count_configs(null, null, null, null, null)") == 1


def test_facets_count_what_is_there(ada: User) -> None:
    ada.create("a", tags=["x", "y"])
    ada.create("b", tags=["x"], config_text="{}", template_type="custom")
    ada.change(ada.create("c", tags=["z"]), deleted_at="now")
    assert ada.one("select config_facets()") == {
        "total": 2,
        "methods": {"sft": 1},
        "templates": {"custom": 1, "sft": 1},
        "tags": {"x": 2, "y": 1},
    }


# --- Drafts --------------------------------------------------------------------------------------


def keep_draft(user: User, slot: str, payload: str = "{}", name: str = "draft") -> None:
    user.ask("select keep_draft(%s, %s, null, %s)", slot, name, payload)


def test_a_slot_holds_one_draft(ada: User, eve: User) -> None:
    for user, payload in ((ada, "1"), (eve, "2"), (ada, "3")):
        keep_draft(user, "slot", payload)
    assert ada.ask("select slot, payload from config_drafts") == [("slot", "3")]
    assert eve.ask("select slot, payload from config_drafts") == [("slot", "2")]


def test_the_newest_drafts_are_kept(ada: User) -> None:
    for number in range(DRAFTS_KEPT):
        keep_draft(ada, f"slot {number}")
    keep_draft(ada, "slot 0")
    keep_draft(ada, "new")
    slots = ada.ask("select slot from config_drafts order by number desc")
    assert [slot for (slot,) in slots][:2] == ["new", "slot 0"]
    assert ("slot 1",) not in slots
    assert len(slots) == DRAFTS_KEPT


@pytest.mark.parametrize(
    "columns",
    [
        {"slot": ""},
        {"slot": "x" * (2 * MAX_SLOT + 1)},
        {"name": "x" * (2 * MAX_DRAFT_NAME + 1)},
        {"config_id": "x" * (2 * MAX_SLOT + 1)},
        {"payload": "x" * (2 * MAX_DRAFT_BYTES + 1)},
    ],
    ids=["no slot", "slot", "name", "config", "payload"],
)
def test_a_draft_that_is_unsound_is_refused(ada: User, columns: dict[str, object]) -> None:
    with pytest.raises(CheckViolation):
        ada.insert("config_drafts", **{"slot": "slot", "name": "", "payload": "", **columns})


def test_a_draft_keeps_its_slot_and_the_servers_time(project: Project, ada: User) -> None:
    keep_draft(ada, "slot")
    with pytest.raises(InsufficientPrivilege, match="user_id and slot never change"):
        project.owner("update config_drafts set slot = 'other' where user_id = %s", ada.id)
    project.owner("update config_drafts set updated_at = '2000-01-01' where user_id = %s", ada.id)
    assert ada.one("select now() - updated_at < interval '1 minute' from config_drafts")


# --- Shares --------------------------------------------------------------------------------------

READ = "select kind, title, snapshot from get_share(%s)"


def share(user: User, config: UUID, days: float = 1, **columns: object) -> tuple[Any, str]:
    """The id of a new share, and what its link holds."""
    token = secrets.token_urlsafe(32)
    expires = datetime.now(UTC) + timedelta(days=days)
    hashed = sha256(token.encode()).hexdigest()
    given = {"config_id": config, "token_hash": hashed, "expires_at": expires}
    columns = given | SHARED | columns
    return user.insert("config_shares", **columns)["id"], token


def test_who_holds_the_link_reads_what_was_shared(ada: User, eve: User, visitor: User) -> None:
    config = ada.create()
    _, token = share(ada, config)
    ada.change(config, config_text='{"later": 1}')
    for reader in (ada, eve, visitor):
        assert reader.ask(READ, token) == [tuple(SHARED.values())]
    assert ada.one("select views from config_shares") == 3


def test_a_link_ends(project: Project, ada: User, visitor: User) -> None:
    revoked, past, seen, deleted = (share(ada, ada.create(name)) for name in "abcd")
    ada.ask("update config_shares set revoked_at = now() where id = %s", revoked[0])
    project.force(
        "update config_shares set created_at = now() - interval '2 days', "
        "expires_at = now() where id = %s",
        past[0],
    )
    project.force("update config_shares set max_views = 2 where id = %s", seen[0])
    assert [len(visitor.ask(READ, seen[1])) for _ in range(3)] == [1, 1, 0]
    ada.ask("update training_configs set deleted_at = now() where name = 'd'")
    for _, token in (revoked, past, deleted):
        assert visitor.ask(READ, token) == []
    ada.ask("update training_configs set deleted_at = null where name = 'd'")
    assert visitor.ask(READ, deleted[1]) == []


def test_the_last_view_is_one(project: Project, ada: User, visitor: User) -> None:
    _, token = share(ada, ada.create(), max_views=5)
    answers = project.at_once(16, lambda _: len(visitor.ask(READ, token)))
    assert Counter(answers) == {1: 5, 0: 11}


@pytest.mark.parametrize("token", [None, "", "%", "x" * 42, "x" * 87, "x" * 1_000_000])
def test_what_is_no_link_reads_nothing(visitor: User, token: str | None) -> None:
    assert visitor.ask(READ, token) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"days": 91},
        {"days": -1},
        {"expires_at": "infinity"},
        {"max_views": 0},
        {"max_views": 100_001},
        {"token_hash": "a" * 63},
        {"token_hash": "A" * 64},
    ],
    ids=str,
)
def test_a_share_that_is_unsound_is_refused(ada: User, columns: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        share(ada, ada.create(), **columns)


def test_nobody_shares_a_config_of_somebody_else(ada: User, eve: User) -> None:
    config = ada.create()
    with pytest.raises(ForeignKeyViolation):
        share(eve, config)
    with pytest.raises(InsufficientPrivilege):
        share(eve, config, user_id=ada.id)


def test_a_share_can_only_be_revoked(new_project: NewProject) -> None:
    ada = new_project("all_granted").user()
    config, other = ada.create(), ada.create("other")
    key, token = share(ada, config)
    change = "update config_shares set {} where id = %s"
    for column, value in {
        "config_id": f"'{other}'",
        "token_hash": f"'{'0' * 64}'",
        "expires_at": "expires_at + interval '1 day'",
        "created_at": "now()",
        "views": "-5",
        "max_views": "5",
        "id": "gen_random_uuid()",
    }.items():
        with pytest.raises(InsufficientPrivilege, match="a share can only be revoked"):
            ada.ask(change.format(f"{column} = {value}"), key)
    ada.ask(change.format("revoked_at = now()"), key)
    for value in ("null", "'infinity'"):
        with pytest.raises(InsufficientPrivilege, match="a share can only be revoked"):
            ada.ask(change.format(f"revoked_at = {value}"), key)
    assert ada.ask(READ, token) == []


def test_a_config_has_no_more_links_than_the_limit(project: Project, ada: User) -> None:
    config = ada.create()
    project.at_once(30, lambda _: share(ada, config))
    assert ada.one("select count(*) from config_shares") == 20
    with pytest.raises(RaiseException, match="quota: 20 links to one config") as refused:
        share(ada, config)
    assert refused.value.diag.message_hint == "quota"
    share(ada, ada.create("other"))
    ada.ask("update config_shares set revoked_at = now() where config_id = %s", config)
    share(ada, config)


# --- Bringing a config from elsewhere ------------------------------------------------------------

OLD = "2024-05-01T12:00:00.000001+00:00"
OLDER = "2023-05-01T12:00:00+00:00"


def exported(**changes: Any) -> tuple[str, str]:
    """A config with two versions as another store has it, changed in some parts."""
    shared = {"name": "Old", "description": "d", "template_type": "dpo", "is_validated": True}
    shared |= {"runs": True, "validation_errors": None}
    first = shared | {"number": 3, "operation": "save", "message": "m", "created_at": OLDER}
    first |= {"restored_from": None, "config_text": "{ }"}
    newest = first | {"number": 4, "operation": "restore", "message": "", "created_at": OLD}
    newest |= {"restored_from": 2, "config_text": ELSE, **changes.pop("newest", {})}
    config = shared | {"config_text": ELSE, "search": "old\nd", "tags": ["x"], "message": ""}
    config |= {"restored_from": 2, "times_used": 7, "last_used_at": OLDER, "revision": 4}
    config |= {"created_at": OLDER, "updated_at": OLD, **changes}
    return json.dumps(config), json.dumps([first, newest])


IMPORT = "select import_config(%s, %s, %s)"


def test_an_imported_config_is_as_it_was(ada: User) -> None:
    config, brought = exported()
    key = ada.one(IMPORT, "elsewhere/1", config, brought)
    ((row,),) = ada.ask("select to_jsonb(c) from training_configs c where id = %s", key)
    expected = json.loads(config)
    for moment in ("last_used_at", "created_at", "updated_at"):
        assert datetime.fromisoformat(row[moment]) == datetime.fromisoformat(expected.pop(moment))
    assert row.items() >= expected.items()
    assert row["user_id"] == str(ada.id)
    history = ada.ask("select to_jsonb(v) from config_history(%s) v", key)
    for (version,), before in zip(history, reversed(json.loads(brought)), strict=True):
        assert version["author"] == str(ada.id)
        moment = before.pop("created_at")
        assert datetime.fromisoformat(version["created_at"]) == datetime.fromisoformat(moment)
        assert version.items() >= before.items()


def test_a_config_is_imported_once(project: Project, ada: User, eve: User) -> None:
    arguments = ("elsewhere/1", *exported())
    answers = project.at_once(8, lambda _: ada.one(IMPORT, *arguments))
    assert Counter(answers)[None] == 7
    (key,) = (answer for answer in answers if answer)
    ada.change(UUID(str(key)), deleted_at="now")
    assert ada.one(IMPORT, *arguments) is None
    assert eve.one(IMPORT, *arguments) not in (None, key)


def test_an_imported_config_takes_no_id_and_no_owner(ada: User, eve: User) -> None:
    config = ada.create()
    key = eve.one(IMPORT, "1", *exported(id=str(config), user_id=str(ada.id), deleted_at=OLD))
    assert key != config
    owned = eve.ask("select user_id, deleted_at from training_configs where id = %s", key)
    assert owned == [(eve.id, None)]


def test_an_imported_config_goes_on_as_any_other(ada: User) -> None:
    key = ada.one(IMPORT, "1", *exported())
    ada.change(key, config_text="{ }", restored_from=3)
    assert [row[:4] for row in versions(ada, key)][-1] == (5, "restore", "", 3)
    with pytest.raises(UniqueViolation) as refused:
        ada.one(IMPORT, "2", *exported())
    assert refused.value.diag.constraint_name == "unique_user_config_name"


FAR = "2999-01-01"


@pytest.mark.parametrize(
    "changes",
    [
        {"revision": 5},
        {"revision": 3},
        {"config_text": "{}"},
        {"newest": {"number": 2}, "revision": 2},
        {"newest": {"created_at": FAR}},
        {"newest": {"created_at": "infinity"}},
        {"newest": {"created_at": "-infinity"}},
        {"created_at": "-infinity"},
        {"updated_at": FAR},
        {"last_used_at": "0044-03-15 BC"},
    ],
    ids=str,
)
def test_an_import_with_wrong_versions_or_dates_is_refused(
    ada: User, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidParameterValue, match="these versions are not those of the config"):
        ada.one(IMPORT, "1", *exported(**changes))
    assert ada.ask(CONFIGS) == []


@pytest.mark.parametrize("brought", ["[]", "null", "{}", "1", '[{"number": 4}]', "[null]"])
def test_an_import_without_versions_is_refused(ada: User, brought: str) -> None:
    with pytest.raises(InvalidParameterValue, match="these versions are not those of the config"):
        ada.one(IMPORT, "1", exported()[0], brought)


def test_an_import_with_too_many_versions_is_refused(ada: User) -> None:
    config, brought = exported()
    many = json.loads(brought)[1:] * (VERSIONS_KEPT + 1)
    with pytest.raises(InvalidParameterValue, match="these versions are not those of the config"):
        ada.one(IMPORT, "1", config, json.dumps(many))


@pytest.mark.parametrize(
    "changes", [{"name": " x"}, {"tags": [""]}, {"times_used": -1}, {"template_type": "A"}], ids=str
)
def test_an_import_keeps_to_the_limits(ada: User, changes: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        ada.one(IMPORT, "1", *exported(**changes))


# --- Accounts ------------------------------------------------------------------------------------


def typed(method: str, seconds_ago: float) -> dict[str, object]:
    return {"amr": [{"method": method, "timestamp": time() - seconds_ago}]}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"amr": []},
        {"amr": ["password"]},
        {"amr": [{"method": "password"}]},
        typed("password", 310),
        typed("otp", 1),
    ],
    ids=["no claim", "empty", "no time", "no timestamp", "too long ago", "no password"],
)
def test_an_account_is_deleted_only_where_the_password_was_just_typed(
    ada: User, visitor: User, claims: dict[str, Any]
) -> None:
    with pytest.raises(InsufficientPrivilege, match="sign in with the password first"):
        User(ada.project, ada.id, claims).one("select delete_account()")
    with pytest.raises(InsufficientPrivilege):
        visitor.one("select delete_account()")


def test_everything_goes_with_the_account(project: Project, ada: User, eve: User) -> None:
    for user in (ada, eve):
        config = user.create()
        share(user, config)
        keep_draft(user, "slot")
        user.change(user.create("deleted"), deleted_at="now")
    fresh = User(project, ada.id, typed("password", 290))
    assert fresh.one("select delete_account()") is True
    assert fresh.one("select delete_account()") is False
    for table in ("training_configs", "config_versions", "config_drafts", "config_shares"):
        users = project.owner(
            f"select distinct user_id from {table} where user_id = any (%s)", [ada.id, eve.id]
        )
        assert users == [(eve.id,)]
    with pytest.raises(ForeignKeyViolation):
        ada.create()

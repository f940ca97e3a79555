"""That what the app asks is answered from an index, in its order, however many rows there are."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import pytest
from psycopg import sql

from core.stores.protocol import Sort
from core.stores.supabase_rows import CONFIG
from tests.database.conftest import NewProject
from tests.database.project import Connection, Project, User

pytestmark = pytest.mark.supabase

USERS, ROWS = 40, 20_000
SORTS: tuple[Sort, ...] = get_args(Sort)
PLACES: dict[Sort, str] = {
    "updated": "2026-01-05",
    "created": "2026-01-05",
    "name": "run 5",
    "last_used": "-infinity",
    "times_used": "5",
}
FILTERS: dict[str, dict[str, object]] = {
    "all": {},
    "words": {"search": ["run", "5"]},
    "one method": {"methods": ["sft"]},
    "methods": {"methods": ["sft", "dpo"]},
    "one template": {"templates": ["custom"]},
    "templates": {"templates": ["custom", "sft"]},
    "valid": {"valid": True},
    "tags": {"tags": ["even"]},
    "everything": {"search": ["run"], "methods": ["sft"], "valid": True, "tags": ["even"]},
}
FILL = f"""
insert into auth.users (id) select gen_random_uuid() from generate_series(1, {USERS - 1});
create temp table people as select id, row_number() over () - 1 as place from auth.users;
insert into public.training_configs (user_id, name, description, template_type, config_json,
    config_text, search, is_validated, times_used, last_used_at, created_at, updated_at, tags,
    deleted_at)
  select p.id, 'run ' || n, repeat('x', 100), (array['sft', 'dpo', 'custom'])[n % 3 + 1],
         jsonb_build_object('training', jsonb_build_object('method',
           (array['sft', 'dpo', 'grpo'])[n % 3 + 1])), repeat('x', 500), 'run ' || n || chr(10),
         n % 5 = 0, n % 11, case when n % 2 = 0 then timestamptz '2026-01-01' + n % 9999 * interval
         '1 minute' end, timestamptz '2026-01-01' + n * interval '1 minute',
         timestamptz '2026-01-01' + n * 7 % 9973 * interval '1 minute',
         case when n % 2 = 0 then array['even'] else '{{}}' end,
         case when n % 20 = 7 then now() - n % 30 * interval '1 day' end
    from generate_series(1, {ROWS}) n join people p on p.place = n / 3 % {USERS};
insert into public.config_versions (user_id, config_id, number, operation, author, name,
    template_type, is_validated, runs, config_text)
  select user_id, id, number, 'save', user_id, name, template_type, true, true, config_text
    from public.training_configs, generate_series(1, 3) number;
insert into public.config_drafts (user_id, slot, name, payload)
  select id, 'slot ' || slot, 'draft', '{{}}' from people, generate_series(1, 20) slot;
insert into public.config_shares (config_id, user_id, token_hash, expires_at, kind, title, snapshot)
  select id, user_id, encode(sha256(id::text::bytea), 'hex'), now() + interval '9 days', 'config',
         name, repeat('x', 500)
    from public.training_configs;
analyze
"""
# As list_configs itself runs; read from it, so that they are the same.
SETTINGS = """
select set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), true)
from pg_proc, unnest(proconfig) setting where oid = 'public.list_configs'::regproc
"""


@pytest.fixture(scope="module")
def ada(copied: NewProject) -> Iterator[User]:
    """One of many users."""
    with copied("hosted_new") as project:
        someone = project.user()
        project.force(FILL)
        yield someone


@pytest.fixture
def config(ada: User) -> str:
    """The id of one of her configs."""
    found = ada.project.owner(
        "select id from training_configs where user_id = %s and deleted_at is null limit 1", ada.id
    )
    return str(found[0][0])


def explained(
    connection: Connection, query: str, option: str, values: Sequence[object] = ()
) -> dict[str, Any]:
    statement = f"explain (format json, {option}) {query}"
    ((answer,),) = connection.execute(statement.encode(), values or None).fetchall()
    explanation: dict[str, Any] = answer[0]
    return explanation


def plan(connection: Connection, query: str, *values: object) -> dict[str, Any]:
    root: dict[str, Any] = explained(connection, query, "verbose", values)["Plan"]
    return root


def listing(connection: Connection, sort: Sort, falling: bool, **arguments: object) -> str:
    """The query that list_configs runs."""
    nothing: dict[str, object] = {
        "search": [],
        "methods": [],
        "templates": [],
        "valid": None,
        "tags": [],
    }
    asked = {**nothing, "place": None, "place_id": None, "page_size": 51, **arguments}
    asked |= {"sort": sort, "falling": falling}
    call = sql.SQL("select tunesmith.listing_sql({})").format(
        sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in asked
        )
    )
    ((text,),) = connection.execute(call, asked).fetchall()
    return str(text)


def pages(filters: dict[str, object], sort: Sort) -> Iterator[dict[str, object]]:
    """The arguments of the first page, and of one in the midst."""
    yield filters
    yield filters | {"place": PLACES[sort], "place_id": "80000000-0000-0000-0000-000000000000"}


def faults(node: dict[str, Any], once: bool = False) -> Iterator[str]:
    """What a plan does that takes longer the more rows there are, or does for each of them.

    Args:
        node: a node of the plan.
        once: whether it is below one that is run once, before everything else.
    """
    once = once or node.get("Parent Relationship") == "InitPlan"
    if node["Node Type"] in {"Seq Scan", "Sort", "Incremental Sort"}:
        yield f"{node['Node Type']} {node.get('Relation Name', '')}"
    for name, value in node.items():
        if name != "Plans" and "current_setting" in str(value) and not once:
            yield f"{name}: {value}"
    for inner in node.get("Plans", ()):
        yield from faults(inner, once)


def indexes(node: dict[str, Any]) -> set[str]:
    found = {node["Index Name"]} if "Index Name" in node else set()
    return found.union(*map(indexes, node.get("Plans", ())))


# --- Lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("falling", [True, False])
@pytest.mark.parametrize("filters", FILTERS)
def test_a_page_is_a_walk_through_an_index(
    ada: User, sort: Sort, falling: bool, filters: str
) -> None:
    for arguments in pages(FILTERS[filters], sort):
        with ada.request() as connection:
            connection.execute(SETTINGS)
            found = plan(connection, listing(connection, sort, falling, **arguments))
        assert list(faults(found)) == []
        assert len(indexes(found)) == 1


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("falling", [True, False])
def test_a_page_reads_the_rows_that_it_shows(ada: User, sort: Sort, falling: bool) -> None:
    for arguments in pages({}, sort):
        with ada.request() as connection:
            connection.execute(SETTINGS)
            done = explained(connection, listing(connection, sort, falling, **arguments), "analyze")
        (scan,) = (node for node in done["Plan"]["Plans"] if "Index Name" in node)
        assert scan["Actual Rows"] == 51
        assert scan.get("Rows Removed by Filter", 0) == 0
        assert scan.get("Rows Removed by Index Recheck", 0) == 0


def test_a_page_that_finds_nothing_is_not_compiled_first(ada: User) -> None:
    with ada.request() as connection:
        connection.execute(SETTINGS)
        done = explained(connection, listing(connection, "updated", True, search=[None]), "analyze")
    assert "JIT" not in done


@pytest.mark.parametrize(
    ("filters", "index"),
    [("one method", "training_configs_method"), ("one template", "training_configs_template")],
)
def test_the_usual_filters_have_their_index(ada: User, filters: str, index: str) -> None:
    with ada.request() as connection:
        connection.execute(SETTINGS)
        found = plan(connection, listing(connection, "updated", True, **FILTERS[filters]))
    assert indexes(found) == {index}


def test_with_other_settings_some_page_would_be_sorted(ada: User) -> None:
    found: list[str] = []
    for sort, falling, filters in itertools.product(SORTS, (True, False), FILTERS.values()):
        for arguments in pages(filters, sort):
            with ada.request() as connection:
                query = listing(connection, sort, falling, **arguments)
                found += faults(plan(connection, query))
    assert any(fault.startswith("Sort") for fault in found)


@pytest.mark.parametrize(
    ("worse", "fault"),
    [
        (
            "alter policy training_configs_select on training_configs using (auth.uid() = user_id)",
            "current_setting",
        ),
        ("drop index training_configs_updated", "Sort"),
        ("alter table training_configs disable row level security", "Seq Scan"),
    ],
)
def test_a_worse_schema_would_be_seen(ada: User, worse: str, fault: str) -> None:
    connection = ada.project.connection
    with connection.transaction(force_rollback=True):
        ada.project.owner(worse)
        with ada.request():
            query = listing(connection, "updated", True)
            found = list(faults(plan(connection, query + " offset 100")))
    assert fault in str(found)


# --- The rest ------------------------------------------------------------------------------------

# What the store of the app sends, or a function does for it; each with the id of a config.
ASKED = {
    "get": f"select {CONFIG} from training_configs where id = %s and deleted_at is null",
    "save": "update training_configs set config_text = '{}' "
    "where id = %s and revision = 1 and deleted_at is null",
    "delete": "update training_configs set deleted_at = 'now' where id = %s and deleted_at is null",
    "tag": "select id from training_configs "
    "where deleted_at is null and id = any (array[%s::uuid])",
    "links": "select id from config_shares where config_id = %s",
    "revoke": "update config_shares set revoked_at = now() where config_id = %s",
    "a version": "select * from config_versions where config_id = %s and number = 2",
}


@pytest.mark.parametrize("statement", ASKED.values(), ids=ASKED)
def test_what_is_asked_of_one_config_has_its_index(ada: User, config: str, statement: str) -> None:
    with ada.request() as connection:
        assert list(faults(plan(connection, statement, config))) == []


def body(project: Project, function: str, **arguments: str) -> str:
    """What a function in SQL does with these arguments."""
    ((text,),) = project.owner("select prosrc from pg_proc where proname = %s", function)
    for name, value in arguments.items():
        text = text.replace(f"{function}.{name}", value)
    return str(text)


@pytest.mark.parametrize("number", ["null", "2"])
def test_history_has_its_index(ada: User, config: str, number: str) -> None:
    history = body(ada.project, "config_history", config_id=f"'{config}'", number=number)
    with ada.request() as connection:
        found = plan(connection, history)
    assert list(faults(found)) == []
    assert "config_versions_pkey" in indexes(found)


def test_counting_reads_the_users_own_rows(ada: User) -> None:
    facets = body(ada.project, "config_facets")
    count = "select count(*) from training_configs c where "
    where = "select tunesmith.listing_where({}, {}, {}, null, {})"
    with ada.request() as connection:
        for words in ("'{}'", "'{run}'"):
            asked = where.format(words, "'{}'", "'{}'", "'{}'")
            ((conditions,),) = connection.execute(asked.encode()).fetchall()
            assert list(faults(plan(connection, count + str(conditions)))) == []
        # Which methods there are is sorted, the rows are not.
        assert {fault for fault in faults(plan(connection, facets)) if "Scan" in fault} == set()


SHORT_LISTS = {
    "config_drafts_user_id_slot_key": "select slot, payload from config_drafts "
    "where user_id = (select auth.uid()) order by number desc",
    "training_configs_deleted": "select id, name, deleted_at from training_configs "
    "where deleted_at > now() - interval '30 days' order by deleted_at desc, id desc",
}


@pytest.mark.parametrize("index", SHORT_LISTS)
def test_a_list_of_a_few_is_found_by_its_user(ada: User, index: str) -> None:
    with ada.request() as connection:
        found = plan(connection, SHORT_LISTS[index])
    # They may be sorted, when they have been found.
    assert set(faults(found)) <= {"Sort "}
    assert indexes(found) == {index}


def test_the_limits_are_looked_up_in_an_index(ada: User, config: str) -> None:
    for statement in (
        "select count(*) from training_configs c where c.user_id = %s",
        "delete from training_configs where user_id = %s and deleted_at <= now()",
        "select number from config_drafts where user_id = %s",
    ):
        assert list(faults(plan(ada.project.connection, statement, ada.id))) == []
    shared = "update config_shares set views = views + 1 where token_hash = %s"
    assert list(faults(plan(ada.project.connection, shared, "0" * 64))) == []

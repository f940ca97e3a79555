"""That the migrations bring any project to the one schema, and that a drift from it is told."""

import tomllib
from collections.abc import Iterator
from hashlib import sha256
from time import time
from typing import Any, get_args

import pytest
from psycopg.errors import InsufficientPrivilege, RaiseException

from tests.commands import running
from tests.database.conftest import NewProject
from tests.database.project import SHARED, TEXT, Mode, Project, User
from tests.supabase_server import SUPABASE
from tests.supabase_server.postgres import Grants, PostgresCluster

pytestmark = pytest.mark.supabase

MODES: tuple[Grants, ...] = get_args(Grants)
# The table of an earlier plan, as it may stand in a project that goes on with this app.
EARLIER = """
create table if not exists training_configs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users(id) on delete cascade,
  name text not null,
  description text,
  template_type text not null,
  config_json jsonb not null,
  is_validated boolean default false,
  validation_errors jsonb,
  times_used integer default 0,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint unique_user_config_name unique (user_id, name)
);
create index idx_training_configs_user_id on training_configs (user_id);
create index idx_training_configs_template_type on training_configs (template_type);
create index idx_training_configs_created_at on training_configs (created_at);
alter table training_configs enable row level security;
create policy "Users see their own configs" on training_configs using (auth.uid() = user_id);
grant all on training_configs to anon, authenticated;
"""


@pytest.fixture
def bare(request: pytest.FixtureRequest, postgres_cluster: PostgresCluster) -> Iterator[Project]:
    """A project without our tables, in the mode of the parameter."""
    with Project(postgres_cluster, postgres_cluster.create_database(request.param)) as project:
        yield project


in_each_mode = pytest.mark.parametrize("bare", MODES, indirect=True)


def differences(project: Project) -> Any:
    ((answer,),) = User(project, None).ask("select check_tunesmith() -> 'differences'")
    return answer


def everything(project: Project) -> dict[str, Any]:
    tables = ("training_configs", "config_versions", "config_drafts", "config_shares")
    rows = {
        table: project.owner(f"select to_jsonb(t) from public.{table} t order by t::text")
        for table in tables
    }
    facts = project.owner("select what, fact from tunesmith.facts() order by what")
    return rows | {"facts": facts, "limits": project.owner("table tunesmith.limits order by name")}


def facts(project: Project) -> list[Any]:
    """All that is known of the schema, but for the role that no request of a user has."""
    return [fact for fact in everything(project)["facts"] if "of service_role" not in fact[0]]


# --- Applying ------------------------------------------------------------------------------------


@in_each_mode
def test_an_empty_project_gets_the_schema(bare: Project) -> None:
    bare.migrate()
    assert differences(bare) == []
    assert bare.user().create()


@pytest.mark.parametrize("mode", get_args(Mode))
def test_the_grants_are_the_same_in_each_mode(new_project: NewProject, mode: Mode) -> None:
    project = new_project(mode)
    project.migrate()
    assert facts(project) == facts(new_project("hosted_new"))


def test_running_again_changes_nothing(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    ada = project.user()
    config = ada.create(tags=["a"])
    ada.change(config, config_text="{}")
    ada.change(ada.create("deleted"), deleted_at="now")
    ada.ask("select keep_draft('slot', 'name', null, '{}')")
    columns = {"token_hash": "0" * 64, "expires_at": "tomorrow", **SHARED}
    ada.insert("config_shares", config_id=config, **columns)
    project.owner("update tunesmith.limits set value = 7 where name = 'drafts_per_user'")
    before = everything(project)
    for _ in range(2):
        project.migrate()
        assert everything(project) == before
        assert differences(project) == []


@in_each_mode
def test_a_table_of_an_earlier_plan_keeps_its_rows(bare: Project) -> None:
    bare.owner(EARLIER)
    ada, eve = bare.user(), bare.user()
    columns = "(user_id, name, description, template_type, config_json, times_used, created_at)"
    ((config,),) = bare.owner(
        f"insert into training_configs {columns} values (%s, 'Old', null, 'sft', %s, null, %s) "
        "returning id",
        *(ada.id, TEXT, "2025-01-01"),
    )
    ((before,),) = bare.owner("select to_jsonb(c) from training_configs c")
    bare.migrate()
    ((after,),) = ada.ask("select to_jsonb(c) from training_configs c")
    kept = before | {"description": "", "times_used": 0}
    added = {"config_text": TEXT, "search": "old\n", "revision": 1, "tags": [], "method": "sft"}
    assert after.items() >= (kept | added).items()
    history = ada.ask("select number, operation, config_text from config_history(%s)", config)
    assert history == [(1, "create", TEXT)]
    ada.change(config, config_text="{}")
    assert ada.one("select count(*) from config_history(%s)", config) == 2
    assert eve.ask("select * from training_configs") == []
    eve.create("Old")
    with pytest.raises(InsufficientPrivilege):
        User(bare, None).ask("select * from training_configs")


@in_each_mode
def test_an_earlier_plan_leaves_nothing_of_its_own(bare: Project, new_project: NewProject) -> None:
    bare.owner(EARLIER)
    bare.migrate()
    assert differences(bare) == []
    assert facts(bare) == facts(new_project("hosted_new"))


@in_each_mode
def test_rows_without_an_owner_are_told_in_a_sentence(bare: Project) -> None:
    bare.owner(EARLIER)
    bare.owner(
        "insert into training_configs (name, template_type, config_json) values ('a', 'sft', '{}')"
    )
    with pytest.raises(RaiseException, match=r"^training_configs has rows without a user_id; del"):
        bare.migrate()
    assert bare.owner("select name from training_configs") == [("a",)]
    bare.owner("delete from training_configs")
    bare.migrate()
    assert differences(bare) == []


@in_each_mode
def test_what_was_kept_before_commands_were_asked_for_stays(
    bare: Project, new_project: NewProject
) -> None:
    for path in sorted((SUPABASE / "migrations").glob("20261124*.sql")):
        bare.connection.execute(path.read_bytes())
    ada = bare.user()
    config = ada.create(config_text=running("ls"))
    bare.migrate()
    assert differences(bare) == []
    assert facts(bare) == facts(new_project("hosted_new"))
    kept = "select config_text, target, approvals, revision from training_configs"
    assert ada.ask(kept) == [(running("ls"), "", [], 1)]
    assert ada.one("select approvals from config_history(%s)", config) == []
    with pytest.raises(RaiseException, match="not approved"):
        ada.change(config, name="other")


def other_owner(cluster: PostgresCluster, database: str) -> str:
    """Who may make the schema, and is under row-level security as anybody else."""
    name = "owner_without_bypassrls"
    with cluster.connect(database) as connection:
        connection.execute(
            f"create role {name} login;"
            f"grant anon, authenticated, service_role to {name};"
            f"alter database {database} owner to {name};"
            f"grant usage on schema auth to {name};"
            f"grant all on auth.users to {name};"
            f"create policy own on auth.users to {name} using (true)".encode()
        )
    return name


@pytest.mark.parametrize("bypass", [True, False], ids=["with bypassrls", "without"])
def test_the_functions_work_for_any_owner(postgres_cluster: PostgresCluster, bypass: bool) -> None:
    database = postgres_cluster.create_database("hosted_new")
    owner = "postgres" if bypass else other_owner(postgres_cluster, database)
    with Project(postgres_cluster, database, owner) as project:
        project.migrate()
        ada = project.user()
        config = ada.create()
        ada.change(config, config_text="{}")
        assert ada.one("select count(*) from config_history(%s)", config) == 2
        assert ada.one("select mark_config_used(%s)", config) == 1
        assert ada.one("select tag_configs(%s, '{a}', '{}')", [config]) == 1
        token = "t" * 43
        hashed = sha256(token.encode()).hexdigest()
        made = "select id from make_share('config', 'run', %s, %s, 1, %s)"
        assert ada.one(made, SHARED["snapshot"], hashed, config)
        shared = User(project, None).ask("select snapshot from get_share(%s)", token)
        assert shared == [(SHARED["snapshot"],)]
        ada.change(config, deleted_at="now")
        assert ada.one("select count(*) from config_shares") == 0
        fresh = User(project, ada.id, {"amr": [{"method": "password", "timestamp": time()}]})
        assert fresh.one("select delete_account()") is True
        assert project.owner("select * from config_versions") == []
        assert differences(project) == []


# --- What the API reaches ------------------------------------------------------------------------


def test_the_api_serves_one_schema() -> None:
    config = tomllib.loads((SUPABASE / "config.toml").read_text("utf-8"))
    assert config["api"]["schemas"] == ["public"]


FUNCTIONS = """
select p.proname from pg_proc p
where pronamespace = %s::regnamespace and has_function_privilege(%s, p.oid, 'execute')
"""
OF_VISITORS = {"check_tunesmith", "get_share"}
OF_USERS = OF_VISITORS | {
    *("list_configs", "count_configs", "config_facets", "config_history", "tag_configs"),
    *("mark_config_used", "import_config", "keep_draft", "delete_account", "make_share"),
}


@pytest.mark.parametrize("mode", MODES)
def test_each_role_may_call_what_it_needs(new_project: NewProject, mode: Mode) -> None:
    project = new_project(mode)

    def callable_by(role: str, schema: str) -> set[str]:
        return {name for (name,) in project.owner(FUNCTIONS, schema, role)}

    assert callable_by("anon", "public") == OF_VISITORS
    assert callable_by("authenticated", "public") == OF_USERS
    assert callable_by("anon", "tunesmith") == {"get_share", "differences"}
    assert not callable_by("authenticated", "tunesmith") & {
        name for (name,) in project.owner("select proname from pg_proc where prorettype = 2279")
    }


@pytest.mark.parametrize("table", ["limits", "expected"])
def test_nobody_reaches_the_private_tables(ada: User, visitor: User, table: str) -> None:
    for user in (ada, visitor):
        for statement in (
            "table tunesmith.{}",
            "delete from tunesmith.{}",
            "drop table tunesmith.{}",
        ):
            with pytest.raises(InsufficientPrivilege):
                user.ask(statement.format(table))
        with pytest.raises(InsufficientPrivilege):
            user.ask("create table tunesmith.mine ()")


def test_no_function_with_its_owners_rights_is_served(project: Project) -> None:
    served = "pronamespace = 'public'::regnamespace and prosecdef"
    assert project.owner(f"select proname from pg_proc where {served}") == []


def test_each_function_searches_the_callers_own_types_last(project: Project) -> None:
    others = (
        "select proname from pg_proc where pronamespace in ('public'::regnamespace, "
        "'tunesmith'::regnamespace) and not coalesce('search_path=pg_catalog, pg_temp' = "
        "any (proconfig), false)"
    )
    assert project.owner(others) == []


# --- Telling a drift -----------------------------------------------------------------------------

CONFIGS = "on public.training_configs"
DRIFTS: dict[str, tuple[str, str]] = {
    "drop policy training_configs_select on training_configs": (
        f"policy training_configs_select {CONFIGS}",
        "is missing",
    ),
    "alter policy training_configs_select on training_configs using (true)": (
        f"policy training_configs_select {CONFIGS}",
        "was changed",
    ),
    "alter policy training_configs_select on training_configs to public": (
        f"policy training_configs_select {CONFIGS}",
        "was changed",
    ),
    "create policy more on config_drafts for select using (true)": (
        "policy more on public.config_drafts",
        "is not ours",
    ),
    "alter table config_versions disable row level security": (
        "table public.config_versions",
        "was changed",
    ),
    "grant update on training_configs to authenticated": (
        f"rights of authenticated {CONFIGS}",
        "was changed",
    ),
    "grant update (revision) on training_configs to authenticated": (
        f"rights of authenticated {CONFIGS}",
        "was changed",
    ),
    "grant select (config_text) on training_configs to anon": (
        f"rights of anon {CONFIGS}",
        "was changed",
    ),
    "grant truncate on config_versions to public": (
        "rights of anon on public.config_versions",
        "was changed",
    ),
    "revoke insert on config_drafts from authenticated": (
        "rights of authenticated on public.config_drafts",
        "was changed",
    ),
    "grant update on tunesmith.limits to authenticated": (
        "rights of authenticated on tunesmith.limits",
        "was changed",
    ),
    "alter table training_configs disable trigger training_configs_guard": (
        f"trigger training_configs_guard {CONFIGS}",
        "was changed",
    ),
    "drop trigger training_configs_quota on training_configs": (
        f"trigger training_configs_quota {CONFIGS}",
        "is missing",
    ),
    "alter table training_configs drop constraint training_configs_json_size_ck": (
        f"constraint training_configs_json_size_ck {CONFIGS}",
        "is missing",
    ),
    "drop index training_configs_method": ("index public.training_configs_method", "is missing"),
    "create or replace function tunesmith.limit_of(wanted text) returns integer language sql "
    "stable security definer set search_path = pg_catalog, pg_temp as 'select 9'": (
        "function tunesmith.limit_of(text)",
        "was changed",
    ),
    "grant execute on function tunesmith.delete_account() to anon": (
        "function tunesmith.delete_account()",
        "was changed",
    ),
    "alter function tunesmith.mark_config_used(uuid) reset search_path": (
        "function tunesmith.mark_config_used(uuid)",
        "was changed",
    ),
    "alter function public.config_facets() security definer": (
        "function public.config_facets()",
        "was changed",
    ),
    "create function tunesmith.more() returns integer language sql as 'select 1'": (
        "function tunesmith.more()",
        "is not ours",
    ),
    "alter view config_summaries reset (security_invoker)": (
        "table public.config_summaries",
        "was changed",
    ),
    "create or replace view config_summaries with (security_invoker) as select id, name, "
    "description, template_type, method, model, is_validated, runs, revision, times_used, "
    "last_used_at, created_at, updated_at, tags, sort_name from training_configs": (
        "table public.config_summaries",
        "was changed",
    ),
    "drop view config_summaries cascade": ("table public.config_summaries", "is missing"),
    "drop table config_shares cascade": (
        "policy config_shares_select on public.config_shares",
        "is missing",
    ),
}


@pytest.mark.parametrize("change", DRIFTS)
def test_a_drift_is_told(project: Project, change: str) -> None:
    what, problem = DRIFTS[change]
    with project.connection.transaction(force_rollback=True):
        project.owner(change)
        ((told,),) = project.owner("select check_tunesmith() -> 'differences'")
    assert {"what": what, "problem": problem} in told
    assert differences(project) == []


def test_the_rollback_of_the_docs_leaves_nothing(new_project: NewProject) -> None:
    project = new_project("hosted_new")
    project.user().create()
    text = (SUPABASE.parent / "docs" / "supabase.md").read_text(encoding="utf-8")
    rollback = text.partition("```sql\n")[2].partition("\n```")[0]
    for statement in rollback.split(";\n"):
        project.owner(statement)
    left = project.owner(
        "select count(*) from pg_class where relnamespace = 'public'::regnamespace "
        "union all select count(*) from pg_proc where pronamespace = 'public'::regnamespace "
        "union all select count(*) from pg_namespace where nspname = 'tunesmith'"
    )
    assert left == [(0,), (0,), (0,)]

"""That the attacks find a weakness: where it is put in, those that look for it succeed."""

from typing import NamedTuple

import pytest

from tests.database.attacks import ATTACKS, WITH_SQL, Scene, leaks
from tests.database.project import Mode

pytestmark = pytest.mark.supabase

NEW: Mode = "hosted_new"
OLD: Mode = "hosted_old"
OPEN: Mode = "all_granted"


class Control(NamedTuple):
    """A weakness as SQL, the mode of the project that has it, and the attacks that find it."""

    mode: Mode
    weakness: str
    attacks: tuple[str, ...]


def spoiled(function: str, part: str, worse: str) -> str:
    """SQL that makes one of the functions anew, with a part of it made worse."""
    return f"""
do $do$
declare sound text := pg_get_functiondef('tunesmith.{function}'::regproc);
begin
  assert strpos(sound, $part${part}$part$) > 0;
  execute replace(sound, $part${part}$part$, $part${worse}$part$);
end $do$
"""


def own_or(condition: str) -> str:
    return f"((select auth.uid()) = user_id or {condition})"


READING = ("read_every_relation", "ask_for_the_rows_of_ada", "read_in_other_ways")
CONTROLS: dict[str, Control] = {
    "view with its owner's rights": Control(
        *(NEW, "alter view config_summaries reset (security_invoker)"),
        ("read_every_relation", "ask_for_the_rows_of_ada", "read_with_a_function_that_peeks"),
    ),
    "view with its owner's rights, written to": Control(
        *(OPEN, "alter view config_summaries reset (security_invoker)"),
        ("change_rows", "delete_rows"),
    ),
    "materialized view": Control(
        OLD,
        "create materialized view newest as table training_configs",
        ("read_every_relation",),
    ),
    "table without row-level security": Control(
        NEW,
        "alter table training_configs disable row level security",
        (*READING, "read_with_a_function_that_peeks", "change_rows", "delete_rows"),
    ),
    "table without policies": Control(
        OPEN,
        "drop policy config_drafts_select on config_drafts; "
        "drop policy config_drafts_insert on config_drafts; "
        "drop policy config_drafts_update on config_drafts; "
        "drop policy config_drafts_delete on config_drafts; "
        "alter table config_drafts disable row level security",
        (*READING, "change_rows", "delete_rows", "insert_as_ada", "take_rows_over"),
    ),
    "history without row-level security": Control(
        NEW,
        "alter table config_versions disable row level security",
        READING,
    ),
    "policy that lets everybody read": Control(
        NEW,
        "alter policy training_configs_select on training_configs using (true)",
        (*READING, "call_functions_with_ids_of_ada"),
    ),
    "policy that lets everybody change": Control(
        NEW,
        "alter policy training_configs_update on training_configs using (true) with check (true); "
        "alter policy training_configs_select on training_configs using (true)",
        ("change_rows", "call_functions_with_ids_of_ada"),
    ),
    "policy that lets everybody delete": Control(
        OPEN,
        "alter policy config_drafts_delete on config_drafts using (true); "
        "alter policy config_drafts_select on config_drafts using (true)",
        ("delete_rows",),
    ),
    "policy that lets everybody insert": Control(
        NEW,
        "alter policy config_drafts_insert on config_drafts with check (true)",
        ("insert_as_ada",),
    ),
    "policy for who isn't signed in": Control(
        OLD,
        "create policy visitors on config_shares to anon, authenticated using (true)",
        ("read_every_relation", "ask_for_the_rows_of_ada"),
    ),
    "policy on what a user writes": Control(
        NEW,
        "alter policy training_configs_select on training_configs using "
        + own_or("(auth.jwt() #>> '{user_metadata,is_admin}')::boolean"),
        READING,
    ),
    "function with its owner's rights and no look at whose config it is": Control(
        NEW,
        "create or replace function tunesmith.mark_config_used(config_id uuid) returns integer "
        "language sql volatile security definer set search_path = pg_catalog, pg_temp as $$ "
        "update public.training_configs c set times_used = c.times_used + 1 "
        "where c.id = mark_config_used.config_id returning c.times_used $$",
        ("call_functions_with_ids_of_ada", "call_every_function_with_ids_of_ada"),
    ),
    "one more function with its owner's rights": Control(
        OLD,
        "create function find_config(id uuid) returns text language sql security definer "
        "set search_path = '' as $$ select c.config_text from public.training_configs c "
        "where c.id = find_config.id $$",
        ("call_every_function_with_ids_of_ada",),
    ),
    "share that points at a config alone": Control(
        NEW,
        "alter table config_shares drop constraint config_shares_config_fk; alter table "
        "config_shares add foreign key (config_id) references training_configs (id)",
        ("share_a_config_of_ada",),
    ),
    "share that says it all": Control(
        NEW,
        spoiled(
            "get_share",
            """s.token_hash = pg_catalog.encode(
             pg_catalog.sha256(pg_catalog.convert_to(token, 'UTF8')), 'hex')""",
            "token in (s.token_hash, s.id::text)",
        ),
        ("guess_a_token",),
    ),
    "link that anybody ends": Control(
        NEW,
        "alter policy config_shares_delete on config_shares using (true); "
        "alter policy config_shares_select on config_shares using (true)",
        ("end_a_link_of_ada", "delete_rows"),
    ),
    "link made without a look at whose config it is": Control(
        NEW,
        "alter function make_share(text, text, text, text, integer, uuid, jsonb) security definer; "
        "alter table config_shares drop constraint config_shares_config_fk",
        ("share_a_config_of_ada",),
    ),
    "share that moves": Control(
        OPEN,
        "drop trigger config_shares_guard on config_shares; "
        "alter table config_shares drop constraint config_shares_config_fk",
        ("share_a_config_of_ada", "forge_own_rows", "learn_whether_an_id_is_there"),
    ),
    "emptying is granted": Control(OPEN, "", ("empty_tables",)),
    "triggers are granted": Control(OPEN, "", ("change_the_schema",)),
    "no guard where everything is granted": Control(
        OPEN,
        "drop trigger training_configs_guard on training_configs",
        ("forge_own_rows", "learn_whether_an_id_is_there"),
    ),
    "every column is granted and no guard": Control(
        NEW,
        "drop trigger training_configs_guard on training_configs; "
        "grant update on training_configs to authenticated",
        ("forge_own_rows",),
    ),
    "commands that nobody has to approve": Control(
        NEW,
        "create or replace function tunesmith.approved(document jsonb, given jsonb, known jsonb, "
        "owner uuid) returns jsonb language sql stable set search_path = pg_catalog, pg_temp "
        "as $$ select '[]'::jsonb $$",
        ("approve_in_the_name_of_ada",),
    ),
    "approvals as the caller writes them": Control(
        NEW,
        spoiled("approved", "'by', owner, ", "'by', given #>> '{0,by}', "),
        ("approve_in_the_name_of_ada",),
    ),
    "rows can be given away": Control(
        OPEN,
        "drop trigger config_drafts_guard on config_drafts; "
        "alter policy config_drafts_update on config_drafts with check (true)",
        ("give_rows_away",),
    ),
    "history that its owner writes": Control(
        OPEN,
        "create policy own on config_versions using ((select auth.uid()) = user_id)",
        ("forge_own_rows",),
    ),
    "account that goes without a password": Control(
        NEW,
        "create or replace function tunesmith.delete_account() returns boolean language sql "
        "volatile security definer set search_path = pg_catalog, pg_temp as $$ "
        "delete from auth.users u "
        "where u.id = (auth.jwt() #>> '{user_metadata,user_id}')::uuid returning true $$",
        ("call_functions_with_ids_of_ada", "call_every_function_with_ids_of_ada"),
    ),
    "the caller's types before ours": Control(
        NEW,
        "alter function tunesmith.import_config(text, jsonb, jsonb) set search_path = ''",
        ("shadow_types",),
    ),
    "the caller's tables before ours": Control(
        NEW,
        "create or replace function tunesmith.get_share(token text) returns table (kind text, "
        "title text, snapshot text, created_at timestamptz, expires_at timestamptz) language "
        "plpgsql volatile security definer as $$ begin return query select c.name, c.name, "
        "c.config_text, s.created_at, s.expires_at "
        "from config_shares s join public.training_configs c on c.id = s.config_id "
        "where s.token_hash = encode(sha256(convert_to(token, 'UTF8')), 'hex'); end $$",
        ("shadow_tables",),
    ),
    "the caller's functions before ours": Control(
        NEW,
        "create or replace function tunesmith.mark_config_used(config_id uuid) returns integer "
        "language plpgsql volatile security definer as $$ begin perform pg_temp.uid(); "
        "return 1; end $$",
        ("shadow_functions",),
    ),
    "words in the query as they are": Control(
        NEW,
        spoiled("listing_where", "(c.search, %L) > 0', word)", "(c.search, ''%s'') > 0', word)"),
        ("inject",),
    ),
    "a method in the query as it is": Control(
        NEW,
        spoiled("listing_where", "c.method = %L'", "c.method = ''%s'''"),
        ("inject", "inject_where_strings_are_read_otherwise"),
    ),
    "templates in the query as they are": Control(
        NEW,
        spoiled("listing_where", "any (%L::text[])', t", "any (''%s''::text[])', t"),
        ("inject",),
    ),
    "tags in the query as they are": Control(
        NEW, spoiled("listing_where", "c.tags @> %L::", "c.tags @> ''%s''::"), ("inject",)
    ),
    "a place in the query as it is": Control(
        NEW, spoiled("listing_sql", "(%L::%s, ", "(''%s''::%s, "), ("inject",)
    ),
    "quotes that mean nothing in some settings": Control(
        NEW,
        spoiled(
            "listing_where",
            "c.method = %L', methods[1])",
            "c.method = ''%s''', replace(methods[1], $$'$$, $$''$$))",
        ),
        ("inject_where_strings_are_read_otherwise",),
    ),
    "an import under the id that it names": Control(
        NEW,
        "create or replace function tunesmith.import_config(source_id text, config jsonb, "
        "versions jsonb) returns uuid language sql volatile security definer set search_path = "
        "pg_catalog, pg_temp as $$ delete from public.training_configs c where "
        "c.id = (config ->> 'id')::uuid returning c.id $$",
        ("import_over_a_config_of_ada",),
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_weakness_is_found(scenes: dict[Mode, Scene], name: str) -> None:
    control = CONTROLS[name]
    scene = scenes[control.mode]
    with scene.project.connection.transaction(force_rollback=True):
        if control.weakness:
            scene.project.owner(control.weakness)
        for attack in control.attacks:
            assert leaks(scene, (ATTACKS | WITH_SQL)[attack]), attack


def test_each_attack_is_known_to_find_a_weakness() -> None:
    found = {attack for control in CONTROLS.values() for attack in control.attacks}
    assert found == ATTACKS.keys() | WITH_SQL.keys()

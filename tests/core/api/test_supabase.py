"""The API over a Supabase project: its access tokens are bearers, row-level security decides."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.api.app import create
from core.api.bearers import SupabaseBearers
from core.api.below import Below
from core.api.parts import Parts
from core.identity.protocol import Actor
from core.identity.supabase import SupabaseIdentity
from core.shares.supabase import SupabaseSharedReader, SupabaseShares
from core.stores.supabase import SupabaseStore
from core.system.database import Database
from core.system.remote import Project
from core.workbench import Workbench
from tests.api_client import WIDE, Client, code, nothing_else
from tests.security.supabase_attacker import claims_of, signed
from tests.supabase_server.lite import LiteServer
from tests.supabase_users import User, emptied, new_user

pytestmark = pytest.mark.supabase


@pytest.fixture
def nobody(supabase_project: Project, tmp_path: Path) -> Iterator[Client]:
    database = Database(tmp_path / "shadow.sqlite3")

    def workbench(actor: Actor) -> Workbench:
        return Workbench(SupabaseStore(supabase_project, actor), actor)

    bearers = SupabaseBearers(SupabaseIdentity(database, supabase_project))
    reader = SupabaseSharedReader(supabase_project)
    parts = Parts(
        bearers,
        workbench,
        lambda actor: SupabaseShares(supabase_project, actor),
        lambda token, _: reader.read(token),
    )
    yield Client(Below(nothing_else, "/api", create(parts, WIDE)))
    database.close()


@pytest.fixture
def ann(supabase_project: Project) -> Iterator[User]:
    user = new_user(supabase_project, "ann")
    yield user
    emptied(supabase_project, user)


def client(nobody: Client, user: User) -> Client:
    return Client(nobody.app, user.token)


def test_a_config_is_kept_saved_restored_and_deleted(nobody: Client, ann: User) -> None:
    anna = client(nobody, ann)
    made = anna.make(config_json={"a": 1}, tags=["x"])
    path = f"/{made['id']}"
    assert made["user_id"] == ann.actor.user_id
    saved = anna.put(path, {"config_json": {"a": 2}}, if_match='"1"')["config"]
    assert (saved["revision"], saved["config_json"]) == (2, {"a": 2})
    late = anna.ask("PUT", path, {"name": "b"}, headers={"if-match": '"1"'})
    assert code(late) == (409, "conflict")
    assert late.json()["config"]["revision"] == 2
    assert [one["number"] for one in anna.get(path + "/versions")["versions"]] == [2, 1]
    assert anna.post(path + "/restore", {"version": 1}, if_match='"2"')["config"]["revision"] == 3
    assert [row["name"] for row in anna.get("?tag=x")["configs"]] == ["run"]
    assert anna.ask("GET", path + "/download").json() == {"a": 1}
    assert anna.ask("DELETE", path).status_code == 204
    assert code(anna.ask("GET", path)) == (404, "not_found")


def test_who_a_token_belongs_to_is_asked_of_the_project(nobody: Client, ann: User) -> None:
    answer = client(nobody, ann).get("/account")
    assert answer["account"]["user_id"] == ann.actor.user_id
    assert answer["scopes"] == ["read", "write"]


def test_what_belongs_to_others_does_not_exist(
    nobody: Client, ann: User, supabase_users: tuple[User, User]
) -> None:
    path = f"/{client(nobody, ann).make()['id']}"
    other = client(nobody, supabase_users[1])
    for method, rest in [("GET", ""), ("DELETE", ""), ("GET", "/versions"), ("GET", "/download")]:
        assert code(other.ask(method, path + rest)) == (404, "not_found")
    saved = other.ask("PUT", path, {"name": "mine"}, headers={"if-match": '"1"'})
    assert code(saved) == (404, "not_found")


def test_a_link_is_made_read_by_anybody_and_revoked(nobody: Client, ann: User) -> None:
    anna = client(nobody, ann)
    kept = anna.make(config_json={"a": 1})
    made = anna.post(f"/{kept['id']}/shares", {"days": 1})
    shown = nobody.post("/shared", {"token": made["link"]})["shared"]
    assert shown["configs"][0]["config_json"] == {"a": 1}
    assert anna.get("/shares")["shares"][0]["views"] == 1
    assert anna.ask("DELETE", f"/shares/{made['share']['handle']}").status_code == 204
    gone = nobody.ask("POST", "/shared", {"token": made["link"]})
    assert code(gone) == (404, "not_found")


def test_a_forged_token_proves_nobody(
    nobody: Client, ann: User, supabase_server: LiteServer
) -> None:
    claims = claims_of(ann.token)
    plain = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims)
    ]
    forged = [
        signed(claims, "another secret"),
        signed({**claims, "exp": 1}, supabase_server.jwt_secret),
        ".".join(plain) + ".",
        ".".join(plain) + ".x",
        ann.token[:-3] + "AAA",
        supabase_server.publishable_key,
        "tsm_" + "A" * 49,
    ]
    for token in forged:
        for path in ("", "/account"):
            assert code(Client(nobody.app, token).ask("GET", path)) == (401, "unauthorized")

"""Somebody who asks a Supabase project for what belongs to Anna, and a record of all answers."""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import httpx
from postgrest.exceptions import APIError

from core.system.remote import Project
from tests.supabase_server.lite import LiteServer
from tests.supabase_users import User, new_user

# It stands in all that Anna keeps.
SECRET: Final = "annas-secret"
TABLES: Final = ("training_configs", "config_versions", "config_drafts", "config_shares")
RELATIONS: Final = (*TABLES, "config_summaries")
ORDERS: Final = ("id", "number", "number", "id")


def text_of(word: str) -> str:
    return json.dumps({"model": {"name": word}, "training": {"method": word}})


def snapshot_of(text: str) -> str:
    """What a link to a config with that text shows."""
    return json.dumps({"columns": [{"text": text}]})


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """One of each thing, by the ids of a user."""

    user: User
    config: str
    deleted: str
    share: str
    token: str

    @property
    def id(self) -> str:
        return self.user.actor.user_id


def kept_by(project: Project, user: User, word: str) -> Kept:
    """Fill a user's tables, with a word in everything."""
    client: Any = project.client(user.token)
    columns = {"description": word, "template_type": "sft", "message": word, "tags": [word]}
    given = columns | {"config_text": text_of(word), "config_json": {}, "search": f"{word}\n"}
    rows: list[Any] = [given | {"name": f"{word} {name}"} for name in ("config", "deleted")]
    config, deleted = (
        str(client.table("training_configs").insert(row).execute().data[0]["id"]) for row in rows
    )
    client.table("training_configs").update(
        {"config_text": f"{text_of(word)} ", "message": word}
    ).eq("id", config).execute()
    client.table("training_configs").update({"deleted_at": "now"}).eq("id", deleted).execute()
    draft = {"slot": word, "name": word, "config_id": config, "payload": word}
    client.rpc("keep_draft", draft).execute()
    token = f"{word}-{secrets.token_urlsafe(32)}"
    share = {"config_id": config, "token_hash": token_hash(token), "expires_at": "tomorrow"}
    share |= {"kind": "config", "title": word, "snapshot": snapshot_of(text_of(word))}
    made: Any = client.table("config_shares").insert(share).execute().data
    return Kept(user, config, deleted, str(made[0]["id"]), token)


@dataclass(frozen=True)
class Scene:
    """A project in which Anna keeps one of each thing."""

    server: LiteServer
    project: Project
    anna: Kept

    def of_anna(self) -> list[Any]:
        """All that is hers."""
        client = self.project.client(self.anna.user.token)
        # Rows that an order leaves equal come as the server likes.
        return [
            sorted(client.table(table).select("*").order(order).execute().data, key=repr)
            for table, order in zip(TABLES, ORDERS, strict=True)
        ]

    def eve(self) -> Kept:
        """Somebody new, who keeps one of each thing too."""
        return kept_by(self.project, new_user(self.project, "eve"), "eves-own")


@dataclass
class Attacker:
    """Eve with her sign-in, or somebody without one.

    Attributes:
        bearer: None for somebody without a sign-in.
        own: what Eve keeps; what she would have without signing in is somebody else's.
        found: all data that came.
        said: all texts of errors.
    """

    scene: Scene
    own: Kept
    bearer: str | None
    found: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def table(self, name: str) -> Any:
        """The rows of a table, to ask for."""
        return self.scene.project.client(self.bearer).table(name)

    def rpc(self, name: str, values: Mapping[str, Any] | None = None) -> Any:
        """A function, to call."""
        return self.scene.project.client(self.bearer).rpc(name, dict(values or {}))

    def ask(self, request: Any) -> Any:
        """What a request gives; None where it is refused, and the others go on."""
        try:
            data = request.execute().data
        except APIError as error:
            self.said.append(f"{error} {error.json()}")
            return None
        self.found.append(data)
        return data

    def must_find_nothing(self, request: Any) -> None:
        """The same where anything is too much."""
        found = self.ask(request)
        assert not found, found

    def http(self, method: str, path: str, **given: Any) -> httpx.Response:
        """A request that the package would not make."""
        headers = self.headers() | given.pop("headers", {})
        sent = {name: value for name, value in headers.items() if value is not None}
        url = self.scene.project.url + path
        answer = self.scene.project.http.request(method, url, headers=sent, **given)
        self.said.append(f"{answer.status_code} {answer.text} {answer.headers}")
        return answer

    def headers(self) -> dict[str, str]:
        key = self.scene.project.key
        return {"apikey": key, "Authorization": f"Bearer {self.bearer or key}"}

    def own_rows(self) -> Any:
        client = self.scene.project.client(self.own.user.token)
        return client.table("training_configs").select("*").order("id").execute().data


def signed(claims: dict[str, Any], secret: str, algorithm: str = "HS256") -> str:
    """A token as the project makes them, with any secret."""
    header = {"alg": algorithm, "typ": "JWT"}
    body = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    if algorithm.lower() == "none":
        return f"{body}."
    return f"{body}.{encoded(hmac.digest(secret.encode(), body.encode(), 'sha256'))}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def claims_of(user_id: str, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"sub": user_id, "role": "authenticated", "aud": "authenticated"}
    return {**claims, "iat": now, "exp": now + 3600, **changes}

"""What the tests of the REST API hand in: the app over a real database, and a client for each user.

A client sends every request through the app that a server would mount, address and all.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from core.api.app import create
from core.api.bearers import LocalBearers
from core.api.below import Below
from core.api.parts import Limits, Parts
from core.identity.access_tokens import AccessTokens, Scope
from core.identity.protocol import Actor
from core.shares.guesses import Guesses
from core.shares.sqlite import SqliteSharedReader, SqliteShares
from core.stores.sqlite import SqliteStore
from core.system.database import Database
from core.workbench import Workbench
from tests.asgi import LOCAL, request
from tests.stores import ANNA, BERT, sqlite_database

BASE: Final = "http://localhost:8501/api/training"

# Thousands of requests of one test come from one address.
WIDE: Final = Limits(per_address=10**6, per_token=10**6, wrong_tokens=10**6)


@dataclass(frozen=True)
class Client:
    """Somebody who sends requests, with a token or without."""

    app: ASGIApp
    token: str | None = field(default=None, repr=False)
    address: tuple[str, int] = LOCAL

    def ask(
        self,
        method: str,
        path: str = "",
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """The answer; ``body`` is sent as JSON."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            sent.setdefault("content-type", "application/json")
        url = BASE + path
        return request(self.app, method, url, client=self.address, headers=sent, content=content)

    def get(self, path: str = "") -> Any:
        """The JSON of a success."""
        return _success(self.ask("GET", path))

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return _success(self.ask("POST", path, body, headers=_named(headers)))

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return _success(self.ask("PUT", path, body, headers=_named(headers)))

    def make(self, name: str = "run", **more: Any) -> Any:
        """A new config's record."""
        return self.post("", {"name": name, "config_json": {}, **more})["config"]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _success(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.status_code}: {answer.text}"
    return answer.json() if answer.content else None


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    assert problem["title"]
    return answer.status_code, problem["code"]


@dataclass(frozen=True)
class Api:
    """The app, where Anna and Bert have accounts, and its parts."""

    app: ASGIApp
    database: Database
    tokens: AccessTokens

    def token(self, actor: Actor = ANNA, scopes: Collection[Scope] = ("read", "write")) -> str:
        name = f"machine {len(self.tokens.active(actor.user_id))}"
        return self.tokens.make(actor.user_id, name, scopes, timedelta(days=30)).token

    @property
    def nobody(self) -> Client:
        return Client(self.app)

    def client(self, actor: Actor, *scopes: Scope) -> Client:
        return Client(self.app, self.token(actor, scopes or ("read", "write")))

    @property
    def anna(self) -> Client:
        return self.client(ANNA)

    @property
    def bert(self) -> Client:
        return self.client(BERT)


nothing_else = PlainTextResponse("Not of the API.", 404)


@contextmanager
def local_api(file: Path, limits: Limits = WIDE, origins: Sequence[str] = ()) -> Iterator[Api]:
    """The app over an embedded database."""
    database = sqlite_database(file)
    tokens = AccessTokens(database)

    def workbench(actor: Actor) -> Workbench:
        return Workbench(SqliteStore(database, actor), actor)

    reader, guesses = SqliteSharedReader(database), Guesses()
    parts = Parts(
        LocalBearers(tokens),
        workbench,
        lambda actor: SqliteShares(database, actor),
        lambda token, address: guesses.read(reader, token, address),
    )
    app = create(parts, limits, origins)
    yield Api(Below(nothing_else, "/api", app), database, tokens)
    database.close()

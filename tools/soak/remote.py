"""The same soak with a Supabase project behind the app, and the faults that such a one has.

The project is the tests' own server; between it and the app stands a proxy that can answer in its
place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from core.system.remote import Project
from tests.supabase_server.lite import LiteServer, Settings
from tools.soak import faults
from tools.soak.accounts import PASSWORD, Person
from tools.soak.checks import Row, Shelf
from tools.soak.faults import Fault, Ground
from tools.soak.ledger import Content, digest
from tools.soak.proxy import Proxy
from tools.soak.server import free_port

_PAGE: Final = 500
_HTML: Final = b"<html><body>Bad gateway at /srv/inner/gateway.py</body></html>"
_GARBAGE: Final = b'{"message": [[[[ \xff\xfe'


def _http(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


ERROR: Final = _http("500 Internal Server Error", "text/html", _HTML)
GARBAGE: Final = _http("200 OK", "application/json", _GARBAGE)


@dataclass
class Remote:
    """A project, and the way to it that the app takes."""

    server: LiteServer
    proxy: Proxy

    @staticmethod
    def started(seed: int) -> "Remote":
        """A project that takes sign-ups, behind a proxy."""
        settings = Settings(enable_signup=True, enable_confirmations=False, jwt_expiry=7200)
        server = LiteServer(settings)
        proxy = Proxy(free_port(), server.port, seed)
        proxy.start()
        return Remote(server, proxy)

    def close(self) -> None:
        """End both."""
        self.proxy.close()
        self.server.stop()

    @property
    def settings(self) -> dict[str, str]:
        """What the app is started with."""
        return {
            "TUNESMITH_SUPABASE_URL": f"http://127.0.0.1:{self.proxy.port}",
            "TUNESMITH_SUPABASE_KEY": self.server.publishable_key,
        }

    @property
    def shelf(self) -> Shelf:
        """The project's tables."""
        return RemoteShelf(self.server)

    def readers(self, number: int) -> list[str]:
        """None: the pages are soaked with the embedded file."""
        return []

    def restarting(self) -> Mapping[str, Fault]:
        """The faults of the app itself."""
        return {"restart": faults.restart, "kill": faults.kill}

    def gentle(self) -> Mapping[str, Fault]:
        """The faults of the project, and of the way to it."""
        return {
            "bad_line": faults.bad_line,
            "project_killed": self._killed,
            "project_restarted": self._restarted,
            "project_paused": self._paused,
            "project_slow": self._slow,
            "project_cut": self._cut,
            "project_refuses": self._refuses,
            "project_errors": self._errors,
            "project_garbage": self._garbage,
        }

    def _killed(self, ground: Ground) -> None:
        self.server.kill()
        ground.wait()
        self.server.start()

    def _restarted(self, ground: Ground) -> None:
        self.server.restart()

    def _paused(self, ground: Ground) -> None:
        """Longer than the app waits for an answer."""
        self.server.pause()
        ground.wait(2 * ground.hold)
        self.server.resume()

    def _slow(self, ground: Ground) -> None:
        self.proxy.weather.delay = 4.0
        self._until_healed(ground)

    def _cut(self, ground: Ground) -> None:
        self.proxy.weather.cut = 0.3
        self._until_healed(ground)

    def _refuses(self, ground: Ground) -> None:
        self.proxy.weather.refuses = True
        self._until_healed(ground)

    def _errors(self, ground: Ground) -> None:
        self.proxy.weather.answer = ERROR
        self._until_healed(ground)

    def _garbage(self, ground: Ground) -> None:
        self.proxy.weather.answer = GARBAGE
        self._until_healed(ground)

    def _until_healed(self, ground: Ground) -> None:
        ground.wait()
        self.proxy.weather.clear()

    def people(self, users: int) -> list[Person]:
        """Sign up as many users as that, in pairs that share an account."""
        project = Project.open(self.server.url, self.server.publishable_key)
        found: list[Person] = []
        for number in range(0, users, 2):
            account = number // 2
            email = f"soak-{account}@example.org"
            made = project.client().auth.sign_up({"email": email, "password": PASSWORD})
            if made.user is None or made.session is None:
                raise RuntimeError("The project takes no sign-up.")
            token = made.session.access_token
            found += [
                Person(n, account, made.user.id, token)
                for n in range(number, min(users, number + 2))
            ]
        project.close()
        return found


class RemoteShelf:
    """The project's tables, read with its secret key past the app and past the proxy."""

    def __init__(self, server: LiteServer) -> None:
        self._server = server

    def rows(self) -> Iterator[Row]:
        """All configs of all users."""
        versions: dict[str, dict[int, Content]] = {}
        for row in self._all("config_versions", "config_id,number,name,config_text"):
            content = Content(row["name"], digest(row["config_text"]))
            versions.setdefault(row["config_id"], {})[row["number"]] = content
        columns = "id,user_id,revision,name,config_text,deleted_at"
        for row in self._all("training_configs", columns):
            content = Content(row["name"], digest(row["config_text"]))
            is_deleted = row["deleted_at"] not in (None, "-infinity")
            has = versions.get(row["id"], {})
            yield Row(row["id"], row["user_id"], row["revision"], content, is_deleted, has)

    def health(self) -> list[str]:
        """Nothing: the project's database looks after itself."""
        return []

    def _all(self, table: str, columns: str) -> Iterator[dict[str, Any]]:
        order = columns.partition(",")[0] + (",number" if "number" in columns else "")
        key = self._server.secret_key
        headers = {"apikey": key, "authorization": f"Bearer {key}"}
        place = 0
        while True:
            query: dict[str, str | int] = {
                "select": columns,
                "order": order,
                "limit": _PAGE,
                "offset": place,
            }
            answer = httpx.get(
                f"{self._server.url}/rest/v1/{table}", params=query, headers=headers, timeout=60
            )
            rows = answer.raise_for_status().json()
            yield from rows
            place += len(rows)
            if len(rows) < _PAGE:
                return

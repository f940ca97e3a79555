"""The ledger against what the app has: in its database, and as it answers.

The database is read as a file of its own, so that an app that hides what it lost is found out.
Everything that can't be is written into the ledger as wrong.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from tools.soak.answers import MARK, TOKENS
from tools.soak.ledger import Content, Kept, Ledger, Link, digest
from tools.soak.wire import Line, LostError

VERSIONS_KEPT: Final = 50
# It makes an event loop for each session; where that fails, two destructors complain too.
_NO_FILES: Final = re.compile(r"\[Errno 24\]|has no attribute '_(ssock|state)'")
_BUSY_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Row:
    """A config as the database has it.

    Attributes:
        versions: what each kept version holds, by its number.
        moments: when each was made, as the app wrote it.
    """

    id: str
    user_id: str
    revision: int
    content: Content
    is_deleted: bool
    versions: dict[int, Content]


class Shelf(Protocol):
    """Where the app keeps configs, looked at from behind."""

    def rows(self) -> Iterator[Row]:
        """All configs of all users."""

    def health(self) -> list[str]:
        """What is wrong with it as a database."""


class SqliteShelf:
    """The embedded file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self) -> Iterator[Row]:
        """All configs of all users."""
        with closing(self._connected()) as connection:
            versions: dict[str, dict[int, Content]] = {}
            for key, number, name, text in connection.execute(
                "SELECT config_id, number, name, config_json FROM config_versions"
            ):
                versions.setdefault(key, {})[number] = Content(name, digest(text))
            for key, user, revision, name, text, deleted in connection.execute(
                "SELECT id, user_id, revision, name, config_json, deleted_at FROM training_configs"
            ):
                content = Content(name, digest(text))
                has = versions.pop(key, {})
                yield Row(key, user, revision, content, deleted is not None, has)

    def health(self) -> list[str]:
        """What SQLite itself finds wrong."""
        with closing(self._connected()) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        found = [f"integrity_check: {text}" for text in said if text != "ok"]
        return found + [f"foreign_key_check: {len(broken)} rows"] * bool(broken)

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=_BUSY_SECONDS)


@dataclass
class Judge:
    """Holds the ledger against the app.

    Attributes:
        lines: a line to the app for each account.
        users: the app's id of each account.
    """

    ledger: Ledger
    shelf: Shelf
    lines: dict[int, Line]
    users: dict[int, str]

    def look(self) -> int:
        """Check everything in the database; how many versions that were acknowledged are there."""
        for fault in self.shelf.health():
            self.ledger.fail(fault)
        rows = {row.id: row for row in self.shelf.rows()}
        self._adopt(rows)
        found = sum(self._config(kept, rows.get(kept.id)) for kept in self.ledger.everything())
        for key in rows.keys() - self.ledger.configs.keys():
            if rows[key].user_id in self.users.values():
                self.ledger.fail("a config is there that nobody sent", id=key)
        return found

    def _adopt(self, rows: dict[str, Row]) -> None:
        """What was in doubt and is there has to stay there."""
        accounts = {user: account for account, user in self.users.items()}
        for row in rows.values():
            account = accounts.get(row.user_id, -1)
            first = row.versions.get(1)
            if row.id in self.ledger.configs or first is None:
                continue
            if self.ledger.new_in_doubt.get((account, first.name)) == first:
                del self.ledger.new_in_doubt[account, first.name]
                self.ledger.version(row.id, account, 1, first)
                self.ledger.counts["in doubt, and there"] += 1

    def _config(self, kept: Kept, row: Row | None) -> int:
        """Check one config; how many of its acknowledged versions are there."""
        if row is None:
            self.ledger.fail("a config that was acknowledged is gone", id=kept.id)
            return 0
        numbers = sorted(row.versions)
        wanted = list(range(max(1, row.revision - VERSIONS_KEPT + 1), row.revision + 1))
        if numbers != wanted:
            self._fail(kept, f"has the versions {_short(numbers)}, not {_short(wanted)}")
        if row.revision < kept.revision:
            self._fail(kept, f"is at {row.revision}, {kept.revision} was acknowledged")
        if row.versions.get(row.revision) != row.content:
            self._fail(kept, "is not what its newest version says")
        self._state(kept, row)
        return sum(self._version(kept, number, has) for number, has in row.versions.items())

    def _state(self, kept: Kept, row: Row) -> None:
        if kept.state == "in doubt":
            kept.state = "deleted" if row.is_deleted else "live"
        elif row.is_deleted != (kept.state == "deleted"):
            self._fail(kept, f"is {'' if row.is_deleted else 'not '}deleted, against the answer")

    def _version(self, kept: Kept, number: int, has: Content) -> int:
        if not kept.may_be(number, has):
            self._fail(kept, f"has a version {number} that nobody sent so")
            return 0
        if number in kept.versions:
            return 1
        # Sent without an answer, and there as a whole: from now on it has to stay.
        self.ledger.version(kept.id, kept.account, number, has)
        self.ledger.counts["in doubt, and there"] += 1
        return 0

    def _fail(self, kept: Kept, what: str) -> None:
        self.ledger.fail(f"a config {what}", id=kept.id)

    # --- Through the door ------------------------------------------------------------------

    def ask(self, most: int | None = None) -> int:
        """Read configs and links as users do and compare; how many were read.

        Args:
            most: of each account's; all where there is none.
        """
        asked = 0
        for account, line in self.lines.items():
            for kept in self.ledger.of(account)[:most]:
                asked += self._downloads(line, kept)
            for link in [one for one in self.ledger.links.values() if one.account == account][
                :most
            ]:
                asked += self._opens(line, link)
        return asked

    def _downloads(self, line: Line, kept: Kept) -> int:
        reply = patient(lambda: line.ask("GET", f"/{kept.id}/download"))
        if reply is None or reply.status == 429:
            return 0
        if not reply.is_success:
            self._fail(kept, f"can't be downloaded: {reply.status} {reply.detail}")
        elif digest(reply.body.decode()) != kept.versions[kept.revision].sha256:
            self._fail(kept, "is not downloaded as it was saved")
        return 1

    def _opens(self, line: Line, link: Link) -> int:
        state = self.ledger.state_of(link)
        if state == "in doubt":
            return 0
        reply = patient(lambda: line.ask("POST", "/shared", {"token": link.token}))
        if reply is None or reply.status == 429:
            return 0
        wanted = 200 if state == "live" else 404
        if reply.status != wanted:
            self.ledger.fail(f"a link that is {state} answers {reply.status}", id=link.handle)
        elif wanted == 200:
            self._shows(link, reply.json()["shared"]["configs"][0])
        return 1

    def _shows(self, link: Link, shown: dict[str, Any]) -> None:
        kept = self.ledger.configs[link.config_id]
        known = {content.sha256 for content in kept.versions.values()}
        if digest(shown["config_text"]) not in known:
            self.ledger.fail("a link shows what nobody saved", id=link.handle)


def patient(ask: Callable[[], Any], tries: int = 3) -> Any:
    """What is answered, asked again where no answer came; ``None`` where none comes."""
    for _ in range(tries):
        try:
            return ask()
        except LostError:
            time.sleep(0.5)
    return None


def back_within(line: Line, seconds: float) -> float | None:
    """How long it takes until a user is served again; ``None`` where it takes longer than that."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            if line.ask("GET", "?limit=1").is_success:
                return time.monotonic() - begun
        except LostError:
            pass
        time.sleep(0.1)
    return None


def log_faults(log: Path, secrets: Iterable[str]) -> list[str]:
    """What the app's log must not hold, and does; each with its line."""
    secrets = tuple(secrets)
    lines = log.read_text("utf-8", "replace").splitlines()
    found = [f"line {number + 1}: a traceback" for number in _tracebacks(lines)]
    for number, line in enumerate(lines, 1):
        if TOKENS.search(line) or any(secret in line for secret in secrets):
            found.append(f"line {number}: a secret")
        if MARK in line:
            found.append(f"line {number}: a part of a config")
    return found


def _tracebacks(lines: list[str]) -> Iterator[int]:
    """Where tracebacks begin, but for those that Streamlit's server writes for want of files."""
    for number, line in enumerate(lines):
        if "Traceback (most recent call last)" in line:
            ends = (text for text in lines[number + 1 :] if text[:1].strip())
            if not _NO_FILES.search(next(ends, "")):
                yield number


def _short(numbers: list[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]} ({len(numbers)})" if numbers else "none"

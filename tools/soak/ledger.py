"""What was asked and what the app said to it, on disk before anything else is done with it.

Each line of the file is one event. What the app acknowledged is forced onto the disk at once, so
that the ledger is right even where the machine stops. In memory stands what has to be true now:
for each config, which revisions were acknowledged with what content, and which requests got no
answer, so that what they asked for is there as a whole or not at all.
"""

import hashlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

State = Literal["live", "in doubt", "deleted"]
FSYNCED: Final = frozenset({"acknowledged", "wrong"})


def digest(text: str) -> str:
    """The SHA-256 of a config's text."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Content:
    """What a version holds: its name, and the hash of its text."""

    name: str
    sha256: str


@dataclass
class Kept:
    """What has to be true of one config.

    Attributes:
        account: the number of the account that it belongs to.
        versions: the content of each revision that was acknowledged.
        doubts: the contents that were sent without an answer, by the revision that they would be.
        texts: texts that are sent again, by hash.
    """

    id: str
    account: int
    versions: dict[int, Content] = field(default_factory=dict)
    doubts: dict[int, set[Content]] = field(default_factory=dict)
    state: State = "live"

    @property
    def revision(self) -> int:
        """The newest revision that was acknowledged."""
        return max(self.versions)

    def may_be(self, revision: int, content: Content) -> bool:
        """Whether a version that the app has can be there."""
        acknowledged = self.versions.get(revision)
        if acknowledged is not None:
            return acknowledged == content
        return content in self.doubts.get(revision, set())


@dataclass
class Link:
    """What has to be true of a link: its token opens what was shared, until it is revoked."""

    token: str = field(repr=False)
    handle: str
    config_id: str
    account: int
    state: State = "live"


class Ledger:
    """The configs and links of all users, and the file of events; used by many threads."""

    def __init__(self, file: Path) -> None:
        self.lock = threading.RLock()
        self.configs: dict[str, Kept] = {}
        self.links: dict[str, Link] = {}
        self.new_in_doubt: dict[tuple[int, str], Content] = {}
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        self._file = file.open("a", encoding="utf-8")

    def note(self, kind: str, **what: Any) -> None:
        """Write an event down; what was acknowledged is on the disk when this returns."""
        line = json.dumps({"at": round(time.time(), 3), "kind": kind, **what})
        with self.lock:
            self.counts[kind] += 1
            self._file.write(line + "\n")
            self._file.flush()
            if kind in FSYNCED:
                os.fsync(self._file.fileno())

    def fail(self, fault: str, **about: Any) -> None:
        """Note something that must not be."""
        with self.lock:
            self.wrong.append(fault)
            self.note("wrong", fault=fault, **about)

    def version(self, config_id: str, account: int, revision: int, content: Content) -> None:
        """A revision was acknowledged; the same one for two contents is a lost save."""
        with self.lock:
            kept = self.configs.setdefault(config_id, Kept(config_id, account))
            known = kept.versions.get(revision)
            if known is not None and known != content:
                self.fail(f"{config_id} revision {revision} was acknowledged for two contents")
            kept.versions[revision] = content
            self.note(
                "acknowledged",
                id=config_id,
                revision=revision,
                name=content.name,
                sha256=content.sha256,
            )

    def doubt(self, config_id: str, revision: int, content: Content) -> None:
        """Nobody knows whether this became that revision."""
        with self.lock:
            self.configs[config_id].doubts.setdefault(revision, set()).add(content)
            self.note("doubt", id=config_id, revision=revision, sha256=content.sha256)

    def doubt_new(self, account: int, content: Content) -> None:
        """Nobody knows whether a config of this name was made."""
        with self.lock:
            self.new_in_doubt[account, content.name] = content
            self.note("doubt", account=account, name=content.name, sha256=content.sha256)

    def of(self, account: int) -> list[Kept]:
        """The account's configs that are there for sure."""
        with self.lock:
            found = self.configs.values()
            return [kept for kept in found if kept.account == account and kept.state == "live"]

    def links_of(self, account: int) -> list[Link]:
        """The account's links that work for sure."""
        with self.lock:
            found = self.links.values()
            return [
                link for link in found if link.account == account and self.state_of(link) == "live"
            ]

    def state_of(self, link: Link) -> State:
        """The state of a link: it ends with its config too."""
        config = self.configs[link.config_id].state
        return link.state if config == "live" else config

    def everything(self) -> Iterator[Kept]:
        """All configs that were ever acknowledged."""
        with self.lock:
            yield from list(self.configs.values())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

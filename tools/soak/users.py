"""Users of the REST API: each in a thread, one request at a time, all of them within a rate."""

import copy
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from core.presets import find
from tools.soak.accounts import Person
from tools.soak.answers import MARK, faults_of
from tools.soak.ledger import Content, Kept, Ledger, Link, digest
from tools.soak.wire import Line, LostError, Reply

MOST_CONFIGS: Final = 25
"""An account with more deletes before it makes another one."""
MOST_LINKS: Final = 10
_PRESETS: Final = ("sft_toolbench", "knowledge_dense", "dpo_basic")
_UNCHANGED: Final = "nothing was changed"
_SETTLE_SECONDS: Final = 60.0


class Gate:
    """Lets users work, or holds them so that what is there stands still while it is looked at."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.ends = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self._changed = threading.Condition()
        self._inside = 0

    def enter(self) -> bool:
        """Wait until work goes on; whether it does, or the soak is over."""
        self._open.wait()
        with self._changed:
            if self.ends.is_set() or self.left <= 0:
                return False
            self.left -= 1
            self._inside += 1
        return True

    def leave(self) -> None:
        """One request is over."""
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def shut(self) -> bool:
        """Hold everybody; whether all are out."""
        self._open.clear()
        with self._changed:
            return self._changed.wait_for(lambda: self._inside == 0, _SETTLE_SECONDS)

    def open(self) -> None:
        """Let everybody go on."""
        self._open.set()

    def close(self) -> None:
        """The soak is over."""
        self.ends.set()
        self.open()


class Worker:
    """One user, who does something, waits a little, and does something else."""

    def __init__(self, person: Person, line: Line, ledger: Ledger, seed: int) -> None:
        self.person = person
        self.replies: Counter[str] = Counter()
        self._line = line
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._number = 0

    def run(self, gate: Gate, pause: float) -> None:
        """Work until the gate is closed, with a pause of that many seconds in the mean."""
        while not gate.ends.wait(self._chance.expovariate(1 / pause)):
            if not gate.enter():
                break
            try:
                self.step()
            # A fault of the driver is told at the end; the others go on.
            except Exception as error:  # noqa: BLE001
                self._ledger.fail(f"the driver itself failed: {error!r}")
            finally:
                gate.leave()
        self._line.close()

    def step(self) -> None:
        """One thing that a user does."""
        kept = self._ledger.of(self.person.account)
        if not kept:
            self._create()
            return
        names, weights = zip(*_DOES, strict=True)
        act: Callable[[Worker, Kept], None] = self._chance.choices(names, weights)[0]
        act(self, self._chance.choice(kept))

    # --- Asking ----------------------------------------------------------------------------

    def _ask(
        self, what: str, method: str, path: str, body: Any = None, revision: int | None = None
    ) -> Reply | None:
        """The answer; ``None`` where nobody knows what became of it."""
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        began = time.monotonic()
        try:
            reply = self._line.ask(method, path, body, headers)
        except LostError as lost:
            self.replies["no answer"] += 1
            self._ledger.note("lost", what=what, why=str(lost), user=self.person.number)
            return None
        self._look_at(what, reply, time.monotonic() - began)
        is_in_doubt = reply.status == 503 and _UNCHANGED not in reply.detail
        return None if is_in_doubt else reply

    def _look_at(self, what: str, reply: Reply, took: float) -> None:
        self.replies[str(reply.status)] += 1
        if reply.is_success:
            self._ledger.counts[f"done: {what}"] += 1
            return
        self._ledger.note(
            "refused",
            what=what,
            status=reply.status,
            code=reply.code,
            detail=reply.detail[:200],
            took=round(took, 2),
        )
        if reply.status == 401:
            self._ledger.fail("a good token was refused", what=what)
        for fault in faults_of(reply, [self.person.token]):
            self._ledger.fail(f"an answer {fault}", what=what, body=reply.body.decode()[:300])

    # --- Writing ---------------------------------------------------------------------------

    def _text(self) -> str:
        """A config that nobody has sent yet."""
        self._number += 1
        config: dict[str, Any] = copy.deepcopy(dict(find(self._chance.choice(_PRESETS)).config))
        config["training"]["learning_rate"] = self._chance.uniform(1e-6, 1e-3)
        tag = f"{MARK} {self.person.number} {self._number} {self._chance.getrandbits(64):x}"
        # Up to some ten kilobytes, so that a save is more than one page of the database.
        config["notes"] = {"soak": tag + " ø" * self._chance.choice((0, 20, 3000))}
        return json.dumps(config, indent=2, ensure_ascii=False) + "\n"

    def _name(self) -> str:
        return f"soak {self.person.number}-{self._number}-{self._chance.getrandbits(40):x}"

    def _body(self, text: str, **more: Any) -> dict[str, Any]:
        return {"config_text": text, **more}

    def _create(self, text: str = "") -> None:
        text = text or self._text()
        content = Content(self._name(), digest(text))
        reply = self._ask("create", "POST", "", self._body(text, name=content.name))
        if reply is None:
            self._ledger.doubt_new(self.person.account, content)
        elif reply.is_success:
            self._acknowledged(reply, content)

    def _acknowledged(self, reply: Reply, content: Content) -> None:
        config = reply.json()["config"]
        said = Content(config["name"], digest(config["config_text"]))
        if said != content or reply.headers.get("etag") != f'"{config["revision"]}"':
            self._ledger.fail("an answer tells another content than was sent", id=config["id"])
        self._ledger.version(config["id"], self.person.account, config["revision"], content)

    def _write(self, kept: Kept, what: str, content: Content, body: Any, path: str = "") -> None:
        revision = kept.revision
        method = "POST" if path else "PUT"
        reply = self._ask(what, method, f"/{kept.id}{path}", body, revision)
        if reply is None:
            self._ledger.doubt(kept.id, revision + 1, content)
        elif reply.is_success:
            if reply.json()["config"]["revision"] != revision + 1:
                self._ledger.fail("a save did not become the next revision", id=kept.id)
            self._acknowledged(reply, content)
        elif reply.code == "conflict":
            self._caught_up(kept, reply.json()["config"])
        elif reply.code == "not_found":
            self._missing(kept)

    def _caught_up(self, kept: Kept, current: dict[str, Any]) -> None:
        """What a conflict shows is there: the other user of the account, or a save in doubt."""
        content = Content(current["name"], digest(current["config_text"]))
        if current["revision"] < kept.revision and not self._is_gone(kept):
            self._ledger.fail("a conflict shows an older revision than acknowledged", id=kept.id)
        if kept.may_be(current["revision"], content):
            self._ledger.version(kept.id, kept.account, current["revision"], content)

    def _missing(self, kept: Kept) -> None:
        if not self._is_gone(kept):
            self._ledger.fail("a config that was acknowledged is not found", id=kept.id)

    def _is_gone(self, kept: Kept) -> bool:
        # The other user of the account may have deleted it, and the answer is on its way.
        time.sleep(0.2)
        return kept.state != "live"

    def _save(self, kept: Kept) -> None:
        text = self._text()
        content = Content(kept.versions[kept.revision].name, digest(text))
        self._write(kept, "save", content, self._body(text, name=content.name))

    def _rename(self, kept: Kept) -> None:
        self._number += 1
        old = kept.versions[kept.revision]
        content = Content(self._name(), old.sha256)
        self._write(kept, "rename", content, {"name": content.name})

    def _restore(self, kept: Kept) -> None:
        newest = kept.versions[kept.revision]
        old = [n for n in kept.versions if kept.revision - 40 < n < kept.revision]
        different = [n for n in old if kept.versions[n].sha256 != newest.sha256]
        if different:
            number = self._chance.choice(different)
            content = Content(newest.name, kept.versions[number].sha256)
            self._write(kept, "restore", content, {"version": number}, "/restore")

    def _delete(self, kept: Kept) -> None:
        with self._ledger.lock:
            if kept.state != "live":
                return
            kept.state = "in doubt"
        reply = self._ask("delete", "DELETE", f"/{kept.id}")
        if reply is not None:
            done = reply.is_success or reply.status == 404
            kept.state = "deleted" if done else "live"
            self._ledger.note("acknowledged" if done else "refused", deleted=kept.id)

    def _new(self, kept: Kept) -> None:
        if len(self._ledger.of(kept.account)) >= MOST_CONFIGS:
            self._delete(kept)
        else:
            self._create()

    def _duplicate(self, kept: Kept) -> None:
        found = self._get(kept)
        if found and len(self._ledger.of(kept.account)) < MOST_CONFIGS:
            self._create(found["config_text"])

    # --- Reading ---------------------------------------------------------------------------

    def _get(self, kept: Kept) -> dict[str, Any] | None:
        reply = self._ask("get", "GET", f"/{kept.id}")
        if reply is None or not reply.is_success:
            return None
        config: dict[str, Any] = reply.json()["config"]
        return config

    def _list(self, kept: Kept) -> None:
        self._ask("list", "GET", "?limit=20")

    def _search(self, kept: Kept) -> None:
        name = kept.versions[kept.revision].name.split("-")[0].replace(" ", "%20")
        self._ask("search", "GET", f"?search={name}&sort=name")

    def _versions(self, kept: Kept) -> None:
        self._ask("versions", "GET", f"/{kept.id}/versions")

    def _version(self, kept: Kept) -> None:
        number = self._chance.choice(sorted(kept.versions)[-40:])
        reply = self._ask("version", "GET", f"/{kept.id}/versions/{number}")
        if reply and reply.is_success:
            found = reply.json()["version"]
            if Content(found["name"], digest(found["config_text"])) != kept.versions[number]:
                self._ledger.fail("a version is not what was acknowledged", id=kept.id)

    def _download(self, kept: Kept) -> None:
        number = self._chance.choice(sorted(kept.versions)[-40:])
        reply = self._ask("download", "GET", f"/{kept.id}/download?version={number}")
        if reply is None or not reply.is_success:
            return
        if digest(reply.body.decode()) != kept.versions[number].sha256:
            self._ledger.fail("a download is not what was saved", id=kept.id)

    def _validate(self, kept: Kept) -> None:
        self._ask("validate", "POST", "/validate", {"config_text": self._text()})

    def _derive(self, kept: Kept) -> None:
        self._ask("derive", "POST", "/derive", {"config_text": self._text()})

    def _compare(self, kept: Kept) -> None:
        others = self._chance.sample(self._ledger.of(kept.account), 1) or [kept]
        configs = [{"config_id": kept.id}, {"config_id": others[0].id}, {"preset": "dpo_basic"}]
        self._ask("compare", "POST", "/compare", {"configs": configs})

    # --- Links -----------------------------------------------------------------------------

    def _share(self, kept: Kept) -> None:
        links = self._ledger.links_of(kept.account)
        if len(links) >= MOST_LINKS:
            self._revoke(self._chance.choice(links))
            return
        reply = self._ask("share", "POST", f"/{kept.id}/shares", {"days": 7})
        if reply and reply.is_success:
            made = reply.json()
            token = made["link"].partition("#")[2]
            link = Link(token, made["share"]["handle"], kept.id, kept.account)
            self._ledger.links[link.handle] = link
            self._ledger.note("acknowledged", link=link.handle, id=kept.id)

    def _read_link(self, kept: Kept) -> None:
        links = self._ledger.links_of(kept.account)
        if links:
            link = self._chance.choice(links)
            reply = self._ask("read a link", "POST", "/shared", {"token": link.token})
            if reply and reply.status == 404:
                # The other user of the account may have ended it.
                time.sleep(0.2)
                if self._ledger.state_of(link) == "live":
                    self._ledger.fail("a link that was acknowledged leads nowhere")

    def _revoke(self, link: Link) -> None:
        link.state = "in doubt"
        reply = self._ask("revoke", "DELETE", f"/shares/{link.handle}")
        if reply is not None:
            done = reply.is_success or reply.status == 404
            link.state = "deleted" if done else "live"
            self._ledger.note("acknowledged" if done else "refused", revoked=link.handle)


_DOES: Final = (
    (Worker._save, 30),
    (Worker._new, 10),
    (Worker._duplicate, 3),
    (Worker._rename, 5),
    (Worker._restore, 5),
    (Worker._delete, 2),
    (Worker._get, 8),
    (Worker._list, 5),
    (Worker._search, 4),
    (Worker._versions, 3),
    (Worker._version, 5),
    (Worker._download, 5),
    (Worker._validate, 5),
    (Worker._derive, 4),
    (Worker._compare, 3),
    (Worker._share, 3),
    (Worker._read_link, 3),
)

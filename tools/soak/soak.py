"""One soak from its beginning to its end: app, users, faults in turn, and what was found."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.system.database import FILE_NAME
from tools.soak.accounts import PASSWORD, cookie_for
from tools.soak.checks import Judge, back_within, log_faults
from tools.soak.faults import Fault, Ground
from tools.soak.gauge import Gauge, Sample
from tools.soak.ledger import Ledger
from tools.soak.pages import Reader, Typed, check
from tools.soak.places import Place
from tools.soak.plan import Due, plan
from tools.soak.proxy import Proxy
from tools.soak.server import App, free_port
from tools.soak.users import Gate, Worker
from tools.soak.wire import Line, address_of

BACK_SECONDS: Final = 60.0
"""Within this time after a fault is healed, a user has to be served again."""
MOST_REQUESTS: Final = 100_000
ASKED_EACH_TIME: Final = 2
_JOIN_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Wish:
    """What is to be soaked.

    Attributes:
        users: of the REST API.
        readers: users of the build page.
        rate: requests a second of all users together.
        every: seconds between two faults in the mean.
        hold: seconds that a fault lasts where it says nothing else.
        only: the faults to make; all that can be made here where there are none.
    """

    seconds: float = 3600.0
    users: int = 20
    readers: int = 3
    seed: int = 7
    rate: float = 7.0
    every: float = 45.0
    hold: float = 8.0
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A fault that was made.

    Attributes:
        took: seconds from its beginning to its end.
        back: seconds until a user was served after it; ``None`` where nobody was.
        found: the versions that were acknowledged by then and are there.
    """

    fault: str
    at: float
    took: float
    back: float | None
    found: int


@dataclass
class Outcome:
    """What a soak found."""

    wish: Wish
    ledger: Ledger
    made: list[Made] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    replies: Counter[str] = field(default_factory=Counter)
    edits: int = 0
    seconds: float = 0.0
    log_faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was found that must not be."""
        return not self.ledger.wrong and not self.log_faults


class Soak:
    """The parts of a soak that is under way."""

    def __init__(self, wish: Wish, place: Place, folder: Path, data: Path) -> None:
        self.wish = wish
        self._place = place
        self.outcome = Outcome(wish, Ledger(folder / "ledger.jsonl"))
        self._data = data
        self._people = place.people(wish.users)
        self._app = App(data, folder, free_port(), place.settings)
        self._proxy = Proxy(free_port(), self._app.port, wish.seed)
        self._gate = Gate(MOST_REQUESTS)
        self._judge = self._made_judge()
        self._workers = [self._worker(number) for number in range(len(self._people))]
        typed = [Typed(user_id) for user_id in place.readers(wish.readers)]
        self._readers = [self._reader(number, one) for number, one in enumerate(typed)]

    def run(self) -> Outcome:
        """Soak; what was found."""
        began = time.monotonic()
        with ExitStack() as parts:
            self._app.start()
            parts.callback(self._app.stop)
            # The API is made for the first request; no fault comes before that.
            back_within(self._judge.lines[0], BACK_SECONDS)
            self._proxy.start()
            parts.callback(self._proxy.close)
            gauge = Gauge(self._app)
            threads = self._begin()
            self._make_faults(began)
            self._end(threads)
            gauge.close()
            for line in self._judge.lines.values():
                line.close()
            self.outcome.samples = gauge.samples
        self.outcome.seconds = time.monotonic() - began
        self.outcome.log_faults = log_faults(self._app.log, self._secrets())
        for worker in self._workers:
            self.outcome.replies.update(worker.replies)
        self.outcome.edits = sum(reader.edits for reader in self._readers)
        self.outcome.ledger.close()
        return self.outcome

    def _secrets(self) -> list[str]:
        links = [link.token for link in self.outcome.ledger.links.values()]
        return [PASSWORD, *(person.token for person in self._people), *links]

    def _made_judge(self) -> Judge:
        # Direct lines: a bad line is a fault for users, not for the check.
        firsts = {person.account: person for person in reversed(self._people)}
        lines = {
            account: Line(self._app.port, f"127.0.8.{1 + account}", person.token)
            for account, person in firsts.items()
        }
        users = {account: person.user_id for account, person in firsts.items()}
        return Judge(self.outcome.ledger, self._place.shelf, lines, users)

    def _worker(self, number: int) -> Worker:
        person = self._people[number]
        line = Line(self._proxy.port, address_of(number), person.token)
        return Worker(person, line, self.outcome.ledger, self.wish.seed * 1000 + number)

    def _reader(self, number: int, typed: Typed) -> Reader:
        url = f"http://127.0.0.1:{self._proxy.port}"
        return Reader(
            url,
            lambda: cookie_for(self._data, typed.user_id),
            typed,
            self.outcome.ledger,
            self.wish.seed + number,
        )

    def _begin(self) -> list[threading.Thread]:
        pause = (self.wish.users + self.wish.readers) / self.wish.rate
        threads = [
            threading.Thread(target=worker.run, args=(self._gate, pause), daemon=True)
            for worker in self._everybody()
        ]
        for thread in threads:
            thread.start()
        return threads

    def _everybody(self) -> list[Worker | Reader]:
        return [*self._workers, *self._readers]

    # --- Faults ----------------------------------------------------------------------------

    def _make_faults(self, began: float) -> None:
        restarting, gentle = self._place.restarting(), self._place.gentle()
        known = {**restarting, **gentle}
        chosen = set(self.wish.only) & set(known) or set(known)
        dues = plan(
            self.wish.seconds,
            self.wish.seed,
            [name for name in restarting if name in chosen],
            [name for name in gentle if name in chosen],
            self.wish.every,
        )
        for due in dues:
            time.sleep(max(0.0, began + due.at - time.monotonic()))
            is_late = time.monotonic() - began > self.wish.seconds
            # On a slow machine each fault comes once at least, and not as often as planned.
            if not is_late or due.fault not in {made.fault for made in self.outcome.made}:
                self._make(known[due.fault], due, began)
        time.sleep(max(0.0, began + self.wish.seconds - time.monotonic()))

    def _make(self, fault: Fault, due: Due, began: float) -> None:
        self.outcome.ledger.note("fault", name=due.fault)
        start = time.monotonic()
        fault(self._ground(due.seed))
        took = time.monotonic() - start
        back = back_within(self._judge.lines[0], BACK_SECONDS)
        if back is None:
            self.outcome.ledger.fail(f"nobody was served {BACK_SECONDS:.0f} s after {due.fault}")
        found = self._check(ASKED_EACH_TIME)
        made = Made(due.fault, start - began, took, back, found)
        self.outcome.made.append(made)
        self.outcome.ledger.note("healed", name=due.fault, took=took, back=back, found=found)

    def _ground(self, seed: int) -> Ground:
        return Ground(
            self._app,
            self._proxy,
            self.outcome.ledger,
            self._people[0],
            random.Random(seed),
            self.wish.hold,
        )

    def _check(self, most: int | None) -> int:
        """Hold all users and compare; how many acknowledged versions are there."""
        if not self._gate.shut():
            self.outcome.ledger.fail("a request is not over after a minute")
        found = self._judge.look()
        for reader in self._readers:
            found += check(reader.typed, self._data / FILE_NAME, self.outcome.ledger)
        self._judge.ask(most)
        self._gate.open()
        return found

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        self._gate.close()
        for thread in threads:
            thread.join(_JOIN_SECONDS)
        # What is there after the last restart is there for good.
        self._app.stop()
        self._app.start()
        self._check(None)

"""The faults: each is made, held for a while, and healed when its function returns.

None needs more than a plain user's rights but ``full_disk``, which fills a small file system of
its own and is left out where none was given. What root may do against the rights of files is
taken from the app when it starts (``server.as_plain_user``).
"""

import os
import random
import resource
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.system.rates import WINDOW_SECONDS
from tools.soak.accounts import Person
from tools.soak.answers import faults_of
from tools.soak.ledger import Ledger
from tools.soak.proxy import Proxy
from tools.soak.server import App, faketime
from tools.soak.wire import BASE, Line, LostError, Reply

_RESET: Final = struct.pack("ii", 1, 0)
_STRANGER: Final = "127.0.9.9"
_LOCK: Final = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


@dataclass
class Ground:
    """What the faults are made on.

    Attributes:
        hold: how long a fault lasts, in seconds, where it says nothing else.
    """

    app: App
    proxy: Proxy
    ledger: Ledger
    person: Person
    chance: random.Random
    hold: float = 8.0

    def wait(self, seconds: float | None = None) -> None:
        """Let the users work on while the fault lasts."""
        time.sleep(self.hold if seconds is None else seconds)

    def line(self, address: str = _STRANGER, token: str | None = None) -> Line:
        """A line to the app from an address that no user has."""
        return Line(self.app.port, address, self.person.token if token is None else token)


Fault = Callable[[Ground], None]


# --- The process -----------------------------------------------------------------------------


def restart(ground: Ground) -> None:
    """End the app in order and start it again."""
    code = ground.app.stop()
    if code not in (0, -15):
        ground.ledger.fail(f"the app ended with {code} after SIGTERM")
    ground.app.start()


def kill(ground: Ground) -> None:
    """Kill the app in the middle of saves."""
    ground.app.kill()
    ground.app.start()


def pause(ground: Ground) -> None:
    """Stop the whole process, as a machine that sleeps, and let it go on."""
    ground.app.pause()
    ground.wait()
    ground.app.resume()


# --- The disk --------------------------------------------------------------------------------


def full_disk(ground: Ground) -> None:
    """Fill the file system of the data folder to its last byte, then make room."""
    filler = ground.app.data / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        for size in (2**16, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    ground.wait()
    filler.unlink()


def no_growth(ground: Ground) -> None:
    """Let no file of the app grow beyond a few kilobytes more, as a quota does."""
    sizes = [file.stat().st_size for file in ground.app.data.iterdir() if file.is_file()]
    ground.app.limit(resource.RLIMIT_FSIZE, max(sizes, default=0) // 2 + 20_000)
    ground.wait()
    ground.app.limit(resource.RLIMIT_FSIZE, None)


def no_files(ground: Ground) -> None:
    """Let the app open no more files and connections than it has."""
    used = sum(1 for _ in Path(f"/proc/{ground.app.pid}/fd").iterdir())
    ground.app.limit(resource.RLIMIT_NOFILE, used + 2)
    ground.wait()
    ground.app.limit(resource.RLIMIT_NOFILE, None)


def read_only_start(ground: Ground) -> None:
    """Start the app on a folder that it can't write into, then give the rights back."""
    ground.app.stop()
    with _read_only(ground.app.data):
        ground.app.start()
        ground.wait()


def read_only(ground: Ground) -> None:
    """Take the right to write from under the running app."""
    with _read_only(ground.app.data):
        ground.wait()


def gone(ground: Ground) -> None:
    """Move the data folder away under the running app, and back."""
    away = ground.app.data.with_name(ground.app.data.name + "-away")
    ground.app.data.rename(away)
    ground.wait()
    # A new database that the app made meanwhile would hide the old one.
    if ground.app.data.exists():
        ground.ledger.fail("the app made a new database where its folder was gone")
        ground.app.data.rename(away.with_name(away.name + f"-{time.time_ns()}"))
    away.rename(ground.app.data)


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """A folder and its files without the right to write."""
    files = [folder, *folder.iterdir()]
    modes = {file: stat.S_IMODE(file.stat().st_mode) for file in files}
    for file, mode in modes.items():
        file.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for file, mode in modes.items():
            with suppress(FileNotFoundError):
                file.chmod(mode)


# --- The database ----------------------------------------------------------------------------


def locked(ground: Ground) -> None:
    """Let another process hold the database: 20 seconds at most where faults last 8."""
    _locked_for(ground, ground.chance.uniform(0.5, 2.5 * ground.hold))


def _locked_for(ground: Ground, seconds: float) -> None:
    file = next(ground.app.data.glob("*.sqlite3"))
    command = [sys.executable, "-c", _LOCK, str(file), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as holder:
        holder.wait(seconds + 60)


# --- The clock -------------------------------------------------------------------------------


def clock(ground: Ground) -> None:
    """Let the clock of the running app jump a day ahead, then an hour behind, then set it right."""
    ground.app.stop()
    ground.app.start(with_clock=True)
    for offset in ("+1d", "-1h"):
        ground.app.shift(offset)
        ground.wait()
    ground.app.stop()
    ground.app.start()


# --- The line --------------------------------------------------------------------------------


def bad_line(ground: Ground) -> None:
    """Cut connections in the middle of requests and answers, and delay what is left."""
    ground.proxy.weather.cut = 0.25
    ground.proxy.weather.delay = 0.3
    ground.wait()
    ground.proxy.weather.clear()


def no_line(ground: Ground) -> None:
    """Refuse every new connection for a while."""
    ground.proxy.weather.refuses = True
    ground.proxy.weather.cut = 1.0
    ground.wait()
    ground.proxy.weather.clear()


def half_bodies(ground: Ground) -> None:
    """Send saves that break off: by a reset, by an end, by never going on."""
    waiting: list[socket.socket] = []
    for number in range(12):
        sent = _half(ground, number)
        if number % 3 == 0:
            sent.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if number % 3 == 2:
            waiting.append(sent)
        else:
            sent.close()
    ground.wait()
    for one in waiting:
        one.close()


def _half(ground: Ground, number: int) -> socket.socket:
    body = b'{"name": "never whole %d", "config_text": "{}"}' % number
    head = (
        f"POST {BASE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {ground.person.token}\r\nContent-Length: {len(body) + 9}\r\n\r\n"
    )
    found = socket.create_connection(("127.0.0.1", ground.app.port), 5, (_STRANGER, 0))
    found.sendall(head.encode() + body)
    return found


# --- What is asked ---------------------------------------------------------------------------

_WRONG_HEADERS: Final = (
    {"If-Match": "abc"},
    {"If-Match": '"-1"'},
    {"If-Match": "1e3"},
    {"If-Match": '"99999999999999999999"'},
    {"If-Match": 'W/"1"'},
    {"If-Match": ""},
    {"If-Match": '"1"', "Content-Type": "text/plain"},
    {"If-Match": '"1"', "Content-Type": "application/json; charset=latin-9"},
    {"If-Match": '"1"', "Authorization": "Basic c29hazpzb2Fr"},
    {"If-Match": '"1"', "Authorization": "Bearer"},
    {"If-Match": '"1"', "Authorization": "Bearer \u00e9\u00e8"},
    {"If-Match": '"1"', "Content-Encoding": "gzip"},
    {"If-Match": '"1"', "Accept": "image/png"},
    {"If-Match": '"1"', "X-Long": "x" * 20_000},
)


def wrong_headers(ground: Ground) -> None:
    """Send saves with headers of the wrong kind; none of them may be done."""
    kept = ground.ledger.of(ground.person.account)
    path = f"/{kept[0].id}" if kept else ""
    for headers in _WRONG_HEADERS:
        line = ground.line()
        with suppress(LostError, UnicodeEncodeError):
            _refused(ground, line.ask("PUT", path, b'{"config_text": 3}', headers), str(headers))
        line.close()


def _refused(ground: Ground, reply: Reply, what: str) -> None:
    if reply.is_success:
        ground.ledger.fail(f"a wrong request was taken: {what}")
    ground.ledger.counts["wrong requests refused"] += 1
    # The server itself answers what is no HTTP, before the app sees it.
    if reply.status == 400 and reply.headers.get("content-type", "").startswith("text/plain"):
        return
    for fault in faults_of(reply):
        ground.ledger.fail(f"the answer to a wrong request {fault}", headers=what)


def crowd(ground: Ground) -> None:
    """Ask for more than one address may, eight at once; the others are told when to come back."""
    statuses: list[int] = []
    threads = [threading.Thread(target=_asks, args=(ground, statuses, 45)) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    ground.ledger.counts["too many, refused"] += statuses.count(429)
    is_within_a_minute = time.monotonic() - began < WINDOW_SECONDS
    if 429 not in statuses and is_within_a_minute:
        ground.ledger.fail("nobody was told that these are too many requests")


def _asks(ground: Ground, statuses: list[int], number: int) -> None:
    line = ground.line("127.0.9.10")
    for _ in range(number):
        with suppress(LostError):
            reply = line.ask("GET", "/presets")
            statuses.append(reply.status)
            for fault in faults_of(reply):
                ground.ledger.fail(f"the answer to too many requests {fault}")
    line.close()


RESTARTING: Final[dict[str, Fault]] = {
    "restart": restart,
    "kill": kill,
    "read_only_start": read_only_start,
}
GENTLE: Final[dict[str, Fault]] = {
    "pause": pause,
    "no_growth": no_growth,
    "no_files": no_files,
    "read_only": read_only,
    "gone": gone,
    "locked": locked,
    "bad_line": bad_line,
    "no_line": no_line,
    "half_bodies": half_bodies,
    "wrong_headers": wrong_headers,
    "crowd": crowd,
}
FULL_DISK: Final[dict[str, Fault]] = {"full_disk": full_disk}
CLOCK: Final[dict[str, Fault]] = {"clock": clock}


def gentle(*, small_disk: bool) -> dict[str, Fault]:
    """The faults that leave the process alone and can be made here.

    Args:
        small_disk: the data folder is a file system of its own, which can be filled.
    """
    return {**GENTLE, **(FULL_DISK if small_disk else {})}


def restarting() -> dict[str, Fault]:
    """The faults that end the process and can be made here."""
    return {**RESTARTING, **(CLOCK if faketime() else {})}

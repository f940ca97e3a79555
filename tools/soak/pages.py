"""Users at the build page: each edits a number and saves, over Streamlit's own WebSocket.

What the page says is all that they go by: a save is acknowledged when it says "Saved … as version
N.", and then the database has to hold that version with the number that was typed.
"""

import asyncio
import json
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from benchmarks.wire import Tab
from core.errors import Unavailable
from tools.soak.answers import leaks
from tools.soak.ledger import Ledger
from tools.soak.users import Gate
from ui.server.session_routes import cookie_name

FIELD: Final = "Samples (rows)"
_WAIT_SECONDS: Final = 45.0
_SLOWER: Final = 3.0
"""How many times as long as a user of the API one of the pages waits: an edit is more work."""
_SAVED: Final = re.compile(r"Saved .* as version (\d+)\.")
_LOST: Final = (OSError, WebSocketException, TimeoutError, EOFError, Unavailable)


@dataclass
class Said:
    """What the page said for one message: its toasts, alerts and exceptions."""

    toasts: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """All of it."""
        return [*self.toasts, *self.alerts, *self.exceptions]


class Page(Tab):
    """A tab with a cookie, which knows buttons and what was said to its user."""

    def __init__(self, url: str, cookie: str, address: str, query: str) -> None:
        super().__init__(url)
        self.said = Said()
        self.buttons: dict[str, tuple[str, str]] = {}
        self._cookie = f"{cookie_name(url)}={cookie}"
        self._address = address
        self._query = query

    async def __aenter__(self) -> "Page":
        """Connect as the user's browser, and draw the page."""
        self._socket = await connect(
            f"{self.url.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            compression=None,
            max_size=None,
            additional_headers={"Cookie": self._cookie},
            local_addr=(self._address, 0),
            open_timeout=_WAIT_SECONDS,
            close_timeout=2,
        )
        self.first = await self._ask(self._rerun(), b"")
        return self

    def _show_last(self, delta: Delta) -> None:
        """Of two widgets with one label, the page shows the one that was drawn last."""
        kind = delta.new_element.WhichOneof("type") if delta.HasField("new_element") else None
        shown = getattr(delta.new_element, kind) if kind else None
        if (widget := getattr(shown, "id", "")) in self.widgets:
            self.widgets[widget] = self.widgets.pop(widget)

    async def type(self, label: str, value: int) -> Said:
        """Enter a number in the field that the page shows now under that label."""
        self.said = Said()
        widget = next(one for one in reversed(self.widgets.values()) if one.label == label)
        widget.state.int_value = value
        message = self._rerun()
        message.rerun_script.fragment_id = widget.fragment
        await self._ask(message, b"")
        return self.said

    async def click(self, key: str) -> Said:
        """Press the button of that key, and wait for the end of what that has drawn."""
        self.said = Said()
        widget, fragment = self.buttons[key]
        message = self._rerun()
        message.rerun_script.widget_states.widgets.append(
            WidgetState(id=widget, trigger_value=True)
        )
        message.rerun_script.fragment_id = fragment
        await self._ask(message, b"")
        return self.said

    def _rerun(self) -> BackMsg:
        message = super()._rerun()
        message.rerun_script.query_string = self._query
        return message

    def _learn(self, message: ForwardMsg) -> None:
        super()._learn(message)
        delta = message.delta
        self._show_last(delta)
        if not delta.HasField("new_element"):
            return
        element = delta.new_element
        match element.WhichOneof("type"):
            case "button":
                self.buttons[_key(element.button.id)] = (element.button.id, delta.fragment_id)
            case "toast":
                self.said.toasts.append(element.toast.body)
            case "alert":
                self.said.alerts.append(element.alert.body)
            case "exception":
                self.said.exceptions.append(element.exception.message)


def _key(widget: str) -> str:
    """The key that the app gave a widget; it ends the widget's id."""
    return widget.rpartition("-")[2]


@dataclass
class Typed:
    """What one user of the pages typed.

    Attributes:
        versions: the number that was typed into each version that the page acknowledged.
        doubts: the numbers that were to be saved when nothing was said.
    """

    user_id: str
    versions: dict[int, int] = field(default_factory=dict)
    doubts: set[int] = field(default_factory=set)
    config_id: str = ""


class Reader:
    """A user of the build page, in a loop of their own."""

    def __init__(
        self, url: str, sign_in: Callable[[], str], typed: Typed, ledger: Ledger, seed: int
    ) -> None:
        self.typed = typed
        self.edits = 0
        self._url = url
        self._sign_in = sign_in
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._address = f"127.0.5.{1 + seed % 200}"
        self._page: Page | None = None
        self._cookie = ""
        self._value = 100 + seed % 7
        self._is_typed = False

    def run(self, gate: Gate, pause: float) -> None:
        """Edit and save until the gate is closed."""
        asyncio.run(self._run(gate, pause))

    async def _run(self, gate: Gate, pause: float) -> None:
        while not gate.ends.is_set():
            await asyncio.sleep(self._chance.expovariate(1 / pause / _SLOWER))
            if not await asyncio.to_thread(gate.enter):
                break
            try:
                await asyncio.wait_for(self._step(), _WAIT_SECONDS)
            except _LOST as error:
                self._ledger.note("lost", what="page", why=type(error).__name__)
                await self._leave()
            # A fault of the driver is told at the end; the others go on.
            except Exception as error:  # noqa: BLE001
                self._ledger.fail(f"the driver of a page failed: {error!r}")
                await self._leave()
            finally:
                gate.leave()
        await self._leave()

    async def _step(self) -> None:
        if self._page is None:
            await self._open()
            return
        if self._chance.random() < 0.02:
            await self._leave()
        elif not self._is_typed or self._chance.random() < 0.7:
            await self._edit(self._page)
        else:
            await self._save(self._page)

    async def _open(self) -> None:
        # A session that ended, by the clock or with a folder that was gone, is begun anew.
        self._cookie = self._cookie or await asyncio.to_thread(self._sign_in)
        query = f"config={self.typed.config_id}" if self.typed.config_id else ""
        page = Page(self._url, self._cookie, self._address, query)
        await page.__aenter__()
        self._look_at(page.said)
        self._page, self._is_typed = page, False

    async def _leave(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            with suppress(*_LOST):
                await page.__aexit__(None, None, None)

    async def _edit(self, page: Page) -> None:
        self._value += 1
        if not any(widget.label == FIELD for widget in page.widgets.values()):
            await self._leave()
            return
        said = await page.type(FIELD, self._value)
        self.edits += 1
        self._is_typed = True
        self._look_at(said)
        if any("signed out" in text for text in said.toasts):
            # What was typed went with the session; a person sees the sign-in.
            await self._leave()

    async def _save(self, page: Page) -> None:
        if "save" not in page.buttons:
            await self._leave()
            return
        self.typed.doubts.add(self._value)
        said = await page.click("save")
        self._look_at(said)
        saved = [int(found[1]) for text in said.toasts for found in [_SAVED.search(text)] if found]
        if saved:
            self._acknowledged(saved[-1])
        elif not any("Nothing has changed" in text for text in said.toasts):
            # A question, or a refusal: the next tab begins with what the store has.
            self._ledger.note("refused", what="save on the page", said=said.texts[:3])
            self._cookie = ""
            await self._leave()

    def _acknowledged(self, number: int) -> None:
        if self.typed.versions.get(number, self._value) != self._value:
            self._ledger.fail("the page acknowledged a version for two contents", number=number)
        self.typed.versions[number] = self._value
        self._ledger.note(
            "acknowledged", page=self.typed.user_id, revision=number, typed=self._value
        )

    def _look_at(self, said: Said) -> None:
        for text in said.texts:
            for fault in leaks(text):
                self._ledger.fail(f"a page {fault}", said=text[:300])
        for text in said.exceptions:
            self._ledger.fail("a page shows an exception", said=text[:300])
        for text in said.alerts:
            self._ledger.note("alert", said=text[:300])


def check(typed: Typed, file: Path, ledger: Ledger) -> int:
    """Hold what the page acknowledged against the database; how many versions are there."""
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        found = dict(
            connection.execute(
                "SELECT number, config_json FROM config_versions WHERE user_id = ?",
                (typed.user_id,),
            ).fetchall()
        )
        ids = connection.execute(
            "SELECT id FROM training_configs WHERE user_id = ?", (typed.user_id,)
        ).fetchall()
    typed.config_id = ids[0][0] if ids else ""
    numbers = sorted(found)
    if numbers and numbers != list(range(numbers[0], numbers[-1] + 1)):
        ledger.fail("the versions of a page's config are not one after the other")
    wanted = {n: value for n, value in typed.versions.items() if not numbers or n >= numbers[0]}
    for number, value in wanted.items():
        if number not in found:
            ledger.fail("a version that the page acknowledged is gone", number=number)
        elif _typed(found[number]) != value:
            ledger.fail("a version does not hold what was typed", number=number)
    for number in found.keys() - typed.versions.keys():
        if _typed(found[number]) not in typed.doubts:
            ledger.fail("a version is there that nobody saved on the page", number=number)
    return len(wanted)


def _typed(text: str) -> Any:
    return json.loads(text)["data"]["max_samples"]

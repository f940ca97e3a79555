"""A browser's tab without the browser: Streamlit's protocol over one WebSocket.

What it sends is what Chromium sends. The first message asks for a run of the page. From the
deltas of that run a tab learns its widgets: their ids, what they show, and the fragment that each
was drawn in. An edit then is a rerun that names the values of all widgets, the new one among
them, and the fragment of the edited one; the server answers with new deltas, and says when the
script has finished.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

# A callback that has the page drawn ends its own run with this one; another run follows.
_GOES_ON: Final = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass
class Widget:
    """A widget as the browser knows it."""

    label: str
    state: WidgetState
    fragment: str


@dataclass
class Answer:
    """What came back for one message.

    Attributes:
        seconds: from sending it to the end of the script.
        messages: how many messages came.
        bytes: how long they were together.
        runs: how many runs of the script the browser was told of.
        shows: whether what was waited for stood in one of them.
    """

    seconds: float
    messages: int
    bytes: int
    runs: int
    shows: bool


@dataclass
class Tab:
    """One session; open it with ``async with``.

    Attributes:
        url: the server's address.
        compressed: whether it offers to have messages compressed, as browsers do.
        widgets: all widgets by their id.
        page: the page's hash, as the server named it.
    """

    url: str
    compressed: bool = False
    widgets: dict[str, Widget] = field(default_factory=dict)
    page: str = ""

    async def __aenter__(self) -> Self:
        address = f"{self.url.replace('http', 'ws', 1)}/_stcore/stream"
        compression = "deflate" if self.compressed else None
        self._socket: ClientConnection = await connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            compression=compression,
            max_size=None,
            open_timeout=60,
        )
        self.first = await self._ask(self._rerun(), b"")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()

    async def edit(self, label: str, value: int, shows: str) -> Answer:
        """Enter a number in a field, and wait for the end of what that has drawn."""
        widget = next(one for one in self.widgets.values() if one.label == label)
        widget.state.int_value = value
        message = self._rerun()
        message.rerun_script.fragment_id = widget.fragment
        return await self._ask(message, shows.encode())

    def _rerun(self) -> BackMsg:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash = self.page
        state.widget_states.widgets.extend(widget.state for widget in self.widgets.values())
        context = state.context_info
        context.timezone, context.locale, context.url = "UTC", "en-US", f"{self.url}/"
        context.color_scheme = "light"
        return message

    async def _ask(self, message: BackMsg, wanted: bytes) -> Answer:
        data = message.SerializeToString()
        start = time.perf_counter()
        await self._socket.send(data)
        count, size, runs, shows = 0, 0, 0, False
        while True:
            received = await self._socket.recv(decode=False)
            count, size = count + 1, size + len(received)
            shows = shows or wanted in received
            answer = ForwardMsg.FromString(received)
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self._learn(answer)
            elif kind == "new_session":
                runs += 1
                self.page = answer.new_session.page_script_hash
            elif kind == "script_finished" and answer.script_finished != _GOES_ON:
                return Answer(time.perf_counter() - start, count, size, runs, shows)

    def _learn(self, message: ForwardMsg) -> None:
        delta = message.delta
        kind = delta.new_element.WhichOneof("type") if delta.HasField("new_element") else None
        if kind and kind in _REPORTERS:
            shown = getattr(delta.new_element, kind)
            if shown.id not in self.widgets:
                state = WidgetState(id=shown.id)
                _REPORTERS[kind](shown, state)
                self.widgets[shown.id] = Widget(shown.label, state, delta.fragment_id)


def _report_number(shown: Any, state: WidgetState) -> None:
    value = shown.value if shown.set_value else shown.default
    if not (shown.set_value or shown.HasField("default")):
        return
    if shown.data_type == NumberInput.INT:
        state.int_value = int(value)
    else:
        state.double_value = value


def _report_text(shown: Any, state: WidgetState) -> None:
    if shown.set_value or shown.HasField("default"):
        state.string_value = shown.value if shown.set_value else shown.default


def _report_choice(shown: Any, state: WidgetState) -> None:
    if shown.set_value:
        state.string_value = shown.raw_value
    elif shown.HasField("default"):
        state.string_value = shown.options[shown.default]


def _report_choices(shown: Any, state: WidgetState) -> None:
    names = [getattr(option, "content", option) for option in shown.options]
    chosen = shown.raw_values if shown.set_value else [names[index] for index in shown.default]
    state.string_array_value.data.extend(chosen)


def _report_switch(shown: Any, state: WidgetState) -> None:
    state.bool_value = shown.value if shown.set_value else shown.default


_REPORTERS: Final[dict[str, Callable[[Any, WidgetState], None]]] = {
    "number_input": _report_number,
    "text_input": _report_text,
    "text_area": _report_text,
    "selectbox": _report_choice,
    "button_group": _report_choices,
    "multiselect": _report_choices,
    "checkbox": _report_switch,
}
"""What the browser reports of a widget that it was sent; of a button, nothing before a click."""

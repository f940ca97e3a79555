"""The state of one browser session: the only file that names session-state keys.

The draft is kept under a plain key and so survives leaving the page. Widgets hold no state that
matters: each is seeded from the draft, under a key that carries the draft's revision. Whatever
changes the draft from outside a widget (undo, a fix, an import) moves the revision on, so that all
widgets are seeded anew.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from core import draft as drafts
from core import log, presets
from core.draft import Draft, History
from core.importing import Import
from ui.insight import Insight

FIRST_PRESET = "sft_toolbench"

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def _state(name: str, default: Callable[[], T]) -> T:
    key = f"tunesmith.{name}"
    if key not in st.session_state:
        st.session_state[key] = default()
    value: T = st.session_state[key]
    return value


def _store(name: str, value: object) -> None:
    st.session_state[f"tunesmith.{name}"] = value


@dataclass
class Desk:
    """What is open in this session, in one object that a thread without a session can hold."""

    history: History


def desk() -> Desk:
    """The session's desk; at first the first preset lies on it."""
    return _state("desk", lambda: Desk(_first()))


def history() -> History:
    """The open draft with its past and future."""
    return desk().history


def draft() -> Draft:
    """The open draft."""
    return history().present


def insight() -> Insight:
    """Everything that follows from the open draft, computed once for each of its states."""
    known = _state("insight", lambda: Insight(draft()))
    if known.draft is not draft():
        known = Insight(draft())
        _store("insight", known)
    return known


def type_in(typed: Draft) -> None:
    """Take over a draft that a widget shows already."""
    desk().history = history().then(typed)


def open_draft(opened: Draft) -> None:
    """Take over a draft that the widgets don't show yet; undo brings back the one before."""
    _take(history().then(opened))


def undo() -> None:
    """Go one change back."""
    _take(history().undone())


def redo() -> None:
    """Take back one undo."""
    _take(history().redone())


def reset() -> None:
    """Go back to the document as it was opened; undo brings the edits back."""
    open_draft(draft().reset())


def _take(new: History) -> None:
    desk().history = new
    _store("revision", _revision() + 1)


def _first() -> History:
    first = drafts.from_preset(presets.find(FIRST_PRESET))
    log.created(first.name, first.origin)
    return History(first)


def enter(page: str) -> None:
    """Note which page is drawn; coming from another one, all widgets are seeded anew."""
    if _state("page", lambda: page) != page:
        _store("revision", _revision() + 1)
    _store("page", page)
    _store("url", st.context.url)


def has_left() -> bool:
    """Whether a callback is for a widget of a page that the user has just left.

    Streamlit then calls back for each of its widgets: for the one that was being typed in with
    what was typed, for the others with nothing.
    """
    return bool(_state("url", lambda: st.context.url) != st.context.url)


def say(text: str, icon: str) -> None:
    """Leave a short message for the next time the page is drawn."""
    _store("said", (*_state("said", tuple), (text, icon)))


def said() -> tuple[tuple[str, str], ...]:
    """The messages that were left, each given once."""
    messages: tuple[tuple[str, str], ...] = _state("said", tuple)
    _store("said", ())
    return messages


def _revision() -> int:
    return _state("revision", lambda: 0)


def widget_key(*parts: str | int) -> str:
    """A widget's key, new whenever the draft was changed from outside the widgets."""
    return f"w{_revision()}." + ".".join(map(str, parts))


def seeded(key: str, value: object) -> str:
    """The key, with the widget's value set where the widget is new."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def widget_value(key: str) -> Any:
    """What the user has set a widget to."""
    return st.session_state[key]


def is_on(name: str, default: bool = False) -> bool:
    """A switch of the page, such as which sections are open."""
    return _state(f"on.{name}", lambda: default)


def set_on(name: str, value: bool) -> None:
    """Set a switch of the page."""
    _store(f"on.{name}", value)


def open_tools() -> set[int]:
    """The places of the tools whose editors are open."""
    return _state("open_tools", set)


def set_open_tools(places: set[int]) -> None:
    """Open these tools' editors and no others."""
    _store("open_tools", places)


def once(key: K, make: Callable[[K], T]) -> T:
    """The result of ``make`` for this key, made once in a session; the last few are kept."""
    known: dict[Any, Any] = _state("once", dict)
    if key not in known:
        known = {**dict([*known.items()][-20:]), key: make(key)}
        _store("once", known)
    result: T = known[key]
    return result


def imports() -> tuple[Import, ...]:
    """The files that were imported in this session."""
    return _state("imports", tuple)


def remember_imports(found: Sequence[Import]) -> None:
    """Add files to those that can be opened from the sidebar, newest text for each name."""
    names = {item.name for item in found}
    _store("imports", (*(item for item in imports() if item.name not in names), *found))

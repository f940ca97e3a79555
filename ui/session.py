"""The state of one browser session: the only file that names session-state keys.

The draft is kept under a plain key and so survives leaving the page. Widgets hold no state that
matters: each is seeded from the draft, under a key that carries the draft's revision. Whatever
changes the draft from outside a widget (undo, a fix, an import) moves the revision on, so that all
widgets are seeded anew.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from uuid import uuid4

import streamlit as st

from core import presets
from core.document import Document
from core.drafts import draft as drafts
from core.drafts.draft import Draft, History, Saved
from core.drafts.importing import Import
from core.identity.access_tokens import Made
from core.reading.models import ModelDims
from core.sweeps.form import Form
from core.sweeps.group import Group
from core.sweeps.members import Plan
from core.system import log
from core.workbench import Landed, LeftBehind
from ui.insight import Insight
from ui.questions import Question

FIRST_PRESET = "sft_toolbench"

# More than the changes of any one session, so that no key comes twice.
_AFTER_SIGN_OUT = 1_000_000

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


@dataclass(frozen=True, slots=True)
class Keeper:
    """What is done for a signed-in user on the way, from any thread.

    Attributes:
        keep: keeps a new state of the draft a moment later.
        used: counts a download of a saved config, by its id.
    """

    keep: Callable[[Draft], None]
    used: Callable[[str], None]


@dataclass
class Desk:
    """What is open in this session, in one object that a thread without a session can hold.

    Attributes:
        history: the open draft with its past and future.
        slot: names this session where unsaved work is kept.
        keeper: keeps and counts for the user; ``None`` while nobody is signed in.
        handed_out: the document that was downloaded last.
    """

    history: History
    slot: str = field(default_factory=lambda: uuid4().hex)
    keeper: Keeper | None = None
    handed_out: Document | None = None


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
    _lay(history().then(typed))


def begin(opened: Draft) -> None:
    """Take over a draft from elsewhere; what nobody has touched is not worth an undo."""
    here = history()
    if here.past or here.future or here.present.is_unsaved:
        open_draft(opened)
    else:
        _take(History(opened))


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


def saved(state: Saved, text: str) -> None:
    """Note that the open draft was saved as that text; the widgets show it already."""
    renamed = state.name != draft().name
    _lay(history().kept_as(state, text))
    if renamed:
        _store("revision", _revision() + 1)


def seed_anew() -> None:
    """Have all widgets drawn with what they should show, not with what was typed in them."""
    _store("revision", _revision() + 1)


def renamed_elsewhere(state: Saved) -> None:
    """Note that the open draft's config was named or described anew; its document is the same."""
    _take(history().described(state))


def _take(new: History) -> None:
    _lay(new)
    _store("revision", _revision() + 1)


def _lay(new: History) -> None:
    here = desk()
    here.history = new
    if here.keeper:
        here.keeper.keep(new.present)


def _first() -> History:
    first = drafts.from_preset(presets.find(FIRST_PRESET))
    log.created(first.name, first.origin)
    return History(first)


def enter(page: str) -> None:
    """Note which page is drawn; coming from another one, all widgets are seeded anew."""
    if _state("page", lambda: page) != page:
        _store("revision", _revision() + 1)
        show_token(None)
    _store("page", page)
    _store("url", st.context.url)
    _store("parts", {})


def parts() -> dict[str, Any]:
    """The parts that stand on the page and are drawn anew by themselves, by name."""
    return _state("parts", dict)


def is_on_page(page: str) -> bool:
    """Whether this page is the one that is drawn."""
    return _state("page", str) == page


def has_left() -> bool:
    """Whether a callback is for a widget of a page that the user has just left.

    Streamlit then calls back for each of its widgets: for the one that was being typed in with
    what was typed, for the others with nothing.
    """
    return bool(_state("url", lambda: st.context.url) != st.context.url)


def signed_in_as() -> str | None:
    """The id of the record that this session signed in with; it never leaves the server."""
    return _state("signed_in", lambda: None)


def user_id() -> str | None:
    """The user whom this session's content belongs to, if it is anybody's."""
    return _state("user", lambda: None)


def sign_in(session_id: str, user: str) -> None:
    """Note the record and the user that this session signed in with."""
    _store("left_behind", None)
    _store("signed_in", session_id)
    _store("handshake", _handshake())
    _store("user", user)


def is_where_it_signed_in() -> bool:
    """Whether this is still the connection that the user signed in on.

    Streamlit hands a session to whoever names its id on a new connection, and writes that id
    into addresses and logs: there, the cookie has to say who it is.
    """
    return _state("handshake", _handshake) == _handshake()


def _handshake() -> object:
    return st.context.headers.get("Sec-WebSocket-Key")


def belong_to(user: str | None) -> None:
    """Note whose content this session holds."""
    _store("user", user)


def sign_out() -> None:
    """Forget all that this session holds: the next user of the browser must not see it."""
    page, url = _state("page", str), _state("url", lambda: st.context.url)
    fresh = _revision() + _AFTER_SIGN_OUT
    for key in list(st.session_state):
        del st.session_state[key]
    _store("page", page)
    _store("url", url)
    _store("revision", fresh)
    _store("fresh", fresh)


@dataclass(frozen=True, slots=True)
class MailStep:
    """What goes on between a mail and its code.

    Attributes:
        kind: ``confirm`` an address, ``ask`` for a mail to set a password, or ``reset`` it.
        email: the address; may be empty while it is asked for.
    """

    kind: Literal["confirm", "ask", "reset"]
    email: str


def show_token(made: Made | None) -> None:
    """Show a token that was just made until the user is done with it or leaves the page."""
    _store("token", (user_id(), made))


def shown_token() -> Made | None:
    """The token that was just made, to the one user whom it was made for."""
    whose, made = _state("token", lambda: (None, None))
    return made if whose == user_id() else None


def mail_step() -> MailStep | None:
    """The step with a mail that this session is at."""
    return _state("mail", lambda: None)


def wait_for_mail(step: MailStep) -> None:
    """Go on with a mail that was sent, or is to be."""
    _store("mail", step)


def leave_mail() -> None:
    """Go back to the sign-in."""
    _store("mail", None)


@dataclass(frozen=True)
class Errand:
    """Something that the browser posts to the server once, for the cookie in the answer."""

    path: str
    body: Mapping[str, str]
    once: str = field(default_factory=lambda: uuid4().hex)


def leave_errand(path: str, body: Mapping[str, str]) -> None:
    """Let the browser post something when the page is drawn next."""
    _store("errand", Errand(path, body))


def errand() -> Errand | None:
    """What the browser is to post; it stays, and the browser does it once."""
    return _state("errand", lambda: None)


@dataclass(frozen=True, slots=True)
class Found:
    """Unsaved work of this user's other sessions.

    Attributes:
        left: what closed sessions left behind, the newest first.
        waits: whether there is more in sessions that are still open.
        at: when that was found, by ``time.monotonic``.
    """

    left: tuple[LeftBehind, ...]
    waits: bool
    at: float = field(default_factory=time.monotonic)


def left_behind() -> Found | None:
    """What was found last, or ``None`` before the first look."""
    return _state("left_behind", lambda: None)


def note_left_behind(found: Found | None) -> None:
    """Note what was found; ``None`` has it looked for again."""
    _store("left_behind", found)


def ask(question: Question) -> None:
    """Leave a question that the page puts to the user when it is drawn next."""
    _store("question", question)


def question() -> Question | None:
    """The question that is open; it stays open until it is answered."""
    return _state("question", lambda: None)


def answered() -> None:
    """Close the question."""
    _store("question", None)


def is_new_address(wanted: str) -> bool:
    """Whether the page's address names something that was not looked for yet; told once."""
    is_new = _state("address", str) != wanted
    _store("address", wanted)
    return is_new


def draft_number() -> int:
    """A number that is another one after each change of the document."""
    known: tuple[Document | None, int] = _state("number", lambda: (None, 0))
    if known[0] is not draft().document:
        known = (draft().document, known[1] + 1)
        _store("number", known)
    return known[1]


def land(files: Sequence[Landed]) -> None:
    """Note what became of imported files, for the report."""
    _store("landed", tuple(files))


def landed() -> tuple[Landed, ...]:
    """What became of the files that were imported last."""
    return _state("landed", tuple)


def go_to(page: str) -> None:
    """Go to another page before anything is drawn next."""
    _store("destination", page)


def take_destination() -> str:
    """The page to go to, told once; empty to stay."""
    page: str = _state("destination", str)
    _store("destination", "")
    return page


def selected() -> set[str]:
    """The ids of the configs that are selected in the library."""
    return _state("selected", set)


def select(config_ids: set[str]) -> None:
    """Note which configs are selected in the library."""
    _store("selected", config_ids)


def note_deleted(named: Mapping[str, str]) -> None:
    """Note what was deleted last, names by id, so that the page can offer to undo it."""
    _store("deleted", named)


def last_deleted() -> Mapping[str, str]:
    """The names of what was deleted last, by id."""
    return _state("deleted", dict)


def set_widgets(values: Mapping[str, object]) -> None:
    """Set widgets to these values, before they are drawn next."""
    for key, value in values.items():
        st.session_state[key] = value


def wait_to_save(waits: bool) -> None:
    """Save the draft as soon as the store can be reached again, or not."""
    _store("waits_to_save", waits)


def waits_to_save() -> bool:
    """Whether the draft is to be saved as soon as the store can be reached again."""
    return _state("waits_to_save", bool)


def tell_of_outage(told: bool) -> None:
    """Note whether the page tells that the store can't be reached."""
    _store("outage", told)


def has_told_of_outage() -> bool:
    """Whether the page tells that the store can't be reached."""
    return _state("outage", bool)


def intend(what: str) -> None:
    """Note what goes on after a sign-in, such as ``save``."""
    _store("intent", what)


def intent() -> str:
    """What was to go on after a sign-in; empty where nothing was."""
    return _state("intent", str)


def is_stale(key: str) -> bool:
    """Whether a widget belongs to a user who has signed out: Streamlit may still call it back."""
    revision = key.removeprefix("w").partition(".")[0]
    return revision.isdecimal() and int(revision) < _state("fresh", int)


def focus_on(place: str) -> None:
    """Name the container, by its key, to which the keyboard goes where its focus gets lost."""
    _store("focus", (place, focus()[1] + 1))


def focus() -> tuple[str, int]:
    """The container that was named last, and how many were named before."""
    found: tuple[str, int] = _state("focus", lambda: ("", 0))
    return found


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


def compared() -> Mapping[str, Sequence[str]] | None:
    """What was compared last, as the page's address says it; ``None`` before the first time."""
    return _state("compared", lambda: None)


def compare(view: Mapping[str, Sequence[str]]) -> None:
    """Note what is compared, as the page's address says it."""
    _store("compared", {key: tuple(values) for key, values in view.items()})


def note_taken() -> None:
    """Note that the draft holds values that were just taken over from a comparison."""
    _store("taken", draft())


def has_just_taken() -> bool:
    """Whether values were taken over, and nothing has changed since."""
    return _state("taken", lambda: None) is draft()


@dataclass(frozen=True, slots=True)
class Uploads:
    """What became of files that were uploaded to be compared.

    Attributes:
        number: how often files were uploaded.
        refused: why files of the last upload were not taken, one sentence each.
    """

    number: int = 0
    refused: tuple[str, ...] = ()


def uploads() -> Uploads:
    """What became of the last upload of the compare page."""
    return _state("uploads", Uploads)


def note_uploads(refused: tuple[str, ...]) -> None:
    """Note that files were uploaded, and why some of them were not taken."""
    _store("uploads", Uploads(uploads().number + 1, refused))


def sweep() -> Form:
    """The sweep as it was typed in this session."""
    return _state("sweep", Form)


def set_sweep(form: Form) -> None:
    """Note what was typed of a sweep."""
    _store("sweep", form)


def sweep_group() -> Group | None:
    """What was saved of a sweep last."""
    return _state("sweep_group", lambda: None)


def note_sweep_group(group: Group | None) -> None:
    """Note what was saved of a sweep."""
    _store("sweep_group", group)


def begin_sweep_group(plan: Plan | None) -> None:
    """Save this sweep as a group when its page is drawn next, or none."""
    _store("sweep_begun", plan)


def take_sweep_begun() -> Plan | None:
    """The sweep that is to be saved as a group, told once."""
    begun: Plan | None = _state("sweep_begun", lambda: None)
    _store("sweep_begun", None)
    return begun


def note_search(words: str) -> None:
    """Note what is searched for in a comparison."""
    _store("compared_search", words)


def compared_search() -> str:
    """What was searched for in a comparison last."""
    return _state("compared_search", str)


def has_widget(key: str) -> bool:
    """Whether a widget of that key holds a value."""
    return key in st.session_state


def sizes(name: str) -> ModelDims | None:
    """The sizes of a model that the user gave, by its name."""
    known: dict[str, tuple[ModelDims | None, str]] = _state("sizes", dict)
    return known.get(name.strip(), (None, ""))[0]


def sizes_problem(name: str) -> str:
    """Why what the user gave for a model tells no sizes; empty where it does."""
    known: dict[str, tuple[ModelDims | None, str]] = _state("sizes", dict)
    return known.get(name.strip(), (None, ""))[1]


def set_sizes(name: str, dims: ModelDims | None, problem: str = "") -> None:
    """Note the sizes of a model, or why they can't be told."""
    _store("sizes", _state("sizes", dict) | {name.strip(): (dims, problem)})


def speed() -> float | None:
    """The seconds that an optimizer update takes, as the user measured them."""
    return _state("speed", lambda: None)


def set_speed(seconds: float | None) -> None:
    """Note how many seconds an update takes."""
    _store("speed", seconds)


def link() -> str | None:
    """What opens the link that the reader follows; ``None`` before anything was said about it."""
    return _state("link", lambda: None)


def follow_link(token: str) -> None:
    """Follow another link; an empty text for none."""
    _store("link", token)


def is_on(name: str, default: bool = False) -> bool:
    """A switch of the page, such as which sections are open."""
    return _state(f"on.{name}", lambda: default)


def set_on(name: str, value: bool) -> None:
    """Set a switch of the page."""
    _store(f"on.{name}", value)


def tour_step() -> int | None:
    """The step of the tour whose card is open; ``None`` while nobody takes it."""
    return _state("tour", lambda: None)


def tour_to(step: int | None) -> None:
    """Go to a step of the tour, or end it."""
    _store("tour", step)


def open_tools() -> set[int]:
    """The places of the tools whose editors are open."""
    return _state("open_tools", set)


def set_open_tools(places: set[int]) -> None:
    """Open these tools' editors and no others."""
    _store("open_tools", places)


def once(key: K, make: Callable[[K], T], most: int = 20, shelf: str = "once") -> T:
    """The result of ``make`` for this key, made once in a session.

    Args:
        key: what it is the result for.
        make: makes it.
        most: how many results are kept; those that were not asked for the longest go first.
        shelf: which results share that room.
    """
    known: dict[Any, Any] = _state(shelf, dict)
    result: T = known.pop(key) if key in known else make(key)
    _store(shelf, {**dict([*known.items()][1 - most :]), key: result})
    return result


def imports() -> tuple[Import, ...]:
    """The files that were imported in this session."""
    return _state("imports", tuple)


def remember_imports(found: Sequence[Import]) -> None:
    """Add files to those that can be opened from the sidebar, newest text for each name."""
    names = {item.name for item in found}
    _store("imports", (*(item for item in imports() if item.name not in names), *found))

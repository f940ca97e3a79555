"""The page that a link leads to: what was shared, for readers without an account."""

from functools import cache
from typing import Any, Final

import streamlit as st

from core import fields
from core.comparing.selection import Selection
from core.comparing.sources import Origin, Side
from core.document import Source
from core.drafts.draft import Draft, file_name, from_source
from core.shares.protocol import Shared, token_hash, token_of
from core.shares.snapshot import Column
from core.system.database import now
from ui import session, who
from ui.comparing.page import SHOWN, downloads
from ui.differences.comparison import Board, board, shown, table, visible
from ui.differences.curves_panel import curves
from ui.differences.text_differences import text_differences
from ui.draft.actions import begin_and_go
from ui.frame.heading import heading
from ui.insight import OTHER, Insight
from ui.library.preview import findings
from ui.run.run_card import run_card
from ui.run.verdict import verdict_badges
from ui.services import services
from ui.text import MARKS, ago, count, exact, plain, value_text

_LISTENER: Final = "unseen.link"
_PASTED: Final = "shared.pasted"
_PICKED: Final = "shared.column"
# Colouring more than this takes a browser seconds.
_COLOURED: Final = 60_000

# What stands behind the number sign of an address is told to no server, so the page tells it.
_JS: Final = """
export default function ({ data, setStateValue }) {
  const tell = () => {
    const link = window.location.hash.slice(1)
    document.documentElement.classList.toggle("has-link", link !== "")
    if (link !== data.known) setStateValue("link", link)
  }
  tell()
  window.addEventListener("hashchange", tell)
  return () => {
    window.removeEventListener("hashchange", tell)
    document.documentElement.classList.remove("has-link")
  }
}
"""


def shared() -> None:
    """Draw the whole page."""
    _listen()
    token = session.link()
    found = _found(token) if token else None
    if found is None:
        _ask(bool(token))
    elif found.snapshot.kind == "config":
        _config(found)
    else:
        _comparison(found)


def _listen() -> None:
    _component()(data={"known": _of_address()}, key=_LISTENER, on_link_change=_followed)


def _of_address() -> str | None:
    """What the page has told of its address; ``None`` before it has."""
    return session.widget_value(_LISTENER).get("link") if session.has_widget(_LISTENER) else None


def _followed() -> None:
    link = session.widget_value(_LISTENER).get("link")
    session.follow_link(token_of(link) if isinstance(link, str) else "")


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_link", js=_JS)


def _found(token: str) -> Shared | None:
    """What a link shows; it is opened, and counted, once in a session."""
    parts = services()
    found = session.once(
        token_hash(token),
        lambda _: parts.guesses.read(parts.shared(), token, who.address()),
        shelf="links",
    )
    return found if found and found.expires_at > now() else None


def _ask(has_failed: bool) -> None:
    # The first is hidden while the page looks what the link of its address shows.
    is_looked_up = has_failed or bool(_of_address())
    with st.container(key="paste_another_link" if is_looked_up else "paste_link", width=620):
        with heading("Open a link"):
            pass
        if has_failed:
            st.warning(
                "This link shows nothing: it is mistyped, revoked or expired. Ask whoever sent it "
                "for a new one.",
                icon=":material/link_off:",
            )
        st.text_input(
            "Paste a link",
            key=_PASTED,
            placeholder="https://…/shared#…",
            on_change=_paste,
        )
        st.caption("A link shows one config or one comparison, read-only, without an account.")


def _paste() -> None:
    if not session.has_left():
        session.follow_link(token_of(session.widget_value(_PASTED) or ""))


def _head(found: Shared, what: str) -> None:
    with heading(plain(visible(value_text(found.title, 120)))):
        pass
    st.caption(
        f"Shared read-only: {plain(visible(what))}, as of {ago(found.created_at)}. The link works "
        f"until {found.expires_at:%Y-%m-%d}.",
        help=f"Shared {exact(found.created_at)}, works until {exact(found.expires_at)}.",
    )


# --- One config ----------------------------------------------------------------------------------


def _config(found: Shared) -> None:
    (column, *_) = found.snapshot.columns
    _head(found, column.detail or "a config")
    insight = _insight(column)
    if column.description:
        st.text(visible(column.description))
    # The verdict comes first where the two stand below each other.
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(verdict_badges(insight))
        _actions(column)
        _said(insight)
        run_card(insight.derived)
    with right:
        _json(column)


def _insight(column: Column) -> Insight:
    key = ("shared", column.title, column.text, column.target)
    return session.once(key, lambda _: Insight(_draft(column)))


def _draft(column: Column) -> Draft:
    source = Source(column.document, column.text)
    return from_source(column.title, source, f"import:{column.title}").for_target(column.target)


def _actions(column: Column) -> None:
    with st.container(horizontal=True, gap="xsmall", key="actions"):
        st.button(
            "Take a copy",
            key="shared.take",
            type="primary",
            icon=":material/edit:",
            help="Opens it on the Build page as a config of your own.",
            on_click=begin_and_go,
            args=(_draft(column),),
        )
        st.download_button(
            "Download JSON",
            data=column.text.encode(),
            file_name=file_name(column.title),
            mime="application/json",
            key="shared.download",
            icon=":material/download:",
            on_click="ignore",
        )


def _json(column: Column) -> None:
    language = "json" if len(column.text) <= _COLOURED else None
    st.code(column.text, language=language, wrap_lines=True, height=640)


def _said(insight: Insight) -> None:
    """All findings by section, the gravest first."""
    loud = [*insight.report.errors, *insight.report.trainer.blockers, *insight.report.warnings]
    for section in (*fields.SECTIONS, OTHER):
        there = insight.by_section.get(section, ())
        said = sorted((one for one in there if one in loud), key=loud.index)
        if said:
            st.markdown(f"**{'Other keys' if section == OTHER else section.capitalize()}**")
            findings(said, most=len(said))
    if not loud:
        st.markdown(f":small[{MARKS['info']} No errors and no warnings.]")
    if notes := insight.report.infos:
        with st.expander(count(len(notes), "note"), key="shared.notes", type="compact"):
            findings(notes, most=len(notes))


# --- A comparison --------------------------------------------------------------------------------


def _comparison(found: Shared) -> None:
    snapshot = found.snapshot
    sides = [_side(number, column) for number, column in enumerate(snapshot.columns)]
    own = board(sides, sides[snapshot.base].origin.name)
    _head(found, f"a comparison of {count(len(sides), 'config')}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        selection = _selection(found)
        st.space("stretch")
        # Together on the next line where they don't fit beside the rest.
        with st.container(horizontal=True, gap="small", width="content"):
            downloads(own, selection)
    _one(own, snapshot.columns)
    table(own, selection, key="shared.table", on_open=_pick)
    st.fragment(curves, key="shared.curves")(own)
    if len(own.sides) == 2:
        text_differences(own, shown(own, selection))


def _side(number: int, column: Column) -> Side:
    return Side(
        origin=Origin("file", str(number)),
        title=column.title,
        detail=visible(column.detail),
        document=column.document,
        text=column.text,
        target=column.target,
    )


def _selection(found: Shared) -> Selection:
    snapshot = found.snapshot
    # A link of its own has widgets of its own, as its owner had them.
    name = f"{found.created_at.timestamp()}"
    show = st.segmented_control(
        "Show",
        list(SHOWN),
        format_func=lambda one: SHOWN[one],
        key=session.seeded(f"shared.show.{name}", snapshot.show),
        required=True,
    )
    search = st.text_input(
        "Search",
        key=session.seeded(f"shared.search.{name}", snapshot.search),
        type="search",
        placeholder="Setting or value",
        live=True,
        width=220,
    )
    return Selection(show or snapshot.show, search or "", snapshot.ignore)


def _pick(name: str) -> None:
    session.set_widgets({_PICKED: name})


def _one(own: Board, columns: tuple[Column, ...]) -> None:
    """One of the configs: what is said about it, and the way to take it."""
    labels = dict(zip(own.names, own.labels, strict=True))
    if session.has_widget(_PICKED) and session.widget_value(_PICKED) not in labels:
        # It is of another link.
        session.set_widgets({_PICKED: own.names[0]})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox(
            "Config",
            list(own.names),
            format_func=lambda one: labels[one],
            key=_PICKED,
            help="A click on a heading of the table chooses that one.",
            width=300,
        )
        number = next(place for place, one in enumerate(own.names) if one == name)
        column = columns[int(own.sides[number].origin.id)]
        _actions(column)
    insight = _insight(column)
    label = f"Findings and run of {plain(value_text(labels[name], 60))}"
    with st.expander(f"{label} {verdict_badges(insight)}", key="shared.one", type="compact"):
        left, right = st.columns([5, 3], gap="medium")
        with left:
            _said(insight)
        with right:
            run_card(insight.derived)

"""Unsaved work of a signed-in user goes to the store a moment after each change."""

import time
from typing import Final

import streamlit as st

from core.drafts.draft import Draft
from core.errors import Unavailable
from core.identity.protocol import Actor
from core.workbench import LeftBehind
from ui import session, who
from ui.draft.actions import begin
from ui.errors import boundary
from ui.server import live
from ui.services import services
from ui.session import Found
from ui.text import ago, plain, value_text

_LOOK_AGAIN: Final = 4
"""Seconds between two looks while other tabs hold unsaved work."""
_NOT_BEFORE: Final = 1
"""Seconds in which a page that is drawn several times looks once."""


def attend(user: Actor | None) -> None:
    """See to it that each new state of the draft is kept for this user, or for nobody."""
    desk = session.desk()
    if user is None:
        desk.keeper = None
        return
    live.note(desk.slot)
    is_new = desk.keeper is None
    desk.keeper = _keeper(user, desk.slot)
    # What was typed before the sign-in is kept from here on too.
    if is_new and session.draft().is_unsaved:
        desk.keeper.keep(session.draft())


def _keeper(user: Actor, slot: str) -> session.Keeper:
    parts, is_signed_in = services(), who.still()
    bench = parts.workbench(user)

    def keep(draft: Draft) -> None:
        parts.later.put(slot, lambda: bench.keep(slot, draft) if is_signed_in() else None)

    def used(config_id: str) -> None:
        if is_signed_in():
            bench.used(config_id)

    return session.Keeper(keep, used)


def trouble() -> str:
    """Why unsaved work is not kept at the moment, or empty."""
    if session.desk().keeper and services().later.has_failed(session.desk().slot):
        return "Unsaved work can't be kept at the moment; it is tried again every few seconds."
    return ""


def offer() -> None:
    """Offer unsaved work that another session of this user left behind, the newest first."""
    if session.user_id() is not None:
        # A tab that closes while this page is open leaves its work behind then.
        every = _LOOK_AGAIN if _found().waits else None
        st.fragment(_offer, key="left_behind", run_every=every)()


def _offer() -> None:
    if who.has_changed():
        st.rerun()
    with boundary():
        left = _found().left
        if left:
            _banner(left[0], len(left) - 1)


def _found() -> Found:
    """What was found once; looked for again while other tabs may still leave something."""
    known = session.left_behind()
    if known is None and services().project:
        # Asking elsewhere takes a while: the page is drawn first.
        known = Found((), waits=True)
        session.note_left_behind(known)
    elif known is None or (known.waits and time.monotonic() - known.at > _NOT_BEFORE):
        try:
            known = _look()
        except Unavailable:
            # The page says so in one place, and looks again.
            known = Found((), waits=True)
        session.note_left_behind(known)
    return known


def _look() -> Found:
    bench = who.workbench_or_none()
    if bench is None:
        return Found((), waits=False)
    # The session that was just closed may have left its last edit there.
    services().later.flush()
    kept = bench.left_behind(but=session.desk().slot)
    # Work that is open in another tab is not left behind.
    left = tuple(item for item in kept if not live.is_open(item.kept.slot))
    return Found(left, waits=len(left) < len(kept))


def _banner(left: LeftBehind, others: int) -> None:
    name = plain(value_text(left.draft.name, 40))
    more = f" {others} more {'follows' if others == 1 else 'follow'}." if others else ""
    with st.container(key="left_behind", border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/history: Unsaved work on **{name}**, changed {ago(left.kept.updated_at)}."
            f"{more}",
            width="stretch",
        )
        slot = left.kept.slot
        st.button("Continue", key=f"continue.{slot}", on_click=_continue, args=(left,))
        st.button(
            "Discard",
            key=f"discard.{slot}",
            type="tertiary",
            help="Delete this work for good.",
            on_click=_discard,
            args=(slot,),
        )


def _continue(left: LeftBehind) -> None:
    begin(left.draft)
    _discard(left.kept.slot)


def _discard(slot: str) -> None:
    bench = who.workbench_or_none()
    if bench:
        bench.forget(slot)
    session.note_left_behind(None)
    # The banner is a part of its own; what was opened stands all over the page.
    st.rerun()

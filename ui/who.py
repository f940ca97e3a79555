"""Who is using this browser session: looked up anew whenever it matters, never remembered."""

from collections.abc import Callable

import streamlit as st

from core.errors import NotFound, TunesmithError, Unavailable
from core.identity.local import LOCAL_USER
from core.identity.protocol import Account, Actor
from core.sessions import Sessions, SignedIn
from core.system import log
from core.workbench import Workbench
from ui import session
from ui.server.session_routes import END_PATH, REDEEM_PATH, cookie_name
from ui.services import has_accounts, services
from ui.text import plain


def actor() -> Actor | None:
    """The user who is signed in now, or ``None``.

    Raises:
        Unavailable: the record of the session can't be read.
    """
    if not has_accounts():
        return services().identity.account(LOCAL_USER).actor
    found = signed_in()
    return found.actor if found else None


def signed_in() -> SignedIn | None:
    """The record of this session, or ``None`` where nobody is signed in."""
    return _proof()(services().sessions)


def still() -> Callable[[], bool]:
    """A question that a thread without a session can ask: is this user still signed in?"""
    if not has_accounts():
        return lambda: True
    sessions, proof = services().sessions, _proof()
    return lambda: proof(sessions) is not None


def _proof() -> Callable[[Sessions], SignedIn | None]:
    """How this browser session shows who it is, for any thread."""
    known, cookie = session.signed_in_as(), _cookie()
    if not known:
        return lambda sessions: sessions.by_cookie(cookie)
    if session.is_where_it_signed_in():
        return lambda sessions: sessions.by_id(known)

    def with_cookie(sessions: Sessions) -> SignedIn | None:
        found, shown = sessions.by_id(known), sessions.by_cookie(cookie)
        return found if found and shown and found.handle == shown.handle else None

    return with_cookie


def has_changed() -> bool:
    """Whether somebody else is signed in, or nobody any more, since the page was drawn."""
    try:
        found = actor()
    except Unavailable:
        return False
    return session.user_id() != (found.user_id if found else None)


def account() -> Account | None:
    """The account of the user who is signed in now."""
    found = actor()
    try:
        return services().identity.account(found.user_id) if found else None
    except NotFound:
        return None


def workbench() -> Workbench | None:
    """What the user who is signed in now can do with saved configs.

    ``None`` too while this session still holds what belongs to another user: callbacks come before
    the page takes that away.
    """
    found = actor()
    if found is None or session.user_id() not in (None, found.user_id):
        return None
    return services().workbench(found)


def workbench_or_none() -> Workbench | None:
    """The same, and ``None`` too while the store can't be reached: building goes on without it."""
    try:
        return workbench()
    except Unavailable:
        return None


def begin(account: Account) -> None:
    """Sign this browser session in; the browser gets its cookie when the page is drawn next."""
    begun = services().sessions.begin(account.user_id, _device(), address(), account.tokens)
    session.sign_in(begun.session_id, account.user_id)
    session.leave_errand(REDEEM_PATH, {"ticket": begun.ticket})
    log.signed_in(account.user_id)


def end(*, everywhere: bool = False) -> None:
    """Sign out, in every tab of this browser, or wherever the user is signed in."""
    found = signed_in()
    if found:
        services().identity.end(found.actor, everywhere=everywhere)
        if everywhere:
            services().sessions.end_all(found.account.user_id)
        services().sessions.end_one(found.account.user_id, found.handle)
        log.signed_out(found.account.user_id, everywhere=everywhere)
    session.sign_out()
    session.leave_errand(END_PATH, {})


def address() -> str:
    """The network address of the browser, as far as the server can see it."""
    found = st.context.ip_address
    return found if isinstance(found, str) else "this machine"


def _cookie() -> str:
    url = st.context.url
    found = st.context.cookies.get(cookie_name(url)) if isinstance(url, str) else None
    return found if isinstance(found, str) else ""


def _device() -> str:
    agent = st.context.headers.get("User-Agent")
    return agent[:300] if isinstance(agent, str) else ""


def label() -> str:
    """What the account page is called in the navigation: who is signed in, or how to."""
    try:
        found = actor()
    except TunesmithError:
        return "Account"
    if not has_accounts():
        return "Account"
    return f"Account · {plain(found.name)}" if found else "Sign in"

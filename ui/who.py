"""Who is using this browser session: looked up anew whenever it matters, never remembered."""

from collections.abc import Callable

import streamlit as st

from core import log
from core.errors import NotFound, TunesmithError, Unavailable
from core.identity.local import LOCAL_USER
from core.identity.protocol import Account, Actor
from core.sessions import Sessions, SignedIn
from core.workbench import Workbench
from ui import session
from ui.services import has_accounts, services
from ui.session_routes import END_PATH, REDEEM_PATH, cookie_name


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
    return _look_up(services().sessions, session.signed_in_as(), _cookie())


def still() -> Callable[[], bool]:
    """A question that a thread without a session can ask: is this user still signed in?"""
    if not has_accounts():
        return lambda: True
    sessions, known, cookie = services().sessions, session.signed_in_as(), _cookie()
    return lambda: _look_up(sessions, known, cookie) is not None


def has_changed() -> bool:
    """Whether somebody else is signed in, or nobody any more, since the page was drawn."""
    try:
        found = actor()
    except Unavailable:
        return False
    return session.user_id() != (found.user_id if found else None)


def _look_up(sessions: Sessions, known: str | None, cookie: str) -> SignedIn | None:
    return sessions.by_id(known) if known else sessions.by_cookie(cookie)


def account() -> Account | None:
    """The account of the user who is signed in now."""
    found = actor()
    try:
        return services().identity.account(found.user_id) if found else None
    except NotFound:
        return None


def workbench() -> Workbench | None:
    """What the user who is signed in now can do with saved configs."""
    found = actor()
    return services().workbench(found) if found else None


def workbench_or_none() -> Workbench | None:
    """The same, and ``None`` too while the store can't be reached: building goes on without it."""
    try:
        return workbench()
    except Unavailable:
        return None


def begin(account: Account) -> None:
    """Sign this browser session in; the browser gets its cookie when the page is drawn next."""
    begun = services().sessions.begin(account.user_id, _device(), address())
    session.sign_in(begun.session_id, account.user_id)
    session.leave_errand(REDEEM_PATH, {"ticket": begun.ticket})
    log.signed_in(account.user_id)


def end() -> None:
    """Sign out, in every tab of this browser."""
    found = signed_in()
    if found:
        services().sessions.end_one(found.account.user_id, found.handle)
        log.signed_out(found.account.user_id)
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
    return f"Account · {found.name}" if found else "Sign in"

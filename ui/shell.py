"""The frame that every page stands in: style, the user, and the one broad error boundary.

Streamlit can run a file in ``pages/`` without ``app.py``, so a page's first call is ``page``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.errors import TunesmithError
from core.identity.protocol import Actor
from ui import session, who
from ui.account import sign_in
from ui.draft import autosave
from ui.errors import boundary
from ui.frame import cookie, leaving, offline, scheme
from ui.text import plain

_STYLE = Path(__file__).with_name("style.css")

# Streamlit may leave the last page's sidebar standing, empty. On small screens the navigation is
# in it.
_NO_SIDEBAR = """\
<style>@media (min-width: 1100px) { [data-testid="stSidebar"] { display: none; } }</style>"""


@contextmanager
def page(title: str, *, for_users: bool = False, has_sidebar: bool = False) -> Iterator[None]:
    """Frame one page: its style, its title for screen readers, its user, its errors.

    Args:
        title: what the page is called.
        for_users: whether it is drawn for somebody who is signed in only; all others get the
            sign-in in its place.
        has_sidebar: whether it draws something in the sidebar.
    """
    st.html(_STYLE)
    if not has_sidebar:
        st.html(_NO_SIDEBAR)
    # Streamlit's own title would take the room of three fields.
    st.html(f'<h1 class="for-screen-readers">{title}</h1>')
    scheme.follow()
    session.enter(title)
    # What fails on the way is told, and nothing is drawn for a user who may not be one.
    is_ready = False
    with boundary():
        _prepare(title, for_users=for_users)
        is_ready = True
    if not is_ready:
        st.stop()
    # Apart from the page: whatever fails here, the page has to be drawn.
    with boundary():
        leaving.guard()
        offline.notice()
    with boundary():
        yield


def _prepare(title: str, *, for_users: bool) -> None:
    if target := session.take_destination():
        st.switch_page(target, query_params={})
    user = _user()
    cookie.sync()
    for text, icon in session.said():
        st.toast(text, icon=icon)
    if for_users and user is None:
        sign_in.gate(title)
        st.stop()
    autosave.attend(user)


def _user() -> Actor | None:
    """Who is signed in now; what belonged to somebody who is not any more is taken away."""
    try:
        found = who.actor()
    except TunesmithError as error:
        st.warning(f"{plain(str(error))} Building and downloading work.")
        return None
    before = session.user_id()
    if before is not None and (found is None or found.user_id != before):
        session.sign_out()
        # The words that were searched for are the first user's too.
        st.query_params.from_dict({})
        session.say(
            "You were signed out. Unsaved work is kept as it was then.", ":material/logout:"
        )
        return None
    session.belong_to(found.user_id if found else None)
    return found

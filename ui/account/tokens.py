"""Access tokens on the account page: list, make, see once, revoke."""

import platform
from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from core.errors import TunesmithError
from core.identity.access_tokens import MAX_NAME, PREFIX, AccessTokens, Made, Scope, TokenInfo
from core.identity.protocol import Account
from core.identity.rules import name_key
from core.workbench import Workbench
from ui import session, who
from ui.draft import saving
from ui.services import listens_locally, services
from ui.text import ago, count, exact, plain

_SCOPES: Final[dict[str, tuple[Scope, ...]]] = {
    "Read": ("read",),
    "Read and write": ("read", "write"),
}
_SCOPE_HELP: Final = (
    "List, open, compare and download configs.",
    "Also save, rename, restore, delete and share them.",
)
_DAYS: Final = (7, 30, 90, 365)
_USUAL_DAYS: Final = 30
_SOON: Final = timedelta(days=3)


def section(found: Account) -> None:
    """Draw the user's tokens, where this server has such."""
    tokens = services().access_tokens
    if tokens is None:
        return
    with st.container(key="access_tokens", gap="small"):
        st.markdown("#### Access tokens")
        st.caption(
            "A script uses a token in place of your password. Make one for each machine, "
            "so that each can be revoked without stopping the others."
        )
        if made := session.shown_token():
            _once(made)
        live = tokens.active(found.user_id)
        with st.container(key="tokens", gap="small"):
            for info in live:
                _token(info)
        with st.expander("Make a token", key=session.widget_key("make_token")):
            _form(tokens, found, live)


def _once(made: Made) -> None:
    with st.container(border=True, key="new_token"):
        st.markdown(f"**{plain(made.info.name)}** is ready. Copy it now; it is not shown again.")
        st.code(made.token, language=None, wrap_lines=True)
        st.button("Done", key="new_token.done", on_click=_done)


def _done() -> None:
    session.show_token(None)
    session.focus_on("access_tokens")


def _token(info: TokenInfo) -> None:
    key = f"token_{info.handle}"
    with st.container(key=key, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{plain(info.name)}** · {_may(info)} · `{PREFIX}…{info.hint}`  \n"
            f":gray[:small[{_when(info)}]]",
            width="stretch",
            help=f"Made {exact(info.created_at)}, expires {exact(info.expires_at)}.",
        )
        st.button(
            "Revoke",
            key=f"revoke.{info.handle}",
            type="tertiary",
            help="Whatever uses this token is refused from now on.",
            on_click=_revoke,
            args=(info.handle, info.name),
        )


def _may(info: TokenInfo) -> str:
    return " and ".join(info.scopes)


def _when(info: TokenInfo) -> str:
    used = "never used"
    if info.last_used_at:
        used = f"last used {ago(info.last_used_at)} from {plain(info.last_address)}"
    return f"made {ago(info.created_at)}, {_expires(info.expires_at)}, {used}"


def _expires(moment: datetime) -> str:
    left = moment - datetime.now(UTC)
    days = max(1, -(-left // timedelta(days=1)))
    text = f"expires in {count(days, 'day')}"
    return f":orange[{text}]" if left <= _SOON else text


def _form(tokens: AccessTokens, found: Account, live: tuple[TokenInfo, ...]) -> None:
    with st.form("make_token", border=False):
        name = st.text_input(
            "For which machine",
            key=session.seeded(session.widget_key("token.name"), _offered(live)),
            max_chars=MAX_NAME,
            placeholder="such as laptop or ci-runner",
        )
        may = st.radio(
            "What it may do",
            list(_SCOPES),
            captions=_SCOPE_HELP,
            horizontal=True,
            key=session.widget_key("token.may"),
        )
        days = st.selectbox(
            "Expires in",
            _DAYS,
            index=_DAYS.index(_USUAL_DAYS),
            format_func=_until,
            key=session.widget_key("token.days"),
            width=240,
        )
        if st.form_submit_button("Make the token"):
            _make(tokens, found, name, _SCOPES[may], timedelta(days=days))


def _offered(live: tuple[TokenInfo, ...]) -> str:
    """The name of this machine, where the one who is asked sits at it and it has no token yet."""
    here = platform.node()[:MAX_NAME] if listens_locally() else ""
    taken = {name_key(info.name) for info in live}
    return "" if name_key(here) in taken else here


def _until(days: int) -> str:
    return f"{days} days, on {datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def _make(
    tokens: AccessTokens, found: Account, name: str, scopes: tuple[Scope, ...], life: timedelta
) -> None:
    try:
        made = tokens.make(found.user_id, name, scopes, life)
    except TunesmithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    session.show_token(made)
    if who.has_changed():
        # A change of the password ended the session, and all tokens but this one, just before.
        tokens.revoke(found.user_id, made.info.handle)
    # The form comes back empty.
    session.seed_anew()
    session.focus_on("new_token")
    st.rerun()


def _revoke(handle: str, name: str) -> None:
    tokens = services().access_tokens

    def act(bench: Workbench) -> None:
        if tokens is None:
            return
        tokens.revoke(bench.actor.user_id, handle)
        made = session.shown_token()
        if made and made.info.handle == handle:
            session.show_token(None)
        session.focus_on("access_tokens")
        session.say(f"The token {plain(name)} is revoked.", ":material/check:")

    # For the user of now, not the one whom the page was drawn for.
    saving.with_bench(act)

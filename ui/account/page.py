"""The account page: who is signed in, where else, and everything that is kept."""

import re

import streamlit as st

from core.errors import SignInError, TunesmithError
from core.identity.protocol import Account, Actor
from core.sessions import SessionInfo
from core.system import log
from core.workbench import Workbench
from ui import session, who
from ui.account import tokens
from ui.frame.heading import heading
from ui.library import share
from ui.services import has_accounts, listens_locally, services
from ui.text import ago, exact, plain, value_text

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def account() -> None:
    """Draw the whole page."""
    found = who.account()
    if found is None:
        return
    with st.container(key="account", width=760, gap="medium"):
        if has_accounts():
            _who(found)
            _sessions(found)
        else:
            _one_user()
        tokens.section(found)
        share.links()
        _everything(found)
        if has_accounts():
            _delete(found)


def _one_user() -> None:
    with heading("Account", "one user"):
        pass
    st.markdown(
        "Accounts are off: whoever opens Tunesmith on this machine sees the same library, "
        "and the server answers this machine only."
    )


def _who(found: Account) -> None:
    with heading("Account", plain(value_text(found.actor.name, 60))):
        st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=who.end)
    with st.container(key="who", gap="small"):
        _about(found)
        _password(found)


def _about(found: Account) -> None:
    st.caption(f"You sign in as {plain(found.name)}, since {found.created_at:%Y-%m-%d}.")
    with st.form("who", border=True):
        left, right = st.columns(2)
        full_name = left.text_input("Name", found.full_name, max_chars=100, key="who.name")
        email = right.text_input("Email", found.email, max_chars=254, key="who.email")
        if st.form_submit_button("Save name and email"):
            _rename(found, full_name, email)


def _rename(found: Account, full_name: str, email: str) -> None:
    try:
        renamed = services().identity.rename(_actor(found), full_name, email)
    except TunesmithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if email.strip().casefold() == renamed.email.casefold():
        session.say("Name and email are saved.", ":material/check:")
    else:
        note = "The name is saved. The address changes once you open the link in the email to it."
        session.say(note, ":material/mail:")
    st.rerun()


def _actor(found: Account) -> Actor:
    """The user of the page, with what proves it; of another one who signed in since, without."""
    now = who.actor()
    return now if now and now.user_id == found.user_id else found.actor


def _password(found: Account) -> None:
    with st.expander("Change the password", key="password"):
        st.caption(
            "Ends all your sessions: every other tab and device has to sign in again."
            + (" Access tokens end too." if services().access_tokens else "")
        )
        with st.form("password", border=False):
            old = _secret("Current password", "password.old")
            new = _secret("New password", "password.new")
            again = _secret("New password again", "password.again")
            if st.form_submit_button("Change the password"):
                _change_password(found, old, new, again)


def _secret(label: str, name: str) -> str:
    return st.text_input(label, type="password", key=session.widget_key(name)) or ""


def _change_password(found: Account, old: str, new: str, again: str) -> None:
    if new != again:
        st.error("The two new passwords differ; type the same one twice.")
        return
    try:
        changed = services().identity.change_password(_actor(found), old, new, who.address())
        log.password_changed(found.user_id)
        # The change has ended this session too; whoever knew the password goes on in a new one.
        who.begin(changed)
    except TunesmithError as error:
        _say_refused(error)
        return
    # The fields come back empty.
    session.seed_anew()
    session.say("The password is changed; all other sessions have ended.", ":material/check:")
    st.rerun()


def _say_refused(error: TunesmithError) -> None:
    if isinstance(error, SignInError):
        log.sign_in_failed(who.address())
    st.error(plain(str(error)), icon=":material/error:")


def _sessions(found: Account) -> None:
    here = who.signed_in()
    active = services().sessions.active(found.user_id)
    with st.container(key="sessions", gap="small"):
        st.markdown("#### Where you are signed in")
        for item in active:
            _session(item, is_here=bool(here and here.handle == item.handle))
        if len(active) > 1:
            st.button(
                "Sign out everywhere",
                key="everywhere",
                help="Ends all sessions, this one too.",
                on_click=_end_everywhere,
            )


def _session(item: SessionInfo, *, is_here: bool) -> None:
    with st.container(
        key=f"session_{item.handle}", horizontal=True, vertical_alignment="center", gap="small"
    ):
        here = " :green-badge[this one]" if is_here else ""
        st.markdown(
            f"**{plain(device(item.device))}** · {plain(item.address)}{here}  \n"
            f":gray[:small[signed in {ago(item.started_at)}, last seen {ago(item.seen_at)}]]",
            width="stretch",
            help=f"Signed in {exact(item.started_at)}, last seen {exact(item.seen_at)}.",
        )
        if not is_here:
            st.button(
                "End this session",
                key=f"end.{item.handle}",
                type="tertiary",
                on_click=_end_one,
                args=(item.handle,),
            )


def device(agent: str) -> str:
    """What a browser calls itself, in two words: ``Firefox on Linux``."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    if not browser and "Safari" in agent:
        browser = "Safari"
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    named = " on ".join(part for part in (browser, system) if part)
    return named or re.sub(r"\s.*", "", agent)[:40] or "unknown browser"


def _end_one(handle: str) -> None:
    # The user of now, not the one whom the page was drawn for.
    if here := who.signed_in():
        services().sessions.end_one(here.account.user_id, handle)
        session.focus_on("sessions")


def _end_everywhere() -> None:
    who.end(everywhere=True)


def _everything(found: Account) -> None:
    with st.container(key="your_data", gap="small"):
        st.markdown("#### Your data")
        if bench := who.workbench():
            _export(found, bench)


def _export(found: Account, bench: Workbench) -> None:
    st.caption("One ZIP file: configs with all their versions, unsaved work, your account.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Export everything", key="export", icon=":material/folder_zip:"):
            # Made before it is offered: Streamlit may forget a file that is made at the click.
            st.download_button(
                "Download tunesmith-export.zip",
                data=bench.export(found),
                file_name="tunesmith-export.zip",
                mime="application/zip",
                key="export.file",
                type="primary",
                on_click="ignore",
            )
    if project := services().project:
        st.caption(f"It is stored in the Supabase project `{plain_path(project.url)}`.")
    elif listens_locally():
        st.caption(f"It is stored in `{plain_path(services().settings.database_file)}`.")


def plain_path(path: object) -> str:
    """A path that a code span shows as it is."""
    return str(path).replace("`", "'")


def _delete(found: Account) -> None:
    with st.expander("Delete the account", key="delete_account"):
        st.markdown(
            "Deletes your account and **all your configs, versions, drafts and links**, at once "
            "and for good. Export them first if you may want them again."
        )
        with st.form("delete_account", border=False):
            typed = st.text_input(
                f"Type {_called()} ({plain(found.name)}) to confirm", key="delete.name"
            )
            password = st.text_input("Password", type="password", key="delete.password")
            if st.form_submit_button("Delete my account and all my data"):
                _delete_all(found, typed, password)


def _called() -> str:
    """What one signs in with."""
    return "your email address" if services().by_mail else "your user name"


def _delete_all(found: Account, typed: str, password: str) -> None:
    if typed.strip() != found.name:
        st.error(f"This is not {_called()}; type {plain(found.name)}.")
        return
    services().later.drop(session.desk().slot)
    try:
        services().identity.delete(_actor(found), password, who.address())
        log.account_deleted(found.user_id)
    except TunesmithError as error:
        _say_refused(error)
        return
    who.end()
    session.say("Your account and all its data are deleted.", ":material/check:")
    st.rerun()

"""Signing in and up: streamlit-authenticator's forms over our accounts and sessions.

The library draws the forms and brings hashing and the rules for passwords. Its own cookie, its
count of failed tries and its store are left out: see docs/security.md.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from core.errors import (
    NotAccepted,
    NotConfirmed,
    SignInError,
    StoreError,
    TunesmithError,
    Unavailable,
)
from core.identity.protocol import Account, NewAccount
from core.identity.rules import MIN_PASSWORD
from core.system import log
from ui import session, who
from ui.account import by_mail
from ui.frame.heading import heading
from ui.services import services
from ui.session import MailStep
from ui.text import plain

_PASSWORD_HELP = (
    f"At least {MIN_PASSWORD} characters, of any kind: a few words in a row are easy to remember."
)
_SIGN_IN = {
    "Form name": "Sign in",
    "Username": "User name",
    "Password": "Password",
    "Login": "Sign in",
}
_SIGN_IN_BY_MAIL = {**_SIGN_IN, "Username": "Email"}
_SIGN_UP = {
    "Form name": "Create an account",
    "First name": "First name (optional)",
    "Last name": "Last name (optional)",
    "Email": "Email (optional)",
    "Username": "User name",
    "Password": "Password",
    "Repeat password": "Password again",
    "Register": "Create account",
}
_SIGN_UP_BY_MAIL = {**_SIGN_UP, "Email": "Email"}


def gate(title: str) -> None:
    """Draw the forms in place of a page that needs somebody who is signed in."""
    with st.container(key="gate", width=560, gap="small"):
        with heading(title):
            pass
        reasons = {"Account": "Sign in to see your account."}
        st.markdown(reasons.get(title, f"The {title.lower()} is yours alone: sign in to see it."))
        forms()
        st.caption("Building, checking and downloading need no account.")


def dialog_body(purpose: str) -> None:
    """Ask who it is; the draft stays, and what asked for the sign-in goes on afterwards."""
    kept = "The config on this page stays as it is, and is saved as soon as you are signed in."
    st.caption(kept if purpose == "save" else "You go on where you were.")
    forms()


def forms() -> None:
    """The forms, or the step with a mail that this session is at."""
    spot = st.empty()
    drawn = session.mail_step()
    with spot.container():
        _forms(drawn)
    if session.mail_step() != drawn:
        # A form has just led to it.
        with spot.container():
            _forms(session.mail_step())


def _forms(step: MailStep | None) -> None:
    """Both forms, or one where this server takes no new accounts."""
    if step:
        by_mail.draw(step)
        return
    try:
        is_open = services().identity.takes_sign_ups()
    except Unavailable as error:
        st.error(plain(str(error)), icon=":material/cloud_off:")
        st.button("Try again", key="sign_in.again")
        return
    if not is_open:
        _sign_in()
        st.caption("This server takes no new accounts. Whoever runs it can make you one.")
        return
    known, new = st.tabs(["Sign in", "Create account"], key="sign_in.tabs")
    with known:
        _sign_in()
    with new:
        _sign_up()
        st.caption(_PASSWORD_HELP)


def _sign_in() -> None:
    by_address = services().by_mail is not None
    fields = _SIGN_IN_BY_MAIL if by_address else _SIGN_IN
    _submit(lambda: _authenticator().login(fields=fields, key="sign_in"))
    if by_address:
        st.button(
            "Forgot your password?",
            key="sign_in.forgot",
            type="tertiary",
            on_click=session.wait_for_mail,
            args=(MailStep("ask", ""),),
        )


def _sign_up() -> None:
    by_address = services().by_mail is not None
    _submit(
        lambda: _authenticator().register_user(
            fields=_SIGN_UP_BY_MAIL if by_address else _SIGN_UP,
            captcha=False,
            password_hint=False,
            merge_username_email=by_address,
            key="sign_up",
        )
    )


def _submit(form: Callable[[], object]) -> None:
    """Draw a form; say what is wrong with what was typed, or go on."""
    try:
        form()
    except NotConfirmed as error:
        session.wait_for_mail(MailStep("confirm", error.email))
    except TunesmithError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        _go_on()


def _go_on() -> None:
    """Draw the page for whom has just signed in."""
    if session.signed_in_as():
        st.rerun()


class _Controller:
    """What the forms hand what was typed to."""

    def login(self, name: str = "", password: str = "", *_: Any, **__: Any) -> bool:
        """Sign in with what was typed."""
        if not (name.strip() and password):
            called = "email address" if services().by_mail else "user name"
            raise NotAccepted(f"Give your {called} and your password.")
        try:
            account = services().identity.sign_in(name, password, who.address())
        except SignInError:
            log.sign_in_failed(who.address())
            raise
        return _begin(account)

    def register_user(
        self,
        first: str,
        last: str,
        email: str,
        name: str,
        password: str,
        again: str,
        *_: Any,
        **__: Any,
    ) -> tuple[str, str, str]:
        """Make the account, and sign in to it."""
        # Imported here for the same reason as the forms below.
        from core.identity.validator import Rules

        if password != again:
            raise NotAccepted("The two passwords differ; type the same one twice.")
        full_name = f"{first.strip()} {last.strip()}".strip()
        rules = Rules((name, email))
        if not rules.validate_password(password):
            raise NotAccepted(rules.diagnose_password(password))
        new = NewAccount(name.strip(), password, full_name, email.strip())
        account = services().identity.sign_up(new, who.address())
        log.account_made(account.user_id)
        _begin(account)
        return account.email, account.name, account.full_name


class _NoCookies:
    """In place of the library's cookie, which proves nothing: ours is set by the server."""

    def get_cookie(self) -> None:
        """No cookie signs anybody in here."""

    def set_cookie(self) -> None:
        """The server's own route sets the cookie."""


def _begin(account: Account) -> bool:
    try:
        who.begin(account)
    except StoreError as error:
        raise NotAccepted(str(error)) from None
    return True


@cache
def _authenticator() -> Any:
    # Imported here: it takes longer than all of Tunesmith, and most page views need no form.
    from streamlit_authenticator.views import Authenticate

    class Forms(Authenticate):  # type: ignore[misc]
        """The library's forms; its own constructor would mount its cookie's iframe."""

        def __init__(self) -> None:
            self.api_key = self.path = None
            self.attrs = {"login_sleep_time": 0, "password_instructions": _PASSWORD_HELP}
            self.secret_key = ""
            self.authentication_controller = _Controller()
            self.cookie_controller = _NoCookies()

    return Forms()

"""What goes on between a mail and its code: confirming an address, setting a new password."""

from collections.abc import Callable
from typing import Final, cast

import streamlit as st

from core.errors import NotAccepted, TunesmithError
from core.identity.protocol import Account, ByMail
from ui import session, who
from ui.services import services
from ui.session import MailStep
from ui.text import plain

_CODE_HELP: Final = "The number from the newest email; it works for an hour."


def draw(step: MailStep) -> None:
    """Draw the step that waits, in place of the forms."""
    {"confirm": _confirm, "ask": _ask, "reset": _reset}[step.kind](step.email)
    if step.kind != "ask" and st.button("Send another email", key=f"mail.again.{step.kind}"):
        _try(lambda: _send_again(step))
    back = f"mail.back.{step.kind}"
    st.button("Back to sign in", key=back, type="tertiary", on_click=session.leave_mail)


def _confirm(email: str) -> None:
    st.markdown("#### Confirm your address")
    st.caption(
        f"An email with a code is on its way to {plain(email)}. Nothing there? Look in your spam "
        "folder."
    )
    with st.form("mail.confirm"):
        code = _code()
        if st.form_submit_button("Confirm and sign in", type="primary"):
            _sign_in(lambda: _mail().confirm(email, code, who.address()))


def _ask(email: str) -> None:
    st.markdown("#### Set a new password")
    with st.form("mail.ask"):
        typed = st.text_input("Email", email, max_chars=254, key="mail.email") or ""
        if st.form_submit_button("Send me a code", type="primary"):
            _try(lambda: _asked(typed))


def _asked(email: str) -> None:
    _mail().ask_reset(email, who.address())
    session.wait_for_mail(MailStep("reset", email.strip()))


def _reset(email: str) -> None:
    st.markdown("#### Set a new password")
    st.caption(
        f"If {plain(email)} has an account, an email with a code is on its way. "
        "The new password ends all your sessions."
    )
    with st.form("mail.reset"):
        code = _code()
        new = st.text_input("New password", type="password", key="mail.new") or ""
        again = st.text_input("New password again", type="password", key="mail.new_again") or ""
        if st.form_submit_button("Set it and sign in", type="primary"):
            _sign_in(lambda: _new_password(email, code, new, again))


def _new_password(email: str, code: str, new: str, again: str) -> Account:
    if new != again:
        raise NotAccepted("The two new passwords differ; type the same one twice.")
    return _mail().reset(email, code, new, who.address())


def _code() -> str:
    return st.text_input("Code in the email", max_chars=20, key="mail.code", help=_CODE_HELP) or ""


def _sign_in(prove: Callable[[], Account]) -> None:
    _try(lambda: who.begin(prove()))
    if session.signed_in_as():
        session.leave_mail()
        st.rerun()


def _send_again(step: MailStep) -> None:
    send = _mail().send_again if step.kind == "confirm" else _mail().ask_reset
    send(step.email, who.address())
    st.success(
        "Another email is on its way; its code replaces the one before.", icon=":material/mail:"
    )


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except TunesmithError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _mail() -> ByMail:
    return cast(ByMail, services().by_mail)

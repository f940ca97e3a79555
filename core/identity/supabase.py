"""Accounts in a Supabase project: people sign in by their e-mail address.

What a sign-in brings goes into the record of the session and nowhere else. The embedded database
holds a shadow of each account that has signed in here (no password), for the sessions to point at,
and counts the tries: to the project all our users come from one address.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from postgrest.exceptions import APIError
from supabase import AuthError, Client
from supabase_auth.errors import AuthApiError, AuthRetryableError, AuthWeakPasswordError
from supabase_auth.types import Session, User

from core.errors import (
    NotAccepted,
    NotAllowed,
    NotConfirmed,
    NotFound,
    SignUpClosed,
    TooManyTries,
    TunesmithError,
    Unavailable,
    WrongPassword,
)
from core.identity import rules, tries
from core.identity.protocol import Account, Actor, NewAccount, Tokens
from core.system.database import Database, moment, stamp
from core.system.remote import Project, plain_network_errors, unreachable

_ASK_SETTINGS_EVERY: Final = 60.0
_MAIL_SECONDS: Final = 60
_CODE: Final = re.compile(r"[0-9]{4,10}")
# set_session wants one, and uses it only where the access token has expired.
_NO_REFRESH: Final = "-"

_NO_SUCH_PAIR: Final = "No account has this address and password; check both and try again."
_NOT_YOURS: Final = "This is not your password; type it again."
_WRONG_CODE: Final = "This code is wrong or too old; look at the newest email, or ask for another."
_ENDED: Final = "Your sign-in has ended; sign in again."
_NOT_NOW: Final = "Your sign-in can't be renewed now; try again in a moment."
_ELSEWHERE: Final = (
    "Sign-in does not work now: the Supabase project gave an answer that this app can't use. "
    "Try again in a moment."
)


class SupabaseIdentity:
    """``Identity`` and ``ByMail`` of ``core/identity/protocol.py`` over Supabase Auth.

    Args:
        database: for shadows and tries.
        project: where the accounts are.
        is_open: whether this app takes sign-ups; the project has to, too.
    """

    def __init__(self, database: Database, project: Project, is_open: bool = True) -> None:
        self._database = database
        self._project = project
        self._is_open = is_open
        self._settings: tuple[float, bool] | None = None

    # --- Visitors ------------------------------------------------------------------------------

    def takes_sign_ups(self) -> bool:
        """Whether a visitor can make an account now; asks the project once a minute."""
        if not self._is_open:
            return False
        known = self._settings
        if known is None or time.monotonic() - known[0] > _ASK_SETTINGS_EVERY:
            known = self._settings = (time.monotonic(), self._asked_whether_open())
        return known[1]

    def sign_up(self, new: NewAccount, address: str) -> Account:
        """Make an account; see ``Identity``.

        Raises:
            NotConfirmed: the address has to be confirmed first. An address that is taken looks
                the same, where the project asks for confirmations.
        """
        if not self._is_open:
            raise _closed()
        email = _address(new.email or new.name)
        full_name = rules.accepted_full_name(new.full_name)
        rules.require_password(new.password, (email, full_name))
        self._count("sign_up", email, address)
        with _plain_errors(email):
            made = self._client().auth.sign_up(
                {
                    "email": email,
                    "password": rules.normalised(new.password),
                    "options": {"data": {"full_name": full_name}},
                }
            )
        if made.session is None:
            raise NotConfirmed(email)
        return self._signed_in(made.session)

    def sign_in(self, name: str, password: str, address: str) -> Account:
        """The account with this address and password; see ``Identity``.

        Raises:
            NotConfirmed: the address has to be confirmed first.
        """
        session = self._proven(_own_address(name), password, address, _NO_SUCH_PAIR)[1]
        return self._signed_in(session)

    # --- By mail -------------------------------------------------------------------------------

    def confirm(self, email: str, code: str, address: str) -> Account:
        """Sign in for the first time; see ``ByMail``."""
        return self._signed_in(self._verified(email, code, "signup", address)[1])

    def send_again(self, email: str, address: str) -> None:
        """Send another mail with a code; see ``ByMail``."""
        wanted = _address(email)
        self._count("sign_up", wanted, address)
        with _plain_errors(wanted), _hiding_unknown_users():
            self._client().auth.resend({"type": "signup", "email": wanted})

    def ask_reset(self, email: str, address: str) -> None:
        """Send a mail with a code to set a new password; see ``ByMail``."""
        wanted = _address(email)
        self._count("sign_up", wanted, address)
        with _plain_errors(wanted), _hiding_unknown_users():
            self._client().auth.reset_password_for_email(wanted)

    def reset(self, email: str, code: str, new: str, address: str) -> Account:
        """Set a new password and end every session of the user; see ``ByMail``."""
        # Before the code is used up: it works once.
        rules.require_password(new, (_address(email),))
        client, session = self._verified(email, code, "recovery", address)
        return self._renewed_password(client, session, new)

    # --- Users ---------------------------------------------------------------------------------

    def account(self, user_id: str) -> Account:
        """The account with that id, as it was at its last sign-in here; see ``Identity``."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM accounts WHERE id = ?", (user_id,)).fetchone()
        if row is None:
            raise NotFound("This account is gone; sign in with another one.")
        return _from_row(row)

    def rename(self, actor: Actor, full_name: str, email: str) -> Account:
        """Change what the user is called and the address; see ``Identity``."""
        current = self._current(actor)
        name, wanted = rules.accepted_full_name(full_name), _address(email)
        changes: dict[str, Any] = {"data": {"full_name": name}}
        if wanted != current.email:
            changes["email"] = wanted
        client = self._client()
        with _plain_errors(wanted):
            client.auth.set_session(_token(actor), _NO_REFRESH)
            updated = client.auth.update_user(changes)  # type: ignore[arg-type]
        return self._shadowed(updated.user)

    def change_password(self, actor: Actor, old: str, new: str, address: str) -> Account:
        """Change the password and end every session of the user; see ``Identity``."""
        account = self._current(actor)
        rules.require_password(new, (account.email, account.full_name))
        client, session = self._proven(account.email, old, address, _NOT_YOURS)
        return self._renewed_password(client, session, new)

    def delete(self, actor: Actor, password: str, address: str) -> None:
        """Delete the account with everything that belongs to it; see ``Identity``."""
        email = self._current(actor).email
        _, session = self._proven(email, password, address, _NOT_YOURS)
        with _plain_errors(email):
            gone = self._project.client(session.access_token).rpc("delete_account").execute().data
        if gone is not True:
            raise Unavailable(_ELSEWHERE)
        self._forget(actor.user_id)

    def end(self, actor: Actor, *, everywhere: bool = False) -> None:
        """End this sign-in in the project, or every one of the user; see ``Identity``."""
        scope = "global" if everywhere else "local"
        with suppress(TunesmithError), _plain_errors(actor.name):
            self._client().auth.admin.sign_out(_token(actor), scope)  # type: ignore[arg-type]

    def renew(self, old: Tokens) -> Tokens:
        """The tokens after these.

        Raises:
            NotAllowed: the project takes them no more.
            Unavailable: the project can't be asked now.
        """
        try:
            with _plain_errors(""):
                renewed = self._client().auth.refresh_session(old.refresh)
        except (NotAccepted, WrongPassword, NotConfirmed):
            raise NotAllowed(_ENDED) from None
        except TooManyTries:
            # The project counts them for this whole server: the sign-in itself is good.
            raise Unavailable(_NOT_NOW) from None
        session = _session(renewed.session)
        self._shadowed(session.user)
        return _tokens(session)

    # --- Within --------------------------------------------------------------------------------

    def _client(self) -> Client:
        """A client for this call alone: what it keeps of a session goes with it."""
        return self._project.client()

    def _asked_whether_open(self) -> bool:
        with plain_network_errors():
            answer = self._project.http.get(
                f"{self._project.url}/auth/v1/settings", headers={"apikey": self._project.key}
            )
        try:
            return not answer.raise_for_status().json().get("disable_signup", False)
        except (httpx.HTTPStatusError, ValueError, AttributeError, RecursionError):
            raise Unavailable(_ELSEWHERE) from None

    def _count(self, kind: tries.Kind, email: str, address: str) -> int:
        key = rules.name_key(email)
        with self._database.write() as connection:
            return tries.reserve(connection, kind, key, address, self._database.clock())

    def _take_back(self, number: int) -> None:
        with self._database.write() as connection:
            tries.take_back(connection, number)

    def _proven(
        self, email: str, password: str, address: str, refusal: str
    ) -> tuple[Client, Session]:
        """A client that is signed in as who has just typed the right password."""
        number = self._count("sign_in", email, address)
        if len(password) > rules.MAX_PASSWORD:
            raise WrongPassword(refusal)
        client = self._client()
        with _plain_errors(email, refusal):
            found = client.auth.sign_in_with_password(
                {"email": email, "password": rules.normalised(password)}
            )
        self._take_back(number)
        return client, _session(found.session)

    def _verified(self, email: str, code: str, kind: str, address: str) -> tuple[Client, Session]:
        """A client that is signed in as who has typed the code from the mail."""
        wanted, digits = _address(email), re.sub(r"\s", "", code)
        if not _CODE.fullmatch(digits):
            raise NotAccepted("The code is the number from the email; type its digits.")
        number = self._count("sign_in", wanted, address)
        client = self._client()
        with _plain_errors(wanted):
            found = client.auth.verify_otp(
                {"email": wanted, "token": digits, "type": kind}  # type: ignore[typeddict-item]
            )
        self._take_back(number)
        return client, _session(found.session)

    def _renewed_password(self, client: Client, session: Session, new: str) -> Account:
        """Set the password of who is signed in, end all sessions, and sign in anew."""
        email = session.user.email or ""
        password = rules.normalised(new)
        with _plain_errors(email):
            client.auth.update_user({"password": password})
            client.auth.admin.sign_out(session.access_token, "global")
            fresh = self._client().auth.sign_in_with_password(
                {"email": email, "password": password}
            )
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE user_id = ?", (session.user.id,))
        return self._signed_in(_session(fresh.session))

    def _signed_in(self, session: Session) -> Account:
        return replace(self._shadowed(session.user), tokens=_tokens(session))

    def of_token(self, token: str) -> Account:
        """Whose access token this is, as the project says; it is asked each time.

        Raises:
            NotAllowed: the token proves nobody, or not any more.
            Unavailable: it can't be told now.
        """
        return _from_user(self._user(token, ""))

    def _current(self, actor: Actor) -> Account:
        """The account as the project knows it: its address may have been confirmed meanwhile."""
        return self._shadowed(self._user(_token(actor), actor.name))

    def _user(self, token: str, email: str) -> User:
        with _plain_errors(email):
            found = self._client().auth.get_user(token)
        if found is None:
            raise NotAllowed(_ENDED)
        return found.user

    def _shadowed(self, user: User) -> Account:
        """The account of a user, noted for the sessions to point at."""
        account = _from_user(user)
        with self._database.write() as connection:
            connection.execute(_SHADOW, _row(account))
        return account

    def _forget(self, user_id: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM accounts WHERE id = ?", (user_id,))


_SHADOW: Final = """
    INSERT INTO accounts (id, name, full_name, email, created_at)
    VALUES (:id, :name, :full_name, :email, :created_at)
    ON CONFLICT (id) DO UPDATE
        SET name = excluded.name, full_name = excluded.full_name, email = excluded.email
"""


def _row(account: Account) -> dict[str, str]:
    return {
        "id": account.user_id,
        "name": account.name,
        "full_name": account.full_name,
        "email": account.email,
        "created_at": stamp(account.created_at),
    }


def _from_row(row: sqlite3.Row) -> Account:
    created_at = moment(row["created_at"])
    return Account(row["id"], row["name"], row["full_name"], row["email"], created_at)


def _from_user(user: User) -> Account:
    email = user.email or ""
    return Account(user.id, email, _full_name(user), email, user.created_at.astimezone(UTC))


def _full_name(user: User) -> str:
    """What the user wants to be called: anything at all, written by the user."""
    try:
        return rules.accepted_full_name(str((user.user_metadata or {}).get("full_name") or ""))
    except NotAccepted:
        return ""


def _session(session: Session | None) -> Session:
    if session is None:
        raise Unavailable(_ELSEWHERE)
    return session


def _tokens(session: Session) -> Tokens:
    expires_at = session.expires_at or int(time.time()) + session.expires_in
    return Tokens(
        session.access_token, session.refresh_token, datetime.fromtimestamp(expires_at, UTC)
    )


def _token(actor: Actor) -> str:
    if actor.access is None:
        raise NotAllowed(_ENDED)
    return actor.access.token()


def _address(email: str) -> str:
    """An address as accounts have it.

    Raises:
        NotAccepted: it is none.
    """
    if not email.strip():
        raise NotAccepted("Give your email address: you sign in with it.")
    return rules.accepted_email(email).lower()


def _own_address(email: str) -> str:
    """An address to sign in with; one that is none belongs to no account."""
    try:
        return _address(email)
    except NotAccepted:
        raise WrongPassword(_NO_SUCH_PAIR) from None


def _closed() -> SignUpClosed:
    return SignUpClosed("This server takes no new accounts; ask whoever runs it for one.")


@contextmanager
def _hiding_unknown_users() -> Iterator[None]:
    """Whether an address has an account is nobody else's business."""
    try:
        yield
    except AuthApiError as error:
        if error.code not in {"user_not_found", "email_not_confirmed"}:
            raise


@contextmanager
def _plain_errors(email: str, wrong_password: str = _NO_SUCH_PAIR) -> Iterator[None]:
    """Say in a sentence what went wrong; the project's own text can hold parts of tokens."""
    try:
        with plain_network_errors():
            yield
    except AuthWeakPasswordError:
        raise _weak() from None
    except AuthRetryableError as error:
        raise _away(error) from None
    except AuthError as error:
        raise _explained(str(error.code or ""), email, wrong_password) from None
    except (APIError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unavailable(_ELSEWHERE) from None


def _away(error: AuthRetryableError) -> Unavailable:
    """The package puts an error of its own around what the network raised."""
    cause = error.__cause__
    return unreachable(cause) if isinstance(cause, httpx.RequestError) else Unavailable(_ELSEWHERE)


def _weak() -> NotAccepted:
    return NotAccepted("The project finds this password too weak; take a longer one.")


def _explained(code: str, email: str, wrong_password: str) -> TunesmithError:
    errors: dict[str, Callable[[], TunesmithError]] = {
        "invalid_credentials": lambda: WrongPassword(wrong_password),
        "user_banned": lambda: WrongPassword(wrong_password),
        "email_not_confirmed": lambda: NotConfirmed(email),
        "user_already_exists": lambda: _taken(email),
        "email_exists": lambda: _taken(email),
        "signup_disabled": _closed,
        "email_provider_disabled": _closed,
        "weak_password": _weak,
        "same_password": lambda: NotAccepted("This is your password already; choose another one."),
        "otp_expired": lambda: NotAccepted(_WRONG_CODE),
        "over_request_rate_limit": lambda: TooManyTries(_MAIL_SECONDS, "requests"),
        "over_email_send_rate_limit": lambda: TooManyTries(_MAIL_SECONDS, "mails"),
        "email_address_invalid": lambda: NotAccepted("The project doesn't accept this address."),
        "email_address_not_authorized": lambda: NotAccepted(
            "The project sends email to its own team only; whoever runs it has to set up SMTP."
        ),
        "captcha_failed": lambda: NotAccepted(
            "The project asks for a captcha, which this app doesn't have; "
            "whoever runs it has to turn that off."
        ),
        "refresh_token_not_found": lambda: NotAccepted(_ENDED),
        "refresh_token_already_used": lambda: NotAccepted(_ENDED),
        "session_not_found": lambda: NotAllowed(_ENDED),
        "session_expired": lambda: NotAccepted(_ENDED),
        "user_not_found": lambda: NotAllowed(_ENDED),
        "bad_jwt": lambda: NotAllowed(_ENDED),
        "no_authorization": lambda: NotAllowed(_ENDED),
    }
    return errors.get(code, lambda: Unavailable(_ELSEWHERE))()


def _taken(email: str) -> NotAccepted:
    return NotAccepted(f"There is an account with the address {email} already; sign in with it.")

"""Accounts in a Supabase project: codes by mail, and all that the project may say instead."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from core.errors import (
    NotAccepted,
    NotAllowed,
    NotConfirmed,
    SignUpClosed,
    TooManyTries,
    TunesmithError,
    Unavailable,
    WrongPassword,
)
from core.identity.protocol import Account, Actor, NewAccount, Tokens
from core.identity.supabase import SupabaseIdentity
from core.sessions import Sessions
from core.system.database import Database
from core.system.remote import Project
from tests.accounts import ADDRESS, OTHER_PASSWORD, PASSWORD, outcome
from tests.supabase_answers import LEAK, NONSENSE, Answer, project_that_says
from tests.supabase_server.lite import LiteServer, Settings
from tests.supabase_server.plugin import NewServer
from tests.supabase_users import FixedAccess

ADA: Final = NewAccount("", PASSWORD, "Ada Lovelace", "ada@example.org")
TOKENS: Final = Tokens("access", "refresh", datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "accounts.sqlite3")) as opened:
        yield opened


# --- Codes by mail -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mailing:
    """A server that sends mails, and somebody with an address."""

    server: LiteServer
    identity: SupabaseIdentity
    sessions: Sessions
    email: str

    @property
    def code(self) -> str:
        return self.server.mail_code(self.email)

    def mails(self) -> int:
        return sum(mail.to == self.email for mail in self.server.mails())

    def sign_up(self, password: str = PASSWORD) -> None:
        with pytest.raises(NotConfirmed) as told:
            self.identity.sign_up(NewAccount("", password, "Ada", self.email), ADDRESS)
        assert told.value.email == self.email

    def confirmed(self) -> Account:
        self.sign_up()
        return self.identity.confirm(self.email, self.code, ADDRESS)

    def signed_in(self, account: Account) -> Actor:
        begun = self.sessions.begin(account.user_id, "Firefox", ADDRESS, account.tokens)
        found = self.sessions.by_id(begun.session_id)
        assert found
        return found.actor


@pytest.fixture
def mailing(database: Database, supabase_mail_server: LiteServer) -> Iterator[Mailing]:
    server = supabase_mail_server
    project = Project.open(server.url, server.publishable_key)
    identity = SupabaseIdentity(database, project)
    email = f"ada-{secrets.token_hex(4)}@example.org"
    yield Mailing(server, identity, Sessions(database, identity.renew), email)
    project.close()


@pytest.mark.supabase
def test_an_address_is_confirmed_before_the_first_sign_in(mailing: Mailing) -> None:
    mailing.sign_up()
    with pytest.raises(NotConfirmed):
        mailing.identity.sign_in(mailing.email, PASSWORD, ADDRESS)
    made = mailing.identity.confirm(
        mailing.email.upper(), f" {mailing.code[:3]} {mailing.code[3:]}", ADDRESS
    )
    assert (made.name, made.full_name, made.email) == (mailing.email, "Ada", mailing.email)
    assert mailing.signed_in(made).user_id == made.user_id
    assert mailing.identity.sign_in(mailing.email, PASSWORD, ADDRESS) == made


@pytest.mark.supabase
def test_only_the_code_from_the_mail_confirms(mailing: Mailing) -> None:
    mailing.sign_up()
    wrong = "000000" if mailing.code != "000000" else "000001"
    for code in ("", "abc", "12", "١٢٣٤٥٦", "1" * 5000, f"{mailing.code}'", wrong):
        with pytest.raises(NotAccepted):
            mailing.identity.confirm(mailing.email, code, ADDRESS)
    with pytest.raises(NotConfirmed):
        mailing.identity.sign_in(mailing.email, PASSWORD, ADDRESS)
    assert mailing.identity.confirm(mailing.email, mailing.code, ADDRESS)


@pytest.mark.supabase
def test_a_code_works_once_and_for_its_own_address_and_use_only(mailing: Mailing) -> None:
    mailing.sign_up()
    for email, use in (
        ("eve@example.org", mailing.identity.confirm),
        (mailing.email, _reset(mailing.identity)),
    ):
        with pytest.raises(NotAccepted):
            use(email, mailing.code, ADDRESS)
    code = mailing.code
    mailing.identity.confirm(mailing.email, code, ADDRESS)
    with pytest.raises(NotAccepted):
        mailing.identity.confirm(mailing.email, code, ADDRESS)


def _reset(identity: SupabaseIdentity) -> Callable[[str, str, str], Account]:
    return lambda email, code, address: identity.reset(email, code, OTHER_PASSWORD, address)


@pytest.mark.supabase
def test_guessing_codes_ends_after_a_few_tries(mailing: Mailing) -> None:
    mailing.sign_up()
    wrong = [f"{number:06}" for number in range(8) if f"{number:06}" != mailing.code]
    found = [outcome(mailing.identity.confirm, mailing.email, code, ADDRESS) for code in wrong]
    assert [type(error) for error in found[:5]] == [NotAccepted] * 5
    assert {type(error) for error in found[5:]} == {TooManyTries}
    with pytest.raises(TooManyTries):
        mailing.identity.confirm(mailing.email, mailing.code, ADDRESS)


@pytest.mark.supabase
def test_another_mail_brings_another_code(mailing: Mailing) -> None:
    mailing.sign_up()
    with pytest.raises(TooManyTries, match="mails"):
        mailing.identity.send_again(mailing.email, ADDRESS)
    assert mailing.mails() == 1


@pytest.mark.supabase
def test_whether_an_address_has_an_account_is_not_told(mailing: Mailing) -> None:
    unknown = f"x{mailing.email}"
    mailing.identity.ask_reset(unknown, ADDRESS)
    mailing.identity.send_again(unknown, ADDRESS)
    assert not [mail for mail in mailing.server.mails() if mail.to == unknown]
    mailing.confirmed()
    mailing.identity.ask_reset(mailing.email, ADDRESS)
    assert mailing.mails() == 2


@pytest.mark.supabase
def test_a_forgotten_password_is_set_anew_and_ends_every_session(mailing: Mailing) -> None:
    made = mailing.confirmed()
    before = mailing.signed_in(made)
    mailing.identity.ask_reset(mailing.email, ADDRESS)
    code = mailing.code
    with pytest.raises(NotAccepted, match="fewer than"):
        mailing.identity.reset(mailing.email, code, "short", ADDRESS)
    again = mailing.identity.reset(mailing.email, code, OTHER_PASSWORD, ADDRESS)
    assert again == made
    assert mailing.sessions.active(made.user_id) == ()
    assert before.access
    with pytest.raises(NotAllowed):
        before.access.token()
    assert made.tokens
    with pytest.raises(NotAllowed, match="sign in again"):
        mailing.identity.renew(made.tokens)
    assert again.tokens
    assert mailing.identity.renew(again.tokens)
    with pytest.raises(NotAccepted):
        mailing.identity.reset(mailing.email, code, PASSWORD, ADDRESS)
    assert mailing.identity.sign_in(mailing.email, OTHER_PASSWORD, ADDRESS) == made


@pytest.mark.supabase
def test_a_new_address_counts_when_it_is_confirmed(mailing: Mailing) -> None:
    made = mailing.confirmed()
    renamed = mailing.identity.rename(mailing.signed_in(made), "Ada King", f"new-{mailing.email}")
    assert (renamed.full_name, renamed.email) == ("Ada King", mailing.email)
    with pytest.raises(WrongPassword):
        mailing.identity.sign_in(f"new-{mailing.email}", PASSWORD, ADDRESS)
    assert mailing.identity.sign_in(mailing.email, PASSWORD, ADDRESS) == renamed


@pytest.mark.supabase
def test_a_second_sign_up_takes_no_account_over(mailing: Mailing) -> None:
    made = mailing.confirmed()
    new = NewAccount("", OTHER_PASSWORD, "Eve", mailing.email)
    assert isinstance(outcome(mailing.identity.sign_up, new, ADDRESS), (NotConfirmed, TooManyTries))
    with pytest.raises(WrongPassword):
        mailing.identity.sign_in(mailing.email, OTHER_PASSWORD, ADDRESS)
    assert mailing.identity.sign_in(mailing.email, PASSWORD, ADDRESS) == made


@pytest.mark.supabase
def test_a_project_that_takes_no_sign_ups_says_so(
    database: Database, supabase_servers: NewServer
) -> None:
    server = supabase_servers(Settings(enable_signup=False))
    with closing(Project.open(server.url, server.publishable_key)) as project:
        identity = SupabaseIdentity(database, project)
        assert not identity.takes_sign_ups()
        with pytest.raises(SignUpClosed):
            identity.sign_up(ADA, ADDRESS)


@pytest.mark.supabase
def test_where_the_app_takes_no_sign_ups_the_project_is_not_asked(database: Database) -> None:
    with project_that_says(ConnectionRefusedError()) as (project, answers):
        identity = SupabaseIdentity(database, project, is_open=False)
        assert not identity.takes_sign_ups()
        with pytest.raises(SignUpClosed):
            identity.sign_up(ADA, ADDRESS)
        assert answers.asked == []


# --- What the project may say --------------------------------------------------------------------

Says = Callable[..., SupabaseIdentity]


@pytest.fixture
def identity_told(database: Database) -> Iterator[Says]:
    """Makes the identity of a project that gives the answers of the test."""
    with ExitStack() as stack:

        def made(*answers: Answer) -> SupabaseIdentity:
            project, _ = stack.enter_context(project_that_says(*answers))
            return SupabaseIdentity(database, project)

        yield made


@pytest.mark.parametrize("form", ["older", "newer"])
@pytest.mark.parametrize(
    ("status", "code", "error", "sentence"),
    [
        (422, "weak_password", NotAccepted, "too weak"),
        (429, "over_request_rate_limit", TooManyTries, "requests"),
        (429, "over_email_send_rate_limit", TooManyTries, "mails"),
        (400, "captcha_failed", NotAccepted, "captcha"),
        (422, "signup_disabled", SignUpClosed, "no new accounts"),
        (422, "email_provider_disabled", SignUpClosed, "no new accounts"),
        (400, "email_address_invalid", NotAccepted, "this address"),
        (400, "email_address_not_authorized", NotAccepted, "SMTP"),
        (422, "user_already_exists", NotAccepted, "ada@example.org already"),
        (422, "email_exists", NotAccepted, "ada@example.org already"),
        (403, "user_banned", WrongPassword, "No account"),
        (400, "a_code_of_tomorrow", Unavailable, "can't use"),
        (500, "unexpected_failure", Unavailable, "can't use"),
        (504, "request_timeout", Unavailable, "can't use"),
    ],
)
def test_what_the_project_refuses_is_said_in_a_sentence(
    identity_told: Says,
    form: str,
    status: int,
    code: str,
    error: type[TunesmithError],
    sentence: str,
) -> None:
    body = {"code": status, "error_code": code, "msg": LEAK}
    if form == "newer":
        body = {"code": code, "message": LEAK}
    weak = {"weak_password": {"reasons": ["length", LEAK]}} if code == "weak_password" else {}
    identity = identity_told((status, body | weak))
    with pytest.raises(error, match=sentence) as raised:
        identity.sign_up(ADA, ADDRESS)
    assert_plain(raised.value)


def test_a_banned_user_can_be_told_from_no_other(identity_told: Says) -> None:
    banned = identity_told((403, {"error_code": "user_banned", "msg": LEAK}))
    wrong = identity_told((400, {"error_code": "invalid_credentials", "msg": LEAK}))
    found = [
        outcome(identity.sign_in, "ada@example.org", PASSWORD, ADDRESS)
        for identity in (banned, wrong)
    ]
    assert [type(error) for error in found] == [WrongPassword, WrongPassword]
    assert str(found[0]) == str(found[1])


def sign_up(identity: SupabaseIdentity) -> Any:
    return identity.sign_up(ADA, ADDRESS)


def sign_in(identity: SupabaseIdentity) -> Any:
    return identity.sign_in(ADA.email, PASSWORD, ADDRESS)


def confirm(identity: SupabaseIdentity) -> Any:
    return identity.confirm(ADA.email, "123456", ADDRESS)


def reset(identity: SupabaseIdentity) -> Any:
    return identity.reset(ADA.email, "123456", OTHER_PASSWORD, ADDRESS)


def renew(identity: SupabaseIdentity) -> Any:
    return identity.renew(TOKENS)


def takes_sign_ups(identity: SupabaseIdentity) -> Any:
    return identity.takes_sign_ups()


ASKED: Final = (sign_up, sign_in, confirm, reset, renew, takes_sign_ups)


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_that_is_nonsense_is_said_in_a_sentence(
    identity_told: Says, ask: Callable[[SupabaseIdentity], Any], answer: Answer
) -> None:
    found = outcome(ask, identity_told(answer))
    if ask is takes_sign_ups and isinstance(found, bool):
        # It is an object, and says nothing of sign-ups.
        return
    assert isinstance(found, Unavailable), found
    assert_plain(found)


def test_too_many_renewals_of_this_server_end_no_sign_in(identity_told: Says) -> None:
    with pytest.raises(Unavailable, match="can't be renewed now"):
        renew(identity_told((429, {"code": "over_request_rate_limit", "message": LEAK})))


@pytest.mark.parametrize(
    "code",
    [
        *("refresh_token_not_found", "refresh_token_already_used", "session_not_found"),
        *("session_expired", "user_banned", "user_not_found", "invalid_credentials"),
    ],
)
def test_a_refused_renewal_ends_the_sign_in(identity_told: Says, code: str) -> None:
    with pytest.raises(NotAllowed, match="Your sign-in has ended; sign in again") as raised:
        renew(identity_told((400, {"code": code, "message": LEAK})))
    assert_plain(raised.value)


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (httpx.ConnectError(LEAK), "can't be reached"),
        (httpx.ConnectTimeout(LEAK), "can't be reached"),
        (httpx.ReadTimeout(LEAK), "did not answer"),
        (httpx.RemoteProtocolError(LEAK), "did not answer"),
    ],
)
def test_a_project_that_is_away_is_said_in_a_sentence(
    identity_told: Says,
    ask: Callable[[SupabaseIdentity], Any],
    error: httpx.TransportError,
    sentence: str,
) -> None:
    with pytest.raises(Unavailable, match=sentence) as raised:
        ask(identity_told(error))
    assert_plain(raised.value)


def test_a_user_without_a_session_waits_for_a_code(identity_told: Says) -> None:
    user = {"id": "1", "aud": "authenticated", "email": ADA.email, "app_metadata": {}}
    made = user | {"user_metadata": {}, "created_at": "2026-05-01T12:00:00Z"}
    with pytest.raises(NotConfirmed, match="mail to ada"):
        identity_told((200, made)).sign_up(ADA, ADDRESS)
    with pytest.raises(Unavailable):
        identity_told((200, {"session": None, "user": made})).sign_in(ADA.email, PASSWORD, ADDRESS)


def test_a_failed_try_for_the_projects_fault_signs_nobody_in_and_keeps_nothing(
    identity_told: Says, database: Database
) -> None:
    outcome(sign_in, identity_told((200, {"access_token": LEAK, "user": {"id": "x"}})))
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM accounts").fetchone()[0] == 0


def test_a_user_who_acts_without_a_sign_in_is_refused(
    identity_told: Says, database: Database
) -> None:
    identity = identity_told((500, ""))
    with database.write() as connection:
        connection.execute(
            "INSERT INTO accounts (id, name, full_name, email, created_at) "
            "VALUES ('1', 'ada@example.org', '', 'ada@example.org', ?)",
            (database.now(),),
        )
    with pytest.raises(NotAllowed, match="sign in again"):
        identity.rename(Actor("1", "Ada"), "Ada King", "ada@example.org")
    # Only tries, and says nothing.
    identity.end(Actor("1", "Ada"))
    identity.end(Actor("1", "Ada", FixedAccess("token")), everywhere=True)


def test_what_a_user_is_called_is_a_text_of_the_users_and_no_more(
    identity_told: Says,
) -> None:
    user = {"id": "1", "aud": "authenticated", "email": ADA.email, "app_metadata": {}}
    made = user | {"created_at": "2026-05-01T14:00:00+02:00"}
    tokens = {"access_token": "a", "refresh_token": "r", "token_type": "bearer"}
    lasting = tokens | {"expires_in": 3600}
    for name, shown in (
        ("Ada", "Ada"),
        ("Ada\u202e", ""),
        ("x" * 5000, ""),
        (None, ""),
        ({"a": 1}, "{'a': 1}"),
    ):
        answer = lasting | {"user": made | {"user_metadata": {"full_name": name}}}
        account = identity_told((200, answer)).sign_in(ADA.email, PASSWORD, ADDRESS)
        assert account.full_name == shown
        assert account.created_at == datetime(2026, 5, 1, 12, tzinfo=UTC)
        assert account.tokens
        left = account.tokens.expires_at - datetime.now(UTC)
        assert timedelta(minutes=59) < left < timedelta(minutes=61)


def assert_plain(error: Exception) -> None:
    """One sentence or two of ours, with nothing that the project said, and no error behind it."""
    assert "\n" not in str(error)
    assert LEAK not in f"{error} {error!r} {error.args}"
    assert error.__cause__ is None
    assert error.__suppress_context__

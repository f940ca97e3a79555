"""Access tokens on the account page: made, shown once, listed, revoked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from core.identity.access_tokens import AccessTokens, TokenInfo
from core.identity.local import LOCAL_USER
from core.identity.protocol import Account, NewAccount
from tests.accounts import ADDRESS, PASSWORD, local_identity
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import button, do, labelled, shown
from ui.services import Services, close_all, services

MACHINE = "For which machine"


def tokens(parts: Services) -> AccessTokens:
    assert parts.access_tokens
    return parts.access_tokens


def live(parts: Services, user: Account) -> tuple[TokenInfo, ...]:
    return tokens(parts).active(user.user_id)


def code(app: AppTest) -> list[str]:
    """The tokens that the page shows."""
    return [element.value for element in app.code]


def everything(app: AppTest) -> str:
    return shown(app) + "".join(code(app))


def fill(app: AppTest, name: str, may: str = "Read", days: int = 30) -> None:
    labelled(app.text_input, MACHINE).set_value(name)
    labelled(app.radio, "What it may do").set_value(may)
    labelled(app.selectbox, "Expires in").set_value(days)
    button(app, "Make the token").click().run()


def test_a_token_is_made_and_works(page: SignIn, parts: Services, ann: Account) -> None:
    app = page("account")
    fill(app, "ci-runner", "Read and write", 90)
    (token,) = code(app)
    granted = tokens(parts).use(token, ADDRESS)
    assert granted is not None
    assert granted.account.user_id == ann.user_id
    assert granted.scopes == {"read", "write"}
    assert granted.expires_at - live(parts, ann)[0].created_at == timedelta(days=90)
    assert "it is not shown again" in shown(app)


def test_by_itself_a_token_reads_for_a_month(page: SignIn, parts: Services, ann: Account) -> None:
    app = page("account")
    labelled(app.text_input, MACHINE).set_value("laptop")
    button(app, "Make the token").click().run()
    (info,) = live(parts, ann)
    assert info.scopes == ("read",)
    assert info.expires_at - info.created_at == timedelta(days=30)


def test_a_token_stays_until_its_user_is_done(page: SignIn) -> None:
    app = page("account")
    fill(app, "laptop")
    (token,) = code(app)
    app.run().run()
    assert code(app) == [token]
    button(app, "Done").click().run()
    app.run()
    assert token not in everything(app)
    assert "laptop" in shown(app)


def test_after_leaving_the_page_a_token_is_gone(page: SignIn) -> None:
    app = page("account")
    fill(app, "laptop")
    app.switch_page("../pages/build.py").run()
    assert app.session_state["tunesmith.token"][1] is None
    app.switch_page("../pages/account.py").run()
    assert code(app) == []


def test_the_next_user_of_the_browser_sees_no_token(
    page: SignIn, parts: Services, ann: Account
) -> None:
    app = page("account")
    fill(app, "laptop")
    (token,) = code(app)
    eve = local_identity(parts.database).add(NewAccount("eve", PASSWORD))
    app.session_state["tunesmith.signed_in"] = parts.sessions.begin(eve.user_id, "", "").session_id
    do(app)
    assert token not in everything(app)
    assert "laptop" not in shown(app)


def test_signing_out_takes_a_token_away(page: SignIn) -> None:
    app = page("account")
    fill(app, "laptop")
    do(button(app, "Sign out").click())
    assert code(app) == []


def test_the_list_says_what_each_token_is(page: SignIn, parts: Services, ann: Account) -> None:
    made = tokens(parts).make(ann.user_id, "my *laptop*", ["write"], timedelta(days=2))
    tokens(parts).make(ann.user_id, "ci", ["read"], timedelta(days=90))
    tokens(parts).use(made.token, "192.0.2.7")
    text = shown(page("account"))
    assert f"**my \\*laptop\\*** · read and write · `tsm_…{made.token[-4:]}`" in text
    assert "made just now, :orange[expires in 2 days], last used just now from 192" in text
    assert "made just now, expires in 90 days, never used" in text
    assert made.token not in text


def test_a_token_is_revoked(page: SignIn, parts: Services, ann: Account) -> None:
    app = page("account")
    fill(app, "laptop")
    (token,) = code(app)
    button(app, "Revoke").click().run()
    assert tokens(parts).use(token, ADDRESS) is None
    assert live(parts, ann) == ()
    assert code(app) == []
    assert "The token laptop is revoked" in shown(app)


def test_revoking_one_leaves_the_new_one_shown(page: SignIn, parts: Services, ann: Account) -> None:
    tokens(parts).make(ann.user_id, "old", ["read"], timedelta(days=2))
    app = page("account")
    fill(app, "new")
    old = next(info for info in live(parts, ann) if info.name == "old")
    app.button(key=f"revoke.{old.handle}").click().run()
    assert [info.name for info in live(parts, ann)] == ["new"]
    assert len(code(app)) == 1


def test_what_is_not_taken_is_said_and_stays_in_the_form(
    page: SignIn, parts: Services, ann: Account
) -> None:
    tokens(parts).make(ann.user_id, "laptop", ["read"], timedelta(days=2))
    app = page("account")
    for name, said in (("Laptop", "already"), ("  ", "after the machine")):
        fill(app, name, "Read and write")
        assert said in app.error[0].value
        assert labelled(app.radio, "What it may do").value == "Read and write"
    assert len(live(parts, ann)) == 1
    fill(app, "desk")
    assert not app.error
    assert labelled(app.text_input, MACHINE).value != "desk"


def test_once_the_session_has_ended_no_token_is_made_or_revoked(
    page: SignIn, parts: Services, ann: Account
) -> None:
    tokens(parts).make(ann.user_id, "laptop", ["read"], timedelta(days=2))
    for label in ("Make the token", "Revoke"):
        app = page("account")
        labelled(app.text_input, MACHINE).set_value("another")
        parts.sessions.end_all(ann.user_id)
        button(app, label).click().run()
        assert [info.name for info in live(parts, ann)] == ["laptop"]
        assert "laptop" not in shown(app)


def test_nobody_is_told_that_a_token_of_somebody_else_is_revoked(
    page: SignIn, parts: Services, ann: Account
) -> None:
    tokens(parts).make(ann.user_id, "laptop", ["read"], timedelta(days=2))
    app = page("account")
    eve = local_identity(parts.database).add(NewAccount("eve", PASSWORD))
    app.session_state["tunesmith.signed_in"] = parts.sessions.begin(eve.user_id, "", "").session_id
    button(app, "Revoke").click().run()
    assert [info.name for info in live(parts, ann)] == ["laptop"]
    assert "laptop" not in shown(app)


def test_a_changed_password_ends_tokens_and_the_page_says_so(page: SignIn, parts: Services) -> None:
    assert "Access tokens end too" in shown(page("account"))


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The services of a machine without accounts."""
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TUNESMITH_ACCOUNTS", "off")
    before = config.get_option("server.address")
    config.set_option("server.address", "localhost")
    yield services()
    config.set_option("server.address", before)
    close_all()


def test_without_accounts_the_one_user_has_tokens_too(alone: Services) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page("../pages/account.py").run()
    fill(app, "laptop")
    (token,) = code(app)
    granted = tokens(alone).use(token, ADDRESS)
    assert granted is not None
    assert granted.actor.user_id == LOCAL_USER
    button(app, "Revoke").click().run()
    assert tokens(alone).use(token, ADDRESS) is None


def test_the_name_of_this_machine_is_offered_once(alone: Services) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page("../pages/account.py").run()
    offered = labelled(app.text_input, MACHINE).value
    assert offered
    button(app, "Make the token").click().run()
    assert [info.name for info in tokens(alone).active(LOCAL_USER)] == [offered]
    assert labelled(app.text_input, MACHINE).value == ""


def test_with_supabase_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TUNESMITH_SUPABASE_URL", "http://localhost:9")
    monkeypatch.setenv("TUNESMITH_SUPABASE_KEY", "sb_publishable_x")
    assert services().access_tokens is None
    close_all()

"""The account page: name, password, sessions, export, deletion; and a machine without accounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from core.errors import NotFound, WrongPassword
from core.identity.protocol import Account, NewAccount
from tests.accounts import PASSWORD
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import button, do, labelled, shown
from ui.account.page import device
from ui.services import Services, close_all, services


@pytest.fixture
def ann(parts: Services) -> Account:
    """Ann with a real hash, which the page checks."""
    return parts.identity.sign_up(NewAccount("ann", PASSWORD), "here")


def fill(app: AppTest, **fields: str) -> None:
    for label, value in fields.items():
        labelled(app.text_input, label.replace("_", " ")).set_value(value)


def test_name_and_address_are_changed(page: SignIn, parts: Services, ann: Account) -> None:
    app = page("account")
    fill(app, Name="Ann Lee")
    labelled(app.text_input, "Email").set_value("ann@example.org")
    do(button(app, "Save name and email").click())
    account = parts.identity.account(ann.user_id)
    assert (account.full_name, account.email) == ("Ann Lee", "ann@example.org")
    assert "Ann Lee" in app.subheader[0].value


def test_a_changed_password_ends_all_sessions_but_a_new_one_here(
    page: SignIn, parts: Services, ann: Account
) -> None:
    other, app = page("account"), page("account")
    fill(app, Current_password=PASSWORD, New_password="other words here", New_password_again="x")
    button(app, "Change the password").click().run()
    assert "differ" in app.error[0].value
    fill(app, New_password_again="other words here")
    do(button(app, "Change the password").click())
    assert parts.identity.sign_in("ann", "other words here", "here")
    with pytest.raises(WrongPassword):
        parts.identity.sign_in("ann", PASSWORD, "here")
    assert "Where you are signed in" in shown(app)
    other.run()
    assert "Where you are signed in" not in shown(other)
    assert len(parts.sessions.active(ann.user_id)) == 1


def test_other_sessions_are_listed_and_ended(page: SignIn, parts: Services, ann: Account) -> None:
    other, app = page("account"), page("account")
    assert shown(app).count("signed in") >= 2
    button(app, "End this session").click().run()
    other.run()
    assert "Where you are signed in" not in shown(other)
    assert len(parts.sessions.active(ann.user_id)) == 1


def test_sign_out_everywhere_ends_this_one_too(page: SignIn, parts: Services, ann: Account) -> None:
    page("account")
    app = page("account")
    do(button(app, "Sign out everywhere").click())
    assert parts.sessions.active(ann.user_id) == ()
    assert "Where you are signed in" not in shown(app)


def test_the_account_is_deleted_only_with_name_and_password(
    page: SignIn, parts: Services, ann: Account
) -> None:
    app = page("account")
    confirm = "Type your user name (ann) to confirm"
    for name, password in (("anna", PASSWORD), ("ann", "wrong words here")):
        labelled(app.text_input, confirm).set_value(name)
        fill(app, Password=password)
        button(app, "Delete my account and all my data").click().run()
        assert parts.identity.account(ann.user_id)
        assert app.error
    labelled(app.text_input, confirm).set_value("ann")
    fill(app, Password=PASSWORD)
    do(button(app, "Delete my account and all my data").click())
    with pytest.raises(NotFound):
        parts.identity.account(ann.user_id)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Edg/156.0", "Edge on Windows"),
        ("curl/8.1 more", "curl/8.1"),
        ("", "unknown browser"),
    ],
)
def test_a_browser_is_named_in_two_words(agent: str, said: str) -> None:
    assert device(agent) == said


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


def test_without_accounts_saving_just_works(alone: Services) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20).run()
    do(button(app, "Save").click())
    app.switch_page("../pages/library.py").run()
    assert list(app.dataframe[0].value["name"]) == ["sft_toolbench"]
    app.switch_page("../pages/account.py").run()
    assert "Accounts are off" in shown(app)
    assert "Sign out" not in [item.label for item in app.button]

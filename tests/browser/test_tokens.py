"""Access tokens in a real browser: made, copied, gone after a reload, revoked."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.identity.access_tokens import AccessTokens
from tests.browser.conftest import App
from tests.browser.idle import wait_until_idle
from tests.browser.users import User, expect_signed_out

pytestmark = pytest.mark.browser


def make(page: Page, name: str) -> str:
    """Make a token with the form of the page; what the page then shows."""
    page.get_by_text("Make a token").click()
    page.get_by_label("For which machine").fill(name)
    page.get_by_text("Read and write", exact=True).click()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    return page.get_by_test_id("stCode").inner_text().strip()


def test_a_token_is_made_seen_once_and_revoked(user: User, app: App) -> None:
    page = user.open("/account")
    token = make(page, "ci-runner")
    tokens = AccessTokens(user.database)
    granted = tokens.use(token, "192.0.2.7")
    assert granted is not None
    assert granted.account.user_id == user.account.user_id
    assert granted.scopes == {"read", "write"}
    assert token not in page.url

    page.reload()
    wait_until_idle(page)
    expect(page.get_by_text("last used just now from 192.0.2.7")).to_be_visible()
    assert token not in page.content()

    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token ci-runner is revoked")).to_be_visible()
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    assert tokens.use(token, "192.0.2.7") is None
    assert token not in app.log.read_text(errors="replace")


def test_the_token_can_be_copied_and_goes_with_the_page(user: User) -> None:
    page = user.open("/account")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    token = make(page, "laptop")
    page.get_by_test_id("stCode").hover()
    page.get_by_role("button", name="Copy to clipboard").click()
    assert page.evaluate("navigator.clipboard.readText()") == token

    page.get_by_role("link", name="Build").click()
    wait_until_idle(page)
    page.get_by_role("link", name="Account").click()
    wait_until_idle(page)
    expect(page.get_by_text("laptop", exact=True)).to_be_visible()
    assert token not in page.content()


def test_a_token_that_is_shown_goes_with_its_users_session(user: User) -> None:
    page = user.open("/account")
    token = make(page, "laptop")
    page.get_by_role("button", name="Sign out").click()
    expect_signed_out(page)
    assert token not in page.content()
    (info,) = AccessTokens(user.database).active(user.account.user_id)
    assert info.expires_at - info.created_at == timedelta(days=30)

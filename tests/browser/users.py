"""Users of the app under test: made in its own database, signed in with a real cookie."""

from collections.abc import Callable
from itertools import count

import bcrypt
from playwright.sync_api import Page, expect

from core.identity.local import LocalIdentity
from core.identity.protocol import Account, NewAccount
from core.sessions import Sessions
from core.stores.sqlite import SqliteStore
from core.system.database import Database
from core.workbench import Workbench
from tests.browser.idle import wait_until_idle
from ui.server.session_routes import cookie_name

PASSWORD = "correct horse battery staple"
_NUMBERS = count(1)

NewPage = Callable[[], Page]


class QuickPasswords:
    """The app's hashes at the least cost: they are as good, and take no time."""

    def hash(self, password: str) -> str:
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()

    def check(self, password: str, hashed: str) -> bool:
        return bcrypt.checkpw(password.encode(), hashed.encode())


class User:
    """One user with the pages of a browser of their own."""

    def __init__(self, database: Database, app_url: str, new_page: NewPage) -> None:
        self.database = database
        self.app_url = app_url
        self.new_page = new_page
        identity = LocalIdentity(database, QuickPasswords(), True)
        self.account: Account = identity.add(NewAccount(f"user-{next(_NUMBERS)}", PASSWORD))
        actor = self.account.actor
        self.bench = Workbench(SqliteStore(database, actor), actor)

    def open(self, path: str = "/", page: Page | None = None) -> Page:
        """The page at that path, in a browser where this user is signed in."""
        page = page or self.new_page()
        self.sign_in(page)
        page.goto(self.app_url + path)
        wait_until_idle(page)
        return page

    def sign_in(self, page: Page) -> None:
        """Give the browser the cookie of a session that begins now."""
        sessions = Sessions(self.database)
        cookie = sessions.redeem(sessions.begin(self.account.user_id, "a test", "here").ticket)
        assert cookie
        name = cookie_name(self.app_url)
        page.context.add_cookies([{"name": name, "value": cookie, "url": self.app_url}])


def fill_sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in with the form that is on the page."""
    page.get_by_label("User name").first.fill(name)
    page.get_by_label("Password", exact=True).first.fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def expect_signed_out(page: Page) -> None:
    """Wait for the sign-in form."""
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible(timeout=20_000)

"""The whole way with accounts and configs in a Supabase project."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, free_port, running, wait_until_healthy
from tests.browser.idle import wait_until_idle
from tests.browser.test_library import click, field, select_row, type_in
from tests.browser.users import PASSWORD, NewPage, expect_signed_out
from tests.supabase_server.lite import LiteServer, Settings
from tests.supabase_server.plugin import NewServer

pytestmark = [pytest.mark.browser, pytest.mark.supabase]

BATCH = "Batch size (rows)"
_NUMBERS = count(1)


@dataclass(frozen=True)
class Site:
    """The app with the project behind it."""

    server: LiteServer
    start: Callable[[Path], App]


@pytest.fixture
def site(
    supabase_servers: NewServer, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    server = supabase_servers(Settings(enable_signup=True, max_frequency="1s"))
    monkeypatch.setenv("TUNESMITH_SUPABASE_URL", server.url)
    monkeypatch.setenv("TUNESMITH_SUPABASE_KEY", server.publishable_key)
    with ExitStack() as stack:
        yield Site(server, lambda data: stack.enter_context(started(project, tmp_path, data)))


@contextmanager
def started(project: Path, home: Path, data: Path) -> Iterator[App]:
    """One process of the app, with its data in that folder."""
    port = free_port()
    app = App(f"http://localhost:{port}", home / f"server-{port}.log")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "localhost", "--server.port", str(port)]
    with (
        pytest.MonkeyPatch.context() as patch,
        app.log.open("wb") as log,
    ):
        patch.setenv("TUNESMITH_DATA", str(data))
        with running(command, project, home, log.fileno()) as server:
            wait_until_healthy(app, server)
            PROCESSES[app.url] = server.kill
            yield app


PROCESSES: dict[str, Callable[[], None]] = {}


@pytest.fixture
def app(site: Site, tmp_path: Path) -> App:
    return site.start(tmp_path / "data")


def sign_up(page: Page, site: Site, name: str) -> str:
    """Make an account with the form on the page, and confirm its address."""
    email = f"{name}-{next(_NUMBERS)}@example.org"
    page.get_by_role("tab", name="Create account").click()
    field(page, "First name (optional)").fill(name.title())
    page.get_by_label("Email", exact=True).last.fill(email)
    page.get_by_label("Password", exact=True).last.fill(PASSWORD)
    field(page, "Password again").fill(PASSWORD)
    click(page, "Create account")
    field(page, "Code in the email").fill(site.server.mail_code(email))
    click(page, "Confirm and sign in")
    expect(page.get_by_role("link", name=f"Account · {name.title()}")).to_be_visible()
    wait_for_cookie(page)
    return email


def wait_for_cookie(page: Page, *, gone: bool = False) -> None:
    """The page fetches it right after the sign-in, and gives it back after the sign-out."""
    for _ in range(200):
        found = [cookie for cookie in page.context.cookies() if "tunesmith" in cookie["name"]]
        if bool(found) is not gone:
            wait_until_idle(page)
            return
        page.wait_for_timeout(50)
    pytest.fail("the browser's cookie is not as it should be")


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    wait_until_idle(page)
    return page


def expect_rows(page: Page, app: App, text: str) -> None:
    opened(page, f"{app.url}/library")
    expect(page.get_by_text(text).first).to_be_visible()


def test_two_users_side_by_side(site: Site, app: App, new_page: NewPage) -> None:
    ada, bert = opened(new_page(), f"{app.url}/account"), opened(new_page(), f"{app.url}/account")
    sign_up(ada, site, "ada")
    sign_up(bert, site, "bert")
    for page, name in ((ada, "ada's run"), (bert, "bert's run")):
        opened(page, app.url)
        type_in(page, "Name", name)
        click(page, "Save")
        expect(page.get_by_text(f"Saved {name} as version 1.")).to_be_visible()
    type_in(ada, BATCH, "2")
    click(ada, "Save")
    expect(ada.get_by_text("Saved ada's run as version 2.")).to_be_visible()
    for page, other in ((ada, "bert's run"), (bert, "ada's run")):
        expect_rows(page, app, "1 config")
        select_row(page, 0)
        expect(page.get_by_text(other)).to_have_count(0)
    log = app.log.read_text()
    assert "eyJ" not in log
    assert site.server.publishable_key not in log


def test_a_reload_stays_signed_in_and_a_sign_out_everywhere_ends_it(
    site: Site, app: App, new_page: NewPage
) -> None:
    page = opened(new_page(), f"{app.url}/account")
    email = sign_up(page, site, "ada")
    opened(page, f"{app.url}/account")
    expect(page.get_by_text("You sign in as")).to_be_visible()
    other = opened(new_page(), f"{app.url}/account")
    other.get_by_label("Email", exact=True).first.fill(email)
    other.get_by_label("Password", exact=True).first.fill(PASSWORD)
    click(other, "Sign in")
    wait_for_cookie(other)
    click(other, "Sign out everywhere")
    expect_signed_out(other)
    opened(page, f"{app.url}/account")
    expect_signed_out(page)


def test_a_link_is_read_by_nobody_in_particular(site: Site, app: App, new_page: NewPage) -> None:
    page = opened(new_page(), f"{app.url}/account")
    sign_up(page, site, "ada")
    opened(page, app.url)
    type_in(page, "Name", "ada's run")
    click(page, "Save")
    expect(page.get_by_text("version 1 · saved")).to_be_visible()
    click(page, "Share")
    click(page, "Create the link")
    link = page.get_by_role("dialog").locator("code").inner_text()
    reader = opened(new_page(), link)
    expect(reader.get_by_role("heading", name="ada's run")).to_be_visible()
    expect(reader.get_by_role("link", name="Sign in")).to_be_visible()
    opened(page, f"{app.url}/account")
    expect(page.get_by_text("opened 1 time")).to_be_visible()
    click(page, "Revoke")
    expect(page.get_by_text("No link works now.")).to_be_visible()
    expect(opened(new_page(), link).get_by_text("This link shows nothing")).to_be_visible()
    token = link.partition("#")[2]
    assert token not in app.log.read_text() + site.server.log()


def test_a_forgotten_password_is_set_with_the_code_from_a_mail(
    site: Site, app: App, new_page: NewPage
) -> None:
    page = opened(new_page(), f"{app.url}/account")
    email = sign_up(page, site, "ada")
    click(page, "Sign out")
    wait_for_cookie(page, gone=True)
    opened(page, f"{app.url}/account")
    click(page, "Forgot your password?")
    expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    field(page, "Email").fill(email)
    click(page, "Send me a code")
    field(page, "Code in the email").fill("0000")
    field(page, "New password").fill("some other words")
    field(page, "New password again").fill("some other words")
    click(page, "Set it and sign in")
    expect(page.get_by_text("This code is wrong or too old")).to_be_visible()
    field(page, "Code in the email").fill(site.server.mail_code(email))
    click(page, "Set it and sign in")
    expect(page.get_by_text("You sign in as")).to_be_visible()


def test_building_goes_on_in_an_outage_and_the_save_is_made_up_for(
    site: Site, app: App, new_page: NewPage
) -> None:
    page = opened(new_page(), f"{app.url}/account")
    sign_up(page, site, "ada")
    opened(page, app.url)
    site.server.kill()
    type_in(page, BATCH, "3")
    click(page, "Save")
    expect(page.get_by_text("This config is saved as soon as it is back.")).to_be_visible(
        timeout=20_000
    )
    type_in(page, BATCH, "5")
    expect(page.get_by_role("button", name="Download sft_toolbench.json")).to_be_enabled()
    site.server.start()
    expect(page.get_by_text("Saved sft_toolbench as version 1.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("can't be reached")).to_have_count(0)
    expect_rows(page, app, "1 config")


def test_unsaved_work_of_an_outage_is_offered_afterwards(
    site: Site, app: App, new_page: NewPage
) -> None:
    page = opened(new_page(), f"{app.url}/account")
    sign_up(page, site, "ada")
    opened(page, app.url)
    site.server.kill()
    type_in(page, BATCH, "7")
    expect(
        page.get_by_text("Unsaved work can't be kept at the moment")
        .or_(page.get_by_text("The Supabase project can't be reached"))
        .first
    ).to_be_visible(timeout=20_000)
    page.wait_for_timeout(1500)
    opened(page, app.url)
    site.server.start()
    click_when_there(page, "Continue")
    expect(field(page, BATCH)).to_have_value("7")


def click_when_there(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible(timeout=30_000)
    button.click()
    wait_until_idle(page)


@contextmanager
def balanced(project: Path, home: Path, ports: list[int]) -> Iterator[str]:
    """The address of a load balancer in front of servers on this machine."""
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.balancer", *map(str, [port, *ports])]
    balancer = App(f"http://localhost:{port}", home / "balancer.log")
    with balancer.log.open("wb") as log, running(command, project, home, log.fileno()) as process:
        wait_until_healthy(balancer, process)
        yield balancer.url


def test_a_user_goes_on_where_one_of_two_processes_dies(
    site: Site, app: App, project: Path, tmp_path: Path, new_page: NewPage
) -> None:
    second = site.start(tmp_path / "data")
    ports = [int(one.url.rpartition(":")[2]) for one in (app, second)]
    with balanced(project, tmp_path, ports) as url:
        page = opened(new_page(), f"{url}/account")
        sign_up(page, site, "ada")
        opened(page, url)
        type_in(page, BATCH, "9")
        # It is kept a moment after the change.
        page.wait_for_timeout(5000)
        PROCESSES[app.url]()
        other = page.context.new_page()
        opened(other, url)
        expect(other.get_by_role("link", name="Account · Ada")).to_be_visible()
        click_when_there(other, "Continue")
        expect(field(other, BATCH)).to_have_value("9")

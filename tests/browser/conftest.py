"""The real app in its own process, and headless Chromium in front of it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from core.settings import Settings
from core.system.database import Database
from tests.browser.axe import Check, source, violations
from tests.browser.users import NewPage, User
from tests.supabase_server.plugin import got

START_SECONDS = 60
EXPECT_SECONDS = 20
DEEP_LINK = re.compile(r"/\w+/_stcore/(health|host-config)$")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, because root has none; the rest keeps Chromium from asking the network for anything.
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class App(NamedTuple):
    """The server that the tests talk to."""

    url: str
    log: Path


@pytest.fixture(scope="session")
def app(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, started as a user starts it, with a home folder of its own."""
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    app = App(f"http://localhost:{port}", home / "server.log")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "localhost", "--server.port", str(port)]
    with app.log.open("wb") as log, running(command, project, home, log.fileno()) as server:
        wait_until_healthy(app, server)
        yield app


@pytest.fixture(scope="session")
def app_url(app: App) -> str:
    return app.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Where the system has no Chromium, Playwright takes its own or says how to get it.
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    # A machine that does something else beside has no fault of ours.
    expect.set_options(timeout=EXPECT_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens browsers without history or cookies; errors in a console fail the test."""
    errors: list[str] = []
    with ExitStack() as contexts:

        def opened() -> Page:
            context = browser.new_context(
                accept_downloads=True, viewport={"width": 1400, "height": 900}, locale="en-US"
            )
            contexts.callback(context.close)
            context.on("weberror", lambda error: errors.append(str(error.error)))
            context.on("console", lambda message: errors.extend(console_error(message)))
            return context.new_page()

        yield opened
    assert errors == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page of a browser of its own."""
    return new_page()


@pytest.fixture(scope="session")
def database(app: App) -> Iterator[Database]:
    """The database that the app under test keeps everything in."""
    database = Database(Settings.from_environ(os.environ).database_file)
    yield database
    database.close()


@pytest.fixture
def new_user(database: Database, app_url: str, new_page: NewPage) -> Callable[[], User]:
    """Makes users, each with a library and a browser of their own."""
    return lambda: User(database, app_url, new_page)


@pytest.fixture
def user(new_user: Callable[[], User]) -> User:
    return new_user()


@pytest.fixture(scope="session")
def accessible(pytestconfig: pytest.Config) -> Check:
    """Fails the test where the page it is given breaks WCAG 2.2 AA."""
    axe = got(pytestconfig, source)

    def check(page: Page) -> None:
        assert violations(page, axe) == []

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the server's log beside a failure."""
    report = yield
    app = getattr(item, "funcargs", {}).get("app")
    if report.failed and isinstance(app, App):
        report.sections.append(("server log", tail(app.log)))
    return report


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: list[str], project: Path, home: Path, log: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone at the end, also when it ignores the request to stop."""
    env = {**os.environ, "HOME": str(home), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(
        command, cwd=project, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_healthy(app: App, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_healthy(app.url):
        if server.poll() is not None or time.monotonic() > end:
            pytest.fail(f"The app did not start.\n{tail(app.log)}", pytrace=False)
        time.sleep(0.1)


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def console_error(message: ConsoleMessage) -> list[str]:
    url = message.location.get("url", "")
    # Streamlit looks for its server below the address of a page first, and then at the root. Its
    # timers complain where a test has ended the server.
    is_known = DEEP_LINK.search(url) or message.text.startswith("Cannot send rerun")
    if message.type != "error" or is_known:
        return []
    return [f"{message.text} ({url})"]


def tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-60:])

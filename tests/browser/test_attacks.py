"""Attacks on accounts and the library, in a real browser and over raw sockets."""

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.drafts.draft import Draft
from core.identity.local import LocalIdentity
from core.sessions import Sessions
from core.stores.protocol import Config, Query
from core.system.database import Database
from core.system.later import DELAY
from core.workbench import opened
from tests.browser.conftest import App, free_port, running, wait_until_healthy
from tests.browser.idle import wait_until_idle
from tests.browser.users import (
    PASSWORD,
    NewPage,
    QuickPasswords,
    User,
    expect_signed_out,
    fill_sign_in,
)
from ui.server.session_routes import END_PATH, REDEEM_PATH, cookie_name

pytestmark = pytest.mark.browser

PLAN: Final = "quiet plan"
PAGES: Final = sorted(Path(__file__).resolve().parents[2].joinpath("pages").glob("*.py"))
PRIVATE: Final = [page.stem for page in PAGES if "for_users=True" in page.read_text()]
SECRET_SHAPE: Final = re.compile(rb"(?<![\w-])[\w-]{43}(?![\w-])")

# Every cookie, ticket and id of a session that a test saw; no log may have one.
secrets_seen: set[str] = {PASSWORD}


# --- What the attacks are made of ----------------------------------------------------------------


def keep(user: User, name: str = PLAN, **more: str) -> Config:
    return user.bench.save(a_draft(name), **more)


def a_draft(name: str) -> Draft:
    return drafts.from_preset(presets.find("sft_toolbench")).renamed(name)


def sessions(user: User) -> Sessions:
    return Sessions(user.database)


def end_everywhere(user: User) -> None:
    """As somebody does it in another browser."""
    sessions(user).end_all(user.account.user_id)


def cookie(context: BrowserContext, url: str) -> str:
    found = [item for item in context.cookies() if item.get("name") == cookie_name(url)]
    value = str(found[0].get("value")) if found else ""
    secrets_seen.update({value} - {""})
    return value


def plant(page: Page, url: str, value: str) -> None:
    page.context.add_cookies([{"name": cookie_name(url), "value": value, "url": url}])


def copied(user: User, page: Page, path: str) -> Page:
    """A thief's browser that has the cookie of the page's browser."""
    thief = user.new_page()
    plant(thief, user.app_url, cookie(page.context, user.app_url))
    thief.goto(user.app_url + path)
    wait_until_idle(thief)
    return thief


def heard(page: Page) -> list[bytes]:
    """All that the server tells the page from now on, also what the page doesn't show."""
    frames: list[bytes] = []

    def note(frame: str | bytes) -> None:
        frames.append(frame.encode() if isinstance(frame, str) else frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    page.on("websocket", listen)
    return frames


def script_session(frames: list[bytes]) -> str:
    """The id under which Streamlit keeps the state of a page."""
    for message in map(ForwardMsg.FromString, frames):
        if found := message.new_session.initialize.session_id:
            return str(found)
    raise AssertionError("Streamlit has begun no session")


def rerun(url: str, session: str, cookie: str = "", press: str = "") -> str:
    """What a program gets that comes back to a page's session, and presses a button there."""
    address = url.replace("http", "ws") + "/_stcore/stream"
    headers = {"Cookie": f"{cookie_name(url)}={cookie}"} if cookie else {}
    message = BackMsg()
    message.rerun_script.context_info.url = url + "/"
    if press:
        button = WidgetState(id=press, trigger_value=True)
        message.rerun_script.widget_states.widgets.append(button)
    protocols: Any = ["streamlit", "x", session]
    with connect(
        address, subprotocols=protocols, additional_headers=headers, max_size=None
    ) as socket:
        socket.send(message.SerializeToString())
        return "".join(map(str, answers(socket.recv)))


def answers(receive: Callable[[float], str | bytes]) -> Iterator[ForwardMsg]:
    """Messages up to the end of the last run: a callback may have a second one follow."""
    wait = 10.0
    while True:
        try:
            frame = receive(wait)
        except TimeoutError:
            return
        message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else b"")
        if message.WhichOneof("type") == "script_finished":
            wait = 0.5
        yield message


def type_in(page: Page, label: str, text: str) -> None:
    wait_until_idle(page)
    page.get_by_label(label, exact=True).fill(text)
    page.get_by_label(label, exact=True).press("Enter")
    wait_until_idle(page)


def click(page: Page, name: str) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name, exact=True).first.click()
    wait_until_idle(page)


def signed_in_by_form(user: User, path: str, page: Page | None = None) -> Page:
    page = page or user.new_page()
    page.goto(user.app_url + path)
    fill_sign_in(page, user.account.name)
    expect(account_link(user, page)).to_be_visible(timeout=20_000)
    wait_until_idle(page)
    return page


def account_link(user: User, page: Page) -> Locator:
    return page.get_by_role("link", name=f"Account · {user.account.name}")


def plan_field(page: Page) -> Locator:
    return page.locator(f'input[value="{PLAN}"]')


def expect_nothing_of(user: User, page: Page) -> None:
    """Wait until nothing that belongs to the user is on the page, not even in a field."""
    expect(account_link(user, page)).to_have_count(0)
    expect(page.get_by_text(PLAN)).to_have_count(0)
    expect(plan_field(page)).to_have_count(0)


@dataclass
class Elsewhere:
    """A server of somebody else on this machine; every address of it is an empty page."""

    port: int = 0
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    found = Elsewhere()

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), Empty) as server:
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def unwatched(browser: Browser) -> Iterator[BrowserContext]:
    """A browser whose console may have errors: a refused request is one."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield context
    context.close()


@contextmanager
def fresh_app(project: Path, home: Path, *options: str) -> Iterator[App]:
    """A server process of its own, on the same data."""
    app = App(f"http://localhost:{free_port()}", home / "server.log")
    port = app.url.rpartition(":")[2]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "localhost", "--server.port", port, *options]
    with app.log.open("wb") as log, running(command, project, home, log.fileno()) as server:
        wait_until_healthy(app, server)
        yield app


# --- Strangers -----------------------------------------------------------------------------------


def test_the_pages_that_need_a_user_are_these() -> None:
    assert PRIVATE == ["account", "library"]


def expect_a_closed_door(user: User, page: Page, address: str) -> None:
    frames = heard(page)
    page.goto(address)
    expect_signed_out(page)
    wait_until_idle(page)
    told = b"".join(frames)
    assert b"Sign in" in told
    assert [secret for secret in (PLAN, user.account.name) if secret.encode() in told] == []
    assert page.locator(".st-key-toolbar button, .st-key-account, .st-key-preview").count() == 0


def test_a_stranger_at_a_running_server_gets_the_sign_in_alone(user: User) -> None:
    page, stranger = user.new_page(), user.new_page()
    path = f"?selected={keep(user).id}"
    for name in PRIVATE:
        user.open(f"/{name}{path}", page)
        expect_a_closed_door(user, stranger, f"{user.app_url}/{name}{path}")


@pytest.mark.parametrize("name", PRIVATE)
def test_the_first_visitor_of_a_server_gets_the_sign_in_alone(
    user: User, name: str, project: Path, tmp_path: Path
) -> None:
    path = f"/{name}?selected={keep(user).id}"
    with fresh_app(project, tmp_path) as app:
        expect_a_closed_door(user, user.new_page(), app.url + path)


# --- The cookie ----------------------------------------------------------------------------------


def test_the_cookie_is_the_servers_own_and_new_at_each_sign_in(user: User) -> None:
    page = user.new_page()
    known = ["A" * 43]
    plant(page, user.app_url, known[0])
    frames = heard(page)
    for _ in range(2):
        signed_in_by_form(user, "/account", page)
        page.wait_for_function("() => window.__tunesmith_posted")
        # The answer to a post sets the cookie; the next load of the page is the first to need it.
        page.reload()
        expect(account_link(user, page)).to_be_visible(timeout=20_000)
        (item,) = [c for c in page.context.cookies() if c.get("name") == cookie_name(user.app_url)]
        assert (item.get("httpOnly"), item.get("sameSite")) == (True, "Strict")
        known.append(cookie(page.context, user.app_url))
        assert known[-1] not in page.evaluate("document.cookie")
        click(page, "Sign out")
        expect_signed_out(page)
    assert len(set(known)) == 3
    assert not any(map(sessions(user).by_cookie, known))
    # The ticket has to reach the browser; neither the cookie nor the id of the session may.
    tickets = {found.decode() for frame in frames for found in SECRET_SHAPE.findall(frame)}
    assert tickets.isdisjoint(known)
    assert not any(map(sessions(user).by_id, tickets))
    secrets_seen.update(tickets)


def test_what_is_no_cookie_opens_nothing(user: User) -> None:
    begun = sessions(user).begin(user.account.user_id, "a test", "here")
    handle = sessions(user).active(user.account.user_id)[0].handle
    secrets_seen.update({begun.session_id, begun.ticket})
    page = user.new_page()
    values = ["B" * 43, begun.session_id, begun.ticket, handle, user.account.user_id, "x" * 3000]
    for value in values:
        plant(page, user.app_url, value)
        page.goto(user.app_url + "/library")
        expect_signed_out(page)
    assert cookie(page.context, user.app_url) == values[-1]


# --- Replay --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["Sign out", "Sign out everywhere"])
def test_signing_out_ends_the_other_tabs_and_every_copy_of_the_cookie(user: User, way: str) -> None:
    config = keep(user)
    other_device, page = user.open("/account"), user.open("/account")
    thief = copied(user, page, f"/library?selected={config.id}")
    expect(thief.get_by_text(PLAN)).to_be_visible()
    tab = page.context.new_page()
    tab.goto(f"{user.app_url}/?config={config.id}")
    expect(plan_field(tab)).to_be_visible(timeout=20_000)
    click(page, way)
    expect_signed_out(page)
    # At once, without a touch: the tabs of one browser tell each other.
    expect_nothing_of(user, tab)
    click(thief, "Duplicate")
    expect_signed_out(thief)
    expect_nothing_of(user, thief)
    thief.goto(user.app_url + "/library")
    expect_signed_out(thief)
    assert [row.name for row in user.bench.page(Query()).rows] == [PLAN]
    click(other_device, "Save name and email")
    if way == "Sign out":
        expect(account_link(user, other_device)).to_be_visible()
    else:
        expect_signed_out(other_device)
        expect_nothing_of(user, other_device)


def test_a_changed_password_ends_every_copy_of_the_cookie(user: User) -> None:
    config = keep(user)
    thief = copied(user, user.open("/account"), f"/library?selected={config.id}")
    identity = LocalIdentity(user.database, QuickPasswords(), True)
    identity.change_password(user.account.actor, PASSWORD, PASSWORD + " 2", "here")
    click(thief, "Delete")
    expect_signed_out(thief)
    expect_nothing_of(user, thief)
    thief.reload()
    expect_signed_out(thief)
    assert user.bench.config(config.id).revision == 1


# --- A page whose session has ended elsewhere ----------------------------------------------------


def rename(page: Page) -> None:
    type_in(page, "Name", "mine now")


def save(page: Page) -> None:
    click(page, "Save")


def show_details(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.locator(".st-key-summary_open label").click()


def show_more_fields(page: Page) -> None:
    page.locator("[class*=st-key-expander] [data-testid=stCheckbox] label").first.click()


def a_page_that_is_signed_out_elsewhere(user: User) -> Page:
    page = user.open(f"/?config={keep(user).id}")
    expect(plan_field(page)).to_be_visible()
    end_everywhere(user)
    return page


def expect_the_page_of_a_stranger(user: User, page: Page) -> None:
    expect(page.get_by_role("link", name="Sign in")).to_be_visible(timeout=2500)
    expect_nothing_of(user, page)


def test_what_is_typed_after_the_session_has_ended_is_neither_kept_nor_shown(user: User) -> None:
    page = a_page_that_is_signed_out_elsewhere(user)
    type_in(page, "Epochs", "9")
    expect_the_page_of_a_stranger(user, page)
    page.wait_for_timeout(1000 * (DELAY + 0.2))
    assert user.bench.store.drafts() == ()


@pytest.mark.parametrize(
    "act",
    [
        *(save, rename),
        show_details,
        show_more_fields,
    ],
)
def test_once_the_session_has_ended_nothing_stays_on_the_page(
    user: User, act: Callable[[Page], None]
) -> None:
    page = a_page_that_is_signed_out_elsewhere(user)
    act(page)
    expect_the_page_of_a_stranger(user, page)
    assert [row.revision for row in user.bench.page(Query()).rows] == [1]


def test_an_open_import_goes_with_the_session(user: User) -> None:
    page = user.open("/library")
    click(page, "Import")
    text = page.get_by_label("Or paste the text of one config")
    expect(text).to_be_visible()
    wait_until_idle(page)
    end_everywhere(user)
    text.fill('{"model": {"name": "quiet plan"}}')
    text.press("Control+Enter")
    expect_the_page_of_a_stranger(user, page)


DOWNLOADS: Final = {
    "Download": "/library?selected={0}",
    "Download ZIP": "/library?selected={0}&selected={1}",
    "Download this version": "/?config={0}",
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_once_the_session_has_ended_a_page_hands_out_only_what_it_was_given(
    database: Database, app_url: str, unwatched: BrowserContext, name: str
) -> None:
    """The file lies in the page already; the store is asked for nothing, and the page goes."""
    user = User(database, app_url, unwatched.new_page)
    ids = [keep(user, text).id for text in (PLAN, "second plan")]
    page = user.open(DOWNLOADS[name].format(*ids))
    if name == "Download this version":
        click(page, "Versions")
    button = page.get_by_test_id("stDownloadButton").get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible()
    used = [user.bench.config(config_id).times_used for config_id in ids]
    end_everywhere(user)
    button.click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert [user.bench.config(config_id).times_used for config_id in ids] == used


def test_once_the_session_has_ended_nothing_is_exported(user: User) -> None:
    keep(user)
    page = user.open("/account")
    end_everywhere(user)
    page.get_by_role("button", name="Export everything").click()
    expect_signed_out(page)
    expect(page.get_by_test_id("stDownloadButton")).to_have_count(0)


# --- A page's session at Streamlit ---------------------------------------------------------------


def test_streamlits_session_is_nobodys_without_the_cookie(new_user: Callable[[], User]) -> None:
    user, eve = new_user(), new_user()
    keep(user)
    page = user.new_page()
    frames = heard(page)
    signed_in_by_form(user, "/library", page)
    session = script_session(frames)
    page.close()
    eves = cookie(eve.open().context, eve.app_url)
    for stolen in ("", "C" * 43, eves):
        assert user.account.name not in rerun(user.app_url, session, stolen)


def test_a_draft_is_not_saved_for_whoever_comes_back_to_the_page(
    new_user: Callable[[], User],
) -> None:
    user, eve = new_user(), new_user()
    page = user.new_page()
    frames = heard(page)
    user.open("/", page)
    type_in(page, "Name", PLAN)
    expect(page.get_by_role("button", name="Download quiet-plan.json")).to_be_visible()
    session = script_session(frames)
    (button,) = set(re.findall(rb"\$\$ID-[0-9a-f]+-save\b(?![.-])", b"".join(frames)))
    page.close()
    rerun(user.app_url, session, cookie(eve.open().context, eve.app_url), button.decode())
    assert eve.bench.page(Query()).rows == ()


# --- Ids of others -------------------------------------------------------------------------------


SAID: Final = """[role=dialog], [data-testid=stToast], [data-testid=stAlert],
    .st-key-open_draft, .st-key-preview, .st-key-pager, .st-key-gate"""


@pytest.mark.parametrize(
    ("who", "path", "answer", "drawn_last"),
    [
        ("user", "/?config={}", "no config with this address", "Name"),
        ("user", "/library?selected={}", "Select a config", "Search"),
        ("stranger", "/?config={}", "Sign in to open", "User name"),
    ],
)
def test_the_id_of_a_foreign_config_is_like_one_that_was_made_up(
    new_user: Callable[[], User], who: str, path: str, answer: str, drawn_last: str
) -> None:
    owner, eve = new_user(), new_user()
    foreign = keep(owner).id
    keep(eve, "of eve")
    page, seen = eve.new_page(), []
    frames = heard(page)
    if who == "user":
        eve.sign_in(page)
    for config_id in (foreign, str(uuid4())):
        page.goto(eve.app_url + path.format(config_id))
        expect(page.get_by_text(answer)).to_be_visible()
        # The browser fetches the code of each kind of field when the first one is drawn.
        expect(page.get_by_label(drawn_last, exact=True).first).to_be_visible()
        wait_until_idle(page)
        seen.append((page.locator(SAID).all_text_contents(), page.url.replace(config_id, "ID")))
    assert seen[0] == seen[1]
    told = b"".join(frames)
    assert PLAN.encode() not in told
    assert owner.account.name.encode() not in told
    assert owner.bench.config(foreign).times_used == 0


def test_a_foreign_cursor_leads_through_the_own_library_alone(
    new_user: Callable[[], User],
) -> None:
    owner, eve = new_user(), new_user()
    for name in ("m", "n"):
        keep(owner, f"{PLAN} {name}")
    keep(eve, "z of eve")
    cursor = owner.bench.page(Query(sort="name", descending=False, limit=1)).next
    assert cursor
    page = eve.new_page()
    frames = heard(page)
    eve.open(f"/library?order=name&at=1~{cursor}", page)
    expect(page.get_by_text("of 1", exact=False).first).to_be_visible()
    assert PLAN.encode() not in b"".join(frames)


# --- Other sites ---------------------------------------------------------------------------------

POST: Final = """([url, body]) => Promise.all([
    fetch(url, {method: "POST", credentials: "include", body,
                headers: {"content-type": "application/json"}}).then(() => "read", () => "refused"),
    fetch(url, {method: "POST", credentials: "include", body, mode: "no-cors"})
        .then(answer => answer.type, () => "refused"),
])"""
OPEN_SOCKET: Final = """url => new Promise(done => {
    const socket = new WebSocket(url, ["streamlit"])
    socket.onopen = () => { socket.close(); done("open") }
    socket.onerror = () => done("refused")
})"""


def foreign_page(page: Page, unwatched: BrowserContext, address: str) -> Page:
    """A page of another site, in a browser with the cookies of the page's browser."""
    unwatched.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    foreign = unwatched.new_page()
    foreign.goto(address)
    return foreign


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_of_another_origin_signs_nobody_in_or_out(
    new_user: Callable[[], User], elsewhere: Elsewhere, unwatched: BrowserContext, host: str
) -> None:
    user, eve = new_user(), new_user()
    page = user.open("/account")
    before = cookie(page.context, user.app_url)
    ticket = sessions(eve).begin(eve.account.user_id, "a test", "here").ticket
    secrets_seen.add(ticket)
    address = f"http://{host}:{elsewhere.port}/"
    foreign = foreign_page(page, unwatched, address)
    for path, body in ((END_PATH, "{}"), (REDEEM_PATH, f'{{"ticket": "{ticket}"}}')):
        answers = foreign.evaluate(POST, [user.app_url + path, body])
        assert answers == ["refused", "refused"]
        foreign.set_content(
            f"<form method=post enctype=text/plain action='{user.app_url}{path}'>"
            f"<input name='{body[:-1]}, \"x\": \"' value='\"}}'></form>"
        )
        with foreign.expect_navigation() as waiting:
            foreign.evaluate("document.forms[0].submit()")
        assert waiting.value.status == 403
        foreign.goto(address)
    assert cookie(unwatched, user.app_url) == before
    found = sessions(user).by_cookie(before)
    assert found is not None
    assert found.account.user_id == user.account.user_id
    # Nobody has used the ticket yet.
    assert sessions(eve).redeem(ticket)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_of_another_origin_gets_no_socket(
    user: User, elsewhere: Elsewhere, unwatched: BrowserContext, host: str
) -> None:
    page = user.open("/account")
    socket = user.app_url.replace("http", "ws") + "/_stcore/stream"
    assert page.evaluate(OPEN_SOCKET, socket) == "open"
    foreign = foreign_page(page, unwatched, f"http://{host}:{elsewhere.port}/")
    with foreign.expect_console_message(lambda said: "WebSocket" in said.text) as waiting:
        assert foreign.evaluate(OPEN_SOCKET, socket) == "refused"
    assert "403" in waiting.value.text


def test_a_page_of_another_origin_can_not_frame_the_app(
    user: User, elsewhere: Elsewhere, unwatched: BrowserContext
) -> None:
    foreign = foreign_page(user.open("/account"), unwatched, f"http://localhost:{elsewhere.port}/")
    with foreign.expect_response(user.app_url + "/account"):
        foreign.set_content(f"<iframe src='{user.app_url}/account'></iframe>")
    foreign.wait_for_load_state("networkidle")
    assert [frame.url for frame in foreign.frames[1:]] != [user.app_url + "/account"]


# --- The next user of a tab ----------------------------------------------------------------------


def test_the_next_user_of_a_tab_finds_nothing_of_the_last(new_user: Callable[[], User]) -> None:
    first, second = new_user(), new_user()
    keep(first, "saved " + PLAN)
    page = signed_in_by_form(first, "/library")
    page.get_by_test_id("stTopNav").get_by_role("link", name="Build").click()
    type_in(page, "Name", PLAN)
    type_in(page, "Epochs", "77")
    click(page, "Import")
    model = '{"model": {"name": "quiet plan"}}'
    files: list[Any] = [
        {"name": f"{PLAN} {n}.json", "mimeType": "application/json", "buffer": model.encode()}
        for n in (1, 2)
    ]
    page.locator("input[type=file]").set_input_files(files)
    click(page, "Keep all 2 in the sidebar")
    page.get_by_test_id("stTopNav").get_by_role("link", name="Account").click()
    wait_until_idle(page)
    click(page, "Sign out")
    expect_signed_out(page)
    frames = heard(page)
    fill_sign_in(page, second.account.name)
    expect(account_link(second, page)).to_be_visible()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Build").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("sft_toolbench")
    wait_until_idle(page)
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("1")
    for step in ("Undo", "Redo"):
        expect(page.get_by_role("button", name=step, exact=True)).to_be_disabled()
    expect(page.get_by_text("Imported in this session")).to_have_count(0)
    expect_nothing_of(first, page)
    click(page, "Import")
    expect(page.get_by_label("Or paste the text of one config")).to_have_value("")
    page.keyboard.press("Escape")
    page.get_by_test_id("stTopNav").get_by_role("link", name="Library").click()
    expect(page.get_by_text("Nothing saved yet")).to_be_visible()
    assert PLAN.encode() not in b"".join(frames)
    assert second.bench.store.drafts() == ()
    assert [kept.name for kept in first.bench.store.drafts()] == [PLAN]


def test_what_was_searched_for_does_not_stay_for_the_next_user(
    new_user: Callable[[], User],
) -> None:
    first, second = new_user(), new_user()
    keep(first)
    keep(second, "of the second")
    page = first.open(f"/library?q={PLAN.replace(' ', '+')}")
    expect(page.get_by_label("Search", exact=True)).to_have_value(PLAN)
    end_everywhere(first)
    click(page, "Import")
    expect_signed_out(page)
    fill_sign_in(page, second.account.name)
    expect(account_link(second, page)).to_be_visible()
    expect(page.get_by_label("Search", exact=True)).to_have_value("", timeout=2000)


# --- Texts that want to be more than text --------------------------------------------------------


@dataclass
class Drawn:
    """What one place has drawn that a text alone can't be."""

    images: list[str]
    links: list[str]
    formulas: int
    icons: int
    has_run: bool


DRAWN: Final = """root => {
    const inside = top => [...top.querySelectorAll('*')].flatMap(one => one.shadowRoot ?? [])
    const roots = top => [top, ...inside(top).flatMap(roots)]
    const all = what =>
        roots(document.querySelector(root)).flatMap(one => [...one.querySelectorAll(what)])
    const foreign = url => url && !url.startsWith(location.origin) && !url.startsWith("data:")
    return {
        images: all("img, image").map(one => one.src || one.href?.baseVal).filter(foreign),
        links: all("a[href], form[action]").map(one => one.href || one.action).filter(foreign),
        formulas: all(".katex").length,
        icons: all('[aria-label="bolt icon"], img[alt="Streamlit logo"]').length,
        has_run: "hacked" in window,
    }
}"""


@dataclass
class Tour:
    """What every place has drawn, and which other hosts the browser asked."""

    places: dict[str, Drawn] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def look(self, place: str, page: Page, root: str = "body") -> None:
        wait_until_idle(page)
        self.places[place] = Drawn(**page.evaluate(DRAWN, root))

    def where(self, has: Callable[[Drawn], object], *but: str) -> list[str]:
        return [name for name, drawn in self.places.items() if has(drawn) and name not in but]


@pytest.fixture(scope="module")
def tour(browser: Browser, app: App, database: Database, elsewhere: Elsewhere) -> Iterator[Tour]:
    """A walk over the places that show texts of users, each text an attack."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    user = User(database, app.url, context.new_page)
    tour = Tour()

    def note(request: Request) -> None:
        if not request.url.startswith((app.url, "data:", "blob:")):
            tour.asked.append(request.url)

    context.on("request", note)
    walk(tour, user, f"http://127.0.0.1:{elsewhere.port}")
    yield tour
    context.close()


def walk(tour: Tour, user: User, host: str) -> None:
    markup = f"![i]({host}/i) <img src={host}/h onerror=hacked=1> $x^2$ [l](javascript:hacked=1)"
    icons = ":material/bolt: :streamlit: <script>hacked=1</script> www.evil.example me@evil.example"
    bench = user.bench
    first = put(a_draft(markup).document, ("model", "name"), icons)
    config = bench.save(a_draft(markup).with_document(first), icons)
    config = bench.describe(config, markup, f"{markup} {icons}")
    other = keep(user, icons, message=markup)
    bench.tag([config.id], [":material/bolt: ![i](x) me@evil.example"], [])
    bench.keep("elsewhere", a_draft(markup).with_document(first))
    page = user.open(f"/library?selected={config.id}")
    expect(page.get_by_text("version 2")).to_be_visible()
    tour.look("preview", page)
    click(page, "Versions")
    expect(page.get_by_role("dialog")).to_contain_text("is at version 2")
    tour.look("versions", page)
    page.goto(f"{user.app_url}/library?selected={config.id}&selected={other.id}")
    expect(page.get_by_text("2 configs selected")).to_be_visible()
    click(page, "Compare")
    cell = page.locator('tr[data-key="model.name"] td', has_text="bolt")
    expect(cell).to_be_visible()
    cell.click()
    expect(page.locator(".st-key-take")).to_contain_text("model.name")
    tour.look("comparison", page)
    page.locator("button.open").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("saved, version")
    tour.look("column", page)
    page.goto(f"{user.app_url}/?config={config.id}")
    expect(page.get_by_text("Unsaved work on")).to_be_visible()
    tour.look("build", page)
    theirs = put(first, ("model", "name"), markup)
    bench.save(opened(bench.config(config.id)).with_document(theirs))
    type_in(page, "Model *", icons + "!")
    click(page, "Save")
    expect(page.get_by_role("dialog")).to_contain_text("Changed on both sides")
    tour.look("conflict", page)
    click(page, "Keep both")
    expect(page.get_by_text("as version 1")).to_be_visible()
    tour.look("toast", page)
    click(page, "Import")
    name = "![i](x) www.evil.example :streamlit:.json"
    files: list[Any] = [
        {"name": name, "mimeType": "application/json", "buffer": f'{{"{icons}": 1}}'.encode()},
        {"name": name, "mimeType": "application/json", "buffer": b"{"},
    ]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_role("dialog")).to_contain_text("is not a config")
    tour.look("import", page)
    for device in (f"![i]({host}/d){host}/d", ":streamlit:", "www.evil.example", "$x^2$"):
        sessions(user).begin(user.account.user_id, device, device)
    full_name = f"![i]({host}/n) :material/bolt: www.evil.example $x^2$"
    LocalIdentity(user.database, QuickPasswords(), True).rename(user.account.actor, full_name, "")
    page.goto(user.app_url + "/account")
    expect(page.get_by_text("Where you are signed in")).to_be_visible()
    tour.look("account", page, "[data-testid=stMain]")
    tour.look("navigation", page, "header")


def test_no_text_of_a_user_draws_an_image_or_a_formula_or_runs(tour: Tour) -> None:
    assert len(tour.places) == 10
    assert tour.where(lambda drawn: drawn.has_run) == []
    assert tour.where(lambda drawn: drawn.images or drawn.formulas, "navigation") == []


def test_the_navigation_shows_a_name_as_it_is(tour: Tour, elsewhere: Elsewhere) -> None:
    drawn = tour.places["navigation"]
    assert (drawn.images, drawn.links, drawn.formulas, drawn.icons) == ([], [], 0, 0)
    assert (tour.asked, set(elsewhere.asked) - {"/", "/favicon.ico"}) == ([], set())


def test_no_text_of_a_user_is_a_link(tour: Tour) -> None:
    assert tour.where(lambda drawn: drawn.links) == []


def test_no_text_of_a_user_is_an_icon(tour: Tour) -> None:
    assert tour.where(lambda drawn: drawn.icons, "navigation") == []


# --- Logs ----------------------------------------------------------------------------------------


def test_no_secret_is_logged_even_at_debug_level(
    user: User, project: Path, tmp_path: Path, new_page: NewPage
) -> None:
    typed = "a private phrase typed wrong"
    with fresh_app(project, tmp_path, "--logger.level", "debug") as app:
        there = new_page()
        frames = heard(there)
        there.goto(app.url + "/library")
        fill_sign_in(there, typed, typed)
        expect(there.get_by_text("No account has this name and password")).to_be_visible()
        fill_sign_in(there, user.account.name)
        expect(account_link(user, there)).to_be_visible()
        there.wait_for_function("() => window.__tunesmith_posted")
        there.reload()
        wait_until_idle(there)
        told = [found.decode() for frame in frames for found in SECRET_SHAPE.findall(frame)]
        found = [typed, PASSWORD, cookie(there.context, app.url), *told]
        there.get_by_role("link", name="Account").click()
        click(there, "Sign out")
        expect_signed_out(there)
        log = app.log.read_text(errors="replace")
    assert len(found) > 3
    assert "AppSession initialized" in log
    assert [secret for secret in found if secret in log] == []


def test_nothing_of_all_this_is_in_the_servers_log(app: App) -> None:
    log = app.log.read_text(errors="replace")
    assert len(secrets_seen) > 10
    assert [secret for secret in secrets_seen if secret in log] == []

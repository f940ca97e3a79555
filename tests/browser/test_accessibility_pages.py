"""The pages beside Build keep nobody out, and the keyboard keeps its place on them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from core import presets
from core.drafts import draft as drafts
from tests.browser.axe import Check
from tests.browser.idle import wait_until_idle
from tests.browser.users import User

pytestmark = pytest.mark.browser

TWO = "/compare?with=preset:sft_toolbench&with=preset:hybrid"
# The name is as long as one may be and gives no place to break.
NAMES = ("baseline", "a" * 80, "تجربة", "best 🎉 **run**")


def saved(user: User) -> list[str]:
    """The ids of configs with awkward names in the user's library."""
    template = drafts.from_preset(presets.find("sft_toolbench"))
    return [user.bench.save(template.renamed(name)).id for name in NAMES]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click(delay=90)
    wait_until_idle(page)


def settled(page: Page) -> None:
    """Wait until nothing fades in or out any more."""
    wait_until_idle(page)
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid="stElementContainer"]')]
            .every(it => getComputedStyle(it).opacity === '1')"""
    )


def fits(page: Page) -> bool:
    """Whether the page scrolls in one direction only."""
    return bool(
        page.locator('[data-testid="stMain"]').evaluate("it => it.scrollWidth <= it.clientWidth")
    )


DIALOGS = ("Rename", "Versions", "Share", "Import")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_library_and_its_dialogs(user: User, accessible: Check, scheme: str) -> None:
    page = user.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    user.open("/library", page)
    accessible(page)
    config = saved(user)[1]
    user.open(f"/library?selected={config}", page)
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    accessible(page)
    for name in DIALOGS:
        press(page, name)
        expect(page.get_by_role("dialog")).to_be_visible()
        accessible(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        wait_until_idle(page)


@pytest.mark.parametrize(
    "path",
    [
        TWO,
        "/compare?with=preset:sft_toolbench",
        "/compare?with=preset:nothing&with=config:1",
        f"{TWO}&q=nothing+has+this",
        "/reference?",
        "/rest",
        "/shared#nothing",
        "/library",
        "/sweep",
    ],
)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_a_page_without_an_account(
    page: Page, app_url: str, accessible: Check, path: str, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(app_url + path)
    settled(page)
    accessible(page)
    assert fits(page)


def test_the_account(user: User, accessible: Check) -> None:
    page = user.open("/account")
    page.set_viewport_size({"width": 400, "height": 900})
    accessible(page)
    assert fits(page)


# --- The keyboard --------------------------------------------------------------------------------


def with_focus(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}:focus")


def token_made(page: Page) -> None:
    page.get_by_text("Make a token").click()
    page.get_by_label("For which machine").fill("laptop")
    page.get_by_role("button", name="Make the token").focus()
    page.keyboard.press("Enter")


def test_the_keyboard_stays_where_tokens_are_made_and_revoked(user: User) -> None:
    page = user.open("/account")
    token_made(page)
    expect(with_focus(page, "new_token")).to_be_visible()
    page.get_by_role("button", name="Done").focus()
    page.keyboard.press("Enter")
    expect(with_focus(page, "access_tokens")).to_be_visible()
    page.get_by_role("button", name="Revoke").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    expect(with_focus(page, "access_tokens")).to_be_visible()


def test_the_keyboard_stays_where_a_config_was_deleted(user: User) -> None:
    config = saved(user)[0]
    page = user.open(f"/library?selected={config}")
    page.get_by_role("button", name="Delete", exact=True).focus()
    page.keyboard.press("Enter")
    expect(with_focus(page, "undo_delete")).to_be_visible()


def test_the_keyboard_stays_in_a_comparison(page: Page, app_url: str) -> None:
    page.goto(app_url + TWO)
    wait_until_idle(page)
    heading = page.get_by_role("button", name="hybrid", exact=True)
    heading.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(heading).to_be_focused()


def test_the_keyboard_goes_on_where_values_were_taken(page: Page, app_url: str) -> None:
    page.goto(app_url + TWO)
    row = page.get_by_role("row").filter(has_text="learning_rate").first
    row.get_by_role("gridcell").or_(row.get_by_role("cell")).last.click()
    take = page.get_by_role("button", name="Take 1 value over")
    take.focus()
    page.keyboard.press("Enter")
    expect(with_focus(page, "took")).to_be_visible()


# --- Dialogs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Rename", "Share"])
def test_cancel_closes_a_dialog_and_changes_nothing(user: User, name: str) -> None:
    config = saved(user)[0]
    page = user.open(f"/library?selected={config}")
    press(page, name)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("another name")
    dialog.get_by_role("button", name="Cancel").click(delay=90)
    expect(dialog).to_have_count(0)
    assert user.bench.config(config).name == NAMES[0]


def test_what_a_dialog_is_for_stands_on_the_right(user: User) -> None:
    config = saved(user)[0]
    page = user.open(f"/library?selected={config}")
    press(page, "Rename")
    dialog = page.get_by_role("dialog")
    left, right = (
        dialog.get_by_role("button", name=name, exact=True).bounding_box()
        for name in ("Cancel", "Save")
    )
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]


def test_links_of_one_title_are_told_apart(new_user: Callable[[], User]) -> None:
    user = new_user()
    config = saved(user)[0]
    page = user.open(f"/library?selected={config}")
    for _ in range(2):
        press(page, "Share")
        press(page, "Create the link")
        press(page, "Done")
    page = user.open("/account", page)
    links = page.locator(".st-key-links [class*='st-key-link_']")
    expect(links).to_have_text([re.compile("made 2")] * 2)
    assert len(set(links.all_inner_texts())) == 2

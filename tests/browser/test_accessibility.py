"""The build page in its states, held to WCAG 2.2 AA by axe-core, and the keyboard's way through it.

In light and dark, in a wide window and on a phone; the other pages: ``test_accessibility_pages``.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import Check
from tests.browser.idle import wait_until_idle
from tests.browser.test_build import field, open_file, type_in
from tests.browser.users import NewPage

pytestmark = pytest.mark.browser

Do = Callable[[Page], None]

SIZES: Final[dict[str, ViewportSize]] = {
    "wide": {"width": 1280, "height": 900},
    "phone": {"width": 400, "height": 800},
}


# Streamlit has taken the other theme, and no color is on its way any more.
IS_DARK: Final = """() => {
    const app = document.querySelector('[data-testid="stApp"]')
    const isDone = document.getAnimations().every((one) => !(one instanceof CSSTransition))
    return isDone && getComputedStyle(app).colorScheme === "dark"
}"""


def click(page: Page, name: str) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name, exact=True).first.click()


def panel(page: Page) -> None:
    """Open the panel where it is a bar."""
    wait_until_idle(page)
    switch = page.locator(".st-key-summary_open label")
    if switch.is_visible():
        switch.click()


def sidebar(page: Page) -> None:
    """Open the sidebar where it lies over the page."""
    wait_until_idle(page)
    opener = page.get_by_test_id("stExpandSidebarButton")
    if opener.is_visible():
        opener.click()


def first_sight(page: Page) -> None:
    expect(page.get_by_role("button", name="Download")).to_be_visible()


def errors(page: Page) -> None:
    type_in(page, "Epochs", "0")
    type_in(page, "Learning rate", "much")
    panel(page)
    expect(page.locator(".st-key-summary")).to_contain_text("2 errors")


def broken_text(page: Page) -> None:
    page.get_by_role("radio", name="JSON").click()
    editor = field(page, "The config as JSON")
    editor.fill("{")
    editor.press("Control+Enter")
    expect(page.get_by_text("Line 1, column 2")).to_be_visible()


def effective_values(page: Page) -> None:
    page.get_by_role("radio", name="Effective values").click()
    expect(page.locator(".st-key-effective")).to_contain_text("capped")


def everything_open(page: Page) -> None:
    panel(page)
    shut = page.locator("details:not([open]) > summary:visible")
    for _ in range(shut.count()):
        shut.first.click()
        wait_until_idle(page)


def target(page: Page) -> None:
    wait_until_idle(page)
    page.locator(".st-key-target button:visible").first.click()
    expect(page.get_by_role("combobox", name="Machine")).to_be_visible()


def ways_to_save(page: Page) -> None:
    click(page, "More ways to save")
    expect(page.get_by_role("button", name="Save as a copy")).to_be_visible()


def asked_to_sign_in(page: Page) -> None:
    click(page, "Save")
    expect(page.get_by_role("dialog")).to_contain_text("User name")


def make_it_run(page: Page) -> None:
    sidebar(page)
    page.get_by_role("button", name="SFT PC Building").click()
    if page.viewport_size and page.viewport_size["width"] < 768:
        page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    panel(page)
    click(page, "Make it run")
    expect(page.get_by_role("dialog")).to_contain_text("Nothing else is touched")


def import_report(page: Page) -> None:
    sidebar(page)
    wait_until_idle(page)
    text = json.dumps({"model": {"name": "x"}, "mine": 1}).encode()
    open_file(page, {"name": "odd.json", "mimeType": "application/json", "buffer": text})
    expect(page.get_by_role("dialog")).to_contain_text("1 unknown key kept")


def started_empty(page: Page) -> None:
    sidebar(page)
    click(page, "Start empty")
    expect(page.get_by_text("Fields with a * are needed")).to_be_attached()


def on_tour(page: Page) -> None:
    sidebar(page)
    click(page, "Show me around")
    expect(page.locator(".st-key-tour_card")).to_contain_text("1 of 5")


STATES: Final[tuple[Do, ...]] = (
    first_sight,
    errors,
    broken_text,
    effective_values,
    everything_open,
    target,
    ways_to_save,
    asked_to_sign_in,
    make_it_run,
    import_report,
    started_empty,
    on_tour,
)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_everybody_can_use_the_page(
    page: Page, app_url: str, accessible: Check, state: Do, size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    page.goto(app_url)
    wait_until_idle(page)
    state(page)
    assert page.get_by_test_id("stMain").evaluate("it => it.scrollWidth <= it.clientWidth")
    accessible(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(IS_DARK)
    accessible(page)


# --- The keyboard ------------------------------------------------------------------------------


def tab_to(page: Page, name: str, most: int = 120) -> None:
    """Go on with Tab until the control of that name has the focus."""
    # An icon is a word before the name.
    wanted = re.compile(rf"(\w+\s+)?{re.escape(name)}")
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.fullmatch(focused(page)):
            return
    pytest.fail(f"Tab never comes to {name!r}")


def focused(page: Page) -> str:
    """What a screen reader calls the control that has the focus."""
    said: str = page.evaluate(
        "() => { const it = document.activeElement;"
        " return it.getAttribute('aria-label') || it.innerText || '' }"
    )
    return said


def test_a_value_is_changed_a_finding_mended_and_the_file_taken_with_the_keyboard_alone(
    page: Page, app_url: str
) -> None:
    page.goto(app_url)
    wait_until_idle(page)
    tab_to(page, "Learning rate")
    page.keyboard.press("Control+a")
    page.keyboard.type("2e-4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("was 5e-5")).to_be_visible()
    tab_to(page, "Set warmup_steps to 1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ends after 22 updates")).to_have_count(0)
    wait_until_idle(page)
    tab_to(page, "Download sft_toolbench.json")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    training = json.loads(Path(waiting.value.path()).read_bytes())["training"]
    assert (training["learning_rate"], training["warmup_steps"]) == (2e-4, 1)


# Whether what has the focus has a ring around it, or gets one within half a second. A field shows
# it by its frame; what scrolls is focused to be scrolled.
RING: Final = """async () => {
    const isSeen = () => {
        const it = document.activeElement, look = getComputedStyle(it)
        return it.matches("main, body, input, textarea, .stCode *")
            || (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2)
    }
    for (const end = performance.now() + 500; performance.now() < end && !isSeen();)
        await new Promise(requestAnimationFrame)
    return isSeen()
}"""


def test_whatever_has_the_focus_is_seen_to_have_it(page: Page, app_url: str) -> None:
    page.goto(app_url)
    wait_until_idle(page)
    unseen = []
    for _ in range(90):
        page.keyboard.press("Tab")
        if not page.evaluate(RING):
            unseen.append(focused(page))
    assert unseen == []


# --- The tour ----------------------------------------------------------------------------------


def test_the_keyboard_keeps_its_place_among_the_templates(page: Page, app_url: str) -> None:
    page.goto(app_url)
    wait_until_idle(page)
    for name, title in (("knowledge_dense", "Knowledge dense"), ("hybrid", "Hybrid")):
        tab_to(page, title)
        page.keyboard.press("Enter")
        expect(page).to_have_title(f"{name} - Tunesmith")
        expect(page.locator(f".st-key-preset-{name} button:focus")).to_have_count(1)
        wait_until_idle(page)


def test_the_tour_is_taken_with_the_keyboard_and_offered_once(
    new_page: NewPage, app_url: str
) -> None:
    page = new_page()
    page.goto(app_url)
    wait_until_idle(page)
    card = page.locator(".st-key-tour_card")
    expect(card).to_have_count(0)
    invitation = page.locator(".st-key-tour-first").get_by_role("button")
    invitation.press("Enter")
    for step in range(1, 6):
        expect(card).to_contain_text(f"{step} of 5")
        expect(page.locator(".st-key-tour_next button")).to_be_focused()
        page.keyboard.press("Enter")
    expect(card).to_have_count(0)
    expect(invitation).to_be_hidden()
    page.reload()
    wait_until_idle(page)
    expect(invitation).to_be_hidden()
    expect(card).to_have_count(0)
    page.locator(".st-key-tour-again").get_by_role("button").click()
    expect(card).to_contain_text("1 of 5")
    # The card listens for keys as soon as its button has the focus.
    expect(page.locator(".st-key-tour_next button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_the_title_of_the_tab_names_what_is_open(page: Page, app_url: str) -> None:
    page.goto(app_url)
    expect(page).to_have_title("sft_toolbench - Tunesmith")
    type_in(page, "Name", "my first run")
    expect(page).to_have_title("my first run - Tunesmith")
    page.get_by_role("link", name="Library").click()
    expect(page).to_have_title("Library - Tunesmith")

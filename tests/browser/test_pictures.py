"""The pictures of the README and the docs, taken from the real app.

``pytest -m browser --pictures`` writes them to ``docs/images``.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

# More than an empty page of this size takes up as PNG.
DRAWN = 25_000


def first_look(page: Page) -> None:
    page.get_by_label("Learning rate", exact=True).fill("2e-4")
    page.get_by_label("Learning rate", exact=True).press("Enter")
    expect(page.get_by_text("was 5e-5")).to_be_visible()


def another_loader(page: Page) -> None:
    page.get_by_role("button", name="SFT PC Building").click()
    expect(page.get_by_text("stops the trainer")).to_be_visible()


def details(page: Page) -> None:
    page.locator(".st-key-summary_open label").click()
    expect(page.locator(".st-key-run_card")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "size", "scheme", "prepare"),
    [
        ("build", (1440, 900), "light", first_look),
        ("build-dark", (1440, 900), "dark", another_loader),
        ("build-phone", (400, 800), "light", details),
    ],
)
def test_a_picture_shows_the_page(
    browser: Browser,
    app_url: str,
    project: Path,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    name: str,
    size: tuple[int, int],
    scheme: str,
    prepare: Callable[[Page], None],
) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(app_url)
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=30_000)
    prepare(page)
    page.mouse.move(width / 2, 5)
    page.wait_for_timeout(800)
    folder = project / "docs" / "images" if request.config.getoption("--pictures") else tmp_path
    picture = page.screenshot(path=folder / f"{name}.png")
    context.close()
    assert len(picture) > DRAWN

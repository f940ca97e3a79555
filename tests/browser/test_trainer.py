"""What the trainer makes of the draft, in a browser: target, Make it run, effective values."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.idle import wait_until_idle
from tests.browser.test_build import field, type_in
from tests.browser.test_library import click

pytestmark = pytest.mark.browser

GPU_LINE = "Tiny Tool Use · pinned libraries · one recent GPU"


@pytest.fixture
def build(page: Page, app_url: str) -> Page:
    page.goto(app_url)
    wait_until_idle(page)
    return page


def choose(page: Page, label: str, option: str) -> None:
    """Choose what the verdict is for; the popover stays open."""
    wait_until_idle(page)
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()
    wait_until_idle(page)


def test_the_verdict_is_for_what_the_user_runs(build: Page) -> None:
    click(build, GPU_LINE)
    choose(build, "Libraries", "Today's: the newest there are")
    verdict = build.locator(".st-key-verdict")
    expect(verdict).to_contain_text("stops the trainer")
    choose(build, "Trainer", "Tiny Tool Use, fork by atbolsh")
    expect(verdict).to_contain_text("runs")
    choose(build, "Machine", "CPU only")
    expect(verdict).to_contain_text("stops the trainer")
    build.keyboard.press("Escape")
    click(build, "Undo")
    click(build, "Undo")
    click(build, "Undo")
    expect(build.get_by_role("button", name=GPU_LINE)).to_be_visible()
    expect(verdict).to_contain_text("runs")


def test_what_is_typed_survives_a_change_of_target(build: Page) -> None:
    type_in(build, "Epochs", "5")
    click(build, GPU_LINE)
    choose(build, "Machine", "CPU only")
    expect(field(build, "Epochs")).to_have_value("5")
    type_in(build, "Epochs", "6")
    line = "Tiny Tool Use · pinned libraries · CPU"
    expect(build.get_by_role("button", name=line)).to_be_visible()


def test_a_blocked_template_runs_after_two_clicks(build: Page) -> None:
    build.get_by_role("button", name="SFT PC Building").click()
    click(build, "Make it run")
    dialog = build.get_by_role("dialog")
    expect(dialog).to_contain_text("With 2 changes the trainer gets to its end")
    expect(dialog).to_contain_text("data.strategy")
    click(build, "Apply")
    expect(dialog).to_be_hidden()
    expect(build.locator(".st-key-verdict")).to_contain_text("runs")
    expect(build.get_by_role("button", name="Make it run")).to_have_count(0)


def test_effective_values_can_be_narrowed_down(build: Page) -> None:
    build.get_by_role("radio", name="Effective values").click()
    tables = build.locator(".st-key-effective")
    row = tables.locator("tr", has_text="learning_rate").first
    expect(row).to_contain_text("1.05e-5")
    expect(row).to_contain_text("capped")
    expect(tables).to_contain_text("num_epochs")
    build.get_by_role("radio", name="Not as written").click()
    expect(tables).not_to_contain_text("num_epochs")
    build.get_by_role("radio", name="Form").click()
    type_in(build, "Warm-up (updates)", "1")
    build.get_by_role("radio", name="Effective values").click()
    expect(tables).not_to_contain_text("capped")


def test_the_requirements_are_a_file(build: Page) -> None:
    build.get_by_text("How to run it").click()
    with build.expect_download() as waiting:
        click(build, "Download requirements.txt")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert waiting.value.suggested_filename == "requirements.txt"
    assert "transformers==4.52.4\n" in text

"""The newcomer's way and the import, in a real browser against the real app."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.idle import wait_until_idle

pytestmark = pytest.mark.browser

FILES = sorted((Path(__file__).resolve().parents[1] / "data" / "tiny_tool_use").glob("*.json"))


@pytest.fixture
def build(page: Page, app_url: str) -> Page:
    page.goto(app_url)
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=30_000)
    return page


def field(page: Page, label: str) -> Locator:
    wait_until_idle(page)
    # While a config is opened, the old fields stand behind the new ones for a moment.
    return page.get_by_label(label, exact=True).first


def type_in(page: Page, label: str, text: str) -> None:
    field(page, label).fill(text)
    field(page, label).press("Enter")


def card(page: Page, row: str) -> Locator:
    return page.locator(".run-card tr", has_text=row).locator("td").last


def download(page: Page) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def verdict(page: Page) -> Locator:
    return page.locator(".st-key-verdict")


def open_file(page: Page, *files: Path | dict[str, Any]) -> None:
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(list(files))  # type: ignore[arg-type]


def test_a_newcomer_changes_a_template_and_downloads_a_config_that_runs(build: Page) -> None:
    expect(card(build, "training rows")).to_have_text("692")
    expect(card(build, "updates in all")).to_have_text("22")
    expect(card(build, "warm-up share")).to_have_text("455%")
    type_in(build, "Learning rate", "2e-4")
    build.locator(".st-key-summary").get_by_role("button", name="Set warmup_steps to 1").click()
    expect(card(build, "peak learning rate")).to_have_text("2e-4")
    type_in(build, "Name", "my first run")
    expect(build.get_by_role("button", name="Download my-first-run.json")).to_be_visible()
    name, data = download(build)
    training = json.loads(data)["training"]
    assert name == "my-first-run.json"
    assert (training["learning_rate"], training["warmup_steps"]) == (2e-4, 1)
    build.get_by_text("How to run it").click()
    expect(build.get_by_text("python train.py --config my-first-run.json")).to_be_visible()


def test_a_section_opens_and_closes_at_each_press_and_keeps_the_focus(build: Page) -> None:
    section = build.locator(".st-key-expander-tensorboard")
    heading, inside = section.locator("summary"), build.get_by_text("Log folder")
    digest = build.get_by_text("off", exact=True)
    expect(digest).to_be_visible()
    for is_open in (True, False, True):
        heading.press("Enter")
        wait_until_idle(build)
        expect(inside).to_have_count(int(is_open))
        expect(section.locator("details[open]")).to_have_count(int(is_open))
        expect(digest).to_have_count(int(not is_open))
        expect(heading).to_be_focused()


def test_one_edit_redraws_the_findings_of_other_sections(build: Page) -> None:
    expect(build.get_by_text("ends after 22 updates").first).to_be_visible()
    type_in(build, "Samples (rows)", "70000")
    expect(build.get_by_text("ends after 22 updates")).to_have_count(0)
    expect(card(build, "training rows")).to_have_text("69\u202f299")


def test_the_focus_goes_on_to_the_next_field_while_the_page_updates(build: Page) -> None:
    field(build, "Learning rate").fill("1e-4")
    field(build, "Learning rate").press("Tab")
    build.keyboard.press("Tab")
    expect(build.get_by_text("was 5e-5")).to_be_visible()
    expect(field(build, "Batch size (rows)")).to_be_focused()


def test_edits_survive_the_other_page(build: Page) -> None:
    type_in(build, "Epochs", "3")
    type_in(build, "Epochs", "4")
    expect(card(build, "updates in all")).to_have_text("88")
    build.get_by_role("link", name="Reference").click()
    expect(build.get_by_role("heading", name="Settings")).to_be_visible()
    build.get_by_role("link", name="Build").click()
    expect(field(build, "Epochs")).to_have_value("4")
    build.get_by_role("button", name="Undo").click()
    expect(card(build, "updates in all")).to_have_text("66")
    expect(field(build, "Epochs")).to_have_value("3")


def test_a_config_with_errors_downloads_and_says_so(build: Page) -> None:
    type_in(build, "Batch size (rows)", "0")
    expect(verdict(build)).to_contain_text("invalid · 1 error")
    expect(verdict(build)).to_contain_text("stops the trainer")
    _, data = download(build)
    assert json.loads(data)["training"]["batch_size"] == 0


def test_a_template_for_another_loader_is_valid_and_says_that_it_does_not_run(build: Page) -> None:
    build.get_by_role("button", name="SFT PC Building").click()
    expect(verdict(build)).to_contain_text("valid")
    expect(verdict(build)).to_contain_text("stops the trainer")
    expect(build.locator(".st-key-summary")).to_contain_text("pc_building")


def test_a_download_names_the_schema_for_editors_where_that_is_asked_for(build: Page) -> None:
    _, plain = download(build)
    build.get_by_role("button", name="More ways to save").click()
    build.get_by_text("for editors").click()
    wait_until_idle(build)
    build.keyboard.press("Escape")
    _, data = download(build)
    named = json.loads(data)
    place = named.pop("$schema")
    assert named == json.loads(plain)
    assert build.request.get(place).json()["title"] == "Tiny Tool Use training config"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_trainers_own_files_come_out_byte_for_byte(build: Page, file: Path) -> None:
    open_file(build, file)
    build.get_by_role("button", name=f"Open {file.stem}").click()
    expect(build.get_by_role("button", name=f"Download {file.name}")).to_be_visible()
    expect(verdict(build)).to_contain_text("valid")
    name, data = download(build)
    assert (name, data) == (file.name, file.read_bytes())


def test_an_import_reports_first_and_changes_only_what_is_ticked(build: Page) -> None:
    config = json.loads(FILES[1].read_text()) | {"mine": 1, "note": "/home/jo/run"}
    text = b"\xef\xbb\xbf" + json.dumps(config).encode()
    open_file(build, {"name": "odd.json", "mimeType": "application/json", "buffer": text})
    dialog = build.get_by_role("dialog")
    expect(dialog).to_contain_text("2 unknown keys kept: mine, note")
    expect(dialog).to_contain_text("byte-order mark is dropped")
    expect(dialog).to_contain_text("suspicious")
    dialog.get_by_text("Set tools to []").click()
    dialog.get_by_role("button", name="Open odd").click()
    expect(build.get_by_role("button", name="Download odd.json")).to_be_visible()
    _, data = download(build)
    assert json.loads(data) == config | {"tools": []}


def test_a_file_that_is_no_config_is_refused_with_its_place(build: Page) -> None:
    text = b'{"model": {},\n "training": {},}'
    open_file(build, {"name": "bad.json", "mimeType": "application/json", "buffer": text})
    expect(build.get_by_role("dialog")).to_contain_text("Line 2, column 16")


def test_several_files_are_kept_in_the_sidebar(build: Page) -> None:
    open_file(build, *FILES)
    build.get_by_role("button", name="Keep all 3 in the sidebar").click()
    expect(build.get_by_role("dialog")).to_have_count(0)
    build.get_by_test_id("stSidebar").get_by_role("button", name="dpo_config").click()
    expect(field(build, "Epochs")).to_have_value("100")


def test_the_json_view_shows_the_document_and_keeps_broken_text(build: Page) -> None:
    type_in(build, "Learning rate", "2e-4")
    build.get_by_role("radio", name="JSON").click()
    editor = field(build, "The config as JSON")
    expect(editor).to_have_value(re.compile('"learning_rate": 2e-4'))
    text = editor.input_value()
    editor.fill(text.replace("700", "700,,"))
    editor.press("Control+Enter")
    expect(build.get_by_text("Line 25")).to_be_visible()
    editor.fill(text.replace("700", "800"))
    editor.press("Control+Enter")
    expect(build.get_by_text("Line 25")).to_have_count(0)
    build.get_by_role("radio", name="Form").click()
    expect(field(build, "Samples (rows)")).to_have_value("800")


def test_on_a_phone_the_panel_is_a_bar_that_opens(build: Page) -> None:
    build.set_viewport_size({"width": 400, "height": 800})
    expect(build.get_by_role("button", name="Download")).to_be_in_viewport()
    expect(card(build, "training rows")).not_to_be_visible()
    build.locator(".st-key-summary_open label").click()
    expect(card(build, "training rows")).to_be_visible()
    width = build.get_by_test_id("stMain").evaluate("part => part.scrollWidth")
    assert width <= 400


def test_nothing_is_fetched_from_elsewhere(page: Page, app_url: str) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(app_url)
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=30_000)
    assert hosts == {app_url.split("/")[2]}


# Milliseconds between pressing and releasing the button of a mouse, as people do it.
PRESS = 90


def test_text_without_enter_is_in_the_download(build: Page) -> None:
    field(build, "Epochs").click()
    build.keyboard.press("Control+a")
    build.keyboard.type("7")
    with build.expect_download() as waiting:
        build.get_by_role("button", name="Download").click(delay=PRESS)
    config = json.loads(Path(waiting.value.path()).read_bytes())
    assert config["training"]["num_epochs"] == 7


@pytest.mark.parametrize(
    ("label", "typed"), [("Epochs", "9"), ("Learning rate", "3e-4"), ("Model *", "me/mine")]
)
def test_text_without_enter_survives_the_other_page(build: Page, label: str, typed: str) -> None:
    field(build, label).click()
    build.keyboard.press("Control+a")
    build.keyboard.type(typed)
    build.get_by_role("link", name="Reference").click(delay=PRESS)
    expect(build.get_by_role("heading", name="Settings")).to_be_visible()
    build.get_by_role("link", name="Build").click()
    expect(field(build, label)).to_have_value(typed)
    expect(field(build, "Samples (rows)")).to_have_value("700")


def test_an_edit_that_makes_a_config_invalid_is_told_beside_the_form(build: Page) -> None:
    type_in(build, "Epochs", "0")
    panel = build.locator(".st-key-summary")
    expect(panel).to_contain_text("This config has 1 error; the file downloads all the same.")
    expect(panel).to_contain_text("Epochs must be a whole number from 1")
    type_in(build, "Learning rate", "5e-")
    expect(panel).to_contain_text("This config has 2 errors")
    type_in(build, "Learning rate", "5e-5")
    type_in(build, "Epochs", "1")
    expect(panel).not_to_contain_text("This config has")

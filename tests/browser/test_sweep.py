"""A sweep in a real browser: typed, looked at, downloaded, saved as a group, found again."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.reading.consent import commands, hashes
from core.stores.protocol import Query
from tests.browser.idle import wait_until_idle
from tests.browser.users import User
from tests.command import run
from tests.commands import digest, tool

pytestmark = pytest.mark.browser

RATES = ("training.learning_rate", "1e-4, 2e-4")
RANKS = ("training.lora_r", "8, 16")


def line(page: Page, number: int) -> Locator:
    """The line of the setting that was added as that number."""
    return page.locator(f".st-key-sweep_axis_{number}")


def choose(page: Page, number: int, path: str) -> None:
    box = line(page, number).locator("[data-testid=stSelectbox] input")
    box.click()
    box.fill(path)
    page.get_by_role("option").first.wait_for()
    box.press("Enter")
    wait_until_idle(page)


def write(page: Page, number: int, text: str) -> None:
    field = line(page, number).get_by_label("Values", exact=True)
    field.fill(text)
    field.press("Enter")
    wait_until_idle(page)


def vary(page: Page, *axes: tuple[str, str]) -> None:
    for number, (path, text) in enumerate(axes, 1):
        if number > 1:
            click(page, "Add a setting")
        choose(page, number, path)
        write(page, number, text)


def click(page: Page, name: str) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name).first.click()
    wait_until_idle(page)


def outcome(page: Page) -> Locator:
    return page.locator(".st-key-sweep_outcome")


def names(user: User) -> list[str]:
    return sorted(row.name for row in user.bench.page(Query(limit=500)).rows)


def test_from_the_form_to_a_zip_whose_configs_pass_check(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    page.goto(app_url)
    wait_until_idle(page)
    page.get_by_role("link", name="Sweep…").click()
    wait_until_idle(page)
    vary(page, RATES, RANKS)
    expect(outcome(page)).to_contain_text("2 × 2 = 4 configs")
    expect(outcome(page)).to_contain_text("all run")
    with page.expect_download() as waiting:
        outcome(page).get_by_role("button", name="Download 4 configs").click()
    assert waiting.value.suggested_filename == "sft_toolbench-sweep.zip"
    with zipfile.ZipFile(waiting.value.path()) as archive:
        archive.extractall(tmp_path)
    configs = sorted((tmp_path / "configs").iterdir())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [f"configs/{one.name}" for one in configs] == [
        one["file"] for one in manifest["members"]
    ]
    assert run("check", *configs).code == 0


def test_the_page_and_the_command_line_make_the_same_zip(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    page.goto(f"{app_url}/sweep")
    wait_until_idle(page)
    vary(page, RATES, ("data.max_samples", "100, absent"))
    page.get_by_text("Only configs that run").click()
    wait_until_idle(page)
    with page.expect_download() as waiting:
        outcome(page).get_by_role("button", name="Download 2 configs").click()
    base, out = tmp_path / "sft_toolbench.json", tmp_path / "own.zip"
    base.write_text(run("presets", "sft_toolbench").out)
    words = ["--set", "=".join(RATES), "--set", "data.max_samples=100, absent"]
    assert run("sweep", base, *words, "--running-only", "-o", out).code == 0
    assert Path(waiting.value.path()).read_bytes() == out.read_bytes()


def test_a_group_is_saved_found_and_compared(user: User) -> None:
    page = user.open("/sweep")
    vary(page, RATES, RANKS)
    click(page, "Save as a group")
    expect(page.locator(".st-key-sweep_saved")).to_contain_text("Saved 4 configs")
    assert len(names(user)) == 4
    # Once more: nothing is there twice.
    click(page, "Save as a group")
    expect(page.locator(".st-key-sweep_saved")).to_contain_text("All 4 are in the library already")
    page.get_by_role("link", name="Show in library").click()
    expect(page).to_have_url(re.compile(r"/library\?.*tag=sweep"))
    expect(page.locator(".st-key-pager")).to_contain_text("1–4 of 4")
    page.get_by_role("link", name="Sweep", exact=True).click()
    wait_until_idle(page)
    click(page, "Compare all")
    expect(page).to_have_url(re.compile("/compare"))
    expect(page.locator('tr[data-key="training.lora_r"]')).to_be_visible()
    assert page.locator("table").first.locator("thead th").count() == 5


def test_a_click_while_it_is_saved_stops_nothing(user: User) -> None:
    page = user.open("/sweep")
    vary(page, ("seed", ", ".join(map(str, range(60)))))
    page.get_by_role("button", name="Save as a group").click()
    # How far it is stands there for a moment only.
    expect(page.get_by_text(re.compile("Saved [1-9][0-9]* (of 60|configs)"))).to_be_visible()
    page.get_by_role("button", name="Add a setting").click()
    # Whether the click ended the first run of the page or just missed it, all of it is there.
    expect(page.locator(".st-key-sweep_saved")).to_contain_text("tagged sweep:sft_toolbench")
    assert len(names(user)) == 60
    expect(line(page, 2)).to_be_visible()


def test_what_was_typed_survives_another_page_and_every_widget_works_twice(
    page: Page, app_url: str
) -> None:
    page.goto(f"{app_url}/sweep")
    wait_until_idle(page)
    vary(page, RATES, RANKS)
    for mode, told in (
        ("Paired", "2 paired = 2 configs"),
        ("All combinations", "2 × 2 = 4 configs"),
    ) * 2:
        page.get_by_role("radio", name=mode).click()
        wait_until_idle(page)
        expect(outcome(page)).to_contain_text(told)
    for number in (2, 1):
        line(page, number).get_by_role("button", name="Move up").click()
        wait_until_idle(page)
    for text in ("8, 16, 32", "4, 8"):
        write(page, 2, text)
    name = page.get_by_label("Name", exact=True)
    for text in ("first", "second"):
        name.fill(text)
        name.press("Enter")
        wait_until_idle(page)
    # Left with the cursor still in the field.
    line(page, 1).get_by_label("Values", exact=True).fill("1e-5, 2e-5, 3e-5")
    # As long as a finger takes: a click without any time ends what the browser was about to send.
    page.get_by_role("link", name="Compare", exact=True).click(delay=90)
    expect(page.locator(".st-key-sweep_axes")).to_have_count(0)
    wait_until_idle(page)
    page.get_by_role("link", name="Sweep", exact=True).click()
    expect(page.locator(".st-key-sweep_axes")).to_be_visible()
    expect(line(page, 1).get_by_label("Values", exact=True)).to_have_value("1e-5, 2e-5, 3e-5")
    expect(line(page, 2).get_by_label("Values", exact=True)).to_have_value("4, 8")
    expect(name).to_have_value("second")
    expect(outcome(page)).to_contain_text("3 × 2 = 6 configs")
    line(page, 1).get_by_role("button", name="Remove").click()
    wait_until_idle(page)
    expect(outcome(page)).to_contain_text("2 configs")


def test_commands_are_agreed_to_once_for_the_whole_group(user: User) -> None:
    base = drafts.from_preset(presets.find("sft_toolbench")).renamed("mine")
    command = tool(type="command", command="date")
    draft = base.with_document(put(base.document, ("tools",), [command]))
    kept = user.bench.save(draft.approving(commands(draft.document)))
    page = user.open(f"/?config={kept.id}")
    page.get_by_role("link", name="Sweep", exact=True).click()
    wait_until_idle(page)
    vary(page, RATES)
    choose(page, 1, "tools[0].command")
    write(page, 1, "date, uptime")
    click(page, "Save as a group")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("uptime")
    dialog.get_by_text("I have read it").click()
    wait_until_idle(page)
    dialog.get_by_role("button", name="Approve and save").click()
    expect(page.locator(".st-key-sweep_saved")).to_contain_text("Saved 2 configs")
    rows = user.bench.page(Query(tags=("sweep:mine",))).rows
    approved = {one.name: hashes(user.bench.config(one.id).approved) for one in rows}
    assert sorted(approved.values(), key=sorted) == sorted(
        [frozenset({digest("date")}), frozenset({digest("uptime")})], key=sorted
    )


def test_names_and_values_are_no_markup(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/sweep")
    wait_until_idle(page)
    evil = "<img src=x onerror=\"document.title='owned'\">"
    choose(page, 1, "model.name")
    write(page, 1, f"{json.dumps(evil)}, **b**")
    expect(outcome(page)).to_contain_text("2 configs")
    page.get_by_text("Compare side by side").click()
    wait_until_idle(page)
    page.get_by_text("Run it, and what is in the ZIP").click()
    wait_until_idle(page)
    assert "owned" not in page.title()
    assert page.locator("img[src=x]").count() == 0


def test_it_fits_a_phone(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"{app_url}/sweep")
    wait_until_idle(page)
    vary(page, RATES)
    expect(outcome(page)).to_contain_text("2 configs")
    assert page.get_by_test_id("stMain").evaluate("part => part.scrollWidth") <= 400

"""Keeping configs in a real browser: sign up, save, find, look back, and two people at once."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Locator, Page, Position, expect

from core import presets
from core.document import Document, put
from core.drafts import draft as drafts
from core.stores.protocol import Config
from tests.browser.idle import wait_until_idle
from tests.browser.users import PASSWORD, User, expect_signed_out, fill_sign_in

pytestmark = pytest.mark.browser

# Pixels of the table: its head, a row, and the box that selects one.
HEAD, ROW, BOX = 32, 32, 17


def field(page: Page, label: str) -> Locator:
    wait_until_idle(page)
    # While a config is opened, the old fields stand behind the new ones for a moment.
    return page.get_by_label(label, exact=True).first


def type_in(page: Page, label: str, text: str) -> None:
    field(page, label).fill(text)
    field(page, label).press("Enter")
    wait_until_idle(page)


def click(page: Page, name: str) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name, exact=True).click()
    wait_until_idle(page)


def select_row(page: Page, number: int) -> None:
    """Select a row of the library's table, the first one being 0."""
    wait_until_idle(page)
    table = page.get_by_test_id("stDataFrame").get_by_test_id("data-grid-canvas")
    place: Position = {"x": float(BOX), "y": float(HEAD + ROW * number + ROW // 2)}
    # A canvas shows nowhere that it is ready for the mouse.
    page.wait_for_timeout(300)
    # A transparent layer above the canvas takes the mouse.
    table.click(position=place, force=True)
    wait_until_idle(page)


def keep(user: User, name: str, preset: str = "sft_toolbench", **training: Any) -> Config:
    document: Document = presets.find(preset).config
    for key, value in training.items():
        document = put(document, ("training", key), value)
    draft = drafts.from_preset(presets.find(preset)).renamed(name)
    return user.bench.save(draft.with_document(document))


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def test_a_newcomer_signs_up_saves_reloads_and_reopens(page: Page, app_url: str) -> None:
    page.goto(app_url)
    type_in(page, "Epochs", "7")
    type_in(page, "Name", "my first run")
    click(page, "Save")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Create account").click()
    form = dialog.get_by_role("tabpanel").filter(has_text="Password again")
    form.get_by_label("User name").fill("newcomer")
    form.get_by_label("Password", exact=True).fill(PASSWORD)
    form.get_by_label("Password again").fill(PASSWORD)
    form.get_by_role("button", name="Create account").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("version 1 · saved")).to_be_visible()
    expect(page.get_by_role("link", name="Account · newcomer")).to_be_visible()
    page.reload()
    expect(page.get_by_text("version 1 · saved")).to_be_visible(timeout=20_000)
    expect(field(page, "Epochs")).to_have_value("7")
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_text("1–1 of 1")).to_be_visible(timeout=20_000)
    select_row(page, 0)
    click(page, "Edit")
    expect(field(page, "Name")).to_have_value("my first run")
    type_in(page, "Epochs", "8")
    click(page, "Save")
    expect(page.get_by_text("version 2 · saved")).to_be_visible()


def test_the_cookie_is_not_for_scripts(user: User) -> None:
    page = user.new_page()
    page.goto(user.app_url + "/library")
    with page.expect_response("**/session/redeem"):
        fill_sign_in(page, user.account.name)
    expect(page.get_by_text("Nothing saved yet")).to_be_visible(timeout=20_000)
    (cookie,) = [item for item in page.context.cookies() if item.get("name", "").startswith("tune")]
    assert cookie.get("httpOnly")
    assert cookie.get("sameSite") == "Strict"
    assert str(cookie.get("value")) not in page.evaluate("document.cookie")


def test_a_conflict_between_two_browsers_is_settled_field_by_field(user: User) -> None:
    config = keep(user, "shared")
    first, second = user.open(f"/?config={config.id}"), user.open(f"/?config={config.id}")
    for page in (first, second):
        expect(page.get_by_text("version 1 · saved")).to_be_visible(timeout=20_000)
    type_in(first, "Epochs", "3")
    click(first, "Save")
    expect(first.get_by_text("version 2 · saved")).to_be_visible()
    type_in(second, "Epochs", "4")
    type_in(second, "Learning rate", "1e-4")
    click(second, "Save")
    dialog = second.get_by_role("dialog")
    expect(dialog).to_contain_text("Version 2 was saved")
    dialog.locator('tr[data-key="training.num_epochs"] td').nth(2).click()
    click(second, "Save what is chosen")
    expect(second.get_by_text("version 3 · saved")).to_be_visible()
    expect(field(second, "Epochs")).to_have_value("3")
    training = user.bench.config(config.id).config_json["training"]
    assert (training["num_epochs"], training["learning_rate"]) == (3, 1e-4)
    assert user.bench.versions(config.id)[1].content.text != config.text


def test_an_old_version_is_compared_downloaded_and_restored(user: User) -> None:
    config = keep(user, "tried")
    page = user.open(f"/?config={config.id}")
    expect(page.get_by_text("version 1 · saved")).to_be_visible(timeout=20_000)
    type_in(page, "Epochs", "3")
    click(page, "Save")
    click(page, "Versions")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("is at version 2")
    expect(dialog.get_by_role("row", name="num_epochs 1 ≠3")).to_be_visible()
    dialog.get_by_role("combobox", name="Version", exact=True).click()
    page.get_by_role("option", name="1", exact=True).click()
    wait_until_idle(page)
    assert downloaded(page, "Download this version").decode() == config.text
    click(page, "Restore")
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("version 3 · saved")).to_be_visible()
    expect(field(page, "Epochs")).to_have_value("1")
    assert user.bench.config(config.id).text == config.text


def test_deleted_configs_come_back(user: User) -> None:
    for name in ("a", "b", "c"):
        keep(user, name)
    page = user.open("/library")
    expect(page.get_by_text("1–3 of 3")).to_be_visible(timeout=20_000)
    select_row(page, 0)
    select_row(page, 2)
    expect(page.get_by_text("2 configs selected")).to_be_visible()
    click(page, "Delete")
    expect(page.get_by_text("1–1 of 1")).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("button", name="Undo delete").first.click()
    expect(page.get_by_text("1–3 of 3")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Recently deleted")).to_have_count(0)


def test_the_address_restores_search_filter_order_and_selection(user: User) -> None:
    for number in range(4):
        keep(user, f"sweep {number}", learning_rate=10.0**-number)
    keep(user, "other", preset="dpo_basic")
    page = user.open("/library")
    page.get_by_label("Search", exact=True).fill("SWEEP")
    expect(page.get_by_text("1–4 of 4")).to_be_visible()
    page.get_by_role("combobox", name="Order").click()
    page.get_by_role("option", name="Name, A to Z").click()
    wait_until_idle(page)
    select_row(page, 1)
    panel = page.locator(".st-key-preview")
    expect(panel).to_contain_text("sweep 1")
    link = page.evaluate("location.href")
    again = user.open()
    again.goto(link)
    expect(again.get_by_text("1–4 of 4")).to_be_visible(timeout=20_000)
    expect(again.get_by_label("Search", exact=True)).to_have_value("SWEEP")
    expect(again.locator(".st-key-preview")).to_contain_text("sweep 1")


def test_several_are_compared_tagged_and_downloaded(user: User) -> None:
    for epochs in (1, 2):
        keep(user, f"run {epochs}", num_epochs=epochs)
    page = user.open("/library")
    select_row(page, 0)
    select_row(page, 1)
    expect(page.get_by_text("2 configs selected")).to_be_visible()
    click(page, "Compare")
    row = page.locator('tr[data-key="training.num_epochs"]')
    expect(row.locator("td")).to_have_text(["2", "≠1"])
    page.get_by_test_id("stTopNav").get_by_role("link", name="Library").click()
    wait_until_idle(page)
    tags = page.locator(".st-key-preview").get_by_role("combobox", name="Tags")
    tags.fill("keep")
    tags.press("Enter")
    wait_until_idle(page)
    page.keyboard.press("Escape")
    data = downloaded(page, "Download ZIP")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sorted(archive.namelist()) == ["run-1.json", "run-2.json"]
    assert user.bench.facets().tags == {"keep": 2}


def test_many_files_are_imported_with_one_report(user: User) -> None:
    keep(user, "one")
    config = json.dumps(presets.find("dpo_basic").config).encode()
    page = user.open("/library")
    click(page, "Import")
    files: list[Any] = [
        {"name": name, "mimeType": "application/json", "buffer": data}
        for name, data in (("one.json", config), ("two.json", config), ("bad.json", b"{,"))
    ]
    page.locator("input[type=file]").set_input_files(files)
    click(page, "Save all 2 to the library")
    report = page.locator(".st-key-landed")
    expect(report).to_contain_text("2 configs of 3 saved")
    expect(report).to_contain_text("one (2)")
    expect(report).to_contain_text("bad was not saved")
    click(page, "Done")
    expect(page.get_by_text("1–3 of 3")).to_be_visible()


TOOL = {
    "name": "lister",
    "description": "Lists a folder",
    "parameters": {"type": "object", "properties": {}},
    "type": "command",
    "command": "ls {folder}",
}


def test_a_file_whose_tool_runs_a_command_is_taken_in_with_a_yes_only(user: User) -> None:
    document = put(presets.find("teacher_mode").config, ("tools",), [TOOL])
    buffer = json.dumps(document).encode()
    files: list[Any] = [{"name": "risky.json", "mimeType": "application/json", "buffer": buffer}]
    page = user.open("/library")
    for agrees in (False, True):
        click(page, "Import")
        page.locator("input[type=file]").set_input_files(files)
        expect(page.get_by_role("dialog")).to_contain_text("ls {folder}")
        if agrees:
            page.get_by_text("I have read what its tools run").click()
            wait_until_idle(page)
        click(page, "Save to the library")
        said = "1 config of 1 saved" if agrees else "risky was not saved"
        expect(page.locator(".st-key-landed")).to_contain_text(said)
        click(page, "Done")
    expect(page.get_by_text("1–1 of 1")).to_be_visible()


def test_unsaved_work_survives_a_closed_tab(user: User) -> None:
    config = keep(user, "long run")
    page = user.open(f"/?config={config.id}")
    expect(page.get_by_text("version 1 · saved")).to_be_visible(timeout=20_000)
    type_in(page, "Epochs", "6")
    expect(page.get_by_text("version 1 · changed since")).to_be_visible()
    page.close()
    again = user.open("/")
    expect(again.get_by_text("Unsaved work on long run")).to_be_visible(timeout=20_000)
    click(again, "Continue")
    expect(field(again, "Epochs")).to_have_value("6")
    click(again, "Save")
    expect(again.get_by_text("version 2 · saved")).to_be_visible()


def test_closing_a_tab_with_unsaved_work_is_asked_by_the_browser(user: User) -> None:
    page = user.open("/")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    wait_until_idle(page)
    assert asked == []
    type_in(page, "Epochs", "6")
    page.wait_for_function("() => window.__tunesmith_leaving?.unsaved")
    page.reload()
    assert asked == ["beforeunload"]


def test_signing_out_in_one_tab_signs_out_the_other(user: User) -> None:
    keep(user, "private run")
    first = user.open("/library")
    second = first.context.new_page()
    second.goto(user.app_url + "/library")
    expect(second.get_by_text("1–1 of 1")).to_be_visible(timeout=20_000)
    first.get_by_role("link", name="Account").click()
    click(first, "Sign out")
    expect_signed_out(first)
    expect_signed_out(second)
    expect(second.get_by_text("private run")).to_have_count(0)
    second.reload()
    expect_signed_out(second)


def test_a_changed_password_ends_the_other_browsers_session(user: User) -> None:
    here, there = user.open("/account"), user.open("/library")
    here.get_by_text("Change the password").first.click()
    here.get_by_label("Current password").fill(PASSWORD)
    here.get_by_label("New password", exact=True).fill(PASSWORD + " 2")
    here.get_by_label("New password again").fill(PASSWORD + " 2")
    click(here, "Change the password")
    expect(here.get_by_text("all other sessions have ended")).to_be_visible()
    navigation = there.get_by_test_id("stTopNav")
    navigation.get_by_role("link", name="Build").click()
    navigation.get_by_role("link", name="Library").click()
    expect_signed_out(there)
    here.reload()
    expect(here.get_by_text("Where you are signed in")).to_be_visible(timeout=20_000)


def test_deleting_the_account_deletes_everything(user: User) -> None:
    keep(user, "gone")
    page = user.open("/account")
    page.get_by_text("Delete the account").first.click()
    page.get_by_label("Type your user name").fill(user.account.name)
    page.locator(".st-key-delete_account").get_by_label("Password", exact=True).fill(PASSWORD)
    click(page, "Delete my account and all my data")
    expect_signed_out(page)
    with user.database.read() as connection:
        (left,) = connection.execute(
            "SELECT count(*) FROM training_configs WHERE user_id = ?", (user.account.user_id,)
        ).fetchone()
    assert left == 0


def test_two_users_see_their_own_libraries(new_user: Callable[[], User]) -> None:
    ann, bob = new_user(), new_user()
    keep(ann, "of ann")
    keep(bob, "of bob")
    for user, own, other in ((ann, "of ann", "of bob"), (bob, "of bob", "of ann")):
        page = user.open("/library")
        expect(page.get_by_text("1–1 of 1")).to_be_visible(timeout=20_000)
        select_row(page, 0)
        expect(page.locator(".st-key-preview")).to_contain_text(own)
        assert other not in page.content()


def test_a_click_on_a_name_shows_the_config(user: User) -> None:
    for name in ("one", "two"):
        keep(user, name)
    page = user.open("/library")
    wait_until_idle(page)
    page.wait_for_timeout(300)
    for number, name in ((0, "two"), (1, "one")):
        place: Position = {"x": 100.0, "y": float(HEAD + ROW * number + ROW // 2)}
        page.get_by_test_id("data-grid-canvas").click(position=place, force=True)
        expect(page.locator(".st-key-preview")).to_contain_text(name)

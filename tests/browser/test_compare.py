"""Configs side by side in a real browser: the trainer's own files, fifty configs, a phone, keys."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core import presets
from core.document import Document, put
from core.drafts import draft as drafts
from core.stores.protocol import Config
from core.workbench import opened
from tests.browser.idle import wait_until_idle
from tests.browser.users import User, fill_sign_in

pytestmark = pytest.mark.browser

DATA = Path(__file__).resolve().parents[1] / "data" / "tiny_tool_use"
FILES = [DATA / f"{name}_config.json" for name in ("sft_toolbench", "dpo", "teacher_mode")]
SFT, DPO = "with=preset:sft_toolbench", "with=preset:dpo_basic"
EVIL = "<img src=x onerror=\"document.title='owned'\">"


def keep(user: User, name: str, document: Document | None = None, **training: Any) -> Config:
    draft = drafts.from_preset(presets.find("sft_toolbench")).renamed(name)
    document = document or draft.document
    for key, value in training.items():
        document = put(document, ("training", key), value)
    return user.bench.save(draft.with_document(document))


def show(page: Page, app_url: str, query: str) -> Page:
    page.goto(f"{app_url}/compare?{query}")
    expect(page.locator("table").first).to_be_visible(timeout=30_000)
    wait_until_idle(page)
    return page


def sides(*configs: Config) -> str:
    return "&".join(f"with=config:{config.id}" for config in configs)


def line(page: Page, path: str) -> Locator:
    return page.locator(f'tr[data-key="{path}"]')


def cells(page: Page, path: str) -> list[str]:
    """What the line shows, without small print; ``≠`` marks what differs."""
    texts: list[str] = (
        line(page, path).locator("td .value").evaluate_all("all => all.map(one => one.textContent)")
    )
    return texts


def expect_cells(page: Page, path: str, texts: list[str]) -> None:
    """Wait until the line shows just this."""
    for _ in range(100):
        if cells(page, path) == texts:
            return
        page.wait_for_timeout(100)
    assert cells(page, path) == texts


def click(page: Page, name: str | re.Pattern[str]) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name, exact=True).click()
    wait_until_idle(page)


def downloaded(page: Page, button: Locator) -> bytes:
    with page.expect_download() as waiting:
        button.click()
    return Path(waiting.value.path()).read_bytes()


def focused(page: Page) -> str:
    """The line of the cell that has the focus, inside the table's own root."""
    key: str = page.evaluate(
        "(() => { let at = document.activeElement;"
        " while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
        " return at?.closest('tr')?.dataset.key ?? '' })()"
    )
    return key


# --- What is compared ----------------------------------------------------------------------------


def test_the_trainers_own_files_are_compared(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/compare?{SFT}")
    wait_until_idle(page)
    click(page, "Add")
    page.locator("input[type=file]").set_input_files(FILES)
    expect(page.locator("thead th")).to_have_count(5)
    page.keyboard.press("Escape")
    click(page, "Clear")
    expect(page.get_by_text("Add two configs or more")).to_be_visible()
    click(page, "Add")
    for number, name in enumerate(("sft_toolbench_config", "dpo_config", "teacher_mode_config")):
        click(page, name)
        # One config is no comparison yet.
        expect(page.locator("thead th")).to_have_count(2 + number if number else 0)
    page.keyboard.press("Escape")
    expect(page.get_by_text("settings differ")).to_be_visible()
    expect_cells(page, "training.method", ["sft", "≠dpo", "≠teacher_mode"])
    expect_cells(page, "training.adam_beta1", ["–", "≠0.9", "–"])
    assert cells(page, "derived:warmup_share")[0] == "455%"
    expect(line(page, "training.warmup_steps")).to_contain_text("no effect")
    column = page.get_by_role("button", name="Download dpo_config.json")
    assert downloaded(page, column) == FILES[1].read_bytes()


def test_keys_of_one_side_are_shown_in_both_orders(page: Page, app_url: str) -> None:
    for query, first in ((f"{SFT}&{DPO}", "sft"), (f"{DPO}&{SFT}", "dpo")):
        show(page, app_url, query)
        assert cells(page, "training.method")[0] == first
        for path in ("training.adam_beta1", "tools[calculator].name", "data.max_samples"):
            assert "≠" in cells(page, path)[1]


def test_a_link_leads_to_the_same_view(user: User) -> None:
    first, second = keep(user, "one"), keep(user, "two", learning_rate=1e-4, num_epochs=3)
    page = show(user.open("/"), user.app_url, f"{SFT}&{sides(first, second)}")
    page.get_by_text("With an effect", exact=True).click()
    wait_until_idle(page)
    page.get_by_label("Search", exact=True).fill("rate")
    page.get_by_role("combobox", name="Base").click()
    page.get_by_role("option", name="two").click()
    wait_until_idle(page)
    expect(line(page, "training.num_epochs")).to_have_count(0)
    expect_cells(page, "training.learning_rate", ["1e-4", "≠5e-5", "≠5e-5"])
    link = page.evaluate("location.href")
    again = user.open()
    again.goto(link)
    expect(line(again, "training.learning_rate")).to_be_visible(timeout=30_000)
    expect_cells(again, "training.learning_rate", ["1e-4", "≠5e-5", "≠5e-5"])
    expect(again.get_by_label("Search", exact=True)).to_have_value("rate")
    expect(line(again, "training.num_epochs")).to_have_count(0)


def test_back_goes_one_step_back(page: Page, app_url: str) -> None:
    show(page, app_url, f"{SFT}&{DPO}&base=preset:dpo_basic&ignore=tools")
    page.get_by_text("With an effect", exact=True).click()
    expect(line(page, "tokenizer.padding_side")).to_have_count(0)
    wait_until_idle(page)
    click(page, "Clear")
    expect(page.get_by_text("Add two configs or more")).to_be_visible()
    page.go_back()
    expect_cells(page, "training.method", ["dpo", "≠sft"])
    expect(line(page, "tokenizer.padding_side")).to_have_count(0)
    page.go_back()
    expect(line(page, "tokenizer.padding_side")).to_be_visible()
    page.go_forward()
    expect(line(page, "tokenizer.padding_side")).to_have_count(0)


def test_back_is_not_caught_by_the_page(page: Page, app_url: str) -> None:
    page.goto(app_url)
    expect(page.get_by_label("Epochs", exact=True)).to_be_visible(timeout=30_000)
    wait_until_idle(page)
    navigation = page.get_by_test_id("stTopNav")
    navigation.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("No setting differs")).to_be_visible()
    expect(page).to_have_url(re.compile("with=draft"))
    page.get_by_role("radio", name="All").click()
    expect(line(page, "training.method")).to_be_visible()
    wait_until_idle(page)
    page.go_back()
    expect(page.get_by_text("Nothing differs")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{app_url}/")
    expect(page.get_by_label("Epochs", exact=True)).to_be_visible()
    assert "with" not in page.url


def test_what_is_compared_is_there_again_after_another_page(page: Page, app_url: str) -> None:
    show(page, app_url, f"{SFT}&{DPO}&show=effect")
    navigation = page.get_by_test_id("stTopNav")
    navigation.get_by_role("link", name="Reference").click()
    wait_until_idle(page)
    navigation.get_by_role("link", name="Compare").click()
    expect(line(page, "training.method")).to_be_visible()
    expect(line(page, "tokenizer.padding_side")).to_have_count(0)
    assert "show=effect" in page.url


def test_who_follows_a_link_signs_in_and_sees_it(user: User, page: Page) -> None:
    config = keep(user, "mine", num_epochs=4)
    page.goto(f"{user.app_url}/compare?{SFT}&{sides(config)}")
    expect(page.get_by_text("Sign in to compare a saved")).to_be_visible(timeout=30_000)
    click(page, "Sign in to see it")
    fill_sign_in(page, user.account.name)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_cells(page, "training.num_epochs", ["1", "≠4"])
    expect(page.get_by_text("Sign in to compare a saved")).to_have_count(0)


def test_text_in_a_config_is_text_and_nothing_else(user: User) -> None:
    evil: Document = {"training": {"method": EVIL, EVIL: "</td><script>document.title='owned'"}}
    configs = [keep(user, EVIL[:100], evil), keep(user, "fine")]
    page = show(user.open("/"), user.app_url, f"{sides(*configs)}&q={EVIL[:9]}&ignore={EVIL}")
    page.get_by_label("Search", exact=True).fill("")
    wait_until_idle(page)
    expect_cells(page, "training.method", [EVIL, "≠sft"])
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "Compare - Tunesmith"


# --- Reading it ----------------------------------------------------------------------------------


def test_fifty_configs_keep_names_and_base_in_view(user: User) -> None:
    configs = [
        keep(user, f"run {number:02}", num_epochs=1 + number % 4, lora_r=8 * (1 + number % 3))
        for number in range(50)
    ]
    page = show(user.open("/"), user.app_url, sides(*configs))
    expect(page.locator("thead th")).to_have_count(51)
    box = page.locator(".box")
    box.evaluate("box => box.scrollLeft = box.scrollWidth")
    name = line(page, "training.num_epochs").locator("th")
    edge = box.bounding_box()
    assert edge
    for own in (name, line(page, "training.num_epochs").locator("td").first):
        place = own.bounding_box()
        assert place
        assert place["x"] < edge["x"] + edge["width"] / 2
    assert len(set(cells(page, "training.num_epochs"))) == 4


def test_differences_are_found_by_key(page: Page, app_url: str) -> None:
    show(page, app_url, f"{SFT}&{DPO}")
    order = page.locator("tr.setting.different").evaluate_all(
        "rows => rows.map(r => r.dataset.key)"
    )
    for path in order[:3]:
        page.keyboard.press("n")
        assert focused(page) == path
    page.keyboard.press("p")
    assert focused(page) == order[1]
    expect(page.get_by_text(f"2 of {len(order)}")).to_be_visible()
    page.get_by_role("button", name="Previous difference (p)").click()
    assert focused(page) == order[0]
    page.get_by_label("Search", exact=True).press_sequentially("nnp")
    expect(page.get_by_label("Search", exact=True)).to_have_value("nnp")


def test_a_difference_is_marked_without_color_too(page: Page, app_url: str) -> None:
    show(page, app_url, f"{SFT}&{DPO}")
    cell = line(page, "training.method").locator("td").nth(1)
    look = "cell => [getComputedStyle(cell).backgroundColor, cell.innerText]"
    base_color, base_text = line(page, "training.method").locator("td").first.evaluate(look)
    color, text = cell.evaluate(look)
    assert color != base_color
    assert "≠" in text
    assert "≠" not in base_text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_grey_and_marked_text_can_be_read(
    new_page: Callable[[], Page], app_url: str, scheme: Any
) -> None:
    page = new_page()
    page.emulate_media(color_scheme=scheme)
    show(page, app_url, f"{SFT}&{DPO}")
    ratios = page.locator(".note, .value, .label, .mark").evaluate_all(CONTRAST)
    assert len(ratios) > 100
    assert min(ratios) >= 4.5


# For each element: the contrast of its text with what is behind it (WCAG 2.1, relative luminance).
CONTRAST = """elements => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const rgb = color => {
        canvas.clearRect(0, 0, 1, 1)
        canvas.fillStyle = color
        canvas.fillRect(0, 0, 1, 1)
        return [...canvas.getImageData(0, 0, 1, 1).data]
    }
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = rgb(getComputedStyle(at).backgroundColor)
            if (color[3] === 255) return color
        }
        return [255, 255, 255]
    }
    const light = color => {
        const [r, g, b] = color.slice(0, 3).map(part => {
            const share = part / 255
            return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    return elements.filter(one => one.textContent.trim()).map(one => {
        const both = [light(rgb(getComputedStyle(one).color)), light(behind(one))]
        return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05)
    })
}"""


def test_it_fits_a_phone(new_page: Callable[[], Page], app_url: str) -> None:
    page = new_page()
    page.set_viewport_size({"width": 400, "height": 800})
    show(page, app_url, f"{SFT}&{DPO}&with=preset:teacher_mode")
    assert page.get_by_test_id("stMain").evaluate("part => part.scrollWidth") <= 400
    box = page.locator(".box")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.evaluate("box => box.scrollLeft = 300")
    name = line(page, "training.method").locator("th").bounding_box()
    assert name
    assert 0 <= name["x"] < 60
    assert name["width"] < 180


def test_learning_rates_are_drawn_over_each_other_and_fit_a_phone(user: User) -> None:
    curves = [keep(user, EVIL[:100], warmup_steps=2), keep(user, "slow", warmup_steps=15)]
    page = show(user.open("/"), user.app_url, f"{SFT}&{sides(*curves)}")
    page.get_by_text("1 of 3 never leaves its warm-up").click()
    lines = page.locator(".curves .panels g.line")
    expect(lines).to_have_count(6)
    look = "line => ['stroke', 'strokeDasharray'].map(name => getComputedStyle(line)[name])"
    looks = [
        page.locator(f".curves g.line.ink-{number} .trace").first.evaluate(look)
        for number in range(3)
    ]
    for colors_or_dashes in zip(*looks, strict=True):
        assert len(set(colors_or_dashes)) == 3
    expect(page.locator(".curves li").nth(1)).to_contain_text(EVIL[:60])
    assert page.locator("img[src=x]").count() == 0
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.get_by_test_id("stMain").evaluate("part => part.scrollWidth") <= 400
    ratios = page.locator(".curves :is(b, small, bdi, .number, figcaption)").evaluate_all(CONTRAST)
    assert min(ratios) >= 4.5


def test_two_hundred_rows_are_one_table(user: User) -> None:
    many: Document = {**presets.find("sft_toolbench").config}
    many["extra"] = {f"key_{number:03}": number for number in range(200)}
    page = show(user.open("/"), user.app_url, f"{SFT}&{sides(keep(user, 'many', many))}")
    expect(page.locator("tr.setting.different")).to_have_count(200)
    expect(page.get_by_text("200 of 223 settings differ")).to_be_visible()
    page.keyboard.press("p")
    assert focused(page) == "extra.key_199"


def test_the_table_is_downloaded_safe_for_a_spreadsheet(user: User) -> None:
    formula = put(presets.find("sft_toolbench").config, ("model", "name"), "=1+1")
    page = show(user.open("/"), user.app_url, f"{SFT}&{sides(keep(user, '=2', formula))}")
    rows = list(csv.reader(io.StringIO(downloaded_text(page, "CSV"))))
    assert rows[0][2] == "'=2"
    assert ["model.name", "Qwen/Qwen3-0.6B", "'=1+1"] in [row[:3] for row in rows]
    assert "| `model.name` |" in downloaded_text(page, "Markdown")
    page.get_by_label("Search", exact=True).fill("nothing like it")
    expect(page.get_by_text("No setting has")).to_be_visible()
    wait_until_idle(page)
    assert len(downloaded_text(page, "CSV").splitlines()) == 1


def downloaded_text(page: Page, label: str) -> str:
    return downloaded(page, page.get_by_role("button", name=label, exact=True)).decode()


# --- Taking over ---------------------------------------------------------------------------------


def test_values_are_taken_by_mouse_and_by_key_and_given_back(page: Page, app_url: str) -> None:
    show(page, app_url, f"{DPO}&with=draft")
    line(page, "training.num_epochs").locator("td").first.click()
    panel = page.locator(".st-key-take")
    expect(panel).to_contain_text("Into the draft sft_toolbench")
    expect(panel).to_be_in_viewport()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    expect(panel).to_contain_text("training.learning_rate")
    click(page, "Take 2 values over")
    expect(line(page, "training.num_epochs")).to_have_count(0)
    click(page, "Undo")
    expect_cells(page, "training.num_epochs", ["100", "≠1"])
    expect(panel).to_have_count(0)
    line(page, "section:training").locator("td").first.click()
    wait_until_idle(page)
    click(page, re.compile("Take .* values over"))
    page.get_by_role("link", name="Edit the draft").click()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("100", timeout=20_000)


def test_a_pick_is_taken_back_by_a_second_click(page: Page, app_url: str) -> None:
    show(page, app_url, f"{DPO}&with=draft")
    cell = line(page, "training.num_epochs").locator("td").first
    for state in ("true", "false", "true"):
        cell.click()
        expect(cell).to_have_attribute("aria-selected", state)
        wait_until_idle(page)
    expect(page.locator(".st-key-take")).to_contain_text("Take 1 value over")


# --- One column ----------------------------------------------------------------------------------


def test_a_column_tells_more_and_shows_its_versions(user: User) -> None:
    config = keep(user, "mine")
    draft = opened(user.bench.config(config.id))
    user.bench.save(draft.with_document(put(draft.document, ("training", "num_epochs"), 9)))
    page = show(user.open("/"), user.app_url, f"{SFT}&{sides(config)}")
    page.get_by_role("button", name="mine", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("saved, version 2")
    dialog.get_by_role("radiogroup").get_by_text("1", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.locator("thead th")).to_have_count(4)
    expect_cells(page, "training.num_epochs", ["1", "≠9", "1"])
    page.get_by_role("button", name="mine", exact=True).first.click()
    dialog.get_by_role("button", name="Make it the base").click()
    expect(dialog).to_have_count(0)
    expect_cells(page, "training.num_epochs", ["9", "≠1", "≠1"])
    page.get_by_role("button", name="sft_toolbench", exact=True).click()
    dialog.get_by_role("button", name="Leave it out").click()
    expect(page.locator("thead th")).to_have_count(3)
    config_text = page.get_by_role("button", name="Download mine.json")
    assert json.loads(downloaded(page, config_text))["training"]["num_epochs"] == 9
    page.wait_for_timeout(1000)
    assert user.bench.config(config.id).times_used == 1


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_a_save_over_another_is_settled_in_the_same_table(
    user: User, width: int, scheme: Any
) -> None:
    config = keep(user, "shared")
    page = user.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    user.open(f"/?config={config.id}", page)
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("5")
    epochs.press("Enter")
    wait_until_idle(page)
    other = opened(user.bench.config(config.id))
    user.bench.save(other.with_document(put(other.document, ("training", "num_epochs"), 9)))
    click(page, "Save")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Version 2 was saved")
    expect_cells(page, "training.num_epochs", ["1", "≠5", "≠9"])
    assert min(page.locator(".note, .value, .label, .mark").evaluate_all(CONTRAST)) >= 4.5
    theirs = line(page, "training.num_epochs").locator("td").nth(2)
    expect(theirs).to_be_in_viewport()
    place, box = theirs.bounding_box(), page.locator(".box").bounding_box()
    assert place
    assert box
    assert place["x"] + place["width"] <= box["x"] + box["width"] + 1
    for _ in range(2):
        theirs.click()
        wait_until_idle(page)
        expect(theirs).to_have_attribute("aria-selected", "true")
    click(page, "Save what is chosen")
    expect(dialog).to_have_count(0)
    assert user.bench.config(config.id).revision == 2

"""The pictures of the README and the docs, taken from the real app.

``pytest -m browser --pictures`` writes them to ``docs/images``.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core import presets
from core.document import put
from core.drafts import draft as drafts
from tests.browser.users import User

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


def effective_values(page: Page) -> None:
    page.get_by_role("tab", name="Effective values").click()
    page.get_by_role("radio", name="Not as written").click()
    expect(page.locator(".st-key-effective")).to_contain_text("capped")


def make_it_run(page: Page) -> None:
    page.get_by_role("button", name="SFT PC Building").click()
    page.get_by_role("button", name="Make it run").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing else is touched")


def memory(page: Page) -> None:
    page.locator(".st-key-target button").first.click()
    page.get_by_role("combobox", name="Machine").click()
    page.get_by_role("option", name="NVIDIA T4").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Batch size 1, accumulation 32")).to_be_visible()
    page.get_by_text("What takes the memory").click()
    page.locator(".st-key-memory_table").scroll_into_view_if_needed()


@pytest.mark.parametrize(
    ("name", "size", "scheme", "prepare"),
    [
        ("build", (1440, 900), "light", first_look),
        ("effective", (1440, 760), "light", effective_values),
        ("make-it-run", (1440, 760), "light", make_it_run),
        ("memory", (1440, 900), "light", memory),
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


RUNS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("baseline", "sft_toolbench", {}),
    ("longer warm-up", "hybrid", {"warmup_steps": 40}),
    ("higher rank", "sft_toolbench", {"lora_r": 32, "lora_alpha": 64, "num_epochs": 3}),
    ("preference pairs", "dpo_basic", {}),
    ("rate too high", "sft_toolbench", {"learning_rate": 2.0}),
    ("teacher, small batch", "teacher_mode", {"batch_size": 1}),
    ("nightly", "hybrid", {"num_epochs": 2}),
)


def test_a_picture_shows_the_library(
    user: User, project: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for name, preset, changes in RUNS:
        draft = drafts.from_preset(presets.find(preset)).renamed(name)
        document = draft.document
        for key, value in changes.items():
            document = put(document, ("training", key), value)
        config = user.bench.save(draft.with_document(document))
        user.bench.tag([config.id], ["toolbench"] if "toolbench" in preset else ["later"])
    page = user.open(f"/library?selected={config.id}")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator(".st-key-preview")).to_contain_text("nightly", timeout=20_000)
    page.wait_for_timeout(800)
    folder = project / "docs" / "images" if request.config.getoption("--pictures") else tmp_path
    assert len(page.screenshot(path=folder / "library.png")) > DRAWN


TAKEN: tuple[tuple[str, str, tuple[int, int], str], ...] = (
    (
        "compare",
        "with=preset:sft_toolbench&with=preset:hybrid&with=preset:dpo_basic",
        (1440, 900),
        "light",
    ),
    ("compare-dark", "with=preset:dpo_basic&with=preset:teacher_mode", (1440, 900), "dark"),
    ("compare-phone", "with=preset:sft_toolbench&with=preset:dpo_basic", (400, 800), "light"),
    ("compare-texts", "with=preset:dpo_basic&with=preset:teacher_mode", (1200, 700), "light"),
)


@pytest.mark.parametrize(("name", "address", "size", "scheme"), TAKEN, ids=lambda one: str(one))
def test_a_picture_shows_a_comparison(
    new_page: Callable[[], Page],
    app_url: str,
    project: Path,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    name: str,
    address: str,
    size: tuple[int, int],
    scheme: str,
) -> None:
    page = new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{app_url}/compare?{address}")
    cell = page.locator('tr[data-key="training.num_epochs"] td').nth(1)
    expect(cell).to_be_visible(timeout=30_000)
    if name == "compare":
        cell.click()
        expect(page.locator(".st-key-take")).to_contain_text("Into the draft")
        page.get_by_test_id("stMain").evaluate("main => main.scrollTop = 0")
    if name == "compare-texts":
        page.locator("summary", has_text="tools").first.click()
        page.locator(".text-difference").first.scroll_into_view_if_needed()
    page.mouse.move(size[0] / 2, 5)
    page.wait_for_timeout(800)
    folder = project / "docs" / "images" if request.config.getoption("--pictures") else tmp_path
    assert len(page.screenshot(path=folder / f"{name}.png")) > DRAWN

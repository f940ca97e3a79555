"""The pictures of the docs: for each the steps that lead to it, its size and its colours.

The steps wait for what the picture is to show, so they fail where a page shows something else.
``test_pictures.py`` takes them; ``tests/test_doc_pictures.py`` holds the docs to this table.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from playwright.sync_api import FilePayload, Locator, Page, expect

from core import presets
from core.document import put
from core.drafts.draft import from_preset
from core.stores.protocol import Config
from tests.browser.idle import wait_until_idle
from tests.browser.users import User


@dataclass
class Stage:
    """A browser of its own in front of the app, and a user who is made when one is needed."""

    app_url: str
    page: Page
    new_user: Callable[[], User]

    @cached_property
    def user(self) -> User:
        return self.new_user()

    def visit(self, path: str = "/") -> Page:
        """The page at that path, as a visitor."""
        self.page.goto(self.app_url + path)
        wait_until_idle(self.page)
        return self.page

    def signed_in(self, path: str = "/") -> Page:
        """The page at that path, as the user."""
        return self.user.open(path, self.page)


Steps = Callable[[Stage], Locator | None]


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of its file, ``docs/images/<name>.png``.
        steps: what is done before it is taken; gives the part of the page that is taken, or nothing
            for all that is in view.
        width, height: of the browser's window.
        scheme: the theme.
    """

    name: str
    steps: Steps
    width: int = 1440
    height: int = 900
    scheme: Literal["light", "dark"] = "light"


# --- Small steps ---------------------------------------------------------------------------------


def click(page: Page, name: str, *, exact: bool = False) -> None:
    wait_until_idle(page)
    page.get_by_role("button", name=name, exact=exact).first.click()
    wait_until_idle(page)


def type_in(page: Page, label: str, text: str) -> None:
    wait_until_idle(page)
    page.get_by_label(label, exact=True).first.fill(text)
    page.get_by_label(label, exact=True).first.press("Enter")
    wait_until_idle(page)


def keep(user: User, name: str, preset: str = "sft_toolbench", **training: Any) -> Config:
    """Save a template with other training settings."""
    draft = from_preset(presets.find(preset)).renamed(name)
    document = draft.document
    for key, value in training.items():
        document = put(document, ("training", key), value)
    return user.bench.save(draft.with_document(document))


def save_again(user: User, config: Config, message: str, **training: Any) -> Config:
    draft = user.bench.open(config.id)
    document = draft.document
    for key, value in training.items():
        document = put(document, ("training", key), value)
    return user.bench.save(draft.with_document(document), message)


# --- Building and checking -----------------------------------------------------------------------


def opened(stage: Stage) -> None:
    page = stage.visit()
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    expect(page.get_by_text("ends after 22 updates").first).to_be_visible()


def edited(stage: Stage) -> None:
    page = stage.visit()
    type_in(page, "Learning rate", "2e-4")
    expect(page.get_by_text("was 5e-5")).to_be_visible()


def mended(stage: Stage) -> Locator:
    """The panel after the click that mends the warm-up."""
    page = stage.visit()
    panel = page.locator(".st-key-summary")
    panel.get_by_role("button", name="Set warmup_steps to 1").click()
    expect(page.get_by_text("ends after 22 updates")).to_have_count(0)
    wait_until_idle(page)
    return panel


def another_loader(stage: Stage) -> None:
    page = stage.visit()
    page.get_by_role("button", name="SFT PC Building").click()
    expect(page.get_by_text("stops the trainer")).to_be_visible()


def on_a_phone(stage: Stage) -> None:
    page = stage.visit()
    page.locator(".st-key-summary_open label").click()
    expect(page.locator(".run-card").first).to_be_visible()


def imported(stage: Stage) -> Locator:
    page = stage.visit()
    click(page, "Import", exact=True)
    document = put(presets.find("hybrid").config, ("training", "gamma"), 0.5)
    document = put(document, ("note",), "copied from /home/ada/runs")
    text = b"\xef\xbb\xbf" + json.dumps(document).encode()
    file: FilePayload = {"name": "my-run.json", "mimeType": "application/json", "buffer": text}
    page.locator("input[type=file]").set_input_files(file)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("training.gamma")
    expect(dialog).to_contain_text("byte-order mark")
    return dialog


def effective_values(stage: Stage) -> None:
    page = stage.visit()
    page.get_by_role("radio", name="Effective values").click()
    page.get_by_role("radio", name="Not as written").click()
    expect(page.locator(".st-key-effective")).to_contain_text("capped")


def make_it_run(stage: Stage) -> None:
    page = stage.visit()
    page.get_by_role("button", name="SFT PC Building").click()
    click(page, "Make it run", exact=True)
    expect(page.get_by_role("dialog")).to_contain_text("Nothing else is touched")


def memory(stage: Stage) -> None:
    page = stage.visit()
    page.locator(".st-key-target button").first.click()
    page.get_by_role("combobox", name="Machine").click()
    page.get_by_role("option", name="NVIDIA T4").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Batch size 1, accumulation 32")).to_be_visible()
    page.get_by_text("What takes the memory").click()
    page.locator(".st-key-memory_table").scroll_into_view_if_needed()


# --- Keeping -------------------------------------------------------------------------------------

KEPT: Final[tuple[tuple[str, str, dict[str, float]], ...]] = (
    ("baseline", "sft_toolbench", {}),
    ("longer warm-up", "hybrid", {"warmup_steps": 40}),
    ("higher rank", "sft_toolbench", {"lora_r": 32, "lora_alpha": 64, "num_epochs": 3}),
    ("preference pairs", "dpo_basic", {}),
    ("rate too high", "sft_toolbench", {"learning_rate": 2.0}),
    ("teacher, small batch", "teacher_mode", {"batch_size": 1}),
    ("nightly", "hybrid", {"num_epochs": 2}),
)


def asked_to_sign_in(stage: Stage) -> Locator:
    page = stage.visit()
    click(page, "Save", exact=True)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Create account").click()
    expect(dialog.get_by_label("Password again").first).to_be_visible()
    return dialog


def library(stage: Stage) -> None:
    for name, preset, changes in KEPT:
        config = keep(stage.user, name, preset, **changes)
        stage.user.bench.tag([config.id], ["toolbench"] if "toolbench" in preset else ["later"])
    page = stage.signed_in(f"/library?selected={config.id}")
    expect(page.locator(".st-key-preview")).to_contain_text("nightly")


def versions(stage: Stage) -> Locator:
    config = keep(stage.user, "my first run")
    config = save_again(stage.user, config, "warm-up that ends", warmup_steps=1)
    save_again(stage.user, config, "twice as long", num_epochs=2)
    page = stage.signed_in(f"/?config={config.id}")
    click(page, "Versions", exact=True)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("is at version 3")
    return dialog


def shared(stage: Stage) -> Locator:
    config = keep(stage.user, "my first run")
    page = stage.signed_in(f"/?config={config.id}")
    click(page, "Share", exact=True)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Create the link")).to_be_visible()
    return dialog


# --- Comparing and sweeping ----------------------------------------------------------------------


def comparison(query: str) -> Callable[[Stage], Page]:
    def steps(stage: Stage) -> Page:
        page = stage.visit(f"/compare?{query}")
        expect(page.locator('tr[data-key="training.num_epochs"] td').nth(1)).to_be_visible()
        return page

    return steps


def compared(stage: Stage) -> None:
    names = ("sft_toolbench", "hybrid", "dpo_basic")
    page = comparison("&".join(f"with=preset:{name}" for name in names))(stage)
    page.locator('tr[data-key="training.num_epochs"] td').nth(1).click()
    expect(page.locator(".st-key-take")).to_contain_text("Into the draft")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTop = 0")


def compared_on_a_phone(stage: Stage) -> None:
    comparison("with=preset:sft_toolbench&with=preset:dpo_basic")(stage)


def two_compared(stage: Stage) -> None:
    comparison("with=preset:dpo_basic&with=preset:teacher_mode")(stage)


def texts_compared(stage: Stage) -> None:
    page = comparison("with=preset:dpo_basic&with=preset:teacher_mode")(stage)
    page.locator("summary", has_text="tools").first.click()
    page.locator(".text-difference").first.scroll_into_view_if_needed()


VARIED: Final = (
    ("training.learning_rate", "1e-4, 2e-4"),
    ("data.max_samples", "2, 300, absent"),
    ("training.weight_decay", "0, 0.1"),
)


def sweep(stage: Stage) -> None:
    page = stage.visit("/sweep")
    for number, (path, values) in enumerate(VARIED, 1):
        if number > 1:
            click(page, "Add a setting")
        line = page.locator(f".st-key-sweep_axis_{number}")
        box = line.locator("[data-testid=stSelectbox] input")
        box.click()
        box.fill(path)
        page.get_by_role("option").first.wait_for()
        box.press("Enter")
        wait_until_idle(page)
        line.get_by_label("Values", exact=True).fill(values)
        line.get_by_label("Values", exact=True).press("Enter")
        wait_until_idle(page)
    expect(page.get_by_text("12 configs").first).to_be_visible()
    expect(page.get_by_text("makes no run another one").first).to_be_visible()


SHOTS: Final = (
    Shot("guide-open", opened),
    Shot("build", edited),
    Shot("build-dark", another_loader, scheme="dark"),
    Shot("build-phone", on_a_phone, width=400, height=800),
    Shot("guide-mended", mended),
    Shot("guide-import", imported),
    Shot("effective", effective_values, height=760),
    Shot("make-it-run", make_it_run, height=760),
    Shot("memory", memory),
    Shot("guide-account", asked_to_sign_in),
    Shot("guide-versions", versions, height=1000),
    Shot("guide-share", shared),
    Shot("library", library),
    Shot("compare", compared),
    Shot("compare-dark", two_compared, scheme="dark"),
    Shot("compare-phone", compared_on_a_phone, width=400, height=800),
    Shot("compare-texts", texts_compared, width=1200, height=700),
    Shot("sweep", sweep, height=1000),
)

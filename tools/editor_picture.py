"""The pictures of docs/editors.md: a real VS Code that completes and checks a config.

It drives code-server, which is VS Code served to a browser, in headless Chromium:

    npm install code-server
    npx code-server --auth none --bind-addr 127.0.0.1:8080 --disable-workspace-trust &
    python -m tools.editor_picture http://127.0.0.1:8080

code-server wants Node 24 and compiles parts of itself while it is installed. It has to run on this
machine: configs and schema lie in a folder that this script makes and takes away.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from core.changes.editors import FILE_NAME, with_schema
from core.document import write
from core.presets import find
from core.schema import json_schema

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
SETTINGS: Final = {
    "editor.fontSize": 15,
    "editor.minimap.enabled": False,
    "editor.suggest.showStatusBar": False,
    "workbench.colorTheme": "Default Light Modern",
    "workbench.startupEditor": "none",
    "workbench.activityBar.location": "hidden",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "remote.autoForwardPorts": False,
    "telemetry.telemetryLevel": "off",
    "chat.disableAIFeatures": True,
}
FAULTY: Final = """{
  "$schema": "./tunesmith.schema.json",
  "model": {
    "name": "Qwen/Qwen3-0.6B",
    "torch_dtype": "float16"
  },
  "tokenizer": {
    "name": "Qwen/Qwen3-0.6B"
  },
  "training": {
    "method": "dpo",
    "learning_rate": 0.5,
    "batch_size": "4",
    "bf16": true,
    "warmup_steps": 10
  },
  "data": {
    "strategy": "manual_templates",
    "generation_type": "real"
  },
  "tools": []
}
"""


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of docs/editors.md.")
    parser.add_argument("url", help="where code-server answers, such as http://127.0.0.1:8080")
    parser.add_argument("--chromium", help="the browser's program; default: Playwright's own")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made) / "training"
        _fill(folder)
        browser = playwright.chromium.launch(
            executable_path=args.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1040, "height": 720}, device_scale_factor=1)
        page.goto(f"{args.url}/?{urlencode({'folder': str(folder)})}")
        _open(page, "faulty.json")
        _checked(page)
        page.screenshot(path=IMAGES / "editor-check.png")
        _open(page, "new.json")
        _completing(page)
        page.screenshot(path=IMAGES / "editor-complete.png")
        browser.close()


def _fill(folder: Path) -> None:
    (folder / ".vscode").mkdir(parents=True)
    (folder / ".vscode" / "settings.json").write_text(write(SETTINGS), "utf-8")
    (folder / FILE_NAME).write_text(write(json_schema()), "utf-8")
    (folder / "faulty.json").write_text(FAULTY, "utf-8")
    text = with_schema(write(find("hybrid").config))
    (folder / "new.json").write_text(
        text.replace('"strategy": "toolbench"', '"strategy": '), "utf-8"
    )


def _open(page: Page, name: str) -> None:
    page.locator(".monaco-workbench").wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    page.keyboard.press("Control+P")
    page.wait_for_timeout(800)
    page.keyboard.type(name, delay=40)
    page.wait_for_timeout(1500)
    page.keyboard.press("Enter")
    page.locator(f".tab[data-resource-name='{name}']").wait_for()
    page.wait_for_timeout(1500)


def _checked(page: Page) -> None:
    page.keyboard.press("Control+B")
    if page.locator(".part.auxiliarybar").is_visible():
        page.keyboard.press("Control+Alt+B")
    page.keyboard.press("Control+Shift+M")
    page.wait_for_timeout(4000)


def _completing(page: Page) -> None:
    page.keyboard.press("Control+J")
    text = with_schema(write(find("hybrid").config))
    line = text[: text.index('"strategy"')].count("\n") + 1
    page.keyboard.press("Control+G")
    page.wait_for_timeout(500)
    page.keyboard.type(f"{line}:17", delay=40)
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    page.keyboard.press("Control+Space")
    page.locator(".suggest-widget.visible").wait_for()
    page.wait_for_timeout(600)
    if not page.locator(".suggest-details").is_visible():
        page.keyboard.press("Control+Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(1500)


if __name__ == "__main__":
    main()

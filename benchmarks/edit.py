"""From an edit to the new number on the screen, in Chromium, against two other pages.

    python -m benchmarks.edit [ROUNDS] [--llamaboard PYTHON]

All servers run at the same time and take turns, one edit each a round. The bare page has 35
fields and runs on Streamlit's default settings; Tunesmith runs on its own, with all findings and
numbers computed. There the clock starts with Enter in the field. LlamaBoard, LLaMA-Factory's web
UI, shows what follows from an edit when its button is clicked: there the clock starts with the
click, and neither the edit before it nor the way of the hand to the button count. PYTHON is the
interpreter of an environment that has it: see README.md.
"""

import argparse
import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Locator, Page

from benchmarks.expected import (
    BARE_FIELD,
    LLAMABOARD_FIELD,
    OUR_FIELD,
    bare_total,
    llamaboard_argument,
    our_rows,
)
from benchmarks.serving import bare_page, chromium, llamaboard, tunesmith

OURS: Final = "tunesmith"
WARM_UP: Final = 5
"""Rounds that aren't counted."""

# The clock starts at the key press or the click inside the page and stops at the frame that shows
# the text. It looks at the text alone: asking for the layout too would slow down large pages.
CLOCK: Final = """(element, [event, text]) => {
    const wanted = text.replace(/\\s+/g, "")
    let start = 0
    element.addEventListener(event, () => { start = performance.now() }, {once: true})
    window.timing = new Promise(resolve => {
        const shows = () => document.body.textContent.replace(/\\s+/g, "").includes(wanted)
        const look = () => start && shows()
            ? resolve(performance.now() - start) : requestAnimationFrame(look)
        look()
    })
}"""


class Contestant(NamedTuple):
    """A page with one field to edit, what it shows for a value, and what has it shown."""

    name: str
    page: Page
    field: Locator
    shown: Callable[[int], str]
    button: Locator | None = None


def main(rounds: int, llamaboard_python: str) -> None:
    """Measure and print a table."""
    print(f"load before {os.getloadavg()[0]:.1f}", flush=True)
    with contestants(llamaboard_python) as all_of_them:
        times: dict[str, list[float]] = {contestant.name: [] for contestant in all_of_them}
        for number in range(rounds + WARM_UP):
            for contestant in all_of_them:
                # One sample more need not be one row more.
                took = edit(contestant, 1000 + 2 * number)
                if number >= WARM_UP:
                    times[contestant.name].append(took)
    for name, values in times.items():
        print(said(name, values, times[OURS]))
    print(f"load after {os.getloadavg()[0]:.1f}")


def said(name: str, values: list[float], ours: list[float]) -> str:
    """One line: a contestant's milliseconds, and ours as a share of them."""
    ordered = sorted(values)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    paired = sorted(mine / other for mine, other in zip(ours, values, strict=True))
    quarter = len(paired) // 4
    return (
        f"{name:12} p50 {statistics.median(values):6.1f} ms   p95 {p95:6.1f} ms   tunesmith takes"
        f" {statistics.median(paired):.2f} [{paired[quarter]:.2f}..{paired[-1 - quarter]:.2f}]"
        f" times as long (median and middle half of {len(paired)} pairs)"
    )


def edit(contestant: Contestant, value: int) -> float:
    """Enter a value; the milliseconds until what follows from it stands on the page."""
    contestant.field.fill(str(value))
    page, button = contestant.page, contestant.button
    args = ["click" if button else "keydown", contestant.shown(value)]
    (button or contestant.field).evaluate(CLOCK, args)
    if button:
        button.click()
    else:
        contestant.field.press("Enter")
    took = float(page.evaluate("window.timing"))
    # Idle between edits, as a person is.
    page.wait_for_timeout(300)
    return took


@contextmanager
def contestants(llamaboard_python: str) -> Iterator[list[Contestant]]:
    """All pages, open in one browser, with what has to be chosen first chosen."""
    with ExitStack() as stack:
        bare = stack.enter_context(bare_page())
        ours = stack.enter_context(tunesmith())
        browser = stack.enter_context(chromium())
        pages = [
            _streamlit_page(browser, "bare page", bare.url, BARE_FIELD, bare_total),
            _streamlit_page(browser, OURS, ours.url, OUR_FIELD, our_train_rows),
        ]
        if llamaboard_python:
            board = stack.enter_context(llamaboard(llamaboard_python))
            pages.append(_board_page(browser, board.url))
        else:
            print("LlamaBoard is left out: --llamaboard names no Python that has it.")
        yield pages


def our_train_rows(value: int) -> str:
    """The line of the run card, so that no other number is taken for it."""
    return f"training rows {our_rows(value)}"


def _streamlit_page(
    browser: Browser, name: str, url: str, label: str, shown: Callable[[int], str]
) -> Contestant:
    page = browser.new_page()
    page.goto(url)
    field = page.get_by_label(label, exact=True)
    field.wait_for()
    page.wait_for_timeout(2000)
    return Contestant(name, page, field, shown)


def _board_page(browser: Browser, url: str) -> Contestant:
    page = browser.new_page()
    page.goto(url)
    model = page.get_by_label("Model name")
    model.fill("Qwen3-0.6B")
    page.get_by_role("option").first.click()
    # The page of the training is the first of several with the same fields.
    data = page.get_by_label("Dataset", exact=True).first
    data.fill("demo")
    data.press("Enter")
    field = page.get_by_label(LLAMABOARD_FIELD).first
    button = page.get_by_role("button", name="Preview command").first
    button.click()
    page.get_by_text("llamafactory-cli train").first.wait_for()
    page.wait_for_timeout(2000)
    return Contestant("LlamaBoard", page, field, llamaboard_argument, button)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edit")
    parser.add_argument("rounds", nargs="?", type=int, default=40)
    parser.add_argument("--llamaboard", default="", metavar="PYTHON")
    given = parser.parse_args()
    main(given.rounds, given.llamaboard)

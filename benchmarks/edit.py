"""From Enter in a field to the derived number on the screen, in Chromium, against a bare page.

    python -m benchmarks.edit [ROUNDS]

Both servers run at the same time and take turns, one edit each a round. The bare page runs on
Streamlit's default settings; Tunesmith on its own, with all findings and numbers computed.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from core import presets
from core.derive import derive
from core.document import put
from core.view import View
from ui.session import FIRST_PRESET

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

# The clock starts at the key press inside the page and stops at the frame that shows the text.
CLOCK = """([label, text]) => new Promise(resolve => {
    const field = document.querySelector(`input[aria-label="${label}"]`)
    let start = 0
    field.addEventListener("keydown", () => { start = performance.now() }, {once: true})
    const look = () => start && document.body.innerText.includes(text)
        ? resolve(performance.now() - start) : requestAnimationFrame(look)
    look()
    window.armed = true
})"""


class Contestant(NamedTuple):
    """A page with one field to edit, and the derived text that it shows for a value."""

    name: str
    page: Page
    label: str
    shown: Callable[[int], str]


def main(rounds: int) -> None:
    """Measure and print a table."""
    with ExitStack() as stack:
        pages = stack.enter_context(_pages())
        times: dict[str, list[float]] = {contestant.name: [] for contestant in pages}
        for number in range(rounds + 3):
            for contestant in pages:
                took = _edit(contestant, 1000 + number)
                # The first rounds warm both servers up.
                if number >= 3:
                    times[contestant.name].append(took)
    _print(times)


def _print(times: dict[str, list[float]]) -> None:
    bare, ours = times["bare page"], times["tunesmith"]
    for name, values in times.items():
        ordered = sorted(values)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        print(f"{name:10} p50 {statistics.median(values):6.1f} ms   p95 {p95:6.1f} ms")
    paired = [our / other for our, other in zip(ours, bare, strict=True)]
    print(f"tunesmith / bare page, median of {len(paired)} pairs: {statistics.median(paired):.2f}")


def _edit(contestant: Contestant, value: int) -> float:
    page = contestant.page
    field = page.get_by_label(contestant.label, exact=True)
    field.fill(str(value))
    expected = contestant.shown(value)
    page.evaluate("window.armed = false")
    handle = page.evaluate_handle(
        f"args => {{ window.timing = ({CLOCK})(args); return 1 }}", [contestant.label, expected]
    )
    field.press("Enter")
    took = float(page.evaluate("window.timing"))
    handle.dispose()
    # Idle between edits, as a person is.
    page.wait_for_timeout(300)
    return took


def _total(value: int) -> str:
    return f"total {value + sum(range(1, 35))}"


def _rows(value: int) -> str:
    config = presets.find(FIRST_PRESET).config
    rows = derive(View(put(config, ("data", "max_samples"), value))).rows_train
    return f"training rows\t{rows:,}".replace(",", "\u202f")


@contextmanager
def _pages() -> Iterator[list[Contestant]]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        bare = stack.enter_context(
            _server(ROOT / "benchmarks" / "bare_page.py", Path(folder), 8711)
        )
        ours = stack.enter_context(_server(ROOT / "app.py", ROOT, 8712))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        contestants = [
            Contestant("bare page", browser.new_page(), "field 0", _total),
            Contestant("tunesmith", browser.new_page(), "Samples (rows)", _rows),
        ]
        for contestant, url in zip(contestants, (bare, ours), strict=True):
            contestant.page.goto(url)
            contestant.page.get_by_label(contestant.label, exact=True).wait_for()
            contestant.page.wait_for_timeout(2000)
        yield contestants
        browser.close()


@contextmanager
def _server(script: Path, folder: Path, port: int) -> Iterator[str]:
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = ["--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://localhost:{port}"
    try:
        _wait(f"{url}/_stcore/health")
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise SystemExit(f"{url} does not answer.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 40)

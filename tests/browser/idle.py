"""When a page of Streamlit has drawn everything."""

from playwright.sync_api import Page

# True once Streamlit has had nothing to do for 150 ms: a rerun starts a moment after its cause.
IDLE = """() => {
    const app = document.querySelector('[data-testid="stApp"]')
    const busy = app?.dataset.testScriptState !== "notRunning"
        || document.querySelector('[data-testid="stStatusWidget"]')
    if (busy || !window.idleSince) window.idleSince = performance.now()
    return !busy && performance.now() - window.idleSince > 150
}"""


def wait_until_idle(page: Page) -> None:
    """Wait until Streamlit has answered and drawn everything."""
    page.wait_for_function(IDLE, timeout=30_000)

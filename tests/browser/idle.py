"""When a page of Streamlit has drawn everything."""

from typing import Final

from playwright.sync_api import Page

# A click or a key is sent on within some 25 ms: Chromium draws a frame first.
QUIET_MS: Final = 60

# Notes when the page last asked the server for something, and when it last got an answer.
WATCH: Final = """() => {
    window.quietSince = performance.now()
    if (window.askedAt !== undefined) return
    window.askedAt = window.answeredAt = 0
    const send = WebSocket.prototype.send
    WebSocket.prototype.send = function (...args) {
        window.askedAt = performance.now()
        if (!this.isHeard) this.addEventListener("message", () => {
            window.answeredAt = performance.now()
        })
        this.isHeard = true
        return send.apply(this, args)
    }
}"""

IDLE: Final = """quiet => {
    const app = document.querySelector('[data-testid="stApp"]')
    const busy = app?.dataset.testScriptState !== "notRunning"
        || window.askedAt > window.answeredAt
        || document.querySelector(':is([data-testid="stStatusWidget"], [data-testid="stSkeleton"])')
    if (busy) window.quietSince = performance.now()
    return !busy && performance.now() - window.quietSince > quiet
}"""


def wait_until_idle(page: Page) -> None:
    """Wait until Streamlit has answered and drawn everything."""
    page.evaluate(WATCH)
    page.wait_for_function(IDLE, arg=QUIET_MS, timeout=30_000)

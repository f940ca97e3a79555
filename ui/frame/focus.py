"""Where the keyboard goes on after what had the focus has left the page."""

from functools import cache
from typing import Any, Final

import streamlit as st

from ui import session

# The element leaves the page a moment after this is drawn. A focus that is somewhere stays there.
_JS: Final = """
const EVERY = 50
const TRIES = 40

export default function ({ data }) {
  if (!data.place || window.__tunesmith_focus === data.number) return
  window.__tunesmith_focus = data.number
  let tries = 0
  const timer = setInterval(() => {
    const place = document.querySelector(`.st-key-${data.place}`)
    const isLost = !document.activeElement || document.activeElement === document.body
    if (++tries > TRIES) clearInterval(timer)
    if (!isLost || !place) return
    clearInterval(timer)
    place.tabIndex = -1
    place.focus({ preventScroll: true })
  }, EVERY)
}
"""


def follow() -> None:
    """Move a focus that is lost to the part of the page that ``session.focus_on`` named."""
    place, number = session.focus()
    _component()(data={"place": place, "number": number}, key="unseen.focus")


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_focus", js=_JS)

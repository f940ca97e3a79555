"""Light or dark for what stands outside the app's own element, such as dialogs.

Streamlit says ``color-scheme`` on that element alone; ``light-dark()`` elsewhere would be light.
"""

from functools import cache
from typing import Any

import streamlit as st

_JS = """
export default function () {
  const app = document.querySelector('[data-testid="stApp"]')
  const follow = () => {
    document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme
  }
  follow()
  const observer = new MutationObserver(follow)
  observer.observe(app, { attributes: true, attributeFilter: ["class"] })
  return () => observer.disconnect()
}
"""


def follow() -> None:
    """Let the whole page follow the app's color scheme."""
    _component()(key="unseen.scheme")


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_scheme", js=_JS)

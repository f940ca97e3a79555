"""The browser's own question before a tab with unsaved work is closed or reloaded."""

from functools import cache
from typing import Any

import streamlit as st

from ui import session
from ui.parts import Part, place

# A download needs no rerun, so the browser itself notes that the work has been taken away.
_JS = """
export default function ({ data }) {
  const state = (window.__tunesmith_leaving ??= { unsaved: false, taken: "" })
  state.unsaved = data.unsaved
  state.now = data.state
  if (state.listens) return
  state.listens = true
  document.addEventListener("click", event => {
    if (event.target.closest?.(".st-key-download button")) state.taken = state.now
  })
  window.addEventListener("beforeunload", event => {
    if (state.unsaved && state.taken !== state.now) event.preventDefault()
  })
}
"""


def guard() -> None:
    """Let the browser ask when there is unsaved work."""
    place(Part("leaving", _guard, _shows))


def _guard() -> None:
    _component()(data=_data(), key="unseen.leaving")


def _shows() -> object:
    """What the browser has to hear of: each state once there is a download to compare it with."""
    draft, was_taken_away = session.draft(), session.desk().handed_out is not None
    return draft.is_unsaved, session.draft_number() if was_taken_away else 0


def _data() -> dict[str, Any]:
    return {"unsaved": session.draft().is_unsaved, "state": session.draft_number()}


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_leaving", js=_JS)

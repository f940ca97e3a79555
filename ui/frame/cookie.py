"""The browser's side of a session: it fetches its cookie, and tells its other tabs of a change.

A page can't set a cookie that scripts can't read; only an answer over HTTP can. So the page has
the browser post a one-time ticket, or a farewell, to a route of this server.
"""

from functools import cache
from typing import Any

import streamlit as st

from ui import session
from ui.services import base_path

_JS = """
const CHANNEL = "tunesmith-session"

function post({ path, body, once }) {
  if (window.__tunesmith_posted === once) return
  window.__tunesmith_posted = once
  fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).finally(() => new BroadcastChannel(CHANNEL).postMessage(once))
}

export default function ({ data, setTriggerValue }) {
  if (data.path) post(data)
  const channel = new BroadcastChannel(CHANNEL)
  channel.onmessage = ({ data: once }) => {
    if (once !== window.__tunesmith_posted) setTriggerValue("elsewhere", once)
  }
  return () => channel.close()
}
"""


def sync() -> None:
    """Let the browser post what is to be posted; another tab's change draws this page anew."""
    data: dict[str, Any] = {}
    if errand := session.errand():
        data = {"path": base_path() + errand.path, "body": errand.body, "once": errand.once}
    _component()(data=data, key="unseen.cookie", on_elsewhere_change=_nothing)


def _nothing() -> None:
    """What the session is now is looked up when the page is drawn."""


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_cookie", js=_JS)

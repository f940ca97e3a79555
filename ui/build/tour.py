"""A tour of the build page, for those who ask for it: one sentence beside each part.

The style draws a ring around the part that the open card speaks of; see ``style.css``. That the
tour was seen is kept by the browser alone: the invitation then moves to the foot of the sidebar.
"""

from functools import cache
from typing import Any, Final

import streamlit as st

from ui import session
from ui.errors import boundary
from ui.insight import Insight
from ui.text import fix_text, plain

# By the part that each speaks of.
_STEPS: Final = {
    "templates": "Start from one of the trainer's own files, or import yours: no key is lost.",
    "form": "Change a value. The question mark beside it says what it does, what holds without "
    "it, and where the trainer reads it.",
    "verdict": "After each change this says whether the config is valid, whether the trainer "
    "would get to its end with it, and what a run would do.",
    "findings": "Each finding has a button that mends it{example}. Undo takes that back.",
    "take_away": "Download the file, for which *How to run it* has the command, or save it: each "
    "save is a version you can go back to.",
}

TOUR: Final = "tour"

_JS: Final = """
const SEEN = "tunesmith.toured"
const find = (place) => document.querySelector(place)

function isSeen(isOpen) {
  try {
    if (isOpen) localStorage.setItem(SEEN, "yes")
    return localStorage.getItem(SEEN) !== null
  } catch {
    // This browser keeps nothing.
    return window.__tunesmith_tour !== undefined
  }
}

export default function ({ data }) {
  const wasOpen = window.__tunesmith_tour !== undefined
  window.__tunesmith_tour?.abort()
  document.documentElement.dataset.tour = data.part
  if (!data.part) {
    document.documentElement.classList.toggle("has-toured", isSeen(false))
    if (wasOpen) find(".st-key-build-view [aria-checked='true']")?.focus()
    window.__tunesmith_tour = undefined
    return
  }
  isSeen(true)
  // On a small screen the sidebar lies over what the tour shows.
  if (innerWidth < 768) find('[data-testid="stSidebarCollapseButton"] button')?.click()
  const card = find(".st-key-tour_card")
  card?.setAttribute("role", "region")
  card?.setAttribute("aria-label", "Tour")
  const keys = (event) => event.key === "Escape" && find(".st-key-tour_skip button")?.click()
  window.__tunesmith_tour = new AbortController()
  document.addEventListener("keydown", keys, { signal: window.__tunesmith_tour.signal })
  // The next button may be another one than before.
  setTimeout(() => find(".st-key-tour_next button")?.focus(), 100)
}
"""


def invitation(place: str) -> None:
    """A quiet button that starts the tour.

    Args:
        place: ``first`` where newcomers see it, ``again`` where others find it.
    """
    st.button(
        "Show me around",
        key=f"tour.{place}",
        icon=":material/explore:",
        type="tertiary",
        help=f"{len(_STEPS)} sentences about this page.",
        on_click=_go,
        args=(0,),
    )


def tour() -> None:
    """The place of the card: empty until somebody asks for the tour."""
    with st.container(key="tour"):
        st.fragment(_tour, key=TOUR)()


def _tour() -> None:
    with boundary():
        step = session.tour_step()
        part = "" if step is None else tuple(_STEPS)[step]
        if step is not None:
            _card(step, part)
        _component()(data={"part": part}, key="tour.follow")


def _card(step: int, part: str) -> None:
    with st.container(key=f"tour_at_{part}"), st.container(key="tour_card"):
        st.markdown(_STEPS[part].format(example=_example(session.insight())))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"{step + 1} of {len(_STEPS)}")
            _buttons(step)


def _buttons(step: int) -> None:
    is_last = step == len(_STEPS) - 1
    following, label = (None, "Done") if is_last else (step + 1, "Next")
    st.button(label, key="tour_next", type="primary", on_click=_go, args=(following,))
    st.button("Skip", key="tour_skip", type="tertiary", on_click=_go, args=(None,))


def _go(step: int | None) -> None:
    session.tour_to(step)
    st.rerun(TOUR)


def _example(insight: Insight) -> str:
    """A fix that is at hand, one that changes what the run does where there is one."""
    fixes = [finding for finding in insight.report if finding.fix]
    for finding in sorted(fixes, key=lambda finding: finding.safe):
        return f", such as “{plain(fix_text(finding.fix or ()))}”"
    return ""


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_tour", js=_JS)

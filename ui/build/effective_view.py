"""What a run takes for each key: what you wrote, what is used, and why."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

import streamlit as st

from core.document import ABSENT
from core.output.text import code_span
from core.output.trainer import shown_value
from core.system.secrets import redact
from core.trainers.effective import WHYS, Effective
from ui import session
from ui.run.target import said
from ui.text import plain

_TITLES: Final = {"derived": "What follows", "fixed": "What nobody can set"}
_COLORS: Final = {
    "override": ":orange",
    "capped": ":orange",
    "ignored": ":gray",
    "stops": ":red",
    "default": ":blue",
}

_FILTERS: Final[dict[str, Callable[[Effective], bool]]] = {
    "Everything": lambda entry: True,
    "Not as written": lambda entry: entry.is_otherwise,
    "Defaults": lambda entry: entry.why == "default",
    "Can't be set": lambda entry: entry.why == "fixed",
}


def effective_view() -> None:
    """Draw the filter and one table a section."""
    insight = session.insight()
    st.caption(f"What a run takes, judged for {plain(said(insight.target))}.")
    name = _filter(insight.effective)
    entries = [entry for entry in insight.effective if _FILTERS[name](entry)]
    if not entries:
        st.markdown(":material/check: Every value is taken as it is written.")
    with st.container(key="effective"):
        for section, group in groupby(entries, key=lambda entry: entry.section):
            st.markdown(f"**{_TITLES.get(section, section.capitalize())}**")
            st.markdown(_table(list(group)))


def _filter(entries: Sequence[Effective]) -> str:
    found = {name: sum(map(keeps, entries)) for name, keeps in _FILTERS.items()}
    key = session.seeded("effective.filter", "Everything")
    chosen = st.segmented_control(
        "Show",
        tuple(_FILTERS),
        key=key,
        format_func=lambda name: f"{name} {found[name]}",
        label_visibility="collapsed",
    )
    return str(chosen or "Everything")


def _table(entries: Sequence[Effective]) -> str:
    head = "| Key | You wrote | A run takes | Why |"
    return "\n".join([head, "|:--|:--|:--|:--|", *map(_line, entries)])


def _line(entry: Effective) -> str:
    written = "" if entry.written is ABSENT else plain(shown_value(entry.written, entry))
    used = "nothing" if entry.used is ABSENT else f"**{plain(shown_value(entry.used, entry))}**"
    used = used if entry.why != "written" else plain(shown_value(entry.used, entry))
    return f"| {_key(entry)} | {written} | {used} | {_why(entry)} |"


def _key(entry: Effective) -> str:
    if entry.section == "derived":
        return plain(entry.title)
    return code_span(redact(entry.name).removeprefix(f"{entry.section}."))


def _why(entry: Effective) -> str:
    badge = WHYS[entry.why]
    color = _COLORS.get(entry.why)
    text = f"{color}[{badge}]" if color else f":gray[{badge}]"
    reason = f" {plain(entry.reason)}" if entry.reason else ""
    source = f" :gray[{plain(entry.source)}]" if entry.source and entry.why != "stops" else ""
    return text + reason + source

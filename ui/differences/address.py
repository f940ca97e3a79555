"""What the compare page shows, kept in its address so that a link leads to the same view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, get_args
from urllib.parse import urlencode

import streamlit as st

from core.comparing.selection import Selection, Show
from core.comparing.sources import DRAFT, Origin, origin
from core.drafts.draft import Draft
from core.sweeps.axes import MAX_MEMBERS
from ui import session
from ui.places import COMPARE

MAX_COLUMNS: Final = MAX_MEMBERS
"""Configs in one comparison at most: a whole sweep."""

SEARCH: Final = "q"
_WITH: Final = "with"
_BASE: Final = "base"
_SHOW: Final = "show"
_IGNORE: Final = "ignore"
_KEYS: Final = (_WITH, _BASE, _SHOW, _IGNORE)

_JS: Final = """
export default function ({ data }) {
  const { pathname, search } = window.location
  if (!pathname.endsWith("/compare") || /[?&](with|base|show|ignore)=/.test(search)) return
  const query = [search.slice(1), data.query].filter(Boolean).join("&")
  if (query) window.history.replaceState(window.history.state, "", `${pathname}?${query}`)
}
"""


@dataclass(frozen=True, slots=True)
class View:
    """What is compared, and how.

    Attributes:
        origins: the configs, in their order.
        base: the name of the one that the others are held against; the first where it is not there.
        show: which rows.
        ignore: paths that are left out.
        unknown: names in the address that name nothing.
        left_out: how many configs were too many.
    """

    origins: tuple[Origin, ...]
    base: str = ""
    show: Show = "differences"
    ignore: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def base_origin(self) -> Origin | None:
        """The config that the others are held against."""
        named = [one for one in self.origins if one.name == self.base]
        return next(iter([*named, *self.origins]), None)

    def with_origins(self, origins: Sequence[Origin]) -> "View":
        """The view of other configs, each of them once; the base stays where it is one of them."""
        found = tuple(dict.fromkeys(origins))
        base = self.base if any(one.name == self.base for one in found) else ""
        kept, left_out = found[:MAX_COLUMNS], found[MAX_COLUMNS:]
        return replace(self, origins=kept, base=base, left_out=len(left_out))

    def selection(self, search: str) -> Selection:
        """Which rows are wanted."""
        return Selection(self.show, search, self.ignore)


def view() -> View:
    """What the address says; without anything in it what was compared last, or the draft."""
    address: Mapping[str, Sequence[str]]
    if any(key in st.query_params for key in _KEYS):
        address = {key: st.query_params.get_all(key) for key in _KEYS}
    else:
        address = session.compared() or _address(first(session.draft()))
    session.compare(address)
    return _view(address)


def now() -> View:
    """What is compared at this moment; for callbacks, which can come faster than the page."""
    return _view(session.compared() or {})


def restore_search() -> None:
    """Search for what was searched for last, where the address names no search."""
    words = session.compared_search()
    if words and SEARCH not in st.query_params and not session.has_widget(SEARCH):
        session.set_widgets({SEARCH: words})


def name_view(shown: View) -> None:
    """Let the browser put the view into an address that has none.

    A change of the address by Streamlit is a step of its own, where Back would be caught.
    """
    pairs = [(key, value) for key, values in _address(shown).items() for value in values]
    _component()(data={"query": urlencode(pairs)}, key="unseen.address")


@cache
def _component() -> Any:
    return st.components.v2.component("tunesmith_compare_address", js=_JS)


def _view(address: Mapping[str, Sequence[str]]) -> View:
    named = {name: origin(name) for name in address.get(_WITH, ())}
    wanted = address.get(_SHOW, ())
    shown: Sequence[Show] = [one for one in get_args(Show) if one in wanted]
    return View(
        origins=(),
        base=next(iter(address.get(_BASE, ())), ""),
        show=shown[0] if shown else "differences",
        ignore=tuple(dict.fromkeys(address.get(_IGNORE, ()))),
        unknown=tuple(name for name, found in named.items() if found is None),
    ).with_origins([found for found in named.values() if found])


def first(draft: Draft) -> View:
    """A draft beside what it was opened from."""
    if draft.saved:
        return View((Origin("config", draft.saved.config_id, draft.saved.revision), DRAFT))
    opened = [Origin("preset", draft.preset_id)] if draft.preset_id else []
    return View((*opened, DRAFT))


def show(new: View) -> None:
    """Show this from now on; for callbacks of the compare page."""
    address = _address(new)
    session.compare(address)
    # At once: each change of the address is a step that the browser's Back goes.
    if any(list(values) != st.query_params.get_all(key) for key, values in address.items()):
        st.query_params.update({key: list(values) for key, values in address.items()})


def go(new: View) -> None:
    """Go to the compare page, and show this there."""
    session.compare(_address(new))
    session.go_to(COMPARE)


def _address(new: View) -> dict[str, Sequence[str]]:
    return {
        _WITH: [one.name for one in new.origins],
        _BASE: [new.base] if new.base else [],
        _SHOW: [new.show] if new.show != "differences" else [],
        _IGNORE: new.ignore,
    }

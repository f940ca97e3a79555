"""What the compare page shows, kept in its address so that a link leads to the same view."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

import streamlit as st

from core.draft import Draft
from core.selection import Selection, Show
from core.sources import DRAFT, Origin, origin
from ui import session
from ui.places import COMPARE

MAX_COLUMNS: Final = 200
"""Configs in one comparison at most."""

SEARCH: Final = "q"
_WITH: Final = "with"
_BASE: Final = "base"
_SHOW: Final = "show"
_IGNORE: Final = "ignore"
_KEYS: Final = (_WITH, _BASE, _SHOW, _IGNORE, SEARCH)


@dataclass(frozen=True, slots=True)
class View:
    """What is compared, and how.

    Attributes:
        origins: the configs, in their order.
        base: the name of the one that the others are held against; the first where it is not there.
        show: which rows.
        ignore: paths that are left out.
    """

    origins: tuple[Origin, ...]
    base: str = ""
    show: Show = "differences"
    ignore: tuple[str, ...] = ()

    def with_origins(self, origins: Sequence[Origin]) -> "View":
        """The view of other configs, each of them once."""
        return replace(self, origins=tuple(dict.fromkeys(origins))[:MAX_COLUMNS])

    def selection(self, search: str) -> Selection:
        """Which rows are wanted."""
        return Selection(self.show, search, self.ignore)


def view() -> View:
    """What the address says; without anything in it what was compared last, or the draft."""
    if not any(key in st.query_params for key in _KEYS):
        _fill(session.compared() or _address(first(session.draft())))
    session.compare({key: st.query_params.get_all(key) for key in _KEYS})
    named = [origin(name) for name in st.query_params.get_all(_WITH)]
    wanted = st.query_params.get(_SHOW, "")
    shown: Sequence[Show] = [one for one in get_args(Show) if one == wanted]
    return View(
        origins=(),
        base=st.query_params.get(_BASE, ""),
        show=shown[0] if shown else "differences",
        ignore=tuple(dict.fromkeys(st.query_params.get_all(_IGNORE))),
    ).with_origins([found for found in named if found])


def first(draft: Draft) -> View:
    """A draft beside what it was opened from."""
    if draft.saved:
        return View((Origin("config", draft.saved.config_id, draft.saved.revision), DRAFT))
    opened = [Origin("preset", draft.preset_id)] if draft.preset_id else []
    return View((*opened, DRAFT))


def show(new: View) -> None:
    """Show this from now on; for callbacks of the compare page."""
    address = _address(new) | {SEARCH: st.query_params.get_all(SEARCH)}
    # An empty view has no words in the address: it must not look like a visit without any.
    session.compare(address)
    _fill(address)


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


def _fill(address: dict[str, Sequence[str]] | object) -> None:
    known = address if isinstance(address, dict) else {}
    for key in _KEYS:
        values = list(known.get(key, ()))
        if values != st.query_params.get_all(key):
            st.query_params[key] = values

"""Which configs the library shows: search, filters, order and page, all kept in the address."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.stores.protocol import Facets, Page, Query, Sort
from core.workbench import Workbench
from ui import session
from ui.text import grouped

# What the address says, what the select box says, and what the store is asked for.
_ORDERS: Final[dict[str, tuple[str, Sort, bool]]] = {
    "changed": ("Last changed first", "updated", True),
    "changed-up": ("Longest unchanged first", "updated", False),
    "name": ("Name, A to Z", "name", False),
    "name-down": ("Name, Z to A", "name", True),
    "new": ("Newest first", "created", True),
    "old": ("Oldest first", "created", False),
    "used": ("Last used first", "last_used", True),
    "often": ("Most used first", "times_used", True),
}
_VALIDITY: Final = {"valid": True, "invalid": False}
_CURSOR: Final = "at"
_ORDER: Final = "order"
_USUAL_ORDER: Final = "changed"
# The values that the widgets of the filters have when nothing is asked for.
_UNFILTERED: Final[dict[str, object]] = {
    "q": "",
    "method": [],
    "template": [],
    "tag": [],
    "state": None,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Which page of the list is shown: its number from 0, and the store's cursor for it."""

    number: int = 0
    cursor: str | None = None


def filters(facets: Facets) -> Query:
    """Draw the row of filters; the query that they make."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        search = st.text_input(
            "Search",
            key="q",
            type="search",
            placeholder="Name or description",
            live=True,
            width=260,
            bind="query-params",
            on_change=_to_first_page,
        )
        methods = _several("Method", "method", facets.methods, "Any of these.")
        templates = _several("Template", "template", facets.templates, "Any of these.")
        tags = _several("Tags", "tag", facets.tags, "All of these.") if facets.tags else ()
        valid = st.selectbox(
            "Verdict",
            list(_VALIDITY),
            index=None,
            key="state",
            placeholder="All",
            width=120,
            bind="query-params",
            on_change=_to_first_page,
        )
        _, sort, descending = _ORDERS[_order()]
    return Query(
        search=search or "",
        methods=methods,
        templates=templates,
        valid=_VALIDITY.get(valid or ""),
        tags=tags,
        sort=sort,
        descending=descending,
        cursor=_place().cursor,
    )


def _order() -> str:
    # Not bound by Streamlit: the address would hold the words of the box, not the name.
    wanted = st.query_params.get(_ORDER, "")
    chosen = st.selectbox(
        "Order",
        list(_ORDERS),
        format_func=lambda name: _ORDERS[name][0],
        key=session.seeded("library.order", wanted if wanted in _ORDERS else _USUAL_ORDER),
        width=200,
        on_change=_ordered,
    )
    return chosen or _USUAL_ORDER


def _ordered() -> None:
    _to_first_page()
    chosen = session.widget_value("library.order")
    if chosen == _USUAL_ORDER:
        st.query_params.pop(_ORDER, None)
    else:
        st.query_params[_ORDER] = chosen


def _several(label: str, key: str, names: Iterable[str], help_text: str) -> tuple[str, ...]:
    # The names as they are: Streamlit puts what the box shows into the address.
    chosen = st.multiselect(
        label,
        list(names),
        help=help_text,
        key=key,
        placeholder="All",
        width=160,
        select_all=False,
        bind="query-params",
        on_change=_to_first_page,
    )
    return tuple(chosen)


def _place() -> _Place:
    number, _, cursor = st.query_params.get(_CURSOR, "").partition("~")
    if not (number.isdecimal() and cursor):
        return _Place()
    return _Place(int(number[:6]), cursor)


def _to_first_page() -> None:
    st.query_params.pop(_CURSOR, None)


def _to_page(number: int, cursor: str) -> None:
    st.query_params[_CURSOR] = f"{number}~{cursor}"


def no_match() -> None:
    """Say that nothing matches, and how to see everything again."""
    with st.container(key="no_match", border=True, gap="small"):
        st.markdown("**No config matches**")
        st.markdown("Search looks at names and descriptions.")
        st.button("Clear search and filters", key="clear", type="primary", on_click=_clear)


def _clear() -> None:
    # What is bound to the address leaves it with the widget's value.
    session.set_widgets(_UNFILTERED)
    _to_first_page()


def pager(bench: Workbench, query: Query, page: Page) -> None:
    """Say which rows of how many are shown, and lead on and back."""
    # A store elsewhere takes a while to count.
    total = bench.count(query) if page.next or page.previous else len(page.rows)
    # A cursor that the store could not use has given the first page.
    number = _place().number if page.previous else 0
    first = number * query.limit + 1
    with st.container(horizontal=True, vertical_alignment="center", key="pager", gap="small"):
        last = first + len(page.rows) - 1
        more = page.previous or page.next
        said = "A click on a column sorts this page; Order sorts all." if more else ""
        st.caption(f"{grouped(first)}–{grouped(last)} of {grouped(total)}. {said}")
        if more:
            _page_button("Previous", page.previous, number - 1)
            _page_button("Next", page.next, number + 1)


def _page_button(label: str, cursor: str | None, number: int) -> None:
    st.button(
        label,
        key=f"page.{label}",
        disabled=cursor is None,
        on_click=_to_page,
        args=(max(number, 0), cursor or ""),
    )

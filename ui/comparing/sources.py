"""Adding configs to a comparison: the draft, templates, saved configs, files."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core import presets
from core.comparing.sources import DRAFT, Origin, Shelf
from core.drafts.importing import Import, Refusal, inspect
from core.errors import Unavailable
from core.stores.protocol import Query
from ui import session, who
from ui.differences import address
from ui.differences.address import MAX_COLUMNS, View
from ui.errors import boundary
from ui.text import plain, value_text

_FOUND_AT_MOST: Final = 12


def shelf() -> Shelf:
    """Where this session takes configs from."""
    files = {item.name: item.source for item in session.imports()}
    try:
        return Shelf(session.draft(), files, who.workbench())
    except Unavailable as error:
        return Shelf(session.draft(), files, error)


def add(view: View) -> None:
    """Draw the button that opens everything there is to add."""
    if view.origins:
        st.button(
            "Clear",
            key="compare.clear",
            type="tertiary",
            help="Takes all configs out of the comparison; nothing is deleted.",
            on_click=_clear,
        )
    # Drawn when it is opened: it asks the store for the saved configs.
    offer = st.popover(
        "Add", icon=":material/add:", type="primary", key="compare.add", on_change="rerun"
    )
    if offer.open:
        with offer:
            _everything(view)


def add_first(view: View) -> None:
    """What is near at hand: the open draft and the template that it began with."""
    with st.container(horizontal=True, gap="small"):
        for origin in reversed(address.first(session.draft()).origins):
            if origin not in view.origins:
                _add_first(origin)


def _add_first(origin: Origin) -> None:
    name = plain(value_text(session.draft().name, 40))
    label = f"Open draft: {name}" if origin == DRAFT else f"{name} as it was opened"
    st.button(
        label,
        key=f"compare.first.{origin.name}",
        icon=":material/add:",
        on_click=_adding,
        args=([origin],),
    )


def _everything(view: View) -> None:
    if len(view.origins) >= MAX_COLUMNS:
        st.caption(f"{MAX_COLUMNS} configs are compared at most; leave some out first.")
        return
    _draft(view)
    _templates(view)
    _saved(view)
    _files(view)


def _clear() -> None:
    address.show(address.now().with_origins(()))


def _adding(origins: Sequence[Origin]) -> None:
    view = address.now()
    address.show(view.with_origins([*view.origins, *origins]))


def _add_button(view: View, origin: Origin, label: str, help_text: str = "") -> None:
    is_there = origin in view.origins
    st.button(
        label,
        key=f"compare.add.{origin.name}",
        type="tertiary",
        icon=":material/check:" if is_there else ":material/add:",
        disabled=is_there,
        help=help_text or None,
        on_click=_adding,
        args=([origin],),
    )


def _draft(view: View) -> None:
    name = plain(value_text(session.draft().name, 40))
    _add_button(view, DRAFT, f"Open draft: {name}")


def _templates(view: View) -> None:
    st.caption("Templates")
    for preset in presets.load():
        _add_button(view, Origin("preset", preset.id), preset.title, plain(preset.summary))


def _saved(view: View) -> None:
    st.caption("Saved configs")
    if session.user_id() is None:
        st.markdown(":small[Sign in to compare what you have saved.]")
        return
    search = st.text_input(
        "Search saved configs",
        key="compare.add.search",
        placeholder="Name or description",
        label_visibility="collapsed",
        type="search",
        live=True,
    )
    # What can't be reached is told here, and what is compared stays.
    with boundary():
        _found(view, search or "")


def _found(view: View, search: str) -> None:
    bench = who.workbench()
    if bench is None:
        return
    page = bench.page(Query(search=search, limit=_FOUND_AT_MOST))
    for row in page.rows:
        name = plain(value_text(row.name, 40))
        detail = f"version {row.revision}, {row.method or 'no method'}"
        _add_button(view, Origin("config", row.id), name, detail)
    if not page.rows:
        st.markdown(":small[No saved config matches.]" if search else ":small[Nothing saved yet.]")
    elif page.next:
        st.markdown(":small[There are more: search, or select several in the library.]")


def _files(view: View) -> None:
    st.caption("Files")
    for item in session.imports():
        _add_button(view, Origin("file", item.name), plain(value_text(item.name, 40)))
    uploads = st.file_uploader(
        "JSON files",
        type=["json"],
        accept_multiple_files=True,
        # Once its files are taken in, it is another one: it would bring them again each time.
        key=session.widget_key("compare.files", session.uploads().number),
        label_visibility="collapsed",
    )
    if uploads:
        _take_in([(upload.name, upload.getvalue()) for upload in uploads])
    for refused in session.uploads().refused:
        st.error(plain(refused))


def _take_in(uploads: Sequence[tuple[str, bytes]]) -> None:
    """Add uploaded files; they stay in this session and are in no link."""
    found = [inspect(name, data) for name, data in uploads]
    usable = _distinct([item for item in found if isinstance(item, Import)])
    session.note_uploads(
        tuple(f"{item.name}: {item.reason}" for item in found if isinstance(item, Refusal))
    )
    session.remember_imports(usable)
    _adding([Origin("file", item.name) for item in usable])
    st.rerun()


def _distinct(items: Sequence[Import]) -> list[Import]:
    """The files, those of one name and different content under names of their own."""
    known = {item.name: item.source.text for item in session.imports()}
    result = []
    for item in items:
        name, number = item.name, 2
        while name in known and known[name] != item.source.text:
            name, number = f"{item.name} ({number})", number + 1
        known[name] = item.source.text
        result.append(item.renamed(name))
    return result

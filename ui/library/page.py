"""The library: the user's configs as a table, with what can be done to one or to several."""

from collections.abc import Sequence

import streamlit as st

from core import presets
from core.drafts import draft as drafts
from core.stores.protocol import Facets
from core.workbench import Workbench
from ui import session
from ui.draft import saving
from ui.draft.actions import begin_and_go
from ui.draft.importer import import_dialog
from ui.frame.heading import heading
from ui.library import preview, several
from ui.library.query import filters, no_match, pager
from ui.library.table import table
from ui.places import BUILD
from ui.text import ago, count, plain, value_text


def library(bench: Workbench) -> None:
    """Draw the whole page."""
    facets = bench.facets()
    _toolbar(facets)
    _undo_delete()
    if not facets.total:
        _empty()
    else:
        _shelf(bench, facets)
    _deleted(bench)


def _toolbar(facets: Facets) -> None:
    with heading("Library", count(facets.total, "config")):
        with st.popover("New", icon=":material/add:", key="new", type="primary"):
            st.caption("From a template")
            for preset in presets.load():
                st.button(
                    preset.title,
                    key=f"new.{preset.id}",
                    type="tertiary",
                    help=plain(preset.summary),
                    on_click=begin_and_go,
                    args=(drafts.from_preset(preset),),
                )
            st.caption("From nothing")
            st.button(
                "Empty config",
                key="new.empty",
                type="tertiary",
                on_click=begin_and_go,
                args=(drafts.empty(),),
            )
        if st.button("Import", icon=":material/upload:", key="import"):
            import_dialog()


def _undo_delete() -> None:
    deleted = session.last_deleted()
    if not deleted:
        return
    with st.container(key="undo_delete", border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: Deleted {_named(list(deleted.values()))}.", width="stretch")
        st.button("Undo delete", key="undo_delete.do", on_click=_undo, args=(tuple(deleted),))
        st.button(
            "Dismiss",
            key="undo_delete.no",
            type="tertiary",
            on_click=session.note_deleted,
            args=({},),
        )


def _undo(config_ids: tuple[str, ...]) -> None:
    session.note_deleted({})
    session.focus_on("toolbar")
    bring_back(config_ids)


def _empty() -> None:
    with st.container(key="empty_library", border=True, gap="small"):
        st.markdown("**Nothing saved yet**")
        st.markdown(
            "Build a config and press **Save**, or import the files you have: several at once, "
            "with one report."
        )
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Build a config",
                key="empty_library.build",
                icon=":material/edit:",
                type="primary",
                on_click=session.go_to,
                args=(BUILD,),
            )
            if st.button("Import files", key="empty_library.import", icon=":material/upload:"):
                import_dialog()


def _shelf(bench: Workbench, facets: Facets) -> None:
    query = filters(facets)
    page = bench.page(query)
    if not page.rows:
        no_match()
        return
    left, right = st.columns([2, 1], gap="medium")
    with left, st.container(key="shelf", gap="small"):
        selected = table(page.rows)
        pager(bench, query, page)
    with right, st.container(key="preview", gap="small"):
        if len(selected) == 1:
            preview.preview(bench, selected[0].id, facets.tags)
        elif selected:
            several.several(bench, selected, facets.tags)
        else:
            st.caption(
                "Select a config to see what it does and what you can do with it; select several "
                "to compare, tag, download or delete them."
            )


def _deleted(bench: Workbench) -> None:
    found = bench.deleted()
    if not found:
        return
    with st.expander(f"Recently deleted ({len(found)})", key="deleted", type="compact"):
        st.caption("Each is kept with all its versions for 30 days, then it is gone for good.")
        for item in found:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                name = plain(value_text(item.name, 60))
                st.markdown(
                    f"{name} :gray[:small[deleted {ago(item.deleted_at)}, "
                    f"gone on {item.gone_at:%Y-%m-%d}]]",
                    width="stretch",
                )
                st.button(
                    "Undo delete",
                    key=f"undelete.{item.id}",
                    type="tertiary",
                    on_click=bring_back,
                    args=((item.id,),),
                )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(plain(value_text(name, 40)) for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if names[3:] else "")


def bring_back(config_ids: Sequence[str]) -> None:
    """Undo a delete, and say under which names the configs are back."""

    def act(bench: Workbench) -> None:
        back = bench.undelete(config_ids)
        names = _named([config.name for config in back])
        session.say(f"{names} {'is' if len(back) == 1 else 'are'} back.", ":material/undo:")

    saving.with_bench(act)

"""The library: the user's configs as a table, with what can be done to one or to several."""

from collections.abc import Sequence

import streamlit as st

from core import draft as drafts
from core import presets
from core.stores.protocol import Facets
from core.workbench import Workbench
from ui import preview, saving, session, several
from ui.actions import begin_and_go
from ui.importer import import_dialog
from ui.library_query import filters, no_match, pager
from ui.library_table import table
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
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="toolbar"):
        title = f"Library :gray[:small[{count(facets.total, 'config')}]]"
        st.subheader(title, anchor=False, width="stretch")
        with st.popover("New", icon=":material/add:", key="new", type="primary"):
            for preset in presets.load():
                st.button(
                    preset.title,
                    key=f"new.{preset.id}",
                    type="tertiary",
                    help=plain(preset.summary),
                    on_click=begin_and_go,
                    args=(drafts.from_preset(preset),),
                )
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
    bring_back(config_ids)


def _empty() -> None:
    with st.container(key="empty_library", horizontal_alignment="center", gap="small"):
        st.markdown("#### Nothing saved yet")
        st.markdown(
            "Build a config and press **Save**, start a **New** one from a template, "
            "or **Import** the files you have: several at once, with one report."
        )
        st.page_link(BUILD, label="Build a config", icon=":material/edit:")


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
            st.caption("Select a row to see what it does; select several to compare or tag them.")


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

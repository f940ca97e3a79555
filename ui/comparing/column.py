"""One config of a comparison in a dialog: what is said about it, and what can be done with it."""

from dataclasses import replace

import streamlit as st

from core.comparing.sources import Origin, Side, gather, origin
from core.document import Source
from core.drafts.draft import Draft, from_preset, from_source
from core.presets import find
from ui import session, who
from ui.comparing import sources
from ui.differences import address
from ui.differences.address import MAX_COLUMNS, View
from ui.draft import saving
from ui.draft.actions import begin_and_go
from ui.insight import Insight
from ui.library.preview import findings
from ui.run.verdict import verdict_badges
from ui.text import plain, value_text


def column(name: str) -> None:
    """Draw what the dialog holds."""
    found = origin(name)
    view = address.view()
    sides, _ = gather([found] if found else [], sources.shelf())
    if not sides:
        st.markdown("This config is not there any more; leave it out.")
        return
    (side,) = sides
    insight = Insight(_draft(side))
    st.markdown(f"**{plain(value_text(side.title, 80))}** :gray[:small[{plain(side.detail)}]]")
    st.markdown(verdict_badges(insight))
    _actions(view, side)
    if side.config_id:
        _versions(view, side)
    findings([*insight.report.errors, *insight.report.warnings])


def _draft(side: Side) -> Draft:
    source = Source(side.document, side.text)
    return from_source(side.title, source, f"import:{side.title}").for_target(side.target)


def _actions(view: View, side: Side) -> None:
    name = side.origin.name
    with st.container(horizontal=True, gap="xsmall", key="actions"):
        if view.base_origin != side.origin:
            st.button("Make it the base", key="column.base", on_click=_rebase, args=(name,))
        st.download_button(
            "Download",
            data=side.text.encode,
            file_name=side.file_name,
            mime="application/json",
            key="column.download",
            on_click="ignore",
        )
        if side.origin.kind != "draft":
            st.button("Edit", key="column.edit", on_click=_edit, args=(side,))
        st.button("Leave it out", key="column.out", on_click=_leave_out, args=(side.origin,))


def _rebase(name: str) -> None:
    session.answered()
    address.show(replace(address.now(), base=name))
    st.rerun()


def _leave_out(gone: Origin) -> None:
    session.answered()
    view = address.now()
    address.show(view.with_origins([one for one in view.origins if one != gone]))
    st.rerun()


def _edit(side: Side) -> None:
    session.answered()
    if side.config_id and side.origin.version is None:
        saving.edit(side.config_id)
    elif side.origin.kind == "preset":
        begin_and_go(from_preset(find(side.origin.id)))
    else:
        begin_and_go(_draft(side))
    st.rerun()


def _versions(view: View, side: Side) -> None:
    bench = who.workbench_or_none()
    if bench is None or side.config_id is None:
        return
    compared = {one.version for one in view.origins if one.id == side.config_id}
    numbers = [version.number for version in bench.versions(side.config_id)]
    offered = [number for number in numbers if number not in compared]
    key = f"column.versions.{side.origin.name}"
    session.set_widgets({key: None})
    if not offered:
        return
    if len(view.origins) >= MAX_COLUMNS:
        st.caption(f"{MAX_COLUMNS} configs are compared at most; leave some out first.")
        return
    st.pills(
        "Add another version",
        offered,
        key=key,
        on_change=_add_version,
        args=(side, key),
    )


def _add_version(side: Side, key: str) -> None:
    view = address.now()
    added = Origin("config", side.config_id or "", session.widget_value(key))
    session.answered()
    # Right after the config that it is a version of.
    origins = [
        found for one in view.origins for found in ((one, added) if one == side.origin else (one,))
    ]
    address.show(view.with_origins(origins))
    st.rerun()

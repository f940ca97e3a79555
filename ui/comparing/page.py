"""The compare page: what is compared, which of it is shown, the table, and what to do with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, Final

import streamlit as st

from core.compare import Comparison
from core.comparing.consequences import Consequence
from core.comparing.selection import Counts, Selection, Show, count
from core.comparing.sources import Origin, Side, gather
from core.document import path_text
from core.errors import TunesmithError
from core.output.comparison import comparison_csv, comparison_markdown
from core.system.secrets import redact
from ui import session, who
from ui.comparing import sources
from ui.comparing.taking import taking
from ui.differences import address
from ui.differences.address import MAX_COLUMNS, View
from ui.differences.comparison import Board, board, shown, shown_consequences, table
from ui.differences.curves_panel import curves
from ui.differences.text_differences import text_differences
from ui.errors import boundary
from ui.frame.heading import heading
from ui.library import share
from ui.questions import Compared, SignIn
from ui.text import count as counted
from ui.text import plain, value_text

SHOWN: Final[dict[Show, str]] = {
    "differences": "Differences",
    "effect": "With an effect",
    "all": "All",
}


def compare() -> None:
    """Draw the whole page."""
    view = address.view()
    address.name_view(view)
    sides, missing = gather(view.origins, sources.shelf())
    _toolbar(view, sides)
    if view.left_out:
        most = f"{MAX_COLUMNS} configs are compared at most"
        _notice(f"{most}; the last {view.left_out} are left out.", "most")
    if view.unknown:
        _unknown(view)
    for reason, items in groupby(missing, lambda item: item.reason):
        _missing(reason, [item.origin for item in items])
    if len(sides) < 2:
        _too_few(view)
        return
    own = board(sides, view.base)
    selection = view.selection(_filters(view, own))
    _summary(own, selection, count(own.comparison.rows, view.ignore))
    st.fragment(curves, key="compare.curves")(own)
    st.fragment(_board, key="compare.board")(own, selection)
    if len(own.sides) == 2:
        text_differences(own, shown(own, selection))


def _toolbar(view: View, sides: Sequence[Side]) -> None:
    with heading("Compare", counted(len(sides), "config")):
        sources.add(view)


def _unknown(view: View) -> None:
    names = ", ".join(repr(value_text(name, 40)) for name in view.unknown[:3])
    more = f" and {len(view.unknown) - 3} more" if view.unknown[3:] else ""
    _notice(f"The address names something that is not a config: {names}{more}.", "unknown")


def _missing(reason: str, gone: Sequence[Origin]) -> None:
    text = f"{reason} ({counted(len(gone), 'config')})" if len(gone) > 1 else reason
    _notice(text, gone[0].name, gone)
    if gone[0].kind == "config" and session.user_id() is None:
        st.button(
            "Sign in to see it",
            key="compare.sign_in",
            on_click=session.ask,
            args=(SignIn("compare"),),
        )


def _notice(text: str, name: str, gone: Sequence[Origin] = ()) -> None:
    """Say what is not there; a click leaves it out of the address too."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":orange[:material/warning:] {plain(text)}", width="stretch")
        st.button(
            "Leave out",
            key=f"leave_out.{name}",
            type="tertiary",
            on_click=_leave_out,
            args=(gone,),
        )


def _leave_out(gone: Sequence[Origin]) -> None:
    view = address.now()
    address.show(view.with_origins([one for one in view.origins if one not in gone]))


def _too_few(view: View) -> None:
    with st.container(key="too_few", border=True, gap="small"):
        st.markdown("**Add another config**" if view.origins else "**Add two configs or more**")
        st.markdown(
            "The table then shows where they differ and what the difference means. **Add** has "
            "templates, your saved configs and files of yours."
        )
        sources.add_first(view)


# --- What is shown -------------------------------------------------------------------------------


def _filters(view: View, own: Board) -> str:
    """Draw the row of filters; the words that are searched for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        _shown_choice(view)
        address.restore_search()
        search = st.text_input(
            "Search",
            key=address.SEARCH,
            type="search",
            placeholder="Setting or value",
            live=True,
            width=220,
            bind="query-params",
        )
        _base_choice(own)
        _ignore_choice(view, own)
    session.note_search(search or "")
    return search or ""


def _shown_choice(view: View) -> None:
    key = "compare.show"
    session.set_widgets({key: view.show})
    st.segmented_control(
        "Show",
        list(SHOWN),
        format_func=lambda name: SHOWN[name],
        key=key,
        required=True,
        help="*With an effect*: differences that make any of the runs another one.",
        on_change=_choose,
        args=(key, lambda view, chosen: replace(view, show=chosen)),
    )


def _base_choice(own: Board) -> None:
    key = "compare.base"
    session.set_widgets({key: own.names[0]})
    labels = dict(zip(own.names, own.labels, strict=True))
    st.selectbox(
        "Base",
        list(own.names),
        format_func=lambda name: labels[name],
        key=key,
        width=170,
        help="The others are held against it.",
        on_change=_choose,
        args=(key, lambda view, chosen: replace(view, base=chosen)),
    )


def _ignore_choice(view: View, own: Board) -> None:
    key = "compare.ignore"
    session.set_widgets({key: list(view.ignore)})
    offered = [
        path
        for row in own.comparison.rows
        if row.differs
        for path in (path_text((row.section,)), row.path)
        # What is chosen stands in the address.
        if redact(path) == path
    ]
    st.multiselect(
        "Ignore",
        list(dict.fromkeys([*view.ignore, *sorted(offered, key=_depth)])),
        key=key,
        accept_new_options=True,
        select_all=False,
        placeholder="Settings",
        width=170,
        help="A path is left out with all below it; `*` stands for any text: `tools[*].type`.",
        on_change=_choose,
        args=(key, lambda view, chosen: replace(view, ignore=tuple(chosen))),
    )


def _depth(path: str) -> bool:
    """Sections come first."""
    return "." in path or "[" in path


def _choose(key: str, change: Callable[[View, Any], View]) -> None:
    if session.has_left():
        return
    address.show(change(address.now(), session.widget_value(key)))


def _summary(own: Board, selection: Selection, counts: Counts) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="compare_summary"
    ):
        st.markdown(_counted(own, counts), width="stretch")
        downloads(own, selection)
        st.button(
            "Share",
            key="compare.share",
            icon=":material/link:",
            type="tertiary",
            help="Makes a link that shows this comparison to people without an account.",
            disabled=len(own.sides) < 2,
            on_click=share.ask_about_comparison,
            args=(own, selection),
        )


def _counted(own: Board, counts: Counts) -> str:
    if len(own.sides) < 2:
        return f":small[{counted(counts.settings, 'setting')}]"
    verb = "differs" if counts.differing == 1 else "differ"
    ignored = f"{counts.ignored} ignored" if counts.ignored else ""
    if not counts.differing:
        said = ":material/check: **No setting differs**"
        return " · ".join(filter(None, (said, f"{counts.settings} are equal", ignored)))
    parts = (
        f"**{counts.differing} of {counted(counts.settings, 'setting')} {verb}**",
        f"{counts.consequential} with an effect",
        f"{counts.one_sided} not in all configs" if counts.one_sided else "",
        ignored,
    )
    return " · ".join(filter(None, parts))


def downloads(own: Board, selection: Selection) -> None:
    """The table as it is shown, as files."""
    rows = shown(own, selection)
    found = Comparison(own.comparison.documents, own.labels, rows, own.comparison.base)
    meaning = shown_consequences(own, selection)
    for label, write, ending, mime in (
        ("CSV", comparison_csv, "csv", "text/csv"),
        ("Markdown", comparison_markdown, "md", "text/markdown"),
    ):
        st.download_button(
            label,
            # Written at the click: few look at it, and it changes with each letter of a search.
            data=partial(_written, write, found, meaning),
            file_name=f"tunesmith-comparison.{ending}",
            mime=mime,
            key=f"compare.{ending}",
            icon=":material/download:",
            type="tertiary",
            help="The table as it is shown.",
            on_click="ignore",
        )


def _written(
    write: Callable[[Comparison, Sequence[Consequence]], str],
    found: Comparison,
    meaning: Sequence[Consequence],
) -> bytes:
    return write(found, meaning).encode()


# --- The table -----------------------------------------------------------------------------------


def _board(own: Board, selection: Selection) -> None:
    if who.has_changed():
        st.rerun()
    with boundary():
        _table(own, selection)


def _table(own: Board, selection: Selection) -> None:
    if not shown(own, selection) and not shown_consequences(own, selection):
        _nothing(selection)
    picks = table(
        own,
        selection,
        key="compare.table",
        can_pick=lambda side: side.origin.kind != "draft",
        picks_of=session.draft_number(),
        on_open=_ask_about,
        on_download=lambda name: _used(own, name),
    )
    taking(own, picks)


def _nothing(selection: Selection) -> None:
    """Say why no row is shown, and offer the way to some."""
    if selection.search:
        words = plain(value_text(selection.search, 60))
        said = f"No setting has {words} in its name or value."
        label, way = "Clear search", _clear_search
    elif selection.show == "effect":
        said = "No difference has an effect: all of them would run alike."
        label, way = "Show all differences", partial(_show, "differences")
    else:
        said = "Nothing differs."
        label, way = "Show all settings", partial(_show, "all")
    with st.container(key="nothing_shown", horizontal=True, vertical_alignment="center"):
        st.caption(said, width="content")
        st.button(label, key="compare.nothing", on_click=way)


def _clear_search() -> None:
    session.set_widgets({address.SEARCH: ""})
    st.rerun()


def _show(what: Show) -> None:
    address.show(replace(address.now(), show=what))
    st.rerun()


def _ask_about(name: str) -> None:
    session.ask(Compared(name))
    st.rerun()


def _used(own: Board, name: str) -> None:
    """Count the download of a saved config; what can't be counted was downloaded all the same."""
    side = next((side for side in own.sides if side.origin.name == name), None)
    if side is None or side.config_id is None:
        return
    config_id = side.config_id
    try:
        bench = who.workbench()
        if bench:
            bench.used(config_id)
    except TunesmithError as error:
        session.say(plain(str(error)), ":material/cloud_off:")

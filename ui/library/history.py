"""The versions of one config: what changed when; compare, restore or download any of them."""

from collections.abc import Sequence

import streamlit as st

from core.comparing.selection import Selection
from core.comparing.sources import Origin, Side, version_side
from core.drafts.draft import file_name
from core.errors import Conflict
from core.stores.protocol import Config, Version
from core.workbench import Workbench, saved_as
from ui import session, who
from ui.differences import address
from ui.differences.address import View
from ui.differences.comparison import board, table
from ui.library.preview import used
from ui.text import ago, exact, plain


def history(config_id: str) -> None:
    """Draw what the dialog holds."""
    bench = who.workbench()
    if bench is None:
        return
    config, versions = bench.config(config_id), bench.versions(config_id)
    st.markdown(f"**{plain(config.name)}** is at version {config.revision}.")
    _list(versions, bench)
    if len(versions) > 1:
        _compare(versions)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _choose(bench, config, versions)


def _list(versions: Sequence[Version], bench: Workbench) -> None:
    lines = [_line(version, bench.actor.user_id) for version in versions]
    table = ["| Version | Saved | By | What | Message |", "|--:|:--|:--|:--|:--|", *lines]
    with st.container(key="version_list", height=220 if len(lines) > 5 else "content"):
        st.markdown("\n".join(table))


def _line(version: Version, user_id: str) -> str:
    author = "you" if version.author == user_id else "another user"
    what = {
        "create": "first version",
        "save": "saved",
        "restore": f"restored version {version.restored_from}",
    }[version.operation]
    when = f"{ago(version.created_at)} :gray[:small[{exact(version.created_at)}]]"
    cells = (str(version.number), when, author, what, plain(version.message))
    return "| " + " | ".join(cells) + " |"


def _compare(versions: Sequence[Version]) -> None:
    numbers = [version.number for version in versions]
    left, right = st.columns(2)
    with left:
        old = st.selectbox("What changed from version", numbers, index=1, key="history.old")
    with right:
        new = st.selectbox("to version", numbers, index=0, key="history.new")
    found = {version.number: version for version in versions}
    pair = [found[number] for number in (old, new) if number in found]
    if len(pair) == 2:
        _between(*pair)


def _between(old: Version, new: Version) -> None:
    for title, before, after in (
        ("Name", old.content.name, new.content.name),
        ("Description", old.content.description, new.content.description),
    ):
        if before != after:
            st.markdown(f":small[{title}: {plain(before) or '–'} → {plain(after) or '–'}]")
    origins = [Origin("config", one.config_id, one.number) for one in (old, new)]
    sides = [
        version_side(origin, one.content) for origin, one in zip(origins, (old, new), strict=True)
    ]
    _table(sides)
    st.button(
        "Open in Compare",
        key="history.compare",
        icon=":material/compare:",
        type="tertiary",
        help="The same on a page of its own: all settings, line by line, values to take over.",
        on_click=_to_compare,
        args=(origins,),
    )


def _table(sides: Sequence[Side]) -> None:
    own = board(sides)
    if own.comparison.differs or any(row.note for row in own.comparison.rows):
        table(own, Selection(), key="history.table")
    else:
        st.markdown(":material/check: No setting differs.")


def _to_compare(origins: Sequence[Origin]) -> None:
    session.answered()
    address.go(View(tuple(origins)))
    st.rerun()


def _choose(bench: Workbench, config: Config, versions: Sequence[Version]) -> None:
    numbers = [version.number for version in versions]
    # The newest is what is there already; what people look for is the one before.
    number = st.selectbox(
        "Version", numbers, min(1, len(numbers) - 1), width=120, key="history.chosen"
    )
    if number is None:
        return
    restored = st.button(
        "Restore",
        key="restore",
        disabled=number == config.revision,
        help="Makes this version the newest one; those in between stay.",
    )
    st.download_button(
        "Download this version",
        data=next(v for v in versions if v.number == number).content.text.encode(),
        file_name=file_name(f"{config.name}-v{number}"),
        mime="application/json",
        key="download_version",
        on_click=used,
        args=([config.id],),
    )
    if restored:
        _restore(bench, config, number)


def _restore(bench: Workbench, config: Config, number: int) -> None:
    try:
        restored = bench.restore(config, number)
    except Conflict:
        session.say("It was saved elsewhere just now; look again.", ":material/sync_problem:")
        st.rerun()
    session.say(f"Version {number} is back as version {restored.revision}.", ":material/history:")
    _show(config, restored)
    session.answered()
    st.rerun()


def _show(before: Config, restored: Config) -> None:
    """Show it where the state before is open; undo brings back what was there."""
    draft = session.draft()
    saved = draft.saved
    if saved and (saved.config_id, saved.revision) == (before.id, before.revision):
        session.open_draft(draft.with_document(restored.config_json))
        session.saved(saved_as(restored), restored.text)

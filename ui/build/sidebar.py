"""The sidebar: where a config comes from, and what is open."""

from collections.abc import Callable
from itertools import groupby

import streamlit as st

from core import presets
from core.drafts import draft as drafts
from core.drafts.draft import from_source
from core.drafts.importing import Import
from core.presets import Preset
from ui import session
from ui.build import tour
from ui.draft.actions import COMMAND, DOWNLOAD, HEADER, begin_or_ask, open_draft
from ui.draft.importer import import_dialog
from ui.parts import Part, place
from ui.questions import History
from ui.text import plain, value_text

_METHODS = {"sft": "Supervised", "teacher_mode": "Teacher mode", "dpo": "Preference pairs"}
_ORIGINS = {
    "exact": "The trainer's own file.",
    "reconstructed": ":orange[A reconstruction.]",
    "proposed": ":orange[Our proposal.]",
}


def sidebar() -> None:
    """Draw the whole sidebar."""
    with st.sidebar:
        place(Part(HEADER, _open_draft, _shows))
        _others()
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader("Template", anchor=False, width="stretch")
            tour.invitation("first")
        for method, group in groupby(presets.load(), key=lambda preset: preset.method):
            st.caption(f"{_METHODS.get(method, method)} `{method}`")
            for preset in group:
                _preset(preset)
        tour.invitation("again")


def _shows() -> object:
    """What the head shows; the name stands in its field as it was typed."""
    history, draft = session.history(), session.draft()
    return _state(draft), bool(history.past), bool(history.future), draft.is_changed, draft.saved


def _open_draft() -> None:
    with st.container(key="open_draft", gap="xsmall"):
        history, draft = session.history(), session.draft()
        key = session.seeded(session.widget_key("name"), draft.name)
        st.text_input("Name", key=key, max_chars=120, on_change=_renamed, args=(key,))
        st.caption(_state(draft))
        with st.container(horizontal=True, gap="xsmall"):
            _step("Undo", session.undo, bool(history.past))
            _step("Redo", session.redo, bool(history.future))
            _step("Reset", session.reset, draft.is_changed)
        if draft.saved:
            _saved(draft.saved)


def _state(draft: drafts.Draft) -> str:
    if draft.saved:
        changed = ":orange[changed since]" if draft.is_unsaved else "saved"
        return f"version {draft.saved.revision} · {changed}"
    kind, _, name = draft.origin.partition(":")
    source = {"preset": "template", "import": "import"}.get(kind, "started empty")
    said = f"{source} {plain(value_text(name, 30))}".strip()
    # What changes stands first: the line is cut where it is too long.
    return (":orange[changed]" if draft.is_changed else "unchanged") + f" · {said}"


def _saved(saved: drafts.Saved) -> None:
    st.button(
        "Versions",
        key="versions",
        icon=":material/history:",
        help="What was saved when; compare, restore or download any version.",
        on_click=_show_versions,
        args=(saved.config_id,),
    )


def _show_versions(config_id: str) -> None:
    session.ask(History(config_id))
    st.rerun()


def _step(label: str, action: Callable[[], None], enabled: bool) -> None:
    explained = {
        "Undo": "Take back the last change.",
        "Redo": "Do the change again that was taken back.",
        "Reset": "Go back to the config as it was opened. Undo brings your edits back.",
    }
    st.button(
        label,
        key=f"step.{label}",
        help=explained[label],
        disabled=not enabled,
        on_click=_take_step,
        args=(action,),
    )


def _take_step(action: Callable[[], None]) -> None:
    action()
    # The buttons stand in a fragment; what they change stands everywhere.
    st.rerun()


def _renamed(key: str) -> None:
    if session.is_stale(key):
        return
    typed = session.widget_value(key) or ""
    if session.has_left() and not typed:
        return
    renamed = session.draft().renamed(typed.strip() or drafts.UNNAMED)
    if renamed.name != typed:
        open_draft(renamed)
    session.type_in(renamed)
    if not session.has_left():
        st.rerun([HEADER, DOWNLOAD, COMMAND])


def _preset(preset: Preset) -> None:
    chosen = session.draft().preset_id == preset.id
    # Not a radio button: moving among those with the keyboard would open one after another, and a
    # click on the one that is open would do nothing.
    st.button(
        f"**{preset.title}**" if chosen else preset.title,
        key=f"preset.{preset.id}",
        icon=":material/radio_button_checked:" if chosen else ":material/radio_button_unchecked:",
        type="tertiary",
        help="Opens it again as it ships." if chosen else plain(preset.note),
        on_click=_open_preset,
        args=(preset,),
    )
    # What there is to know about the one that is open is read without a mouse over it.
    more = preset.note if chosen else ""
    st.caption(plain(more) or f"{plain(preset.summary)} {_ORIGINS[preset.origin]}")


def _open_preset(preset: Preset) -> None:
    begin_or_ask(drafts.from_preset(preset))


def _others() -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button("Import", icon=":material/upload:", key="import"):
            import_dialog()
        st.button("Start empty", icon=":material/draft:", key="empty", on_click=_open_empty)
    if session.imports():
        st.caption("Imported in this session")
    for item in session.imports():
        st.button(
            plain(value_text(item.name, 30)),
            key=f"imported.{item.name}",
            icon=":material/description:",
            type="tertiary",
            help="Opens the file as it came in.",
            on_click=_open_import,
            args=(item,),
        )


def _open_empty() -> None:
    begin_or_ask(drafts.empty())


def _open_import(item: Import) -> None:
    begin_or_ask(from_source(item.name, item.source, f"import:{item.name}"))

"""The config as JSON: the document as it is, and an editor for those who would rather type."""

from typing import Final

import streamlit as st

from core.document import Path, parse
from core.drafts.draft import Pending
from core.errors import DocumentError
from ui import session
from ui.text import MARKS, plain

_ROOT: Final[Path] = ()


def json_view() -> None:
    """Draw the editor; text that does not parse changes nothing and is kept."""
    draft = session.draft()
    begun = draft.pending.get(_ROOT)
    text = begun.text if begun else draft.as_text()
    key = session.seeded(session.widget_key("json"), text)
    st.text_area(
        "The config as JSON",
        key=key,
        height=620,
        help="Edit here, then press Ctrl+Enter or leave the field.",
        on_change=_typed,
        args=(key,),
    )
    if begun:
        _explain(begun)


def _explain(begun: Pending) -> None:
    try:
        parse(begun.text)
    except DocumentError as error:
        st.markdown(f"{MARKS['error']} {plain(str(error))}")
        st.caption("The config keeps what it held before this text.")
    else:
        st.markdown(f"{MARKS['warning']} The config was changed after this text was begun.")
        st.caption("Using the text takes those changes back; discarding it keeps them.")
        st.button("Use this text", icon=":material/check:", on_click=_use)
    st.button("Discard this text", icon=":material/undo:", on_click=_discard)


def _typed(key: str) -> None:
    if session.is_stale(key):
        return
    text, draft = session.widget_value(key) or "", session.draft()
    if session.has_left() and not text:
        return
    try:
        parse(text)
    except DocumentError:
        session.type_in(draft.with_pending(_ROOT, text))
        return
    if draft.is_overtaken(_ROOT):
        session.type_in(draft.with_pending(_ROOT, text))
    else:
        _take(text)


def _use() -> None:
    begun = session.draft().pending.get(_ROOT)
    if begun:
        _take(begun.text)


def _take(text: str) -> None:
    draft = session.draft().with_pending(_ROOT, None)
    session.open_draft(draft.with_document(parse(text)))


def _discard() -> None:
    session.open_draft(session.draft().with_pending(_ROOT, None))

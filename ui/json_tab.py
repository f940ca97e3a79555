"""The JSON tab: the document as it is, and an editor for those who would rather type."""

import streamlit as st

from core.document import parse
from core.errors import DocumentError
from ui import session
from ui.text import MARKS, plain

_ROOT = ()


def json_tab() -> None:
    """Draw the editor; text that does not parse changes nothing and is kept."""
    draft = session.draft()
    unparsed = draft.pending.get(_ROOT)
    text = draft.as_text() if unparsed is None else unparsed
    key = session.seeded(session.widget_key("json"), text)
    st.text_area(
        "The config as JSON",
        key=key,
        height=620,
        help="Edit here, then press Ctrl+Enter or leave the field.",
        on_change=_typed,
        args=(key,),
    )
    if unparsed is not None:
        _fault(unparsed)


def _fault(text: str) -> None:
    try:
        parse(text)
    except DocumentError as error:
        st.markdown(f"{MARKS['error']} {plain(str(error))}")
        st.caption("The config keeps what it held before this text.")
        st.button("Discard this text", icon=":material/undo:", on_click=_discard)


def _typed(key: str) -> None:
    text = session.widget_value(key)
    try:
        document = parse(text)
    except DocumentError:
        session.type_in(session.draft().with_pending(_ROOT, text))
        return
    session.open_draft(session.draft().with_pending(_ROOT, None).with_document(document))


def _discard() -> None:
    session.open_draft(session.draft().with_pending(_ROOT, None))

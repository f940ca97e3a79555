"""Taking picked values over into the open draft, with the verdict before and after."""

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from core.compare import compare
from core.comparing.consequences import outcome
from core.comparing.taking import Pick, taken
from core.document import Document
from core.errors import PathError
from ui import session
from ui.differences.changes import consequence_lines, settings_table
from ui.differences.comparison import SECTION, Board, state_of
from ui.differences.grid import Pick as Picked
from ui.places import BUILD
from ui.text import count, plain, value_text

_FEW = 3


def taking(own: Board, picked: Sequence[Picked]) -> None:
    """Draw what would become of the draft with the picked values, and the button that does it."""
    picks = sorted(_picks(own, picked), key=_place(own))
    if not picks:
        _just_taken()
        return
    with st.container(key="take", border=True, gap="small"):
        draft = session.draft()
        try:
            new = taken(draft.document, own.comparison.documents, picks)
        except PathError as error:
            st.warning(plain(str(error)))
            return
        _preview(draft.document, new, draft.name)


def _picks(own: Board, picked: Iterable[Picked]) -> Iterable[Pick]:
    numbers = {name: number for number, name in enumerate(own.names)}
    for line, column in picked:
        number = numbers.get(column)
        if number is None:
            continue
        if line.startswith(SECTION):
            yield Pick(number, section=line.removeprefix(SECTION))
        elif row := own.by_key.get(line):
            yield Pick(number, row)


def _place(own: Board) -> Callable[[Pick], int]:
    """Where the row of a pick stands: what holds a value is taken before what it holds."""
    places = {row.path: place for place, row in enumerate(own.comparison.rows)}
    return lambda pick: places[pick.row.path] if pick.row else -1


def _preview(old: Document, new: Document, name: str) -> None:
    rows = compare([old, new]).rows
    title = plain(value_text(name, 40))
    if not rows:
        st.markdown(f":material/check: The draft **{title}** has these values already.")
        return
    target = session.insight().target
    before, after = outcome(old, target), outcome(new, target)
    meaning = consequence_lines(before, after)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        states = f"{state_of(before.report)} → {state_of(after.report)}"
        st.markdown(f"Into the draft **{title}** · {states}", width="stretch")
        st.button(
            f"Take {count(len(rows), 'value')} over",
            key="take.do",
            type="primary",
            help="Undo takes it back.",
            on_click=_take,
            args=(new, len(rows)),
        )
    is_long = max(len(rows), len(meaning) - 2) > _FEW
    with st.container(height=130 if is_long else "content", border=False, key="taking"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            st.markdown(settings_table(rows))
        with right:
            st.markdown("\n".join(meaning))


def _take(new: Document, number: int) -> None:
    draft = session.draft()
    name = plain(value_text(draft.name, 40))
    session.say(f"Took {count(number, 'value')} into {name}.", ":material/check:")
    session.open_draft(draft.with_document_of_others(new))
    session.note_taken()
    session.focus_on("took")
    st.rerun()


def _just_taken() -> None:
    """After values were taken: the way back, and the way to the form."""
    if not session.has_just_taken():
        return
    with st.container(key="took", horizontal=True, vertical_alignment="center", gap="small"):
        name = plain(value_text(session.draft().name, 40))
        st.markdown(f":material/check: The draft **{name}** has the values that you took.")
        st.button("Undo", key="take.undo", icon=":material/undo:", on_click=_undo)
        st.page_link(BUILD, label="Edit the draft", icon=":material/edit:")


def _undo() -> None:
    session.undo()
    st.rerun()

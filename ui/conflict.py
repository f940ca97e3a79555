"""Two changes of one config side by side with what both began with; one value is picked of each."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import streamlit as st

from core.consequences import outcome
from core.document import ABSENT, same
from core.merge import Choice, Picks, Side, merged
from core.secrets import masked, redact
from core.text_difference import Piece
from core.workbench import Clash
from ui.comparison import NOTHING, SECTION, state_of
from ui.grid import Cell, Column, Line, Pick, grid, sheet
from ui.text import plain, value_text

_LONGEST: Final = 300
_SIDES: Final[tuple[Side, Side]] = ("mine", "theirs")


def conflict(clash: Clash) -> Picks:
    """Draw the table; which side is picked at each place."""
    opened = clash.draft.saved.revision if clash.draft.saved else NOTHING
    columns = (
        Column("base", f"version {opened}", "what you opened", is_base=True, opens=False),
        Column("mine", "yours", "not saved yet", opens=False),
        Column("theirs", f"version {clash.current.revision}", "saved meanwhile", opens=False),
    )
    picked = grid(
        sheet(columns, list(_lines(clash.choices)), "Where the two changes differ"),
        key=f"conflict.{clash.current.revision}",
        picks=[(choice.field, choice.usual) for choice in clash.choices],
        picks_of=clash.current.revision,
        one_each=True,
        hint="A click on a cell picks its value.",
    )
    picks = _picks(clash.choices, picked)
    _verdicts(clash, picks)
    return picks


def _picks(choices: tuple[Choice, ...], picked: tuple[Pick, ...]) -> Picks:
    chosen = dict(picked)
    sides = {side: side for side in _SIDES}
    return {
        choice.path: sides[side] if (side := chosen.get(choice.field)) in sides else choice.usual
        for choice in choices
    }


def _verdicts(clash: Clash, picks: Picks) -> None:
    mine, theirs = clash.draft.document, clash.current.config_json
    result = outcome(merged(clash.draft.base, mine, theirs, picks))
    states = (state_of(outcome(mine).report), state_of(outcome(theirs).report))
    st.markdown(
        f"The next version: **{state_of(result.report)}** "
        f":gray[(yours: {plain(states[0])}, saved: {plain(states[1])})]"
    )


def _lines(choices: tuple[Choice, ...]) -> Iterator[Line]:
    # What both sides changed needs a decision; for the rest one is made already.
    ordered = sorted(choices, key=lambda choice: not choice.is_clash)
    for is_clash, found in groupby(ordered, lambda choice: choice.is_clash):
        title = "Changed on both sides" if is_clash else "Changed on one side"
        yield Line(f"{SECTION}{is_clash}", "section", title, (Cell(()), Cell(()), Cell(())))
        yield from map(_line, found)


def _line(choice: Choice) -> Line:
    cells = (
        _cell(choice, choice.base),
        _cell(choice, choice.mine, can_be_picked=True),
        _cell(choice, choice.theirs, can_be_picked=True),
    )
    name = redact(choice.field)
    return Line(choice.field, "setting", name, cells, help=name, differs=True)


def _cell(choice: Choice, value: Any, *, can_be_picked: bool = False) -> Cell:
    return Cell(
        (Piece(_text(choice, value)),),
        differs=not same(choice.base, value),
        is_quiet=value is ABSENT,
        can_be_picked=can_be_picked,
    )


def _text(choice: Choice, value: Any) -> str:
    if value is ABSENT:
        return NOTHING
    return value_text(masked(value, choice.path), _LONGEST)

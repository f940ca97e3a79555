"""Two changes of one config side by side with what both began with; one value is picked of each."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import streamlit as st

from core import trainers
from core.comparing.consequences import outcome
from core.document import ABSENT, Path, same
from core.drafts.merge import Choice, Picks, Side, merged
from core.system.secrets import redact
from core.workbench import Clash
from ui.differences.comparison import NOTHING, SECTION, Texts, state_of, visible
from ui.differences.grid import Cell, Column, Line, Pick, grid, sheet
from ui.text import plain

_SIDES: Final[tuple[Side, Side]] = ("mine", "theirs")


def conflict(clash: Clash) -> Picks:
    """Draw the table; which side is picked at each place."""
    opened = clash.draft.saved.revision if clash.draft.saved else NOTHING
    columns = (
        Column("base", f"version {opened}", "what you opened", is_base=True, opens=False),
        Column("mine", "yours", "not saved yet", opens=False),
        Column("theirs", f"version {clash.current.revision}", "saved meanwhile", opens=False),
    )
    keys = _keys(clash.choices)
    picked = grid(
        sheet(columns, list(_lines(clash.choices)), "Where the two changes differ"),
        key=f"conflict.{clash.current.revision}",
        picks=[(keys[choice.path], choice.usual) for choice in clash.choices],
        picks_of=clash.current.revision,
        one_each=True,
        hint="A click on a cell picks its value.",
    )
    picks = _picks(clash.choices, picked)
    _verdicts(clash, picks)
    return picks


def _picks(choices: tuple[Choice, ...], picked: tuple[Pick, ...]) -> Picks:
    chosen, keys = dict(picked), _keys(choices)
    sides: dict[str, Side] = {side: side for side in _SIDES}
    return {
        choice.path: sides.get(chosen.get(keys[choice.path], ""), choice.usual)
        for choice in choices
    }


def _verdicts(clash: Clash, picks: Picks) -> None:
    mine, theirs = clash.draft.document, clash.current.config_json
    # The next version is judged for what this session has chosen.
    target = trainers.known(clash.draft.target)
    result = outcome(merged(clash.draft.base, mine, theirs, picks), target)
    states = [state_of(outcome(one, target).report) for one in (mine, theirs)]
    st.markdown(
        f"The next version: **{state_of(result.report)}** "
        f":gray[(yours: {plain(states[0])}, saved: {plain(states[1])})]"
    )


def _keys(choices: Sequence[Choice]) -> dict[Path, str]:
    """What the places are called in picks: their paths, where they hold no secret."""
    return {
        choice.path: choice.field
        if redact(choice.field) == choice.field
        else f"{redact(choice.field)} {number}"
        for number, choice in enumerate(choices)
    }


def _lines(choices: tuple[Choice, ...]) -> Iterator[Line]:
    keys = _keys(choices)
    # What both sides changed needs a decision; for the rest one is made already.
    ordered = sorted(choices, key=lambda choice: not choice.is_clash)
    for is_clash, found in groupby(ordered, lambda choice: choice.is_clash):
        title = "Changed on both sides" if is_clash else "Changed on one side"
        yield Line(f"{SECTION}{is_clash}", "section", title, (Cell(()), Cell(()), Cell(())))
        yield from (_line(keys[choice.path], choice) for choice in found)


def _line(key: str, choice: Choice) -> Line:
    values = (choice.base, choice.mine, choice.theirs)
    # A tool's name is the name of no key.
    is_tool = choice.path[:1] == ("tools",)
    place = ("tools", 0, *choice.path[2:]) if is_tool else choice.path
    texts = Texts(values, [place] * len(values))
    cells = tuple(
        Cell(
            texts.pieces(number),
            differs=not same(choice.base, value),
            is_quiet=value is ABSENT,
            can_be_picked=number > 0,
        )
        for number, value in enumerate(values)
    )
    name = redact(choice.field)
    return Line(key, "setting", visible(name), cells, help=name, differs=True)

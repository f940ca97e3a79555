"""Parts of a page that are drawn anew by themselves, as soon as they would show something else.

An edit changes little of what stands on the page. Each part says what it shows; after an edit those
are drawn again whose answer has changed since they were drawn last, and nothing else is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui import session, who
from ui.errors import boundary


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a page.

    Attributes:
        name: the key of its fragment, the only one of that name on the page. Where the part stands
            inside another one, it begins with that one's name and a dot.
        draw: draws it.
        shows: what it shows, as something that can be compared; draws nothing.
        is_urgent: whether it is drawn before the others, because a user waits for it.
    """

    name: str
    draw: Callable[[], None]
    shows: Callable[[], object]
    is_urgent: bool = False


@dataclass(slots=True)
class Placed:
    """A part that stands on the page, and what it showed when it was drawn last."""

    part: Part
    shown: object = None
    is_drawn: bool = False


def place(part: Part) -> None:
    """Draw a part where the page is, and have ``stale`` watch it until the page is drawn anew."""
    placed = session.parts()[part.name] = Placed(part)
    st.fragment(_draw, key=part.name)(placed)


def _draw(placed: Placed) -> None:
    # The page itself has just asked; what is drawn again later asks anew.
    if placed.is_drawn and who.has_changed():
        st.rerun()
    placed.is_drawn = True
    _forget_inside(placed.part.name)
    with boundary():
        placed.shown = placed.part.shows()
        placed.part.draw()


def _forget_inside(name: str) -> None:
    # What stood inside a part is placed again, or gone.
    parts = session.parts()
    for inside in [other for other in parts if other.startswith(f"{name}.")]:
        del parts[inside]


def stale() -> list[str]:
    """The names of the parts that would show something else now, urgent ones first."""
    found = [placed.part for placed in session.parts().values() if _is_stale(placed)]
    return [part.name for part in sorted(found, key=lambda part: not part.is_urgent)]


def _is_stale(placed: Placed) -> bool:
    return placed.shown != placed.part.shows()

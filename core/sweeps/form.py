"""A sweep as it is typed: texts that may be unfinished, and what they come to."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.sweeps.axes import Axis, Mode, read_axis, read_path
from core.sweeps.jobs import AT_ONCE


@dataclass(frozen=True, slots=True)
class Entry:
    """One field with its values, as typed.

    Attributes:
        id: tells entries apart; no entry of a form ever gets another one's.
        path: the field; empty while none is chosen.
        values: its values with commas between.
    """

    id: int
    path: str = ""
    values: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed yet."""
        return not (self.path.strip() or self.values.strip())

    @property
    def is_unfinished(self) -> bool:
        """Whether one of the two is still to be typed."""
        return not (self.path.strip() and self.values.strip())

    def axis(self) -> Axis:
        """What it comes to.

        Raises:
            SweepError: it is no axis, or none yet.
        """
        return read_axis(read_path(self.path), self.values)


@dataclass(frozen=True, slots=True)
class Form:
    """Everything that was typed.

    Attributes:
        entries: in the order in which members are counted.
        mode: how the values come together.
        name: what the sweep is called; empty for the name of its base.
        running_only: whether members that would not run are left out.
        at_once: how many members a Slurm array runs at once.
        made: how many entries were ever made.
    """

    entries: tuple[Entry, ...] = (Entry(1),)
    mode: Mode = "grid"
    name: str = ""
    running_only: bool = False
    at_once: int = AT_ONCE
    made: int = 1

    @property
    def typed(self) -> tuple[Entry, ...]:
        """The entries that anything was typed in."""
        return tuple(entry for entry in self.entries if not entry.is_empty)

    def axes(self) -> tuple[Axis, ...]:
        """What the entries come to.

        Raises:
            SweepError: one of them is no axis.
        """
        return tuple(entry.axis() for entry in self.typed)

    def with_entry(self, number: int, change: Callable[[Entry], Entry]) -> "Form":
        """The form with one entry changed, by its id."""
        entries = (change(entry) if entry.id == number else entry for entry in self.entries)
        return replace(self, entries=tuple(entries))

    def with_another(self) -> "Form":
        """The form with an empty entry at its end."""
        entries = (*self.entries, Entry(self.made + 1))
        return replace(self, entries=entries, made=self.made + 1)

    def without(self, number: int) -> "Form":
        """The form without one entry; the last one leaves an empty one behind."""
        kept = tuple(entry for entry in self.entries if entry.id != number)
        form = replace(self, entries=kept)
        return form if kept else form.with_another()

    def raised(self, number: int) -> "Form":
        """The form with one entry a place further up; the first one stays."""
        entries = list(self.entries)
        place = next((n for n, entry in enumerate(entries) if entry.id == number), 0)
        if place:
            entries[place - 1 : place + 1] = entries[place], entries[place - 1]
        return replace(self, entries=tuple(entries))

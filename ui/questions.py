"""What a page may have to ask before it goes on; ``ui/dialogs.py`` draws each as a dialog."""

from dataclasses import dataclass, field

from core.drafts.draft import Draft
from core.reading.consent import Command
from core.shares.protocol import Share
from core.shares.snapshot import Snapshot
from core.sweeps.members import Plan
from core.workbench import Clash


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who is it?

    Attributes:
        purpose: what goes on afterwards, as a verb: ``save`` or ``open``.
    """

    purpose: str = "save"


@dataclass(frozen=True, slots=True)
class NameIsTaken:
    """Under which other name, or as a version of the config that has it?

    Attributes:
        name: the name that is taken.
    """

    name: str


@dataclass(frozen=True, slots=True)
class SavedElsewhere:
    """Which side's value, for each place that differs?"""

    clash: Clash


@dataclass(frozen=True, slots=True)
class IsGone:
    """The config was deleted elsewhere: save as a new one?"""


@dataclass(frozen=True, slots=True)
class LeaveUnsaved:
    """Save first, before another config is opened?

    Attributes:
        draft: what is to be opened.
        page: the page to go to afterwards, or empty to stay.
    """

    draft: Draft
    page: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Which version of a saved config?"""

    config_id: str


@dataclass(frozen=True, slots=True)
class Describe:
    """Under which name and with which description?"""

    config_id: str


@dataclass(frozen=True, slots=True)
class Consent:
    """May these commands run on the training machine?

    Attributes:
        commands: those that nobody said yes to.
        as_copy: whether it is to be saved as a config of its own.
        name: that config's name; ``None`` for a free one.
        sweep: the sweep that is saved as a group, where it is about that.
    """

    commands: tuple[Command, ...]
    as_copy: bool = False
    name: str | None = None
    sweep: Plan | None = None


@dataclass(frozen=True, slots=True)
class MakeRun:
    """Shall the draft be changed so that the trainer runs it?"""


@dataclass(frozen=True, slots=True)
class Compared:
    """What about this column of a comparison?

    Attributes:
        name: what the address calls it.
    """

    name: str


@dataclass(frozen=True, slots=True)
class ShareIt:
    """For how long, and under which title, is a link to show this?

    Attributes:
        snapshot: what it shows.
        title: the title that is offered.
        config_id: the config that it shows; ``None`` for a comparison.
        note: what is not in it, or empty.
    """

    snapshot: Snapshot
    title: str
    config_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkMade:
    """Has the user copied the new link?

    Attributes:
        link: the whole address; it is not kept.
    """

    link: str = field(repr=False)
    share: Share


Question = (
    SignIn
    | NameIsTaken
    | SavedElsewhere
    | IsGone
    | LeaveUnsaved
    | History
    | Describe
    | Compared
    | Consent
    | MakeRun
    | ShareIt
    | LinkMade
)

"""Configs as every store keeps them: the records, and what each operation promises.

A store is opened for one ``Actor`` and reaches that user's rows only; the rows of others do not
exist for it. ``core/errors.py`` says which errors there are.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from core.document import Document, parse
from core.reading.consent import Approval

VERSIONS_KEPT: Final = 50
DAYS_DELETED_KEPT: Final = 30
KEPT_DELETED: Final = timedelta(days=DAYS_DELETED_KEPT)
DRAFTS_KEPT: Final = 20
PAGE_SIZE: Final = 50

MAX_BYTES: Final = 256 * 1024
"""The most that the text of one config may take as UTF-8."""
MAX_NAME: Final = 120
MAX_DESCRIPTION: Final = 2000
MAX_MESSAGE: Final = 500
MAX_TAG: Final = 40
MAX_TAGS: Final = 20
"""The most tags that one config may have."""
MAX_TARGET: Final = 100
MAX_COMMANDS: Final = 200
"""The most different commands that the tools of one config may run."""

Sort = Literal["updated", "created", "name", "last_used", "times_used"]
Operation = Literal["create", "save", "restore"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks said about a config when it was written.

    Attributes:
        is_valid: whether it had no errors; stored as ``is_validated``.
        errors: its errors in the form of the report contract, or ``None`` without any; stored as
            ``validation_errors``.
        runs: whether the trainer would get to its end with it.
    """

    is_valid: bool
    errors: Sequence[dict[str, Any]] | None = None
    runs: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a user writes into a config.

    Attributes:
        name: unique among the user's configs.
        description: free text, may be empty.
        template_type: the id of the preset that it began with, or ``custom``.
        text: the JSON as the user has it; it is kept byte for byte.
        checked: what the checks say about it.
        target: what it was checked for, as ``core.reading.target`` has it; empty for the default.
        approved: the recorded yes to each command that its tools would run.
    """

    name: str
    description: str
    template_type: str
    text: str
    checked: Checked
    target: str = ""
    approved: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """One saved config, by the seed's column names; ``text`` is ``config_json`` as it was written.

    Attributes:
        revision: 1 at first, and one more with each save; also the number of its newest version.
        errors: ``validation_errors``.
        tags: in alphabetical order.
        target: see ``Content``.
        approved: one for each command of the text, in the order of their hashes; none in a config
            that was written before commands had to be approved.
    """

    id: str
    user_id: str
    name: str
    description: str
    template_type: str
    text: str
    checked: Checked
    times_used: int
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int
    tags: tuple[str, ...] = ()
    target: str = ""
    approved: tuple[Approval, ...] = ()

    @property
    def config_json(self) -> Document:
        """The document."""
        return parse(self.text)

    @property
    def content(self) -> Content:
        """What the user wrote."""
        return Content(
            name=self.name,
            description=self.description,
            template_type=self.template_type,
            text=self.text,
            checked=self.checked,
            target=self.target,
            approved=self.approved,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the library: what a list shows, and nothing that has to be parsed.

    Attributes:
        method: ``training.method``, or ``None`` where it is no text.
        model: ``model.name``, or ``None`` where it is no text; at most 200 characters.
    """

    id: str
    name: str
    description: str
    template_type: str
    method: str | None
    model: str | None
    is_valid: bool
    runs: bool
    revision: int
    times_used: int
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of the library, in which order.

    Attributes:
        search: words that all have to stand in the name or the description, in any case.
        methods: only these methods; empty for all. So with ``templates``.
        valid: only valid ones, only invalid ones, or ``None`` for both.
        tags: only configs that have all of these tags.
        sort: what to sort by; equal ones by id, so that the order is always the same.
        descending: newest, most, or Z first.
        cursor: where a page begins, from ``Page.next`` or ``Page.previous``; one that can't be
            read, or was made for another order, gives the first page.
        limit: the most rows of a page, 1 to 500.
    """

    search: str = ""
    methods: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    valid: bool | None = None
    tags: tuple[str, ...] = ()
    sort: Sort = "updated"
    descending: bool = True
    cursor: str | None = None
    limit: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of the library, with the cursors that lead on and back."""

    rows: tuple[Summary, ...]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to filter by, each with the number of configs that have it."""

    total: int
    methods: dict[str, int]
    templates: dict[str, int]
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class Version:
    """One immutable state of a config.

    Attributes:
        number: the revision that this state was.
        content: what the user had written.
        operation: what made it.
        message: what the user said about it; may be empty.
        restored_from: the number of the version that was restored, or ``None``.
        author: the id of the user who saved it.
    """

    config_id: str
    number: int
    content: Content
    operation: Operation
    message: str
    restored_from: int | None
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """A config that was deleted and can still come back."""

    id: str
    name: str
    deleted_at: datetime
    gone_at: datetime


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """Unsaved work of one browser session.

    Attributes:
        slot: which browser session it belongs to; each has one.
        name: what the draft is called.
        config_id: the saved config that it changes, or ``None``.
        payload: the draft as ``core/workbench.py`` writes it.
        updated_at: when it was kept last.
    """

    slot: str
    name: str
    config_id: str | None
    payload: str
    updated_at: datetime = field(default=datetime.min)


class ConfigStore(Protocol):
    """The configs of one user.

    Every operation may raise ``Unavailable``. One that names a config raises ``NotFound`` where
    this user has none of that id, whatever other users have.

    No text is written whose commands ``Content.approved`` does not cover. An approval that the
    config has already stays as it was recorded; any other is recorded as this user's, whoever it
    names, and not as later than now. Those of commands that the text lacks are left out.
    """

    def list(self, query: Query) -> Page:
        """One page of the library; reads only what ``Summary`` holds."""

    def count(self, query: Query) -> int:
        """How many configs the query finds on all its pages."""

    def facets(self) -> Facets:
        """What there is to filter by."""

    def get(self, config_id: str) -> Config:
        """One config."""

    def several(self, config_ids: Collection[str]) -> tuple[Config, ...]:
        """Those of these configs that this user has, in no certain order; the rest is left out."""

    def create(self, content: Content, message: str = "", tags: Collection[str] = ()) -> Config:
        """Keep a new config, as its version 1.

        Raises:
            NameTaken: the user has another config of that name.
            Unacceptable: a field is too long, or the text is not one strict JSON object.
            NeedsConsent: the text has a command without an approval.
        """

    def save(
        self, config_id: str, content: Content, *, expected_revision: int, message: str = ""
    ) -> Config:
        """Write a new version.

        Content that is the same as the newest version's, byte for byte, makes no new one.

        Raises:
            Conflict: the config's revision is not the expected one; nothing was written.
            NameTaken: as for ``create``.
            Unacceptable: as for ``create``.
            NeedsConsent: as for ``create``.
        """

    def delete(self, config_id: str) -> None:
        """Delete a config; it and its versions can come back for 30 days, and its name is free."""

    def deleted(self) -> tuple[Deleted, ...]:
        """What can come back, the newest first."""

    def undelete(self, config_id: str) -> Config:
        """Bring a deleted config back, under a free name where its own was taken meanwhile."""

    def versions(self, config_id: str) -> tuple[Version, ...]:
        """The versions that are kept, 50 at most, the newest first."""

    def version(self, config_id: str, number: int) -> Version:
        """One version."""

    def restore(
        self,
        config_id: str,
        number: int,
        checked: Checked,
        *,
        expected_revision: int,
        approved: Sequence[Approval] = (),
    ) -> Config:
        """Make an old version's text, description, template and target the newest version.

        The name stays what it is now. ``approved`` is what is approved now, beside what the old
        and the newest version were saved with.

        Raises:
            Conflict: as for ``save``.
            NeedsConsent: as for ``create``.
        """

    def mark_used(self, config_id: str) -> int:
        """Count one opening or download in one atomic step; how often it was used by now."""

    def tag(
        self, config_ids: Collection[str], add: Collection[str], remove: Collection[str] = ()
    ) -> None:
        """Give and take tags; tags are not part of a version.

        Raises:
            Unacceptable: a tag is too long or a config would have too many.
            NotFound: any of the configs is not this user's; nothing was changed.
        """

    def keep_draft(self, draft: KeptDraft) -> None:
        """Keep unsaved work, in place of what its slot held; the newest 20 slots are kept."""

    def drafts(self) -> tuple[KeptDraft, ...]:
        """The unsaved work that is kept, the newest first."""

    def drop_draft(self, slot: str) -> None:
        """Forget what a slot holds; nothing happens where it holds nothing."""

    def adopt(self, config: Config, versions: Sequence[Version]) -> Config | None:
        """Keep a config of another store with its versions, tags, dates and counts as they are.

        Its id here is ``core.stores.listing.adopted_id``.

        Returns:
            ``None`` where it is here already, or was and can still come back.

        Raises:
            NameTaken: as for ``create``.
            Unacceptable: as for ``create``, or these are not the versions of the config.
            NeedsConsent: a version has a command without an approval.
        """

    def everything(self) -> Iterator[tuple[Config, tuple[Version, ...]]]:
        """All configs with all their versions, one at a time, in the order of their names.

        A few may be read ahead; what others change meanwhile is in it or not.
        """

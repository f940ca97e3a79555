"""The use cases of keeping configs, for one user over one store.

Front ends call these; what is checked, counted, logged and named is decided here and nowhere else.
"""

import contextlib
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core import trainers
from core.check import check
from core.document import Document, Source, read, write
from core.drafts.draft import Draft, Saved, file_name, from_saved
from core.drafts.importing import Import, Refusal
from core.drafts.merge import Choice, Picks, choices, merged
from core.drafts.payload import from_payload, to_payload
from core.errors import (
    Conflict,
    DocumentError,
    NameTaken,
    NeedsConsent,
    NotFound,
    StoreError,
    Unavailable,
    UnknownTarget,
)
from core.identity.protocol import Account, Actor
from core.reading.consent import Approval, Command, hashes, unapproved
from core.reading.target import parse_target
from core.stores import archive
from core.stores.limits import is_template_type
from core.stores.listing import names_like
from core.stores.protocol import (
    Checked,
    Config,
    ConfigStore,
    Content,
    Deleted,
    Facets,
    KeptDraft,
    Page,
    Query,
    Version,
)
from core.system import log
from core.system.database import now

_COPIES_TRIED: Final = 200


@dataclass(frozen=True, slots=True)
class Clash:
    """Two changes of one config: what this session has, and what was saved meanwhile.

    Attributes:
        draft: this session's.
        current: the config as it stands in the store.
        choices: the places where they differ.
    """

    draft: Draft
    current: Config
    choices: tuple[Choice, ...]

    @property
    def name(self) -> str:
        """The name after the merge: this session's where it changed the name."""
        base = self.draft.saved.name if self.draft.saved else self.draft.name
        return self.current.name if self.draft.name == base else self.draft.name

    @property
    def target(self) -> str:
        """What the merge is judged for: this session's target where it chose another."""
        base = self.draft.saved.target if self.draft.saved else ""
        return self.current.target if self.draft.target == base else self.draft.target


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of one imported file.

    Attributes:
        file: its name.
        config: the saved config, or ``None``.
        problem: why it was not saved, or empty.
        commands: what its user has to say yes to first, with ``Import.approving``.
    """

    file: str
    config: Config | None
    problem: str = ""
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Unsaved work that some session left in the store."""

    kept: KeptDraft
    draft: Draft


@dataclass(frozen=True, slots=True)
class Writing:
    """What a script writes into a config; ``None`` leaves what is there, or gives the default.

    Attributes:
        text: the JSON, to be kept byte for byte.
        target: what to judge it for, as ``core.reading.target`` writes it.
        approved: the hashes of commands that the user says yes to now.
    """

    name: str | None = None
    description: str | None = None
    template_type: str | None = None
    text: str | None = None
    target: str | None = None
    approved: tuple[str, ...] = ()

    def over(self, old: Content) -> Content:
        """The old content with what is written here; approvals and checks are still the old."""
        return replace(
            old,
            name=old.name if self.name is None else self.name.strip(),
            description=_or(self.description, old.description),
            template_type=_or(self.template_type, old.template_type),
            text=_or(self.text, old.text),
            target=_or(self.target, old.target),
        )


def _or(given: str | None, old: str) -> str:
    return old if given is None else given


_NOTHING: Final = Content("", "", "custom", "", Checked(False))


class Workbench:
    """What one user can do with saved configs; errors are those of the store."""

    def __init__(self, store: ConfigStore, actor: Actor, spare: ConfigStore | None = None) -> None:
        """Work on a store for an actor.

        Args:
            store: where everything is kept.
            actor: whose.
            spare: a store on this machine, for unsaved work while the first can't be reached.
        """
        self.store = store
        self.actor = actor
        self._spare = spare

    # --- One config ------------------------------------------------------------------------

    def save(self, draft: Draft, message: str = "") -> Config:
        """Write the draft: a new config, or a new version of the one that it is of.

        Raises:
            Conflict: somebody saved since the draft was opened; see ``clash``.
            NameTaken: another config has the draft's name.
            NeedsConsent: it has commands that its user has not said yes to; see ``needs_consent``.
        """
        content = self._written(draft)
        if draft.saved is None:
            config = self.store.create(content, message)
        else:
            expected = draft.saved.revision
            config = self.store.save(
                draft.saved.config_id, content, expected_revision=expected, message=message
            )
        return _logged(config)

    def save_copy(self, draft: Draft, name: str | None = None) -> Config:
        """Write the draft as a config of its own, under that name or a free one like it.

        Raises:
            NeedsConsent: as for ``save``.
        """
        content = self._written(draft)
        if name is not None:
            return _logged(self.store.create(replace(content, name=name)))
        return self._create_freely(content)

    def create(self, writing: Writing, message: str = "", tags: Collection[str] = ()) -> Config:
        """Keep a new config that a script writes.

        Raises:
            DocumentError: the text is not one strict JSON object.
            NeedsConsent: as for ``save``.
            UnknownTarget: the target is none.
        """
        content = self._judged(writing.over(_NOTHING), writing)
        return _logged(self.store.create(content, message, tags))

    def write(
        self, config_id: str, writing: Writing, *, expected_revision: int, message: str = ""
    ) -> Config:
        """Write the next version of a config, for a script; raises as ``create`` does, and:

        Raises:
            Conflict: the config's revision is not the expected one.
        """
        current = self.store.get(config_id)
        if current.revision != expected_revision:
            raise Conflict(current)
        content = self._judged(writing.over(current.content), writing)
        return _logged(
            self.store.save(
                config_id, content, expected_revision=expected_revision, message=message
            )
        )

    def _judged(self, content: Content, writing: Writing) -> Content:
        """What a script writes, with what the checks say and its yes to commands."""
        if writing.target is not None:
            trainers.setting(parse_target(writing.target))
        return replace(
            content,
            checked=_checked(content.text, content.target),
            approved=self._said(writing.approved, content.approved),
        )

    def needs_consent(self, draft: Draft) -> tuple[Command, ...]:
        """What a save would ask the user about: the commands without a yes, in order.

        ``Draft.approving`` takes the answer.
        """
        return unapproved(draft.document, draft.consent)

    def _written(self, draft: Draft) -> Content:
        """The draft as a store keeps it."""
        saved = draft.saved
        return _content(
            draft.name,
            draft.as_text(),
            description=saved.description if saved else "",
            template_type=draft.template_type,
            target=draft.target,
            approved=self._said(draft.approved, saved.approved if saved else ()),
        )

    def _said(self, given: Collection[str], known: Sequence[Approval]) -> tuple[Approval, ...]:
        """Approvals that were recorded, and those that are given now."""
        moment, user = now(), self.actor.user_id
        new = [sha256 for sha256 in given if sha256 not in hashes(known)]
        return (*known, *(Approval(sha256, moment, user) for sha256 in new))

    def clash(self, draft: Draft, current: Config) -> Clash:
        """What both sides changed since the draft was opened."""
        found = choices(draft.base, draft.document, current.config_json)
        return Clash(draft, current, found)

    def settle(self, clash: Clash, picks: Picks) -> Config:
        """Save what was picked as the next version after the one that was saved meanwhile.

        Raises:
            Conflict: it was saved once more; the new state has to be looked at.
            NeedsConsent: as for ``save``.
        """
        current, saved = clash.current, clash.draft.saved
        document = merged(clash.draft.base, clash.draft.document, current.config_json, picks)
        text = _text(document, current.text, clash.draft.as_text())
        known = (*current.approved, *(saved.approved if saved else ()))
        content = _content(
            clash.name,
            text,
            description=current.description,
            template_type=current.template_type,
            target=clash.target,
            approved=self._said(clash.draft.approved, known),
        )
        config = self.store.save(
            current.id,
            content,
            expected_revision=current.revision,
            message=f"Merged with version {current.revision}",
        )
        return _logged(config)

    def config(self, config_id: str) -> Config:
        """One config, to look at; that does not count as a use."""
        return self.store.get(config_id)

    def several(self, config_ids: Collection[str]) -> dict[str, Config]:
        """Those of these configs that the user has, by the ids that were asked for."""
        found = {config.id: config for config in self.store.several(config_ids)}
        return {wanted: found[wanted] for wanted in config_ids if wanted in found}

    def open(self, config_id: str) -> Draft:
        """A draft of a saved config; counts as a use."""
        draft = opened(self.store.get(config_id))
        self.store.mark_used(config_id)
        log.opened(draft.name, draft.origin)
        return draft

    def describe(
        self, config: Config, name: str, description: str, approved: Collection[str] = ()
    ) -> Config:
        """Rename and describe a config, as a version of its own.

        Args:
            config: as it was read.
            name: the new name.
            description: the new description.
            approved: the hashes of commands that the user says yes to now.

        Raises:
            NeedsConsent: it was saved before commands had to be approved, and has some.
        """
        content = replace(
            config.content,
            name=name.strip(),
            description=description.strip(),
            approved=self._said(approved, config.approved),
        )
        return _logged(self.store.save(config.id, content, expected_revision=config.revision))

    def duplicate(self, config_id: str, approved: Collection[str] = ()) -> Config:
        """A copy under a free name, with the tags but without the history.

        Raises:
            NeedsConsent: as for ``describe``.
        """
        config = self.store.get(config_id)
        given = self._said(approved, config.approved)
        return self._create_freely(replace(config.content, approved=given), config.tags)

    def download(self, config_id: str, number: int | None = None) -> tuple[str, bytes]:
        """The file's name and content, of the newest or of an older version; counts as a use."""
        name, text = self._text(config_id, number)
        self.store.mark_used(config_id)
        data = text.encode()
        log.downloaded(name, len(data))
        stem = name if number is None else f"{name}-v{number}"
        return file_name(stem), data

    def used(self, config_id: str) -> None:
        """Count a use of a config that is handed out elsewhere; a deleted one is not counted."""
        with contextlib.suppress(NotFound):
            self.store.mark_used(config_id)

    def _text(self, config_id: str, number: int | None) -> tuple[str, str]:
        if number is None:
            config = self.store.get(config_id)
            return config.name, config.text
        content = self.store.version(config_id, number).content
        return content.name, content.text

    # --- Versions --------------------------------------------------------------------------

    def versions(self, config_id: str) -> tuple[Version, ...]:
        """The versions that are kept, the newest first."""
        return self.store.versions(config_id)

    def version(self, config_id: str, number: int) -> Version:
        """One version, with what it holds."""
        return self.store.version(config_id, number)

    def restore(self, config: Config, number: int, approved: Collection[str] = ()) -> Config:
        """Make an old version the newest one, with the target that it was judged for.

        Raises:
            Conflict: somebody saved since ``config`` was read.
            NeedsConsent: the old version has commands that neither it nor the newest was saved
                with a yes to, and that are not among the approved hashes.
        """
        old = self.store.version(config.id, number).content
        restored = self.store.restore(
            config.id,
            number,
            _checked(old.text, old.target),
            expected_revision=config.revision,
            approved=self._said(approved, ()),
        )
        return _logged(restored)

    # --- The library -----------------------------------------------------------------------

    def page(self, query: Query) -> Page:
        """One page of the library."""
        return self.store.list(query)

    def count(self, query: Query) -> int:
        """How many configs a query finds."""
        return self.store.count(query)

    def facets(self) -> Facets:
        """What there is to filter by."""
        return self.store.facets()

    def delete(self, config_ids: Collection[str]) -> None:
        """Delete configs; each can come back for 30 days."""
        for config_id in config_ids:
            self.store.delete(config_id)
            log.deleted(config_id)

    def undelete(self, config_ids: Collection[str]) -> tuple[Config, ...]:
        """Bring deleted configs back."""
        return tuple(map(self.store.undelete, config_ids))

    def deleted(self) -> tuple[Deleted, ...]:
        """What can come back."""
        return self.store.deleted()

    def tag(self, ids: Collection[str], add: Collection[str], remove: Collection[str] = ()) -> None:
        """Give and take tags."""
        self.store.tag(ids, add, remove)

    def zip(self, config_ids: Collection[str]) -> bytes:
        """The newest versions of some configs as one ZIP file; that alone is no use of them."""
        configs = map(self.store.get, config_ids)
        files = [(file_name(config.name), config.text.encode()) for config in configs]
        return archive.zipped(archive.unique(files))

    def take_in(self, items: Sequence[Import | Refusal]) -> tuple[Landed, ...]:
        """Save imported files, each under a free name like its own; one bad file stops no other."""
        return tuple(map(self._land, items))

    def _land(self, item: Import | Refusal) -> Landed:
        if isinstance(item, Refusal):
            return Landed(item.name, None, item.reason)
        content = _content(item.name, item.source.text, approved=self._said(item.approved, ()))
        try:
            return Landed(item.name, self._create_freely(content))
        except NeedsConsent as error:
            return Landed(item.name, None, str(error), error.commands)
        except StoreError as error:
            return Landed(item.name, None, str(error))

    def _create_freely(self, content: Content, tags: Collection[str] = ()) -> Config:
        for name in itertools.islice(names_like(content.name), _COPIES_TRIED):
            try:
                return _logged(self.store.create(replace(content, name=name), tags=tags))
            except NameTaken:
                continue
        raise NameTaken(content.name)

    # --- Unsaved work ----------------------------------------------------------------------

    def keep(self, slot: str, draft: Draft) -> None:
        """Keep a session's unsaved work; a draft without any is forgotten.

        Raises:
            Unavailable: the store can't be reached. With a spare store the work is kept there.
        """
        if not draft.is_unsaved:
            self.forget(slot)
            return
        config_id = draft.saved.config_id if draft.saved else None
        kept = KeptDraft(slot, draft.name, config_id, to_payload(draft))
        try:
            self.store.keep_draft(kept)
        except Unavailable:
            if self._spare:
                self._spare.keep_draft(kept)
            raise
        self._forget_spare(slot)

    def left_behind(self, but: str) -> tuple[LeftBehind, ...]:
        """Unsaved work of other sessions than this one, the newest first."""
        return tuple(_readable(kept for kept in self._drafts() if kept.slot != but))

    def forget(self, slot: str) -> None:
        """Forget what a session had left."""
        self._forget_spare(slot)
        self.store.drop_draft(slot)

    def _drafts(self) -> Sequence[KeptDraft]:
        """What is kept; what only the spare store has was kept last."""
        if self._spare is None:
            return self.store.drafts()
        spare = {kept.slot: kept for kept in self._spare.drafts()}
        kept = [item for item in self.store.drafts() if item.slot not in spare]
        return sorted([*spare.values(), *kept], key=lambda item: item.updated_at, reverse=True)

    def _forget_spare(self, slot: str) -> None:
        if self._spare:
            self._spare.drop_draft(slot)

    # --- Everything ------------------------------------------------------------------------

    def export(self, account: Account) -> bytes:
        """All that is kept about the user, as one ZIP file."""
        return archive.export(account, self.store.everything(), self._drafts())


def opened(config: Config) -> Draft:
    """A draft of a config that was read."""
    return from_saved(
        saved_as(config), Source(config.config_json, config.text), config.template_type
    )


def saved_as(config: Config) -> Saved:
    """What a draft has to know about the config that it is of."""
    return Saved(
        config_id=config.id,
        revision=config.revision,
        name=config.name,
        description=config.description,
        target=config.target,
        approved=config.approved,
    )


def _readable(drafts: Iterator[KeptDraft]) -> Iterator[LeftBehind]:
    for kept in drafts:
        try:
            yield LeftBehind(kept, from_payload(kept.payload))
        except DocumentError:
            # Kept by another version of this program; it stays for that one.
            continue


def _content(
    name: str,
    text: str,
    *,
    description: str = "",
    template_type: str = "custom",
    target: str = "",
    approved: tuple[Approval, ...] = (),
) -> Content:
    # A preset may have an id that the database's pattern does not take.
    template = template_type if is_template_type(template_type) else "custom"
    checked = _checked(text, target)
    return Content(name.strip(), description, template, text, checked, target, approved)


def _checked(text: str, target: str) -> Checked:
    document = read(text.encode()).document
    try:
        report = check(document, parse_target(target))
    except UnknownTarget:
        # It may be one of another version of this program; that must not keep work from a store.
        report = check(document)
    errors = report.as_json()["errors"] or None
    return Checked(report.is_valid, errors, report.trainer.runs)


def _text(document: Document, *known: str) -> str:
    """The document as text: as it was written where it is one of the known ones, or anew."""
    wanted = write(document)
    return next((text for text in known if write(read(text.encode()).document) == wanted), wanted)


def _logged(config: Config) -> Config:
    log.saved(config.name, config.id, config.revision)
    return config

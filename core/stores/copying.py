"""Copying a library from one store to another, one config at a time, as often as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from core.errors import NameTaken, NeedsConsent, NotAllowed, NotFound, StoreError, Unavailable
from core.stores.limits import check_content
from core.stores.listing import adopted_id
from core.stores.protocol import Config, ConfigStore, Content, Query, Version

Outcome = Literal["copied", "brought up to date", "there already", "left alone"]

_DELETED: Final = "It was deleted there; bring it back there first, if you want it."
_NEWER: Final = "It is newer there; copy the other way to bring this side up to date."
_CHANGED: Final = "It was changed there too; open both and compare."
_NO_CONSENT: Final = (
    "It runs a command that nobody has approved; open it, approve it when you save, and copy again."
)
_OLD_WITHOUT_CONSENT: Final = (
    "Version {} runs a command that nobody has approved; duplicate the config and copy that."
)


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one config.

    Attributes:
        why: for ``left alone``, the reason and what to do; for ``copied``, which old versions were
            left out; else empty.
    """

    name: str
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A store, and whose it is."""

    store: ConfigStore
    user_id: str


def copied(source: Place, target: Place) -> Iterator[Copied]:
    """Copy every config that is not there yet; a config that can't be copied stops no other.

    A yes to a command goes along, and counts for older versions with the same command too.

    Raises:
        Unavailable: one of the stores can't be reached; what was copied until then stays, and a
            second run goes on from there.
        NotAllowed: the sign-in to one of them has ended; so here.
    """
    live = set(_ids(target.store))
    gone = {one.id for one in target.store.deleted()}
    # What came from there in the first place has an id that follows from the one there.
    origins = {adopted_id(source.user_id, config_id): config_id for config_id in live | gone}
    for config, versions in source.store.everything():
        config, versions = _with_consent(config, versions)
        wanted = origins.get(config.id, adopted_id(target.user_id, config.id))
        if wanted in gone:
            yield Copied(config.name, "left alone", _DELETED)
        else:
            yield _tried(target.store, config, versions, wanted if wanted in live else None)


def _with_consent(
    config: Config, versions: tuple[Version, ...]
) -> tuple[Config, tuple[Version, ...]]:
    """A config whose versions all have what its user said yes to in any of them."""
    given = {one.sha256: one for version in versions for one in version.content.approved}
    if not given:
        return config, versions
    approved = tuple(given.values())
    return replace(config, approved=approved), tuple(
        replace(version, content=replace(version.content, approved=approved))
        for version in versions
    )


def _ids(store: ConfigStore) -> Iterator[str]:
    query = Query(sort="created", limit=500)
    while True:
        page = store.list(query)
        yield from (row.id for row in page.rows)
        if page.next is None:
            return
        query = replace(query, cursor=page.next)


def _tried(
    target: ConfigStore, config: Config, versions: Sequence[Version], known: str | None
) -> Copied:
    """Copy a config or bring what it is there up to date; what goes wrong is told of it alone."""
    try:
        if known is None:
            return _taken_over(target, config, versions)
        return _compared(target, config, versions, target.get(known))
    except (Unavailable, NotAllowed):
        raise
    except NameTaken as error:
        why = f"Another config there is named {error.name!r}; rename one of the two and go on."
        return Copied(config.name, "left alone", why)
    except StoreError as error:
        return Copied(config.name, "left alone", str(error))


def _taken_over(target: ConfigStore, config: Config, versions: Sequence[Version]) -> Copied:
    left_out: Sequence[Version] = ()
    try:
        adopted = target.adopt(config, versions)
    except NeedsConsent:
        left_out = [one for one in versions if _lacks_consent(one.content)]
        if _lacks_consent(config.content):
            return Copied(config.name, "left alone", _NO_CONSENT)
        adopted = target.adopt(config, [one for one in versions if one not in left_out])
    if adopted:
        return Copied(config.name, "copied", _without(left_out))
    # It came there, or went, since the look at what is there.
    return Copied(config.name, "left alone", "It was just changed there; run this again.")


def _lacks_consent(content: Content) -> bool:
    try:
        check_content(content)
    except NeedsConsent:
        return True
    except StoreError:
        return False
    return False


def _without(left_out: Sequence[Version]) -> str:
    if not left_out:
        return ""
    numbers = ", ".join(str(one.number) for one in reversed(left_out))
    return f"Without its old versions {numbers}, with commands that nobody has approved."


def _compared(
    target: ConfigStore, config: Config, versions: Sequence[Version], there: Config
) -> Copied:
    if config.revision == there.revision and _is_same(config.content, there.content):
        return Copied(config.name, "there already")
    seen = [one for one in versions if one.number == there.revision]
    if not (seen and _is_same(seen[0].content, there.content)):
        why = _NEWER if _has_seen(target, there, config) else _CHANGED
        return Copied(config.name, "left alone", why)
    newer = [one for one in reversed(versions) if one.number > there.revision]
    if why := _unapproved(config, newer):
        return Copied(config.name, "left alone", why)
    revision = there.revision
    for one in newer:
        saved = target.save(there.id, one.content, expected_revision=revision, message=one.message)
        revision = saved.revision
    return Copied(config.name, "brought up to date" if newer else "there already")


def _unapproved(config: Config, newer: Sequence[Version]) -> str:
    """Why versions can't be copied: one of them runs a command that nobody has approved."""
    lacking = [one.number for one in newer if _lacks_consent(one.content)]
    if not lacking:
        return ""
    is_newest = config.revision in lacking
    return _NO_CONSENT if is_newest else _OLD_WITHOUT_CONSENT.format(lacking[0])


def _has_seen(target: ConfigStore, there: Config, config: Config) -> bool:
    """Whether what is there goes on from the config as it is here."""
    if there.revision <= config.revision:
        return False
    try:
        old = target.version(there.id, config.revision)
    except NotFound:
        return False
    return _is_same(config.content, old.content)


def _is_same(one: Content, other: Content) -> bool:
    """Whether two contents are the same but for what the checks said at the time.

    Which commands are approved follows from the text, and each side knows its own user.
    """
    return replace(one, checked=other.checked, approved=other.approved) == other

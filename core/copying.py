"""Copying a library from one store to another, one config at a time, as often as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from core.errors import NameTaken, NotAllowed, NotFound, StoreError, Unavailable
from core.stores.listing import adopted_id
from core.stores.protocol import Config, ConfigStore, Content, Query, Version

Outcome = Literal["copied", "brought up to date", "there already", "left alone"]

_DELETED: Final = "It was deleted there; bring it back there first, if you want it."
_NEWER: Final = "It is newer there; copy the other way to bring this side up to date."
_CHANGED: Final = "It was changed there too; open both and compare."


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one config.

    Attributes:
        why: for ``left alone``, the reason and what to do; else empty.
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
        wanted = origins.get(config.id, adopted_id(target.user_id, config.id))
        if wanted in gone:
            yield Copied(config.name, "left alone", _DELETED)
        else:
            yield _tried(target.store, config, versions, wanted if wanted in live else None)


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
    if target.adopt(config, versions):
        return Copied(config.name, "copied")
    # It came there, or went, since the look at what is there.
    return Copied(config.name, "left alone", "It was just changed there; run this again.")


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
    revision = there.revision
    for one in newer:
        saved = target.save(there.id, one.content, expected_revision=revision, message=one.message)
        revision = saved.revision
    return Copied(config.name, "brought up to date" if newer else "there already")


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
    """Whether two contents are the same but for what the checks said at the time."""
    return replace(one, checked=other.checked) == other

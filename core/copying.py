"""Copying a library from one store to another, one config at a time, as often as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.errors import StoreError, Unavailable
from core.stores.listing import adopted_id
from core.stores.protocol import Config, ConfigStore, Query, Version

Outcome = Literal["copied", "brought up to date", "there already", "left alone"]


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
    """
    known = set(_ids(target.store))
    # What came from there in the first place has an id that follows from the one there.
    came_from_there = {adopted_id(source.user_id, config_id): config_id for config_id in known}
    for config, versions in source.store.everything():
        wanted = came_from_there.get(config.id, adopted_id(target.user_id, config.id))
        try:
            there = target.store.get(wanted) if wanted in known else None
            yield _copied(target.store, config, versions, there)
        except Unavailable:
            raise
        except StoreError as error:
            yield Copied(config.name, "left alone", str(error))


def _ids(store: ConfigStore) -> Iterator[str]:
    query = Query(sort="created", limit=500)
    while True:
        page = store.list(query)
        yield from (row.id for row in page.rows)
        if page.next is None:
            return
        query = replace(query, cursor=page.next)


def _copied(
    target: ConfigStore, config: Config, versions: Sequence[Version], there: Config | None
) -> Copied:
    if there is None:
        made = target.adopt(config, versions)
        if made:
            return Copied(config.name, "copied")
        why = "It was deleted there and can still come back: bring it back, or copy it again later."
        return Copied(config.name, "left alone", why)
    if _is_same(config, there):
        return Copied(config.name, "there already")
    newer = [version for version in reversed(versions) if version.number > there.revision]
    seen = next((one for one in versions if one.number == there.revision), None)
    if not newer or seen is None or replace(seen.content, checked=there.checked) != there.content:
        why = "It was changed there too; open both and compare."
        return Copied(config.name, "left alone", why)
    revision = there.revision
    for version in newer:
        saved = target.save(
            there.id, version.content, expected_revision=revision, message=version.message
        )
        revision = saved.revision
    return Copied(config.name, "brought up to date")


def _is_same(config: Config, there: Config) -> bool:
    same = replace(config.content, checked=there.checked) == there.content
    return same and config.revision == there.revision

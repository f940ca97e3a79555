"""The saved configs that a command works on, wherever they are kept: one small protocol.

``core/commands/client.py`` keeps them on a server; ``LocalKeeper`` in the file of this machine.
"""

import contextlib
import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from core.drafts.draft import file_name
from core.errors import InputError, NotFound
from core.stores.listing import folded, is_text
from core.stores.protocol import MAX_NAME, Config, Page, Query, Summary, Version
from core.workbench import Workbench, Writing

PAGE: Final = 200
"""How many rows are asked for at once."""

SHORT_ID: Final = 8
"""How much of an id a list shows; 4 of its digits can be enough to name a config."""
_NEAR: Final = 3
_ID_START: Final = re.compile(r"[0-9a-f]{4,8}|[0-9a-f]{8}-[0-9a-f-]{0,27}")


class Keeper(Protocol):
    """One user's configs.

    Every operation may raise ``Unavailable`` and ``NotAllowed``; one that names a config raises
    ``NotFound`` where this user has none of that id.
    """

    def page(self, query: Query) -> Page:
        """One page of the library; see ``ConfigStore.list``."""

    def get(self, config_id: str) -> Config:
        """One config; that is no use of it."""

    def version(self, config_id: str, number: int) -> Version:
        """One version of a config."""

    def download(self, config_id: str, number: int | None = None) -> bytes:
        """The file of the newest or of an older version; counts as a use."""

    def create(self, writing: Writing, message: str = "", tags: Collection[str] = ()) -> Config:
        """Keep a new config.

        Raises:
            NameTaken: there is one of that name.
            NeedsConsent: it has commands that its user has not said yes to.
            Unacceptable: a name, a text or a size that no store takes.
        """

    def write(
        self, config_id: str, writing: Writing, *, expected_revision: int, message: str = ""
    ) -> Config:
        """Write the next version of a config; the same content makes none.

        Raises:
            Conflict: it is not at that revision.
            NameTaken, NeedsConsent, Unacceptable: as for ``create``.
        """


class LocalKeeper:
    """``Keeper`` on the embedded store."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def page(self, query: Query) -> Page:
        """See ``Keeper``."""
        return self._workbench.page(query)

    def get(self, config_id: str) -> Config:
        """See ``Keeper``."""
        return self._workbench.config(config_id)

    def version(self, config_id: str, number: int) -> Version:
        """See ``Keeper``."""
        return self._workbench.version(config_id, number)

    def download(self, config_id: str, number: int | None = None) -> bytes:
        """See ``Keeper``."""
        return self._workbench.download(config_id, number)[1]

    def create(self, writing: Writing, message: str = "", tags: Collection[str] = ()) -> Config:
        """See ``Keeper``."""
        return self._workbench.create(writing, message, tags)

    def write(
        self, config_id: str, writing: Writing, *, expected_revision: int, message: str = ""
    ) -> Config:
        """See ``Keeper``."""
        return self._workbench.write(
            config_id, writing, expected_revision=expected_revision, message=message
        )


# --- Which config is meant -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A config that was meant."""

    id: str
    name: str
    revision: int


class Finder:
    """Finds configs by what a user types: a name, an id, or how an id begins."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._rows: tuple[Summary, ...] | None = None

    def find(self, typed: str) -> Found:
        """The one config that is meant.

        Raises:
            NotFound: there is none; the text names those that are like it.
            InputError: there are several.
        """
        word = typed.strip()
        if exact := self.named(word):
            return exact
        if by_id := self._of_id(word):
            return by_id
        lower, name = word.lower(), folded(word)
        begins = bool(_ID_START.fullmatch(lower))
        several = [row for row in self.rows() if folded(row.name) == name]
        several = several or [row for row in self.rows() if begins and row.id.startswith(lower)]
        if not several:
            raise self._unknown(word)
        return _only(word, several)

    def named(self, name: str) -> Found | None:
        """The config with just this name, if there is one."""
        if not name or len(name) > MAX_NAME or not is_text(name):
            return None
        rows = walk(self._keeper, Query(search=name, limit=PAGE))
        return next((_found(row) for row in rows if row.name == name), None)

    def downloaded_as(self, file: str) -> Found | None:
        """The config whose download has this name, if there is one.

        Raises:
            InputError: there are several.
        """
        several = [row for row in self.rows() if file_name(row.name) == file]
        return _only(file, several) if several else None

    def rows(self) -> tuple[Summary, ...]:
        """All configs; they are asked for once."""
        if self._rows is None:
            self._rows = tuple(walk(self._keeper, Query(limit=PAGE)))
        return self._rows

    def _of_id(self, word: str) -> Found | None:
        with contextlib.suppress(ValueError, NotFound):
            config = self._keeper.get(str(UUID(word)))
            return Found(config.id, config.name, config.revision)
        return None

    def _unknown(self, word: str) -> NotFound:
        shown, wanted = repr(word[:MAX_NAME]), folded(word[:MAX_NAME])
        # The last of those that differ in case only will do.
        known = {folded(row.name): row.name for row in self.rows()}
        if not known:
            return NotFound(f"There is no config {shown}; there are none yet.")
        near = difflib.get_close_matches(wanted, known, _NEAR, 0.5)
        near = near or [name for name in known if wanted in name][:_NEAR]
        names = " or ".join(repr(known[name]) for name in near)
        hint = f"did you mean {names}?" if near else "`list` shows all."
        return NotFound(f"There is no config {shown}; {hint}")


def _found(row: Summary) -> Found:
    return Found(row.id, row.name, row.revision)


def _only(word: str, several: Sequence[Summary]) -> Found:
    if len(several) == 1:
        return _found(several[0])
    names = ", ".join(f"{row.name!r} ({row.id[:SHORT_ID]})" for row in several[:5])
    more = f" and {len(several) - 5} more" if len(several) > 5 else ""
    raise InputError(f"{word!r} can be {names}{more}; give the whole name, or the id.")


def walk(keeper: Keeper, query: Query, limit: int | None = None) -> Iterator[Summary]:
    """The rows of all pages of a query, or the first so many of them."""
    left = limit
    while left is None or left > 0:
        size = query.limit if left is None else min(query.limit, left)
        page = keeper.page(replace(query, limit=size))
        yield from page.rows
        # A server that hands out the same cursor again would go on for ever.
        if page.next in (None, query.cursor) or not page.rows:
            return
        left = None if left is None else left - len(page.rows)
        query = replace(query, cursor=page.next)

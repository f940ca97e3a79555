"""Where the app keeps things in a soak: the embedded file, or a project elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from core.system.database import FILE_NAME
from tools.soak import accounts, faults
from tools.soak.accounts import Person
from tools.soak.checks import Shelf, SqliteShelf
from tools.soak.faults import Fault


class Place(Protocol):
    """What a soak has to know of the place that keeps configs."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What the app is started with."""

    @property
    def shelf(self) -> Shelf:
        """The place, looked at from behind."""

    def people(self, users: int) -> list[Person]:
        """Make as many users of the API."""

    def readers(self, number: int) -> list[str]:
        """Make as many users of the pages; the ids of their accounts."""

    def restarting(self) -> Mapping[str, Fault]:
        """The faults that end the app."""

    def gentle(self) -> Mapping[str, Fault]:
        """The faults that leave it alone."""


class Local:
    """The embedded file.

    Args:
        data: the data folder.
        small_disk: whether it is a file system of its own, which can be filled.
    """

    def __init__(self, data: Path, *, small_disk: bool) -> None:
        self._data = data
        self._small_disk = small_disk

    @property
    def settings(self) -> Mapping[str, str]:
        """Nothing: it is the default."""
        return {}

    @property
    def shelf(self) -> Shelf:
        """The file."""
        return SqliteShelf(self._data / FILE_NAME)

    def people(self, users: int) -> list[Person]:
        """Accounts with tokens in the file."""
        return accounts.people(self._data, users)

    def readers(self, number: int) -> list[str]:
        """Accounts in the file."""
        return accounts.readers(self._data, number)

    def restarting(self) -> Mapping[str, Fault]:
        """Those that can be made here."""
        return faults.restarting()

    def gentle(self) -> Mapping[str, Fault]:
        """Those that can be made here."""
        return faults.gentle(small_disk=self._small_disk)

"""How often something may be done within a minute: counted in memory, for this process."""

import hashlib
import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from core.errors import TooManyTries

WINDOW_SECONDS: Final = 60.0
_MOST_COUNTS: Final = 20_000
"""About 5 MB; those that were counted the longest ago are forgotten first."""
_OF_ONE_LINE: Final = 64

Key = tuple[str, str]


class Rates:
    """Counts by what is limited and who does it, in a window that begins with the first one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Count by a clock that tells seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: OrderedDict[Key, tuple[float, int]] = OrderedDict()

    def count(self, what: str, who: str, most: int) -> None:
        """Count one.

        Raises:
            TooManyTries: there were so many already; this one is not counted.
        """
        key = what, _digest(who)
        with self._lock:
            begun, number = self._checked(key, most)
            self._counts[key] = begun, number + 1
            self._counts.move_to_end(key)
            if len(self._counts) > _MOST_COUNTS:
                self._counts.popitem(last=False)

    def require(self, what: str, who: str, most: int) -> None:
        """The same, without counting."""
        with self._lock:
            self._checked((what, _digest(who)), most)

    def _checked(self, key: Key, most: int) -> tuple[float, int]:
        """When the window began and how many there were in it, if there may be one more."""
        now = self._clock()
        begun, number = self._counts.get(key, (now, 0))
        if now - begun >= WINDOW_SECONDS:
            return now, 0
        if number >= most:
            raise TooManyTries(math.ceil(begun + WINDOW_SECONDS - now), key[0])
        return begun, number


def _digest(who: str) -> str:
    # A token is no key to keep in memory.
    return hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()


def network(address: str) -> str:
    """What clients are counted by: an address, or the 2^64 that a line with IPv6 has."""
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, _OF_ONE_LINE), strict=False))

"""A bound to the links that lead nowhere which one address can have looked up.

Nobody finds a token of 256 bits by trying; what is bounded is the work that trying makes.
"""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from core.errors import TooManyTries
from core.shares.protocol import Shared, SharedReader, is_token

MOST: Final = 30
"""Links that lead nowhere, from one address within the window."""
WINDOW_SECONDS: Final = 60.0
_ADDRESSES: Final = 2000


class Guesses:
    """What this process has looked up in vain, by address; the oldest are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._misses: OrderedDict[str, deque[float]] = OrderedDict()

    def read(self, reader: SharedReader, token: str, address: str) -> Shared | None:
        """What a link shows; ``None`` as for ``SharedReader.read``.

        Raises:
            TooManyTries: too many links from this address led nowhere; nothing was looked up.
        """
        if not is_token(token):
            return None
        self._check(address)
        found = reader.read(token)
        if found is None:
            self._note(address)
        return found

    def _check(self, address: str) -> None:
        with self._lock:
            misses = self._misses.get(address, deque())
            wait = misses[0] + WINDOW_SECONDS - self._clock() if len(misses) >= MOST else 0.0
        if wait > 0:
            raise TooManyTries(math.ceil(wait), "links that lead nowhere")

    def _note(self, address: str) -> None:
        with self._lock:
            self._misses.setdefault(address, deque(maxlen=MOST)).append(self._clock())
            self._misses.move_to_end(address)
            if len(self._misses) > _ADDRESSES:
                self._misses.popitem(last=False)

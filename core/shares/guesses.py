"""A bound to the links that lead nowhere which one address can have looked up.

Nobody finds a token of 256 bits by trying; what is bounded is the work that trying makes.
"""

import time
from collections.abc import Callable
from typing import Final

from core.shares.protocol import Shared, SharedReader, is_token
from core.system import log
from core.system.rates import Rates, network

MOST: Final = 30
"""Links that lead nowhere, from one address within a minute."""
_WHAT: Final = "links that lead nowhere"


class Guesses:
    """What this process has looked up in vain, by address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = Rates(clock)

    def read(self, reader: SharedReader, token: str, address: str) -> Shared | None:
        """What a link shows; ``None`` as for ``SharedReader.read``.

        Raises:
            TooManyTries: too many links from this address led nowhere; nothing was looked up.
        """
        if not is_token(token):
            return None
        self._rates.require(_WHAT, network(address), MOST)
        found = reader.read(token)
        if found is None:
            self._rates.count(_WHAT, network(address), MOST)
            log.link_refused(address)
        return found

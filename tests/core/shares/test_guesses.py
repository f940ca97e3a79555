"""How many links that lead nowhere are looked up."""

from datetime import UTC, datetime

import pytest

from core.errors import TooManyTries
from core.shares.guesses import MOST, Guesses
from core.shares.protocol import Shared, new_token
from core.system.rates import WINDOW_SECONDS
from tests.shares import of_config

KNOWN = new_token()
SHARED = Shared("run", of_config(), datetime.now(UTC), datetime.now(UTC))


class OneLink:
    """A reader that has one link, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, token: str) -> Shared | None:
        self.asked += 1
        return SHARED if token == KNOWN else None


def test_an_address_that_guesses_has_to_wait() -> None:
    time, reader = [0.0], OneLink()
    guesses = Guesses(lambda: time[0])
    for _ in range(MOST):
        assert guesses.read(reader, KNOWN, "here") is SHARED
        assert guesses.read(reader, new_token(), "here") is None
    asked = reader.asked
    for token in (new_token(), KNOWN):
        with pytest.raises(TooManyTries, match="links that lead nowhere; try again in 1 minute"):
            guesses.read(reader, token, "here")
    assert reader.asked == asked
    assert guesses.read(reader, KNOWN, "there") is SHARED
    time[0] = WINDOW_SECONDS + 1
    assert guesses.read(reader, KNOWN, "here") is SHARED


def test_a_line_with_ipv6_has_many_addresses_and_guesses_as_one() -> None:
    guesses, reader = Guesses(), OneLink()
    for number in range(MOST):
        guesses.read(reader, new_token(), f"2001:db8:0:1::{number:x}")
    with pytest.raises(TooManyTries):
        guesses.read(reader, KNOWN, "2001:db8:0:1:ffff::1")
    assert guesses.read(reader, KNOWN, "2001:db8:0:2::1") is SHARED


def test_what_is_no_token_is_not_looked_up() -> None:
    guesses, reader = Guesses(), OneLink()
    for _ in range(2 * MOST):
        assert guesses.read(reader, "x" * 1_000_000, "here") is None
    assert reader.asked == 0


def test_a_link_that_leads_nowhere_is_noted_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "tunesmith")
    token = new_token()
    Guesses().read(OneLink(), token, "192.0.2.1")
    assert caplog.messages == ["[Share] leads nowhere address='192.0.2.1'"]
    assert token not in caplog.text

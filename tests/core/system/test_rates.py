"""How often something may be done within a minute."""

import pytest

from core.errors import TooManyTries
from core.system.rates import WINDOW_SECONDS, Rates, network


def test_so_many_within_a_window_and_no_more() -> None:
    time = [0.0]
    rates = Rates(lambda: time[0])
    for _ in range(2):
        rates.count("calls", "ann", 2)
        time[0] += 10
    for ask in (rates.count, rates.require):
        with pytest.raises(TooManyTries, match="too many calls") as raised:
            ask("calls", "ann", 2)
        assert raised.value.seconds == WINDOW_SECONDS - 20
    rates.count("calls", "bob", 2)
    rates.count("others", "ann", 2)
    time[0] = WINDOW_SECONDS
    rates.count("calls", "ann", 1)
    with pytest.raises(TooManyTries):
        rates.count("calls", "ann", 1)


def test_looking_counts_nothing() -> None:
    rates = Rates()
    for _ in range(5):
        rates.require("calls", "ann", 1)
    rates.count("calls", "ann", 1)


def test_many_who_come_once_push_out_nobody_who_comes_often() -> None:
    rates = Rates()
    for number in range(25_000):
        if number % 5_000 == 0:
            rates.count("calls", "often", 5)
        rates.count("calls", f"{number}", 5)
    with pytest.raises(TooManyTries):
        rates.count("calls", "often", 5)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("this machine", "this machine"),
    ],
)
def test_a_line_is_counted_as_one(address: str, counted: str) -> None:
    assert network(address) == counted

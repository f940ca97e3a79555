import math

import pytest

from core.derive import Derived
from core.estimates.timing import seconds, spoken


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (None, "–"),
        (0.2, "less than 1 s"),
        (59, "59 s"),
        (math.inf, "for ever"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (90061, "1 d 1 h"),
        ((300, 540), "5 min to 9 min"),
        ((60, 60.2), "1 min"),
    ],
)
def test_a_duration_in_words(duration: float | tuple[float, float] | None, said: str) -> None:
    assert spoken(duration) == said


def test_a_run_takes_its_updates_times_the_speed() -> None:
    assert seconds(Derived(updates_total=22), 2.5) == 55
    assert seconds(Derived(updates_total=(100, 300)), 2) == (200, 600)
    assert seconds(Derived(), 2) is None

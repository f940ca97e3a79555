"""Full collections come seldom while the server runs, and Python's own settings come back."""

import gc
import weakref

from ui.server.garbage import TIMES, collected_seldom


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_lived_at_the_start_is_looked_through_again_at_the_end() -> None:
    circle = Circle()
    left = weakref.ref(circle)
    with collected_seldom():
        del circle
        gc.collect()
        assert left() is not None
    gc.collect()
    assert left() is None


def test_what_has_come_since_is_collected() -> None:
    with collected_seldom():
        gone = weakref.ref(Circle())
        gc.collect()
        assert gone() is None


def test_the_settings_of_the_process_come_back() -> None:
    young, middle, old = before = gc.get_threshold()
    with collected_seldom():
        assert gc.get_threshold() == (young, middle, old * TIMES)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0

"""Garbage that refers to itself goes by the clock, and Python's own settings come back."""

import gc
import time
import weakref

from ui.server.garbage import collected_by_the_clock


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_has_grown_old_is_collected_by_the_clock() -> None:
    circle = Circle()
    left = weakref.ref(circle)
    # Old: young objects are collected as ever.
    gc.collect()
    with collected_by_the_clock(0.05):
        newer = Circle()
        gone = weakref.ref(newer)
        gc.collect(1)
        del circle, newer
        wait_until_gone(gone)
        # What lived before is not looked through.
        assert left() is not None
    gc.collect()
    assert left() is None


def test_the_settings_of_the_process_come_back() -> None:
    before = gc.get_threshold()
    with collected_by_the_clock():
        assert gc.get_threshold()[:2] == before[:2]
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def wait_until_gone(thing: weakref.ref[Circle]) -> None:
    until = time.monotonic() + 10
    while thing() is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert thing() is None

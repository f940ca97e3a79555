"""Full garbage collections by the clock, because everybody waits for one.

Python looks through all objects that can refer to each other whenever their number has grown by a
quarter. An open page is about 12 000 of them, nearly all Streamlit's: with fifty people that took
0.3 seconds every nine. Objects that are in no circle are freed at once as ever, and young ones are
looked through as often as ever.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

EVERY: Final = 30.0
"""Seconds between two full collections: visitors who have left stay in memory that long."""
_NEVER: Final = 1_000_000


@contextmanager
def collected_by_the_clock(seconds: float = EVERY) -> Iterator[None]:
    """Collect that often in the block; what lives at its beginning is never looked through."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*before[:2], _NEVER)
    ended = Event()
    Thread(target=_collect, args=(seconds, ended), name="garbage", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        gc.set_threshold(*before)
        gc.unfreeze()


def _collect(seconds: float, ended: Event) -> None:
    while not ended.wait(seconds):
        gc.collect()

"""Full garbage collections seldom, because everybody waits for one.

Python looks through all objects that can refer to each other when enough new ones have stayed. An
open page is about 12 000 of them, nearly all Streamlit's: with fifty people a look took 0.3 seconds
and came every eleven. Objects that are in no circle are freed at once as ever, and young ones are
looked through as often as ever.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TIMES: Final = 10
"""How much more has to stay than Python would wait for: what some fifty visitors leave."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Collect that seldom in the block; what lives at its beginning is never looked through."""
    young, middle, old = before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, middle, old * TIMES)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

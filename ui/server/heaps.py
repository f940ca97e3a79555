"""Few heaps, where the C library is glibc: it gives each thread a heap of its own.

Each of them keeps what its busiest moment took: with the threads that requests run in, a server
grew to 172 MiB in 40 minutes of mixed work and faults, and to 148 with two heaps (docs/faults.md).
Only one of Python's threads works at a time, so that they hardly wait for each other.
"""

import ctypes
from typing import Final

MOST: Final = 2

# From glibc's malloc.h.
_M_ARENA_MAX: Final = -8


def few_heaps() -> None:
    """Have threads share heaps from now on; without glibc, do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_ARENA_MAX, MOST)

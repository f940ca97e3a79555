"""Threads share their heaps after the server has started."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ui.server.heaps import MOST

IS_GLIBC = hasattr(ctypes.CDLL(None), "gnu_get_libc_version")

THREADS = """
import ctypes, sys, threading
from ui.server.heaps import few_heaps

if sys.argv[1] == "few":
    few_heaps()
everybody = threading.Barrier(8)
def work():
    kept = bytearray(5000)
    everybody.wait()
    del kept
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(told))
libc.fclose(ctypes.c_void_p(told))
"""


def heaps(folder: Path, how: str) -> int:
    """How many heaps a process has whose eight threads worked at the same time."""
    told = folder / how
    bare = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    command = [sys.executable, "-c", THREADS, how, str(told)]
    subprocess.run(command, check=True, env=bare, cwd=Path(__file__).parents[3])
    return told.read_text("utf-8").count("<heap ")


@pytest.mark.skipif(not IS_GLIBC, reason="only glibc has a heap for each thread")
def test_threads_share_heaps(tmp_path: Path) -> None:
    assert heaps(tmp_path, "as it comes") > MOST
    assert heaps(tmp_path, "few") <= MOST

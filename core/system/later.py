"""Work that is done a moment later, and only in its newest form.

An edit must not wait for a disk or a network. What is to be kept is handed over here under a key;
if more comes for the same key within the moment, only the newest is done.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.errors import TunesmithError

logger = logging.getLogger("tunesmith")

DELAY: Final = 0.7
"""Seconds between an edit and its keeping: longer than between two key presses."""
RETRY: Final = 5.0
"""Seconds until what failed is tried again."""

Task = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Due:
    moment: float
    task: Task


class Later:
    """A thread that does the newest task of each key after a delay; it ends with the process."""

    def __init__(self, delay: float = DELAY, retry: float = RETRY) -> None:
        self._delay = delay
        self._retry = retry
        self._due: dict[str, _Due] = {}
        self._failed: set[str] = set()
        self._under_way = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, key: str, task: Task) -> None:
        """Do a task a moment from now, in place of the one that waits under the key."""
        with self._changed:
            self._due[key] = _Due(time.monotonic() + self._delay, task)
            self._start()
            self._changed.notify_all()

    def has_failed(self, key: str) -> bool:
        """Whether the key's last task failed; it is tried again until one of the key succeeds."""
        return key in self._failed

    def flush(self, key: str | None = None) -> None:
        """Do at once what waits, of one key or of all; what is under way is done too then."""
        with self._changed:
            keys = [key] if key is not None else list(self._due)
            tasks = [(name, self._due.pop(name).task) for name in keys if name in self._due]
        for name, task in tasks:
            self._do(name, task)
        with self._changed:
            self._changed.wait_for(lambda: self._under_way == 0, self._retry)

    def drop(self, key: str) -> None:
        """Forget what waits under a key."""
        with self._changed:
            self._due.pop(key, None)
            self._failed.discard(key)

    def close(self) -> None:
        """Do what waits, and end the thread."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join(self._retry)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="later", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (found := self._next()) is not None:
            self._do(*found)
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _next(self) -> tuple[str, Task] | None:
        with self._changed:
            while not self._closed:
                key = min(self._due, key=lambda name: self._due[name].moment, default=None)
                wait = None if key is None else self._due[key].moment - time.monotonic()
                if key is not None and wait is not None and wait <= 0:
                    self._under_way += 1
                    return key, self._due.pop(key).task
                self._changed.wait(wait)
        return None

    def _do(self, key: str, task: Task) -> None:
        try:
            task()
        except TunesmithError as error:
            logger.warning("kept nothing yet: %s", type(error).__name__)
            self._try_again(key, task)
        # A fault of ours must not end the thread that keeps everybody's work.
        except Exception as error:  # noqa: BLE001
            logger.error("could not keep a draft: %s", type(error).__name__)
            self._failed.add(key)
        else:
            self._failed.discard(key)

    def _try_again(self, key: str, task: Task) -> None:
        with self._changed:
            self._failed.add(key)
            self._due.setdefault(key, _Due(time.monotonic() + self._retry, task))

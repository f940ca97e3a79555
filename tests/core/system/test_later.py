"""Work done a moment later: the newest only, not lost at the end, tried again when it failed."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.errors import Unavailable
from core.system.later import Later


@pytest.fixture
def later() -> Iterator[Later]:
    made = Later(delay=0.02, retry=0.02)
    yield made
    made.close()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_it_is_done_without_anybody_waiting(later: Later) -> None:
    done = threading.Event()
    later.put("a", done.set)
    assert done.wait(10)


def test_only_the_newest_of_a_key_is_done() -> None:
    later, done = Later(delay=60), list[str]()
    later.put("a", lambda: done.append("old"))
    later.put("b", lambda: done.append("other"))
    later.put("a", lambda: done.append("new"))
    later.close()
    assert sorted(done) == ["new", "other"]


def test_one_key_can_be_done_at_once_and_is_done_once() -> None:
    later, done = Later(delay=60), list[str]()
    later.put("a", lambda: done.append("a"))
    later.put("b", lambda: done.append("b"))
    later.flush("a")
    assert done == ["a"]
    later.flush("a")
    later.close()
    assert done == ["a", "b"]


def test_a_flush_waits_for_what_is_under_way() -> None:
    later, begun, done = Later(delay=0), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        time.sleep(0.05)
        done.append("a")

    later.put("a", work)
    assert begun.wait(10)
    later.flush()
    assert done == ["a"]
    later.close()


def test_what_was_dropped_is_not_done() -> None:
    later, done = Later(delay=60), list[str]()
    later.put("a", lambda: done.append("a"))
    later.drop("a")
    later.close()
    assert done == []


def test_what_failed_is_tried_again_until_it_works(later: Later) -> None:
    tries = list[int]()

    def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("busy")

    later.put("a", work)
    wait_until(lambda: later.has_failed("a"))
    wait_until(lambda: len(tries) == 3 and not later.has_failed("a"))


def test_newer_work_takes_the_place_of_what_failed(later: Later) -> None:
    done = list[str]()

    def fails() -> None:
        raise Unavailable("busy")

    later.put("a", fails)
    wait_until(lambda: later.has_failed("a"))
    later.put("a", lambda: done.append("new"))
    wait_until(lambda: done == ["new"] and not later.has_failed("a"))


def test_a_fault_of_ours_does_not_end_the_thread(later: Later) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    later.put("a", broken)
    wait_until(lambda: later.has_failed("a"))
    done = threading.Event()
    later.put("b", done.set)
    assert done.wait(10)

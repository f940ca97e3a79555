"""Texts made to take long: nothing may go through one again and again.

A thread that matches an expression lets no other one run, so that one request would stop all.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pytest

from core import presets
from core.check import check
from core.document import put
from core.identity.rules import password_fault
from core.reading.model_names import hub_id
from core.system.secrets import kind_of, names_secret, redact

PIECES: Final = (
    *(" ", "\t", "a", "-", ".", "/", "{", "<", "a ", "a-", "./", "~/", "7b-", "://a", "://a:b"),
    *("-eyJaaaaa", "eyJaaaaa.eyJ", "-----BEGIN ", "bearer ", "hf_", "your ", "\u0301"),
)
# It takes well below one of these; before it was bounded, it took minutes.
SECONDS: Final = 5.0


def hostile(piece: str, length: int) -> str:
    return ("a" + piece * length)[:length] + "!"


def seconds(work: Callable[[], object]) -> float:
    """What it costs this process, whatever else the machine does."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("work", [redact, kind_of, names_secret, hub_id, password_fault])
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_gone_through_once(work: Callable[[str], object], piece: str) -> None:
    assert seconds(lambda: work(hostile(piece, 200_000))) < SECONDS


@pytest.mark.parametrize("piece", PIECES)
def test_a_config_of_hostile_texts_is_checked_soon(piece: str) -> None:
    document = presets.find("sft_toolbench").config
    for path in text_paths(document):
        document = put(document, path, hostile(piece, 4000))
    assert seconds(lambda: check(document)) < SECONDS


def text_paths(value: Any, path: Sequence[str | int] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the texts of a document stand."""
    if isinstance(value, str):
        yield tuple(path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from text_paths(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from text_paths(item, (*path, place))

"""Twice as much to read is about twice the work: counted in calls of functions, not in time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import pytest

from core import presets
from core.changes.positions import Positions
from core.check import check
from core.compare import compare
from core.document import Document, parse, write

# Twice the work, and something for what is looked up in sorted lists.
MOST: Final = 2.2
# Above it no fix is proved any more; the limit is the whole document's.
SIZE: Final = 60

CONFIG: Final = presets.find("dpo_basic").config
TOOL: Final = CONFIG["tools"][0]


def calls(task: Callable[[], object]) -> int:
    """How many functions are called, those in C too."""
    found = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        task()
    finally:
        sys.setprofile(None)
    return found


def with_tools(count: int) -> Document:
    return {**CONFIG, "tools": [{**TOOL, "name": f"tool_{number}"} for number in range(count)]}


def with_empty_tools(count: int) -> Document:
    return {**CONFIG, "tools": [{} for _ in range(count)]}


def with_same_tools(count: int) -> Document:
    return {**CONFIG, "tools": [TOOL] * count}


def with_misspelt_keys(count: int) -> Document:
    keys = {f"learning_rat_{number}": number for number in range(count)}
    return {**CONFIG, "training": {**CONFIG["training"], **keys}}


def with_sections(count: int) -> Document:
    return {**CONFIG, **{f"section {number}": {"a": 1} for number in range(count)}}


def with_parameters(count: int) -> Document:
    names = [f"parameter_{number}" for number in range(count)]
    schema = {"type": "object", "properties": {name: {} for name in names}, "required": names}
    return {**CONFIG, "tools": [{**TOOL, "parameters": schema}]}


def with_a_long_text(count: int) -> Document:
    return {**CONFIG, "note": "key: https://example.org/ " * count}


LONGER: Final = (
    with_tools,
    with_empty_tools,
    with_same_tools,
    with_misspelt_keys,
    with_sections,
    with_parameters,
    with_a_long_text,
)


def with_other_values(value: Any, key: Any = None) -> Any:
    """The same keys and the same names, with other texts and numbers."""
    if isinstance(value, dict):
        return {name: with_other_values(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [with_other_values(item) for item in value]
    if isinstance(value, str):
        return value if key == "name" else f"{value}!"
    return value if value is None else value + 1


WAYS: Final[dict[str, Callable[[Document], object]]] = {
    "check": check,
    "compare": lambda document: compare((CONFIG, document)).rows,
    "compare values": lambda document: compare((document, with_other_values(document))).rows,
    "patch": lambda document: compare((CONFIG, document)).patch,
    "places": lambda document: places(write(document)),
    "parse": lambda document: parse(write(document)),
}


def places(text: str) -> list[object]:
    """Where every value of a text stands."""
    found = Positions(text)
    return [found.region(path) for path in found.spans]


CASES: Final = [
    *(("check", longer) for longer in LONGER),
    *((way, longer) for way in WAYS for longer in LONGER[:4] if way != "check"),
]


@pytest.mark.parametrize(("way", "longer"), CASES)
def test_a_document_twice_as_long_is_twice_the_work(
    way: str, longer: Callable[[int], Document]
) -> None:
    task, once, twice = WAYS[way], longer(SIZE), longer(2 * SIZE)
    # What is remembered is not counted: each has been seen before.
    task(once)
    task(twice)
    assert calls(lambda: task(twice)) <= MOST * calls(lambda: task(once))


def test_twice_as_many_configs_are_twice_the_work() -> None:
    many = [
        parse(write({**CONFIG, "seed": number % 7, "notes": [number % 3]}))
        for number in range(2 * SIZE)
    ]
    once = calls(lambda: compare(many[:SIZE]).rows)
    assert calls(lambda: compare(many).rows) <= MOST * once


def test_proofs_of_fixes_are_bounded_as_a_whole() -> None:
    """Each offered fix is proved by a check of its own; many of them by no more than a few."""
    few, many = with_tools(SIZE // 2), with_tools(2 * SIZE)
    assert calls(lambda: check(many)) <= 2 * calls(lambda: check(few))

"""Which items of several lists belong together, so that an insertion shifts nothing after it."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

Slot = tuple[int | None, ...]
"""Where one item stands in each list; ``None`` where a list does not have it."""

Pair = tuple[int | None, int | None]

# Comparing a stretch of m items with one of n takes up to m * n steps for each match in it.
_STEPS_MAX: Final = 10_000


def slots(lists: Sequence[list[Any] | None]) -> tuple[Slot, ...]:
    """The items of the lists side by side, in the order in which they stand.

    The lists are aligned with the longest of them, so that their order does not matter. Items
    that are the same stay together; what stands between two of those goes by position.

    Args:
        lists: the lists; ``None`` where a document has none.
    """
    if sum(map(bool, lists)) == 1:
        return tuple(_alone(lists))
    keys = [tuple(map(_key, items or ())) for items in lists]
    pivot = max(keys, key=lambda own: (len(own), own))
    known = {own: _against(pivot, own) for own in set(keys)}
    columns = [known[own] for own in keys]
    return tuple(_merged(len(pivot), columns))


def _alone(lists: Sequence[list[Any] | None]) -> Iterator[Slot]:
    """The items of the only list that has any."""
    for place in range(max(len(items) for items in lists if items)):
        yield tuple(place if items else None for items in lists)


def pairs(left: Sequence[Any], right: Sequence[Any]) -> list[Pair]:
    """The places of items that belong together in two lists, in the order of both."""
    return _pairs(tuple(map(_key, left)), tuple(map(_key, right)))


def _key(item: Any) -> str:
    """A text that two items share when they are the same, types included."""
    return json.dumps(item, sort_keys=True)


# For one list: where the pivot's items stand in it, and what it has before each of them.
_Column = tuple[dict[int, int], dict[int, list[int]]]


def _against(pivot: Sequence[str], own: Sequence[str]) -> _Column:
    matched: dict[int, int] = {}
    extra: dict[int, list[int]] = {}
    gap = 0
    for there, here in _pairs(pivot, own):
        if there is None:
            extra.setdefault(gap, []).append(int(here or 0))
            continue
        gap = there + 1
        if here is not None:
            matched[there] = here
    return matched, extra


def _merged(length: int, columns: Sequence[_Column]) -> Iterator[Slot]:
    for place in range(length + 1):
        between = [extra.get(place, ()) for _, extra in columns]
        for number in range(max(map(len, between))):
            yield tuple(own[number] if number < len(own) else None for own in between)
        if place < length:
            yield tuple(matched.get(place) for matched, _ in columns)


def _pairs(left: Sequence[str], right: Sequence[str]) -> list[Pair]:
    start = _shared(left, right)
    end = _shared(left[start:][::-1], right[start:][::-1])
    old, new = left[start : len(left) - end], right[start : len(right) - end]
    head: list[Pair] = [(place, place) for place in range(start)]
    middle = [_moved(pair, start, start) for pair in _blocks(old, new)]
    shift = len(right) - len(left)
    tail: list[Pair] = [(place, place + shift) for place in range(len(left) - end, len(left))]
    return head + middle + tail


def _moved(pair: Pair, left_by: int, right_by: int) -> Pair:
    left, right = pair
    return None if left is None else left + left_by, None if right is None else right + right_by


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    if len(old) * len(new) <= _STEPS_MAX:
        yield from _stretch(old, new)
        return
    left = right = 0
    for there, here in _landmarks(old, new):
        stretch = _stretch(old[left:there], new[right:here])
        yield from (_moved(pair, left, right) for pair in stretch)
        yield there, here
        left, right = there + 1, here + 1
    yield from (_moved(pair, left, right) for pair in _stretch(old[left:], new[right:]))


def _landmarks(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Where the items stand that each list has once; as many as stand in one order."""
    times, times_new = Counter(old), Counter(new)
    places = {key: place for place, key in enumerate(new) if times_new[key] == 1}
    # For each length: the run of places that ends earliest, as its last step and the run before.
    ends: list[int] = []
    runs: list[Any] = []
    for there, key in enumerate(old):
        if times[key] == 1 and key in places:
            length = bisect_left(ends, places[key])
            ends[length : length + 1] = [places[key]]
            runs[length : length + 1] = [((there, places[key]), runs[length - 1] if length else ())]
    return _unrolled(runs[-1] if runs else ())


def _unrolled(run: Any) -> list[tuple[int, int]]:
    steps = []
    while run:
        step, run = run
        steps.append(step)
    return steps[::-1]


def _stretch(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    if len(old) * len(new) > _STEPS_MAX:
        yield from _by_position(range(len(old)), range(len(new)))
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield from _by_position(range(old_start, old_end), range(new_start, new_end))


def _by_position(left: range, right: range) -> Iterator[Pair]:
    shared = min(len(left), len(right))
    yield from zip(left, right, strict=False)
    yield from ((place, None) for place in left[shared:])
    yield from ((None, place) for place in right[shared:])


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    """How many leading items are the same."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count

"""The RFC 6902 patch that makes one document another."""

from collections.abc import Iterator
from typing import Any

from core import findings
from core.changes.alignment import pairs
from core.document import Document, Path, same
from core.findings import Operation, Patch


def difference(source: Any, target: Any) -> Patch:
    """The patch that makes the source the same as the target, types included."""
    return tuple(_operations(source, target, ()))


def _operations(source: Any, target: Any, path: Path) -> Iterator[Operation]:
    if same(source, target):
        return
    if isinstance(source, dict) and isinstance(target, dict):
        yield from _object_operations(source, target, path)
    elif isinstance(source, list) and isinstance(target, list):
        yield from _list_operations(source, target, path)
    else:
        yield findings.replace(path, target)


def _object_operations(source: Document, target: Document, path: Path) -> Iterator[Operation]:
    for key, value in source.items():
        if key not in target:
            yield findings.remove((*path, key))
        else:
            yield from _operations(value, target[key], (*path, key))
    for key, value in target.items():
        if key not in source:
            yield findings.add((*path, key), value)


def _list_operations(source: list[Any], target: list[Any], path: Path) -> Iterator[Operation]:
    matched = pairs(source, target)
    # From the back, so that what is removed moves nothing that is still to be named.
    for old, new in reversed(matched):
        if old is not None and new is None:
            yield findings.remove((*path, old))
    # What is left of the source stands in the target's order: each item gets to its place there.
    for old, new in matched:
        if new is None:
            continue
        if old is None:
            yield findings.add((*path, new), target[new])
        else:
            yield from _operations(source[old], target[new], (*path, new))

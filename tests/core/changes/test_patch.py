from typing import Any

import pytest

from core.changes.patch import apply
from core.document import Document, write
from core.errors import PathError
from core.findings import Patch, add, move, remove, replace

CONFIG: Document = {"training": {"lr": 1, "method": "sft"}, "tools": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.parametrize(
    ("patch", "path", "value"),
    [
        ((replace(("training", "lr"), 2),), ("training",), {"lr": 2, "method": "sft"}),
        ((add(("training", "lora_r"), 8),), ("training", "lora_r"), 8),
        ((remove(("tools", 0)),), ("tools",), [{"name": "b"}]),
        ((move(("training", "lr"), ("training", "learning_rate")),), ("training",), {
            "method": "sft", "learning_rate": 1}),
        ((add(("a/b~c",), 1),), ("a/b~c",), 1),
    ],
)  # fmt: skip
def test_operations(patch: Patch, path: tuple[Any, ...], value: Any) -> None:
    result: Any = apply(CONFIG, patch)
    for step in path:
        result = result[step]
    assert result == value


def test_the_document_stays_as_it_is() -> None:
    text = write(CONFIG)
    apply(CONFIG, (remove(("tools", 0)), replace(("training", "lr"), 2)))
    assert write(CONFIG) == text


def test_an_empty_patch_changes_nothing() -> None:
    assert apply(CONFIG, ()) == CONFIG


@pytest.mark.parametrize(
    "operation",
    [
        replace(("training", "nothing"), 1),
        remove(("tools", 7)),
        add(("nowhere", "at", "all"), 1),
        move(("data",), ("model",)),
        {"op": "dance", "path": "/training"},
        {"op": "replace", "path": "training", "value": 1},
    ],
)
def test_an_operation_that_does_not_fit(operation: dict[str, Any]) -> None:
    with pytest.raises(PathError, match="does not fit"):
        apply(CONFIG, (operation,))

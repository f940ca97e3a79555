"""How much may be judged at once: a body of a megabyte could ask for minutes of work."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from core.document import Document
from core.errors import Unacceptable

MAX_TOOLS: Final = 2000
"""The most tools of a config that is judged here: each takes up to half a millisecond."""
MAX_TOOLS_TOGETHER: Final = 5000
"""The same of all configs of a comparison."""
MAX_VALUES: Final = 20_000
"""The most values of a config that is judged here; a large one has some hundred."""
MAX_VALUES_TOGETHER: Final = 50_000
"""The same of all configs of a comparison."""
MAX_CELLS: Final = 500_000
"""The most values of the table that a comparison is: its settings, in each of its configs."""

_COMMAND: Final = "`python -m core {}` takes any number."


def bounded(document: Document) -> Document:
    """A document that is judged in a moment.

    Raises:
        Unacceptable: it has more tools or values than that.
    """
    if (tools := _tools(document)) > MAX_TOOLS:
        raise _too_many("The config has", tools, "tools", MAX_TOOLS, "check")
    if (values := sum(1 for _ in _values(document))) > MAX_VALUES:
        raise _too_many("The config has", values, "values", MAX_VALUES, "check")
    return document


def bounded_together(documents: Sequence[Document]) -> Sequence[Document]:
    """Documents that are compared in a moment.

    Raises:
        Unacceptable: they have more tools or values, or more settings between them, than that.
    """
    if (tools := sum(map(_tools, documents))) > MAX_TOOLS_TOGETHER:
        raise _too_many("The configs have", tools, "tools", MAX_TOOLS_TOGETHER, "diff")
    values = sum(1 for document in documents for _ in _values(document))
    if values > MAX_VALUES_TOGETHER:
        raise _too_many("The configs have", values, "values", MAX_VALUES_TOGETHER, "diff")
    settings = _settings(documents)
    if settings * len(documents) > MAX_CELLS:
        most = MAX_CELLS // len(documents)
        raise _too_many("The configs have", settings, "different settings", most, "diff")
    return documents


def _too_many(who: str, count: int, what: str, most: int, command: str) -> Unacceptable:
    return Unacceptable(
        f"{who} {count} {what}; the API takes {most} at most. {_COMMAND.format(command)}"
    )


def _tools(document: Document) -> int:
    tools = document.get("tools")
    return len(tools) if isinstance(tools, list) else 0


def _values(root: Any) -> Iterator[Any]:
    """Each value in a value, itself too."""
    left = [root]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value


def _settings(documents: Sequence[Document]) -> int:
    """How many places these have between them, a tool's by its name as a comparison has them."""
    places: dict[Any, Any] = {}
    left: list[tuple[Any, dict[Any, Any]]] = [(document, places) for document in documents]
    count = 0
    while left:
        value, place = left.pop()
        for key, below in _children(value):
            if key not in place:
                place[key] = {}
                count += 1
            left.append((below, place[key]))
    return count


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for index, item in enumerate(value):
            name = item.get("name") if isinstance(item, dict) else None
            yield (name if isinstance(name, str) else index), item

"""How many rows the trainer makes or takes from a config, and how it splits them.

Sources name ``src/data/data_generator.py`` of Tiny Tool Use at 6939ffa.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from core.document import MAX_INTEGER, type_name
from core.reading.view import View

Range = tuple[int, int]

ROWS_PER_TOOL: Final = 20
"""Rows that toolbench with synthetic data makes for each tool (line 189)."""

EXAMPLES_PER_TOOL: Final = 10
"""Rows that manual_templates writes for each tool before it paraphrases (line 347)."""

PARAPHRASES: Final = 3
"""Paraphrases tried for each of those; one that changes nothing is dropped (lines 403-415)."""


class Unknown(Exception):
    """A number can't be said; the text is the reason."""


def total(view: View) -> Range:
    """The fewest and the most rows before the split.

    Raises:
        Unknown: where the trainer has no rows for this data, or the number is no number.
    """
    if view.is_toolbench_real or (view.is_synthetic and view.strategy == "teacher_mode"):
        return _max_samples(view)
    if not view.is_synthetic:
        raise Unknown("The trainer has no data for this strategy and generation_type.")
    ranges = [_tool_range(view, tool) for tool in named_tools(view)]
    return sum(low for low, _ in ranges), sum(high for _, high in ranges)


def origin(view: View) -> str:
    """Where the rows come from, in words that fit before the number of rows."""
    if view.is_toolbench_real or view.strategy == "teacher_mode":
        return ""
    count = len(named_tools(view))
    return f"{count} tool, " if count == 1 else f"{count} tools, "


def share(view: View) -> int | float:
    """The share of training rows; ToolBench has no default for it (lines 147 and 423).

    Raises:
        Unknown: where it is missing or no number.
    """
    if view.is_toolbench_real and not view.has("data.train_split"):
        raise Unknown("train_split is missing; ToolBench data has no default for it.")
    value = view.number("data.train_split")
    if value is None or not abs(value) <= MAX_INTEGER:
        kind = type_name(view.effective("data.train_split"))
        raise Unknown(f"train_split is {kind}; it must be a share from 0 to 1.")
    return value


def split(view: View, rows: int, share: int | float) -> Range:
    """Rows for training and rows for evaluation.

    Raises:
        Unknown: where ToolBench's own split refuses the share.
    """
    return split_toolbench(rows, share) if view.is_toolbench_real else split_slices(rows, share)


def split_toolbench(rows: int, share: int | float) -> Range:
    """The split of ``datasets.train_test_split(test_size=1 - share)`` (line 147).

    Raises:
        Unknown: where that refuses the share.
    """
    held = _held_back(rows, 1 - share)
    if not 0 < held < rows:
        raise Unknown(f"A train_split of {share} can't divide {rows} rows in two.")
    return rows - held, held


def _held_back(rows: int, test: int | float) -> int:
    # datasets takes a float as a share and an integer as a count: a split of 0 holds back 1 row.
    if isinstance(test, int):
        return test
    return math.ceil(test * rows) if 0 < test < 1 else 0


def split_slices(rows: int, share: int | float) -> Range:
    """The trainer's own split: two slices, with at least one row held back (lines 424-431).

    Raises:
        Unknown: where the share overflows.
    """
    every, product = range(rows), rows * share
    if isinstance(product, float) and math.isinf(product):
        raise Unknown(f"A train_split of {share} is too large.")
    index = int(product)
    train, held = len(every[:index]), len(every[index:])
    return (train - 1, 1) if held == 0 and train > 1 else (train, held)


def usual(view: View) -> float | None:
    """The rows that ``manual_templates`` makes on average, or ``None`` where nobody can know.

    Raises:
        Unknown: where the tools are no tools.
    """
    tools = named_tools(view)
    if not tools or any(map(answers_from_outside, tools)):
        return None
    return sum(map(_expected, tools))


def named_tools(view: View) -> tuple[dict[str, Any], ...]:
    """The tools that synthetic rows are made from.

    Raises:
        Unknown: where ``tools`` is not a list of objects with a name.
    """
    tools = view.document.get("tools")
    named = tuple(tool for _, tool in view.tools if isinstance(tool.get("name"), str))
    if not isinstance(tools, list) or len(named) != len(tools):
        raise Unknown("Rows are made from tools, which must be a list of tools with names.")
    return named


def _max_samples(view: View) -> Range:
    if view.is_toolbench_real and not view.has("data.max_samples"):
        raise Unknown("max_samples is missing; ToolBench data has no default for it.")
    rows = view.integer("data.max_samples")
    if rows is None or not 1 <= rows <= MAX_INTEGER:
        kind = type_name(view.effective("data.max_samples")) if rows is None else rows
        raise Unknown(f"max_samples is {kind}; it must be a whole number from 1.")
    return rows, rows


def _tool_range(view: View, tool: dict[str, Any]) -> Range:
    if view.strategy == "toolbench":
        return ROWS_PER_TOOL, ROWS_PER_TOOL
    varies = answers_from_outside(tool) or any(_chances(tool))
    return EXAMPLES_PER_TOOL, EXAMPLES_PER_TOOL * (1 + PARAPHRASES if varies else 1)


def _expected(tool: dict[str, Any]) -> float:
    chances = _chances(tool)
    return EXAMPLES_PER_TOOL * (1 + PARAPHRASES * sum(chances) / len(chances))


def answers_from_outside(tool: dict[str, Any]) -> bool:
    """Whether a server or a shell writes part of the text, so that it may hold any word."""
    return tool.get("type") in ("api", "command")


# Lines 392-400: a paraphrase replaces each of these words with a chance of 1/2.
_REPLACED: Final = (
    "Calculate",
    "What is",
    "Can you",
    "Find",
    "Search for",
    "weather",
    "information",
)

# Lines 318-340: which of them stand in each of the questions a built-in tool is asked.
_QUESTIONS: Final[Mapping[str, tuple[frozenset[str], ...]]] = MappingProxyType(
    {
        "calculator": (
            frozenset({"Calculate"}),
            frozenset({"What is"}),
            frozenset({"Find"}),
            frozenset(),
            frozenset(),
        ),
        "weather": (frozenset({"weather"}),),
        "search": (
            frozenset({"Search for"}),
            frozenset({"Find", "information"}),
            frozenset(),
            frozenset(),
            frozenset(),
        ),
    }
)


def _chances(tool: dict[str, Any]) -> tuple[float, ...]:
    """By question: the chance that one paraphrase differs from its example and is kept."""
    name = tool["name"]
    # The text repeats the name, and the function too where no code for it exists.
    repeated = f"{name} {tool.get('function', name)}"
    always = {word for word in _REPLACED if word in repeated}
    questions = _QUESTIONS.get(name, (frozenset(),))
    return tuple(1 - 0.5 ** len(always | words) for words in questions)

"""Comparisons as text, whatever stands in the configs and in their names."""

import csv
import io
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.compare import compare
from core.comparing.consequences import consequences, outcome
from core.document import Document
from core.output.comparison import comparison_csv, comparison_markdown, comparison_text

# Openings that a spreadsheet takes for a formula, alone or after what it passes over.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)

odd = st.sampled_from(["=1+1", "+1", "-1+1", "@A", "\t=1", "\n=1", " =1", "＝1", "|", "\\|", "`|`"])
texts = st.one_of(
    odd, st.text("=+-@\t\r\n |\\`<>&*\u2028\x85\0a1", max_size=6), st.text(max_size=6)
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
keys = texts | st.sampled_from(["training", "tools", "api_key"])
documents = st.dictionaries(keys, values, max_size=4)
columns = st.lists(st.tuples(texts, documents), min_size=2, max_size=4)


def compared(named: list[tuple[str, Document]]) -> Any:
    """A comparison with all its rows, and what follows from its documents."""
    labels, inner = zip(*named, strict=True)
    comparison = compare(inner, labels, everything=True, base=len(named) - 1)
    return comparison, consequences([outcome(document) for document in inner])


def runs_nothing(cell: str) -> bool:
    return not FORMULA.match(cell) or NUMBER.fullmatch(cell) is not None


@given(columns)
def test_no_cell_of_a_csv_starts_a_formula(named: list[tuple[str, Document]]) -> None:
    rows = list(csv.reader(io.StringIO(comparison_csv(*compared(named)))))
    assert [cell for row in rows for cell in row if not runs_nothing(cell)] == []
    assert {len(row) for row in rows} == {len(named) + 2}


@given(columns)
def test_each_line_of_a_markdown_table_has_the_same_number_of_cells(
    named: list[tuple[str, Document]],
) -> None:
    comparison, follows = compared(named)
    lines = comparison_markdown(comparison, follows).splitlines()
    assert len(lines) == 2 + len(comparison.rows) + len(follows)
    # GitHub passes over any escaped character, other readers look at the one before a bar.
    assert {re.sub(r"\\.", "", line).count("|") for line in lines} == {len(named) + 3}
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(named) + 3}


@given(columns)
def test_each_line_of_the_text_is_one_that_a_terminal_only_shows(
    named: list[tuple[str, Document]],
) -> None:
    comparison, follows = compared(named)
    text = comparison_text(comparison, follows)
    assert text.replace("\n", "").isprintable()
    assert "\n\nwhat follows  " in text if comparison.rows else text.startswith("what follows  ")

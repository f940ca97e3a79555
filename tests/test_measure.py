"""The limits that the code keeps to, and the ways of measuring, each on a piece made for it."""

import ast
from pathlib import Path

import pytest

from tools import measure
from tools.measure import PRODUCT, ROOT, Module

CODE = measure.modules(ROOT, PRODUCT)
FUNCTIONS = [function for module in CODE for function in module.functions]

# The handlers that catch whatever there is, by the file and the reason.
BROAD = {
    "core.cli": "the last boundary of the command line",
    "core.system.database": "a transaction is undone whatever went wrong, and the error goes on",
    "core.system.later": "work of a thread, whose errors nobody else would see",
    "ui.errors": "the last boundary of the pages",
}

# Each reads the script and the style that go with its own component, once.
READERS = {"ui.run.curve", "ui.differences.grid"}


def piece(text: str) -> Module:
    return Module(Path("piece.py"), "piece", text)


# --- What is promised --------------------------------------------------------------------------


def test_functions_are_short_and_simple() -> None:
    bodies = [measure.body_lines(function) for function in FUNCTIONS]
    assert measure.p95(bodies) < 20
    assert max(bodies) <= 40
    assert measure.p95(map(measure.complexity, FUNCTIONS)) <= 7
    assert max(map(measure.complexity, FUNCTIONS)) <= 13
    assert measure.p95(map(measure.nesting, FUNCTIONS)) <= 2


def test_everything_is_annotated_and_what_is_public_is_described() -> None:
    assert [function.name for function in FUNCTIONS if not measure.is_annotated(function)] == []
    public = [one for module in CODE for one in measure.public(module)]
    assert [one.name for one in public if not ast.get_docstring(one)] == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert measure.largest_cycle(CODE) == []


def test_only_named_boundaries_catch_everything() -> None:
    broad = {one.name for one in CODE if any(map(measure.is_broad, measure.handlers(one)))}
    assert broad == BROAD.keys()


def test_hardly_a_line_stands_twice() -> None:
    assert len(measure.repeated(CODE)) <= 50


def test_no_code_is_commented_out() -> None:
    assert measure.linted(ROOT, PRODUCT)["ERA001"] == 0


def test_no_page_writes_html_past_the_escaping() -> None:
    assert measure.mentions(CODE, "unsafe_allow_html") == 0


def test_what_draws_reads_no_files() -> None:
    assert {module.name for module in CODE if measure.draws_and_reads(module)} <= READERS


# --- The ways of measuring ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines", "forks", "deep"),
    [
        ("def f():\n    'Says.'\n    return 1\n", 1, 1, 0),
        ("def f(a):\n    if a:\n        return 1\n    return 2\n", 3, 2, 1),
        ("def f(a):\n    if a:\n        return 1\n    elif not a:\n        return 2\n", 4, 3, 1),
        ("def f(a, b):\n    return [c for c in a if c and b]\n", 1, 4, 0),
        ("def f(a):\n    for b in a:\n        while b:\n            b -= 1\n", 3, 3, 2),
        ("def f(a):\n    try:\n        a()\n    except E:\n        return 1\n", 4, 2, 1),
        ("def f(a):\n    def g():\n        if a:\n            a()\n    g()\n", 4, 1, 0),
    ],
)
def test_a_function_is_measured(text: str, lines: int, forks: int, deep: int) -> None:
    function = piece(text).functions[0]
    found = (measure.body_lines, measure.complexity, measure.nesting)
    assert [of(function) for of in found] == [lines, forks, deep]


@pytest.mark.parametrize(
    ("head", "is_annotated"),
    [
        ("def f(a: int) -> int", True),
        ("def f(a: int)", False),
        ("def f(self, *more: int) -> int", True),
        ("def f(a, /, b: int) -> int", False),
        ("def f(**named) -> int", False),
    ],
)
def test_a_function_is_annotated_in_full_or_not(head: str, is_annotated: bool) -> None:
    assert measure.is_annotated(piece(f"{head}: ...").functions[0]) == is_annotated


@pytest.mark.parametrize(
    ("caught", "is_broad"),
    [
        ("except:", True),
        ("except Exception:", True),
        ("except (OSError, BaseException):", True),
        ("except OSError as error:", False),
        ("except (OSError, ValueError):", False),
    ],
)
def test_a_handler_is_broad_or_not(caught: str, is_broad: bool) -> None:
    (handler,) = measure.handlers(piece(f"try:\n    f()\n{caught}\n    pass\n"))
    assert measure.is_broad(handler) == is_broad


def test_lines_of_code_are_counted_without_docstrings_and_comments() -> None:
    module = piece('"""Says."""\n\n# A reason.\nX = [\n    1,\n]\n\n\ndef f():\n    """Says."""\n')
    assert (measure.code_lines(module), measure.comments(module)) == (4, 1)


def test_a_block_that_recurs_is_found_in_both_places() -> None:
    lines = [f"x{number} = {number}" for number in range(7)]
    found = measure.repeated([piece("\n".join(["a = 1", *lines, "b = 1", *lines]))])
    assert len(found) == 14
    assert measure.repeated([piece("\n".join([*lines, "b = 1", *lines[:5]]))]) == {}


def test_a_cycle_is_found_only_where_it_is_there_at_import() -> None:
    late = "def f():\n    import one\n"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import one\n"
    for text, found in (("import one", ["one", "two"]), (late, []), (typed, [])):
        two = [Module(Path(), "one", "import two"), Module(Path(), "two", text)]
        assert measure.largest_cycle(two) == found


def test_widgets_are_known_with_their_keys() -> None:
    module = piece('import streamlit as st\nst.button("A")\nst.button("B", key="b")\nst.write(1)')
    assert [measure.has_key(call) for call in measure.widgets(module)] == [False, True]


def test_a_file_draws_and_reads_or_not() -> None:
    reads = "import streamlit as st\nfrom pathlib import Path\nPath('a').read_text()\n"
    assert not measure.draws_and_reads(piece(reads))
    assert measure.draws_and_reads(piece(reads + "st.write(1)\n"))


def test_the_table_says_where_each_figure_is_from() -> None:
    rows = measure.table().splitlines()[2:]
    assert len(rows) > 20
    assert all(row.endswith(") |") or "libraries" in row for row in rows[1:])

"""The table of a comparison as HTML: whatever a config holds is text in it."""

from html.parser import HTMLParser
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from core.changes.text_difference import Piece
from ui.differences.grid import Cell, Column, Line, sheet

TAGS = {
    "style",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "button",
    "span",
    "small",
    "mark",
    "wbr",
}
ATTRIBUTES = {"id", "class", "role", "aria-label", "aria-multiselectable", "title", "type"}

texts = st.text(st.characters(codec="utf-8"), max_size=30)


class Seen(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags = set[str]()
        self.attributes = set[str]()
        self.told: list[str | None] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.told += [value for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.text += data


@given(texts, texts)
@example("</span><img src=x onerror=alert(1)>", '" onmouseover="alert(1)')
@example("</td></tr></table><script>", "&lt;&amp;")
def test_nothing_in_a_config_becomes_markup(one: str, other: str) -> None:
    cells = (
        Cell((Piece(one), Piece(other, True)), other, differs=True, can_be_picked=True),
        Cell((Piece(other),), one, is_quiet=True),
    )
    columns = [
        Column(one, one, other, f"{other}.json", "{}", is_base=True),
        Column("b", other, one),
    ]
    lines = [
        Line(one, "section", other, cells),
        Line(other, "setting", one, cells, other, one, True),
    ]
    seen = Seen(sheet(columns, lines, one).html)
    assert seen.tags <= TAGS
    assert seen.attributes <= ATTRIBUTES
    assert other in seen.told
    # A browser reads every kind of line break as one.
    plain = [text.replace("\r\n", "\n").replace("\r", "\n") for text in (one, other)]
    assert all(text in seen.text.replace("\r\n", "\n").replace("\r", "\n") for text in plain)


def test_the_same_table_is_the_same_text() -> None:
    columns, lines = [Column("a", "a", "")], [Line("x", "setting", "x", (Cell((Piece("1"),)),))]
    assert sheet(columns, lines, "t") == sheet(columns, lines, "t")


def test_a_table_without_lines_keeps_its_columns() -> None:
    assert "More about a" in sheet([Column("a", "a", "")], [], "t").html

"""What the tests of pages look for on one."""

import json
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import fromstring

from streamlit.testing.v1 import AppTest


def labelled(elements: Any, label: str) -> Any:
    found = [element for element in elements if element.label == label]
    assert found, f"no {label!r} among {[element.label for element in elements]}"
    return found[0]


def button(app: AppTest, label: str) -> Any:
    return labelled(app.button, label)


def do(interaction: Any) -> None:
    # The second run draws what the first, of the fragments that changed, left alone.
    interaction.run().run()


def shown(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.toast]
    return "\n".join(element.value for element in parts)


def unfold(app: AppTest) -> None:
    """Open all that is closed on the build page at first; it draws nothing that is not seen."""
    for name in ("tokenizer", "tools", "evaluation", "tensorboard", "other"):
        app.session_state[f"expander.{name}"] = True
    for name in ("notes", "duration", "memory_parts", "to_run"):
        app.session_state[name] = True


def drawn(app: AppTest) -> str:
    """The texts of what is drawn as markup of our own, such as the run card."""
    markup = [one.proto.body for one in app.get("html") if "<style" not in one.proto.body]
    markup += [
        json.loads(one.proto.json or "{}").get("html", "") for one in app.get("bidi_component")
    ]
    return " ".join("".join(fromstring(f"<p>{html}</p>").itertext()) for html in markup)


def draft(app: AppTest) -> Any:
    return app.session_state["tunesmith.desk"].history.present


class Cells(HTMLParser):
    """The texts of a table's cells, row by row, without their small print."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._small = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        self._small += tag == "small"

    def handle_endtag(self, tag: str) -> None:
        self._small -= tag == "small"

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1] and not self._small:
            self.rows[-1][-1] += data.strip("\n ")


class Grid:
    """The table of a comparison that is on a page.

    Attributes:
        columns: the keys of its columns.
        titles: their headings.
        lines: the texts of the cells, by the key of the line.
        html: the whole of it.
    """

    def __init__(self, app: AppTest) -> None:
        elements = app.get("bidi_component")
        (element,) = [one for one in elements if one.proto.component_name == "tunesmith_grid"]
        data = json.loads(element.proto.json)
        self._app, self._key, self._of = app, str(element.key), data["picksOf"]
        self.columns = [column["key"] for column in data["columns"]]
        self.html = data["html"]
        head, *rows = Cells(self.html).rows
        self.titles = [title.rstrip("↓") for title in head[1:]]
        keys = [line["key"] for line in data["lines"]]
        self.lines = {key: row[1:] for key, row in zip(keys, rows, strict=True)}
        self.labels = [row[0] for row in rows]

    def pick(self, *picks: tuple[str, str]) -> None:
        """Pick cells, each by the keys of its line and its column, and draw the page."""
        pairs = [list(pick) for pick in picks]
        self._app.session_state[self._key] = {"picked": {"of": self._of, "picks": pairs}}
        self._app.run()

"""``docs/code.md`` names each part of the code; ``python -m tests.test_code_page`` writes it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tools.measure import ROOT, table

PAGE = ROOT / "docs" / "code.md"


def parts() -> Iterator[tuple[str, str]]:
    """The parts of ``core`` and ``ui`` with what each says of itself, packages first."""
    for area in ("core", "ui"):
        packages = sorted(path.parent for path in (ROOT / area).glob("*/__init__.py"))
        files = sorted(path for path in (ROOT / area).glob("*.py") if path.name[0] != "_")
        yield from ((f"{area}/{path.name}/", says(path / "__init__.py")) for path in packages)
        yield from ((f"{area}/{path.name}", says(path)) for path in files)


def says(path: Path) -> str:
    """The first line of a file's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].replace("``", "`")


def places() -> str:
    rows = "".join(f"| `{where}` | {what} |\n" for where, what in parts())
    return "| Where | What lives there |\n|:--|:--|\n" + rows


def filled(page: str, name: str, text: str) -> str:
    """The page with a text between the two marks of a name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, tail = page.partition(begin)[0], page.partition(end)[2]
    return f"{head}{begin}\n{text}\n{end}{tail}"


def test_the_page_names_each_part_as_it_calls_itself() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, "places", places()) == page


def test_each_part_says_what_it_is_in_one_sentence() -> None:
    assert [where for where, what in parts() if not what.endswith(".")] == []


def test_the_page_shows_every_measure() -> None:
    page = PAGE.read_text(encoding="utf-8")
    measures = re.findall(r"^\| ([^|]+) \|", table(), re.MULTILINE)
    assert [name for name in measures if f"| {name} |" not in page] == []


if __name__ == "__main__":
    written = filled(PAGE.read_text(encoding="utf-8"), "places", places())
    PAGE.write_text(filled(written, "measures", table()), encoding="utf-8")

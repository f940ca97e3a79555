"""The picture of the imports is what the code says; ``tools/import_picture.py`` draws it."""

from itertools import combinations
from pathlib import Path

from tools import import_picture as picture


def test_the_picture_of_the_docs_is_up_to_date() -> None:
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.svg()


def project(folder: Path, **modules: str) -> Path:
    """A project with these modules, each with what it imports; dots are written as ``__``."""
    (folder / "app.py").write_text("import ui.frame\n")
    for name, used in modules.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"import {one}\n" for one in used.split()) or "X = 1\n")
    return folder


def test_a_box_stands_above_all_that_it_imports(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        core__errors="",
        core__rules__one="core.errors core.rules.two",
        core__rules__two="",
        core__check="core.rules.one core.errors",
        ui__frame="core.check",
    )
    graph = picture.graph(root)
    assert graph["core.check"] == {"core.rules", "core.errors"}
    assert picture.needed(graph)["core.check"] == {"core.rules"}
    rows = picture.rows(graph)
    assert rows == [["core.errors"], ["core.rules"], ["core.check"], ["ui.frame"], ["app"]]


def test_parts_that_import_each_other_share_a_box(tmp_path: Path) -> None:
    root = project(
        tmp_path, ui__frame="ui.build", ui__build="ui.frame core.errors", core__errors=""
    )
    graph = picture.without_circles(picture.graph(root))
    assert graph["ui.build+ui.frame"] == {"core.errors"}
    assert graph["app"] == {"ui.build+ui.frame"}


def test_no_two_boxes_overlap() -> None:
    plan = picture.layout(picture.without_circles(picture.graph()))
    places = picture.middles(plan)
    for row, names in enumerate(plan.rows):
        for one, other in combinations(names, 2):
            apart = abs(places[f"{row}:{one}"] - places[f"{row}:{other}"])
            assert apart >= (picture.width(one) + picture.width(other)) / 2

"""``python -m benchmarks`` runs as a whole; the pictures of the docs are those of the figures."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import results
from benchmarks.__main__ import IMAGES, draw, main
from benchmarks.drawing import NAME_STEP, apart, plain, svg
from benchmarks.pictures import PICTURES
from benchmarks.results import Point
from benchmarks.scale import TINY
from tests.doc_pages import pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the command writes, at sizes that take hardly any time."""
    folder = tmp_path_factory.mktemp("scaling")
    assert main(["--tiny", "--into", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("name", PICTURES)
def test_every_line_is_measured_at_every_size_and_drawn(name: str, folder: Path) -> None:
    points = results.read(folder, name)
    sizes = {point.n for point in points}
    assert len(sizes) == len(TINY.rows)
    lines = {point.line for point in points}
    assert len(points) == len(lines) * len(sizes)
    assert all(point.seconds > 0 and point.least <= point.times for point in points)
    texts = words((folder / f"scaling-{name}.svg").read_text(encoding="utf-8"))
    assert lines <= texts
    assert {PICTURES[name].title, PICTURES[name].across} <= texts


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_said_not_to_be_ours_is_drawn(name: str) -> None:
    lines = {point.line for point in results.read(results.FOLDER, name)}
    assert bool(PICTURES[name].others) == bool(PICTURES[name].others & lines)
    assert lines - PICTURES[name].others


def words(picture: str) -> set[str]:
    """The texts of a picture."""
    return {str(node.text) for node in ElementTree.fromstring(picture).iter() if node.text}


def test_the_pictures_of_the_docs_are_drawn_from_the_figures(tmp_path: Path) -> None:
    draw(results.FOLDER, tmp_path)
    drawn = {file.name: file.read_bytes() for file in tmp_path.glob("*.svg")}
    kept = {file.name: file.read_bytes() for file in IMAGES.glob("scaling-*.svg")}
    assert drawn == kept
    assert {file.name for file in pictures("docs/scaling.md")} == kept.keys()


def test_names_keep_their_distance_and_their_order() -> None:
    placed = apart([100, 103, 101, 300])
    assert placed[3] == 300
    near = sorted(placed[:3])
    assert placed[0] < placed[2] < placed[1]
    assert [below - above for above, below in pairwise(near)] == [NAME_STEP] * 2


def test_a_flat_line_is_drawn_flat() -> None:
    points = [Point("first page", n, 1e-3, 1.0, 1.0, 1.0) for n in (1_000, 1_000_000)]
    drawn = svg(PICTURES["list"], points)
    assert "1 times as long with 1 000 000 as with 1 000" in drawn
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.001, "0.001"), (0.25, "0.25"), (1, "1"), (2.54, "2.5"), (10, "10"), (1e6, "1 000 000")],
)
def test_numbers_are_written_as_people_read_them(number: float, text: str) -> None:
    assert plain(number) == text

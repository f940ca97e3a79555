"""How list, search, save, compare and check grow with what they are given, as tables and pictures.

    .venv/bin/python -m benchmarks            some minutes, 1 GB of disk; into build/scaling
    .venv/bin/python -m benchmarks --full     ten minutes, 9 GB; the docs' figures and pictures
    .venv/bin/python -m benchmarks --draw     only draw the docs' pictures from their figures

``--part store`` and so on measure a part of it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import results
from benchmarks.drawing import svg
from benchmarks.growth import PARTS
from benchmarks.pictures import PICTURES
from benchmarks.scale import FULL, QUICK, TINY, Scale

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = ROOT / "docs" / "images"
TRIED: Final = ROOT / "build" / "scaling"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write the figures, and draw them."""
    options = parser().parse_args(argv)
    is_kept = options.full or options.draw
    figures = options.into or (results.FOLDER if is_kept else TRIED)
    images = options.into or (IMAGES if is_kept else TRIED)
    for folder in (figures, images):
        folder.mkdir(parents=True, exist_ok=True)
    if not options.draw:
        scale = FULL if options.full else TINY if options.tiny else QUICK
        take(scale, options.part or list(PARTS), figures)
    draw(figures, images)
    print(f"figures in {figures}, pictures in {images}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    size = found.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="all sizes, for the docs")
    size.add_argument("--tiny", action="store_true", help="hardly anything, to see that it works")
    size.add_argument("--draw", action="store_true", help="measure nothing")
    found.add_argument("--part", action="append", choices=PARTS, help="only this; may be repeated")
    found.add_argument("--into", type=Path, metavar="FOLDER", help="write everything there")
    return found


def take(scale: Scale, parts: Sequence[str], folder: Path) -> None:
    """Measure the pictures of these parts and write their tables."""
    results.save_machine(folder)
    for part in parts:
        for picture, growth in PARTS[part](scale):
            points = results.points(growth)
            results.save(folder, picture, points)
            print(f"\n{PICTURES[picture].title}, by {PICTURES[picture].across}")
            print(table(points), flush=True)


def table(points: Sequence[results.Point]) -> str:
    """A row for each line: in times the yardstick, at each size."""
    rows = []
    for name in dict.fromkeys(point.line for point in points):
        cells = (f"{point.n:>9}: {point.times:<9.3g}" for point in points if point.line == name)
        rows.append(f"  {name:26}{''.join(cells)}")
    return "\n".join(rows)


def draw(figures: Path, images: Path) -> None:
    """Draw every picture that there are figures of."""
    for name, picture in PICTURES.items():
        if (figures / f"{name}.csv").exists():
            drawn = svg(picture, results.read(figures, name))
            (images / f"scaling-{name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

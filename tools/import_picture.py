"""Draws which part of the project imports which, read off the source: docs/images/imports.svg.

    .venv/bin/python tools/import_picture.py

A box is a package, or a module that belongs to none. It stands above all that it imports, and parts
that import each other share a box. A line goes down to what is imported; one that follows from
others is left out. The same source gives the same picture, byte for byte.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import chain, pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = ROOT / "docs" / "images" / "imports.svg"

AREAS: Final = ("core", "ui", "pages")
"""The folders with code, lowest first; what stands beside them, such as app.py, comes on top."""

BESIDE: Final = ("app",)

Graph = Mapping[str, frozenset[str]]


# --- What imports what ---------------------------------------------------------------------------


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module by its name, ``core.rules`` for ``core/rules/__init__.py``."""
    files = [path for area in AREAS for path in sorted((root / area).rglob("*.py"))]
    files += [root / f"{name}.py" for name in BESIDE]
    return {_name(path.relative_to(root)): path for path in files}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def part(module: str) -> str:
    """The box that a module stands in: ``core.rules`` for ``core.rules.shape``; pages share one."""
    area = module.partition(".")[0]
    return "pages" if area == "pages" else ".".join(module.split(".")[:2])


def parts(root: Path = ROOT) -> dict[str, int]:
    """The boxes with how many modules each has; a package's own file counts if it does anything."""
    found: dict[str, int] = {}
    for module, path in modules(root).items():
        is_bare = module in AREAS or path.name == "__main__.py"
        if not is_bare:
            found[part(module)] = found.get(part(module), 0) + bool(_statements(path))
    return found


def _statements(path: Path) -> bool:
    return any(not isinstance(node, ast.Expr) for node in _tree(path).body)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def graph(root: Path = ROOT) -> Graph:
    """For each box the boxes that it imports from."""
    found: dict[str, set[str]] = {name: set() for name in parts(root)}
    known = modules(root)
    for module, path in known.items():
        if part(module) in found:
            used = {part(name) for name in _imports(path, known)}
            found[part(module)] |= (used & found.keys()) - {part(module)}
    return {name: frozenset(used) for name, used in sorted(found.items())}


def _imports(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & known.keys() or {str(node.module)}


def without_circles(graph: Graph) -> Graph:
    """The graph with one box, ``ui.account+ui.build``, for those that import each other."""

    def below(name: str) -> set[str]:
        found, ahead = set[str](), [name]
        while ahead:
            fresh = graph[ahead.pop()] - found
            found |= fresh
            ahead += fresh
        return found

    reached = {name: below(name) for name in graph}
    box = {
        name: "+".join(sorted({name, *(one for one in reached[name] if name in reached[one])}))
        for name in graph
    }
    return {
        box[name]: frozenset(
            box[used]
            for one in box[name].split("+")
            for used in graph[one]
            if box[used] != box[name]
        )
        for name in graph
    }


def needed(graph: Graph) -> Graph:
    """The graph without the lines that follow from others."""

    @cache
    def below(name: str) -> frozenset[str]:
        return graph[name].union(*map(below, graph[name]))

    return {name: used - frozenset[str]().union(*map(below, used)) for name, used in graph.items()}


# --- Where each box stands -----------------------------------------------------------------------


def rows(graph: Graph) -> list[list[str]]:
    """The boxes in rows, lowest first: each above all that it imports, an area above the other."""
    found: list[list[str]] = []
    for area in (*AREAS, ""):
        own = [name for name in graph if _area(name) == area]
        heights = _heights({name: graph[name] & set(own) for name in own})
        found += [
            [name for name in own if heights[name] == height]
            for height in range(max(heights.values(), default=-1) + 1)
        ]
    return found


def _area(name: str) -> str:
    area = name.partition(".")[0]
    return area if area in AREAS else ""


def _heights(graph: Graph) -> dict[str, int]:
    @cache
    def height(name: str) -> int:
        return 1 + max(map(height, graph[name]), default=-1)

    return {name: height(name) for name in graph}


@dataclass(frozen=True)
class Layout:
    """What is drawn, in rows, lowest first.

    Attributes:
        rows: each box or bend, in its order; a bend, ``|core.errors``, is where a line passes.
        lines: from a box or bend to one in the row below it.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[tuple[tuple[str, ...], ...], ...]


def layout(graph: Graph, sweeps: int = 40) -> Layout:
    """Rows in an order with few crossings; all lines to one box share their bends."""
    order = rows(graph)
    level = {name: row for row, names in enumerate(order) for name in names}
    lines: list[set[tuple[str, str]]] = [set() for _ in order]
    for name, used in needed(graph).items():
        for other in used:
            way = [name, *(f"|{other}" for _ in range(level[name] - level[other] - 1)), other]
            for down, (upper, lower) in enumerate(pairwise(way)):
                lines[level[name] - down].add((upper, lower))
    for row, below in zip(order, lines, strict=True):
        row += sorted({upper for upper, _ in below} - set(row))
    return Layout(_untangled(order, lines, sweeps), tuple(tuple(sorted(row)) for row in lines))


Lines = list[set[tuple[str, str]]]


def _untangled(order: list[list[str]], lines: Lines, sweeps: int) -> tuple[tuple[str, ...], ...]:
    """The order with the fewest crossings of those that sweeping up and down comes by."""
    best, fewest = order, _all_crossings(order, lines)
    for sweep in range(sweeps):
        order = _swept(order, lines, is_up=sweep % 2 == 0)
        crossings = _all_crossings(order, lines)
        if crossings < fewest:
            best, fewest = order, crossings
    return tuple(tuple(row) for row in best)


def _swept(order: list[list[str]], lines: Lines, *, is_up: bool) -> list[list[str]]:
    """Each row sorted by where its neighbours of the row before stand."""
    order = [list(row) for row in order]
    way = range(1, len(order)) if is_up else range(len(order) - 2, -1, -1)
    for row in way:
        pairs = lines[row] if is_up else {(lower, upper) for upper, lower in lines[row + 1]}
        before = order[row - 1 if is_up else row + 1]
        place = {name: number / max(1, len(before) - 1) for number, name in enumerate(before)}
        own = {name: number / max(1, len(order[row]) - 1) for number, name in enumerate(order[row])}
        near: dict[str, list[float]] = {name: [] for name in order[row]}
        for name, other in pairs:
            near[name].append(place[other])
        order[row].sort(
            key=lambda name: sum(near[name]) / len(near[name]) if near[name] else own[name]
        )
    return order


def _all_crossings(order: list[list[str]], lines: Lines) -> int:
    return sum(_crossings(order[row], order[row - 1], lines[row]) for row in range(1, len(order)))


def _crossings(upper: list[str], lower: list[str], lines: set[tuple[str, str]]) -> int:
    above = {name: number for number, name in enumerate(upper)}
    below = {name: number for number, name in enumerate(lower)}
    ends = sorted((above[one], below[other]) for one, other in lines)
    return sum(
        first[1] > then[1] for number, first in enumerate(ends) for then in ends[number + 1 :]
    )


# --- Where each box stands: pixels ---------------------------------------------------------------

GAP: Final = 16
ROW: Final = 66
BOX: Final = 32
STIFF: Final = 6
MARGIN: Final = 24
SIDE: Final = 48
"""On the left, for the names of the areas."""
LETTER: Final = 7.6
PADDING: Final = 22


def width(name: str) -> float:
    """Of a box in pixels; a bend has almost none."""
    return 4 if name.startswith("|") else round(len(label(name)) * LETTER) + PADDING


def label(name: str) -> str:
    """What stands in a box: the name within its area."""
    return ", ".join(part.removeprefix("core.").removeprefix("ui.") for part in name.split("+"))


def middles(plan: Layout, rounds: int = 60) -> dict[str, float]:
    """The x of each box and bend, by ``row:name``: near its neighbours, no two too close."""
    near: dict[str, list[str]] = {}
    for row, lines in enumerate(plan.lines):
        for upper, lower in lines:
            near.setdefault(f"{row}:{upper}", []).append(f"{row - 1}:{lower}")
            near.setdefault(f"{row - 1}:{lower}", []).append(f"{row}:{upper}")
    places = {
        f"{row}:{name}": x
        for row, names in enumerate(plan.rows)
        for name, x in zip(names, _packed(names), strict=True)
    }
    for turn in range(rounds):
        way = list(enumerate(plan.rows))
        for row, names in way if turn % 2 else reversed(way):
            keys = [f"{row}:{name}" for name in names]
            wanted = [_mean([places[other] for other in _pulls(key, near)]) for key in keys]
            places.update(zip(keys, _apart(names, wanted), strict=True))
    left = min(places[f"{row}:{name}"] - width(name) / 2 for row, name in _all(plan))
    return {key: x - left for key, x in places.items()}


def _pulls(key: str, near: Mapping[str, list[str]]) -> list[str]:
    """What draws a box or bend near: a bend goes straight on from the next ones of its line."""
    others = near.get(key, [key])
    bends = [other for other in others if "|" in other]
    return bends if "|" in key and bends else others


def _all(plan: Layout) -> Iterator[tuple[int, str]]:
    return chain.from_iterable(
        ((row, name) for name in names) for row, names in enumerate(plan.rows)
    )


def _packed(names: tuple[str, ...]) -> list[float]:
    """The names side by side around 0."""
    found, x = [], 0.0
    for name in names:
        found.append(x + width(name) / 2)
        x += width(name) + GAP
    return [place - x / 2 for place in found]


def _apart(names: tuple[str, ...], wanted: list[float]) -> list[float]:
    """The places nearest to the wanted ones (least squares) at which nothing overlaps."""
    packed = _packed(names)
    blocks: list[list[float]] = []
    for name, want, place in zip(names, wanted, packed, strict=True):
        # Bends stay where they are, boxes make room.
        blocks.append([want - place] * (STIFF if name.startswith("|") else 1))
        # Blocks that would overlap move as one.
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    shifts = [_mean(block) for block in blocks for _ in range(len(block))]
    return [place + shift for place, shift in zip(packed, _once(names, shifts), strict=True)]


def _once(names: tuple[str, ...], shifts: list[float]) -> Iterator[float]:
    """One shift for each name: a bend has as many as it is stiff."""
    at = 0
    for name in names:
        yield shifts[at]
        at += STIFF if name.startswith("|") else 1


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


# --- SVG -----------------------------------------------------------------------------------------

STYLE: Final = """
  text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1f2430; }
  .area { font-weight: 600; fill: #6b7280; }
  .band { fill: #64748b; fill-opacity: .07; }
  .box { fill: #ffffff; stroke: #94a3b8; }
  .package { stroke: #b45309; stroke-width: 1.6; }
  .line { fill: none; stroke: #64748b; stroke-opacity: .55; }
  .head { fill: #64748b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e5e7eb; }
    .area { fill: #9ca3af; }
    .band { fill: #94a3b8; fill-opacity: .1; }
    .box { fill: #1b1f27; stroke: #64748b; }
    .package { stroke: #f59e0b; }
    .line { stroke: #94a3b8; }
    .head { fill: #94a3b8; }
  }
"""


def svg(root: Path = ROOT) -> str:
    """The picture."""
    plan, sizes = layout(without_circles(graph(root))), parts(root)
    places = middles(plan)
    wide = max(places[f"{row}:{name}"] + width(name) / 2 for row, name in _all(plan))
    total = Size(round(wide) + MARGIN + SIDE, len(plan.rows) * ROW + MARGIN)
    drawn = [
        *_bands(plan, total),
        *(
            _line(row, ends, places, total)
            for row, lines in enumerate(plan.lines)
            for ends in lines
        ),
        *(
            _box(
                name,
                sum(sizes[part] for part in name.split("+")),
                places[f"{row}:{name}"] + SIDE,
                total.y(row),
            )
            for row, name in _all(plan)
            if not name.startswith("|")
        ),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total.wide} {total.high}" '
        f'width="{total.wide}" height="{total.high}" role="img">\n'
        "<title>Which part of Tunesmith imports which</title>\n"
        f"<style>{STYLE}</style>\n" + "\n".join(drawn) + "\n</svg>\n"
    )


@dataclass(frozen=True)
class Size:
    """Of the whole picture."""

    wide: int
    high: int

    def y(self, row: int) -> int:
        """The middle of a row, the lowest one being 0."""
        return self.high - MARGIN // 2 - ROW // 2 - row * ROW


def _bands(plan: Layout, total: Size) -> Iterator[str]:
    """A shade behind each area, with its name."""
    areas = [next((_area(name) for name in row if name[0] != "|"), "") for row in plan.rows]
    for area in AREAS:
        own = [row for row, found in enumerate(areas) if found == area]
        if own:
            top = total.y(own[-1]) - ROW // 2 + 3
            high = len(own) * ROW - 6
            yield (
                f'<rect class="band" x="4" y="{top}" width="{total.wide - 8}" height="{high}" '
                f'rx="10"/><text class="area" x="14" y="{top + 19}">{area}/</text>'
            )


def _line(row: int, ends: tuple[str, ...], places: Mapping[str, float], total: Size) -> str:
    upper, lower = ends
    x, to = (round(places[f"{at}:{name}"]) + SIDE for at, name in ((row, upper), (row - 1, lower)))
    y = total.y(row) + (0 if upper[0] == "|" else BOX // 2)
    end = total.y(row - 1) - (0 if lower[0] == "|" else BOX // 2 + 5)
    middle = (y + end) // 2
    path = f'<path class="line" d="M{x} {y}C{x} {middle} {to} {middle} {to} {end}"/>'
    return path if lower[0] == "|" else path + _head(to, end)


def _head(x: int, y: int) -> str:
    return f'<path class="head" d="M{x - 4} {y - 2}h8l-4 7z"/>'


def _box(name: str, modules: int, x: float, y: int) -> str:
    wide, is_package = width(name), modules > 1
    kind = "box package" if is_package else "box"
    title = f"{label(name)}: {modules} modules" if is_package else label(name)
    return (
        f'<g><title>{escape(title)}</title><rect class="{kind}" x="{round(x - wide / 2)}" '
        f'y="{y - BOX // 2}" width="{wide}" height="{BOX}" rx="7"/>'
        f'<text x="{round(x)}" y="{y + 5}" text-anchor="middle">{escape(label(name))}</text></g>'
    )


def main() -> int:
    """Write the picture."""
    PICTURE.write_text(svg(), encoding="utf-8")
    print(f"Drawn: {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

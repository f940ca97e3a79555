"""Pictures of growth as SVG: both axes logarithmic, each line with its name at its end.

The same points give the same bytes. Colours follow the reader's light or dark mode; the picture
brings its own ground, so that it is readable on any page.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.pictures import Picture
from benchmarks.results import Point

WIDTH: Final = 780
HEIGHT: Final = 430
LEFT: Final = 70
RIGHT: Final = 562
TOP: Final = 76
BOTTOM: Final = 370

# Pixels from one name to the next, and from the last point to its name.
NAME_STEP: Final = 17
NAME_GAP: Final = 22
# Decades that the upright axis has at least, so that what is flat looks flat.
DECADES: Final = 2.0
# Decades that are left free above and below.
ROOM: Final = 0.12

OURS: Final = ("a", "b", "c", "d")
OTHERS: Final = ("u", "v", "w", "x")

STYLE: Final = """
svg{font:13px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;
--ground:#fff;--edge:#dfe2e7;--ink:#1c1f24;--soft:#5c636e;--grid:#e9ebef;
--a:#2f5dd1;--b:#0b7f73;--c:#7b46c4;--d:#3a86b8;--u:#b4560a;--v:#6c7078;--w:#9a7209;--x:#a8443c}
@media (prefers-color-scheme:dark){svg{
--ground:#14161a;--edge:#2c3038;--ink:#e8eaee;--soft:#a0a7b3;--grid:#272b32;
--a:#7d9df2;--b:#4fc0b1;--c:#b391ee;--d:#6fb7e3;--u:#e79a55;--v:#a3a8b2;--w:#d6b04a;--x:#e58b83}}
.ground{fill:var(--ground);stroke:var(--edge)}
text{fill:var(--ink)}.title{font-size:16px;font-weight:600}.soft{fill:var(--soft);font-size:12px}
.grid{stroke:var(--grid)}.axis{stroke:var(--soft)}
.slope{stroke:var(--soft);stroke-dasharray:2 4;fill:none}
.line{fill:none;stroke-width:1.5;stroke-linejoin:round}.ours{stroke-width:2.75}
.dot{stroke:var(--ground);stroke-width:1.25}.lead{fill:none;opacity:.45}
.halo{paint-order:stroke;stroke:var(--ground);stroke-width:4px}
.name{font-size:12.5px}.mine{font-weight:600}
"""
COLOURS: Final = "".join(
    f".s{name}{{stroke:var(--{name})}}.f{name}{{fill:var(--{name})}}" for name in (*OURS, *OTHERS)
)


@dataclass(frozen=True)
class Axis:
    """A logarithmic scale from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def decades(self) -> list[float]:
        """The powers of ten on it."""
        return [10.0**power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]


@dataclass(frozen=True)
class Line:
    """The points of one candidate, by size, with its colour."""

    name: str
    points: Sequence[Point]
    colour: str
    is_ours: bool


def svg(picture: Picture, points: Sequence[Point]) -> str:
    """The picture of these points."""
    across, upright = axes(points)
    drawn = lines(picture, points)
    parts = [
        *frame(picture, drawn),
        *grid(across, upright, points),
        *slope(across, upright),
        # What is ours lies on top.
        *(part for line in reversed(drawn) for part in curve(line, across, upright)),
        *names(drawn, across, upright),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def axes(points: Sequence[Point]) -> tuple[Axis, Axis]:
    """The scale of the sizes and that of the times."""
    sizes = [math.log10(point.n) for point in points]
    times = [math.log10(point.times) for point in points]
    low, high = min(times) - ROOM, max(times) + ROOM
    lacking = max(0.0, DECADES - (high - low)) / 2
    across = Axis(min(sizes), max(sizes), LEFT, RIGHT)
    return across, Axis(low - lacking, high + lacking, BOTTOM, TOP)


def lines(picture: Picture, points: Sequence[Point]) -> list[Line]:
    """The lines of a picture, ours first."""
    every = dict.fromkeys(point.line for point in points)
    found = []
    for is_ours, colours in ((True, OURS), (False, OTHERS)):
        chosen = [name for name in every if (name not in picture.others) == is_ours]
        for number, name in enumerate(chosen):
            own = sorted((one for one in points if one.line == name), key=lambda one: one.n)
            found.append(Line(name, own, colours[number % len(colours)], is_ours))
    return found


# --- Parts -------------------------------------------------------------------------------------


def frame(picture: Picture, drawn: Iterable[Line]) -> Iterator[str]:
    """The ground, the titles and what somebody hears who can't see the picture."""
    said = "; ".join(f"{line.name}: {spoken(line)}" for line in drawn)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title said">'
    )
    yield f'<title id="title">{escape(picture.title)}</title><desc id="said">{escape(said)}</desc>'
    yield f"<style>{STYLE.strip()}\n{COLOURS}</style>"
    yield f'<rect class="ground" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>'
    yield text(24, 32, picture.title, "title")
    yield text(24, 53, f"Time, in times {picture.yardstick}; bold is Tunesmith", "soft")
    yield text((LEFT + RIGHT) / 2, HEIGHT - 22, picture.across, "soft", "middle")


def spoken(line: Line) -> str:
    """How a line goes, in words."""
    first, last = line.points[0], line.points[-1]
    growth = last.times / first.times
    return f"{plain(growth)} times as long with {plain(last.n)} as with {plain(first.n)}"


def grid(across: Axis, upright: Axis, points: Sequence[Point]) -> Iterator[str]:
    """The axes with their powers of ten, and the first size where that is none."""
    for value in upright.decades:
        y = upright.at(value)
        yield rule(LEFT, y, RIGHT, y, "grid")
        yield text(LEFT - 10, y + 4, f"{plain(value)}×", "soft", "end")
    yield rule(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")
    first = float(min(point.n for point in points))
    for value in dict.fromkeys((first, *across.decades)):
        x = across.at(value)
        yield rule(x, BOTTOM, x, BOTTOM + 5, "axis")
        yield text(x, BOTTOM + 20, plain(value), "soft", "middle")


def slope(across: Axis, upright: Axis) -> Iterator[str]:
    """What grows as the size does, from the yardstick to the edge of the picture."""
    decades = min(across.high - across.low, upright.high)
    x, y = across.at(10 ** (across.low + decades)), upright.at(10**decades)
    yield f'<path class="slope" d="M{LEFT:.1f} {upright.at(1):.1f}L{x:.1f} {y:.1f}"/>'
    yield text(x - 10, y + 4, "as n", "soft halo", "end")


def curve(line: Line, across: Axis, upright: Axis) -> Iterator[str]:
    """One line with its points."""
    places = [(across.at(point.n), upright.at(point.times)) for point in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    width = " ours" if line.is_ours else ""
    yield f'<path class="line{width} s{line.colour}" d="M{path}"/>'
    radius = 4 if line.is_ours else 3
    for x, y in places:
        yield f'<circle class="dot f{line.colour}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def names(drawn: Sequence[Line], across: Axis, upright: Axis) -> Iterator[str]:
    """Each line's name beside its end, moved where two would overlap."""
    wanted = [upright.at(line.points[-1].times) for line in drawn]
    for line, y, moved in zip(drawn, wanted, apart(wanted), strict=True):
        x = across.at(line.points[-1].n)
        yield (
            f'<path class="lead s{line.colour}" '
            f'd="M{x + 6:.1f} {y:.1f}L{x + NAME_GAP - 4:.1f} {moved:.1f}"/>'
        )
        weight = " mine" if line.is_ours else ""
        yield text(x + NAME_GAP, moved + 4, line.name, f"name{weight} f{line.colour}")


def apart(wanted: Sequence[float]) -> list[float]:
    """Places as near as may be to those that are wanted, a step from each other at least."""
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    groups: list[list[int]] = []
    for number in order:
        groups.append([number])
        while len(groups) > 1 and overlap(groups[-2], groups[-1], wanted):
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = dict(place for group in groups for place in spread(group, wanted))
    return [placed[number] for number in range(len(wanted))]


def overlap(above: Sequence[int], below: Sequence[int], wanted: Sequence[float]) -> bool:
    """Whether two groups of names come too near each other."""
    return spread(below, wanted)[0][1] - spread(above, wanted)[-1][1] < NAME_STEP


def spread(group: Sequence[int], wanted: Sequence[float]) -> list[tuple[int, float]]:
    """The names of a group one below the other, around the middle of where they want to be."""
    middle = sum(wanted[number] for number in group) / len(group)
    top = middle - NAME_STEP * (len(group) - 1) / 2
    return [(number, top + NAME_STEP * step) for step, number in enumerate(group)]


# --- Marks -------------------------------------------------------------------------------------


def text(x: float, y: float, words: str, style: str, anchor: str = "start") -> str:
    """A line of text."""
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{at}>{escape(words)}</text>'


def rule(x: float, y: float, to_x: float, to_y: float, style: str) -> str:
    """A straight line."""
    return f'<path class="{style}" d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"/>'


def plain(number: float) -> str:
    """A number as people write it: two digits at most below ten, thousands apart."""
    if number >= 10:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.2g}"

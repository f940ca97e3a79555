"""What stands on the pages of the docs: blocks, commands, links and pictures.

An indented block, and a fence of ``sh``, holds commands; every other fence names its language. A
fence of ``text`` right after commands is what the last of them prints.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

PAGES: Final = tuple(
    sorted(
        str(file.relative_to(ROOT))
        for folder in (".", "docs", "benchmarks", "tools")
        for file in (ROOT / folder).glob("*.md")
    )
)
"""Every page, by its path in the project."""

_FENCE: Final = re.compile(r"```(\S*)(.*)")
_EXAMPLE: Final = re.compile(r"  (python -m core .+)")
_EXIT: Final = re.compile(r"#.* exits with (\d+)")
_LINK: Final = re.compile(r"(!?)\[[^\]]*\]\(([^()\s]+)\)")
_HEADING: Final = re.compile(r"#+ (.+)")
_ANCHOR: Final = re.compile(r'<a id="([^"]+)">')


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand apart from the text.

    Attributes:
        line: the number of its first line on the page.
        language: what the fence names; ``sh`` for an indented block.
        text: what it holds.
        before: the last line of text before it, such as the name of a file.
        follows: whether nothing stands between this block and the one before it.
    """

    line: int
    language: str
    text: str
    before: str
    follows: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page.

    Attributes:
        page: its page.
        line: the number of its first line there.
        text: what a shell gets, over several lines if it has them.
        code: what it exits with, as a comment beside it says; otherwise 0.
        prints: what the page says that it prints, if it says so.
    """

    page: str
    line: int
    text: str
    code: int = 0
    prints: str | None = None

    @property
    def bare(self) -> str:
        """The text without its comment and with single spaces."""
        return " ".join(re.sub(r"\s#\s.*", "", self.text.replace("\\\n", " ")).split())


@cache
def read(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """All blocks of a page in their order."""
    return tuple(_blocks(read(page).split("\n")))


def _blocks(lines: list[str]) -> Iterator[Block]:
    number, before, follows = 0, "", False
    while number < len(lines):
        begin, line = number, lines[number]
        if fence := _FENCE.match(line):
            number = lines.index("```", begin + 1)
            text = "\n".join(lines[begin + 1 : number])
            yield Block(begin + 2, fence.group(1), text, before, follows)
            follows = True
        elif line.startswith("    ") and (begin == 0 or not lines[begin - 1].strip()):
            while number + 1 < len(lines) and _is_inside(lines, number + 1):
                number += 1
            text = "\n".join(part[4:] for part in lines[begin : number + 1]).rstrip()
            yield Block(begin + 1, "sh", text, before, follows)
            follows = True
        elif line.strip():
            before, follows = line, False
        number += 1


def _is_inside(lines: list[str], number: int) -> bool:
    """Whether a line belongs to the indented block of the line before it."""
    following = lines[number + 1] if number + 1 < len(lines) else ""
    return lines[number].startswith("    ") or (
        not lines[number].strip() and following.startswith("    ")
    )


@cache
def commands(page: str) -> tuple[Command, ...]:
    """All commands of a page in their order, the examples of a generated help among them."""
    found: list[Command] = []
    for block in blocks(page):
        if block.language == "sh":
            found += _split(page, block)
        elif block.language == "text" and block.follows and found:
            last = found.pop()
            found.append(Command(last.page, last.line, last.text, last.code, block.text))
        elif block.language == "text":
            for number, line in enumerate(block.text.split("\n"), block.line):
                if example := _EXAMPLE.fullmatch(line):
                    found.append(Command(page, number, example.group(1)))
    return tuple(found)


def _split(page: str, block: Block) -> Iterator[Command]:
    """The commands of a block: a line that ends in a backslash, or is indented, goes on."""
    parts: list[tuple[int, str]] = []
    for number, line in enumerate(block.text.split("\n"), block.line):
        goes_on = parts and (line.startswith((" ", "done")) or parts[-1][1].endswith("\\"))
        if goes_on:
            parts[-1] = parts[-1][0], f"{parts[-1][1]}\n{line}"
        elif line.strip() and not line.startswith("#"):
            parts.append((number, line))
    for number, text in parts:
        code = _EXIT.search(text)
        yield Command(page, number, text, int(code.group(1)) if code else 0)


def prose(page: str) -> str:
    """The page without its blocks and without code in its lines."""
    lines = read(page).split("\n")
    for block in blocks(page):
        for number in range(block.line - 1, block.line + block.text.count("\n")):
            lines[number] = ""
    return re.sub(r"`[^`]*`", "", "\n".join(lines))


def links(page: str) -> list[str]:
    """Where the links of a page lead to, pictures left out."""
    return [target for mark, target in _LINK.findall(prose(page)) if not mark]


def pictures(page: str) -> list[Path]:
    """The files that a page shows."""
    shown = [target for mark, target in _LINK.findall(prose(page)) if mark]
    shown += re.findall(r'<(?:img|source)[^>]* src(?:set)?="([^"]+)"', read(page))
    return [(ROOT / page).parent.joinpath(target).resolve() for target in shown]


@cache
def anchors(page: str) -> frozenset[str]:
    """The places of a page that a link can lead to, as GitHub names them."""
    headings = map(_slug, _HEADING.findall(prose_with_code(page)))
    return frozenset((*headings, *_ANCHOR.findall(read(page))))


def prose_with_code(page: str) -> str:
    """The page without its blocks."""
    lines = read(page).split("\n")
    for block in blocks(page):
        for number in range(block.line - 1, block.line + block.text.count("\n")):
            lines[number] = ""
    return "\n".join(lines)


def _slug(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")

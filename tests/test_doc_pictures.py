"""Every picture of the docs is made by something that can make it anew, and every one is shown."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from tests.browser.shots import SHOTS
from tests.doc_pages import PAGES, ROOT, pictures

IMAGES: Final = ROOT / "docs" / "images"

# What makes the other ones.
MADE_BY: Final = {
    "editor-*.png": "tools/editor_picture.py",
    "imports.svg": "tools/import_picture.py",
    "scaling-*.svg": "benchmarks/__main__.py",
}


def shown() -> set[str]:
    return {picture.name for page in PAGES for picture in pictures(page)}


def made(name: str) -> bool:
    return name in {f"{shot.name}.png" for shot in SHOTS} or any(
        fnmatch(name, pattern) for pattern in MADE_BY
    )


def test_every_picture_is_made_by_the_browser_tests_or_a_tool() -> None:
    assert [file.name for file in IMAGES.iterdir() if not made(file.name)] == []


def test_every_picture_that_is_made_is_there() -> None:
    assert {f"{shot.name}.png" for shot in SHOTS} <= {file.name for file in IMAGES.iterdir()}


def test_every_picture_is_shown_on_a_page() -> None:
    assert {file.name for file in IMAGES.iterdir()} - shown() == set()


@pytest.mark.parametrize(("pattern", "maker"), MADE_BY.items())
def test_what_makes_a_picture_is_there_and_names_it(pattern: str, maker: str) -> None:
    assert pattern.partition(".")[0].rstrip("*") in (ROOT / maker).read_text(encoding="utf-8")


def test_no_two_pictures_have_one_name() -> None:
    names = [shot.name for shot in SHOTS]
    assert len(names) == len(set(names))


def test_pictures_are_small_enough_to_be_kept() -> None:
    assert [file.name for file in IMAGES.iterdir() if size(file) > 700_000] == []


def size(file: Path) -> int:
    return file.stat().st_size

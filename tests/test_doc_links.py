"""No link of the docs is dead, every page can be reached, and every block says what it is."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.doc_pages import PAGES, ROOT, anchors, blocks, links, pictures, read

INDEX: Final = "docs/README.md"


def dead(page: str) -> list[str]:
    """The links of a page that lead to no file, or to no place on its page."""
    return [link for link in links(page) if "://" not in link and not leads_on(page, link)]


def leads_on(page: str, link: str) -> bool:
    path, _, place = link.partition("#")
    target = (ROOT / page).parent.joinpath(path).resolve() if path else ROOT / page
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not place or place in anchors(str(target.relative_to(ROOT)))


# Pages that tell to write files, and one that tells of the past.
OWN_FILES: Final = {f"docs/adding-a-{what}.md" for what in ("preset", "rule", "trainer")}
PAST: Final = "CHANGELOG.md"

NAMED: Final = re.compile(
    r"`((?:core|ui|pages|tests|tools|benchmarks|presets|docs|supabase)/[\w./-]*)[^`]*`"
)


@pytest.mark.parametrize("page", sorted({*PAGES} - OWN_FILES - {PAST}))
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    names = {match[1] for match in NAMED.finditer(read(page))}
    assert [name for name in names if not (ROOT / name).exists()] == []


def led_to(page: str) -> set[str]:
    """The pages of the project that a page links to."""
    files = {
        (ROOT / page).parent.joinpath(link.partition("#")[0]).resolve() for link in links(page)
    }
    return {str(file.relative_to(ROOT)) for file in files if file.is_relative_to(ROOT)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    assert dead(page) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_there(page: str) -> None:
    assert [picture.name for picture in pictures(page) if not picture.is_file()] == []


def test_the_index_lists_every_page_of_the_docs() -> None:
    written = {str(Path("docs", file.name)) for file in (ROOT / "docs").glob("*.md")}
    assert written - led_to(INDEX) == {INDEX}


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_names_its_language(page: str) -> None:
    assert [block.line for block in blocks(page) if not block.language] == []

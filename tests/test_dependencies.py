"""Every pinned package stands on its page with a licence, and no licence goes unnoticed."""

import re
from typing import Final

from tools.dependencies import LICENCE_FILES, PAGE, PURPOSES, ROOT, WHY, page

# Sizes are those of the machine that wrote the page.
SIZES: Final = re.compile(r" [\d.]+ \|$|[\d.]+ MiB", re.MULTILINE)


def without_sizes(text: str) -> str:
    return SIZES.sub("", text)


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert without_sizes(page(written)) == without_sizes(written)


def test_what_the_app_asks_for_has_a_purpose() -> None:
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").split()
    assert {re.split(r"[\[=]", line)[0] for line in lines} == PURPOSES.keys()


def test_no_reason_is_for_a_package_that_is_gone() -> None:
    written = PAGE.read_text(encoding="utf-8")
    named = {*LICENCE_FILES, *WHY}
    assert {name for name in named if f"\n| {name} |" not in written} == set()


def test_the_author_whose_licence_asks_for_it_is_named() -> None:
    assert "Mohammad Khorasani" in (ROOT / "NOTICE").read_text(encoding="utf-8")

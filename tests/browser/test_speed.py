"""What an edit costs, in what can be counted: times belong to the benchmarks."""

import asyncio
from typing import Final

import pytest

from benchmarks.expected import OUR_FIELD, our_rows
from benchmarks.wire import Answer, Tab

MOST_MESSAGES: Final = 60
"""The first edit changes most: there is something to undo now. A whole page sends over 200."""


@pytest.mark.browser
def test_an_edit_sends_what_has_changed_and_little_else(app_url: str) -> None:
    first, edits = asyncio.run(edited(app_url, [1000, 1200, 1400]))
    assert all(edit.shows for edit in edits)
    assert max(edit.messages for edit in edits) <= MOST_MESSAGES < first.messages


async def edited(url: str, values: list[int]) -> tuple[Answer, list[Answer]]:
    """The answer to opening the page, and those to entering values one after another."""
    async with Tab(url) as tab:
        answers = [await tab.edit(OUR_FIELD, value, our_rows(value)) for value in values]
        return tab.first, answers

"""What an edit costs, in what can be counted: times belong to the benchmarks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from benchmarks.expected import OUR_FIELD, our_rows
from benchmarks.wire import Answer, Tab

MOST_MESSAGES: Final = 40
"""The first edit changes most: there is something to undo now. A whole page sends over 150."""


@pytest.mark.browser
def test_an_edit_sends_what_has_changed_and_little_else(app_url: str) -> None:
    # A browser of another test keeps an event loop running in this thread.
    with ThreadPoolExecutor(1) as other:
        first, edits = other.submit(measured, app_url, [1000, 1200, 1400]).result()
    assert all(edit.shows for edit in edits)
    assert max(edit.messages for edit in edits) <= MOST_MESSAGES < first.messages
    # Nothing is told of the run of the callback alone.
    assert [edit.runs for edit in edits] == [1, 1, 1]


def measured(url: str, values: list[int]) -> tuple[Answer, list[Answer]]:
    """The answers to opening the page and to each edit."""
    return asyncio.run(edited(url, values))


async def edited(url: str, values: list[int]) -> tuple[Answer, list[Answer]]:
    """The answer to opening the page, and those to entering values one after another."""
    async with Tab(url) as tab:
        answers = [await tab.edit(OUR_FIELD, value, our_rows(value)) for value in values]
        return tab.first, answers

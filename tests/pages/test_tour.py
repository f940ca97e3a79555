"""The tour of the build page, and what a field's help says."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from core import fields
from tests.pages.conftest import SignIn
from tests.pages.looks import button, do


@pytest.fixture
def app(page: SignIn) -> AppTest:
    return page("build")


def card(app: AppTest) -> str:
    """Which step is open, as it is said there."""
    return "".join(item.value for item in app.caption if re.fullmatch(r"\d of \d", item.value))


def press(app: AppTest, label: str) -> None:
    do(button(app, label).click())


def test_nobody_is_shown_around_unasked(app: AppTest) -> None:
    assert card(app) == ""


def test_the_tour_goes_on_to_its_end(app: AppTest) -> None:
    press(app, "Show me around")
    seen = []
    while card(app):
        seen.append(card(app))
        press(app, "Done" if len(seen) == 5 else "Next")
    assert seen == ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5"]


def test_the_tour_is_left_at_once(app: AppTest) -> None:
    press(app, "Show me around")
    press(app, "Skip")
    assert card(app) == ""


def test_the_tour_names_a_fix_that_is_at_hand(app: AppTest) -> None:
    press(app, "Show me around")
    for _ in range(3):
        press(app, "Next")
    assert any("such as “Set warmup\\_steps to 1”" in item.value for item in app.markdown)


def test_the_template_that_is_open_says_what_to_know_about_it(app: AppTest) -> None:
    told = [item.value for item in app.sidebar.caption]
    assert any("warm\\-up of 100 is longer than its 22 updates" in text for text in told)


def test_the_help_at_a_field_says_its_values_its_default_and_where_it_is_read(app: AppTest) -> None:
    spec = fields.table()[("training", "learning_rate")]
    field = next(item for item in app.text_input if item.label == spec.title)
    assert "a number above 0" in field.help
    assert "Without it the trainer uses 5e\\-5" in field.help
    assert f"`{spec.name}` · " in field.help
    assert re.search(r"trainer\\\.py", field.help)

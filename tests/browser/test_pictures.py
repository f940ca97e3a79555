"""The pictures of the docs, taken from the real app as ``shots.py`` says.

``pytest -m browser --pictures`` writes them to ``docs/images``; otherwise they are taken all the
same, so that a picture of something that is no longer there fails a test.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Locator, Page

from tests.browser.idle import wait_until_idle
from tests.browser.shots import SHOTS, Shot, Stage
from tests.browser.users import User

pytestmark = pytest.mark.browser

# More bytes than an empty picture of this size has as PNG.
DRAWN_PER_PIXEL = 1 / 60
# Pixels around a part of a page.
RIM = 12


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_shows_the_page(
    shot: Shot,
    new_page: Callable[[], Page],
    new_user: Callable[[], User],
    app_url: str,
    project: Path,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    page = new_page()
    page.set_viewport_size({"width": shot.width, "height": shot.height})
    page.emulate_media(color_scheme=shot.scheme, reduced_motion="reduce")
    part = shot.steps(Stage(app_url, page, new_user))
    wait_until_idle(page)
    page.mouse.move(shot.width / 2, 5)
    page.wait_for_timeout(800)
    folder = project / "docs" / "images" if request.config.getoption("--pictures") else tmp_path
    file = folder / f"{shot.name}.png"
    picture = page.screenshot(path=file, clip=in_view(part, shot) if part else None)
    wide, high = size(picture)
    assert len(picture) > wide * high * DRAWN_PER_PIXEL


def in_view(part: Locator, shot: Shot) -> FloatRect:
    """The part of the page with a rim, as much of it as the window shows."""
    box = part.bounding_box()
    assert box, "nothing to take"
    left, top = max(0, box["x"] - RIM), max(0, box["y"] - RIM)
    right = min(shot.width, box["x"] + box["width"] + RIM)
    bottom = min(shot.height, box["y"] + box["height"] + RIM)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, from its head."""
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])

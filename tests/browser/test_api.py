"""The API of the running server, and its page: what the page shows works as it stands there."""

import json
import shlex
import subprocess
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from core.identity.access_tokens import AccessTokens
from tests.browser.idle import wait_until_idle
from tests.browser.users import User

pytestmark = pytest.mark.browser


def open_api(page: Page, app_url: str) -> None:
    page.goto(app_url)
    wait_until_idle(page)
    page.get_by_role("link", name="API", exact=True).click()
    wait_until_idle(page)


def test_a_command_of_the_page_can_be_run(page: Page, app_url: str) -> None:
    open_api(page, app_url)
    page.get_by_text("/api/training/compare", exact=True).click()
    command = page.get_by_test_id("stCode").filter(has_text="/compare").first.inner_text()
    done = subprocess.run(
        shlex.split(command.replace("\\\n", " ")), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["labels"] == ["sft_toolbench", "dpo_basic"]


def test_the_description_is_one_click_away(page: Page, app_url: str) -> None:
    open_api(page, app_url)
    link = page.get_by_role("link", name="OpenAPI description").get_attribute("href")
    assert link == f"{app_url}/api/training/openapi.json"
    assert httpx.get(link).json()["info"]["title"] == "Tunesmith"


def test_a_token_of_the_account_page_saves_what_the_library_shows(user: User, app_url: str) -> None:
    made = AccessTokens(user.database).make(
        user.account.user_id, "ci", ["write"], timedelta(days=1)
    )
    headers = {"authorization": f"Bearer {made.token}"}
    body: Any = {"name": "from-a-script", "config_json": {"training": {"method": "dpo"}}}
    with httpx.Client(base_url=app_url, headers=headers) as client:
        kept = client.post("/api/training", json=body)
        assert kept.status_code == 201
        assert client.get(kept.headers["location"]).json() == kept.json()
    page = user.open("/library")
    # The table is drawn on a canvas; its rows are counted beside it.
    expect(page.get_by_text("1–1 of 1.")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "status"), [("", 401), ("/presets", 200), ("/nothing", 404), ("/%0a", 404)]
)
def test_every_answer_of_the_server_says_who_may_use_it(
    app_url: str, path: str, status: int
) -> None:
    answer = httpx.get(f"{app_url}/api/training{path}")
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_the_page_is_as_wide_as_a_phone(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"{app_url}/rest")
    wait_until_idle(page)
    page.get_by_text("Save a config").click()
    expect(page.get_by_text("Unique among your configs").last).to_be_visible()
    # The page itself does not scroll; its main part does.
    assert page.get_by_test_id("stMain").evaluate("part => part.scrollWidth") <= 400

"""Share links by script."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.presets import find
from tests.api_client import Api, code
from tests.stores import ANNA

SFT = find("sft_toolbench").config


def shared(api: Api, **body: Any) -> Any:
    kept = api.anna.make("mine", description="why", config_json=SFT)
    return api.anna.post(f"/{kept['id']}/shares", body)


def test_a_link_shows_a_config_to_anybody_as_it_was(api: Api) -> None:
    made = shared(api, days=1, title="for you")
    address, _, token = made["link"].partition("#")
    assert address == "http://localhost:8501/shared"
    config_id = made["share"]["config_id"]
    api.anna.put(f"/{config_id}", {"config_json": {}}, if_match='"1"')
    for given in (made["link"], token):
        shown = api.nobody.post("/shared", {"token": given})["shared"]
        assert (shown["title"], shown["kind"]) == ("for you", "config")
        assert [one["config_json"] for one in shown["configs"]] == [SFT]
        assert shown["configs"][0]["detail"] == "version 1"
        assert ANNA.user_id not in str(shown)


def test_its_owner_sees_how_often_it_was_opened_and_ends_it(api: Api) -> None:
    made = shared(api)
    api.nobody.post("/shared", {"token": made["link"]})
    [listed] = api.client(ANNA, "read").get("/shares")["shares"]
    assert listed["views"] == 1
    assert made["link"].partition("#")[2] not in str(listed)
    path = f"/shares/{listed['handle']}"
    assert code(api.bert.ask("DELETE", path)) == (404, "not_found")
    assert code(api.client(ANNA, "read").ask("DELETE", path)) == (403, "forbidden")
    assert api.anna.ask("DELETE", path).status_code == 204
    gone = api.nobody.ask("POST", "/shared", {"token": made["link"]})
    assert code(gone) == (404, "not_found")
    assert api.anna.get("/shares")["shares"] == []


def test_a_link_that_has_ended_and_one_that_never_was_look_alike(api: Api) -> None:
    made = shared(api, days=1)
    api.database.clock.advance(days=2)  # type: ignore[attr-defined]
    answers = [
        api.nobody.ask("POST", "/shared", {"token": token})
        for token in (made["link"], "A" * 43, "x", "")
    ]
    assert {code(answer) for answer in answers} == {(404, "not_found")}
    assert len({answer.text for answer in answers}) == 1


def test_looking_for_links_ends_soon(api: Api) -> None:
    for _ in range(30):
        api.nobody.ask("POST", "/shared", {"token": "A" * 43})
    refused = api.nobody.ask("POST", "/shared", {"token": "A" * 43})
    assert code(refused) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_a_config_with_a_secret_is_not_shared(api: Api) -> None:
    secret = "hf_" + "a" * 34
    kept = api.anna.make(config_json={"model": {"token": secret}})
    refused = api.anna.ask("POST", f"/{kept['id']}/shares", {})
    assert code(refused) == (422, "unacceptable")
    assert "model.token" in refused.json()["detail"]
    assert secret not in refused.text


@pytest.mark.parametrize(
    "body", [{"days": 0}, {"days": 91}, {"days": 1.5}, {"title": ""}, {"x": 1}]
)
def test_what_no_link_has_is_refused(api: Api, body: Any) -> None:
    kept = api.anna.make()
    answer = api.anna.ask("POST", f"/{kept['id']}/shares", body)
    assert code(answer) == (422, "invalid_request")


def test_only_its_owner_shares_a_config(api: Api) -> None:
    path = f"/{api.anna.make()['id']}/shares"
    assert code(api.bert.ask("POST", path, {})) == (404, "not_found")
    assert code(api.nobody.ask("POST", path, {})) == (401, "unauthorized")
    assert code(api.client(ANNA, "read").ask("POST", path, {})) == (403, "forbidden")


def test_days_are_days(api: Api) -> None:
    made = shared(api, days=90)["share"]
    span = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert span == timedelta(days=90)

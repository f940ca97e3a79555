"""What somebody may try against the API with no token, another's, or a forged one."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api_client import BASE, Api, Client, code, local_api
from tests.stores import ANNA, BERT


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with local_api(tmp_path / "data" / "api.sqlite3") as made:
        yield made


DEEP = "[" * 100_000
HOSTILE = {
    "not utf-8": b'{"config_text": "\xff"}',
    "duplicate key": b'{"config_json": {"a": 1, "a": 2}}',
    "NaN": b'{"config_json": {"a": NaN}}',
    "infinity": b'{"config_json": {"a": 1e400}}',
    "huge integer": b'{"config_json": {"a": ' + b"9" * 5000 + b"}}",
    "half a surrogate": b'{"config_json": {"a": "\\ud800"}}',
    "NUL": b'{"config_json": {"a": "\\u0000"}}',
    "deep": b'{"config_json": {"a": ' + DEEP.encode(),
    "deep objects": b'{"config_json": ' + b'{"a":' * 30 + b"1" + b"}" * 31,
    "comment": b'{"config_json": {} /* */}',
    "trailing": b'{"config_json": {}} {}',
    "empty": b" ",
    "utf-16": '{"config_json": {}}'.encode("utf-16"),
}
HOSTILE_TEXTS = ["", "[]", "{", '{"a": NaN}', '{"a":1,"a":2}', "\ud800", DEEP, '{"a": 1e999}']
WRONG = [
    "", "x", "tsm_", "tsm_" + "A" * 49, "null", "' or 1=1 --", "tsm_" + "é" * 20, "a.b.c", "Bearer",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiI2ZjFkMmMwYS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMGEifQ.",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_in_a_sentence(api: Api, name: str) -> None:
    for path in ("/validate", ""):
        answer = api.anna.ask("POST", path, content=HOSTILE[name])
        assert code(answer) == (400, "malformed")
    assert api.anna.get()["configs"] == []


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: repr(text[:20]))
def test_a_hostile_text_is_refused_too(api: Api, text: str) -> None:
    for path in ("/validate", "/derive", "/effective"):
        answer = api.nobody.ask("POST", path, {"config_text": text})
        assert code(answer) in [(422, "unreadable_config"), (400, "malformed")]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/jsonp", "text/html"]
)  # fmt: skip
def test_what_a_form_of_another_site_can_send_is_not_read(api: Api, kind: str) -> None:
    body = json.dumps({"name": "run", "config_json": {}}).encode()
    answer = api.anna.ask("POST", "", headers={"content-type": kind}, content=body)
    assert code(answer) == (415, "unsupported_media_type")


def test_no_other_site_may_read_an_answer(api: Api) -> None:
    origin = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for method, path in [("GET", "/presets"), ("OPTIONS", ""), ("GET", "")]:
        answer = api.anna.ask(method, path, headers=origin)
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_site_that_a_setting_names_may_and_no_other(tmp_path: Path) -> None:
    with local_api(tmp_path / "api.sqlite3", origins=["https://tools.example"]) as api:
        for origin, may in [("https://tools.example", True), ("https://tools.example.evil", False)]:
            ask = {"origin": origin, "access-control-request-method": "PUT"}
            for answer in [
                api.nobody.ask("GET", "/presets", headers={"origin": origin}),
                api.nobody.ask("GET", "", headers={"origin": origin}),
                api.nobody.ask("OPTIONS", "", headers=ask),
            ]:
                allowed = answer.headers.get("access-control-allow-origin")
                assert allowed == (origin if may else None)
                assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("token", WRONG)
def test_a_forged_token_proves_nobody(api: Api, token: str) -> None:
    header = {"authorization": f"Bearer {token}".encode()}
    assert code(api.nobody.ask("GET", "", headers=header)) == (401, "unauthorized")  # type: ignore[arg-type]


def test_a_token_counts_in_its_header_alone(api: Api) -> None:
    token = api.token()
    for place in [
        {"cookie": f"tunesmith={token}"},
        {"x-api-key": token},
        {"authorization": token},
        {"authorization": f"Basic {token}"},
        {"proxy-authorization": f"Bearer {token}"},
    ]:
        assert code(api.nobody.ask("GET", "", headers=place)) == (401, "unauthorized")
    assert code(api.nobody.ask("GET", f"?access_token={token}")) == (401, "unauthorized")


def test_an_ended_token_proves_nobody(api: Api) -> None:
    made = api.tokens.make(ANNA.user_id, "laptop", ["read"], timedelta(days=1))
    client = Client(api.app, made.token)
    assert client.ask("GET").status_code == 200
    api.tokens.revoke(BERT.user_id, made.info.handle)
    assert client.ask("GET").status_code == 200
    api.tokens.revoke(ANNA.user_id, made.info.handle)
    assert code(client.ask("GET")) == (401, "unauthorized")
    late = Client(api.app, api.tokens.make(ANNA.user_id, "b", ["read"], timedelta(days=1)).token)
    api.database.clock.advance(days=2)  # type: ignore[attr-defined]
    assert code(late.ask("GET")) == (401, "unauthorized")


def test_a_refused_token_is_noted_with_where_it_came_from(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "tunesmith")
    token = "tsm_" + "a" * 49
    Client(api.app, token).ask("GET")
    (line,) = caplog.messages
    assert line.startswith("[Account] access token refused address='")
    assert token not in line


def test_no_answer_and_no_log_holds_the_token(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client = api.anna
    answers = [
        client.ask("GET"), client.ask("GET", "/account"), client.ask("POST", "", {"name": 1}),
        client.ask("POST", "", content=b"{"), client.ask("PATCH"), client.ask("GET", "/nothing"),
    ]  # fmt: skip
    assert client.token
    for answer in answers:
        assert client.token not in answer.text + str(answer.headers)
    assert client.token not in caplog.text


@pytest.mark.parametrize("trick", ["x-http-method-override", "x-method-override", "x-http-method"])
def test_a_header_does_not_change_the_method(api: Api, trick: str) -> None:
    path = "/" + api.anna.make()["id"]
    api.anna.ask("GET", path, headers={trick: "DELETE"})
    api.anna.ask("POST", path + "/restore", {"version": 1}, headers={trick: "DELETE"})
    api.anna.ask("GET", f"{path}?_method=DELETE")
    assert api.anna.get(path)["config"]["revision"] == 1


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "CONNECT", "HEAD", "delete", "BREW", "PUT"])
def test_a_method_that_an_address_does_not_take_is_told(api: Api, method: str) -> None:
    answer = api.anna.ask(method, "")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/%2e%2e/app.py", "//", "/validate/", "/%00", "/%0a", "/presets/..%2f..%2fx",
        "/presets/../README", "/" + "a" * 5000, f"/{ANNA.user_id}/versions/-1",
        f"/{ANNA.user_id}/versions/999999999999999999999", f"/{ANNA.user_id}%0a",
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_says_so(api: Api, path: str) -> None:
    status, _ = code(api.anna.ask("GET", path))
    assert status in (404, 405, 422)


def test_a_record_can_t_be_aimed_at_another_user(api: Api) -> None:
    for field in ("user_id", "id", "revision", "times_used", "is_validated"):
        body: Any = {"name": field, "config_json": {}, field: BERT.user_id}
        assert code(api.anna.ask("POST", "", body)) == (422, "invalid_request")
    assert api.bert.get()["configs"] == []


def test_names_of_others_are_not_told(api: Api) -> None:
    api.bert.make("secret-plan")
    assert api.anna.make("secret-plan")["name"] == "secret-plan"
    assert [row["name"] for row in api.anna.get("?search=secret")["configs"]] == ["secret-plan"]


def test_cursors_of_others_bring_nothing_of_theirs(api: Api) -> None:
    for name in "abc":
        api.bert.make(name)
    cursor = api.bert.get("?limit=1&sort=name&order=asc")["next_cursor"]
    api.anna.make("mine")
    rows = api.anna.get(f"?sort=name&order=asc&cursor={cursor}")["configs"]
    assert [row["name"] for row in rows] == ["mine"]


def test_saves_at_once_never_lose_one_in_silence(api: Api) -> None:
    path, headers = "/" + api.anna.make()["id"], {"authorization": f"Bearer {api.token()}"}

    async def save(browser: httpx.AsyncClient, number: int) -> int:
        body, match = {"config_json": {"n": number}}, {"if-match": '"1"'}
        return (await browser.put(BASE + path, json=body, headers=match)).status_code

    async def save_all() -> list[int]:
        # In one event loop, as a server has.
        transport = httpx.ASGITransport(api.app)
        async with httpx.AsyncClient(transport=transport, headers=headers) as browser:
            return await asyncio.gather(*(save(browser, number) for number in range(8)))

    assert sorted(asyncio.run(save_all())) == [200] + [409] * 7
    assert api.anna.get(path)["config"]["revision"] == 2


HOLLOW: dict[str, Any] = {
    "settings": {"x": {f"k{n}": 0 for n in range(20_001)}},
    "lists": {"x": [[] for _ in range(20_001)]},
    "tools": {"tools": [{} for _ in range(2001)]},
}


@pytest.mark.parametrize("what", HOLLOW)
@pytest.mark.parametrize("path", ["/validate", "/derive", "/effective"])
def test_a_config_that_would_take_long_is_not_judged(api: Api, what: str, path: str) -> None:
    answer = api.nobody.ask("POST", path, {"config_text": json.dumps(HOLLOW[what])})
    assert code(answer) == (422, "unacceptable")


TOGETHER: dict[str, list[Any]] = {
    "tools": [{"tools": [{"name": f"t{n}"} for n in range(60)]}] * 100,
    "own tools": [{"tools": [{"name": f"{m}.{n}"} for n in range(45)]} for m in range(100)],
    "own settings": [{"x": {f"{m}.{n}": 0 for n in range(100)}} for m in range(100)],
    "values": [{"x": [0] * 600}] * 100,
}


@pytest.mark.parametrize("what", TOGETHER)
def test_a_comparison_that_would_take_long_is_not_made(api: Api, what: str) -> None:
    configs = [{"config_text": json.dumps(one)} for one in TOGETHER[what]]
    assert code(api.nobody.ask("POST", "/compare", {"configs": configs})) == (422, "unacceptable")
    assert api.nobody.ask("POST", "/compare", {"configs": configs[:5]}).status_code == 200


def test_saved_configs_are_compared_within_the_same_bounds(api: Api) -> None:
    client = api.anna
    made = client.make("large", config_json={"x": {f"k{n}": n for n in range(2000)}})["id"]
    one = {"config_id": made}
    assert client.post("/compare", {"configs": [one] * 2})["rows"] == []
    assert code(client.ask("POST", "/compare", {"configs": [one] * 50})) == (422, "unacceptable")


def test_no_cache_keeps_what_a_token_opens(api: Api) -> None:
    client = api.anna
    path = "/" + client.make()["id"]
    for private in ("", path, f"{path}/versions", f"{path}/versions/1", f"{path}/download",
                    "/account", "/nothing"):  # fmt: skip
        assert client.ask("GET", private).headers["cache-control"] == "no-store"
    assert "public" in api.nobody.ask("GET", "/schema").headers["cache-control"]


def test_a_body_of_many_faults_gets_a_short_answer(api: Api) -> None:
    body = {"config_json": {}, **{f"k{n}": 0 for n in range(10_000)}}
    answer = api.nobody.ask("POST", "/validate", body)
    assert code(answer) == (422, "invalid_request")
    assert len(answer.json()["errors"]) == 100
    assert "and 9999 more" in answer.json()["detail"]


def test_nobody_waits_while_a_long_body_is_read(api: Api) -> None:
    long = b'{"config_json":{"a":[' + b"0," * 900_000 + b"]}}"

    async def race() -> list[str]:
        done: list[str] = []

        async def ask(method: str, path: str, content: bytes | None) -> None:
            headers = {"content-type": "application/json"}
            await browser.request(method, BASE + path, content=content, headers=headers)
            done.append(path)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app)) as browser:
            first = asyncio.create_task(ask("POST", "/validate", long))
            await asyncio.sleep(0.05)
            await asyncio.gather(first, ask("GET", "/presets", None))
        return done

    assert asyncio.run(race()) == ["/presets", "/validate"]


@pytest.mark.parametrize("path", ["/validate", "", "/compare"])
def test_no_refusal_repeats_a_secret(api: Api, path: str) -> None:
    secret = "hf_" + "S" * 34
    for body in [
        {secret: 1, "config_json": {}},
        {"config_json": secret, "name": secret * 9},
        {"config_text": json.dumps({"a": secret}) + "x", "name": "a"},
        {"config_json": {}, "target": secret, "name": "a", "approved": [secret]},
        {"configs": [{"config_json": [secret], secret: 1}, {"config_text": f'["{secret}"]'}]},
    ]:
        answer = api.anna.ask("POST", path, body)
        assert answer.status_code == 422
        assert "SSS" not in answer.text

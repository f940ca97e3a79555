"""The REST client where a server is none, is elsewhere, or says no; what it is for: test_keeper."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands.client import MAX_ANSWER, PATIENCE_SECONDS, Client, open_http
from core.commands.keeper import walk
from core.errors import (
    NeedsConsent,
    NotAllowed,
    NotFound,
    TunesmithError,
    Unacceptable,
    Unavailable,
    UnknownTarget,
)
from core.stores.protocol import Query
from core.workbench import Writing
from tests.api_client import local_api
from tests.asgi_transport import AsgiTransport
from tests.stores import ANNA

SERVER = "https://example.org/tunesmith"
TOKEN = "tsm_4tSmZb3fNotToBeSeen"
ID = "6f1d2c0a-0000-4000-8000-000000000001"

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, waited: list[float] | None = None, server: str = SERVER) -> Client:
    """A client of a server that answers so."""
    http = open_http(server, httpx.MockTransport(answer))
    pauses: list[float] = [] if waited is None else waited
    return Client(server, TOKEN, http, pauses.append)


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    body = {"status": status, "code": code, "title": "t", "detail": "Say it so.", **more}
    content = json.dumps(body).encode()
    return httpx.Response(
        status, content=content, headers={"content-type": "application/problem+json"}
    )


# --- Requests ------------------------------------------------------------------------------------


def test_requests_go_below_the_servers_path_with_the_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return problem(404, "not_found")

    for _ in range(2):
        with pytest.raises(NotFound, match="Say it so"):
            client(answer).get("../../a b?c#d")
    assert str(seen[0].url) == f"{SERVER}/api/training/..%2F..%2Fa%20b%3Fc%23d"
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_whether_it_is_a_tunesmith_is_asked_without_the_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return problem(401, "unauthorized")

    client(answer).require_api()
    assert [request.headers.get("authorization") for request in seen] == [None]


def test_whose_token_it_is_is_told(tmp_path: Path) -> None:
    with local_api(tmp_path / "api.sqlite3") as api:
        token = api.token(scopes=["read"])
        http = open_http(SERVER, AsgiTransport(api.app))
        who = Client("http://localhost:8501", token, http).who()
    assert (who.name, who.scopes) == (ANNA.name, ("read",))
    assert who.expires_at is not None
    assert who.expires_at.tzinfo is not None


# --- Another program -----------------------------------------------------------------------------


def stranger(**answer: Any) -> Answer:
    return lambda _: httpx.Response(**answer)


HTML = {"content-type": "text/html"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "answer",
    [
        stranger(status_code=200, text="<!doctype html>", headers=HTML),
        stranger(status_code=404, text="<!doctype html>", headers=HTML),
        stranger(status_code=401, text="who are you", headers={"www-authenticate": "Basic"}),
        stranger(status_code=500, text="oops"),
        stranger(status_code=200, text="{", headers=JSON),
        stranger(status_code=200, text="[]", headers=JSON),
        stranger(status_code=200, text="[" * 100_000, headers=JSON),
        stranger(status_code=200, text="{}", headers=JSON),
        stranger(status_code=200, text='{"configs": [{}], "account": []}', headers=JSON),
        stranger(status_code=200, text='{"configs": 1, "account": {"name": 1}}', headers=JSON),
        stranger(status_code=404, json={"detail": "Not Found"}),
        stranger(status_code=409, json={"code": "conflict", "config": {"id": 1}}),
        stranger(status_code=409, json={"code": "needs_consent"}),
        stranger(status_code=200, content=b"{}" + b" " * MAX_ANSWER, headers=JSON),
        stranger(status_code=200, content=b"no gzip", headers={**JSON, "content-encoding": "gzip"}),
        stranger(status_code=204),
    ],
)
def test_another_program_is_told_in_a_sentence(answer: Answer) -> None:
    one = client(answer)
    for ask in (
        one.who,
        lambda: one.page(Query()),
        lambda: one.get(ID),
        lambda: one.version(ID, 1),
    ):
        with pytest.raises(Unavailable, match="is not a Tunesmith with a REST API"):
            ask()


@pytest.mark.parametrize(
    "moment", ["2027-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_moment_that_can_not_be_told_is_another_programs(moment: str) -> None:
    found = {"account": {"name": "Anna"}, "scopes": [], "expires_at": moment}
    with pytest.raises(Unavailable, match="is not a Tunesmith with a REST API"):
        client(stranger(status_code=200, json=found)).who()


@pytest.mark.parametrize(
    "odd",
    [
        {"validation_errors": 5}, {"runs": "yes"}, {"is_validated": 1}, {"config_text": None},
        {"tags": [1]}, {"revision": "x"}, {"updated_at": "soon"},
    ],
)  # fmt: skip
def test_a_record_with_a_value_of_another_kind_is_another_programs(
    tmp_path: Path, odd: dict[str, Any]
) -> None:
    with local_api(tmp_path / "api.sqlite3") as api:
        record = api.anna.make()
    assert client(stranger(status_code=200, json={"config": record})).get(ID).name == "run"
    with pytest.raises(Unavailable, match="is not a Tunesmith with a REST API"):
        client(stranger(status_code=200, json={"config": record | odd})).get(ID)


def test_a_page_is_no_download() -> None:
    with pytest.raises(Unavailable, match="is not a Tunesmith"):
        client(stranger(status_code=200, text="<html>", headers=HTML)).download(ID)


def test_a_redirect_is_told_and_not_followed() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(307, headers={"location": "https://evil.example/"})

    one = client(answer)
    for ask in (one.require_api, one.who, lambda: one.create(Writing(name="a", text="{}"))):
        with pytest.raises(Unavailable, match=r"leads on to https://evil\.example/"):
            ask()
    assert all(url.startswith(SERVER) for url in seen)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_answer_brings_anything_but_a_sentence(value: Any) -> None:
    body = {
        "config": value,
        "configs": value,
        "version": {"number": value},
        "account": value,
        "code": value,
    }
    for status in (200, 409):
        one = client(stranger(status_code=status, json=body))
        for ask in (one.who, lambda one=one: one.page(Query()), lambda one=one: one.get(ID)):
            with pytest.raises(TunesmithError):
                ask()


# --- What a server says no with ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "error", "said"),
    [
        (401, "unauthorized", NotAllowed, "python -m core login"),
        (403, "forbidden", NotAllowed, "Say it so."),
        (404, "not_found", NotFound, "Say it so."),
        (413, "too_large", Unacceptable, "Say it so."),
        (422, "unacceptable", Unacceptable, "Say it so."),
        (422, "invalid_request", Unacceptable, "Say it so."),
        (422, "unknown_target", UnknownTarget, "Say it so."),
        (503, "unavailable", Unavailable, "Say it so."),
        (503, "timeout", Unavailable, "Say it so."),
        (500, "internal", Unavailable, "Say it so."),
        (418, "of a later version", Unacceptable, "Say it so."),
    ],
)
def test_a_problem_is_the_error_that_it_means(
    status: int, code: str, error: type[TunesmithError], said: str
) -> None:
    with pytest.raises(error) as raised:
        client(lambda _: problem(status, code)).get(ID)
    assert said in str(raised.value)


def test_a_proxy_whose_server_is_down_is_told() -> None:
    with pytest.raises(Unavailable, match="can't answer now"):
        client(stranger(status_code=502, text="<html>", headers=HTML)).get(ID)


def test_the_commands_of_a_problem_are_known() -> None:
    listed = [{"tool": "t", "command": "ls", "sha256": "0" * 64}]
    with pytest.raises(NeedsConsent) as raised:
        client(lambda _: problem(409, "needs_consent", commands=listed)).get(ID)
    assert [(one.tool, one.text) for one in raised.value.commands] == [("t", "ls")]


def test_a_conflict_without_a_config_is_no_tunesmiths() -> None:
    with pytest.raises(Unavailable, match="is not a Tunesmith"):
        client(lambda _: problem(409, "conflict")).get(ID)


# --- Time and the network ------------------------------------------------------------------------


def too_often(times: int, after: str) -> Answer:
    """Says "too often" so many times, then answers."""
    answers: Iterator[httpx.Response] = iter(
        [*(problem(429, "too_many_requests") for _ in range(times)), problem(404, "not_found")]
    )

    def answer(_: httpx.Request) -> httpx.Response:
        found = next(answers)
        if found.status_code == 429:
            found.headers["retry-after"] = after
        return found

    return answer


def test_where_it_asks_too_often_it_waits_as_long_as_it_is_told() -> None:
    waited: list[float] = []
    with pytest.raises(NotFound):
        client(too_often(2, "7"), waited).get(ID)
    assert waited == [7, 7]


@pytest.mark.parametrize("after", [str(PATIENCE_SECONDS + 1), "soon", "", "9" * 100, "-1"])
def test_it_does_not_wait_for_long(after: str) -> None:
    waited: list[float] = []
    with pytest.raises(Unavailable, match="Say it so"):
        client(too_often(1, after), waited).get(ID)
    assert waited == []


def test_it_does_not_wait_for_ever() -> None:
    waited: list[float] = []
    with pytest.raises(Unavailable, match="Say it so"):
        client(too_often(100, "1"), waited).get(ID)
    assert 1 < len(waited) < 10


def broken(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "is it running?"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED"), "certificate is not trusted"),
        (httpx.ReadTimeout("timed out"), "did not answer in time"),
        (httpx.RemoteProtocolError("peer closed"), "is not a Tunesmith"),
    ],
)
def test_what_the_network_raises_is_a_sentence_without_the_token(
    error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Unavailable) as raised:
        client(broken(error)).get(ID)
    assert said in str(raised.value)
    assert raised.value.__suppress_context__
    assert TOKEN not in "".join(traceback.format_exception(raised.value)) + caplog.text


def test_after_a_lost_answer_a_change_may_have_been_made() -> None:
    one = client(broken(httpx.ReadTimeout("")))
    with pytest.raises(Unavailable, match="may have been made"):
        one.create(Writing(name="a", text="{}"))
    with pytest.raises(Unavailable) as raised:
        one.get(ID)
    assert "made" not in str(raised.value)


def test_the_token_shows_in_no_text_of_the_client() -> None:
    assert TOKEN not in repr(client(stranger(status_code=204)))


def test_a_server_that_repeats_a_page_for_ever_is_read_twice_at_most() -> None:
    row: Any = {
        "id": ID, "name": "a", "description": "", "template_type": "custom", "method": None,
        "model": None, "is_validated": True, "runs": True, "revision": 1, "tags": [],
        "times_used": 0, "last_used_at": None, "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }  # fmt: skip
    page = {"configs": [row], "next_cursor": "again", "previous_cursor": None}
    found = list(walk(client(lambda _: httpx.Response(200, json=page)), Query()))
    assert len(found) == 2

"""How often, how large, how long and how many at once."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api.guard import Guard
from core.api.parts import Limits
from core.system.rates import Rates
from tests.api_client import Api, Client, code, local_api
from tests.asgi import request

ELSEWHERE = ("192.0.2.7", 40000)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Opens the API with other limits than the tests' wide ones."""
    made: list[Any] = []

    def open_with(**limits: Any) -> Api:
        context = local_api(tmp_path / f"{len(made)}" / "api.sqlite3", Limits(**limits))
        made.append(context)
        return context.__enter__()

    yield open_with
    for context in made:
        context.__exit__(None, None, None)


def test_an_address_has_so_many_requests_a_minute(opened: Callable[..., Api]) -> None:
    api = opened(per_address=3)
    assert [api.nobody.ask("GET", "/presets").status_code for _ in range(3)] == [200] * 3
    refused = api.nobody.ask("GET", "/presets")
    assert code(refused) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "60"
    assert Client(api.app, address=ELSEWHERE).ask("GET", "/presets").status_code == 200


def test_a_token_has_so_many_wherever_it_comes_from(opened: Callable[..., Api]) -> None:
    api = opened(per_token=2)
    token = api.token()
    here, there = Client(api.app, token), Client(api.app, token, ELSEWHERE)
    assert [here.ask("GET").status_code, there.ask("GET").status_code] == [200, 200]
    assert code(there.ask("GET")) == (429, "too_many_requests")
    assert Client(api.app, api.token()).ask("GET").status_code == 200


def test_guessing_tokens_ends_soon_even_with_a_right_one(opened: Callable[..., Api]) -> None:
    api = opened(wrong_tokens=2)
    right = api.token()
    for _ in range(2):
        assert code(Client(api.app, "tsm_" + "A" * 49).ask("GET")) == (401, "unauthorized")
    assert code(Client(api.app, right).ask("GET")) == (429, "too_many_requests")
    assert Client(api.app, right, ELSEWHERE).ask("GET").status_code == 200


@pytest.mark.parametrize(
    ("other", "is_the_same"),
    [
        ("2001:db8:1:2:3:4:5:6", True),
        ("2001:db8:1:2::%eth0", True),
        ("2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", False),
    ],
)
def test_a_line_with_ipv6_counts_as_one(
    opened: Callable[..., Api], other: str, is_the_same: bool
) -> None:
    api = opened(per_address=1)
    assert Client(api.app, address=("2001:db8:1:2::1", 1)).ask("GET", "/presets").status_code == 200
    status = Client(api.app, address=(other, 1)).ask("GET", "/presets").status_code
    assert status == (429 if is_the_same else 200)
    mapped = [("::ffff:192.0.2.9", 1), ("192.0.2.9", 1)]
    asked = [Client(api.app, address=one).ask("GET", "/presets").status_code for one in mapped]
    assert asked == [200, 429]


@pytest.mark.parametrize("size", [2**21 + 1, 2**23])
def test_a_body_has_so_many_bytes(api: Api, size: int) -> None:
    body = b'{"config_text": "' + b"x" * size + b'"}'
    assert code(api.nobody.ask("POST", "/validate", content=body)) == (413, "too_large")


async def _asked(app: ASGIApp, *messages: Any, method: str = "POST") -> list[Any]:
    """What an app sends to a client that sends these messages and then nothing any more."""
    given, sent = list(messages), []

    async def receive() -> Any:
        if given:
            return given.pop(0)
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": method, "path": "/", "headers": [], "client": None}
    await app(scope, receive, send)
    return sent


async def echoing(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await PlainTextResponse(message["body"])(scope, receive, send)


def part(body: bytes, *, more: bool = True) -> Any:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([part(b"a"), part(b"b", more=False)], 200),
        ([part(b"abc"), part(b"de")], 413),
        ([part(b"a")], 408),
        ([part(b"a"), {"type": "http.disconnect"}], 400),
    ],
)
def test_a_body_that_comes_in_parts_is_counted_and_not_waited_for(
    messages: list[Any], status: int
) -> None:
    guard = Guard(echoing, Limits(body_bytes=4, seconds=0.2), Rates())
    start, *_ = asyncio.run(_asked(guard, *messages))
    assert start["status"] == status


@pytest.mark.parametrize(("headers", "read"), [({}, 2), ({"expect": "100-continue"}, 0)])
def test_a_body_that_is_refused_is_taken_in_where_it_is_on_its_way(
    headers: dict[str, str], read: int
) -> None:
    parts = [part(b"x" * 5), part(b"x" * 5, more=False)]
    left = list(parts)

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        assert len(parts) - len(left) == read

    length = {"content-length": "10", **headers}
    raw = [(name.encode(), value.encode()) for name, value in length.items()]
    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "client": None}
    asyncio.run(Guard(echoing, Limits(body_bytes=4), Rates())(scope, receive, send))
    assert len(parts) - len(left) == read


def test_work_that_takes_too_long_is_answered_and_keeps_its_turn() -> None:
    goes_on, began = threading.Event(), []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        began.append(scope["path"])
        await asyncio.to_thread(goes_on.wait)
        await PlainTextResponse("late")(scope, receive, send)

    guard = Guard(slow, Limits(seconds=0.2, at_once=1), Rates())

    async def twice() -> list[list[Any]]:
        first = await _asked(guard, part(b"", more=False))
        second = await _asked(guard, part(b"", more=False))
        goes_on.set()
        return [first, second]

    for start, body in asyncio.run(twice()):
        assert start["status"] == 503
        assert b'"code":"timeout"' in body["body"]
    # The second one never began, and the first one's late answer went nowhere.
    assert began == ["/"]


def test_who_only_reads_does_not_wait_for_those_whose_configs_are_checked() -> None:
    goes_on = threading.Event()

    async def working(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await asyncio.to_thread(goes_on.wait)
        await PlainTextResponse("done")(scope, receive, send)

    guard = Guard(working, Limits(seconds=5, at_once=4, judged_at_once=2), Rates())

    async def all_at_once() -> list[Any]:
        checks = [asyncio.create_task(_asked(guard, part(b"", more=False))) for _ in range(4)]
        await asyncio.sleep(0)
        read = await _asked(guard, part(b"", more=False), method="GET")
        goes_on.set()
        return [read, *await asyncio.gather(*checks)]

    assert [start["status"] for start, _ in asyncio.run(all_at_once())] == [200] * 5


def test_a_fault_of_ours_tells_nothing_of_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("hf_secretsecretsecret")

    answer: httpx.Response = request(Guard(failing, Limits(), Rates()), "GET", "http://localhost/")
    assert code(answer) == (500, "internal")
    assert "secret" not in answer.text + caplog.text


def test_a_config_with_thousands_of_tools_is_not_judged(api: Api) -> None:
    config: Any = {"tools": [{}] * 2001}
    for path, body in [
        ("/validate", {"config_json": config}),
        ("/effective", {"config_json": config}),
        ("/compare", {"configs": [{"config_json": config}]}),
        ("", {"name": "many", "config_json": config}),
    ]:
        answer = api.anna.ask("POST", path, body)
        assert code(answer) == (422, "unacceptable")
        assert "2001 tools" in answer.json()["detail"]

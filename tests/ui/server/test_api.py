"""The REST API beside the pages is made once, at the first request that can have it."""

import asyncio
import time

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from core.api.problems import unavailable
from tests.asgi import request
from ui.rest import NOT_NOW, Lazy

URL = "http://localhost/api/training"


async def at_once(app: ASGIApp, number: int) -> list[str]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        answers = await asyncio.gather(*(client.get(URL) for _ in range(number)))
    return [answer.text for answer in answers]


def test_many_first_requests_at_once_make_one_app() -> None:
    made: list[ASGIApp] = []

    def make() -> ASGIApp:
        # Long enough that all have come before it is made.
        time.sleep(0.05)
        made.append(PlainTextResponse(f"app {len(made)}"))
        return made[-1]

    assert asyncio.run(at_once(Lazy(make), 8)) == ["app 0"] * 8


def test_an_app_that_can_not_be_made_now_is_made_at_the_next_request() -> None:
    tries: list[str] = []

    def make() -> ASGIApp:
        tries.append("one")
        if len(tries) == 1:
            raise OSError("too many open files")
        return PlainTextResponse("made")

    lazy = Lazy(make)
    refused = request(lazy, "GET", URL)
    expected = unavailable(NOT_NOW).response()
    assert (refused.status_code, refused.content) == (503, expected.body)
    for name in ("content-type", "retry-after", "cache-control"):
        assert refused.headers[name] == expected.headers[name]
    assert request(lazy, "GET", URL).text == "made"

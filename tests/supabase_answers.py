"""Projects whose answers a test chooses, or counts on their way from a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from core.system.remote import Project

URL: Final = "https://abcd.supabase.co"
KEY: Final = "sb_publishable_of_the_project"
# It stands in what the project says, and may come out nowhere.
LEAK: Final = "eyJhbGciOiJIUzI1NiJ9.what-only-the-project-says"
# What is not like JSON, or like no answer of ours; the text of each holds the leak where it can.
NONSENSE: Final[dict[str, tuple[int, Any]]] = {
    "a page of a proxy": (502, f"<html><h1>502</h1>{LEAK}</html>"),
    "a page that says it is fine": (200, f"<html>{LEAK}</html>"),
    "a page that is not found": (404, f"<html>{LEAK}</html>"),
    "a server's fault": (500, {"message": LEAK, "code": "XX000", "msg": LEAK}),
    "a server at rest": (503, {"message": LEAK}),
    "a way to elsewhere": (307, f"<a href='https://example.org'>{LEAK}</a>"),
    "nothing": (200, ""),
    "half of it": (200, '[{"access_token": "' + LEAK),
    "null": (200, "null"),
    "a number": (200, "5"),
    "a string": (200, f'"{LEAK}"'),
    "strings": (200, [LEAK, LEAK]),
    "an object of other things": (200, {"id": LEAK, "user": LEAK, "access_token": 7}),
    "rows of other things": (200, [{"id": 5, "name": None, "config_text": [LEAK]}]),
    "a depth that Python can't read": (200, "[" * 6000 + "]" * 6000),
    "a number that Python can't read": (200, '[{"id": 1' + "0" * 5000 + "}]"),
    "a message that is none": (400, {"message": {"is": [LEAK]}, "code": ["23505"], "hint": 5}),
    "errors as a list": (400, [{"message": LEAK}]),
    "an error without a word": (400, {}),
    "an error that is null": (403, "null"),
}

Answer = tuple[int, Any] | Exception


class Answers:
    """Gives these answers in turn, the last one again and again.

    Attributes:
        asked: the requests that came.
    """

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = answers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        if isinstance(body, str):
            return httpx.Response(status, text=body, headers={"location": "https://example.org"})
        # So Supabase Auth says that "code" is one of its words.
        return httpx.Response(status, json=body, headers={"x-supabase-api-version": "2024-01-01"})


@contextmanager
def project_that_says(*answers: Answer) -> Iterator[tuple[Project, Answers]]:
    """A project that gives these answers, and what it was asked."""
    given = Answers(*answers)
    with httpx.Client(transport=httpx.MockTransport(given)) as http:
        yield Project.open(URL, KEY, http), given


class Counting(httpx.HTTPTransport):
    """The way to a real server, which remembers what goes along it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return super().handle_request(request)

    def count(self, method: str, path: str) -> int:
        """How many requests went there."""
        return sum((r.method, r.url.path) == (method, path) for r in self.asked)

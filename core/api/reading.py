"""Bodies as strictly as files: duplicate keys, NaN, huge numbers and deep nests are refused."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from core.api.problems import Problem
from core.document import MAX_DEPTH, parse_value
from core.errors import DocumentError

# A config of the greatest depth stands in a list in the body of a comparison.
_DEPTH: Final = MAX_DEPTH + 3

_SUCCESS: Final = "Done."

Handler = Callable[[Request], Awaitable[Response]]


class StrictRequest(Request):
    """A request whose JSON is read as a config's is."""

    async def json(self) -> Any:
        """The body.

        Raises:
            Problem: it is not strict JSON in UTF-8.
        """
        body = await self.body()
        try:
            # A long one takes a second, in which the server would answer nobody.
            return await run_in_threadpool(lambda: parse_value(body.decode("utf-8"), _DEPTH))
        except UnicodeDecodeError:
            raise _malformed("The body is not UTF-8; send JSON in UTF-8.") from None
        except DocumentError as error:
            raise _malformed(f"The body can't be read. {error}", error) from None


def _malformed(detail: str, error: DocumentError | None = None) -> Problem:
    place = {"line": error.line, "column": error.column} if error else None
    return Problem(400, "malformed", detail, place)


class StrictRoute(APIRoute):
    """A route that reads bodies so."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # FastAPI's own words for a success say less.
        super().__init__(*args, **{**options, "response_description": _SUCCESS})

    def get_route_handler(self) -> Any:
        """The handler, which is given a ``StrictRequest``."""
        handle: Handler = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly

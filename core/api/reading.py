"""Bodies as strictly as files: duplicate keys, NaN, huge numbers and deep nests are refused."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from core.api.problems import Problem
from core.document import MAX_DEPTH, parse_value
from core.errors import DocumentError

# A config of the greatest depth stands in a list in the body of a comparison.
_DEPTH: Final = MAX_DEPTH + 3

Handler = Callable[[Request], Awaitable[Response]]


class StrictRequest(Request):
    """A request whose JSON is read as a config's is.

    Attributes:
        problem: what was wrong with it; FastAPI says no more than that something was.
    """

    problem: Problem | None = None

    async def json(self) -> Any:
        """The body.

        Raises:
            Problem: it is not strict JSON in UTF-8.
        """
        try:
            return parse_value((await self.body()).decode("utf-8"), _DEPTH)
        except UnicodeDecodeError:
            self.problem = _malformed("The body is not UTF-8; send JSON in UTF-8.")
        except DocumentError as error:
            self.problem = _malformed(f"The body can't be read. {error}", error)
        raise self.problem


def _malformed(detail: str, error: DocumentError | None = None) -> Problem:
    place = {"line": error.line, "column": error.column} if error else None
    return Problem(400, "malformed", detail, place)


class StrictRoute(APIRoute):
    """A route that reads bodies so."""

    def get_route_handler(self) -> Any:
        """The handler, which is given a ``StrictRequest``."""
        handle: Handler = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            try:
                return await handle(strict)
            except HTTPException as error:
                raise strict.problem or error from None

        return strictly

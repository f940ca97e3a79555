"""What can go wrong, as RFC 9457 problem documents with a stable code each."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.api.answers import config_json
from core.errors import (
    Conflict,
    DocumentError,
    NameTaken,
    NeedsConsent,
    NotAllowed,
    NotFound,
    TooManyTries,
    TunesmithError,
    Unacceptable,
    Unavailable,
    UnknownPreset,
    UnknownSizes,
    UnknownTarget,
)
from core.system.secrets import redact

MEDIA_TYPE: Final = "application/problem+json"
# RFC 9457 wants a URI that names the kind; this one needs no place to be looked up at.
_TYPE: Final = "urn:tunesmith:problem:"
_RETRY_SECONDS: Final = 5
# Each key that does not belong there is one.
_MOST_ERRORS: Final = 100
_LONGEST_PLACE: Final = 200
_SCANNED: Final = 2000

TITLES: Final = {
    "malformed": "The body can't be read",
    "unauthorized": "A token is needed",
    "forbidden": "The token may not do this",
    "not_found": "Not found",
    "method_not_allowed": "The address does not take this method",
    "name_taken": "The name is taken",
    "conflict": "It was saved elsewhere meanwhile",
    "needs_consent": "The config runs commands",
    "precondition_failed": "If-Match is not a revision",
    "too_large": "The body is too large",
    "unsupported_media_type": "The body is not JSON",
    "invalid_request": "The request does not fit the description",
    "unreadable_config": "The config is not one strict JSON object",
    "unacceptable": "A value is not accepted",
    "unknown_target": "There is no such target",
    "unknown_preset": "There is no such preset",
    "bad_cursor": "The cursor leads nowhere",
    "precondition_required": "If-Match is missing",
    "too_many_requests": "Too many requests",
    "request_timeout": "The body did not come",
    "internal": "A fault of this program",
    "unavailable": "Not now",
    "timeout": "It took too long",
}
"""Every code with its title; a code never changes its meaning."""


class Problem(HTTPException):
    """One answer that is no success.

    Attributes:
        status: of HTTP.
        code: a key of ``TITLES``, for programs.
        more: further members of the document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.status = status
        self.code = code
        self.more = more

    def as_json(self) -> dict[str, Any]:
        """The problem document."""
        return {
            "type": _TYPE + self.code,
            "title": TITLES[self.code],
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **(self.more or {}),
        }

    def response(self) -> JSONResponse:
        """The answer; no cache keeps it."""
        headers = {"cache-control": "no-store", **(self.headers or {})}
        return JSONResponse(self.as_json(), self.status, headers, MEDIA_TYPE)


_STATUS: Final[dict[type[TunesmithError], tuple[int, str]]] = {
    DocumentError: (422, "unreadable_config"),
    NotFound: (404, "not_found"),
    NameTaken: (409, "name_taken"),
    Unacceptable: (422, "unacceptable"),
    NotAllowed: (401, "unauthorized"),
    UnknownPreset: (404, "unknown_preset"),
    UnknownTarget: (422, "unknown_target"),
    UnknownSizes: (422, "unacceptable"),
}


def of_error(error: TunesmithError) -> Problem:
    """What a use case raised, as a problem."""
    detail = str(error)
    match error:
        case Conflict():
            return Problem(409, "conflict", detail, {"config": config_json(error.current)})
        case NeedsConsent():
            commands = [
                {"tool": one.tool, "command": one.text, "sha256": one.sha256}
                for one in error.commands
            ]
            return Problem(409, "needs_consent", detail, {"commands": commands})
        case Unavailable():
            return unavailable(detail)
        case TooManyTries():
            wait = {"retry-after": str(error.seconds)}
            return Problem(429, "too_many_requests", detail, headers=wait)
    status, code = next(
        (found for kind, found in _STATUS.items() if isinstance(error, kind)), (422, "unacceptable")
    )
    return Problem(status, code, detail, headers=_CHALLENGE if status == 401 else None)


_CHALLENGE: Final = {"www-authenticate": "Bearer"}


def unauthorized(detail: str) -> Problem:
    """Nobody is known by what the request brings."""
    return Problem(401, "unauthorized", detail, headers=_CHALLENGE)


def internal() -> Problem:
    """A fault of ours; what it says may hold values of a config, so it is not told."""
    return Problem(500, "internal", "This is a fault of Tunesmith; report it.")


def unavailable(detail: str, code: str = "unavailable") -> Problem:
    """Trying again may help."""
    return Problem(503, code, detail, headers={"retry-after": str(_RETRY_SECONDS)})


_BY_STATUS: Final = {
    400: ("malformed", "The body can't be read; send JSON."),
    404: ("not_found", "Nothing is at this address; see openapi.json for what there is."),
    415: ("unsupported_media_type", "The body has to be JSON: content-type application/json."),
}
_UNKNOWN: Final = ("malformed", "The request can't be read.")


def install(app: FastAPI) -> None:
    """Let an app answer everything that goes wrong with a problem document."""

    @app.exception_handler(Problem)
    async def problem(_: Request, error: Problem) -> JSONResponse:
        return error.response()

    @app.exception_handler(TunesmithError)
    async def known(_: Request, error: TunesmithError) -> JSONResponse:
        return of_error(error).response()

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _invalid(error).response()

    @app.exception_handler(Exception)
    async def ours(_: Request, error: Exception) -> JSONResponse:
        # Of the limits themselves: whatever the routes raise, the guard has answered.
        return internal().response()

    @app.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> JSONResponse:
        code, detail = _BY_STATUS.get(error.status_code, _UNKNOWN)
        return Problem(error.status_code, code, detail, headers=error.headers).response()


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the description says about the answers with these statuses, and those of the limits."""
    return {
        status: {"description": _SAID[status], "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
        for status in (*statuses, *_ALWAYS)
    }


_ALWAYS: Final = (408, 413, 429, 503)
_SCHEMA: Final = {"$ref": "#/components/schemas/ProblemAnswer"}
_SAID: Final = {
    400: "The body is not strict JSON.",
    401: "There is no token, or it proves nobody.",
    403: "The token may not do this.",
    404: "It is not there, or not yours.",
    408: "The body did not come in time.",
    409: "Saved elsewhere meanwhile (conflict), name taken (name_taken), or commands that nobody "
    "has approved (needs_consent).",
    412: "If-Match names no revision.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The request does not fit the description, or a value is not accepted.",
    428: "If-Match is missing.",
    429: "Too many requests; Retry-After says how long to wait.",
    503: "Not now, or it took too long; try again.",
}


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    if isinstance(error.body, bytes):
        code, detail = _BY_STATUS[415]
        return Problem(415, code, detail)
    errors = [
        {"field": _place(item["loc"]), "message": _message(item)} for item in found[:_MOST_ERRORS]
    ]
    first = errors[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    detail = f"{first['field']}: {first['message']}{more}"
    return Problem(422, "invalid_request", detail, {"errors": errors})


def _place(where: tuple[str | int, ...]) -> str:
    """``body.configs[1].name`` for the place of a fault."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in where]
    # A key that does not belong there is the sender's own text.
    return redact("".join(steps).removeprefix(".")[:_SCANNED])[:_LONGEST_PLACE]


def _message(item: Mapping[str, Any]) -> str:
    """What pydantic says, without the value, which may be a secret."""
    return str(item["msg"]).removeprefix("Value error, ")[:300]

"""The app that a server mounts at ``/api``."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from core.api import configs, judging, problems, sharing
from core.api.answers import ProblemAnswer
from core.api.examples import of_answers
from core.api.guard import Guard
from core.api.parts import Limits, Parts
from core.api.signed_in import MISSING
from core.system.rates import Rates

PREFIX: Final = "/training"

_TITLE: Final = "Tunesmith"
_VERSION: Final = "1.0"
_ABOUT: Final = """\
Check, derive, compare and save training configs for Tiny Tool Use, as the pages and
`python -m core` do: the same rules, the same store, the same report.

Checking needs no account. Saving does: send a token as `Authorization: Bearer …`.
Whatever goes wrong is a problem document (RFC 9457) with a stable `code`."""

JUDGING: Final = "judging"
CONFIGS: Final = "configs"
SHARING: Final = "sharing"
_ROUTERS: Final = {
    JUDGING: judging.router,
    SHARING: sharing.router,
    CONFIGS: configs.router,
}


def create(parts: Parts, limits: Limits | None = None, origins: Sequence[str] = ()) -> FastAPI:
    """The ASGI app, whose addresses begin with ``/training``.

    Args:
        parts: what it works with.
        limits: what one client may ask for; the usual limits by default.
        origins: the sites whose pages may read the answers.
    """
    app = _routed(limits or Limits(), origins)
    app.state.parts = parts
    return app


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document, which is the same whatever the app works with."""
    return _routed(Limits(), ()).openapi()


def _routed(limits: Limits, origins: Sequence[str]) -> FastAPI:
    """The app before it has anything to work with."""
    rates = Rates()
    app = FastAPI(
        title=_TITLE,
        version=_VERSION,
        description=_ABOUT,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
        middleware=[*_cors(origins), Middleware(Guard, limits=limits, rates=rates)],
    )
    app.state.limits, app.state.rates = limits, rates
    problems.install(app)
    # Addresses that are words come before those that are ids.
    for tag, router in _ROUTERS.items():
        app.include_router(router, prefix=PREFIX, tags=[tag])
    app.exception_handler(405)(_not_allowed)
    _describe(app)
    return app


def _cors(origins: Sequence[str]) -> list[Middleware]:
    """What lets pages of other sites ask; they bring a token of their own, never our cookie."""
    if not origins:
        return []
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match"],
        expose_headers=["ETag", "Location", "Retry-After"],
        allow_credentials=False,
    )
    return [cors]


def _not_allowed(request: Request, _: Exception) -> Response:
    """Say all methods of an address; the router names those of the first route alone."""
    path = request.url.path.removeprefix(request.scope.get("root_path", "") + PREFIX)
    routes = [route for router in _ROUTERS.values() for route in router.routes]
    methods = {
        method
        for route in routes
        if isinstance(route, APIRoute) and route.path_regex.match(path)
        for method in route.methods or ()
    }
    allow = {"allow": ", ".join(sorted(methods or {"GET"}))}
    detail = f"This address takes {allow['allow']} only."
    return problems.Problem(405, "method_not_allowed", detail, headers=allow).response()


def _describe(app: FastAPI) -> None:
    """Make the description, with the problem documents that FastAPI knows nothing of."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = described()["components"]["schemas"]
            schemas["ProblemAnswer"] = ProblemAnswer.model_json_schema()
            # FastAPI takes every null out of the examples that stand on the models.
            for name, example in (*of_answers().items(), ("ProblemAnswer", _problem())):
                schemas[name]["examples"] = [example]
        return described()

    # FastAPI's own way to change the description is to put another function in its place.
    app.openapi = openapi  # type: ignore[method-assign]


def _problem() -> dict[str, Any]:
    return problems.unauthorized(MISSING).as_json()


def _operation(route: APIRoute) -> str:
    return route.name

"""The routes for share links: making and ending them needs a token, reading one does not."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request

from core.api import answers
from core.api.answers import share_json, shared_json
from core.api.bodies import NewShare, OpenShare
from core.api.configs import Id
from core.api.guard import address_of
from core.api.problems import Problem, problems
from core.api.reading import StrictRoute
from core.api.signed_in import ReadBench, ReadShares, WriteShares, parts_of
from core.shares.protocol import token_of
from core.shares.snapshot import of_config
from core.system import log

_PAGE: Final = "/shared"
_GONE: Final = "This link leads nowhere: it is mistyped, revoked or expired; ask for a new one."

router = APIRouter(route_class=StrictRoute)

Handle = Annotated[str, Path(max_length=100, description="As shares lists it.")]


@router.get(
    "/shares",
    summary="List links",
    response_model=answers.SharesAnswer,
    responses=problems(401, 403),
)
def list_shares(shares: ReadShares) -> dict[str, Any]:
    """Your links that work now, the newest first, with how often each was opened."""
    return {"shares": [share_json(one) for one in shares.list()]}


@router.delete(
    "/shares/{handle}",
    summary="Revoke a link",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
def revoke_share(handle: Handle, shares: WriteShares) -> None:
    """End a link at once."""
    shares.revoke(handle)
    log.revoked(handle)


@router.post(
    "/shared",
    summary="Open a link",
    response_model=answers.SharedAnswer,
    responses=problems(400, 404, 415, 422),
)
def open_share(body: OpenShare, request: Request) -> dict[str, Any]:
    """What a link shows: the configs as they were when it was made. Counts as a view."""
    shown = parts_of(request).shared(token_of(body.token), address_of(request.scope))
    if shown is None:
        raise Problem(404, "not_found", _GONE)
    return {"shared": shared_json(shown)}


@router.post(
    "/{config_id:uuid}/shares",
    summary="Share a config",
    status_code=201,
    response_model=answers.MadeShareAnswer,
    responses=problems(400, 401, 403, 404, 409, 415, 422),
)
def share_config(
    config_id: Id, body: NewShare, bench: ReadBench, shares: WriteShares, request: Request
) -> dict[str, Any]:
    """Make a link to the newest version, which anybody who has it can read.

    A config with a secret in it, or with commands that nobody has approved, is not shared.
    """
    config = bench.config(str(config_id))
    title = body.title or config.name
    made = shares.make(of_config(config), title, config_id=config.id, days=body.days)
    log.shared(made.share.handle, "config", body.days)
    return {"share": share_json(made.share), "link": _link(request, made.token)}


def _link(request: Request, token: str) -> str:
    """What a reader opens: a page of the server that this request came to."""
    url = request.url
    below = request.scope.get("root_path", "").removesuffix("/api")
    return f"{url.scheme}://{url.netloc}{below}{_PAGE}#{token}"

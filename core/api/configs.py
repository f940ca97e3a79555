"""The routes for saved configs: each needs a token, and reaches its owner's configs only."""

import re
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response

from core.api import answers
from core.api.answers import config_json, summary_json, version_json, whole_version_json
from core.api.bodies import Change, NewConfig, Restore, Search, Written
from core.api.problems import Problem, problems
from core.api.reading import StrictRoute
from core.api.signed_in import ReadBench, Reader, WriteBench
from core.errors import Conflict
from core.stores.listing import read_cursor
from core.stores.protocol import Config, Summary
from core.workbench import Workbench, Writing

_REVISION: Final = re.compile(r'"?([1-9][0-9]{0,14})"?')

router = APIRouter(route_class=StrictRoute)

Id = Annotated[UUID, Path(description="The id of a config.")]
Number = Annotated[int, Path(ge=1, lt=2**53, description="The number of a version.")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The revision that you have read, as its ETag; without it nothing is saved.",
        examples=['"1"'],
    ),
]


@router.get(
    "",
    summary="List configs",
    response_model=answers.ConfigsAnswer,
    response_model_exclude_unset=True,
    responses=problems(401, 403, 422),
)
def list_configs(search: Annotated[Search, Query()], bench: ReadBench) -> dict[str, Any]:
    """One page of your library, with the cursors that lead on and back."""
    if search.cursor and read_cursor(search.query) is None:
        text = "The cursor belongs to no list in this order; begin without one."
        raise Problem(422, "bad_cursor", text)
    page = bench.page(search.query)
    return {
        "configs": _rows(bench, page.rows, is_whole=search.include is not None),
        "next_cursor": page.next,
        "previous_cursor": page.previous,
    }


def _rows(bench: Workbench, rows: tuple[Summary, ...], *, is_whole: bool) -> list[dict[str, Any]]:
    if not is_whole:
        return [summary_json(row) for row in rows]
    configs = bench.several([row.id for row in rows])
    # One that was deleted in between is in neither.
    there = [row for row in rows if row.id in configs]
    return [summary_json(row) | {"config_json": configs[row.id].config_json} for row in there]


@router.post(
    "",
    summary="Save a new config",
    status_code=201,
    response_model=answers.ConfigAnswer,
    responses=problems(400, 401, 403, 409, 415, 422),
)
def create_config(
    body: NewConfig, bench: WriteBench, request: Request, response: Response
) -> dict[str, Any]:
    """Keep a config as version 1. Errors in it don't stop that; the record tells them."""
    config = bench.create(_writing(body, body.name), body.message, body.tags)
    # Not by the name of a route: the server knows none of this app, which it makes later.
    response.headers["location"] = f"{request.url.path}/{config.id}"
    return _answered(config, response)


@router.get(
    "/account",
    summary="Whose token this is",
    response_model=answers.AccountAnswer,
    responses=problems(401, 403),
)
def account(caller: Reader) -> dict[str, Any]:
    """Who you are to this server, and what your token may do."""
    scopes = [scope for scope in ("read", "write") if scope in caller.scopes]
    who = {"user_id": caller.actor.user_id, "name": caller.actor.name}
    return {"account": who, "scopes": scopes, "expires_at": caller.expires_at}


@router.get(
    "/{config_id:uuid}",
    summary="Read a config",
    response_model=answers.ConfigAnswer,
    responses=problems(401, 403, 404, 422),
)
def get_config(config_id: Id, bench: ReadBench, response: Response) -> dict[str, Any]:
    """The newest version; its revision is the ETag."""
    return _answered(bench.config(str(config_id)), response)


@router.put(
    "/{config_id:uuid}",
    summary="Save a config",
    response_model=answers.ConfigAnswer,
    responses=problems(400, 401, 403, 404, 409, 412, 415, 422, 428),
)
def save_config(
    config_id: Id, body: Change, bench: WriteBench, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """Write the next version. What the body leaves out stays as it is.

    Where somebody saved since the revision of If-Match, nothing is written: 409, with the config
    as it is now.
    """
    revision = _revision(if_match)
    config = bench.write(
        str(config_id),
        _writing(body, body.name),
        expected_revision=revision,
        message=body.message,
    )
    return _answered(config, response)


@router.delete(
    "/{config_id:uuid}",
    summary="Delete a config",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
def delete_config(config_id: Id, bench: WriteBench) -> None:
    """Delete a config; in the library it can come back for 30 days."""
    bench.delete([str(config_id)])


@router.get(
    "/{config_id:uuid}/download",
    summary="Download a config",
    response_class=Response,
    responses=problems(401, 403, 404, 422)
    | {200: {"description": "The file.", "content": {"application/json": {}}}},
)
def download_config(
    config_id: Id,
    bench: ReadBench,
    version: Annotated[
        int | None, Query(ge=1, lt=2**53, description="An older version; the newest by default.")
    ] = None,
) -> Response:
    """The file that train.py reads, byte for byte as it was saved; counts as a use."""
    name, data = bench.download(str(config_id), version)
    headers = {"content-disposition": _attachment(name), "cache-control": "no-store"}
    return Response(data, headers=headers, media_type="application/json")


@router.get(
    "/{config_id:uuid}/versions",
    summary="List versions",
    response_model=answers.VersionsAnswer,
    responses=problems(401, 403, 404, 422),
)
def list_versions(config_id: Id, bench: ReadBench) -> dict[str, Any]:
    """The versions that are kept, the newest first."""
    return {"versions": [version_json(one) for one in bench.versions(str(config_id))]}


@router.get(
    "/{config_id:uuid}/versions/{number:int}",
    summary="Read a version",
    response_model=answers.VersionAnswer,
    responses=problems(401, 403, 404, 422),
)
def get_version(config_id: Id, number: Number, bench: ReadBench) -> dict[str, Any]:
    """One version with what it holds."""
    return {"version": whole_version_json(bench.version(str(config_id), number))}


@router.post(
    "/{config_id:uuid}/restore",
    summary="Restore a version",
    response_model=answers.ConfigAnswer,
    responses=problems(400, 401, 403, 404, 409, 412, 415, 422, 428),
)
def restore_version(
    config_id: Id, body: Restore, bench: WriteBench, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """Make an old version the newest one; the versions between stay."""
    revision = _revision(if_match)
    current = bench.config(str(config_id))
    if current.revision != revision:
        raise Conflict(current)
    return _answered(bench.restore(current, body.version, body.approved), response)


def _answered(config: Config, response: Response) -> dict[str, Any]:
    response.headers["etag"] = f'"{config.revision}"'
    return {"config": config_json(config)}


def _writing(body: Written, name: str | None) -> Writing:
    if body.is_there:
        # Raises where it is no config that can be judged.
        _ = body.source
    return Writing(
        name, body.description, body.template_type, body.text, body.target, tuple(body.approved)
    )


def _revision(if_match: str | None) -> int:
    """The revision of an ``If-Match`` header.

    Raises:
        Problem: there is none, or it names no revision.
    """
    if if_match is None:
        text = 'Send If-Match with the revision that you have read, such as If-Match: "3".'
        raise Problem(428, "precondition_required", text)
    found = _REVISION.fullmatch(if_match.strip())
    if found is None:
        text = 'If-Match has to be one revision, such as "3"; it is the config\'s ETag.'
        raise Problem(412, "precondition_failed", text)
    return int(found[1])


def _attachment(name: str) -> str:
    """A Content-Disposition that names a file; a draft's ``file_name`` leaves no quote in it."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"

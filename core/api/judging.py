"""The routes that need no account: what there is to say about a config, presets and the schema."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from core import presets, trainers
from core.api import answers
from core.api.answers import preset_json
from core.api.bodies import Compared, Comparing, Derived, Judged
from core.api.bounds import bounded, bounded_together
from core.api.problems import problems, unauthorized
from core.api.reading import StrictRoute
from core.api.signed_in import MaybeCaller, parts_of
from core.compare import compare
from core.document import Document, parse
from core.output import answers as said
from core.reading.target import DEFAULT, Target, parse_target
from core.schema import json_schema
from core.stores.protocol import Content
from core.trainers import effective as taken
from core.workbench import Workbench

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/validate",
    summary="Check a config",
    response_model=answers.ReportAnswer,
    responses=problems(400, 415, 422),
)
def validate(body: Judged) -> dict[str, Any]:
    """All findings about a config, and the trainer's verdict: what the form and check say."""
    return said.report(body.source, body.wanted).as_json()


@router.post(
    "/derive",
    summary="Derive numbers",
    response_model=answers.DerivedAnswer,
    responses=problems(400, 415, 422),
)
def derive(body: Derived) -> dict[str, Any]:
    """Rows, updates, warm-up, LoRA weights, memory: what follows from a config."""
    return said.derived(body.source.document, body.wanted, body.sizes)


@router.post(
    "/effective",
    summary="Tell effective values",
    response_model=answers.EffectiveAnswer,
    response_model_exclude_unset=True,
    responses=problems(400, 415, 422),
)
def effective(body: Judged) -> dict[str, Any]:
    """What the trainer takes for each key: what is written, what it uses, and why."""
    entries = taken.effective(body.source.document, body.wanted)
    return {"effective": [entry.as_json() for entry in entries]}


@router.post(
    "/compare",
    summary="Compare configs",
    response_model=answers.ComparisonAnswer,
    responses=problems(400, 401, 404, 415, 422),
    openapi_extra={"security": [{}, {"HTTPBearer": []}]},
)
def compare_configs(body: Comparing, request: Request, caller: MaybeCaller) -> dict[str, Any]:
    """Where configs differ, whether it has an effect, and what it means for the run."""
    bench = parts_of(request).workbench(caller.actor) if caller else None
    sides = [_side(one, bench) for one in body.configs]
    documents = bounded_together([document for document, _ in sides])
    targets = [parse_target(body.target) if body.target else own for _, own in sides]
    labels = [one.name or one.preset or f"{n}" for n, one in enumerate(body.configs, 1)]
    profiles = [trainers.setting(target).profile for target in targets]
    found = compare(documents, labels, body.all, body.base, profiles)
    return said.compared(found, targets)


def _side(one: Compared, bench: Workbench | None) -> tuple[Document, Target]:
    """A config, and what it is judged for unless the body says so."""
    if one.way != "config_id":
        return one.document, DEFAULT
    if bench is None:
        raise unauthorized("A saved config is compared for its owner only; send a token.")
    content = _content(bench, str(one.config_id), one.number)
    return bounded(parse(content.text)), trainers.known(content.target)


def _content(bench: Workbench, config_id: str, number: int | None) -> Content:
    if number is None:
        return bench.config(config_id).content
    return bench.version(config_id, number).content


@router.get(
    "/presets",
    summary="List presets",
    response_model=answers.PresetsAnswer,
)
def list_presets() -> dict[str, Any]:
    """The configs that ship with Tunesmith."""
    return {"presets": [preset_json(one) for one in presets.load()]}


@router.get(
    "/presets/{preset_id}",
    summary="Read a preset",
    response_model=answers.PresetAnswer,
    responses=problems(404, 422),
)
def get_preset(
    preset_id: Annotated[str, Path(max_length=40, description="As presets lists it.")],
) -> dict[str, Any]:
    """One preset with its config."""
    found = presets.find(preset_id)
    return {"preset": preset_json(found) | {"config_json": found.config}}


class SchemaResponse(JSONResponse):
    """JSON Schema has a media type of its own."""

    media_type = "application/schema+json"


@router.get(
    "/schema",
    summary="Read the JSON Schema",
    response_class=SchemaResponse,
)
def schema() -> SchemaResponse:
    """The JSON Schema (2020-12) of a config, for editors that complete and check."""
    headers = {"cache-control": "public, max-age=3600"}
    return SchemaResponse(json_schema(), headers=headers)

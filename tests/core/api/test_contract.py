"""Schemathesis over the OpenAPI description: no fault of ours, and no answer that it doesn't tell.

It asks a server on a real socket: every example, every bound of every parameter, requests made up
by chance, and walks from one address to the next.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.api.reference import operations
from tests.api_client import Api
from tests.served import served
from tests.stores import ANNA

SETTINGS = Path(__file__).with_name("schemathesis.toml")
SEED = "7"


@pytest.mark.parametrize("who", ["nobody", "writer", "reader", "forger"])
def test_every_answer_is_one_that_the_description_tells(api: Api, who: str, tmp_path: Path) -> None:
    tokens = {
        "writer": api.token(ANNA),
        "reader": api.token(ANNA, ["read"]),
        "forger": "tsm_" + "A" * 49,
    }
    given = ["-H", f"Authorization: Bearer {tokens[who]}"] if who in tokens else []
    with served(api.app) as address:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS)),
                *("run", f"{address}/api/training/openapi.json", "--checks", "all"),
                *("--max-examples", "15", "--seed", SEED, "--no-color", *given),
            ],
            # It keeps what it found in the folder where it is run.
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: " in done.stdout


@pytest.fixture
def description(api: Api) -> Any:
    return api.nobody.get("/openapi.json")


def test_it_has_the_seeds_endpoints(description: Any) -> None:
    paths = {path: set(by_method) for path, by_method in description["paths"].items()}
    assert paths["/training"] == {"get", "post"}
    assert paths["/training/{config_id}"] == {"get", "put", "delete"}
    assert paths["/training/validate"] == {"post"}


def test_every_body_has_an_example(description: Any) -> None:
    bodies = set(_bodies(description))
    assert len(bodies) == 8
    assert [name for name in bodies if "examples" not in _schemas(description)[name]] == []


def test_every_example_fits_what_it_is_an_example_of(description: Any) -> None:
    found = {name: one for name, one in _schemas(description).items() if "examples" in one}
    assert {"ReportAnswer", "ConfigAnswer", "ConfigsAnswer", "ProblemAnswer"} < set(found)
    for schema in found.values():
        whole = {**schema, "components": description["components"]}
        for example in schema["examples"]:
            Draft202012Validator(whole).validate(example)


def _schemas(description: Any) -> Any:
    return description["components"]["schemas"]


def _bodies(description: Any) -> Iterator[str]:
    for by_method in description["paths"].values():
        for operation in by_method.values():
            if body := operation.get("requestBody"):
                yield body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]


def test_what_needs_an_account_says_so(description: Any) -> None:
    for path, by_method in description["paths"].items():
        for method, operation in by_method.items():
            needs = {"HTTPBearer": []} in operation.get("security", [])
            open_too = {} in operation.get("security", [])
            is_open = "judging" in operation["tags"] or path == "/training/shared"
            assert needs != is_open or open_too, (method, path)


def test_every_example_of_the_description_works(api: Api) -> None:
    anna = api.anna
    kept = anna.make("kept")
    for operation in operations():
        path = operation.path.removeprefix("/api/training")
        path = path.format(config_id=kept["id"], number=1, preset_id="dpo_basic", handle="x")
        if operation.method == "DELETE" or path == "/shared":
            # They end what the others need, or need what is told once.
            continue
        revision = anna.get(f"/{kept['id']}")["config"]["revision"]
        headers = {"if-match": f'"{revision}"'}
        answer = anna.ask(operation.method, path, operation.example, headers=headers)
        assert answer.is_success, (operation.path, answer.text)

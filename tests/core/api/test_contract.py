"""Schemathesis over the OpenAPI description: no fault of ours, and no answer that it doesn't tell.

It asks a server on a real socket: every example, every bound of every parameter, requests made up
by chance, and walks from one address to the next.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from jsonschema import Draft202012Validator

from tests.api_client import Api
from tests.stores import ANNA

SETTINGS = Path(__file__).with_name("schemathesis.toml")
SEED = "7"


@contextmanager
def served(api: Api) -> Iterator[str]:
    """The address of the app on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(api.app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/training"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.mark.parametrize("who", ["nobody", "writer", "reader", "forger"])
def test_every_answer_is_one_that_the_description_tells(api: Api, who: str) -> None:
    tokens = {
        "writer": api.token(ANNA),
        "reader": api.token(ANNA, ["read"]),
        "forger": "tsm_" + "A" * 49,
    }
    given = ["-H", f"Authorization: Bearer {tokens[who]}"] if who in tokens else []
    with served(api) as address:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run"),
                *(f"{address}/openapi.json", "--checks", "all", "--max-examples", "15"),
                *("--seed", SEED, "--no-color", *given),
            ],
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
    paths = {path: set(operations) for path, operations in description["paths"].items()}
    assert paths["/training"] == {"get", "post"}
    assert paths["/training/{config_id}"] == {"get", "put", "delete"}
    assert paths["/training/validate"] == {"post"}


def test_every_body_has_an_example_that_fits_it(description: Any) -> None:
    bodies = {name for name in _bodies(description)}
    assert len(bodies) == 6
    for name in bodies:
        schema = description["components"]["schemas"][name]
        whole = {**schema, "components": description["components"]}
        for example in schema["examples"]:
            Draft202012Validator(whole).validate(example)


def _bodies(description: Any) -> Iterator[str]:
    for operations in description["paths"].values():
        for operation in operations.values():
            if body := operation.get("requestBody"):
                yield body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]


def test_what_needs_an_account_says_so(description: Any) -> None:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            needs = {"HTTPBearer": []} in operation.get("security", [])
            open_too = {} in operation.get("security", [])
            is_open = "judging" in operation["tags"]
            assert needs != is_open or open_too, (method, path)

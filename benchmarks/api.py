"""What a request to the REST API costs on the app as it is started, against a bare FastAPI app.

    .venv/bin/python -m benchmarks.api         a minute or two; needs the tests' packages

The bare app takes the same body, checks nothing, and answers with the report as it was computed
before, under uvicorn. Every candidate runs once in each round; what counts is the median of the
ratios within the rounds.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI
from pydantic import BaseModel

from core.check import check
from core.identity.access_tokens import AccessTokens
from core.presets import find
from core.system.database import FILE_NAME, Database
from tests.accounts import ada, local_identity
from tests.browser.conftest import free_port, is_healthy
from tests.served import served

ROUNDS: Final = 60
ROOT: Final = Path(__file__).resolve().parents[1]
SFT: Final = find("sft_toolbench").config

Call = Callable[[], httpx.Response]


class Body(BaseModel):
    """What the bare app takes."""

    config_json: dict[str, Any]


def bare() -> FastAPI:
    """The least that answers such a request."""
    app, report = FastAPI(), check(SFT).as_json()

    @app.post("/validate")
    def validate(body: Body) -> dict[str, Any]:
        return report

    return app


@contextmanager
def started(folder: Path) -> Iterator[tuple[str, str]]:
    """The app on a free port, and a token of somebody with an account there."""
    with closing(Database(folder / FILE_NAME)) as database:
        account = ada(local_identity(database))
        made = AccessTokens(database).make(
            account.user_id, "benchmark", ["read", "write"], timedelta(days=1)
        )
    url = f"http://localhost:{free_port()}"
    options = ["--server.headless", "true", "--server.port", url.rpartition(":")[2]]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    environ = {**os.environ, "TUNESMITH_DATA": str(folder)}
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    try:
        while not is_healthy(url):
            time.sleep(0.1)
        yield url, made.token
    finally:
        server.terminate()
        server.wait()


def candidates(app: httpx.Client, peer: httpx.Client) -> dict[str, Call]:
    """The yardstick first."""
    body = {"config_json": SFT}
    kept = app.post("/api/training", json={"name": "kept", **body}).json()["config"]["id"]
    return {
        "bare FastAPI": lambda: peer.post("/validate", json=body),
        "Streamlit's own health": lambda: app.get("/_stcore/health"),
        "presets": lambda: app.get("/api/training/presets"),
        "validate": lambda: app.post("/api/training/validate", json=body),
        "derive": lambda: app.post("/api/training/derive", json=body),
        "list": lambda: app.get("/api/training"),
        "get": lambda: app.get(f"/api/training/{kept}"),
    }


def seconds(call: Call) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    answer = call()
    took = time.perf_counter() - start
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        # The limits of the app hold here too.
        time.sleep(float(answer.headers["retry-after"]))
        return seconds(call)
    answer.raise_for_status()
    return took


def main() -> None:
    """Measure, and print a line for each candidate: its ratio, and its median."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        url, token = parts.enter_context(started(folder))
        address = parts.enter_context(served(bare()))
        headers = {"authorization": f"Bearer {token}"}
        app = parts.enter_context(httpx.Client(base_url=url, headers=headers))
        calls = candidates(app, parts.enter_context(httpx.Client(base_url=address)))
        for call in calls.values():
            seconds(call)
        rounds = [{name: seconds(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    for name in calls:
        ratio = statistics.median(one[name] / one["bare FastAPI"] for one in rounds)
        median = statistics.median(one[name] for one in rounds)
        print(f"{name:24} {ratio:6.2f} times   {median * 1000:7.2f} ms")


if __name__ == "__main__":
    main()

"""The API's page, and that a page, the command line and the API say the same about a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.api.reference import operations
from core.identity.protocol import Account
from core.presets import load
from core.workbench import Writing
from tests.command import run
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import do, labelled, shown
from ui.services import Services
from ui.text import count, plain

DATA = ROOT / "tests" / "data" / "tiny_tool_use"
TEXTS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(DATA.glob("*.json"))}
TEXTS |= {preset.id: json.dumps(preset.config) for preset in load()}
TEXTS["many_faults"] = json.dumps(
    {
        "model": {"name": "somebody/new", "torch_dtype": "float17", "api_key": "hf_" + "a" * 34},
        "training": {"method": "dpo", "batch_size": 0, "num_epochs": "two", "leraning_rate": 1},
        "tools": [{"name": "x"}, 5],
    }
)


@pytest.fixture
def page_of_api() -> AppTest:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    # It has an address of its own, which is known once the app has run.
    app.run()
    return app.switch_page("../pages/api.py").run()


def test_it_shows_every_operation_with_a_command(page_of_api: AppTest) -> None:
    expanders = [one.label for one in page_of_api.expander]
    commands = [one.value for one in page_of_api.code]
    for operation in operations():
        assert any(f"`{operation.path}`" in label for label in expanders)
        assert operation.command("http://localhost:8501") in commands
    assert not page_of_api.exception


@pytest.mark.parametrize("name", TEXTS)
def test_the_report_is_the_same_from_page_command_line_and_api(
    name: str, tmp_path: Path, parts: Services, ann: Account, page: SignIn
) -> None:
    file = tmp_path / f"{name}.json"
    file.write_text(TEXTS[name], encoding="utf-8")
    report = json.loads(run("check", "--json", file).out)

    bench = parts.workbench(ann.actor)
    kept = bench.create(Writing(name=name, text=TEXTS[name]))
    assert list(kept.checked.errors or []) == report["errors"]
    assert (kept.checked.is_valid, kept.checked.runs) == (
        report["is_valid"], report["trainer"]["runs"],
    )  # fmt: skip

    app = page("build")
    app.session_state["build.view"] = "JSON"
    app.run()
    do(labelled(app.text_area, "The config as JSON").set_value(TEXTS[name]))
    said = shown(app)
    assert ("valid]" if report["is_valid"] else count(len(report["errors"]), "error")) in said
    for finding in (*report["errors"], *report["warnings"], *_only(report)):
        assert plain(finding["message"]) in said


def _only(report: Any) -> list[Any]:
    """The blockers that say something else than an error at the same place: each is said once."""
    errors = {(error["rule"], error["field"]) for error in report["errors"]}
    blockers = report["trainer"]["blockers"]
    return [one for one in blockers if (one["rule"], one["field"]) not in errors]

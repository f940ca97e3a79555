"""What VS Code completes, shows and complains about in a config: asked of its own JSON service.

The service is the npm package that VS Code's JSON extension is made of, as the lock file pins it.
"""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from core import catalog, presets
from core.check import check
from core.document import Document, drop, parse, put, write
from core.schema import json_schema
from core.schema.rules import warnings
from tests.supabase_server import MissingPartError
from tests.supabase_server.npm import node, packages
from tests.supabase_server.plugin import got

HERE: Final = Path(__file__).parent
HYBRID: Final = presets.find("hybrid").config
WARNING: Final = 2

Answer = dict[str, Any]
Ask = Callable[[str], Answer]


def installed() -> Path:
    try:
        packages(HERE)
    except MissingPartError as error:
        raise MissingPartError(
            "VS Code's JSON service",
            "The tests of the editor schema need the npm packages of tests/editor, which could "
            "not be installed; run the tests once with a network.",
        ) from error
    return node()


@pytest.fixture(scope="session")
def ask(pytestconfig: pytest.Config) -> Ask:
    """Asks the service about a text; | in it is where the cursor stands."""
    program = got(pytestconfig, installed)

    def answer(text: str) -> Answer:
        offset = max(text.find("|"), 0)
        asked = {"schema": json_schema(), "text": text.replace("|", "", 1), "offset": offset}
        done = subprocess.run(
            [program, HERE / "service.cjs"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: Answer = json.loads(done.stdout)
        # All that it needs is in the schema and in the service: it asks for nothing else.
        assert found.pop("outside") == []
        return found

    return answer


def labels(answer: Answer) -> list[str]:
    return [one["label"] for one in answer["completions"]]


def messages(answer: Answer) -> list[str]:
    return [one["message"] for one in answer["problems"]]


@pytest.mark.parametrize("preset", presets.load(), ids=lambda preset: preset.id)
def test_an_empty_file_offers_each_template_whole(ask: Ask, preset: presets.Preset) -> None:
    offered = {one["label"]: one["inserted"] for one in ask("|")["completions"]}
    assert parse(_plain(offered[f"Template: {preset.title}"])) == preset.config


def _plain(snippet: str) -> str:
    """What stays of a snippet once the editor has put it in."""
    return re.sub(r"\\([\\$}])", r"\1", snippet)


def test_keys_and_choices_are_completed_with_their_meaning(ask: Ask) -> None:
    keys = ask('{"training": {"method": "sft", |}}')
    assert {"learning_rate", "lora_r", "warmup_steps"} <= set(labels(keys))
    assert "method" not in labels(keys)
    choices = ask('{"data": {"strategy": |}}')
    assert '"toolbench"' in labels(choices)
    told = {one["label"]: one["documentation"] for one in choices["completions"]}
    assert "the trainer stops" in told['"custom"']
    assert '"Qwen/Qwen3-0.6B"' in labels(ask('{"model": {"name": |}}'))
    assert "calculator" in labels(ask('{"tools": [|]}'))
    assert '"array"' in labels(ask('{"tools": [{"parameters": {"type": |}}]}'))


def test_a_key_tells_title_unit_default_and_effect(ask: Ask) -> None:
    shown = ask('{"training": {"warm|up_steps": 3}}')["hover"]
    assert "**Warm-up**" in shown
    assert "Unit: updates." in shown
    assert "for DPO 0" in shown
    assert "No effect for DPO" in shown


@pytest.mark.parametrize(
    ("document", "marked", "message"),
    [
        (put(HYBRID, ("training", "method"), "ppo"), '"ppo"', "Value is not accepted"),
        (put(HYBRID, ("training", "batch_size"), "4"), '"4"', 'Expected "integer"'),
        (put(HYBRID, ("training", "learning_rate"), 0.5), "0.5", "above the maximum of 0.01"),
        (drop(HYBRID, ("tokenizer", "name")), "tokenizer", 'Missing property "name"'),
        (drop(HYBRID, ("data",)), "", 'Missing property "data"'),
        (
            put(put(HYBRID, ("training", "use_lora"), True), ("training", "lora_r"), 0),
            "0",
            "below the minimum of 1",
        ),
        (
            put(HYBRID, ("tensorboard",), {"log_dir": "../runs"}),
            '"../runs"',
            "[security.log_dir_escape]",
        ),
        (
            put(HYBRID, ("tools",), [{"name": "a", "description": "b", "parameters": {"type": 1}}]),
            "1",
            '"array", "boolean"',
        ),
    ],
)
def test_what_is_wrong_is_marked_where_it_stands(
    ask: Ask, document: Document, marked: str, message: str
) -> None:
    assert check(document).errors
    found = ask(write(document))["problems"]
    assert [one for one in found if message in one["message"] and marked in one["text"]], found


@pytest.mark.parametrize("preset", presets.load(), ids=lambda preset: preset.id)
def test_a_template_is_marked_only_where_the_run_stops(ask: Ask, preset: presets.Preset) -> None:
    for problem in ask(write(preset.config))["problems"]:
        assert problem["message"].startswith("The run stops.")
        assert not check(preset.config).trainer.runs


def _warned() -> list[str]:
    """The rules whose blockers the schema tells."""
    return sorted(set(re.findall(r"\[([a-z0-9_.]+)\]\"", json.dumps(warnings()))))


def test_there_are_warnings_of_ten_rules() -> None:
    assert len(_warned()) == 10


DRAFTS: Final = (
    put(HYBRID, ("training", "method"), "rlhf"),
    put(HYBRID, ("data", "strategy"), "custom"),
)


def is_stopped_by(rule: str, document: Document) -> bool:
    """Whether the rule stops the run of a config without errors."""
    report = check(document)
    return report.is_valid and rule in {one.rule for one in report.trainer.blockers}


@pytest.mark.parametrize("rule", _warned())
def test_what_stops_the_run_is_a_warning(ask: Ask, rule: str) -> None:
    entry = catalog.entries()[rule]
    examples = [example.document() for example in entry.speaks]
    stopped = [one for one in (*examples, *DRAFTS) if is_stopped_by(rule, one)]
    assert stopped
    for document in stopped:
        found = [one for one in ask(write(document))["problems"] if rule in one["message"]]
        assert [one["severity"] for one in found] == [WARNING]
    assert not [one for one in messages(ask(write(entry.silent.document()))) if rule in one]

"""How long a check takes beside what others use for it.

    .venv/bin/python -m benchmarks.check

Every candidate runs in each round, one after the other, so that a busy machine slows all of them
alike; what counts is the median of the ratios within the rounds. It takes five seconds.
"""

import copy
import json
import statistics
from collections.abc import Mapping
from typing import Any

import jsonschema
import jsonschema_rs

from benchmarks.measuring import OURS, Task, measure, ratio
from core import presets
from core.check import check
from core.document import Document, write


def main() -> None:
    """Measure and print one table for each question."""
    valid = presets.find("dpo_basic").config
    faulty = with_faults(valid)
    print_table("check, valid config", measure(checkers(valid)))
    print_table("check, faulty config", measure(checkers(faulty)))


# --- Candidates --------------------------------------------------------------------------------


def checkers(config: Document) -> dict[str, Task]:
    """Ways to check one config; only the first knows rules beyond types and bounds."""
    schema = trainer_schema()
    prebuilt = jsonschema.Draft202012Validator(schema)
    compiled = jsonschema_rs.Draft202012Validator(schema)
    text = write(config)
    return {
        OURS: lambda: check(config),
        "jsonschema.validate": lambda: as_the_trainer(config, schema),
        "jsonschema, prebuilt": lambda: list(prebuilt.iter_errors(config)),
        "jsonschema-rs, prebuilt": lambda: list(compiled.iter_errors(config)),
        "json.loads": lambda: json.loads(text),
    }


def as_the_trainer(config: Document, schema: Mapping[str, Any]) -> None:
    """The call the trainer makes: it checks the schema each time and stops at the first fault."""
    try:
        jsonschema.validate(config, schema)
    except jsonschema.ValidationError:
        return


# --- Configs -----------------------------------------------------------------------------------


def with_faults(config: Document) -> Document:
    """The config with a wrong type, two values out of bounds and a misspelt key."""
    faulty = copy.deepcopy(config)
    faulty["training"] |= {"batch_size": "4", "num_epochs": 0, "learning_rate": -1, "lora_rank": 8}
    return faulty


def trainer_schema() -> dict[str, Any]:
    """What the trainer demands of a config (its ``src/utils/config.py``), as a JSON Schema."""
    text, count = {"type": "string"}, {"type": "integer", "minimum": 1}
    tool = record(name=text, description=text, parameters={"type": "object"})
    model = record(name=text, trust_remote_code={"type": "boolean"}, torch_dtype=text)
    training = record(
        method={"enum": ["sft", "ppo", "dpo", "teacher_mode"]},
        learning_rate={"type": "number", "minimum": 0},
        warmup_steps={"type": "integer", "minimum": 0},
        num_epochs=count,
        batch_size=count,
        gradient_accumulation_steps=count,
        max_length=count,
    )
    data = record(
        strategy={"enum": ["toolbench", "teacher_mode", "manual_templates"]},
        max_samples=count,
        train_split={"type": "number", "minimum": 0, "maximum": 1},
    )
    tools = {
        "type": "array",
        "minItems": 1,
        "items": {**tool, "required": list(tool["properties"])},
    }
    sections = record(model=model, training=training, data=data, tools=tools)
    return {**sections, "required": list(sections["properties"])}


def record(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose first property is required."""
    return {"type": "object", "properties": properties, "required": [next(iter(properties))]}


# --- Printing ----------------------------------------------------------------------------------


def print_table(title: str, times: Mapping[str, list[float]]) -> None:
    """Each candidate's time in µs and how many times ours that is: median and min..max."""
    print(f"\n{title:36}{'µs':>10}   times {OURS}'s, median [min..max]")
    for name, own in times.items():
        row = f"  {name:34}{statistics.median(own) * 1e6:>10.1f}"
        print(row if name == OURS else f"{row}   {ratio(own, times[OURS])}")


if __name__ == "__main__":
    main()

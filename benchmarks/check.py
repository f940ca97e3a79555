"""How long a check takes beside what others use for it.

    .venv/bin/python -m benchmarks.check

Every candidate runs in each round, one after the other, so that a busy machine slows all of them
alike; what counts is the median of the ratios within the rounds. It takes five seconds.
"""

import copy
import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jsonschema
import jsonschema_rs

from core import presets
from core.check import check
from core.document import Document, write

ROUNDS: Final = 15
# Seconds that one candidate runs in one round.
SLICE: Final = 0.05
OURS: Final = "Tunesmith"

Task = Callable[[], object]


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
        "the trainer's jsonschema.validate": lambda: as_the_trainer(config, schema),
        "jsonschema, built before": lambda: list(prebuilt.iter_errors(config)),
        "jsonschema-rs, built before": lambda: list(compiled.iter_errors(config)),
        "json.loads of the text": lambda: json.loads(text),
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


# --- Measuring ---------------------------------------------------------------------------------


def measure(tasks: Mapping[str, Task]) -> dict[str, list[float]]:
    """Seconds of one call, by candidate, one number a round."""
    calls = {name: calls_in_a_slice(task) for name, task in tasks.items()}
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            times[name].append(seconds(task, calls[name]))
    return times


def calls_in_a_slice(task: Task) -> int:
    """How many calls take about one slice; it warms the candidate up too."""
    task()
    return max(1, int(SLICE / max(seconds(task, 1), 1e-7)))


def seconds(task: Task, calls: int) -> float:
    """Seconds of one call, from a number of calls, with the garbage collector off."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    for _ in range(calls):
        task()
    end = time.perf_counter()
    gc.enable()
    return (end - start) / calls


# --- Printing ----------------------------------------------------------------------------------


def print_table(title: str, times: Mapping[str, list[float]]) -> None:
    """Each candidate's time in µs and how many times ours that is: median and min..max."""
    print(f"\n{title:36}{'µs':>10}   times {OURS}'s, median [min..max]")
    for name, own in times.items():
        row = f"  {name:34}{statistics.median(own) * 1e6:>10.1f}"
        print(row if name == OURS else f"{row}   {ratio(own, times[OURS])}")


def ratio(ones: Sequence[float], others: Sequence[float]) -> str:
    """Median, least and greatest of the ratios within the rounds."""
    ratios = [one / other for one, other in zip(ones, others, strict=True)]
    return f"{statistics.median(ratios):.3g} [{min(ratios):.3g}..{max(ratios):.3g}]"


if __name__ == "__main__":
    main()

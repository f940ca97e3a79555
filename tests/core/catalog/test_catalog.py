"""The catalog's examples are the tests of the rules, and no rule is left out of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import catalog, fields, presets, trainers
from core.catalog import Entry, Kind
from core.document import ABSENT, Document, drop, parse, path_text, put
from core.errors import PathError
from core.reading.target import ENVIRONMENTS, Target
from core.rules import RULES
from core.trainers.facts import Facts

ROOT: Final = Path(__file__).parents[3]
ENTRIES: Final = [pytest.param(entry, id=entry.id) for entry in catalog.entries().values()]


# --- The examples ------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_rule_speaks_to_its_examples_in_all_its_kinds(entry: Entry) -> None:
    told = [dict(catalog.tell(example.report(), entry.id)) for example in entry.speaks]
    assert all(told)
    assert {kind for kinds in told for kind in kinds} == set(entry.kinds)
    assert list(entry.said()) == list(entry.kinds)


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_other_example_is_silent_valid_and_runs(entry: Entry) -> None:
    report = entry.silent.report()
    assert dict(catalog.tell(report, entry.id)) == {}
    assert report.is_valid
    assert report.trainer.runs


@pytest.mark.parametrize("entry", ENTRIES)
def test_nothing_else_is_wrong_with_an_example(entry: Entry) -> None:
    for example in entry.speaks:
        report = example.report()
        places = [finding.path for _, finding in catalog.tell(report, entry.id)]
        grave = (*report.errors, *report.trainer.blockers)
        others = [one.path for one in grave if one.rule != entry.id]
        assert [other for other in others if not any(meet(other, place) for place in places)] == []


def meet(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether one path is the other, or leads to it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def test_every_rule_stands_in_one_theme_and_is_found_by_its_id() -> None:
    listed = [entry for theme in catalog.themes() for entry in theme.entries]
    assert listed == [catalog.find(entry.id) for entry in listed]
    assert catalog.find("no.such.rule") is None


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_rule_is_told_in_sentences(entry: Entry) -> None:
    assert re.fullmatch(r"[A-Z`].*[^.]\.", entry.condition, re.DOTALL)
    assert entry.source
    assert not entry.source.endswith(".")


# --- No rule is left out: what stands in the code ------------------------------------------------

_ID: Final = re.compile(r"[a-z]\w*(\.[a-z_]\w*)+")
_MAKERS: Final = ("error", "warning", "info", "stop", "Finding")


def modules() -> Iterator[ast.Module]:
    """The source of all rules and stages: the modules that make findings."""
    for folder in ("rules", "trainers"):
        for file in sorted((ROOT / "core" / folder).glob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            if any(map(makes_finding, ast.walk(tree))):
                yield tree


def makes_finding(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and any(maker in _MAKERS for maker in called(node.func))


def called(node: ast.expr) -> list[str]:
    """``error`` and ``warning`` for ``(error if grave else warning)(...)``."""
    if isinstance(node, ast.IfExp):
        return [*called(node.body), *called(node.orelse)]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def is_literal_id(text: object) -> bool:
    names = {spec.name for spec in fields.table().values()}
    known = isinstance(text, str) and _ID.fullmatch(text)
    return bool(known) and text not in names and not str(text).endswith(".py")


def test_every_id_in_the_code_is_in_the_catalog() -> None:
    nodes = [node for tree in modules() for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    found = set(filter(is_literal_id, texts))
    assert len(found) > 60
    assert found - catalog.entries().keys() == set()


def pattern(node: ast.JoinedStr) -> str:
    parts = (
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.]+"
        for part in node.values
    )
    return "".join(parts)


def test_every_pattern_of_ids_in_the_code_is_in_the_catalog() -> None:
    calls = [node for tree in modules() for node in ast.walk(tree) if makes_finding(node)]
    rules = [node.args[0] for node in calls if isinstance(node, ast.Call) and node.args]
    inner = [node for rule in rules for node in ast.walk(rule) if isinstance(node, ast.JoinedStr)]
    patterns = set(map(pattern, inner))
    assert r"deadkey\.[\w.]+" in patterns
    known = catalog.entries()
    assert [text for text in patterns if not any(re.fullmatch(text, rule) for rule in known)] == []


# --- No rule is left out: what configs are told --------------------------------------------------

SAMPLES: Final = {
    file.stem: parse(file.read_text("utf-8"))
    for file in sorted((ROOT / "tests" / "data" / "tiny_tool_use").glob("*.json"))
}
BASES: Final[dict[str, Document]] = (
    {preset.id: preset.config for preset in presets.load()} | SAMPLES | {"": {}}
)
TARGETS: Final = [
    Target(trainer, environment, machine)
    for trainer in trainers.every()
    for environment in ENVIRONMENTS
    for machine in ("gpu", "cpu", "gpu-8", "t4", "a100-80")
]
ODD: Final[tuple[Any, ...]] = (
    *(ABSENT, None, True, False, -1, 0, 1, 0.5, 1.5, 1e-9, 1e-4, 3e-3, 11, 50, 600, 10**6, 2**70),
    *("", "odd", "5", "dpo", "rlhf", "ppo", "toolbench", "manual_templates", "real", "REAL"),
    *("float32", "bfloat16", "cpu", "cuda", "mps", "gpt2", "galore_adamw", "command", "api"),
    *("Qwen/Qwen3-4B", "HuggingFaceTB/SmolLM2-135M", "me/mine", "../x", "/home/ann/x"),
    *([], {}, [1], ["tool_accuracy", "wer"], {"a": 1}, {"r": 8, "alpha": 9}, {"Cookie": "a=b"}),
)
PLACES: Final = (
    *((name,) for name in (*fields.SECTIONS, "lora", "wandb", "colour", "api_key")),
    *(tuple(0 if step == "*" else step for step in path) for path in fields.table()),
    ("tools", 0, "desc"),
)


def changed(document: Document, path: tuple[str | int, ...], value: Any) -> Document:
    try:
        after: Document = drop(document, path) if value is ABSENT else put(document, path, value)
        return after
    except PathError:
        return document


def told(document: Document, target: Target) -> Iterator[tuple[str, Kind]]:
    """The rules that speak, and how, without proof that their fixes hold."""
    facts = Facts(document, trainers.setting(target))
    for rule in RULES:
        yield from ((finding.rule, finding.severity) for finding in rule(facts))
    yield from ((blocker.rule, "blocker") for blocker in trainers.judge(facts).blockers)


def strangers(document: Document, target: Target) -> set[tuple[str, Kind]]:
    """What is told and is not in the catalog."""
    known = {(entry.id, kind) for entry in catalog.entries().values() for kind in entry.kinds}
    return set(told(document, target)) - known


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_all_that_whole_configs_are_told_is_in_the_catalog(target: Target) -> None:
    assert {name: odd for name in BASES if (odd := strangers(BASES[name], target))} == {}


@pytest.mark.parametrize("base", ["hybrid", "dpo_basic"])
def test_all_that_one_odd_value_is_told_is_in_the_catalog(base: str) -> None:
    found = {
        f"{path_text(path)} = {value!r}": odd
        for path in PLACES
        for value in ODD
        if (odd := strangers(changed(BASES[base], path, value), Target()))
    }
    assert found == {}


@given(
    st.sampled_from(sorted(BASES)),
    st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), max_size=5),
    st.sampled_from(TARGETS),
)
@settings(max_examples=300)
def test_all_that_a_changed_config_is_told_is_in_the_catalog(
    base: str, changes: list[tuple[tuple[str | int, ...], Any]], target: Target
) -> None:
    document = BASES[base]
    for path, value in changes:
        document = changed(document, path, value)
    assert strangers(document, target) == set()

"""What holds for every rule and every document, however odd."""

from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from core import fields, presets
from core.changes.patch import apply
from core.check import check, fix
from core.document import ABSENT, Document, drop, get, put, write
from core.errors import PathError
from core.findings import Finding, Report

BASES: Final = tuple(preset.config for preset in presets.load())
TOKEN: Final = "hf_" + "a1B2" * 9
SECRETS: Final = (
    *(TOKEN, "AKIA" + "B7Q2" * 4, "sk-" + "a1B2" * 5, "glpat-" + "a1B2" * 5),
    "https://u:secretpw1@h.co/x",
)

# Values that were each wrong or odd somewhere: types, bounds, spellings, names, paths.
ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 2, 8, 19, 64, 1000, 125_000, 10**6, 2**53, 2**64, 0.1, 0.5),
    *(0.999, 1.0, 4.0, 1.5, 90, 1e-9, 1e-6, 5e-5, 2e-3, 0.5, 1e300, "", " ", "8", "5e-5", "true"),
    *("false", "SFT", "dpo", "sft", "teacher_mode", "rlhf", "ppo", "tool_bench", "toolbench"),
    *("manual_templates", "REAL", "real", "synthetic", "bf16", "float32", "adamw8bit", "api"),
    *("command", "Qwen/Qwen3-4B", "google/gemma-3-1b-it", " me/mine ", "https://hf.co/a/b", "../x"),
    *("/home/ann/x", "http://localhost/", *SECRETS, "x" * 300, [], {}, ["wer"], [1]),
    *([1, "tool_accuracy"], ["a", {"b": 1}]),
    *({"r": 4, "alpha": 64}, {"r": "x"}, {"Authorization": "Bearer abc"}, {"a": {"b": "c"}}),
)
KEYS: Final = (
    *("learning_rat", "epochs", "lr", "batchsize", "max_seq_length", "lora", "lora_rank"),
    *("use_lra", "strateg", "metod", "tols", "trainning", "tool", "datta", "wandb", "output_dir"),
    *("api_key", "desc", "input_schema", "nam", "typ", "seed", "learning_rate", "warmup_ratio"),
    *("notes", "a.b", *SECRETS),
)

odd = st.sampled_from(ODD)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
parameters = st.sampled_from(
    (
        *({}, {"type": "object"}, {"type": "dict"}, {"type": "banana"}, {"type": "string"}),
        {"type": "object", "properties": {"a": {"type": "int"}}, "required": ["a", "b"]},
        {"type": "object", "properties": {"password": {"default": TOKEN}}, "required": "a"},
        *({"type": "object", "properties": {secret: {"type": secret}}} for secret in SECRETS),
    )
)
tools = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(("calculator", "weather", "my tool", "", "x" * 80)) | odd,
        "description": st.just("Counts") | odd,
        "parameters": parameters | odd,
        "type": st.sampled_from(("function", "api", "command")) | odd,
        "function": st.sampled_from(("calculator", "plot")) | odd,
        "url": st.sampled_from(("http://10.0.0.1/x", "https://example.com", "http://[::")) | odd,
        "headers": st.sampled_from(({"Cookie": "a=b"}, {"X": TOKEN}, {"token": "${T}"})) | odd,
        "command": st.just("rm -rf /") | odd,
        "desc": odd,
    },
)
known_paths = st.sampled_from([path for path in fields.table() if "*" not in path])
sections = st.sampled_from([(name,) for name in fields.SECTIONS])
odd_keys = st.sampled_from(KEYS)

known_keys = st.sampled_from(sorted({str(path[-1]) for path in fields.table()}))
filled = st.dictionaries(
    st.sampled_from((*fields.SECTIONS, "seed", "lora")),
    json_values | st.dictionaries(known_keys, odd | json_values, max_size=12),
)


@st.composite
def configs(draw: st.DrawFn) -> Document:
    """A preset with a few fields set to odd values, dropped, misspelled or joined by strangers."""
    document = draw(st.sampled_from(BASES))
    if draw(st.booleans()):
        items = draw(st.lists(tools | odd, max_size=4))
        document = document | {"tools": items + items[: draw(st.integers(0, 1))]}
    for _ in range(draw(st.integers(0, 5))):
        document = _changed(draw, document)
    return document


def _changed(draw: st.DrawFn, document: Document) -> Document:
    path = draw(known_paths | sections)
    value = draw(st.one_of(odd, st.just(ABSENT), json_values))
    if draw(st.integers(0, 3)) == 0:
        # Under another key, with its value or with an odd one.
        value = draw(st.sampled_from((get(document, path, 1), value or 1)))
        document = drop(document, path) if draw(st.booleans()) else document
        path = (*path[: draw(st.integers(0, len(path) - 1))], draw(odd_keys))
    try:
        changed: Document = drop(document, path) if value is ABSENT else put(document, path, value)
        return changed
    except PathError:
        return document


def errors(report: Report) -> set[tuple[Any, ...]]:
    return {(finding.rule, finding.path) for finding in report.errors}


def stays(finding: Finding, report: Report) -> bool:
    return any((other.rule, other.path) == (finding.rule, finding.path) for other in report)


@given(st.dictionaries(st.text(max_size=12), json_values, max_size=6) | filled | configs())
@settings(max_examples=100)
def test_rules_never_raise(document: Document) -> None:
    report = check(document)
    assert report.as_json()["is_valid"] == (not report.errors)


@given(configs())
@settings(max_examples=60)
def test_a_fix_takes_its_finding_away_and_adds_no_error(document: Document) -> None:
    before = check(document)
    for finding in (found for found in before if found.fix is not None):
        after = check(apply(document, finding.fix or ()))
        assert not stays(finding, after), finding
        assert errors(after) <= errors(before), finding
        assert after.trainer.runs or not before.trainer.runs, finding


@given(configs())
@settings(max_examples=20)
def test_neither_checking_nor_fixing_touches_the_document(document: Document) -> None:
    text = write(document)
    check(document)
    fix(document)
    assert write(document) == text


@given(configs())
@settings(max_examples=20)
def test_fixing_comes_to_an_end(document: Document) -> None:
    for _ in range(10):
        before = check(document)
        document, applied = fix(document)
        assert errors(check(document)) <= errors(before)
        assert {(found.rule, found.path) for found in applied} <= {
            (found.rule, found.path) for found in before
        }
    assert applied == ()


@given(configs())
@settings(max_examples=40)
def test_no_finding_repeats_a_secret(document: Document) -> None:
    told = str([finding.as_json() for finding in check(document)])
    assert [secret for secret in (*SECRETS, "secretpw1") if secret in told] == []

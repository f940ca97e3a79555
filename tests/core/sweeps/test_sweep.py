"""Sweeps: what is varied, the members with their verdicts, and what would be run for nothing."""

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presets
from core.check import check
from core.compare import equal
from core.document import ABSENT, Document, get, put
from core.drafts.draft import file_name
from core.errors import SweepError
from core.reading.target import Target
from core.stores.limits import check_name
from core.stores.protocol import MAX_NAME
from core.sweeps.axes import (
    MAX_MEMBERS,
    Axis,
    Mode,
    join_values,
    read_axis,
    read_path,
    read_setting,
    split_values,
    values_text,
)
from core.sweeps.form import Entry, Form
from core.sweeps.members import Plan, Sweep, plan
from core.sweeps.names import member_names

SFT = presets.find("sft_toolbench").config
DPO = presets.find("dpo_basic").config
MANY = ",".join(map(str, range(1, 16)))


def made(*settings: str, base: Document = SFT, mode: Mode = "grid", **more: Any) -> Plan:
    return plan(Sweep("base", base, tuple(map(read_setting, settings)), mode, **more))


# --- What is varied ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("training.lora_r=8,16", ("training", "lora_r"), (8, 16)),
        ("training.learning_rate=1e-4, .5,1", ("training", "learning_rate"), (1e-4, 0.5, 1)),
        ("training.num_epochs=1,absent", ("training", "num_epochs"), (1, ABSENT)),
        ("training.use_lora=true,False", ("training", "use_lora"), (True, False)),
        ("training.method=sft,dpo", ("training", "method"), ("sft", "dpo")),
        ('model.name="a,b",null,"absent"', ("model", "name"), ("a,b", "null", "absent")),
        ('evaluation.metrics=["a","b"],[]', ("evaluation", "metrics"), (["a", "b"], [])),
        ("tools[0].name=a,b", ("tools", 0, "name"), ("a", "b")),
        ('mine["a.b=c"]=1,"1",null,x', ("mine", "a.b=c"), (1, "1", None, "x")),
        ('mine={"y":[1,2]},[3]', ("mine",), ({"y": [1, 2]}, [3])),
        ("seed=1e3,8.0,", ("seed",), (1000, 8)),
    ],
)  # fmt: skip
def test_values_are_read_as_the_field_takes_them(text: str, path: Any, values: Any) -> None:
    axis = read_setting(text)
    assert (axis.path, axis.values) == (path, values)
    assert [type(value) for value in axis.values] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training.lora_r=8.5", "training.lora_r can't take '8.5'; write a whole number from 1"),
        ("training.learning_rate=fast", "can't take 'fast'; write a number above 0"),
        ("training.learning_rate=1e999", "can't take '1e999'"),
        ("seed=99999999999999999999", "can't take"),
        ("training.use_lora=true,yes", "can't take 'yes'; write true or false"),
        ("evaluation.metrics=a", "can't take 'a'; write a list of texts"),
        ('tools[0].parameters={"a"', "can't take"),
        ('model.name="a', "double quote is not closed"),
        ("training.lora_r=8,,16", "two commas with nothing between"),
        ("training.lora_r=", "has no values; write them with commas between: 8, 16."),
        ("training.lora_r=8,16,8", "has 8 twice"),
        ("training.learning_rate=1e-4,0.0001", "has 1e-4 twice"),
        ("training.lora_r=absent,8,absent", "has absent twice"),
        ("training.lora_r", "is not a setting with values; write it like training.lora_r=8,16."),
        ("training..lora_r=8", "is not a setting with values"),
        ("=8", "is not a path"),
        ("[0].name=8", "is not a path"),
        ('mine["\\q"]=8', "is not a setting with values"),
    ],
)
def test_what_can_not_be_read_gets_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SweepError, match=re.escape(said)) as caught:
        read_setting(text)
    assert "\n" not in str(caught.value)


def test_a_secret_in_a_value_is_not_repeated() -> None:
    secret = "hf_" + "a1B2" * 9
    with pytest.raises(SweepError) as caught:
        read_setting(f"training.lora_r={secret}")
    assert secret not in str(caught.value)
    names = [one.name for one in made(f"data.dataset_name={secret},b").every]
    assert not any(secret[:12] in name for name in names)


VALUES = st.one_of(
    st.just(ABSENT),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    st.lists(st.text("a,\"'[]{} "), max_size=3),
    st.none(),
)


@given(st.lists(VALUES, min_size=1, max_size=4), st.sampled_from(["mine", "model.name"]))
def test_values_are_read_as_they_are_written(values: list[Any], name: str) -> None:
    path = read_path(name)
    if name == "model.name":
        values = [value for value in values if isinstance(value, str)] or ["x"]
    text = values_text(values, Axis(path, ()).spec)
    if any(equal(one, other) for one, other in itertools.combinations(values, 2)):
        with pytest.raises(SweepError, match="twice"):
            read_axis(path, text)
        return
    found = read_axis(path, text)
    assert list(found.values) == values
    assert [*map(type, found.values)] == [*map(type, values)]


@given(st.lists(st.text('ab,"[]{} \\', min_size=1), max_size=4))
def test_chosen_values_stay_apart_as_a_text(chosen: list[str]) -> None:
    back = split_values(join_values(chosen))
    pairs = zip(back, chosen, strict=True)
    assert [one if one == of else json.loads(one) for one, of in pairs] == chosen
    assert split_values(join_values(back)) == back


@given(
    st.sampled_from(["", "seed=", "mine=", "training.lora_r=", "evaluation.metrics=", "tools[0]="]),
    st.text('abc01.,="[]{}\\: -+e\n\u00b2', max_size=30) | st.text(max_size=20),
)
def test_any_other_text_is_an_axis_or_a_sentence(start: str, text: str) -> None:
    try:
        axis = read_setting(start + text)
    except SweepError as error:
        said = str(error)
    else:
        said = axis.name
        assert axis.values
    assert said


# --- The members ---------------------------------------------------------------------------------


def test_a_grid_counts_with_the_last_axis_fastest() -> None:
    found = made("training.learning_rate=1e-4,2e-4", "training.lora_r=8,16")
    assert [one.values for one in found.every] == [(1e-4, 8), (1e-4, 16), (2e-4, 8), (2e-4, 16)]
    assert [one.name for one in found.every] == [
        "base-01-lr1e-4-r8",
        "base-02-lr1e-4-r16",
        "base-03-lr2e-4-r8",
        "base-04-lr2e-4-r16",
    ]


def test_paired_values_go_in_step() -> None:
    found = made("training.lora_r=8,16", "training.lora_alpha=16,32", mode="paired")
    assert [one.values for one in found.every] == [(8, 16), (16, 32)]


@pytest.mark.parametrize(
    ("settings", "mode", "said"),
    [
        ([], "grid", "Choose a setting"),
        (["seed=1", "seed=2"], "grid", "seed is there twice"),
        (["data={}", "data.max_samples=1"], "grid", "data.max_samples lies inside data"),
        (["seed=1,2", "training.lora_r=1,2,3"], "paired", "seed has 2, training.lora_r has 3"),
        (["seed=" + MANY, "training.lora_r=" + MANY], "grid",
         f"15 × 15 makes 225 configs; a sweep has {MAX_MEMBERS} at most"),
        (["seed=" + ",".join(map(str, range(201)))], "grid", "seed makes 201 configs"),
        (["tools[7].name=a"], "grid", "no place for tools[7].name"),
        (["seed.deep=1"], "grid", "no place"),
    ],
)  # fmt: skip
def test_axes_that_make_no_sweep_are_refused(settings: list[str], mode: Mode, said: str) -> None:
    base = put(SFT, ("seed",), 42)
    with pytest.raises(SweepError, match=re.escape(said)):
        made(*settings, base=base, mode=mode)


def test_two_hundred_members_are_taken_and_sort_by_name() -> None:
    found = made("seed=" + ",".join(map(str, range(1, MAX_MEMBERS + 1))))
    names = [one.name for one in found.every]
    assert len(set(names)) == MAX_MEMBERS
    assert names == sorted(names)


def test_all_else_of_the_base_survives() -> None:
    base = put(SFT, ("mine", "deep"), [1, {"a.b": None}])
    found = made("training.lora_r=8,absent", "mine.new=1", base=base)
    first, second = (one.document for one in found.every)
    assert first == put(put(base, ("training", "lora_r"), 8), ("mine", "new"), 1)
    assert get(second, ("training", "lora_r")) is ABSENT
    assert list(second) == list(base)


def test_the_tokenizer_follows_the_model_unless_it_is_varied_itself() -> None:
    models = "model.name=Qwen/Qwen3-0.6B,Qwen/Qwen3-4B"
    both = made(models)
    assert [one.document["tokenizer"]["name"] for one in both.every] == [
        "Qwen/Qwen3-0.6B",
        "Qwen/Qwen3-4B",
    ]
    assert both.follows
    own = made("tokenizer.name=Qwen/Qwen3-0.6B", models)
    assert {one.document["tokenizer"]["name"] for one in own.every} == {"Qwen/Qwen3-0.6B"}
    assert not own.follows


def test_tools_that_are_taken_out_move_no_others_value() -> None:
    base = put(SFT, ("tools",), [{"name": name} for name in "abc"])
    found = made("tools[0]=absent", "tools[1]=absent", "tools[2].name=z", base=base)
    assert found.every[0].document["tools"] == [{"name": "z"}]


def test_each_verdict_is_what_check_says() -> None:
    target = Target(machine="t4")
    found = made("training.learning_rate=-1,1e-4", "data.max_samples=100,absent", target=target)
    for one in found.every:
        assert one.report == check(one.document, target)
    assert [one.is_fine for one in found.every] == [False, False, True, False]
    reason = found.every[3].reason
    assert reason is not None
    assert "max_samples" in reason.message
    assert {row.name for row in found.varying} >= {"errors", "runs", "updates_total"}


def test_members_that_would_not_run_can_be_left_out_and_the_others_keep_their_numbers() -> None:
    found = made("data.max_samples=absent,100,200", running_only=True)
    assert [one.number for one in found.members] == [2, 3]
    assert [one.number for one in found.left_out] == [1]
    assert [one.name for one in found.members] == ["base-02-n100", "base-03-n200"]


# --- Runs for nothing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "base", "is_idle"),
    [
        ("training.weight_decay=0,0.1", SFT, True),
        ("training.optim=adamw_torch,sgd", SFT, True),
        ("training.optim=adamw_torch,sgd", DPO, False),
        ("training.warmup_steps=0,10", DPO, True),
        ("training.warmup_steps=0,10", SFT, False),
        ("evaluation.eval_steps=10,20", SFT, True),
        ("nobody.reads=1,2", SFT, True),
        ("nobody=1,absent", SFT, True),
        # The one that stops is no repetition of the one that runs.
        ("data.max_samples=300,absent", SFT, False),
        ("data.train_split=0.9,absent", SFT, False),
        ("training.weight_decay=0,absent", SFT, True),
        ("training.learning_rate=1e-4,2e-4", SFT, False),
        ("data.max_samples=300,600", SFT, False),
        # The weights of LoRA start from the seed; without LoRA nothing does.
        ("seed=1,2", SFT, False),
        ("seed=1,2", put(SFT, ("training", "use_lora"), False), True),
        ("training.lora_r=8,16", put(SFT, ("training", "use_lora"), False), True),
        ("training.lora_r=8,16", SFT, False),
        ("training.weight_decay=0", SFT, False),
    ],
)
def test_a_field_that_no_run_looks_at_is_pointed_out(
    setting: str, base: Document, is_idle: bool
) -> None:
    for others in ((), ("training.num_epochs=1,2",)):
        found = made(setting, *others, base=base)
        assert [one.axis.name for one in found.idle] == [setting.partition("=")[0]] * is_idle


def test_the_default_written_out_is_told_as_that() -> None:
    (one,) = made("training.learning_rate=5e-5,absent").idle
    assert one.reason == "the trainer takes the same without it"


def test_an_idle_field_says_why() -> None:
    (one,) = made("training.weight_decay=0,0.1").idle
    assert "nothing reads it" in one.text


def test_paired_fields_are_told_apart() -> None:
    found = made("training.weight_decay=0,0.1", "training.lora_r=8,16", mode="paired")
    assert [one.axis.name for one in found.idle] == ["training.weight_decay"]


def test_members_that_would_be_one_run_are_named() -> None:
    # Two conversations leave one row and one update, whose rate is 0 whatever is written.
    found = made("training.learning_rate=1e-4,2e-4", "data.max_samples=2,300")
    assert found.idle == ()
    assert found.alike == ((1, 3),)


def test_of_members_that_do_not_run_nothing_is_said() -> None:
    found = made("training.weight_decay=0,0.1", base={"model": {}})
    assert (found.idle, found.alike) == ((), ())


# --- Names ---------------------------------------------------------------------------------------


@given(
    st.text(max_size=200),
    st.lists(VALUES, min_size=1, max_size=3, unique_by=repr),
    st.text(min_size=1, max_size=60),
)
def test_names_are_what_stores_files_and_shells_take(
    base: str, values: list[Any], key: str
) -> None:
    axes = [Axis(("training", key), tuple(values)), Axis(("seed",), (1, 2))]
    rows = [(value, seed) for value in values for seed in (1, 2)]
    names = member_names(base, axes, rows)
    assert len({name.lower() for name in names}) == len(rows)
    assert list(names) == sorted(names)
    for name in names:
        check_name(name)
        assert len(name) <= MAX_NAME
        assert file_name(name) == f"{name}.json"
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name)


# --- What is typed -------------------------------------------------------------------------------


def test_a_form_keeps_what_was_typed_and_tells_entries_apart() -> None:
    form = Form().with_another().with_another()
    assert [entry.id for entry in form.entries] == [1, 2, 3]
    form = form.with_entry(2, lambda entry: Entry(entry.id, "seed", "1,2")).raised(2).without(3)
    assert [entry.id for entry in form.entries] == [2, 1]
    assert [entry.id for entry in form.with_another().entries] == [2, 1, 4]
    assert form.axes() == (Axis(("seed",), (1, 2)),)
    assert [entry.id for entry in form.without(1).without(2).entries] == [4]

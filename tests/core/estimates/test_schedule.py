from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presets
from core.derive import Derived, derive
from core.document import put
from core.estimates.schedule import Marks, Schedule, rate_text, reason, schedule, shared
from core.reading.profile import Profile
from core.reading.view import View, path_of


def derived(preset: str, profile: Profile | None = None, **values: Any) -> Derived:
    document = presets.find(preset).config
    for name, value in values.items():
        document = put(document, path_of(name.replace("__", ".")), value)
    return derive(View(document, profile or Profile()))


def made(preset: str, **values: Any) -> Schedule:
    found = schedule(derived(preset, **values))
    assert found
    return found


REAL = {"data__strategy": "toolbench"}

WORDS = [
    (
        "sft_toolbench",
        {},
        "22 updates, all of them warm-up: the rate reaches 1.05e-5 of 5e-5; "
        "no evaluation; 1 checkpoint.",
    ),
    (
        "knowledge_dense",
        REAL,
        "138 updates, all of them warm-up: the rate reaches 1.83e-5 of 2e-5; "
        "1 evaluation; 1 checkpoint.",
    ),
    (
        "teacher_mode",
        {},
        "64 updates, the first 50 of them warm-up: the rate rises to 3e-5 and falls towards 0; "
        "no evaluation; 1 checkpoint.",
    ),
    (
        "dpo_basic",
        {},
        "Usually about 200 updates, no warm-up: the rate falls from 1e-6 towards 0; "
        "no evaluation; 2 checkpoints.",
    ),
    (
        "sft_toolbench",
        {"data__max_samples": 70_000, "training__warmup_steps": 1},
        "2\u202f166 updates, the first of them warm-up: the rate rises to 5e-5 and falls towards "
        "0; 21 evaluations; 5 checkpoints.",
    ),
    (
        "sft_toolbench",
        {"data__max_samples": 10},
        "1 update, all of it warm-up: the rate reaches 0 of 5e-5; no evaluation; 1 checkpoint.",
    ),
    (
        "sft_toolbench",
        {"data__max_samples": 10, "training__warmup_steps": 0},
        "1 update, no warm-up: the rate is 5e-5; no evaluation; 1 checkpoint.",
    ),
    (
        "sft_toolbench",
        {"training__learning_rate": 0},
        "22 updates, all of them warm-up: the rate is 0 throughout; no evaluation; 1 checkpoint.",
    ),
]


@pytest.mark.parametrize(("preset", "changes", "words"), WORDS)
def test_a_schedule_in_words(preset: str, changes: dict[str, Any], words: str) -> None:
    assert made(preset, **changes).words == words


def test_sft_toolbench_never_leaves_its_warmup() -> None:
    run = made("sft_toolbench")
    assert run.never_leaves_warmup
    assert [update for update, _ in run.points] == [1, 22]
    assert run.peak == pytest.approx(1.05e-5)
    assert run.evaluations.updates(20) == ()
    assert run.checkpoints.updates(20) == (22,)


def test_a_warmup_as_long_as_the_run_is_never_left() -> None:
    assert made("sft_toolbench", training__warmup_steps=22).never_leaves_warmup
    assert not made("sft_toolbench", training__warmup_steps=21).never_leaves_warmup


def test_the_usual_number_is_drawn_where_chance_decides_and_else_the_most() -> None:
    assert (made("dpo_basic").total, made("dpo_basic").certainty) == (200, "usual")
    served = {"name": "translate", "type": "api", "url": "https://example.com"}
    run = made("dpo_basic", tools=[served], data__train_split=1.0)
    assert (run.total, run.certainty) == (200, "most")
    assert run.course.startswith("At most 200 updates")


def test_newer_libraries_evaluate_at_the_end_too() -> None:
    run = schedule(derived("hybrid", Profile(evaluates_at_end=True)))
    assert run
    assert run.evaluations.updates(20) == (100, 120)
    assert made("hybrid").evaluations.updates(20) == (100,)


UNKNOWN = [
    ({"training__method": "rlhf"}, "no training loop"),
    ({"data__strategy": "pc_building"}, "no data for this strategy"),
    ({"training__num_epochs": 0}, "no updates"),
    ({"training__learning_rate": "5e-5"}, "learning_rate is text"),
    ({"training__learning_rate": -1}, "refuses a negative rate"),
    ({"training__warmup_steps": 0.5}, "whole number"),
]


@pytest.mark.parametrize(("changes", "why"), UNKNOWN)
def test_what_is_not_known_has_a_reason(changes: dict[str, Any], why: str) -> None:
    numbers = derived("sft_toolbench", **changes)
    assert schedule(numbers) is None
    assert why in reason(numbers)


MARKS = [
    # every, updates of the run, also at the end, how often, those of at most 5
    (100, 22, False, 0, ()),
    (100, 100, False, 1, (100,)),
    (100, 550, False, 5, (200, 400, 500)),
    (500, 22, True, 1, (22,)),
    (500, 1000, True, 2, (500, 1000)),
    (500, 1200, True, 3, (500, 1000, 1200)),
    (100, 10**9, False, 10**7, (5 * 10**8, 10**9)),
    (None, 1200, False, 0, ()),
]


@pytest.mark.parametrize(("every", "total", "at_end", "count", "updates"), MARKS)
def test_marks(
    every: int | None, total: int, at_end: bool, count: int, updates: tuple[int, ...]
) -> None:
    marks = Marks(every, total, at_end)
    assert marks.count == count
    assert marks.updates(5) == updates


@given(st.integers(1, 10**12), st.integers(1, 1000), st.booleans(), st.integers(2, 50))
def test_marks_are_few_and_end_with_the_last(
    total: int, every: int, at_end: bool, most: int
) -> None:
    marks = Marks(every, total, at_end)
    updates = marks.updates(most)
    assert len(updates) <= min(marks.count, most)
    assert list(updates) == sorted(set(updates))
    assert all(update % every == 0 or (at_end and update == total) for update in updates)
    if marks.count:
        assert updates[-1] == (total if at_end else total - total % every)


@given(
    st.sampled_from(["sft_toolbench", "teacher_mode", "dpo_basic", "hybrid"]),
    st.floats(0, 1),
    st.integers(0, 10_000),
    st.integers(1, 50),
)
def test_points_are_rates_and_the_highest_is_the_peak(
    preset: str, rate: float, warmup: int, epochs: int
) -> None:
    numbers = derived(
        preset,
        training__learning_rate=rate,
        training__warmup_steps=warmup,
        training__num_epochs=epochs,
    )
    run = schedule(numbers)
    assert run
    assert all(run.rate(update - 1) == own for update, own in run.points)
    assert run.peak == numbers.peak_learning_rate
    assert run.points[-1][0] == run.total


@given(st.integers(1, 300), st.integers(0, 400))
def test_the_curve_is_straight_between_its_points(total: int, warmup: int) -> None:
    none = Marks(None, total, False)
    run = Schedule(total, warmup, 1.0, none, none)
    for (first, low), (second, high) in zip(run.points, run.points[1:], strict=False):
        for update in range(first, second + 1):
            between = low + (high - low) * (update - first) / (second - first)
            assert run.rate(update - 1) == pytest.approx(between)


def test_equal_schedules_are_shared() -> None:
    one, other = made("sft_toolbench"), made("hybrid")
    same = made("sft_toolbench", training__lora_r=64)
    assert shared([one, None, other, same]) == {one: (0, 3), other: (2,)}


@pytest.mark.parametrize(("rate", "text"), [(0.0, "0"), (5e-5, "5e-5"), (1.8266e-5, "1.83e-5")])
def test_rates_have_three_digits(rate: float, text: str) -> None:
    assert rate_text(rate) == text

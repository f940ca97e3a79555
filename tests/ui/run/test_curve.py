"""Learning rates as drawings: well-formed, with all their marks, and with labels that are text."""

from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import presets
from core.derive import derive
from core.document import put
from core.estimates.schedule import Marks, Schedule, schedule
from core.reading.view import View
from ui.differences.curves import LISTED, Curve, overlay
from ui.run.curve import MARKS_MOST, drawing


def run(preset: str, **training: int | float) -> Schedule:
    document = presets.find(preset).config
    for name, value in training.items():
        document = put(document, ("training", name), value)
    made = schedule(derive(View(document)))
    assert made
    return made


def long_run(total: int, warmup: int = 100, rate: float = 1e-4) -> Schedule:
    return Schedule(total, warmup, rate, Marks(100, total, False), Marks(500, total, True))


def found(root: Element, name: str) -> list[Element]:
    """The parts of a drawing that have this class, small signs in its texts left out."""
    signs = {own for one in root.iter("span") for own in one.iter()}
    return [one for one in root.iter() if name in one.get("class", "").split() and one not in signs]


def written(root: Element) -> str:
    return " ".join(root.itertext())


# --- One run -------------------------------------------------------------------------------------


def test_a_run_that_never_leaves_its_warmup_shows_it() -> None:
    root = fromstring(drawing(run("sft_toolbench")))
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "Learning rate: 22 updates, all of them warm-up: the rate reaches 1.05e-5 of 5e-5; "
        "no evaluation; 1 checkpoint."
    )
    assert "never leaves its warm-up of 100 updates" in written(root)
    assert "ends after 22 updates" in written(root)
    (missing,) = found(root, "missing")
    (trace,) = found(root, "trace")
    assert (missing.get("x1"), missing.get("y1")) == (trace.get("x2"), trace.get("y2"))
    assert missing.get("x2") == "100.00%"
    labels = [one.text for one in root.iter("text") if one.get("text-anchor") == "end"]
    assert labels[:3] == ["5e-5", "1.05e-5", "0"]


def test_a_run_that_leaves_its_warmup_bends_there() -> None:
    root = fromstring(drawing(run("hybrid")))
    assert "never leaves" not in written(root)
    assert not found(root, "missing")
    rise, fall = found(root, "trace")
    assert (rise.get("x2"), rise.get("y2")) == (fall.get("x1"), fall.get("y1"))
    assert len(found(root, "evaluation")) == 1
    assert len(found(root, "checkpoint")) == 1


def test_what_is_usual_is_called_so() -> None:
    assert "about 200 updates" in written(fromstring(drawing(run("dpo_basic"))))


SIZES = [
    # updates, evaluations and checkpoints that are drawn
    (99, 0, 1),
    (1200, 12, 3),
    (250_000, 13, 10),
]


@pytest.mark.parametrize(("total", "evaluations", "checkpoints"), SIZES)
def test_marks_are_counted_and_thinned(total: int, evaluations: int, checkpoints: int) -> None:
    root = fromstring(drawing(long_run(total)))
    assert len(found(root, "evaluation")) == evaluations
    assert len(found(root, "checkpoint")) == checkpoints
    assert ("some are shown" in written(root)) == (total // 100 > MARKS_MOST)


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.floats(0, 1e9))
@example(1, 100, 5e-5)
@example(1, 0, 5e-5)
@example(22, 0, 0.0)
def test_any_run_stays_inside_its_drawing(total: int, warmup: int, rate: float) -> None:
    root = fromstring(drawing(long_run(total, warmup, rate)))
    for one in root.iter():
        for name in ("x1", "x2", "cx", "width"):
            place = one.get(name, "")
            assert not place.endswith("%") or 0 <= float(place[:-1]) <= 100
        for name in ("y1", "y2", "cy"):
            assert 0 <= float(one.get(name, "0")) <= 120


# --- Several runs --------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(texts, texts)
@example("</title></g></svg><img src=x onerror=alert(1)>", '" onmouseover="alert(1)')
@example("\x00\u202e", "]]>&amp;<!--")
def test_labels_are_text(one: str, other: str) -> None:
    grey = [Curve(other, long_run(200 + number)) for number in range(LISTED)]
    root = fromstring(overlay([Curve(one, run("sft_toolbench")), *grey]))
    plain = fromstring(
        overlay([Curve("a", run("sft_toolbench")), *(Curve("b", c.run) for c in grey)])
    )
    assert [own.tag for own in root.iter()] == [own.tag for own in plain.iter()]
    assert [sorted(own.keys()) for own in root.iter()] == [
        sorted(own.keys()) for own in plain.iter()
    ]


def test_each_curve_has_a_number_a_lane_and_a_description() -> None:
    names = ("sft_toolbench", "hybrid", "teacher_mode", "dpo_basic")
    root = fromstring(overlay([Curve(name, run(name)) for name in names]))
    items = [written(item) for item in root.iter("li")]
    assert all(name in item for name, item in zip(names, items, strict=True))
    assert [item.count("never leaves its warm-up") for item in items] == [1, 0, 0, 0]
    assert len(found(root, "lane")) == 4
    # The lengths and rates are far apart: there is a second drawing, of shares.
    assert len(list(root.iter("figure"))) == 2
    assert len(found(root, "line")) == 8


def test_runs_of_about_one_length_and_rate_need_no_second_drawing() -> None:
    curves = [Curve("a", long_run(1000)), Curve("b", long_run(1500, rate=2e-4))]
    assert len(list(fromstring(overlay(curves)).iter("figure"))) == 1


def test_the_base_is_drawn_on_top_and_those_beyond_eight_are_grey() -> None:
    curves = [Curve(f"run {number}", long_run(1000 + number)) for number in range(50)]
    root = fromstring(overlay(curves))
    lines = found(root, "line")
    assert len(found(root, "other")) == 42
    assert lines[-1].get("class") == "line ink-0"
    assert str(lines[0].findtext("title")).startswith("run 8: ")
    assert written(root).endswith("42 others in gray; point at a line for its name")
    assert len(found(root, "lane")) == LISTED

"""Compares what a run of the trainer came to with what the product had predicted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core import trainers
from core.check import check
from core.derive import Derived, derive
from core.document import read
from core.errors import DocumentError
from core.findings import Finding
from core.reading.target import ENVIRONMENTS, Target, machines
from core.reading.view import View
from tools.outcome import TIME_UP, Outcome

Kind = Literal["agree", "disagree", "not shown"]

STAND_IN_CANT_SHOW: Final = frozenset(
    {
        "device.cpu_4bit",
        "trainer.device_index",
        "training.precision.bf16_hardware",
        "training.precision.fp16_qlora_bf16_adapters",
        "training.precision.fp16_weights_scaler",
    }
)
"""Rules about half precision, 4 bits and GPUs by number: no CPU that stands in for one has any."""

KEPT: Final = 3
"""Checkpoints that the trainer leaves in its output folder (trainer.py:195)."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the product says of one config.

    Attributes:
        runs: whether train.py gets to its end with at least one update.
        learns: whether it would learn something then.
        blockers: why it does not run.
        derived: the numbers of the run.
        rate: the learning rate that is set, where it is a number.
        unread: why the config can't be read at all; empty where it can.
    """

    runs: bool
    learns: bool = False
    blockers: tuple[Finding, ...] = ()
    derived: Derived = field(default_factory=Derived)
    rate: float | None = None
    unread: str = ""

    @property
    def text(self) -> str:
        """The prediction on one line."""
        if self.unread:
            return f"can't be read: {self.unread}"
        return "runs" if self.runs else " | ".join(one.message for one in self.blockers)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether prediction and outcome agree.

    Attributes:
        kind: agree, disagree, or not shown: its time was up, or what was predicted shows on a GPU
            only.
        differences: what disagrees, each in one sentence.
        same_line: whether the blocker names the line of the trainer, where one was compared.
        same_text: whether its text is part of what the exception says, where it has one.
    """

    kind: Kind
    differences: tuple[str, ...] = ()
    same_line: bool | None = None
    same_text: bool | None = None


# --- Predicting --------------------------------------------------------------------------------


def predict(config: bytes, target: Target) -> Prediction:
    """What the product says of a config, as of any that is opened."""
    try:
        document = read(config).document
    except DocumentError as error:
        return Prediction(False, unread=str(error))
    verdict = check(document, target).trainer
    view = View(document, trainers.setting(target).profile)
    rate = view.number("training.learning_rate")
    return Prediction(verdict.runs, verdict.learns, verdict.blockers, derive(view), rate)


def target_for(trainer: str, versions: Mapping[str, str], *, gpu: bool) -> Target | None:
    """The target whose libraries these are, on a GPU or a CPU; ``None`` where none has them."""
    for environment in ENVIRONMENTS:
        for name in machines():
            target = Target(trainer, environment, name)
            setting = trainers.setting(target)
            if setting.machine.has_gpu == gpu and not differing(target, versions):
                return target
    return None


def differing(target: Target, versions: Mapping[str, str]) -> list[str]:
    """The libraries of a target that are there in another version; torch has builds of its own."""
    wanted = trainers.setting(target).libraries.versions
    return [
        f"{package} {versions.get(package, 'missing')} (not {version})"
        for package, version in wanted.items()
        if package != "torch" and versions.get(package) != version
    ]


# --- Comparing ---------------------------------------------------------------------------------


def compare(prediction: Prediction, outcome: Outcome, *, stand_in: bool = False) -> Comparison:
    """Compare a prediction with an outcome; ``stand_in`` where a CPU stood in for a GPU."""
    if outcome.error == TIME_UP:
        return Comparison("not shown")
    if prediction.unread:
        read_all_the_same = _wrong("It can be read, we said it can't.")
        return read_all_the_same if outcome.ended else Comparison("agree")
    if stand_in and prediction.blockers:
        blockers = _shown(prediction.blockers)
        if not blockers:
            return Comparison("not shown")
    else:
        blockers = prediction.blockers
    if prediction.runs != outcome.runs:
        return _wrong(f"We said: {prediction.text}. It {outcome.text}.")
    if outcome.runs:
        differences = tuple(_number_differences(prediction, outcome))
        return Comparison("disagree" if differences else "agree", differences)
    return _compare_stop(blockers, outcome)


def _shown(blockers: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(one for one in blockers if one.rule not in STAND_IN_CANT_SHOW)


def _wrong(difference: str) -> Comparison:
    return Comparison("disagree", (difference,))


_TYPE: Final = re.compile(r"\b[A-Z]\w*(?:Error|Iteration|Invalid|Exception)\b")
# core.trainers.stops.SILENT, without the lines, which each trainer has its own of.
_SILENT: Final = "without one optimizer update"
_STOPS: Final = re.compile(
    r"train\.py stops with (?P<error>.*?) \((?P<at>\w+\.py:\d[^()]*)\)\.(?: |$)", re.DOTALL
)


def _compare_stop(blockers: tuple[Finding, ...], outcome: Outcome) -> Comparison:
    if outcome.ended:
        silent = any(_SILENT in blocker.message for blocker in blockers)
        return Comparison("agree") if silent else _wrong("It ends without an update and no error.")
    said = " | ".join(blocker.message for blocker in blockers)
    matching = [stop_of(one) for one in blockers if outcome.error in stop_of(one)[0]]
    if not matching:
        return _wrong(f"It stops with another exception: {outcome.text}. We said: {said}")
    at_line = any(outcome.at in lines for _, _, lines in matching)
    texts = [text for _, text, _ in matching if text]
    same_text = any(_is_part(text, outcome.message) for text in texts) if texts else None
    if not (at_line or same_text):
        return _wrong(f"It stops for another reason: {outcome.text}. We said: {said}")
    return Comparison("agree", (), at_line, same_text)


def stop_of(blocker: Finding) -> tuple[frozenset[str], str, frozenset[str]]:
    """The exceptions that a blocker names, the text that it gives them, the lines it names."""
    match = _STOPS.search(blocker.message)
    if match is None:
        return frozenset(), "", frozenset()
    types = frozenset(_TYPE.findall(match["error"]))
    _, _, text = match["error"].partition(": ")
    return types, text, frozenset(_lines(match["at"]))


def _lines(text: str) -> Iterator[str]:
    """Each line of ``trainer.py:70,84`` or ``trainer.py:135-136,226`` with its file."""
    file = ""
    for part in text.split(","):
        name, colon, numbers = part.strip().rpartition(":")
        file = name if colon else file
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{file}:{number}"


def _is_part(text: str, message: str) -> bool:
    return _plain(text) in _plain(message)


def _plain(text: str) -> str:
    return " ".join(text.replace('"', "'").split()).rstrip(".")


# --- The numbers of a run ----------------------------------------------------------------------


def _number_differences(prediction: Prediction, outcome: Outcome) -> Iterator[str]:
    derived = prediction.derived
    for name in ("rows_train", "rows_eval", "evaluations"):
        yield from _differs(name, getattr(derived, name), getattr(outcome, name))
    yield from _differs("updates_total", derived.updates_total, outcome.updates)
    yield from _differs("checkpoints", _at_most(derived.checkpoints, KEPT), outcome.checkpoints)
    yield from _rates(prediction, outcome)
    if prediction.learns and outcome.moved is False:
        yield "We said it learns; no weight has changed."
    if prediction.learns and outcome.finite is False:
        yield "We said it learns; weights are no numbers at the end."


def _at_most(quantity: Any, most: int) -> Any:
    if isinstance(quantity, tuple):
        return tuple(min(one, most) for one in quantity)
    return None if quantity is None else min(quantity, most)


def _differs(name: str, predicted: Any, seen: int | None) -> Iterator[str]:
    if seen is None or predicted is None:
        return
    low, high = predicted if isinstance(predicted, tuple) else (predicted, predicted)
    if not low <= seen <= high:
        yield f"{name} is {seen}, we said {predicted}."


def _rates(prediction: Prediction, outcome: Outcome) -> Iterator[str]:
    total, warmup = prediction.derived.updates_total, prediction.derived.warmup_updates
    if prediction.rate is None or isinstance(total, tuple) or isinstance(warmup, tuple):
        return
    if total is None or warmup is None:
        return
    for update, seen in outcome.rates:
        expected = prediction.rate * _factor(update - 1, float(warmup), float(total))
        if abs(seen - expected) > 1e-6 * max(abs(expected), 1e-12):
            yield f"The rate of update {update} is {seen:.6g}, we said {expected:.6g}."
            return


def _factor(done: int, warmup: float, total: float) -> float:
    """The linear schedule's factor when ``done`` updates are made."""
    if done < warmup:
        return done / warmup
    return max(0.0, (total - done) / max(1.0, total - warmup))

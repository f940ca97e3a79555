"""Whether a run fits a GPU's memory, and the fewest and cheapest changes that make it fit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final, Literal, NamedTuple

from core.document import MAX_INTEGER, Path
from core.estimates.memory import estimate, peak
from core.estimates.memory import of_plan as memory_of
from core.estimates.parts import GIB, MARGIN, TITLES, Memory, size_text
from core.estimates.plan import PINNED, Habits, Plan
from core.estimates.plan import plan as plan_of
from core.findings import Finding, Patch, add
from core.reading import models
from core.reading.models import ModelDims
from core.reading.rows import Unknown
from core.reading.target import Machine
from core.reading.view import View
from core.reading.wording import count, warning

Fit = Literal["fits", "tight", "exceeds"]

# Cards that keep their error correction in the memory itself (T4, A10G, L4, L40S) leave programs
# a sixteenth less than the data sheet says; on others the driver and the screen take about that.
_USABLE: Final = 15 / 16


def fit(memory: Memory, gib: float) -> Fit:
    """Whether a run fits a GPU with that many GiB, as its vendor states them.

    What counts is the likely total: it differs from the worst case only where rows are made from
    tools, and those are short whatever ``max_length`` is. A run ``fits`` where it still would if
    the estimate were too low by its whole margin, is ``tight`` where only the estimate itself
    fits, and ``exceeds`` the GPU where not even that does.
    """
    return _fit(memory.likely.total, gib)


def _fit(total: int, gib: float) -> Fit:
    usable = gib * GIB * _USABLE
    if total * (1 + MARGIN) <= usable:
        return "fits"
    return "tight" if total <= usable else "exceeds"


@dataclass(frozen=True, slots=True)
class Change:
    """One way to make a run fit.

    Attributes:
        title: what changes: ``Batch size 1, accumulation 32``.
        cost: what that means for the training.
        patch: the change, as RFC 6902 writes it.
        memory: the estimate after it.
        fit: the verdict after it.
    """

    title: str
    cost: str
    patch: Patch
    memory: Memory
    fit: Fit


class _Step(NamedTuple):
    """One setting changed: what that is in a plan, in a document and in words."""

    changed: Mapping[str, Any]
    patch: Patch
    title: str
    cost: str


# The steps of one setting, from the mildest to the harshest.
_Lever = Sequence[_Step]


def cheapest_changes(
    view: View, gib: float, dims: ModelDims | None = None, habits: Habits = PINNED
) -> tuple[Change, ...]:
    """The fewest changes that make a run fit a GPU with that many GiB, the cheapest first.

    Settings are tried in this order: rows evaluated at a time, batch size (with as many rows in an
    update as before), maximum length, LoRA, a smaller model. Each change is as mild as it can be.
    Behind those that fit stand those that are tight with fewer changes. There are none where the
    run fits as it is.

    Raises:
        Unknown: how much the run takes can't be said; the text is the reason.
    """
    plan = plan_of(view, dims, habits)
    before = _fit(_total(plan), gib)
    if before == "fits":
        return ()
    levers = [lever for lever in _levers(view, plan) if lever]
    fitting = _fewest(plan, levers, gib, "fits")
    if before == "tight":
        return tuple(_change(plan, steps, gib) for steps in fitting)
    most = len(fitting[0]) if fitting else len(levers) + 1
    tight = [steps for steps in _fewest(plan, levers, gib, "tight") if len(steps) < most]
    return tuple(_change(plan, steps, gib) for steps in (*fitting, *tight))


_Steps = tuple[_Step, ...]


def _fewest(plan: Plan, levers: Sequence[_Lever], gib: float, goal: Fit) -> list[_Steps]:
    """The ways to the goal that need the fewest settings."""
    for number in range(1, len(levers) + 1):
        ways = (_mildest(plan, some, gib, goal) for some in combinations(levers, number))
        found = [steps for steps in ways if steps]
        if found:
            return found
    return []


def _mildest(plan: Plan, levers: Sequence[_Lever], gib: float, goal: Fit) -> _Steps:
    """The mildest steps of some settings that reach the goal, or none.

    The earlier setting is the cheaper one: it goes as far as it has to before a later one does.
    """
    chosen = tuple(lever[-1] for lever in levers)
    if not _reaches(plan, chosen, gib, goal):
        return ()
    for place in reversed(range(len(levers))):
        before, after = chosen[:place], chosen[place + 1 :]
        milder = ((*before, step, *after) for step in levers[place])
        chosen = next(steps for steps in milder if _reaches(plan, steps, gib, goal))
    return chosen


def _reaches(plan: Plan, steps: _Steps, gib: float, goal: Fit) -> bool:
    return _fit(_total(_applied(plan, steps)), gib) in ("fits", goal)


def _applied(plan: Plan, steps: _Steps) -> Plan:
    changed: dict[str, Any] = {}
    for step in steps:
        changed |= step.changed
    return replace(plan, **changed)


def _total(plan: Plan) -> int:
    return peak(plan, plan.likely).total


def _change(plan: Plan, steps: _Steps, gib: float) -> Change:
    memory = memory_of(_applied(plan, steps))
    titles = [steps[0].title, *(_uncapital(step.title) for step in steps[1:])]
    return Change(
        title=", ".join(titles),
        cost=" ".join(step.cost for step in steps),
        patch=tuple(operation for step in steps for operation in step.patch),
        memory=memory,
        fit=fit(memory, gib),
    )


# --- What can be changed -----------------------------------------------------------------------

_MODEL: Final[Path] = ("model", "name")
_TOKENIZER: Final[Path] = ("tokenizer", "name")


def _training(key: str) -> Path:
    return ("training", key)


def _levers(view: View, plan: Plan) -> tuple[_Lever, ...]:
    """Every setting that can make a run smaller, the cheapest first."""
    return (
        tuple(_evaluated(plan)),
        tuple(_batches(view, plan)),
        tuple(_lengths(view, plan)),
        tuple(_adapters(view, plan)),
        tuple(_models(view)),
    )


def _evaluated(plan: Plan) -> Iterator[_Step]:
    rows = plan.eval_batch // 2
    while rows:
        yield _Step(
            {"eval_batch": rows},
            (add(_training("eval_batch_size"), rows),),
            f"Evaluation batch size {rows}",
            "Evaluations take longer; training stays the same.",
        )
        rows //= 2


_LARGEST_BATCH: Final = 1024


def _batches(view: View, plan: Plan) -> Iterator[_Step]:
    """Smaller batches that divide the rows of an update."""
    steps = view.integer("training.gradient_accumulation_steps") or 0
    every = plan.batch * steps
    if not 0 < every <= MAX_INTEGER:
        return
    evaluated = view.integer("training.eval_batch_size") or 0
    for batch in range(min(plan.batch - 1, _LARGEST_BATCH), 0, -1):
        if every % batch:
            continue
        patch: Patch = (
            add(_training("batch_size"), batch),
            add(_training("gradient_accumulation_steps"), every // batch),
        )
        if not plan.dpo and evaluated > batch:
            patch += (add(_training("eval_batch_size"), batch),)
        what = count(every, "pair" if plan.dpo else "row")
        yield _Step(
            {"batch": batch, "eval_batch": min(plan.eval_batch, batch)},
            patch,
            f"Batch size {batch}, accumulation {every // batch}",
            f"An update still takes {what}; the run takes longer.",
        )


_SHORTEST: Final = 256

# The rule training.max_length.short_toolbench speaks up below.
_SHORTEST_TOOLBENCH: Final = 1024


def _lengths(view: View, plan: Plan) -> Iterator[_Step]:
    real = view.is_toolbench_real
    answers = " ToolBench rows start with a long prompt: it is their last turns that go." * real
    # The largest power of two below the present length.
    length = 1 << (plan.longest - 1).bit_length() - 1 if plan.longest > 1 else 0
    while length >= (_SHORTEST_TOOLBENCH if real else _SHORTEST):
        yield _Step(
            {"longest": length},
            (add(_training("max_length"), length),),
            f"Maximum length {length}",
            f"Rows longer than {length} tokens are cut.{answers}",
        )
        length //= 2


def _adapters(view: View, plan: Plan) -> Iterator[_Step]:
    rank = view.integer("training.lora_r") or 0
    if plan.lora or rank < 1 or not _takes_adapters(view, plan):
        return
    patch: Patch = (add(_training("use_lora"), True),)
    if not view.has("training.lora_r"):
        patch += (add(_training("lora_r"), rank),)
    yield _Step(
        {"lora": True, "rank": rank, "dtype": ""},
        patch,
        "LoRA on",
        "Adapters on a 4-bit base are trained instead of all weights; they usually want about ten "
        "times the learning rate.",
    )


def _takes_adapters(view: View, plan: Plan) -> bool:
    """Whether LoRA would run with this config as it is."""
    name = view.text("model.name") or ""
    alpha, dropout = view.number("training.lora_alpha"), view.number("training.lora_dropout")
    usable = alpha is not None and alpha > 0 and dropout is not None and 0 <= dropout < 1
    no_rows = view.strategy == "manual_templates" and models.has_full_vocabulary(name)
    # Adapters in bfloat16 and the gradient scaler of fp16 do not go together (TRL's issue 4901).
    scaled = plan.dpo and plan.habits.bf16_adapters and bool(view.effective("training.fp16"))
    return usable and not (no_rows or scaled or models.lacks_projections(name))


def _models(view: View) -> Iterator[_Step]:
    name = view.text("model.name") or ""
    same_tokenizer = view.value("tokenizer.name") == name
    for smaller, dims in models.smaller(name):
        patch: Patch = (add(_MODEL, smaller),)
        if same_tokenizer:
            patch += (add(_TOKENIZER, smaller),)
        yield _Step(
            {"dims": dims},
            patch,
            f"Model {smaller}",
            "A smaller model of the same family can do less.",
        )


# --- The finding -------------------------------------------------------------------------------


def vram_finding(
    view: View, machine: Machine, habits: Habits = PINNED, dims: ModelDims | None = None
) -> Finding | None:
    """What there is to say where a run needs more memory than the machine's GPU has.

    Nothing where the machine's memory or the model's sizes are not known.
    """
    if not machine.has_gpu or machine.memory is None:
        return None
    try:
        memory = estimate(view, dims, habits)
        if fit(memory, machine.memory) != "exceeds":
            return None
        changes = cheapest_changes(view, machine.memory, dims, habits)
    except Unknown:
        return None
    best = changes[0] if changes else None
    return warning(
        "resources.vram",
        _training("batch_size"),
        _message(memory, machine.memory),
        f"{best.title}: {_uncapital(best.cost)}" if best else _NOTHING_FITS,
        best.patch if best else None,
    )


_NOTHING_FITS: Final = "No setting makes it fit; take a GPU with more memory or a smaller model."


def _message(memory: Memory, gib: float) -> str:
    likely = memory.likely
    largest = max(likely.parts, key=lambda part: part.size)
    return (
        f"{likely.phase.capitalize()} takes about {size_text(likely.total)} of GPU memory, "
        f"{size_text(largest.size)} of it {TITLES[largest.name]}; the GPU has {gib:g} GiB."
    )


def _uncapital(text: str) -> str:
    """A sentence as it goes on in another; LoRA stays LoRA."""
    return text if text.startswith("LoRA") else text[:1].lower() + text[1:]

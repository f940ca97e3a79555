"""Second stage: train.py loads a tokenizer and the tools, and makes or downloads the rows.

``data_generator.py`` is ``src/data/data_generator.py``, ``executor.py`` ``src/tools/executor.py``.
"""

from collections.abc import Iterator
from typing import Any, Final

from core.changes.meant import near_choice
from core.changes.mend import has_no_tools
from core.document import ABSENT, MAX_INTEGER
from core.findings import Finding, Patch, add
from core.presets import built_in_tools
from core.reading import rows
from core.reading.model_names import loadable
from core.reading.rows import Unknown
from core.reading.view import View, path_of
from core.reading.wording import printed, shown
from core.trainers import stage_tools
from core.trainers.facts import Facts
from core.trainers.stage_config import STRATEGIES, is_schema_checked
from core.trainers.stage_model import unloadable
from core.trainers.stage_tools import no_rows
from core.trainers.stops import mend, mend_or, raises, section, set_all, stop

GENERATIONS: Final = ("real", "synthetic")

TOOLBENCH_ROWS_MAX: Final = 190_000
"""No count of the ToolBench training file found in public is above 188 000 conversations."""

SHARE: Final = 0.8
"""The trainer's own split where a config has none (data_generator.py:423)."""


def blockers(facts: Facts) -> Iterator[Finding]:
    """Why train.py would not get rows out of this config."""
    view = facts.view
    yield from _tokenizer(view)
    if section(view, "data") is not None:
        yield from _strategy(view)
        yield from _generation(view)
    yield from stage_tools.blockers(view)
    if view.is_toolbench_real:
        yield from _downloaded_rows(view)
    elif view.is_synthetic:
        yield from _made_rows(view)


def _tokenizer(view: View) -> Iterator[Finding]:
    tokenizer = section(view, "tokenizer")
    if tokenizer is None:
        return
    yield from _tokenizer_name(view)
    if "trust_remote_code" not in tokenizer:
        yield stop(
            "tokenizer.trust_remote_code.required",
            ("tokenizer", "trust_remote_code"),
            "'tokenizer.trust_remote_code' is missing, and the trainer has no default for it.",
            raises("KeyError: 'trust_remote_code'", "data_generator.py:24"),
            "Add it and set it to false.",
            mend(view, "tokenizer.trust_remote_code"),
        )


def _tokenizer_name(view: View) -> Iterator[Finding]:
    name, path = view.value("tokenizer.name"), path_of("tokenizer.name")
    if name is ABSENT:
        yield stop(
            "tokenizer.name.required",
            path,
            "'tokenizer.name' is missing.",
            raises("KeyError: 'name'", _TOKENIZER_AT),
            "Set it to the id of the model.",
            mend(view, "tokenizer.name"),
        )
    elif not isinstance(name, str) or not name.strip():
        yield stop(
            "tokenizer.name.required",
            path,
            f"'tokenizer.name' is {shown(name)}.",
            raises("HFValidationError, OSError or TypeError", _TOKENIZER_AT),
            "Set it to the id of the model.",
            mend(view, "tokenizer.name"),
        )
    elif not loadable(name):
        yield unloadable(view, "tokenizer.name", name, _TOKENIZER_AT)


_TOKENIZER_AT: Final = "data_generator.py:24"


def _strategy(view: View) -> Iterator[Finding]:
    strategy = view.strategy
    if isinstance(strategy, str) and strategy in STRATEGIES:
        return
    missing = strategy is ABSENT
    yield stop(
        "data.strategy.enum",
        ("data", "strategy"),
        "'data.strategy' is missing." if missing else f"The strategy is {shown(strategy)}.",
        _strategy_outcome(view),
        f"The trainer has code for {', '.join(STRATEGIES)} only; choose one of them.",
        _strategy_fix(view),
    )


def _strategy_outcome(view: View) -> str:
    strategy = view.strategy
    if strategy is ABSENT:
        return raises("KeyError: 'strategy'", "config.py:16")
    if not isinstance(strategy, str):
        kind = type(strategy).__name__
        return raises(f"AttributeError: '{kind}' object has no attribute 'lower'", "config.py:16")
    if is_schema_checked(view):
        error = f"ValueError: Invalid configuration: {printed(strategy)} is not one of"
        return raises(f"{error} {list(STRATEGIES)}", "config.py:81")
    return raises(f"ValueError: Unknown data strategy: {strategy}", "data_generator.py:43")


def _strategy_fix(view: View) -> Patch | None:
    """The known strategy that is meant, else ToolBench, which DPO can't read from the download."""
    strategy = view.strategy
    if not isinstance(strategy, str) or not strategy.strip():
        return None
    if meant := near_choice(strategy, STRATEGIES):
        return set_all({"data.strategy": meant})
    if patch := mend(view, "data.strategy"):
        return patch
    return _pairs_patch(view) if view.is_dpo else set_all({"data.strategy": "toolbench"})


def _pairs_patch(view: View) -> Patch:
    """The one kind of data that gives DPO pairs whose halves differ."""
    data = {"data.strategy": "manual_templates", "data.generation_type": "synthetic"}
    lacks_tools = has_no_tools(view.document.get("tools", ABSENT))
    tools = (add(("tools",), list(built_in_tools())),) if lacks_tools else ()
    return (*set_all(data), *tools)


def _generation(view: View) -> Iterator[Finding]:
    value, made = view.value("data.generation_type"), view.strategy in STRATEGIES[1:]
    if view.is_dpo and view.is_toolbench_real:
        yield stop(
            "dpo.toolbench_real",
            ("data", "strategy"),
            "DPO can't be trained on real ToolBench data, which has no text to make pairs of.",
            raises("KeyError: 'text'", "trainer.py:331"),
            "Use the strategy 'manual_templates' with 'synthetic' data, or the method 'sft'.",
            _pairs_patch(view),
        )
    elif view.generation not in GENERATIONS:
        missing = value is ABSENT
        yield stop(
            "data.generation_type.enum",
            ("data", "generation_type"),
            "'data.generation_type' is missing, and the trainer has no default for it."
            if missing
            else f"'data.generation_type' is {shown(value)}.",
            _generation_outcome(value),
            "Use 'real' to download ToolBench and 'synthetic' for everything else.",
            mend(view, "data.generation_type"),
        )
    elif made and view.generation == "real":
        yield stop(
            "data.strategy.generation_combo",
            ("data", "generation_type"),
            f"The strategy '{view.strategy}' has no real data.",
            raises(f"ValueError: Unknown data strategy: {view.strategy}", "data_generator.py:43"),
            "Set 'generation_type' to 'synthetic'.",
            set_all({"data.generation_type": "synthetic"}),
        )


def _generation_outcome(value: Any) -> str:
    if value is ABSENT:
        return raises("KeyError: 'generation_type'", "data_generator.py:29")
    if not isinstance(value, str):
        kind = type(value).__name__
        error = f"AttributeError: '{kind}' object has no attribute 'lower'"
        return raises(error, "data_generator.py:34")
    return raises("ValueError: Unknown data strategy", "data_generator.py:43")


def _downloaded_rows(view: View) -> Iterator[Finding]:
    samples, share = view.value("data.max_samples"), view.value("data.train_split")
    wrong_samples = list(_wrong_samples(view, samples))
    wrong_share = list(_wrong_share(view, share))
    yield from (*wrong_samples, *wrong_share)
    if not wrong_samples and not wrong_share:
        yield from _refused_split(int(samples), share)


def _wrong_samples(view: View, samples: Any) -> Iterator[Finding]:
    if samples is ABSENT or samples is None:
        yield _no_samples(view, samples)
    elif not isinstance(samples, int):
        yield _fractional_samples(view, samples, "data_generator.py:104")
    elif samples > TOOLBENCH_ROWS_MAX:
        yield stop(
            "data.max_samples.exceeds_dataset",
            _SAMPLES,
            f"'data.max_samples' is {shown(samples)}; ToolBench has fewer than "
            f"{TOOLBENCH_ROWS_MAX} conversations.",
            raises(
                f"IndexError: Index {samples - 1} out of range for dataset", "data_generator.py:104"
            ),
            "Take 120000 at most.",
            set_all({"data.max_samples": 120_000}),
        )
    elif samples < 2:
        yield _too_few_samples(view, samples)


_SAMPLES: Final = ("data", "max_samples")


def _no_samples(view: View, samples: Any) -> Finding:
    missing = samples is ABSENT
    return stop(
        "data.max_samples.required",
        _SAMPLES,
        "'data.max_samples' is missing, and ToolBench data has no default for it."
        if missing
        else "'data.max_samples' is null.",
        raises(
            "KeyError: 'max_samples'" if missing else "TypeError: 'NoneType' object",
            "data_generator.py:104",
        ),
        "Say how many conversations to take.",
        mend(view, "data.max_samples"),
    )


def _fractional_samples(view: View, samples: Any, at: str) -> Finding:
    error = f"TypeError: '{type(samples).__name__}' object cannot be interpreted as an integer"
    return stop(
        "data.max_samples.type",
        _SAMPLES,
        f"'data.max_samples' is {shown(samples)}.",
        raises(error, at),
        "Give a whole number, without quotes and without a decimal point.",
        mend(view, "data.max_samples"),
    )


def _too_few_samples(view: View, samples: int) -> Finding:
    one = samples == 1
    return stop(
        "data.train.zero" if one else "data.max_samples.type",
        _SAMPLES,
        f"'data.max_samples' is {shown(samples)}, which leaves no row to train on.",
        raises("ValueError: the resulting train set will be empty", "data_generator.py:147")
        if one
        else raises("StopIteration", "trainer.py:212"),
        "Take more conversations.",
        mend_or(view, "data.max_samples", 100),
    )


def _wrong_share(view: View, share: Any) -> Iterator[Finding]:
    if isinstance(share, int | float):
        return
    missing = share is ABSENT
    kind = type(share).__name__
    error = f"TypeError: unsupported operand type(s) for -: 'int' and '{kind}'"
    yield stop(
        "data.train_split.required" if missing else "data.train_split.range",
        path_of("data.train_split"),
        "'data.train_split' is missing, and ToolBench data has no default for it."
        if missing
        else f"'data.train_split' is {shown(share)}.",
        raises("KeyError: 'train_split'" if missing else error, "data_generator.py:147"),
        "Give the share of training rows, such as 0.8.",
        mend(view, "data.train_split"),
    )


def _refused_split(samples: int, share: int | float) -> Iterator[Finding]:
    try:
        # Python counts true as 1 and false as 0, and so does the trainer.
        rows.split_toolbench(samples, share + 0)
    except Unknown:
        inside = 0 < share < 1
        error = "ValueError: the resulting train set will be empty"
        if not inside:
            error = (
                f"ValueError: test_size={1 - share} should be either positive and smaller than the "
                f"number of samples {samples} or a float in the (0, 1) range"
            )
        yield stop(
            "data.train.zero" if inside else "data.train_split.toolbench_open",
            path_of("data.train_split"),
            f"A 'train_split' of {shown(share)} can't divide {samples} rows in two.",
            raises(error, "data_generator.py:147"),
            "Give a share between 0 and 1 that leaves rows on both sides, such as 0.8.",
            set_all({"data.train_split": SHARE}),
        )


def _made_rows(view: View) -> Iterator[Finding]:
    samples, share = view.effective("data.max_samples"), view.effective("data.train_split")
    if view.strategy == "teacher_mode" and isinstance(samples, float):
        yield _fractional_samples(view, samples, "data_generator.py:162")
    elif isinstance(share, int | float) and abs(share) <= MAX_INTEGER:
        yield from _empty_split(view, share)
    else:
        yield stop(
            "data.train_split.range",
            path_of("data.train_split"),
            f"'data.train_split' is {shown(share)}.",
            raises("TypeError, ValueError or OverflowError", "data_generator.py:424"),
            "Give the share of training rows, such as 0.8.",
            mend(view, "data.train_split"),
        )


def _empty_split(view: View, share: int | float) -> Iterator[Finding]:
    """One side of the split has no row, even with the most rows that chance can give."""
    try:
        made = rows.total(view)[1]
        train, held = rows.split_slices(made, share + 0)
    except Unknown:
        return
    if not made or (train and (held or view.is_dpo)):
        return
    side, at = ("training", "data.train.zero") if not train else ("evaluation", "data.eval.zero")
    few = made < 2
    name = "data.max_samples" if few else "data.train_split"
    yield stop(
        at,
        path_of(name),
        f"A 'train_split' of {shown(share)} leaves none of {made} rows for {side}.",
        no_rows(view),
        "Make more rows." if few else "Give a share that leaves rows on both sides, such as 0.8.",
        set_all({"data.train_split": SHARE} | ({"data.max_samples": 100} if few else {})),
    )

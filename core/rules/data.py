"""The rows: how many, how they are split, how much they differ."""

from collections.abc import Iterator
from typing import Any, Final

from core.derive import highest, lowest
from core.document import Path
from core.findings import Finding, add, replace
from core.reading.view import View
from core.reading.wording import count, info, shown, warning
from core.rules.schedule import spoken
from core.trainers.facts import Facts

_ROWS: Final[Path] = ("data", "max_samples")
_SPLIT: Final[Path] = ("data", "train_split")

_FEW_EVAL: Final = 10
_DIVERSITY: Final = 0.1

# ToolBench's own page says "over 120,000" conversations, its paper 126,486.
_TOOLBENCH_ROWS: Final = 120_000

# Different questions that are made up for a tool (data_generator.py:195-218); 1 for others.
_QUESTIONS: Final = {"calculator": 6, "weather": 6, "search": 4}


def _few_eval_rows(facts: Facts) -> Iterator[Finding]:
    held = facts.derived.rows_eval
    low, high = lowest(held), highest(held)
    if facts.view.is_supervised and low and high and high < _FEW_EVAL:
        share = _share_for_eval(facts)
        yield warning(
            "data.eval.tiny",
            _SPLIT,
            f"The split leaves {spoken(held, 'evaluation row')}; the evaluation loss is chance.",
            f"Use {shown(share)}." if share else "Use more rows.",
            (add(_SPLIT, share),) if share else None,
        )


def _share_for_eval(facts: Facts) -> float | None:
    """The largest share in hundredths with 10 rows to evaluate and as many to train on."""
    train, held = lowest(facts.derived.rows_train), lowest(facts.derived.rows_eval)
    rows = int(train or 0) + int(held or 0)
    for hundredths in range(99, 49, -1):
        share = hundredths / 100
        kept = int(rows * share) if facts.view.is_synthetic else rows - _test_rows(rows, share)
        if _FEW_EVAL <= rows - kept <= kept:
            return share
    return None


def _test_rows(rows: int, share: float) -> int:
    """Rows that ``datasets.train_test_split`` holds back: rounded up, in binary fractions."""
    exact = (1 - share) * rows
    return int(exact) + (exact > int(exact))


def _rows_ignored(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    if view.makes_rows_from_tools and view.has("data.max_samples"):
        train, held = facts.derived.rows_train, facts.derived.rows_eval
        low, high = _sum(lowest(train), lowest(held)), _sum(highest(train), highest(held))
        made = f" ({count(len(view.tools), 'tool')} make {_span(low, high)})" if high else ""
        yield info(
            "data.max_samples.ignored",
            _ROWS,
            f"Samples has no effect: the tools decide how many rows are made{made}.",
            "Add tools for more rows.",
        )


def _sum(train: float | None, held: float | None) -> int:
    return int((train or 0) + (held or 0))


def _span(low: int, high: int) -> str:
    return count(low, "row") if low == high else f"{low} to {high} rows"


def _more_than_toolbench(facts: Facts) -> Iterator[Finding]:
    rows = facts.view.integer("data.max_samples")
    if facts.view.is_toolbench_real and rows is not None and rows > _TOOLBENCH_ROWS:
        yield warning(
            "data.max_samples.exceeds_dataset",
            _ROWS,
            f"Samples is {shown(rows)}; ToolBench has about 126000, and asking for more stops the "
            "run.",
            f"Use {_TOOLBENCH_ROWS} or less.",
            (replace(_ROWS, _TOOLBENCH_ROWS),),
        )


def _little_diversity(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    if not view.is_synthetic or view.strategy == "manual_templates":
        return
    rows = _sum(lowest(facts.derived.rows_train), lowest(facts.derived.rows_eval))
    texts = _distinct_texts(view)
    if texts and texts < _DIVERSITY * rows:
        enough = round(texts / _DIVERSITY)
        sampled = view.strategy == "teacher_mode"
        yield warning(
            "data.synthetic.diversity",
            _ROWS if sampled else ("tools",),
            f"{count(rows, 'row')} hold at most {count(texts, 'different text')}.",
            f"Use {enough} rows or fewer, or more tools." if sampled else "Use the built-in tools.",
            (add(_ROWS, enough),) if sampled else None,
        )


def _distinct_texts(view: View) -> int:
    names = {tool.get("name") for _, tool in view.tools if isinstance(tool.get("name"), str)}
    return sum(_questions(name) for name in names)


def _questions(name: Any) -> int:
    return _QUESTIONS.get(name, 1)


def _seed_ignored(facts: Facts) -> Iterator[Finding]:
    if facts.view.is_synthetic and facts.view.has("seed"):
        yield info(
            "data.synthetic.seed",
            ("seed",),
            "Seed does not make the rows repeatable: they are drawn from a generator that nothing "
            "seeds.",
            "Expect other rows in each run.",
        )


RULES: Final = (
    _few_eval_rows,
    _rows_ignored,
    _more_than_toolbench,
    _little_diversity,
    _seed_ignored,
)

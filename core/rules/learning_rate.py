"""Learning rates that are out of the usual. The bands are advice; the trainer has no limits."""

from collections.abc import Iterator
from typing import Final

from core.document import Path
from core.findings import Finding, Patch, add
from core.reading.view import View
from core.reading.wording import error, shown, warning
from core.trainers.facts import Facts

_PATH: Final[Path] = ("training", "learning_rate")
_HIGH: Final = 1e-3
ABSURD: Final = 1e-2
"""Above this rate training surely diverges."""

# By loop and LoRA: the rule, the band and what is usual. Sources: the LoRA guides of unsloth,
# TRL ("LoRA Without Regret") and tinker; TRL's defaults of 2e-5 for SFT and 1e-6 for DPO.
_BANDS: Final = {
    ("sft", True): ("sft_lora", 2e-5, 5e-4, "LoRA usually wants about 1e-4 to 2e-4"),
    ("sft", False): ("sft_full", 1e-6, 5e-5, "Full fine-tuning usually wants 1e-5 to 2e-5"),
    ("dpo", True): ("dpo", 1e-7, 5e-5, "DPO usually wants about 1e-6 to 5e-6"),
    ("dpo", False): ("dpo", 1e-7, 5e-6, "DPO of all weights usually wants about 1e-6"),
}


def _too_high(facts: Facts) -> Iterator[Finding]:
    rate = facts.view.number("training.learning_rate")
    if rate is not None and rate > _HIGH:
        yield warning(
            "training.learning_rate.high",
            _PATH,
            f"Learning rate is {shown(rate)}; above {shown(_HIGH)} training may become unstable.",
            f"Use {shown(_ceiling(facts.view))} or less.",
            _set(_ceiling(facts.view)),
        )


def _absurd(facts: Facts) -> Iterator[Finding]:
    rate = facts.view.number("training.learning_rate")
    if rate is not None and rate > ABSURD:
        yield error(
            "training.learning_rate.absurd",
            _PATH,
            f"Learning rate is {shown(rate)}; training will diverge.",
            f"Use {shown(_ceiling(facts.view))} or less.",
            _set(_ceiling(facts.view)),
        )


def _outside_band(facts: Facts) -> Iterator[Finding]:
    rate, band = facts.view.number("training.learning_rate"), _band(facts.view)
    if band is None or rate is None or not 0 < rate <= _HIGH:
        return
    name, low, high, usual = band
    if not low <= rate <= high:
        edge = low if rate < low else high
        yield warning(
            f"training.learning_rate.{name}",
            _PATH,
            f"Learning rate {shown(rate)} is {'low' if rate < low else 'high'}: {usual}.",
            f"Use {shown(low)} to {shown(high)}.",
            _set(edge),
        )


def _band(view: View) -> tuple[str, float, float, str] | None:
    if view.is_dpo:
        return _BANDS["dpo", view.uses_lora]
    return _BANDS["sft", view.uses_lora] if view.is_supervised else None


def _ceiling(view: View) -> float:
    band = _band(view)
    return band[2] if band else _HIGH


def _set(rate: float) -> Patch:
    return (add(_PATH, rate),)


RULES: Final = (_too_high, _absurd, _outside_band)

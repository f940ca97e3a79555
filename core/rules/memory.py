"""Whether a run fits the memory of the GPU that it is judged for."""

from collections.abc import Iterator
from typing import Final

from core.estimates.fitting import vram_finding
from core.estimates.plan import habits
from core.findings import Finding
from core.trainers.facts import Facts


def _fits(facts: Facts) -> Iterator[Finding]:
    finding = vram_finding(facts.view, facts.machine, habits(facts.libraries))
    if finding is not None:
        yield finding


RULES: Final = (_fits,)

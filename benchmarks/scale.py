"""How far the growth measurements go."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Scale:
    """The sizes at which each question is asked, least first.

    Attributes:
        rows: saved configs in one file, a multiple of 1000 so that each user has a whole page.
        configs: configs side by side.
        leaves: leaves that differ between two configs.
        tools: tools of one config.
        files: files of one ``check`` command.
        rounds: how often each candidate runs.
        slice_seconds: how long each runs in one round.
    """

    rows: tuple[int, ...]
    configs: tuple[int, ...]
    leaves: tuple[int, ...]
    tools: tuple[int, ...]
    files: tuple[int, ...]
    rounds: int
    slice_seconds: float


FULL: Final = Scale(
    rows=(1_000, 10_000, 100_000, 1_000_000),
    configs=(2, 5, 10, 20, 50, 100, 200, 500, 1_000),
    leaves=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000),
    tools=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000),
    files=(1, 3, 10, 30, 100, 300, 1_000),
    rounds=7,
    slice_seconds=0.05,
)
QUICK: Final = Scale(
    rows=(1_000, 10_000, 100_000),
    configs=(2, 10, 100),
    leaves=(1, 10, 100, 1_000),
    tools=(1, 10, 100, 1_000),
    files=(1, 10, 100),
    rounds=5,
    slice_seconds=0.03,
)
TINY: Final = Scale(
    rows=(1_000, 2_000),
    configs=(2, 3),
    leaves=(1, 2),
    tools=(1, 2),
    files=(1, 2),
    rounds=1,
    slice_seconds=0.0,
)

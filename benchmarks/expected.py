"""The field that each contestant edits, and what a value entered there has to show."""

from typing import Final

from core import presets
from core.derive import derive
from core.document import put
from core.reading.view import View
from ui.session import FIRST_PRESET
from ui.text import grouped

OUR_FIELD: Final = "Samples (rows)"
BARE_FIELD: Final = "field 0"
LLAMABOARD_FIELD: Final = "Max samples"


def our_rows(value: int) -> str:
    """The training rows that follow from a number of samples, as the build page writes them."""
    config = presets.find(FIRST_PRESET).config
    rows = derive(View(put(config, ("data", "max_samples"), value))).rows_train
    assert isinstance(rows, int)
    return grouped(rows)


def bare_total(value: int) -> str:
    """The line of the plain page for a value of its first field."""
    return f"total {value + sum(range(1, 35))}"


def llamaboard_argument(value: int) -> str:
    """The argument in the command that LlamaBoard previews."""
    return f"--max_samples {value}"

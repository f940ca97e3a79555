"""What each picture of growth is called, what its axes count, and whose line is whose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        title: the question.
        across: what the sizes count.
        yardstick: what one unit of the upright axis is.
        others: the lines that are not ours.
    """

    title: str
    across: str
    yardstick: str
    others: frozenset[str] = frozenset()


VALIDATORS: Final = frozenset(
    {"jsonschema.validate", "jsonschema, prebuilt", "jsonschema-rs, prebuilt", "json.loads"}
)
DIFFERS: Final = frozenset({"plain flatten", "pandas", "dictdiffer", "deepdiff"})

PICTURES: Final[Mapping[str, Picture]] = {
    "list": Picture(
        "List saved configs",
        "configs in the file, of 100 users",
        "the first page of a small file",
        frozenset({"select *, seed's table"}),
    ),
    "search": Picture(
        "Search and count",
        "configs in the file, of 100 users",
        "a search that finds much in a small file",
        frozenset({"like, seed's table"}),
    ),
    "save": Picture(
        "Save",
        "configs in the file, of 100 users",
        "a new version in a small file",
    ),
    "compare": Picture(
        "Compare more configs", "configs side by side", "our comparison of two", DIFFERS
    ),
    "differences": Picture(
        "Compare what differs more",
        "leaves that differ between two configs",
        "our comparison with one difference",
        DIFFERS,
    ),
    "check": Picture(
        "Check a longer config", "tools in one config", "our check of one tool", VALIDATORS
    ),
    "files": Picture(
        "Check more files",
        "files of one command, its start included",
        "our command for one file",
        VALIDATORS,
    ),
}

"""The commands about the trainer: what it takes for each key, and what it has to run with."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.cli_target import target
from core.document import Document, write

if TYPE_CHECKING:
    from core.target import Setting
    from core.view import View

EFFECTIVE_ABOUT: Final = """\
Show what the trainer takes for each key: what you wrote, what it uses, and why.

It also shows what follows from the config, and what nobody can set. "taken otherwise" and "capped"
mean that a run takes something else than what is written; "no effect" that nothing looks at it."""
EFFECTIVE_MORE: Final = """\
--changed leaves out what is taken as it is written, defaults, and what nobody can set.

examples:
  python -m core effective my.json
  python -m core effective --changed my.json
  python -m core effective --json --trainer tiny_tool_use_fork my.json"""

REQUIREMENTS_ABOUT: Final = """\
Print a requirements file for pip with which the trainer runs a config.

It pins the newest libraries that the trainer works with on that machine, and holds what this config
needs, such as bitsandbytes for LoRA. With --environment today it holds today's libraries, where
the trainer runs with them."""
REQUIREMENTS_MORE: Final = """\
exit codes:
  0  the libraries and the machine don't stop the trainer
  1  they do; nothing is printed, and stderr says why
  2  FILE or the arguments can't be used

examples:
  python -m core requirements my.json > requirements.txt
  python -m core requirements --machine cpu my.json"""


def effective(args: argparse.Namespace, document: Document, say: Callable[[str], None]) -> int:
    """Print what a run takes for each key."""
    from core.effective import effective as entries_of
    from core.render_trainer import effective_text

    entries = entries_of(document, target(args))
    shown = [entry for entry in entries if not args.changed or entry.is_otherwise]
    say(write([entry.as_json() for entry in shown]) if args.json else effective_text(shown))
    return 0


def requirements(
    args: argparse.Namespace,
    document: Document,
    say: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Print a requirements file, or say why no run would get to its end with it."""
    from core.requirements import requirements as requirements_of

    found = requirements_of(document, target(args))
    for blocker in found.blockers:
        complain(f"{blocker.message} {blocker.remedy} [{blocker.rule}]")
    if found.blockers:
        return 1
    say(found.text)
    return 0


@dataclass(frozen=True, slots=True)
class MemoryAnswer:
    """What ``derive`` says about memory.

    Attributes:
        estimate: the JSON of the estimate, or ``None`` where it can't be said.
        text: the same to read.
        reason: why it can't be said; empty where it can.
    """

    estimate: dict[str, Any] | None
    text: str
    reason: str = ""

    def added_to(self, derived: dict[str, Any]) -> dict[str, Any]:
        """The JSON of ``derive`` with the estimate, or with the reason why there is none."""
        notes = derived["notes"] | ({"memory": self.reason} if self.reason else {})
        return {**derived, "memory": self.estimate, "notes": notes}


def memory(view: "View", setting: "Setting", sizes: Document | None) -> MemoryAnswer:
    """The estimate for a run on a machine; with ``sizes``, the model's own ``config.json``.

    Raises:
        UnknownSizes: that is none of a model whose sizes can be told.
    """
    from core.fitting import cheapest_changes, fit
    from core.memory import estimate, habits
    from core.models import dims_from_config
    from core.render_memory import changes_text, memory_text
    from core.rows import Unknown

    name = view.text("model.name") or ""
    dims = None if sizes is None else dims_from_config(sizes, name)
    own, gib = habits(setting.libraries), setting.machine.memory
    try:
        found = estimate(view, dims, own)
        changes = cheapest_changes(view, gib, dims, own) if gib else ()
    except Unknown as unknown:
        return MemoryAnswer(None, f"memory: {unknown}\n", str(unknown))
    text = memory_text(found, setting.machine)
    if changes:
        text += f"\nto make it fit:\n{changes_text(changes)}"
    machine = {"machine": setting.machine.id, "fit": fit(found, gib)} if gib else {}
    return MemoryAnswer(found.as_json() | machine, text)


def add_options(command: Any) -> None:
    """Add the options of ``effective``."""
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--changed", action="store_true", help="show only what is not taken as it is written"
    )

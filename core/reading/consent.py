"""Commands that a config would run on the training machine, and the recorded yes to each of them.

A command tool is an item of ``tools`` whose ``type`` is ``command``, or that has a ``command``. A
yes is given to the text of a command, by its hash: whatever else of the config changes, it stands;
where the command changes, it does not. ``tunesmith.command_hashes`` of ``supabase/migrations``
finds the same commands.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.document import Document, Path
from core.reading.view import tool_name


@dataclass(frozen=True, slots=True)
class Command:
    """What one tool would run.

    Attributes:
        path: the tool's place in the document.
        tool: its name, or empty where it has none.
        text: the command; empty where there is none that is text, since the trainer runs no
            other (``executor.py:74`` calls ``.format`` on it).
        sha256: of the text as UTF-8, in hexadecimal digits.
    """

    path: Path
    tool: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Approval:
    """The yes of a user to a command.

    Attributes:
        sha256: which command, see ``Command``.
        at: when it was given, in UTC.
        by: the id of the user who gave it.
    """

    sha256: str
    at: datetime
    by: str

    def as_json(self) -> dict[str, str]:
        """The approval as databases, drafts and exports keep it."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return {"sha256": self.sha256, "at": at, "by": self.by}


def from_json(value: Any) -> tuple[Approval, ...]:
    """The approvals of a list whose items ``Approval.as_json`` wrote.

    Raises:
        TypeError, ValueError, KeyError or OverflowError: it is no such list.
    """
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_approval, value))


def _approval(value: Any) -> Approval:
    sha256, by = value["sha256"], value["by"]
    if not isinstance(sha256, str) or not isinstance(by, str):
        raise TypeError
    return Approval(sha256, datetime.fromisoformat(value["at"]).astimezone(UTC), by)


def is_command_tool(tool: Mapping[str, Any]) -> bool:
    """Whether an item of ``tools`` runs a command, or would with another type."""
    return tool.get("type") == "command" or "command" in tool


def commands(document: Document) -> tuple[Command, ...]:
    """Every command of a document, in the order of its tools."""
    tools = document.get("tools")
    found = enumerate(tools) if isinstance(tools, list) else ()
    return tuple(
        _command(index, tool)
        for index, tool in found
        if isinstance(tool, dict) and is_command_tool(tool)
    )


def _command(index: int, tool: Mapping[str, Any]) -> Command:
    command = tool.get("command")
    text = command if isinstance(command, str) else ""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Command(("tools", index), tool_name(tool) or "", text, digest)


def unapproved(document: Document, approved: Collection[str]) -> tuple[Command, ...]:
    """The commands of a document whose hashes are not among the approved ones."""
    return tuple(command for command in commands(document) if command.sha256 not in approved)


def hashes(approvals: Iterable[Approval]) -> frozenset[str]:
    """Which commands these approvals are for."""
    return frozenset(approval.sha256 for approval in approvals)


def recorded(
    document: Document,
    given: Iterable[Approval],
    known: Iterable[Approval],
    *,
    by: str,
    now: datetime,
) -> tuple[Approval, ...]:
    """What a store keeps of the approvals that come with a document.

    Args:
        document: those of commands that it doesn't have are left out.
        given: what came with it; of several for one command the first counts.
        known: what the store has of the same config already; it stays as it was recorded.
        by: the id of the user whose config it is: all others are recorded as theirs.
        now: none of them is recorded as given later.

    Returns:
        One for each command that has one, in the order of their hashes.
    """
    kept = {approval.sha256: approval for approval in known}
    first = {approval.sha256: approval for approval in reversed([*given])}
    new = {sha256: Approval(sha256, min(one.at, now), by) for sha256, one in first.items()}
    needed = {command.sha256 for command in commands(document)}
    return tuple((new | kept)[sha256] for sha256 in sorted(needed & new.keys()))

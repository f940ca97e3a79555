"""Which commands a config runs, and what is recorded of a yes to them."""

from datetime import timedelta
from typing import Any

import pytest

from core.check import check
from core.document import parse
from core.reading.consent import Approval, Command, commands, from_json, recorded, unapproved
from tests.commands import COMMANDS, NOBODY, THEN, approval, digest, running, tool


@pytest.mark.parametrize("case", COMMANDS)
def test_every_command_is_found(case: str) -> None:
    text, expected = COMMANDS[case]
    found = commands(parse(text))
    assert [command.text for command in found] == expected
    assert [command.sha256 for command in found] == list(map(digest, expected))


@pytest.mark.parametrize("case", COMMANDS)
def test_the_checks_find_the_same(case: str) -> None:
    document = parse(COMMANDS[case][0])
    told = [one.path for one in check(document).findings if one.rule == "security.tool_command"]
    assert told == [command.path for command in commands(document)]


def test_a_command_says_where_it_is() -> None:
    named, unnamed = tool(name="shell", command="ls"), {"command": "ls", "name": 5}
    assert commands({"tools": [tool(), named, unnamed]}) == (
        Command(("tools", 1), "shell", "ls", digest("ls")),
        Command(("tools", 2), "", "ls", digest("ls")),
    )


def test_half_of_a_surrogate_pair_is_a_command_too() -> None:
    assert [command.text for command in commands({"tools": [{"command": "\ud800"}]})] == ["\ud800"]


def test_a_yes_is_to_the_very_text() -> None:
    document = parse(running("ls", "ls ", "LS"))
    assert [one.text for one in unapproved(document, {digest("ls")})] == ["ls ", "LS"]
    assert unapproved(document, {digest(text) for text in ("ls", "ls ", "LS")}) == ()


def test_what_is_recorded_is_of_the_user_of_now_or_before_and_of_these_commands() -> None:
    document, now = parse(running("b", "a", "c", "a")), THEN + timedelta(hours=1)
    given = [approval("a"), approval("c", at=now + timedelta(days=9)), approval("z"), approval("a")]
    known = [approval("a", at=THEN - timedelta(days=1), by="them"), approval("b", by="them")]
    found = recorded(document, given, known, by="me", now=now)
    expected = [known[0], Approval(digest("c"), now, "me")]
    assert list(found) == sorted(expected, key=lambda one: one.sha256)


def test_of_two_for_one_command_the_first_counts() -> None:
    given = [approval("a"), approval("a", at=THEN - timedelta(days=1))]
    (one,) = recorded(parse(running("a")), given, (), by="me", now=THEN)
    assert one == approval("a", by="me")


def test_an_approval_comes_back_as_it_was() -> None:
    kept = approval("ls").as_json()
    assert kept == {
        "sha256": digest("ls"),
        "at": "2026-04-01T08:30:00.000005+00:00",
        "by": NOBODY,
    }
    assert from_json([kept]) == (approval("ls"),)


@pytest.mark.parametrize(
    "value",
    [None, {}, "x", [None], ["x"], [{}], [{"sha256": 1, "at": "2026-04-01", "by": ""}],
     [{"sha256": "", "at": "soon", "by": ""}], [{"sha256": "", "at": 5, "by": ""}]],
)  # fmt: skip
def test_what_is_no_list_of_approvals_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, LookupError)):
        from_json(value)

"""The soak in short: the real app, each fault once that a plain user can make, a few users.

The long one is run by hand: ``python -m tools.soak``; docs/faults.md has what it found.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.soak import faults
from tools.soak.answers import faults_of, leaks
from tools.soak.gauge import Sample, longest_life, slope
from tools.soak.ledger import Content, Ledger
from tools.soak.places import Local
from tools.soak.plan import STEADY_SHARE, plan
from tools.soak.soak import Soak, Wish
from tools.soak.verdict import table
from tools.soak.wire import Reply

ENDING = ("restart", "kill")
GENTLE = ("pause", "locked", "crowd")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    yield ledger
    ledger.close()


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_and_no_error_is_a_traceback(tmp_path: Path) -> None:
    data = tmp_path / "data"
    wish = Wish(seconds=50, users=4, readers=1, rate=6, hold=1.5, every=10)
    outcome = Soak(wish, Local(data, small_disk=False), tmp_path, data).run()
    said = table(outcome)
    assert outcome.is_good, said
    wanted = {*faults.restarting(), *faults.gentle(small_disk=False)}
    assert {made.fault for made in outcome.made} == wanted, said
    assert outcome.ledger.counts["acknowledged"] > 10, said


# --- What the soak stands on -------------------------------------------------------------------


def test_each_fault_comes_and_none_ends_the_app_in_the_last_part() -> None:
    for seconds, seed in ((60, 1), (600, 2), (3600, 7)):
        dues = plan(seconds, seed, ENDING, GENTLE, 45)
        assert {due.fault for due in dues} == {*ENDING, *GENTLE}
        assert all(due.fault in GENTLE for due in dues if due.at > seconds * (1 - STEADY_SHARE))
        assert [due.at for due in dues] == sorted(due.at for due in dues)


def test_a_seed_tells_the_whole_plan() -> None:
    first = plan(3600, 7, ENDING, GENTLE, 45)
    assert first == plan(3600, 7, ENDING, GENTLE, 45)
    assert first != plan(3600, 8, ENDING, GENTLE, 45)


def test_a_revision_for_two_contents_is_a_lost_save(ledger: Ledger) -> None:
    ledger.version("a", 0, 1, Content("x", "1"))
    ledger.version("a", 0, 1, Content("x", "1"))
    assert ledger.wrong == []
    ledger.version("a", 0, 1, Content("x", "2"))
    assert len(ledger.wrong) == 1


def test_what_is_in_doubt_may_be_there_as_a_whole_or_not_at_all(ledger: Ledger) -> None:
    ledger.version("a", 0, 1, Content("x", "1"))
    ledger.doubt("a", 2, Content("x", "2"))
    kept = ledger.configs["a"]
    assert kept.may_be(2, Content("x", "2"))
    assert not kept.may_be(2, Content("x", "3"))
    assert not kept.may_be(1, Content("x", "2"))


PROBLEM = json.dumps(
    {"type": "urn:x", "title": "Not now", "status": 503, "detail": "Busy.", "code": "unavailable"}
).encode()
HEADERS = {"content-type": "application/problem+json", "retry-after": "5"}


def test_an_answer_in_the_one_shape_is_taken() -> None:
    assert faults_of(Reply(503, HEADERS, PROBLEM)) == []
    assert faults_of(Reply(200, {}, b"anything")) == []


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(500, {"content-type": "text/plain"}, b"Internal Server Error"), "no problem"),
        (Reply(502, HEADERS, PROBLEM), "says 503 and is 502"),
        (Reply(503, {"content-type": "application/problem+json"}, PROBLEM), "when to come back"),
        (Reply(503, HEADERS, PROBLEM.replace(b"Busy.", b"")), "lacks detail"),
        (Reply(503, HEADERS, PROBLEM.replace(b"Busy.", b"See /home/ada/x.")), "shows a path"),
        (Reply(503, HEADERS, PROBLEM.replace(b"Busy.", b"sqlite3.Error")), "shows code"),
    ],
)
def test_another_answer_is_told(reply: Reply, fault: str) -> None:
    assert any(fault in found for found in faults_of(reply))


def test_a_secret_is_told() -> None:
    assert leaks("the pass phrase", ["pass phrase"]) == ["shows a secret"]
    assert leaks("Nothing was changed; try again in a moment.") == []


def test_growth_is_told_of_the_longest_life_only() -> None:
    short = [Sample(at, 1, 50.0 + at, 10, 5, 1.0) for at in range(0, 100, 5)]
    flat = [Sample(at, 2, 120.0, 10, 5, 1.0) for at in range(100, 400, 5)]
    assert longest_life(short + flat) == flat
    assert slope(flat) == 0
    assert slope(short) == pytest.approx(3600)

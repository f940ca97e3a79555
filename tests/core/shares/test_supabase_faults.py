"""What links say when the Supabase project is away, refuses, or answers nonsense."""

from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest

from core.errors import NeedsConsent, NotAllowed, NotFound, StoreError, Unacceptable, Unavailable
from core.identity.protocol import Actor
from core.shares.protocol import new_token
from core.shares.snapshot import to_json
from core.shares.supabase import SupabaseSharedReader, SupabaseShares
from tests.accounts import at_once, outcome
from tests.shares import comparison, of_config
from tests.supabase_answers import KEY, LEAK, NONSENSE, Answer, Answers, project_that_says
from tests.supabase_users import FixedAccess

ID: Final = "6f1d2c0a-0000-4000-8000-000000000001"
ANNA: Final = Actor("6f1d2c0a-0000-4000-8000-00000000000a", "Anna", FixedAccess("token"))
THEN: Final = "2026-05-01T12:00:00+00:00"
LATER: Final = "2026-05-02T12:00:00+00:00"
TOKEN: Final = new_token()

Call = Callable[[SupabaseShares], Any]
CALLS: Final[dict[str, Call]] = {
    "make": lambda shares: shares.make(comparison(), "two"),
    "make of a config": lambda shares: shares.make(of_config(), "run", config_id=ID),
    "list": lambda shares: shares.list(),
    "revoke": lambda shares: shares.revoke(ID),
}


def told(call: Call, *answers: Answer) -> tuple[Any, Answers]:
    with project_that_says(*answers) as (project, given):
        return outcome(call, SupabaseShares(project, ANNA)), given


def read(*answers: Answer) -> Any:
    with project_that_says(*answers) as (project, _):
        return outcome(lambda reader: reader.read(TOKEN), SupabaseSharedReader(project))


def assert_plain(error: Any) -> None:
    assert isinstance(error, StoreError)
    assert LEAK not in f"{error} {error!r} {error.args}"
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize("kind", NONSENSE)
def test_an_answer_that_is_nonsense_is_said_in_a_sentence(kind: str) -> None:
    # Side by side: those that may be asked again wait a little.
    outcomes = at_once(
        lambda call: told(call, NONSENSE[kind])[0], [(one,) for one in CALLS.values()]
    )
    for name, found in zip(CALLS, outcomes, strict=True):
        if isinstance(found, Exception):
            assert isinstance(found, (Unavailable, NotFound)), name
            assert_plain(found)
        else:
            assert (name, kind) in {("list", "nothing"), ("revoke", "rows of other things")}
    found = read(NONSENSE[kind])
    assert found is None or isinstance(found, Unavailable)


@pytest.mark.parametrize("error", [httpx.ConnectError(LEAK), httpx.ReadTimeout(LEAK)])
def test_a_project_that_is_away_is_said_in_a_sentence(error: Exception) -> None:
    for found in (*(told(call, error)[0] for call in CALLS.values()), read(error)):
        assert isinstance(found, Unavailable)
        assert_plain(found)


REFUSED: Final[dict[str, tuple[dict[str, str], type[StoreError], str]]] = {
    "too many": (
        {"code": "P0001", "message": "quota: 20 links to one config", "hint": "quota"},
        Unacceptable,
        "revoke one first",
    ),
    "a command": (
        {"code": "P0001", "message": "consent: a command", "hint": "consent"},
        NeedsConsent,
        "approve it",
    ),
    "a title": (
        {"code": "23514", "message": 'violates check constraint "config_shares_title_ck"'},
        Unacceptable,
        "The title is too long",
    ),
    "somebody else's": ({"code": "42501", "message": LEAK}, NotAllowed, "sign in again"),
    "an older schema": ({"code": "PGRST202", "message": LEAK}, Unavailable, "supabase check"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_project_refuses_is_said_in_a_sentence(name: str) -> None:
    answer, kind, sentence = REFUSED[name]
    found, _ = told(CALLS["make"], (400, answer))
    assert isinstance(found, kind)
    assert sentence in str(found)
    assert_plain(found)


def test_a_link_is_made_and_read_once() -> None:
    """Neither is asked again by itself: the first may have been heard."""
    error = httpx.ReadTimeout(LEAK)
    _, given = told(CALLS["make"], error)
    assert len(given.asked) == 1
    with project_that_says(error) as (project, given):
        outcome(lambda reader: reader.read(TOKEN), SupabaseSharedReader(project))
    assert len(given.asked) == 1


def test_the_token_goes_in_no_address_and_the_hash_alone_is_sent_to_be_kept() -> None:
    made = [{"id": ID, "created_at": THEN, "expires_at": LATER}]
    found, given = told(CALLS["make"], (200, made))
    (request,) = given.asked
    assert found.token not in request.content.decode() + str(request.url)
    with project_that_says((200, [])) as (project, given):
        assert SupabaseSharedReader(project).read(TOKEN) is None
    (request,) = given.asked
    assert request.method == "POST"
    assert TOKEN not in str(request.url)
    # It is asked for as nobody.
    assert request.headers["authorization"] == f"Bearer {KEY}"


FORGED: Final[dict[str, Any]] = {
    "a snapshot that is none": {"snapshot": "{"},
    "a snapshot that is no text": {"snapshot": 7},
    "a moment that is none": {"created_at": "soon"},
    "nothing": {"snapshot": None},
}


@pytest.mark.parametrize("name", FORGED)
def test_what_its_owner_has_forged_shows_nothing(name: str) -> None:
    row = {"kind": "config", "title": "x", "snapshot": to_json(of_config())}
    row |= {"created_at": THEN, "expires_at": LATER}
    assert read((200, [row]))
    assert read((200, [row | FORGED[name]])) is None

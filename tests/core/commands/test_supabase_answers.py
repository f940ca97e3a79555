"""``supabase check``, ``push`` and ``pull``: what no real server says, or none is needed for."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from core.commands.supabase import VERSION, HeldAccess, Line, check, copy, local_place
from core.errors import InputError, NotFound, TunesmithError, Unavailable
from core.identity.local import LOCAL_USER
from core.identity.protocol import NewAccount, Tokens
from core.stores.copying import Place
from core.stores.protocol import Config
from core.stores.sqlite import SqliteStore
from core.system.database import Database, now
from core.system.remote import Project
from tests.accounts import PASSWORD, local_identity
from tests.stores import ANNA, BERT, create, sqlite_database
from tests.supabase_answers import KEY, LEAK, NONSENSE, URL

SETTINGS: Final[dict[str, Any]] = {
    "external": {"email": True, "anonymous_users": False},
    "disable_signup": False,
    "mailer_autoconfirm": False,
}
GOOD: Final[dict[str, tuple[int, Any]]] = {
    "/auth/v1/settings": (200, SETTINGS),
    "/rest/v1/rpc/check_tunesmith": (200, {"version": VERSION, "differences": []}),
    "/rest/v1/limits": (406, {"code": "PGRST106"}),
}


def lines(**changes: tuple[int, Any]) -> list[Line]:
    """What is said of a project that answers well but for some paths, by their last word."""
    answers = GOOD | {
        path: changes[path.rpartition("/")[2]]
        for path in (*GOOD, "/rest/v1/training_configs")
        if path.rpartition("/")[2] in changes
    }

    def answer(request: httpx.Request) -> httpx.Response:
        status, body = answers.get(request.url.path, (401, {"code": "42501"}))
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, text=text)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        return list(check(Project.open(URL, KEY, http)))


def told(found: list[Line], state: str) -> list[str]:
    return [f"{line.text} {line.remedy}" for line in found if line.state == state]


def test_a_hosted_project_as_it_should_be() -> None:
    found = lines()
    assert told(found, "problem") == told(found, "warning") == []


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({"mailer_autoconfirm": True}, "warning", "supabase config push"),
        ({"external": {"email": False}}, "problem", "Sign-in by email is off"),
        ({"external": {"anonymous_users": True}}, "warning", "Anonymous sign-ins"),
        ({"disable_signup": True}, "info", "Sign-ups are closed"),
    ],
)
def test_settings_are_told(change: dict[str, Any], state: str, said: str) -> None:
    assert said in " ".join(told(lines(settings=(200, SETTINGS | change)), state))


def test_an_older_and_a_newer_schema() -> None:
    for version, remedy in ((1, "supabase db push"), (VERSION + 1, "start a newer Tunesmith")):
        (problem,) = told(lines(check_tunesmith=(200, {"version": version})), "problem")
        assert remedy in problem


def test_a_policy_that_was_changed() -> None:
    difference = {"what": "policy p on public.config_drafts", "problem": "was changed"}
    found = lines(check_tunesmith=(200, {"version": VERSION, "differences": [difference]}))
    (problem,) = told(found, "problem")
    assert "policy p on public.config_drafts" in problem
    assert "psql" in problem


def test_rows_that_anybody_can_read() -> None:
    (problem,) = told(lines(training_configs=(200, [{"id": 1}])), "problem")
    assert "training_configs" in problem


@pytest.mark.parametrize("answer", [(200, []), (401, {"code": "42501"}), (403, {})])
def test_the_inner_schema_is_exposed_even_if_its_tables_are_closed(answer: Any) -> None:
    (problem,) = told(lines(limits=answer), "problem")
    assert "schema tunesmith is exposed" in problem


@pytest.mark.parametrize("path", ["settings", "check_tunesmith", "training_configs", "limits"])
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_a_sentence_and_leaks_nothing(path: str, nonsense: str) -> None:
    try:
        said = str(lines(**{path: NONSENSE[nonsense]}))
    except TunesmithError as error:
        said = str(error)
    assert LEAK not in said


def test_what_is_no_project_is_not_taken_for_one() -> None:
    for status, body in ((200, {}), (404, {"message": "x"}), (200, {"external": 5})):
        with pytest.raises(Unavailable, match="is not a Supabase project"):
            lines(settings=(status, body))
    with pytest.raises(Unavailable, match="paused"):
        lines(settings=(540, "Project paused"))


def test_odd_differences_are_no_traceback() -> None:
    for odd in ("text", 5, None, [5, None, {"what": [1]}], {"a": 1}):
        answer = (200, {"version": VERSION, "differences": odd})
        assert told(lines(check_tunesmith=answer), "problem")


def test_a_token_is_renewed_before_it_expires() -> None:
    renewed = Tokens("second", "b", now() + timedelta(hours=1))
    access = HeldAccess(Tokens("first", "a", now() + timedelta(seconds=30)), lambda _: renewed)
    assert [access.token(), access.token(), access.renewed("first")] == ["second"] * 3


# --- Accounts of the file ------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "accounts.sqlite3")) as opened:
        yield opened


def test_what_was_kept_without_a_sign_in_can_be_copied_too(database: Database) -> None:
    identity = local_identity(database)
    with pytest.raises(InputError, match="no accounts"):
        local_place(database, None)
    identity.ensure_local_user()
    assert local_place(database, None).user_id == LOCAL_USER
    ann = identity.add(NewAccount("ann", PASSWORD))
    with pytest.raises(InputError, match="ann, local"):
        local_place(database, None)
    assert local_place(database, "ANN").user_id == ann.user_id
    assert local_place(database, "local").user_id == LOCAL_USER
    with pytest.raises(NotFound, match="'eve'"):
        local_place(database, "eve")


# --- What is printed -----------------------------------------------------------------------------


class Failing(SqliteStore):
    def adopt(self, config: Config, versions: object) -> Config | None:
        raise Unavailable("The project is away.")


def test_how_far_it_came_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    with closing(sqlite_database(tmp_path / "stores.sqlite3")) as database:
        here, there = SqliteStore(database, ANNA), Failing(database, BERT)
        create(here, "run")
        with pytest.raises(Unavailable) as error:
            copy(Place(here, ANNA.user_id), Place(there, BERT.user_id), said.append, said.append)
    assert str(error.value) == "The project is away. Nothing was copied; run it again to go on."
    assert said == []

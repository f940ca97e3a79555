"""What the Supabase store says when the project is away, refuses, or answers nonsense."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import pytest
from supabase import AuthError

from core.errors import NeedsConsent, NotAllowed, NotFound, StoreError, Unacceptable, Unavailable
from core.identity.protocol import Actor
from core.stores.protocol import KeptDraft, Query
from core.stores.supabase import CONFIGS, SupabaseStore
from core.system.remote import READ_TRIES, Project
from tests.accounts import at_once, outcome
from tests.stores import FINE, content, names
from tests.supabase_answers import (
    KEY,
    LEAK,
    NONSENSE,
    URL,
    Answer,
    Answers,
    Counting,
    project_that_says,
)
from tests.supabase_server.lite import LiteServer, Settings
from tests.supabase_server.plugin import NewServer
from tests.supabase_users import PASSWORD, FixedAccess, User, emptied, new_user

ID: Final = "6f1d2c0a-0000-4000-8000-000000000001"
ANNA: Final = Actor("6f1d2c0a-0000-4000-8000-00000000000a", "Anna", FixedAccess("token"))
THEN: Final = "2026-05-01T12:00:00+00:00"
DRAFT: Final = KeptDraft("slot", "run", None, "{}")

Call = Callable[[SupabaseStore], Any]
READS: Final[dict[str, Call]] = {
    "list": lambda store: store.list(Query()),
    "count": lambda store: store.count(Query()),
    "facets": lambda store: store.facets(),
    "get": lambda store: store.get(ID),
    "versions": lambda store: store.versions(ID),
    "version": lambda store: store.version(ID, 1),
    "everything": lambda store: list(store.everything()),
    "deleted": lambda store: store.deleted(),
    "drafts": lambda store: store.drafts(),
    "keep_draft": lambda store: store.keep_draft(DRAFT),
}
WRITES: Final[dict[str, Call]] = {
    "create": lambda store: store.create(content()),
    "save": lambda store: store.save(ID, content(), expected_revision=1),
    "mark_used": lambda store: store.mark_used(ID),
    "delete": lambda store: store.delete(ID),
    "tag": lambda store: store.tag([ID], ["tag"]),
    "drop_draft": lambda store: store.drop_draft("slot"),
}
# They read first.
BOTH: Final[dict[str, Call]] = {
    "restore": lambda store: store.restore(ID, 1, FINE, expected_revision=1),
    "undelete": lambda store: store.undelete(ID),
}
CALLS: Final = READS | WRITES | BOTH


def told(call: Call, *answers: Answer) -> tuple[Any, Answers]:
    """What a call gives where the project gives these answers."""
    with project_that_says(*answers) as (project, given):
        return outcome(call, SupabaseStore(project, ANNA)), given


def assert_plain(error: Any) -> None:
    """A sentence or two of ours, with nothing that the project said, and no error behind it."""
    assert isinstance(error, StoreError)
    assert "\n" not in str(error)
    assert LEAK not in f"{error} {error!r} {error.args}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


# --- Nonsense ------------------------------------------------------------------------------------

# Where what came is an answer all the same, or none is needed.
UNNOTICED: Final = {
    "a number": {"count", "mark_used", "tag"},
    "nothing": {"list", "everything", "deleted", "drafts"},
    "rows of other things": {"delete"},
}


def test_an_answer_that_is_nonsense_is_said_in_a_sentence() -> None:
    for (name, kind), found, _ in all_told(CALLS, NONSENSE):
        if isinstance(found, Exception):
            assert isinstance(found, (Unavailable, NotFound)), (name, kind)
            assert_plain(found)
        else:
            assert NONSENSE[kind][0] == 200
            assert name in {"keep_draft", "drop_draft"} | UNNOTICED.get(kind, set()), (kind, found)


AWAY: Final = {
    "can't be reached; nothing was changed": (
        *(httpx.ConnectError(LEAK), httpx.ConnectTimeout(LEAK), httpx.PoolTimeout(LEAK)),
    ),
    "may have been made all the same": (
        *(httpx.ReadTimeout(LEAK), httpx.RemoteProtocolError(LEAK), httpx.ReadError(LEAK)),
    ),
}


@pytest.mark.parametrize("sentence", AWAY)
def test_a_project_that_is_away_is_said_in_a_sentence(sentence: str) -> None:
    errors = {repr(error): error for error in AWAY[sentence]}
    for _, found, _ in all_told(CALLS, errors):
        assert isinstance(found, Unavailable)
        assert sentence in str(found)
        assert_plain(found)


def test_a_read_is_tried_three_times_and_a_write_once() -> None:
    answers: dict[str, Answer] = {
        "away": httpx.ConnectError(""),
        "slow": httpx.ReadTimeout(""),
        "ill": (500, {}),
    }
    for (name, kind), _, given in all_told(CALLS, answers):
        assert len(given.asked) == (1 if name in WRITES else READ_TRIES), (name, kind)


def all_told(
    calls: Mapping[str, Call], answers: Mapping[str, Answer]
) -> list[tuple[tuple[str, str], Any, Answers]]:
    """What every call gives with every answer, all at once: each may wait and try again."""
    both = list(itertools.product(calls, answers))
    found = at_once(told, [(calls[name], answers[kind]) for name, kind in both])
    return [(names, *result) for names, result in zip(both, found, strict=True)]


def test_who_waited_long_for_a_read_waits_once() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        time.sleep(2.1)
        raise httpx.ReadTimeout("")

    asked: list[httpx.Request] = []
    with httpx.Client(transport=httpx.MockTransport(slow)) as http:
        store = SupabaseStore(Project.open(URL, KEY, http), ANNA)
        with pytest.raises(Unavailable):
            store.facets()
    assert len(asked) == 1


def test_a_read_that_works_at_the_second_try_has_worked() -> None:
    found, given = told(READS["list"], (503, ""), (200, []))
    assert (found.rows, len(given.asked)) == ((), 2)


# --- What the project refuses --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error", "sentence"),
    [
        (
            409,
            {"code": "23505", "message": "x unique_user_config_name"},
            StoreError,
            "'run' already",
        ),
        (400, {"code": "P0001", "message": "x", "hint": "quota"}, Unacceptable, "no more configs"),
        (400, {"code": "P0001", "message": "x", "hint": "consent"}, NeedsConsent, "approve it"),
        (500, {"code": "SUP", "message": "consent: x"}, NeedsConsent, "approve it"),
        (
            400,
            {"code": "23514", "message": 'x "training_configs_json_depth_ck"'},
            Unacceptable,
            "more than 20 deep",
        ),
        (400, {"code": "23514", "message": f"new {LEAK}"}, Unacceptable, "doesn't accept this"),
        (400, {"code": "22P05", "message": LEAK}, Unacceptable, "doesn't accept this"),
        (403, {"code": "42501", "message": LEAK}, NotAllowed, "may not do that|may not do this"),
        (404, {"code": "PGRST205", "message": LEAK}, Unavailable, "core supabase check"),
        (404, {"code": "PGRST202", "message": LEAK}, Unavailable, "core supabase check"),
        (400, {"code": "42703", "message": LEAK}, Unavailable, "core supabase check"),
        (406, {"code": "PGRST106", "message": LEAK}, Unavailable, "core supabase check"),
        (500, {"code": "57014", "message": LEAK}, Unavailable, "can't answer now"),
        (429, {"message": LEAK}, Unavailable, "can't answer now"),
        (413, "<html>too large</html>", Unavailable, "can't answer now"),
    ],
)
def test_a_refusal_is_said_in_a_sentence(
    status: int, body: Any, error: type[StoreError], sentence: str
) -> None:
    if isinstance(body, dict):
        body |= {"details": f"Failing row contains ({LEAK})"}
    found, given = told(WRITES["create"], (status, body))
    with pytest.raises(error, match=sentence):
        raise found
    assert_plain(found)
    assert len(given.asked) == 1


@pytest.mark.parametrize("code", ["PGRST301", "PGRST302", "PGRST303", None])
def test_a_token_that_is_refused_twice_ends_in_one_sentence(code: str | None) -> None:
    body = {"code": code, "message": LEAK} if code else ""
    for call in (READS["list"], WRITES["create"]):
        with project_that_says((401, body)) as (project, given):
            access = Renewed("old", "new")
            found = outcome(call, SupabaseStore(project, replace(ANNA, access=access)))
        assert isinstance(found, NotAllowed)
        assert "sign in again" in str(found)
        assert_plain(found)
        assert [r.headers["authorization"] for r in given.asked] == ["Bearer old", "Bearer new"]


def test_a_token_that_is_refused_once_is_renewed_and_the_write_is_made_once() -> None:
    refused = (401, {"code": "PGRST303", "message": "JWT expired"})
    with project_that_says(refused, (201, [ROW])) as (project, given):
        access = Renewed("old", "new")
        made = SupabaseStore(project, replace(ANNA, access=access)).create(content("run"))
    assert made.id == ID
    assert [r.headers["authorization"] for r in given.asked] == ["Bearer old", "Bearer new"]
    assert given.asked[0].content == given.asked[1].content


@dataclass
class Renewed:
    """A token that is refused, and the one that comes after it."""

    first: str
    second: str

    def token(self) -> str:
        return self.first

    def renewed(self, refused: str) -> str:
        assert refused == self.first
        return self.second


# --- Rows ----------------------------------------------------------------------------------------

ROW: Final[dict[str, Any]] = {
    "id": ID,
    "user_id": ANNA.user_id,
    "name": "run",
    "description": "",
    "template_type": "sft",
    "config_text": "{}",
    "is_validated": True,
    "runs": True,
    "validation_errors": None,
    "times_used": 0,
    "last_used_at": None,
    "created_at": THEN,
    "updated_at": "2026-05-01 12:00:00.5+00",
    "revision": 1,
    "tags": [],
    "target": "",
    "approvals": [],
}
SUMMARY: Final = ROW | {"method": "sft", "model": None, "sort_name": "run"}
VERSION: Final = {
    **{name: ROW[name] for name in ("target", "approvals")},
    **{name: ROW[name] for name in ("name", "description", "template_type", "config_text")},
    **{name: ROW[name] for name in ("is_validated", "runs", "validation_errors", "created_at")},
    **{"config_id": ID, "number": 1, "operation": "create", "message": "", "restored_from": None},
    "author": ANNA.user_id,
}
DELETED: Final = {"id": ID, "name": "run", "deleted_at": THEN}
KEPT: Final = {"slot": "s", "name": "n", "config_id": None, "payload": "p", "updated_at": THEN}
# Each with the columns that are read of it.
READ_OF: Final[dict[str, tuple[dict[str, Any], set[str]]]] = {
    "get": (ROW, set(ROW)),
    "list": (
        SUMMARY,
        set(SUMMARY)
        - {"user_id", "config_text", "validation_errors", "sort_name", "target", "approvals"},
    ),
    "versions": (VERSION, set(VERSION)),
    "deleted": (DELETED, set(DELETED)),
    "drafts": (KEPT, set(KEPT)),
}
MOMENTS: Final = ("created_at", "updated_at", "last_used_at", "deleted_at")


@pytest.mark.parametrize("call", READ_OF)
def test_a_row_as_it_has_to_be_is_read(call: str) -> None:
    found, _ = told(READS[call], (200, [READ_OF[call][0]]))
    assert not isinstance(found, Exception)


@pytest.mark.parametrize("call", READ_OF)
def test_a_row_that_lacks_a_column_is_said_in_a_sentence(call: str) -> None:
    row, columns = READ_OF[call]
    for column in columns:
        rest = {name: value for name, value in row.items() if name != column}
        found, _ = told(READS[call], (200, [row, rest]))
        assert isinstance(found, Unavailable) or call == "get", column
        found, _ = told(READS[call], (200, [rest]))
        assert isinstance(found, Unavailable), column
        assert_plain(found)


@pytest.mark.parametrize("call", READ_OF)
def test_a_column_of_another_type_is_said_in_a_sentence(call: str) -> None:
    row, columns = READ_OF[call]
    flags = {"is_validated", "runs", "validation_errors"}
    for column in columns - flags:
        found, _ = told(READS[call], (200, [row | {column: {"is": [LEAK]}}]))
        assert isinstance(found, Unavailable), (column, found)
        assert_plain(found)


@pytest.mark.parametrize("call", READ_OF)
@pytest.mark.parametrize(
    "moment", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "20000-01-01", "", LEAK, 5]
)
def test_a_moment_that_is_none_is_said_in_a_sentence(call: str, moment: Any) -> None:
    row, columns = READ_OF[call]
    for column in columns.intersection(MOMENTS):
        found, _ = told(READS[call], (200, [row | {column: moment}]))
        assert isinstance(found, Unavailable), (column, found)
        assert_plain(found)


@pytest.mark.parametrize(
    "text",
    ['{"a": 1e100000}', '{"a":' * 6000 + "1" + "}" * 6000, '{"a": ' + "1" * 9000 + "}", "nonsense"],
)
def test_a_text_that_is_no_config_comes_as_it_is(text: str) -> None:
    found, _ = told(READS["get"], (200, [ROW | {"config_text": text}]))
    assert found.text == text
    version, _ = told(READS["versions"], (200, [VERSION | {"config_text": text}]))
    assert version[0].content.text == text


@pytest.mark.parametrize(
    "approvals",
    [
        [LEAK],
        [{}],
        [{"sha256": "0", "at": THEN}],
        [{"sha256": "0", "at": LEAK, "by": "x"}],
        [{"sha256": "0", "at": None, "by": "x"}],
        [{"sha256": [LEAK], "at": THEN, "by": "x"}],
    ],
)
def test_approvals_that_are_none_are_said_in_a_sentence(approvals: Any) -> None:
    found, _ = told(READS["get"], (200, [ROW | {"approvals": approvals}]))
    assert isinstance(found, Unavailable)
    assert_plain(found)


@pytest.mark.parametrize("errors", [5, "x", {"a": 1}, [5, None], ["x"], [[LEAK]]])
def test_errors_of_checks_that_are_none_are_left_out(errors: Any) -> None:
    found, _ = told(READS["get"], (200, [ROW | {"validation_errors": errors}]))
    assert found.checked.errors is None


@pytest.mark.parametrize(
    "facets",
    [
        {"total": 1, "methods": {}, "templates": {}},
        {"total": LEAK, "methods": {}, "templates": {}, "tags": {}},
        {"total": 1, "methods": [LEAK], "templates": {}, "tags": {}},
        {"total": 1, "methods": {}, "templates": {"sft": LEAK}, "tags": {}},
    ],
)
def test_facets_of_another_form_are_said_in_a_sentence(facets: dict[str, Any]) -> None:
    found, _ = told(READS["facets"], (200, facets))
    assert isinstance(found, Unavailable)
    assert_plain(found)


# --- A real project ------------------------------------------------------------------------------


@contextmanager
def counted(server: LiteServer, **timeouts: float) -> Iterator[tuple[Project, Counting]]:
    """A project on a real server, and what went to it."""
    way = Counting()
    with httpx.Client(transport=way, timeout=httpx.Timeout(5, **timeouts)) as http:
        yield Project.open(server.url, server.publishable_key, http), way


def test_nobody_has_configs_without_a_sign_in() -> None:
    with project_that_says((200, [])) as (project, _), pytest.raises(NotAllowed):
        SupabaseStore(project, Actor(ANNA.user_id, "Anna"))


@pytest.mark.supabase
def test_a_server_that_dies_and_comes_back_and_one_that_is_slow(
    supabase_servers: NewServer,
) -> None:
    server = supabase_servers(Settings(enable_signup=True, enable_confirmations=False))
    with counted(server, read=1.0) as (project, way):
        store = SupabaseStore(project, new_user(project, "anna").actor)
        kept = store.create(content("kept"))

        server.pause()
        with pytest.raises(Unavailable, match="look, then try again"):
            store.save(kept.id, content("slow"), expected_revision=1)
        server.resume()
        # It was made once or not at all.
        assert way.count("PATCH", "/rest/v1/training_configs") == 1
        assert len(store.versions(kept.id)) in {1, 2}

        server.kill()
        with pytest.raises(Unavailable, match="nothing was changed"):
            store.create(content("lost"))
        with pytest.raises(Unavailable, match="nothing was changed"):
            store.get(kept.id)
        server.start()
        assert store.get(kept.id).created_at == kept.created_at
        assert store.count(Query()) == 1


@pytest.mark.supabase
def test_a_token_that_expires_before_a_save_is_renewed_and_the_save_is_made_once(
    supabase_servers: NewServer,
) -> None:
    settings = Settings(enable_signup=True, enable_confirmations=False, jwt_expiry=2)
    server = supabase_servers(settings)
    with counted(server) as (project, way):
        account, ended = Refreshed(project), Refreshed(project)
        project.client().auth.admin.sign_out(ended.token(), "global")
        store = SupabaseStore(project, Actor(account.user_id, "Anna", account))
        kept = store.create(content("run"))
        time.sleep(2.1)
        way.asked.clear()
        saved = store.save(kept.id, content("renewed"), expected_revision=1)
        assert (saved.name, saved.revision, account.renewals) == ("renewed", 2, 1)
        assert way.count("PATCH", "/rest/v1/training_configs") == 2
        assert len(store.versions(kept.id)) == 2
        with pytest.raises(NotAllowed, match="sign in again"):
            SupabaseStore(project, Actor(ended.user_id, "Bert", ended)).create(content("run"))


class Refreshed:
    """Holds on to a token until it is refused."""

    def __init__(self, project: Project) -> None:
        self.project = project
        email = f"anna-{secrets.token_hex(4)}@example.org"
        made = project.client().auth.sign_up({"email": email, "password": PASSWORD})
        assert made.session
        assert made.user
        self.user_id, self.session, self.renewals = made.user.id, made.session, 0

    def token(self) -> str:
        return self.session.access_token

    def renewed(self, refused: str) -> str:
        try:
            found = self.project.client().auth.refresh_session(self.session.refresh_token)
        except AuthError:
            raise NotAllowed("Your sign-in has ended; sign in again.") from None
        assert found.session
        self.session, self.renewals = found.session, self.renewals + 1
        return self.token()


@pytest.mark.supabase
def test_a_row_that_nobody_could_have_made_here_breaks_nothing_of_others(
    supabase_server: LiteServer, supabase_project: Project, supabase_users: tuple[User, User]
) -> None:
    anna, bert = supabase_users
    for user in supabase_users:
        emptied(supabase_project, user)
    stores = [SupabaseStore(supabase_project, user.actor) for user in (anna, bert)]
    kept, _ = [store.create(content("kept")) for store in stores]
    row = {"user_id": anna.actor.user_id, "name": "odd", "template_type": "sft"}
    odd = row | {"config_json": {}, "updated_at": "infinity", "created_at": "20000-01-01"}
    service = as_service(supabase_server)
    made: Any = service.client().table(CONFIGS).insert(odd).execute().data
    service.close()
    odd_id = str(made[0]["id"])
    assert names(stores[1].list(Query())) == ["kept"]
    assert stores[0].get(kept.id) == kept
    assert stores[0].facets().total == stores[0].count(Query()) == 2
    assert_plain(outcome(stores[0].get, odd_id))
    found = outcome(stores[0].list, Query())
    assert_plain(found)
    stores[0].delete(odd_id)
    assert names(stores[0].list(Query())) == ["kept"]


def as_service(server: LiteServer) -> Project:
    """The project with the key of whoever runs it, which the app never has."""
    return Project.open(server.url, server.secret_key)


@pytest.mark.supabase
def test_what_users_write_past_the_app_breaks_nothing(
    supabase_project: Project, supabase_users: tuple[User, User]
) -> None:
    anna, _ = supabase_users
    emptied(supabase_project, anna)
    store = SupabaseStore(supabase_project, anna.actor)
    hostile: dict[str, Any] = {
        "search": f"{'x' * 790}\n",
        "validation_errors": [1, None, {"rule": [LEAK]}, [[]]],
        "description": "<script>",
        "config_text": '{"training": {"method": {"a": 1}}, "model": {"name": [1]}}',
        "config_json": {},
        "template_type": "sft",
    }
    rows = [hostile | {"name": f"{number:03}"} for number in range(45)]
    supabase_project.client(anna.token).table(CONFIGS).insert(rows).execute()
    for sort in ("name", "updated"):
        found = store.list(Query(sort=sort, limit=10))
        assert len(found.rows) == 10
    exported = [config.name for config, _ in store.everything()]
    assert sorted(exported) == [row["name"] for row in rows]
    emptied(supabase_project, anna)

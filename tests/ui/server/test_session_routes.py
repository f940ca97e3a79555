"""The requests that set and clear the cookie, and who may open a WebSocket."""

from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from core.errors import Unavailable
from core.sessions import Begun, Sessions
from core.system.database import Database
from tests.accounts import ADDRESS, ada, local_identity
from tests.asgi import accepting, opens_socket, request
from ui.server.session_routes import (
    END_PATH,
    MAX_BODY,
    REDEEM_PATH,
    SameOriginSockets,
    cookie_name,
    routes,
)

HERE: Final = "http://localhost:8501"


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    database = Database(tmp_path / "sessions.sqlite3")
    ada(local_identity(database))
    yield Sessions(database)
    database.close()


@pytest.fixture
def begun(sessions: Sessions) -> Begun:
    return begin(sessions)


@pytest.fixture
def app(sessions: Sessions) -> Starlette:
    return Starlette(routes=list(routes(lambda: sessions, "")))


def begin(sessions: Sessions) -> Begun:
    with sessions._database.read() as connection:
        user_id = connection.execute("SELECT id FROM accounts").fetchone()[0]
    return sessions.begin(user_id, "Firefox", ADDRESS)


def post(
    app: ASGIApp, path: str, body: Any, origin: str = HERE, headers: dict[str, str] | None = None
) -> httpx.Response:
    given = {"origin": origin, "content-type": "application/json", **(headers or {})}
    kept = {name: value for name, value in given.items() if value}
    content = (
        body if isinstance(body, str | bytes) else httpx.Request("POST", HERE, json=body).read()
    )
    return request(app, "POST", HERE + path, headers=kept, content=content)


def redeem(app: ASGIApp, begun: Begun, **more: Any) -> httpx.Response:
    return post(app, REDEEM_PATH, {"ticket": begun.ticket}, **more)


def the_cookie(response: httpx.Response) -> Morsel[str]:
    (line,) = response.headers.get_list("set-cookie")
    (morsel,) = SimpleCookie(line).values()
    return morsel


# --- The cookie ----------------------------------------------------------------------------------


def test_a_ticket_gets_a_cookie_that_scripts_and_other_sites_never_see(
    app: Starlette, sessions: Sessions, begun: Begun
) -> None:
    response = redeem(app, begun)
    cookie = the_cookie(response)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["cache-control"] == "no-store"
    assert cookie.key == cookie_name(f"{HERE}/build?preset=dpo") == "tunesmith-8501"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert (cookie["secure"], cookie["domain"], cookie["max-age"]) == ("", "", str(7 * 24 * 3600))
    found = sessions.by_cookie(cookie.value)
    assert found == sessions.by_id(begun.session_id) is not None


def test_over_https_the_cookie_is_secure_and_bound_to_its_host(
    app: Starlette, begun: Begun
) -> None:
    response = redeem(
        app, begun, origin="https://app.example.org", headers={"host": "app.example.org"}
    )
    cookie = the_cookie(response)
    assert cookie.key == "__Host-tunesmith"
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://localhost:8501/build", "tunesmith-8501"),
        ("http://localhost:8502", "tunesmith-8502"),
        ("HTTP://LOCALHOST", "tunesmith-80"),
        ("http://[::1]:8501", "tunesmith-8501"),
        ("https://app.example.org/x?y#z", "__Host-tunesmith"),
        ("https://app.example.org:443", "__Host-tunesmith"),
        ("https://app.example.org:8443", "__Host-tunesmith-8443"),
        *((url, "") for url in ("", "null", "ftp://a", "http://", "http://a:b", "http://a:99999")),
    ],
)
def test_the_name_of_the_cookie_follows_from_the_address(url: str, name: str) -> None:
    assert cookie_name(url) == name


def test_the_session_of_the_old_cookie_ends(app: Starlette, sessions: Sessions) -> None:
    old = the_cookie(redeem(app, begin(sessions)))
    new = the_cookie(
        redeem(app, begin(sessions), headers={"cookie": f"{old.key}={old.value}; other=1"})
    )
    assert sessions.by_cookie(old.value) is None
    assert sessions.by_cookie(new.value) is not None


def test_the_cookie_of_another_app_on_this_host_is_not_ours(
    app: Starlette, sessions: Sessions
) -> None:
    old = the_cookie(redeem(app, begin(sessions)))
    redeem(app, begin(sessions), headers={"cookie": f"tunesmith-8502={old.value}"})
    assert sessions.by_cookie(old.value) is not None


def test_signing_out_ends_the_session_and_clears_the_cookie(
    app: Starlette, sessions: Sessions, begun: Begun
) -> None:
    cookie = the_cookie(redeem(app, begun))
    response = post(app, END_PATH, {}, headers={"cookie": f"{cookie.key}={cookie.value}"})
    cleared = the_cookie(response)
    assert response.status_code == 204
    assert (cleared.key, cleared.value, cleared["max-age"]) == (cookie.key, "", "0")
    assert sessions.by_cookie(cookie.value) is None
    assert sessions.by_id(begun.session_id) is None


def test_signing_out_twice_is_no_error(app: Starlette) -> None:
    assert post(app, END_PATH, {}).status_code == 204


@pytest.mark.parametrize("base", ["/forge", "forge", "forge/", "/forge/"])
def test_the_routes_stand_below_the_base_path(sessions: Sessions, begun: Begun, base: str) -> None:
    app = Starlette(routes=list(routes(lambda: sessions, base)))
    assert post(app, REDEEM_PATH, {"ticket": begun.ticket}).status_code == 404
    response = post(app, "/forge" + REDEEM_PATH, {"ticket": begun.ticket})
    assert (response.status_code, the_cookie(response)["path"]) == (204, "/")


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [REDEEM_PATH, END_PATH])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:8502"},
        {"origin": "http://localhost"},
        {"origin": "http://localhost:8501.evil.example"},
        {"origin": "http://localhost:8501@evil.example"},
        {"origin": "http://evil.example@localhost:8501"},
        {"origin": "http://localhost:8501/"},
        {"origin": "http://localhost:8501, http://localhost:8501"},
        {"origin": "ftp://localhost:8501"},
        {"host": "evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_other_sites_set_and_end_nothing(
    app: Starlette, sessions: Sessions, begun: Begun, path: str, headers: dict[str, str]
) -> None:
    cookie = sessions.redeem(begin(sessions).ticket)
    given = {"cookie": f"tunesmith-8501={cookie}", **headers}
    response = post(app, path, {"ticket": begun.ticket}, headers=given)
    assert response.status_code == 403
    assert set(response.json()) == {"error"}
    assert "set-cookie" not in response.headers
    assert sessions.by_cookie(cookie) is not None
    assert redeem(app, begun).status_code == 204


def test_another_site_that_is_refused_is_noted(
    app: Starlette, begun: Begun, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "tunesmith")
    post(app, REDEEM_PATH, {"ticket": begun.ticket}, headers={"origin": "http://evil.example"})
    assert not opens_socket(SameOriginSockets(accepting), {"origin": "http://evil.example"})
    assert [line.rpartition(" ")[2] for line in caplog.messages] == [
        "path='/session/redeem'",
        "path='/'",
    ]
    assert begun.ticket not in caplog.text


@pytest.mark.parametrize("origin", ["http://LOCALHOST:8501", "https://localhost:8501"])
def test_the_scheme_and_the_case_of_the_origin_do_not_matter(
    app: Starlette, begun: Begun, origin: str
) -> None:
    assert redeem(app, begun, origin=origin).status_code == 204


def test_a_page_without_tls_posts_nothing_to_a_server_with_it(app: Starlette, begun: Begun) -> None:
    headers = {"origin": "http://a.example", "content-type": "application/json"}
    url = f"https://a.example{REDEEM_PATH}"
    response = request(app, "POST", url, headers=headers, content=f'{{"ticket": "{begun.ticket}"}}')
    assert response.status_code == 403


@pytest.mark.parametrize("twice", [("origin", HERE), ("host", "localhost:8501")])
def test_a_header_that_is_sent_twice_is_refused(app: Starlette, twice: tuple[str, str]) -> None:
    once = [("origin", HERE), ("host", "localhost:8501"), ("content-type", "application/json")]
    headers = [*once, twice]
    response = request(app, "POST", HERE + END_PATH, headers=headers, content="{}")
    assert response.status_code == 403


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"],
)
def test_only_json_is_taken(app: Starlette, begun: Begun, kind: str) -> None:
    assert redeem(app, begun, headers={"content-type": kind}).status_code == 415
    assert redeem(
        app, begun, headers={"content-type": "Application/JSON; charset=utf-8"}
    ).is_success


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", '"x"', "{", "[" * 4000, b"\xff", "{}", '{"ticket": 7}', '{"ticket": null}'],
)
def test_a_body_that_is_no_ticket_is_refused(app: Starlette, body: str | bytes) -> None:
    response = post(app, REDEEM_PATH, body)
    assert response.status_code == 400
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("ticket", ["", "x", "x" * 43, "x" * 3000, "é" * 43, "\0" * 43])
def test_a_ticket_that_is_none_gets_no_cookie(app: Starlette, ticket: str) -> None:
    response = post(app, REDEEM_PATH, {"ticket": ticket})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


def test_a_body_beyond_4_kib_is_not_read(app: Starlette) -> None:
    taken: list[int] = []

    async def endless() -> Any:
        for number in range(1000):
            taken.append(number)
            yield b" " * 1024

    headers = {"origin": HERE, "content-type": "application/json"}
    assert post(app, REDEEM_PATH, b" " * (MAX_BODY + 1)).status_code == 413
    response = request(app, "POST", HERE + REDEEM_PATH, headers=headers, content=endless())
    assert response.status_code == 413
    assert len(taken) < 10


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_answered(app: Starlette, method: str) -> None:
    headers = {"origin": HERE, "content-type": "application/json"}
    for path in (REDEEM_PATH, END_PATH):
        assert request(app, method, HERE + path, headers=headers).status_code == 405


def test_a_store_out_of_reach_says_so_and_not_where_it_is() -> None:
    def unreachable() -> Sessions:
        raise Unavailable("The database private/place.sqlite3 can't be used.")

    app = Starlette(routes=list(routes(unreachable, "")))
    for path in (REDEEM_PATH, END_PATH):
        response = post(app, path, {"ticket": "x" * 43})
        assert response.status_code == 503
        assert "private" not in response.text
        assert response.headers["cache-control"] == "no-store"


# --- Sockets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "is_open"),
    [
        ({"host": "localhost:8501", "origin": HERE}, True),
        ({"host": "localhost:8501"}, True),
        ({"host": "app.example.org", "origin": "https://app.example.org"}, True),
        ({"host": "localhost:8501", "origin": "http://localhost:8888"}, False),
        ({"host": "localhost:8501", "origin": "http://127.0.0.1:8501"}, False),
        ({"host": "localhost:8501", "origin": "null"}, False),
        ({"host": "localhost:8501", "origin": "http://evil.example"}, False),
        ({"origin": HERE}, False),
    ],
)
def test_a_socket_opens_for_our_own_pages(headers: dict[str, str], is_open: bool) -> None:
    assert opens_socket(SameOriginSockets(accepting), headers) is is_open


def test_plain_requests_pass_the_check_of_sockets() -> None:
    app = SameOriginSockets(accepting)
    assert request(app, "GET", HERE, headers={"origin": "http://evil.example"}).text == "fine"

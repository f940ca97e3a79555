"""The way to a project: shared by all, nobody's own, and not tried while it leads nowhere."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from core.errors import Unavailable
from core.system.remote import READ_TRIES, Health, Project, plain_network_errors, with_retries
from tests.supabase_answers import KEY, LEAK, URL


class Way(httpx.BaseTransport):
    """Fails as long as it has an error, and remembers which paths were asked."""

    def __init__(self, error: httpx.TransportError | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.error:
            raise self.error
        return httpx.Response(200, json=[])


@pytest.fixture
def way() -> Way:
    return Way()


@pytest.fixture
def http(way: Way) -> Iterator[httpx.Client]:
    with httpx.Client(transport=Health(way, f"{URL}/health", pause=0.05)) as client:
        yield client


# --- An outage -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "tries"), [(httpx.ConnectError(""), 3), (httpx.ReadTimeout(""), 1)]
)
def test_an_outage_costs_a_few_tries_and_then_none(
    way: Way, error: httpx.TransportError, tries: int
) -> None:
    way.error = error
    with httpx.Client(transport=Health(way, f"{URL}/health", pause=60)) as http:
        for _ in range(10):
            with pytest.raises(httpx.TransportError):
                http.get(f"{URL}/rest")
    assert way.asked == ["/rest"] * tries


def test_a_project_that_is_back_is_asked_again(way: Way, http: httpx.Client) -> None:
    way.error = httpx.ReadTimeout("")
    with pytest.raises(httpx.ReadTimeout):
        http.get(f"{URL}/rest")
    with pytest.raises(httpx.ConnectError):
        http.get(f"{URL}/rest")
    way.error = None
    wait_for_answer(http)
    assert way.asked[0] == way.asked[-1] == "/rest"
    assert set(way.asked[1:-1]) == {"/health"}


def wait_for_answer(http: httpx.Client) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            http.get(f"{URL}/rest")
            return
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_failures_that_are_not_in_a_row_are_no_outage(way: Way, http: httpx.Client) -> None:
    for error in [httpx.ConnectError(""), httpx.ConnectError(""), None] * 4:
        way.error = error
        if error is None:
            http.get(f"{URL}/rest")
            continue
        with pytest.raises(httpx.ConnectError):
            http.get(f"{URL}/rest")
    assert way.asked == ["/rest"] * 12


def test_one_thread_looks_however_many_requests_failed(way: Way) -> None:
    way.error = httpx.ConnectError("")
    before = set(threading.enumerate())
    health = Health(way, f"{URL}/health", pause=60)
    with httpx.Client(transport=health) as http:
        with ThreadPoolExecutor(8) as pool:
            found = [pool.submit(http.get, f"{URL}/rest") for _ in range(30)]
        assert all(future.exception() for future in found)
        assert health.is_down
        (looking,) = (
            thread for thread in set(threading.enumerate()) - before if thread.name == "health"
        )
    looking.join(timeout=5)
    assert not looking.is_alive()


def test_a_project_knows_that_it_is_down(unused_port: int) -> None:
    project = Project.open(f"http://127.0.0.1:{unused_port}", KEY)
    assert not project.is_down
    for _ in range(3):
        with pytest.raises(httpx.ConnectError):
            project.http.get(project.url)
    assert project.is_down
    project.close()


@pytest.fixture
def unused_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


# --- Errors and tries ----------------------------------------------------------------------------


def test_an_error_of_the_network_keeps_its_text_to_itself() -> None:
    for error in (httpx.ConnectError(LEAK), httpx.ReadTimeout(LEAK), httpx.TooManyRedirects(LEAK)):
        with pytest.raises(Unavailable) as plain, plain_network_errors():
            raise error
        assert LEAK not in str(plain.value)
        assert plain.value.__suppress_context__


def test_a_read_ends_with_the_first_answer_or_the_last_error() -> None:
    outcomes: list[Unavailable | str] = [Unavailable("1"), "answer"]

    def ask() -> str:
        asked.append(1)
        found = outcomes[min(len(asked), len(outcomes)) - 1]
        if isinstance(found, Unavailable):
            raise found
        return found

    asked: list[int] = []
    assert with_retries(ask) == "answer"
    assert len(asked) == 2
    asked.clear()
    outcomes[1] = Unavailable("2")
    with pytest.raises(Unavailable, match="2"):
        with_retries(ask)
    assert len(asked) == READ_TRIES


# --- One pool for all ----------------------------------------------------------------------------


def test_a_client_is_of_one_call_and_leaves_nothing_on_the_pool(way: Way) -> None:
    with httpx.Client(transport=way) as http:
        project = Project.open(f"{URL}/", KEY, http)
        before, threads = dict(http.headers), set(threading.enumerate())
        clients = [project.client(bearer) for bearer in ("anna", "bert", None)]
        for client in clients:
            client.table("training_configs").select("*").execute()
        assert dict(http.headers) == before
        assert set(threading.enumerate()) <= threads
        assert [client.options.headers["Authorization"] for client in clients] == [
            *("Bearer anna", "Bearer bert", f"Bearer {KEY}")
        ]
        assert len({id(client.options) for client in clients}) == 3
    assert project.url == URL


def test_a_project_shows_no_key() -> None:
    with httpx.Client() as http:
        project = Project.open(URL, KEY, http)
        assert KEY not in f"{project!r} {project}"


def test_opening_a_project_silences_who_would_write_addresses_down() -> None:
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    Project.open(URL, KEY).close()
    for name in ("httpx", "httpcore", "hpack"):
        assert logging.getLogger(name).level == logging.WARNING


def test_the_proxy_of_the_environment_is_used_but_where_it_is_told_not_to_be(
    monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    seen: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        project = Project.open("http://project.invalid", KEY)
        assert project.http.get(f"{project.url}/auth/v1/health").status_code == 204
        project.close()
        direct = Project.open(f"http://127.0.0.1:{unused_port}", KEY)
        with pytest.raises(httpx.ConnectError):
            direct.http.get(direct.url)
        direct.close()
        server.shutdown()
    assert seen == ["http://project.invalid/auth/v1/health"]

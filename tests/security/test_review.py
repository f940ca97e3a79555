"""docs/security.md: its tables are what a live answer carries, and its tests are there.

What the review found besides, and no other file looks at, is tested here too.
"""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.responses import Response

import app as tunesmith
from core.sessions import WHOLE_LIFE
from tests.asgi import accepting, request
from tests.served import served
from ui.server.headers import SafeHeaders
from ui.server.session_routes import cookie_name, with_cookie

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
OUTSIDE: Final = "https://tunesmith.example.org/"


def table(title: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    lines = PAGE.partition(f"\n## {title}\n")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def code(cell: str) -> str:
    """What stands in the first pair of backticks."""
    return cell.split("`")[1]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """The real app, without its pages' server: what answers here needs none."""
    with served(tunesmith.app) as address, httpx.Client(base_url=address) as client:
        yield client


# --- The page ------------------------------------------------------------------------------------


def test_every_test_that_the_page_names_is_there() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if not (ROOT / file).is_file() or f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ]
    assert len(NAMED) > 100
    assert missing == []


def test_every_threat_has_a_test_that_the_page_names() -> None:
    rows = [row for row in table("Threats") if not row[0].startswith("**")]
    assert len(rows) > 40
    assert [threat for threat, against, test in rows if not against or "::" not in test] == []


def test_the_table_of_headers_is_what_an_answer_carries() -> None:
    answer = request(SafeHeaders(accepting), "GET", OUTSIDE)
    told = {code(row[0]): code(row[1]) for row in table("Headers")}
    carried = {
        name: re.sub(r"sha256-[\w+/=]+", "sha256-…", value)
        for name, value in answer.headers.items()
    }
    assert told == carried


@pytest.mark.parametrize(
    ("origin", "row"), [("https://tunesmith.example.org", 0), ("http://localhost:8501", 1)]
)
def test_the_table_of_cookies_is_what_a_browser_gets(origin: str, row: int) -> None:
    name, _, attributes, *_ = table("Cookies and what a browser keeps")[row]
    answer: Response = with_cookie(origin, "value", int(WHOLE_LIFE.total_seconds()))
    pair, *set_with = answer.headers["set-cookie"].split("; ")
    assert pair == f"{cookie_name(origin)}=value"
    assert code(name).replace("<port>", "8501") == cookie_name(origin)
    assert "; ".join(sorted(set_with)) == code(attributes)


# --- The app ------------------------------------------------------------------------------------


def test_every_answer_has_the_headers_what_is_refused_too(client: httpx.Client) -> None:
    names = {code(row[0]) for row in table("Headers")} - {"strict-transport-security"}
    for path in (
        "/",
        "/library",
        "/_stcore/metrics",
        "/session/end",
        "/api/training/me",
        "/media/x",
    ):
        assert names <= set(client.get(path).headers), path


def test_no_path_leaves_its_folder(client: httpx.Client) -> None:
    secret = (ROOT / "app.py").read_text(encoding="utf-8")[:60]
    ways = ("../", "%2e%2e/", "..%2f", "%2e%2e%2f", "....//", "..\\", "%5c..%5c", "//")
    for start in ("/static/", "/media/", "/component/x/", "/app/static/", "/"):
        for way in ways:
            for target in ("app.py", ".git/config", ".streamlit/config.toml", "etc/passwd"):
                answer = raw(client, f"{start}{way * 6}{target}")
                assert secret not in answer, (start, way)
                assert "root:" not in answer, (start, way)
                assert "[runner]" not in answer, (start, way)
                assert "repositoryformatversion" not in answer, (start, way)


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/%2fevil.example/", "/\\evil.example/", "/library//evil.example/"]
)
def test_no_address_leads_elsewhere(client: httpx.Client, path: str) -> None:
    head = raw(client, path).partition("\r\n\r\n")[0].lower()
    for place in re.findall(r"location: (.*)", head):
        assert re.match(r"/[^/\\]", place), place


def test_trace_is_not_answered(client: httpx.Client) -> None:
    for path in ("/", "/api/training/presets", "/session/end"):
        assert client.request("TRACE", path).status_code in (404, 405)


def test_a_body_of_two_lengths_is_refused(client: httpx.Client) -> None:
    hidden = "GET /library HTTP/1.1\r\nHost: x\r\n\r\n"
    lengths = (
        f"Content-Length: {len(hidden)}\r\nTransfer-Encoding: chunked",
        "Content-Length: 1\r\nContent-Length: 2",
    )
    for told in lengths:
        answer = raw(client, "/session/end", told, f"0\r\n\r\n{hidden}", "POST")
        # One answer and no second one to what is hidden in the body; or none.
        assert answer.count("HTTP/1.1 ") <= 1
        assert not answer.startswith("HTTP/1.1 2")


def test_no_other_site_may_send_messages() -> None:
    settings = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert "\nallowedOrigins = []\n" in settings


def test_the_app_opens_connections_in_one_place_only() -> None:
    """What imports a client of HTTP: the Supabase project's, and commands at their server."""
    opens = re.compile(
        r"^\s*(?:import|from) (?:httpx|requests|urllib3|aiohttp|urllib\.request)", re.M
    )
    found = {
        str(file.relative_to(ROOT).parent)
        for folder in ("core", "ui", "pages")
        for file in (ROOT / folder).rglob("*.py")
        if opens.search(file.read_text(encoding="utf-8"))
    }
    assert found == {"core/commands", "core/identity", "core/system"}


def raw(
    client: httpx.Client, path: str, headers: str = "X: y", body: str = "", method: str = "GET"
) -> str:
    """The answer to a request as it stands: httpx would tidy its address."""
    url = client.base_url
    text = f"{method} {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nConnection: close\r\n"
    with socket.create_connection((url.host, url.port or 80), timeout=30) as line:
        line.sendall(f"{text}{headers}\r\n\r\n{body}".encode())
        return b"".join(iter(lambda: line.recv(65536), b"")).decode(errors="replace")

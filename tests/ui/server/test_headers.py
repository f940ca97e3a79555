"""The headers of every answer, from an app of the tests and from the real one."""

import base64
import hashlib

import pytest
from starlette.types import Receive, Scope, Send

from tests.asgi import accepting, request
from ui.server.headers import SafeHeaders, content_security_policy, streamlits_page

PAGE = "<html><script>let a = 1</script><script src='./b.js'></script></html>"
APP = SafeHeaders(accepting, PAGE)


async def with_cookies(scope: Scope, receive: Receive, send: Send) -> None:
    cookies = [(b"set-cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2; Secure")]
    headers = [*cookies, (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split(";")]
    return {name: sources for name, *sources in parts}


def test_scripts_come_from_our_own_server_or_are_the_pages_own() -> None:
    found = directives(content_security_policy(PAGE))
    digest = base64.b64encode(hashlib.sha256(b"let a = 1").digest()).decode()
    assert found["script-src"] == ["'self'", "blob:", f"'sha256-{digest}'"]
    assert found["default-src"] == ["'none'"]
    assert {name for name, sources in found.items() if "*" in sources} == set()


def test_streamlits_page_has_one_script_of_its_own() -> None:
    policy = directives(content_security_policy(streamlits_page()))
    assert len(policy["script-src"]) == 3
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(policy["script-src"])


def test_what_names_no_cache_is_kept_by_none() -> None:
    assert request(APP, "GET", "http://localhost/media/a.json").headers["cache-control"] == (
        "no-store"
    )
    answer = request(SafeHeaders(with_cookies, PAGE), "GET", "http://localhost/")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("url", "is_held"),
    [
        ("https://tunesmith.example.org/", True),
        ("http://tunesmith.example.org/", False),
        # A browser would hold every other server of this machine to it.
        ("https://localhost/", False),
        ("https://127.0.0.1:8443/", False),
    ],
)
def test_over_tls_a_browser_is_held_to_it(url: str, is_held: bool) -> None:
    headers = request(APP, "GET", url).headers
    assert ("strict-transport-security" in headers) is is_held


@pytest.mark.parametrize(
    ("scheme", "cookies"),
    [
        ("https", ["a=1; Path=/; Secure", "b=2; Secure"]),
        ("http", ["a=1; Path=/", "b=2; Secure"]),
    ],
)
def test_over_tls_every_cookie_is_secure(scheme: str, cookies: list[str]) -> None:
    answer = request(SafeHeaders(with_cookies, PAGE), "GET", f"{scheme}://example.org/")
    assert answer.headers.get_list("set-cookie") == cookies

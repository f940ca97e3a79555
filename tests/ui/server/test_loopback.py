"""An app without accounts answers the machine it runs on, and nobody else."""

from typing import Final

import pytest

from tests.asgi import LOCAL, accepting, opens_socket, request
from ui.server.loopback import LoopbackOnly, is_loopback

HERE: Final = "http://localhost:8501/"


def guarded(*, enabled: bool = True) -> LoopbackOnly:
    return LoopbackOnly(accepting, lambda: enabled)


@pytest.mark.parametrize(
    "address",
    ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]", "::ffff:127.0.0.1"],
)
def test_addresses_of_this_machine_alone(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        *(None, "", "0.0.0.0", "::", "192.168.0.7", "::ffff:192.0.2.1", "localhost.evil.example"),
        *("127.0.0.1.evil.example", "128.0.0.1", "2130706433", "127.1", "::2", "unix:///tmp/x"),
    ],
)
def test_addresses_that_others_reach(address: str | None) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501"])
@pytest.mark.parametrize("client", [LOCAL, ("::1", 1), ("::ffff:127.0.0.1", 1)])
def test_this_machine_is_answered(host: str, client: tuple[str, int]) -> None:
    response = request(guarded(), "GET", HERE, client=client, headers={"host": host})
    assert response.text == "fine"
    assert opens_socket(guarded(), {"host": host}, client=client)


@pytest.mark.parametrize("client", [("192.0.2.7", 1), ("2001:db8::1", 1), ("testclient", 1)])
def test_other_machines_are_refused(client: tuple[str, int]) -> None:
    response = request(guarded(), "GET", HERE, client=client)
    assert response.status_code == 403
    assert "without accounts" in response.text
    assert not opens_socket(guarded(), {"host": "localhost"}, client=client)


def test_a_client_without_an_address_is_refused() -> None:
    assert not opens_socket(guarded(), {"host": "localhost"}, client=None)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8501", "localhost.evil.example", "192.168.0.7:8501"),
        *(
            "localhost@evil.example",
            "evil.example@localhost",
            "localhost/",
            "localhost:x",
            "",
            "[::1",
        ),
    ],
)
def test_another_name_for_this_machine_is_refused(host: str) -> None:
    """DNS rebinding: a page of another site points its own name at this machine."""
    assert request(guarded(), "GET", HERE, headers={"host": host}).status_code == 403
    headers = {"host": host, "origin": f"http://{host}"}
    assert not opens_socket(guarded(), headers)


def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    assert not opens_socket(guarded(), {})
    two = [("host", "localhost"), ("host", "evil.example")]
    assert request(guarded(), "GET", HERE, headers=two).status_code == 403


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"]
)
def test_what_a_proxy_forwards_is_refused(header: str) -> None:
    given = {"host": "localhost", header.lower(): "127.0.0.1"}
    assert request(guarded(), "GET", HERE, headers=given).status_code == 403
    assert not opens_socket(guarded(), given)


def test_with_accounts_everybody_is_answered() -> None:
    app = guarded(enabled=False)
    given = {"host": "app.example.org", "x-forwarded-for": "192.0.2.7"}
    assert request(app, "GET", HERE, client=("192.0.2.7", 1), headers=given).text == "fine"
    assert opens_socket(app, given, client=("192.0.2.7", 1))

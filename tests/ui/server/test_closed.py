import pytest

from tests.asgi import accepting, request
from ui.server.closed import CLOSED, Closed


@pytest.mark.parametrize("end", ["", "/", "/more", "%0a", "%20", "?a=b"])
@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("base", ["", "/tunesmith"])
def test_what_the_app_has_no_use_for_is_not_there(base: str, path: str, end: str) -> None:
    answer = request(Closed(accepting, base), "GET", f"http://localhost{base}{path}{end}")
    assert (answer.status_code, answer.text) == (404, "Not Found")


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/authors", "/components", "/library"])
def test_everything_else_is_answered(path: str) -> None:
    assert request(Closed(accepting, ""), "GET", f"http://localhost{path}").text == "fine"

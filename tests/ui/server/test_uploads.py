import pytest

from tests.asgi import accepting, request
from ui.server.uploads import OF_ALL, OF_ONE_PAGE, BoundedUploads

UPLOAD = "http://localhost/t/_stcore/upload_file/mine/1"


@pytest.mark.parametrize(
    ("kept", "status"),
    [
        ({}, 200),
        ({"mine": OF_ONE_PAGE - 1}, 200),
        ({"mine": OF_ONE_PAGE}, 413),
        ({"of another": OF_ONE_PAGE}, 200),
        ({f"page {number}": OF_ONE_PAGE for number in range(OF_ALL // OF_ONE_PAGE)}, 413),
    ],
)
def test_a_page_and_all_together_keep_so_much(kept: dict[str, int], status: int) -> None:
    app = BoundedUploads(accepting, "/t", lambda: kept)
    assert request(app, "PUT", UPLOAD).status_code == status


@pytest.mark.parametrize(
    ("method", "url"), [("DELETE", UPLOAD), ("PUT", "http://localhost/t/other"), ("GET", UPLOAD)]
)
def test_what_is_no_upload_passes(method: str, url: str) -> None:
    app = BoundedUploads(accepting, "/t", lambda: {"mine": OF_ONE_PAGE})
    assert request(app, method, url).status_code == 200

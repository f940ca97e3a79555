"""A page asked for by its address, before anybody has opened the front page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import Unavailable
from ui.frame import leaving

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES)
def test_a_cold_page_stands_in_its_frame(page: str) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page(f"../pages/{page}").run()
    assert not app.exception
    assert not app.error


def test_a_page_is_drawn_though_its_frame_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise Unavailable("The database is busy.")

    monkeypatch.setattr(leaving, "guard", broken)
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page("../pages/build.py").run()
    assert [error.value for error in app.error] == ["The database is busy\\."]
    assert [field.label for field in app.text_input if field.label == "Name"] == ["Name"]

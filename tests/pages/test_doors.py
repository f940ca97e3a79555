"""A page asked for by its address, before anybody has opened the front page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES)
def test_a_cold_page_stands_in_its_frame(page: str) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page(f"../pages/{page}").run()
    assert not app.exception
    assert not app.error

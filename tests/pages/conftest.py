"""Pages with data of their own, and users who are signed in to them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.identity.protocol import Account, NewAccount
from core.workbench import Workbench
from tests.accounts import PASSWORD, local_identity
from ui.services import Services, close_all, services

ROOT = Path(__file__).resolve().parents[2]
LOCAL = "localhost"

SignIn = Callable[..., AppTest]


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The services over an empty folder; accounts are on, as a server on this machine has them."""
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "data"))
    yield services()
    close_all()


@pytest.fixture
def ann(parts: Services) -> Account:
    return local_identity(parts.database).add(NewAccount("ann", PASSWORD))


@pytest.fixture
def bench(parts: Services, ann: Account) -> Workbench:
    return parts.workbench(ann.actor)


@pytest.fixture
def page(parts: Services, ann: Account) -> SignIn:
    """Opens a page, such as ``library``, in a browser session of its own that Ann has signed in.

    Further arguments stand in the page's address.
    """

    def opened(name: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
        begun = parts.sessions.begin(ann.user_id, "", "")
        app.session_state["tunesmith.signed_in"] = begun.session_id
        if name != "build":
            app.switch_page(f"../pages/{name}.py")
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    return opened

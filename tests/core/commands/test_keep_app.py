"""The commands on the app as it is started, over its own port and below a path."""

import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.identity.access_tokens import AccessTokens
from core.system.database import FILE_NAME, Database
from tests.accounts import ada, local_identity
from tests.browser.conftest import App, free_port, running, wait_until_healthy
from tests.command import run
from tests.stores import TEXT

START = (sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ada's, in a data folder of its own."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path))
    with closing(Database(tmp_path / FILE_NAME)) as database:
        account = ada(local_identity(database))
        tokens = AccessTokens(database)
        made = tokens.make(account.user_id, "ci", ["read", "write"], timedelta(days=1))
    return made.token


def test_the_main_way_through_on_the_app_itself(
    token: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    # Below a path, and with what the commands look at set for the app too.
    app = App(f"http://localhost:{port}/tune", tmp_path / "server.log")
    monkeypatch.setenv("TUNESMITH_SERVER", app.url)
    command = [*START, "--server.address", "localhost", "--server.port", str(port)]
    command += ["--server.baseUrlPath", "tune"]
    file = tmp_path / "my-run.json"
    file.write_text(TEXT)
    with (
        app.log.open("wb") as log,
        running(command, project, tmp_path, log.fileno()) as server,
    ):
        wait_until_healthy(app, server)
        # The pages stand at every other address; they are no API.
        wrong = run("login", f"{app.url}/library", "--token-stdin", stdin=token)
        assert (wrong.code, "is not a Tunesmith" in wrong.err) == (2, True)
        login = run("login", "--token-stdin", stdin=token)
        assert (login.code, " as ada; the token may read and write" in login.err) == (0, True)
        assert "(1 day)" in login.err
        assert run("save", file, "--tag", "ci").out.startswith("my-run · revision 1 · ")
        file.write_text('{"a": 1}')
        assert run("save", file).out.startswith("my-run · revision 2 · ")
        assert run("get", "my-run", "--version", 1).out == TEXT
        assert run("download", "my-run", "-o", "-").out == '{"a": 1}'
        assert "my-run" in run("list", "--tag", "ci").out
        assert run("save", file, "--expect", 1).code == 1
    assert token not in app.log.read_text()
    # The very same configs are in the file of this machine.
    assert run("get", "my-run", "--local").out == '{"a": 1}'

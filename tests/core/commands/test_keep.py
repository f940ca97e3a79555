"""Saved configs by command, on this machine and on a server behind a real socket."""

import getpass
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.api.below import Below
from core.commands.credentials import Credentials
from core.commands.keep_options import SORTS
from core.stores.protocol import Sort
from core.stores.sqlite import SqliteStore
from core.system.database import FILE_NAME
from core.workbench import Workbench, Writing
from tests.api_client import Api, local_api
from tests.command import Result, run
from tests.commands import digest, running
from tests.served import served
from tests.stores import ANNA, BERT, TEXT

BASE = "/tunesmith"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a data folder of the test's own; it works in a folder of its own too."""
    for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "data"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path / "home"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The API over the very file that --local reads."""
    with local_api(tmp_path / "data" / FILE_NAME) as api:
        with api.database.write() as connection:
            connection.execute("UPDATE accounts SET name_key = lower(name)")
        yield api


@pytest.fixture
def server(api: Api) -> Iterator[str]:
    """The API's server, below a path; another program answers everywhere else."""
    assert isinstance(api.app, Below)
    with served(Below(strangers(), f"{BASE}/api", api.app.api)) as url:
        yield url + BASE


def strangers() -> Starlette:
    async def page(_: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Streamlit</title>")

    async def away(_: Request) -> Response:
        return RedirectResponse("https://evil.example/")

    return Starlette(routes=[Route("/away/{rest:path}", away), Route("/{rest:path}", page)])


def log_in(server: str, token: str) -> Result:
    return run("login", server, "--token-stdin", stdin=f"{token}\n")


@pytest.fixture(params=["here", "server"])
def place(request: pytest.FixtureRequest, api: Api) -> str:
    """Where the commands of a test keep configs: what the first line on stderr says."""
    if request.param == "here":
        # Anna's alone: with --local and no name it has to be the only account.
        with api.database.write() as connection:
            connection.execute("DELETE FROM accounts WHERE id = ?", (BERT.user_id,))
        return "On this machine, in "
    url = request.getfixturevalue("server")
    assert log_in(url, api.token()).code == 0
    return f"On {url}, as Anna."


@pytest.fixture
def bench(api: Api) -> Workbench:
    """Anna's configs, past all commands."""
    return Workbench(SqliteStore(api.database, ANNA), ANNA)


def write(name: str, text: str = TEXT) -> str:
    Path(name).write_bytes(text.encode())
    return name


def lines(result: Result) -> list[str]:
    """What stderr says after the line about the place."""
    return result.err.splitlines()[1:]


# --- The main way through ------------------------------------------------------------------------


def test_a_config_is_saved_listed_read_changed_and_downloaded(place: str) -> None:
    saved = run("save", write("my-run.json", '{"a":1}\r\n'))
    assert saved.code == 0
    assert saved.out == "my-run · revision 1 · invalid, stops\n"
    assert saved.err.startswith(place)
    assert lines(saved) == ["A new config."]

    listed = run("list")
    head, row = listed.out.splitlines()
    assert head.split() == ["NAME", "METHOD", "VERDICT", "REVISION", "UPDATED", "ID"]
    assert row.split()[:5] == ["my-run", "-", "invalid,", "stops", "1"]

    assert run("get", "my-run").out == '{"a":1}\r\n'
    again = run("save", write("my-run.json", '{"a":2}'), "--message", "two", "--expect", 1)
    assert (again.code, lines(again)) == (0, ["A new version, after 1."])
    assert run("get", "MY-RUN", "--version", 1).out == '{"a":1}\r\n'

    downloaded = run("download", row.split()[-1], "-o", "new.json")
    assert (downloaded.code, downloaded.out) == (0, "new.json\n")
    assert Path("new.json").read_bytes() == b'{"a":2}'


def test_both_places_print_the_same(api: Api, server: str, bench: Workbench) -> None:
    assert log_in(server, api.token()).code == 0
    bench.create(Writing("ä \x7e", text=TEXT, target="tiny_tool_use/today/t4"), tags=["x"])
    bench.download(bench.create(Writing("b", text='{"é": "😀"}')).id)
    for words in (
        ("list",),
        ("list", "--json"),
        ("list", "--json", "--limit", 1, "--sort", "name"),
        ("get", "b"),
        ("get", "b", "--json"),
        ("get", "b", "--version", 1, "--json"),
    ):
        there, here = run(*words), run(*words, "--local", "--account", "anna")
        assert there.code == 0, there.err
        assert there.out == here.out
        assert (there.err.split()[1], here.err.split()[1]) == (server + ",", "this")


# --- Logins --------------------------------------------------------------------------------------


def test_a_login_tells_who_and_how_long_and_keeps_the_token_to_itself(
    api: Api, server: str
) -> None:
    token = api.token(scopes=["read"])
    result = log_in(f"{server}/api/training/", token)
    assert (result.code, result.out) == (0, "")
    assert f"Logged in at {server} as Anna; the token may read, until 20" in result.err
    assert token not in result.err
    file = Credentials.usual().file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 or os.name == "nt"
    assert run("list").err.startswith(f"On {server}, as Anna.")


def test_in_a_terminal_the_token_is_asked_for(
    api: Api, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def typed(words: str) -> str:
        asked.append(words)
        return api.token()

    monkeypatch.setattr(getpass, "getpass", typed)
    assert run("login", server, terminal=True).code == 0
    assert asked == [f"Access token for {server} (its account page makes one): "]
    # With the option it is read from the line that was typed ahead.
    assert run("login", server, "--token-stdin", stdin=api.token(), terminal=True).code == 0
    assert len(asked) == 1


def test_the_token_of_a_login_is_forgotten(api: Api, server: str) -> None:
    log_in(server, api.token())
    result = run("logout")
    assert (result.code, f"Forgot the token of {server}" in result.err) == (0, True)
    assert "tsm_" not in Credentials.usual().file.read_text()
    for words in (("logout",), ("logout", server)):
        assert (run(*words).code, "no login" in run(*words).err) == (0, True)
    assert "this machine" not in run("list", "--server", server).err


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("tsm_mistyped", "proves nobody"),
        ("", "No token was given"),
        ("tsm_a b", "is not an access token"),
    ],
)
def test_a_token_that_is_not_taken_is_not_kept(server: str, token: str, said: str) -> None:
    result = log_in(server, token)
    assert (result.code, result.out, said in result.err) == (2, "", True)
    assert not token or token not in result.err
    assert not Credentials.usual().file.exists()


def test_a_token_that_was_revoked_is_told(api: Api, server: str) -> None:
    log_in(server, api.token())
    for info in api.tokens.active(ANNA.user_id):
        api.tokens.revoke(ANNA.user_id, info.handle)
    result = run("list")
    assert (result.code, lines(result)[0].endswith(f"python -m core login {server}")) == (2, True)


def test_another_program_is_sent_no_token(server: str) -> None:
    url = server.removesuffix(BASE)
    for where, said in (
        (url, "is not a Tunesmith with a REST API"),
        (f"{url}/away", "leads on to https://evil.example/"),
    ):
        # It is found out before the token is read: an empty one is not complained about.
        result = log_in(where, "")
        assert (result.code, said in result.err, result.err.count("\n")) == (2, True, 1)


def test_a_server_that_is_not_there_is_told() -> None:
    result = log_in("http://127.0.0.1:9", "tsm_a")
    assert (result.code, "can't be reached; is it running?" in result.err) == (2, True)


def test_no_token_goes_over_a_network_in_the_clear() -> None:
    for words in (("login",), ("list", "--server")):
        result = run(*words, "http://192.0.2.1", stdin="tsm_a")
        assert result.code == 2
    assert "in the clear" in run("login", "http://192.0.2.1", stdin="tsm_a").err


def test_no_proxy_is_asked_for_this_machine(
    api: Api, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert log_in(server, api.token()).code == 0
    assert run("list").code == 0


# --- Which place ---------------------------------------------------------------------------------


def test_without_a_login_it_is_this_machine(bench: Workbench, tmp_path: Path) -> None:
    bench.create(Writing("kept", text=TEXT))
    result = run("list", "--account", "anna")
    assert (result.code, "kept" in result.out) == (0, True)
    assert result.err == f"On this machine, in {tmp_path / 'data' / FILE_NAME}, as Anna.\n"
    several = run("list")
    assert (several.code, "Say which account with --account" in several.err) == (2, True)


def test_the_environment_names_a_server_and_its_token(
    api: Api, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNESMITH_SERVER", f"{server}/")
    monkeypatch.setenv("TUNESMITH_TOKEN", api.token(BERT))
    assert run("list").err.startswith(f"On {server}.\n")
    assert run("save", write("berts.json")).code == 0
    log_in(server, api.token())
    monkeypatch.delenv("TUNESMITH_TOKEN")
    assert run("list").err.splitlines() == [f"On {server}, as Anna.", "There are no configs yet."]
    # The app's own commands don't stumble over either.
    assert run("list", "--local", "--account", "bert").out.count("berts") == 1


def test_a_token_of_the_environment_goes_to_its_server_only(
    api: Api, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNESMITH_TOKEN", api.token())
    result = run("list")
    assert (result.code, "TUNESMITH_SERVER" in result.err) == (2, True)
    assert run("list", "--server", server).code == 0
    monkeypatch.setenv("TUNESMITH_SERVER", "https://other.example")
    result = run("list", "--server", server)
    assert (result.code, "You are not logged in" in result.err) == (2, True)


def test_with_a_supabase_project_this_machine_is_meant_only_where_it_is_named(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNESMITH_SUPABASE_URL", "https://abcd.supabase.co")
    monkeypatch.setenv("TUNESMITH_SUPABASE_KEY", "sb_publishable_x")
    result = run("list")
    assert (result.code, "log in to the running app" in result.err) == (2, True)
    assert run("list", "--account", "anna").code == 0


def test_without_accounts_it_is_the_one_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_ACCOUNTS", "off")
    assert run("save", write("a.json")).code == 0
    assert run("list").out.count("a ") == 1


# --- List ----------------------------------------------------------------------------------------


def test_every_order_of_the_store_can_be_asked_for() -> None:
    assert get_args(Sort) == SORTS


def listed(*words: object) -> list[str]:
    return [json.loads(line)["name"] for line in run("list", "--json", *words).out.splitlines()]


def test_a_list_is_chosen_and_sorted(place: str, bench: Workbench) -> None:
    method = '{{"training": {{"method": "{}"}}}}'.format
    bench.create(Writing("b", "LoRA sweep", text=method("sft")), tags=["x"])
    bench.create(Writing("a", text=method("dpo")), tags=["x", "y"])
    bench.create(Writing("c", text=method("sft")))
    assert listed("--sort", "name") == ["a", "b", "c"]
    assert listed("--sort", "name", "--reverse") == ["c", "b", "a"]
    assert listed() == ["c", "a", "b"]
    assert listed("--limit", 2) == ["c", "a"]
    assert listed("--search", "lora") == ["b"]
    assert listed("--method", "dpo", "--tag", "x", "--tag", "y", "--invalid") == ["a"]
    assert listed("--valid") == []
    nothing = run("list", "--valid")
    assert (nothing.code, nothing.out, lines(nothing)) == (0, "", ["No config matches."])


def test_what_is_no_text_is_told_and_found_nowhere(place: str) -> None:
    nowhere = "\udcff"
    for words in (("list", "--search", nowhere), ("list", "--tag", nowhere), ("get", nowhere)):
        result = run(*words)
        assert (result.code, result.out) == (2, "")
        assert result.err.count("\n") in (1, 2)
        assert "failed" not in result.err
    saved = run("save", write("a.json"), "--description", nowhere)
    assert (saved.code, "control character" in saved.err) == (2, True)


def test_a_list_is_longer_than_a_page(place: str, bench: Workbench) -> None:
    for number in range(205):
        bench.create(Writing(f"run-{number:03}", text="{}"))
    assert listed("--sort", "name") == [f"run-{number:03}" for number in range(205)]
    assert len(run("list").out.splitlines()) == 206


# --- Download ------------------------------------------------------------------------------------


def test_files_are_named_after_the_configs(place: str, bench: Workbench) -> None:
    for name, text in (("a/b", "{}"), ("a b", '{"a": 1}'), ("../../c", '{"c": 1}')):
        bench.create(Writing(name, text=text))
    Path("out").mkdir()
    result = run("download", "a/b", "a b", "../../c", "a/b", "-o", "out")
    assert result.code == 0
    files = [Path(line) for line in result.out.splitlines()]
    assert [file.parent for file in files] == [Path("out")] * 3
    assert [file.read_text() for file in files] == ["{}", '{"a": 1}', '{"c": 1}']
    used = [json.loads(line)["times_used"] for line in run("list", "--json").out.splitlines()]
    assert used == [1, 1, 1]


def test_a_file_that_is_there_is_left_alone_unless_forced(place: str, bench: Workbench) -> None:
    bench.create(Writing("a", text='{"a": 1}'))
    bench.create(Writing("b", text='{"b": 1}'))
    write("b.json", "mine")
    result = run("download", "a", "b")
    assert (result.code, result.out) == (2, "")
    assert lines(result) == ["b.json: is there already; --force replaces it."]
    assert sorted(os.listdir()) == ["b.json"]
    assert Path("b.json").read_text() == "mine"
    assert run("download", "a", "b", "--force").out == "a.json\nb.json\n"
    assert Path("b.json").read_text() == '{"b": 1}'
    assert sorted(os.listdir()) == ["a.json", "b.json"]


def test_an_older_version_is_downloaded(place: str, bench: Workbench) -> None:
    made = bench.create(Writing("a", text='{"a": 1}'))
    bench.write(made.id, Writing(text='{"a": 2}'), expected_revision=1)
    assert run("download", "a", "--version", 1).out == "a-v1.json\n"
    assert Path("a-v1.json").read_text() == '{"a": 1}'
    assert run("download", "a", "--version", 1, "-o", "-").out == '{"a": 1}'
    assert run("download", "a", "--version", 3).code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "b", "-o", "one.json"), "is not a folder, which 2 configs need"),
        (("a", "-o", "new/"), "is not a folder; make it first"),
        (("a", "-o", "new/a.json"), "can't be written"),
        (("a", "nobody"), "There is no config 'nobody'"),
    ],
)
def test_what_can_not_be_downloaded_is_told(
    place: str, bench: Workbench, words: tuple[str, ...], said: str
) -> None:
    bench.create(Writing("a", text="{}"))
    bench.create(Writing("b", text="{}"))
    result = run("download", *words)
    assert (result.code, result.out, said in result.err) == (2, "", True)
    assert os.listdir() == []


# --- Save ----------------------------------------------------------------------------------------


def test_the_same_again_is_no_new_version(place: str) -> None:
    assert run("save", write("a.json")).code == 0
    again = run("save", "a.json")
    assert (again.code, lines(again)) == (0, ["The same as before."])
    assert json.loads(run("save", "a.json", "--json").out)["revision"] == 1


def test_what_was_downloaded_goes_back_to_its_config(place: str, bench: Workbench) -> None:
    bench.create(Writing("my run / 2", text="{}"))
    assert run("download", "my run / 2").out == "my-run-2.json\n"
    result = run("save", write("my-run-2.json", '{"a": 1}'))
    assert (result.code, result.out.split(" · ")[:2]) == (0, ["my run / 2", "revision 2"])
    named = run("save", "my-run-2.json", "--name", "my-run-2")
    assert lines(named) == ["A new config."]


def test_all_that_is_said_of_a_config_is_saved(place: str) -> None:
    words = ("--description", "one\ntwo", "--template", "dpo_basic", "--tag", "x", "--tag", "y")
    target = ("--target", "tiny_tool_use/today/t4")
    made = json.loads(run("save", "-", "--name", "a", *words, *target, "--json", stdin=TEXT).out)
    assert (made["description"], made["template_type"]) == ("one\ntwo", "dpo_basic")
    assert (made["tags"], made["target"]) == (["x", "y"], "tiny_tool_use/today/t4")
    moved = json.loads(run("save", write("x.json"), "--onto", "a", "--name", "b", "--json").out)
    assert (moved["name"], moved["description"], moved["revision"]) == ("b", "one\ntwo", 2)


def test_commands_are_shown_whole_and_saved_with_a_yes_to_each(place: str) -> None:
    bad = "rm -rf \x1b[2J \u202e" + "x" * 2000
    result = run("save", write("a.json", running("ls", bad, "ls")))
    assert (result.code, result.out) == (1, "")
    assert "x" * 2000 in result.err
    assert r"rm -rf \x1b[2J \u202e" in result.err
    assert "\x1b" not in result.err
    approve = [part for line in lines(result) if "--approve" in line for part in line.split()]
    assert approve == ["--approve", digest("ls"), "--approve", digest(bad)]
    half = run("save", "a.json", *approve[:2])
    assert (half.code, digest("ls") in half.err, digest(bad) in half.err) == (1, False, True)
    assert run("save", "a.json", *approve).code == 0
    assert run("save", write("a.json", running(bad))).code == 0


def test_a_save_that_comes_too_late_overwrites_nothing(place: str, bench: Workbench) -> None:
    made = bench.create(Writing("a", text="{}"))
    bench.write(made.id, Writing(text='{"a": 1}'), expected_revision=1)
    result = run("save", write("a.json"), "--expect", 1)
    assert (result.code, result.out, len(lines(result))) == (1, "", 1)
    for said in ("revision 2", f"get {made.id}", "--expect 2"):
        assert said in result.err
    assert bench.config(made.id).text == '{"a": 1}'
    assert run("save", "a.json", "--expect", 2).code == 0


def test_a_name_that_is_taken_is_told(place: str, bench: Workbench) -> None:
    bench.create(Writing("a", text="{}"))
    bench.create(Writing("b", text="{}"))
    write("a.json")
    for words in (("--as-new",), ("--expect", 0), ("--onto", "b", "--name", "a")):
        result = run("save", "a.json", *words)
        assert (result.code, result.out) == (1, "")
        assert lines(result) == ["You have a config named 'a' already; nothing was saved."]
    assert run("save", "a.json", "--as-new", "--name", "c", "--expect", 0).code == 0


@pytest.mark.parametrize("place", ["here"], indirect=True)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.json",), "none.json: can't be read"),
        (("bad.json",), "bad.json: line 1"),
        (("-",), "Standard input has no name"),
        (("a.json", "--onto", "nobody"), "There is no config 'nobody'"),
        (("a.json", "--name", " "), "The name is empty"),
        (("a.json", "--name", "x" * 121), "shorten it to 120"),
        (("a.json", "--expect", "-1"), "--expect is -1"),
        (("a.json", "--expect", "3"), "There is no config 'a' to be at revision 3"),
        (("a.json", "--as-new", "--expect", "3"), "--expect can be 0"),
        (("a.json", "--as-new", "--onto", "b"), "not allowed with"),
        (("a.json", "--approve", "ls"), "is not a SHA-256"),
        (("a.json", "--target", "x/y/z"), "'x'"),
        (("a.json", "--template", "No"), "is not an id"),
        (("a.json", "--onto", "there", "--tag", "x"), "--tag is for a new config"),
        (("a.json", "--account", "a", "--server", "http://localhost"), "--account"),
    ],
)
def test_what_can_not_be_saved_is_told_in_a_line(
    place: str, bench: Workbench, words: tuple[str, ...], said: str
) -> None:
    bench.create(Writing("there", text="{}"))
    write("a.json")
    write("bad.json", "{,}")
    result = run("save", *words)
    told = [line for line in result.err.splitlines() if not line.startswith("On ")]
    assert (result.code, result.out, len(told)) == (2, "", 1)
    assert said in told[0]
    assert listed() == ["there"]


def test_who_has_neither_a_login_nor_an_account_is_told_of_both(tmp_path: Path) -> None:
    result = run("list")
    assert (result.code, result.out) == (2, "")
    assert "logged in nowhere (python -m core login SERVER)" in result.err
    assert f"{tmp_path / 'data' / FILE_NAME}: The file has no accounts" in result.err
    assert "logged in nowhere" not in run("list", "--local").err


def test_a_refused_token_of_the_environment_is_to_be_changed_there(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNESMITH_SERVER", server)
    monkeypatch.setenv("TUNESMITH_TOKEN", "tsm_" + "A" * 49)
    assert "put it into TUNESMITH_TOKEN, or take that away" in run("list").err

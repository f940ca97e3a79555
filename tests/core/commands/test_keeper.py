"""One suite for both places that commands keep configs in: this machine, and a server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import presets
from core.commands.client import Client, open_http
from core.commands.keeper import Finder, Keeper, LocalKeeper, walk
from core.errors import (
    Conflict,
    InputError,
    NameTaken,
    NeedsConsent,
    NotAllowed,
    NotFound,
    TunesmithError,
    Unacceptable,
    UnknownTarget,
)
from core.stores.protocol import Query
from core.stores.sqlite import SqliteStore
from core.workbench import Workbench, Writing
from tests.api_client import Api, local_api
from tests.asgi_transport import AsgiTransport
from tests.commands import digest, tool, with_tools
from tests.stores import ANNA, BERT, TEXT, with_method

SERVER = "http://localhost:8501"
TARGET = "tiny_tool_use/today/t4"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with local_api(tmp_path / "keeper.sqlite3") as api:
        yield api


def remote(api: Api, token: str) -> Client:
    return Client(SERVER, token, open_http(SERVER, AsgiTransport(api.app)))


def bench(api: Api) -> Workbench:
    return Workbench(SqliteStore(api.database, ANNA), ANNA)


@pytest.fixture(params=["here", "server"])
def keeper(request: pytest.FixtureRequest, api: Api) -> Keeper:
    """Anna's configs, in either place."""
    return LocalKeeper(bench(api)) if request.param == "here" else remote(api, api.token())


def new(name: str = "run", text: str = TEXT, **more: object) -> Writing:
    return Writing(name=name, text=text, **more)  # type: ignore[arg-type]


def fill(keeper: Keeper, *names: str) -> None:
    for name in names:
        keeper.create(new(name))


def names(keeper: Keeper, query: Query | None = None, limit: int | None = None) -> list[str]:
    return [row.name for row in walk(keeper, query or Query(), limit)]


# --- Keeping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [TEXT, '{"a":1}', '{\r\n\t"é": "😀\\u0041\u2028"}\n\n', " {} "])
def test_a_config_comes_back_byte_for_byte(keeper: Keeper, text: str) -> None:
    made = keeper.create(new(text=text))
    assert keeper.get(made.id).text == text
    assert keeper.version(made.id, 1).content.text == text
    assert keeper.download(made.id) == text.encode()


def test_all_that_is_written_is_kept(keeper: Keeper) -> None:
    writing = new(
        description="two\nlines", template_type="dpo_basic", target="tiny_tool_use/today/t4"
    )
    made = keeper.create(writing, "at first", ["x", "y"])
    assert (made.name, made.description, made.template_type) == ("run", "two\nlines", "dpo_basic")
    assert (made.target, made.tags, made.revision) == ("tiny_tool_use/today/t4", ("x", "y"), 1)
    assert keeper.version(made.id, 1).message == "at first"


def test_both_places_know_the_same_of_a_config(api: Api) -> None:
    here, there = LocalKeeper(bench(api)), remote(api, api.token())
    made = here.create(new(text=with_method("sft")), tags=["x"])
    here.download(made.id)
    assert there.get(made.id) == here.get(made.id)
    assert there.page(Query()) == here.page(Query())


def test_a_new_version_changes_what_it_names_and_leaves_the_rest(keeper: Keeper) -> None:
    made = keeper.create(new(description="old", target=TARGET), tags=["x"])
    writing = Writing(text='{"a": 1}')
    saved = keeper.write(made.id, writing, expected_revision=1, message="tried")
    assert (saved.revision, saved.text) == (2, '{"a": 1}')
    assert (saved.name, saved.description, saved.target) == ("run", "old", TARGET)
    assert saved.tags == ("x",)
    assert keeper.version(made.id, 2).message == "tried"
    assert keeper.version(made.id, 1).content.text == TEXT


def test_the_same_again_makes_no_version(keeper: Keeper) -> None:
    made = keeper.create(new())
    assert keeper.write(made.id, Writing(text=TEXT), expected_revision=1).revision == 1


def test_only_a_download_is_a_use(keeper: Keeper) -> None:
    made = keeper.create(new())
    keeper.write(made.id, Writing(text="{}"), expected_revision=1)
    assert keeper.get(made.id).times_used == 0
    assert (keeper.download(made.id, 1), keeper.download(made.id)) == (TEXT.encode(), b"{}")
    assert keeper.get(made.id).times_used == 2


def test_a_conflict_brings_the_present_state(keeper: Keeper) -> None:
    made = keeper.create(new())
    keeper.write(made.id, Writing(text="{}"), expected_revision=1)
    with pytest.raises(Conflict) as raised:
        keeper.write(made.id, Writing(text='{"a": 1}'), expected_revision=1)
    assert (raised.value.current.revision, raised.value.current.text) == (2, "{}")
    assert keeper.get(made.id).text == "{}"


def test_a_name_is_given_once(keeper: Keeper) -> None:
    fill(keeper, "run", "other")
    other = Finder(keeper).find("other")
    with pytest.raises(NameTaken, match="'run'"):
        keeper.create(new())
    with pytest.raises(NameTaken, match="'run'"):
        keeper.write(other.id, Writing(name="run"), expected_revision=1)


def test_commands_need_a_yes_to_each(keeper: Keeper) -> None:
    text = with_tools(tool(name="list", command="ls"), tool(command="rm -rf /tmp/x"))
    with pytest.raises(NeedsConsent) as raised:
        keeper.create(new(text=text, approved=(digest("ls"),)))
    assert [one.text for one in raised.value.commands] == ["rm -rf /tmp/x"]
    made = keeper.create(new(text=text, approved=(digest("ls"), digest("rm -rf /tmp/x"))))
    # What was agreed to needs no second yes.
    changed = text.replace("list", "lists")
    assert keeper.write(made.id, Writing(text=changed), expected_revision=1).revision == 2


@pytest.mark.parametrize(
    ("writing", "error"),
    [
        (new(" " * 3), Unacceptable),
        (new("x" * 121), Unacceptable),
        (new(text='{"a": ' + json.dumps("x" * 300_000) + "}"), Unacceptable),
        (new(target="nobody/pinned/gpu"), UnknownTarget),
        (new(template_type="No"), Unacceptable),
    ],
)
def test_what_no_store_takes_is_refused_in_a_sentence(
    keeper: Keeper, writing: Writing, error: type[TunesmithError]
) -> None:
    with pytest.raises(error, match=r"^[^\n]+$"):
        keeper.create(writing)
    assert names(keeper) == []


def test_what_is_not_yours_is_not_there(keeper: Keeper, api: Api) -> None:
    others = Workbench(SqliteStore(api.database, BERT), BERT).create(new("berts"))
    for config_id in (others.id, "6f1d2c0a-0000-4000-8000-000000000001"):
        with pytest.raises(NotFound):
            keeper.get(config_id)
        with pytest.raises(NotFound):
            keeper.download(config_id)
        with pytest.raises(NotFound):
            keeper.version(config_id, 1)
        with pytest.raises(NotFound):
            keeper.write(config_id, Writing(text="{}"), expected_revision=1)
    assert names(keeper) == []


def test_a_token_that_may_only_read_writes_nothing(api: Api) -> None:
    keeper = remote(api, api.token(scopes=["read"]))
    with pytest.raises(NotAllowed, match="may not write"):
        keeper.create(new())
    assert names(keeper) == []


# --- Listing -------------------------------------------------------------------------------------


def test_a_walk_follows_the_pages_to_the_end_or_the_limit(keeper: Keeper) -> None:
    fill(keeper, *(f"run-{number}" for number in range(7)))
    query = Query(sort="name", descending=False, limit=3)
    assert names(keeper, query) == [f"run-{number}" for number in range(7)]
    assert names(keeper, query, 4) == [f"run-{number}" for number in range(4)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(search="LORA two"), ["b"]),
        (Query(search="a=1&sort=x#?"), []),
        (Query(methods=("dpo",)), ["b"]),
        (Query(methods=("dpo", "sft"), tags=("x",), sort="name"), ["b", "a"]),
        (Query(valid=True), ["c"]),
        (Query(valid=False, sort="name", descending=False), ["a", "b"]),
        (Query(tags=("x", "y & z")), ["b"]),
        (Query(templates=("dpo_basic",)), ["b"]),
        (Query(sort="created", descending=False), ["a", "b", "c"]),
    ],
)
def test_a_list_is_filtered_and_sorted(keeper: Keeper, query: Query, found: list[str]) -> None:
    keeper.create(new("a", with_method("sft")), tags=["x"])
    dpo = new("b", with_method("dpo"), description="Lora, two", template_type="dpo_basic")
    keeper.create(dpo, tags=["x", "y & z"])
    keeper.create(new("c", json.dumps(presets.find("hybrid").config)))
    assert names(keeper, query) == found


# --- Which config is meant -----------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["run", " run ", "Other", "OTHER", "straße 1", "STRASSE 1"])
def test_a_config_is_found_by_its_name(keeper: Keeper, typed: str) -> None:
    fill(keeper, "run", "run-2", "other", "Straße 1")
    wanted = typed.strip().casefold()
    assert Finder(keeper).find(typed).name.casefold() == wanted


def test_a_config_is_found_by_its_id_or_how_that_begins(keeper: Keeper) -> None:
    made = keeper.create(new())
    for typed in (made.id, made.id.upper(), made.id[:8], made.id[:4], made.id[:14]):
        assert Finder(keeper).find(typed).id == made.id
    with pytest.raises(NotFound):
        Finder(keeper).find(made.id[:3])


def test_the_whole_name_comes_before_an_id_and_another_case(keeper: Keeper) -> None:
    made = keeper.create(new("Run"))
    fill(keeper, "run", made.id[:8])
    assert [Finder(keeper).find(typed).name for typed in ("Run", "run", made.id[:8])] == [
        "Run",
        "run",
        made.id[:8],
    ]
    with pytest.raises(InputError, match="'RUN' can be"):
        Finder(keeper).find("RUN")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sft-base", "did you mean 'sft-baseline'?"),
        ("line", "did you mean 'sft-baseline'?"),
        ("zzz", "`list` shows all"),
        ("DPX", "did you mean 'dpo'?"),
        ("x" * 4000, "`list` shows all"),
        ("a\x00b", "`list` shows all"),
    ],
)
def test_an_unknown_name_is_told_with_those_like_it(keeper: Keeper, typed: str, said: str) -> None:
    fill(keeper, "sft-baseline", "dpo")
    with pytest.raises(NotFound) as raised:
        Finder(keeper).find(typed)
    assert said in str(raised.value)
    assert len(str(raised.value)) < 300


def test_a_config_is_known_by_the_name_of_its_download(keeper: Keeper) -> None:
    fill(keeper, "my run / 2", "a b", "a / b")
    finder = Finder(keeper)
    assert (found := finder.downloaded_as("my-run-2.json"))
    assert found.name == "my run / 2"
    assert finder.downloaded_as("other.json") is None
    with pytest.raises(InputError, match="can be"):
        finder.downloaded_as("a-b.json")

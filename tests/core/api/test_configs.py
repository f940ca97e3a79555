"""Saved configs over REST, as a script uses them."""

from typing import Any

import pytest

from core.presets import find
from tests.api_client import Api, code

SFT = find("sft_toolbench").config
FAULTY = {"training": {"batch_size": 0}}
NOBODYS = "6f1d2c0a-0000-4000-8000-0000000000ff"


def command(text: str) -> dict[str, Any]:
    tool = {"name": "list", "type": "command", "description": "d", "command": text}
    return {**SFT, "tools": [tool]}


def test_a_new_config_has_a_record_by_the_seeds_names(api: Api) -> None:
    answer = api.anna.ask("POST", "", {
        "name": "baseline", "description": "as the paper says", "template_type": "sft_toolbench",
        "config_json": SFT, "tags": ["paper"],
    })  # fmt: skip
    config = answer.json()["config"]
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/api/training/{config['id']}"
    assert config["config_json"] == SFT
    assert config["is_validated"] is True
    assert config["validation_errors"] is None
    assert (config["revision"], config["times_used"], config["tags"]) == (1, 0, ["paper"])
    assert config["template_type"] == "sft_toolbench"


def test_errors_in_a_config_are_told_and_stop_nothing(api: Api) -> None:
    config = api.anna.make(config_json=FAULTY)
    assert config["is_validated"] is False
    assert "training.batch_size" in {error["field"] for error in config["validation_errors"]}


def test_a_text_is_kept_byte_for_byte(api: Api) -> None:
    text = '{ "training":{"learning_rate": 2E-4},\r\n  "mine": 1.50 }'
    config = api.anna.post("", {"name": "mine", "config_text": text})["config"]
    assert config["config_text"] == text
    download = api.anna.ask("GET", f"/{config['id']}/download")
    assert download.content == text.encode()
    assert download.headers["content-disposition"].startswith('attachment; filename="mine.json"')


def test_a_download_counts_as_a_use_and_reading_does_not(api: Api) -> None:
    config = api.anna.make()
    api.anna.ask("GET", f"/{config['id']}/download")
    api.anna.get(f"/{config['id']}")
    assert api.anna.get(f"/{config['id']}")["config"]["times_used"] == 1


def test_a_save_needs_the_revision_that_was_read(api: Api) -> None:
    anna, path = api.anna, "/" + api.anna.make()["id"]
    assert code(anna.ask("PUT", path, {"config_json": SFT})) == (428, "precondition_required")
    saved = anna.ask(
        "PUT", path, {"config_json": SFT, "message": "up"}, headers={"if-match": '"1"'}
    )
    assert saved.headers["etag"] == '"2"'
    assert saved.json()["config"]["config_json"] == SFT
    late = anna.ask("PUT", path, {"config_json": FAULTY}, headers={"if-match": '"1"'})
    assert code(late) == (409, "conflict")
    assert late.json()["config"]["revision"] == 2
    assert anna.get(path)["config"]["config_json"] == SFT


@pytest.mark.parametrize("revision", ["*", 'W/"1"', '"1", "2"', "one", '"0"', "-1", "9" * 40, ""])
def test_an_if_match_that_names_no_revision_saves_nothing(api: Api, revision: str) -> None:
    path = "/" + api.anna.make()["id"]
    answer = api.anna.ask("PUT", path, {"config_json": SFT}, headers={"if-match": revision})
    assert code(answer) == (412, "precondition_failed")
    assert api.anna.get(path)["config"]["revision"] == 1


def test_what_a_save_leaves_out_stays(api: Api) -> None:
    made = api.anna.make("one", description="why", template_type="dpo_basic", config_json=SFT)
    saved = api.anna.put(f"/{made['id']}", {"name": "two"}, if_match='"1"')["config"]
    assert (saved["name"], saved["description"]) == ("two", "why")
    assert saved["template_type"] == "dpo_basic"
    assert saved["config_text"] == made["config_text"]


def test_a_deleted_config_is_gone(api: Api) -> None:
    path = "/" + api.anna.make()["id"]
    assert api.anna.ask("DELETE", path).status_code == 204
    assert code(api.anna.ask("GET", path)) == (404, "not_found")
    assert code(api.anna.ask("DELETE", path)) == (404, "not_found")


def test_a_name_that_is_taken_is_refused(api: Api) -> None:
    api.anna.make("run")
    answer = api.anna.ask("POST", "", {"name": "run", "config_json": {}})
    assert code(answer) == (409, "name_taken")
    assert "'run'" in answer.json()["detail"]


def test_versions_are_listed_read_and_restored(api: Api) -> None:
    anna, path = api.anna, "/" + api.anna.make(config_json=SFT)["id"]
    anna.put(path, {"config_json": FAULTY, "message": "too far"}, if_match='"1"')
    versions = anna.get(path + "/versions")["versions"]
    assert [(one["number"], one["message"]) for one in versions] == [(2, "too far"), (1, "")]
    assert anna.get(path + "/versions/1")["version"]["config_json"] == SFT
    stale = anna.ask("POST", path + "/restore", {"version": 1}, headers={"if-match": '"1"'})
    assert code(stale) == (409, "conflict")
    restored = anna.post(path + "/restore", {"version": 1}, if_match='"2"')["config"]
    assert (restored["revision"], restored["config_json"]) == (3, SFT)
    assert anna.ask("GET", path + "/download?version=2").json() == FAULTY
    assert code(anna.ask("GET", path + "/versions/9")) == (404, "not_found")


def test_a_list_is_walked_by_its_cursors(api: Api) -> None:
    anna = api.anna
    for number in range(5):
        anna.make(f"run-{number}")
    seen, cursor = [], ""
    while True:
        page = anna.get(f"?limit=2&sort=name&order=asc&cursor={cursor}")
        seen += [row["name"] for row in page["configs"]]
        if not (cursor := page["next_cursor"] or ""):
            break
    assert seen == [f"run-{number}" for number in range(5)]


def test_a_list_is_filtered_and_can_bring_the_configs(api: Api) -> None:
    anna = api.anna
    anna.make("good", config_json=SFT, tags=["a"])
    anna.make("bad", config_json=FAULTY)
    assert [row["name"] for row in anna.get("?valid=false")["configs"]] == ["bad"]
    assert [row["name"] for row in anna.get("?tag=a&method=sft")["configs"]] == ["good"]
    rows = anna.get("?search=good&include=config_json")["configs"]
    assert [row["config_json"] for row in rows] == [SFT]
    assert "config_json" not in anna.get("?search=good")["configs"][0]


@pytest.mark.parametrize(
    "query", ["?cursor=abc", "?cursor=W10", "?limit=0", "?sort=size", "?serch=x", "?valid=maybe"]
)
def test_a_list_that_can_t_be_had_as_asked_is_refused(api: Api, query: str) -> None:
    answer = api.anna.ask("GET", query)
    assert code(answer) in [(422, "invalid_request"), (422, "bad_cursor")]


def test_a_cursor_of_another_order_is_refused(api: Api) -> None:
    for name in "abc":
        api.anna.make(name)
    cursor = api.anna.get("?limit=1&sort=name")["next_cursor"]
    answer = api.anna.ask("GET", f"?limit=1&sort=created&cursor={cursor}")
    assert code(answer) == (422, "bad_cursor")


def test_commands_want_a_yes_before_they_are_kept(api: Api) -> None:
    body = {"name": "tools", "config_json": command("ls {path}")}
    refused = api.anna.ask("POST", "", body)
    assert code(refused) == (409, "needs_consent")
    [asked] = refused.json()["commands"]
    assert (asked["tool"], asked["command"]) == ("list", "ls {path}")
    kept = api.anna.post("", {**body, "approved": [asked["sha256"]]})["config"]
    other = api.anna.ask(
        "PUT", f"/{kept['id']}", {"config_json": command("rm {path}")}, headers={"if-match": '"1"'}
    )
    assert code(other) == (409, "needs_consent")


def test_a_config_is_kept_with_the_target_that_it_was_judged_for(api: Api) -> None:
    kept = api.anna.make(config_json=SFT, target="tiny_tool_use/pinned/cpu")
    assert kept["target"] == "tiny_tool_use/pinned/cpu"
    for target in ("nobody/pinned/gpu", "pinned", "a/b/c/d"):
        body = {"name": "other", "config_json": SFT, "target": target}
        assert code(api.anna.ask("POST", "", body)) == (422, "unknown_target")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"name": " "}, "unacceptable"),
        ({"name": "a\u202eb"}, "unacceptable"),
        ({"name": 5}, "invalid_request"),
        ({"name": "n" * 121}, "invalid_request"),
        ({"template_type": "No Such"}, "unacceptable"),
        ({"tags": ["x"] * 21}, "invalid_request"),
        ({"config_json": [1]}, "invalid_request"),
        ({"config_json": None}, "invalid_request"),
        ({"config_text": "{}"}, "invalid_request"),
        ({"colour": "red"}, "invalid_request"),
        ({"approved": ["yes"]}, "invalid_request"),
        ({"config_json": {"x": "y" * 300_000}}, "unacceptable"),
    ],
)
def test_a_field_that_is_not_taken_is_named(api: Api, change: dict[str, Any], kind: str) -> None:
    answer = api.anna.ask("POST", "", {"name": "run", "config_json": {}, **change})
    assert code(answer) == (422, kind)
    assert api.anna.get()["configs"] == []


def test_a_text_that_is_no_config_says_where(api: Api) -> None:
    answer = api.anna.ask("POST", "", {"name": "run", "config_text": '{\n "a": 1,\n}'})
    assert code(answer) == (422, "unreadable_config")
    assert "Line 2, column 8" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("POST", ""), ("GET", "/account"), ("GET", f"/{NOBODYS}"),
        ("PUT", f"/{NOBODYS}"), ("DELETE", f"/{NOBODYS}"), ("GET", f"/{NOBODYS}/versions"),
        ("GET", f"/{NOBODYS}/versions/1"), ("POST", f"/{NOBODYS}/restore"),
        ("GET", f"/{NOBODYS}/download"),
    ],
)  # fmt: skip
def test_without_an_account_nothing_of_it_answers(api: Api, method: str, path: str) -> None:
    answer = api.nobody.ask(method, path, {} if method in ("POST", "PUT") else None)
    assert code(answer) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_what_belongs_to_others_does_not_exist(api: Api) -> None:
    path = "/" + api.bert.make(config_json=SFT)["id"]
    anna = api.anna
    for method, rest, body in [
        ("GET", "", None), ("PUT", "", {"name": "mine"}), ("DELETE", "", None),
        ("GET", "/versions", None), ("GET", "/versions/1", None), ("GET", "/download", None),
        ("POST", "/restore", {"version": 1}),
    ]:  # fmt: skip
        answer = anna.ask(method, path + rest, body, headers={"if-match": '"1"'})
        assert code(answer) == (404, "not_found"), (method, rest)
    assert anna.get()["configs"] == []
    assert code(anna.ask("POST", "/compare", {"configs": [{"config_id": path[1:]}]})) == (
        404, "not_found",
    )  # fmt: skip
    assert api.bert.get(path)["config"]["config_json"] == SFT


def test_a_token_that_may_only_read_writes_nothing(api: Api) -> None:
    from tests.stores import ANNA

    reader, path = api.client(ANNA, "read"), "/" + api.anna.make()["id"]
    assert reader.get(path)["config"]["name"] == "run"
    for method, rest, body in [
        ("POST", "", {"name": "b", "config_json": {}}), ("PUT", path, {"name": "b"}),
        ("DELETE", path, None), ("POST", path + "/restore", {"version": 1}),
    ]:  # fmt: skip
        assert code(reader.ask(method, rest, body, headers={"if-match": '"1"'})) == (
            403, "forbidden",
        )  # fmt: skip
    assert len(api.anna.get()["configs"]) == 1


def test_a_token_says_whose_it_is(api: Api) -> None:
    answer = api.anna.get("/account")
    assert answer["account"] == {"user_id": "6f1d2c0a-0000-4000-8000-00000000000a", "name": "Anna"}
    assert answer["scopes"] == ["read", "write"]
    assert answer["expires_at"] > "2026"

from pathlib import Path

import pytest

from core.document import identical, read, write
from core.errors import DocumentError, UnknownPreset
from core.fields import table
from core.presets import Preset, built_in_tools, find, load


def preset_file(folder: Path, name: str, **changes: object) -> None:
    content = {
        "title": "Mine",
        "summary": "A test.",
        "method": "sft",
        "origin": "proposed",
        "note": "Made for a test.",
        "config": {"training": {"method": "sft"}},
    }
    (folder / name).write_text(write({**content, **changes}), encoding="utf-8")


def test_presets_are_listed_by_method_and_the_trainers_own_files_first() -> None:
    methods, origins = ("sft", "teacher_mode", "dpo"), ("exact", "reconstructed", "proposed")
    order = [
        (methods.index(preset.method), origins.index(preset.origin), preset.title)
        for preset in load()
    ]
    assert order == sorted(order)


def test_a_saved_config_finds_the_preset_that_it_began_with() -> None:
    shipped = ("sft_toolbench", "knowledge_dense", "sft_pc_building", "hybrid", "teacher_mode")
    assert {*shipped, "dpo_basic"} <= {preset.id for preset in load()}


def test_the_dpo_preset_holds_the_trainers_values() -> None:
    training = find("dpo_basic").config["training"]
    assert training["learning_rate"] == 1e-6
    assert training["optim"] == "paged_adamw_8bit"
    assert list(training)[-1] == "optim"


def test_teacher_mode_trusts_remote_code_for_the_tokenizer_alone() -> None:
    config = find("teacher_mode").config
    assert config["model"]["trust_remote_code"] is False
    assert config["tokenizer"]["trust_remote_code"] is True


@pytest.mark.parametrize("preset", load(), ids=lambda preset: preset.id)
def test_each_preset_says_where_it_comes_from(preset: Preset) -> None:
    openings = {
        "exact": "The trainer's own file, unchanged.",
        "reconstructed": "A reconstruction:",
        "proposed": "Our own proposal:",
    }
    assert preset.note.startswith(openings[preset.origin])


@pytest.mark.parametrize("preset_id", ["sft_toolbench", "dpo_basic", "teacher_mode"])
def test_an_exact_preset_holds_what_the_trainers_file_holds(preset_id: str, project: Path) -> None:
    preset = find(preset_id)
    name = preset.source.removeprefix("configs/").split()[0]
    file = project / "tests" / "data" / "tiny_tool_use" / name
    assert identical(preset.config, read(file.read_bytes()).document)


def test_exact_presets_name_their_file_and_commit() -> None:
    exact = [preset for preset in load() if preset.origin == "exact"]
    assert len(exact) == 3
    assert all(preset.source.startswith("configs/") for preset in exact)
    assert all(preset.source.endswith("f5b9f34b289f4f5") for preset in exact)


def test_presets_the_trainer_cannot_run_say_so() -> None:
    for preset_id in ("sft_pc_building", "knowledge_dense"):
        assert "The trainer has no" in find(preset_id).note


def test_titles_are_short_and_methods_are_the_configs_own() -> None:
    for preset in load():
        assert len(preset.title) <= 16
        assert preset.method == preset.config["training"]["method"]


def test_each_known_value_in_a_preset_is_well_formed() -> None:
    for preset in load():
        for spec in table().values():
            section = preset.config.get(spec.section)
            if isinstance(section, dict) and spec.key in section:
                assert spec.accepts(section[spec.key]), (preset.id, spec.name)


def test_a_new_file_is_a_new_preset(tmp_path: Path) -> None:
    preset_file(tmp_path, "mine.json")
    preset_file(tmp_path, "other.json", id="theirs", method="new", title="A")
    assert [preset.id for preset in load(tmp_path)] == ["mine", "theirs"]


def test_presets_are_read_once() -> None:
    assert load() is load()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"title": "x",}', encoding="utf-8")
    with pytest.raises(DocumentError, match=r"Line 1, column 14: The preset bad\.json is broken"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"note": None}, "needs text under 'note'"),
        ({"config": []}, "needs an object under 'config'"),
        ({"origin": "found"}, "one of exact, reconstructed, proposed"),
    ],
)
def test_an_incomplete_file_says_what_it_lacks(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    preset_file(tmp_path, "bad.json", **changes)
    with pytest.raises(DocumentError, match=reason):
        load(tmp_path)


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(UnknownPreset, match="did you mean 'sft_toolbench'"):
        find("sft_toolbensh")
    with pytest.raises(UnknownPreset, match="there are sft_toolbench, knowledge_dense"):
        find("zzz")


def test_three_tools_are_built_in() -> None:
    names = [tool["name"] for tool in built_in_tools()]
    assert names == ["calculator", "weather", "search"]
    assert all(tool["function"] == tool["name"] for tool in built_in_tools())
    assert list(built_in_tools()) == find("teacher_mode").config["tools"]

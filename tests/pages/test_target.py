"""What the verdict is for, on the build page: trainer, libraries and machine."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.looks import button, do, draft, labelled, shown, unfold
from tests.pages.test_build import ROOT


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20).run()


def test_the_libraries_are_chosen_twice_and_taken_back(app: AppTest) -> None:
    assert ":material/play_arrow: runs" in shown(app)
    do(labelled(app.selectbox, "Libraries").select("today"))
    assert draft(app).target == "tiny_tool_use/today/gpu"
    assert "stops the trainer" in shown(app)
    assert "overwrite\\_output\\_dir" in shown(app)
    do(labelled(app.selectbox, "Libraries").select("pinned"))
    assert draft(app).target == ""
    assert ":material/play_arrow: runs" in shown(app)
    do(button(app, "Undo").click())
    assert labelled(app.selectbox, "Libraries").value == "today"


def test_the_fork_runs_where_the_trainer_stops(app: AppTest) -> None:
    do(labelled(app.selectbox, "Libraries").select("today"))
    do(labelled(app.selectbox, "Trainer").select("tiny_tool_use_fork"))
    assert ":material/play_arrow: runs" in shown(app)


def test_the_choice_goes_along_to_another_page_and_back(app: AppTest) -> None:
    do(labelled(app.selectbox, "Machine").select("cpu"))
    app.switch_page("../pages/reference.py").run()
    app.switch_page("../pages/build.py").run()
    assert labelled(app.selectbox, "Machine").value == "cpu"
    assert draft(app).target == "tiny_tool_use/pinned/cpu"


def test_make_it_run_shows_the_changes_before_it_makes_them(app: AppTest) -> None:
    button(app, "SFT PC Building").click().run()
    before = draft(app).document
    do(button(app, "Make it run").click())
    assert draft(app).document == before
    assert "With 2 changes the trainer gets to its end" in shown(app)
    assert "| `data.strategy` | pc\\_building | **toolbench** |" in shown(app)
    assert "'toolbench' takes the place of 'pc\\_building'" in shown(app)
    do(button(app, "Apply").click())
    assert draft(app).document["data"]["strategy"] == "toolbench"
    assert draft(app).document["tools"] == []
    assert ":material/play_arrow: runs" in shown(app)
    do(button(app, "Undo").click())
    assert draft(app).document == before


def test_effective_values_follow_the_draft(app: AppTest) -> None:
    app.session_state["build.view"] = "Effective values"
    app.run()
    assert "| `learning_rate` | 5e\\-5 | **1\\.05e\\-5** | :orange[capped]" in shown(app)
    app.session_state["effective.filter"] = "Not as written"
    app.run()
    assert "`num_epochs`" not in shown(app)
    assert "`torch_dtype`" in shown(app)


def test_a_duration_follows_from_a_measured_speed(app: AppTest) -> None:
    unfold(app)
    app.run()
    assert "No speed is known here" in shown(app)
    for typed, said in ((2.5, "55 s"), (600.0, "3 h 40 min")):
        do(labelled(app.number_input, "Measured seconds per update").set_value(typed))
        assert f"**{said}** for the updates" in shown(app)
    app.switch_page("../pages/reference.py").run()
    app.switch_page("../pages/build.py")
    unfold(app)
    app.run()
    assert labelled(app.number_input, "Measured seconds per update").value == 600


def test_a_gpu_is_chosen_by_its_name(app: AppTest) -> None:
    for name in ("t4", "a100-80"):
        do(labelled(app.selectbox, "Machine").select(name))
        assert draft(app).target == f"tiny_tool_use/pinned/{name}"


def test_the_machine_goes_along_to_the_next_template(app: AppTest) -> None:
    do(labelled(app.selectbox, "Machine").select("t4"))
    do(button(app, "DPO").click())
    assert draft(app).target == "tiny_tool_use/pinned/t4"
    assert labelled(app.selectbox, "Machine").value == "t4"

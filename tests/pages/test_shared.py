"""Making links, and the page that they lead to."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import presets
from core.document import put
from core.drafts import draft as drafts
from core.identity.protocol import Account
from core.shares.protocol import Made, Shares, new_token
from core.shares.snapshot import Snapshot
from core.stores.protocol import Config
from core.workbench import Workbench
from tests.pages.conftest import ROOT, SignIn
from tests.pages.looks import Grid, button, do, draft, drawn, labelled, shown
from tests.shares import FAKE_TOKEN, column, comparison, of_config, template
from ui.services import Services

LINK = re.compile(r"/shared#([\w-]{43})")
NOTHING = "This link shows nothing: it is mistyped, revoked or expired."


@pytest.fixture
def shares(parts: Services, ann: Account) -> Shares:
    return parts.shares(ann.actor)


@pytest.fixture
def config(bench: Workbench) -> Config:
    return bench.save(drafts.from_preset(presets.find("sft_toolbench")).renamed("my run"))


def reader(link: str = "") -> AppTest:
    """The page of links for somebody without an account, who has pasted one."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.switch_page("../pages/shared.py").run()
    if link:
        paste(app, link)
    return app


def paste(app: AppTest, link: str) -> None:
    labelled(app.text_input, "Paste a link").set_value(link)
    app.run()


def of(config: Config) -> Snapshot:
    return of_config(config.text, title=config.name, description=config.description)


def make(shares: Shares, config: Config, **changes: Any) -> Made:
    return shares.make(of(config), config.name, config_id=config.id, **changes)


# --- Making --------------------------------------------------------------------------------------


def test_a_saved_config_is_shared_from_the_library(
    page: SignIn, shares: Shares, config: Config
) -> None:
    app = page("library", selected=config.id)
    do(button(app, "Share").click())
    assert "can take a copy, without an account" in shown(app)
    labelled(app.text_input, "Title (its readers see it)").set_value("For the group")
    labelled(app.segmented_control, "The link works for").set_value(30)
    do(button(app, "Create the link").click())
    found = LINK.search(app.code[-1].value)
    assert found
    assert "Copy it now; it is not shown again." in shown(app)
    (share,) = shares.list()
    assert (share.title, share.config_id) == ("For the group", config.id)
    assert (share.expires_at - share.created_at).days == 30
    do(button(app, "Done").click())
    assert found[1] not in shown(app) + "".join(code.value for code in app.code)
    assert reader(found[1]).subheader[0].value == "For the group"


def test_the_open_config_is_shared_as_it_was_saved(
    page: SignIn, shares: Shares, config: Config
) -> None:
    app = page("build", config=config.id)
    do(labelled(app.number_input, "Epochs").set_value(7))
    do(button(app, "Share").click())
    assert "save first to share it" in shown(app)
    do(button(app, "Create the link").click())
    found = LINK.search(app.code[-1].value)
    assert found
    assert reader(found[1]).code[0].value == config.text.strip()


def test_what_was_never_saved_has_nothing_to_link_to(page: SignIn, shares: Shares) -> None:
    app = page("build")
    do(button(app, "Share").click())
    assert "Create the link" not in [one.label for one in app.button]
    assert shares.list() == ()


def test_a_secret_stops_the_link_and_is_not_told(
    page: SignIn, shares: Shares, bench: Workbench
) -> None:
    new = drafts.from_preset(presets.find("sft_toolbench")).renamed("secret")
    config = bench.save(new.with_document(put(new.document, ("model", "api_key"), FAKE_TOKEN)))
    app = page("library", selected=config.id)
    do(button(app, "Share").click())
    (error,) = app.error
    assert "No link is made" in error.value
    assert "model.api" in error.value.replace("\\", "")
    assert FAKE_TOKEN not in error.value
    assert "Create the link" not in [one.label for one in app.button]
    assert shares.list() == ()


def test_a_path_of_ones_own_is_told_and_stops_nothing(
    page: SignIn, shares: Shares, bench: Workbench
) -> None:
    new = drafts.from_preset(presets.find("sft_toolbench")).renamed("local")
    path = ("data", "dataset_path")
    config = bench.save(new.with_document(put(new.document, path, "/home/ann/rows.json")))
    app = page("library", selected=config.id)
    do(button(app, "Share").click())
    assert "one person's machine" in shown(app)
    do(button(app, "Create the link").click())
    assert len(shares.list()) == 1


@pytest.mark.parametrize(
    ("title", "told"), [("a\u202eb", "can't be seen"), (" ", "The title is empty; write one.")]
)
def test_a_title_that_is_none_is_told_and_the_dialog_stays(
    page: SignIn, shares: Shares, config: Config, title: str, told: str
) -> None:
    app = page("library", selected=config.id)
    do(button(app, "Share").click())
    labelled(app.text_input, "Title (its readers see it)").set_value(title)
    button(app, "Create the link").click().run()
    assert told in shown(app)
    assert button(app, "Create the link")
    assert shares.list() == ()


def test_a_comparison_is_shared_as_it_is_shown(page: SignIn, shares: Shares) -> None:
    app = page("compare", show="effect", base="preset:dpo_basic")
    app.query_params["with"] = ["preset:sft_toolbench", "preset:dpo_basic", "draft"]
    app.run()
    do(button(app, "Share").click())
    do(button(app, "Create the link").click())
    found = LINK.search(app.code[-1].value)
    assert found
    (share,) = shares.list()
    assert (share.kind, share.title) == ("comparison", "dpo_basic, sft_toolbench and 1 more")
    there = Grid(reader(found[1]))
    assert there.titles[0].startswith("dpo_basic")
    assert len(there.columns) == 3


def test_one_config_is_no_comparison_to_share(page: SignIn) -> None:
    app = page("compare")
    app.query_params["with"] = ["preset:sft_toolbench"]
    app.run()
    assert "Share" not in [one.label for one in app.button]
    assert button(app, "Open draft: sft\\_toolbench")


def test_who_is_not_signed_in_is_asked_to(parts: Services) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20)
    app.query_params["with"] = ["preset:sft_toolbench", "preset:dpo_basic"]
    app.switch_page("../pages/compare.py").run()
    do(button(app, "Share").click())
    assert labelled(app.text_input, "User name")


# --- The list ------------------------------------------------------------------------------------


def test_the_account_page_lists_links_and_revokes_them(
    page: SignIn, shares: Shares, config: Config
) -> None:
    made = make(shares, config)
    shares.make(comparison(), "two of them", days=90)
    reader(made.token)
    app = page("account")
    said = shown(app)
    assert said.index("two of them") < said.index("my run")
    assert "opened 1 time" in said
    assert "not opened yet" in said
    assert made.token not in said
    button(app, "Revoke").click().run()
    assert "is revoked" in shown(app)
    assert [share.title for share in shares.list()] == ["my run"]


# --- Reading -------------------------------------------------------------------------------------


def test_a_reader_sees_the_verdict_the_findings_and_the_file(
    shares: Shares, config: Config
) -> None:
    made = shares.make(
        of_config(config.text, title="my *run*", description="**why** we did it"),
        "my *run*",
        config_id=config.id,
    )
    app = reader(f" https://example.org/app/shared#{made.token} ")
    said = shown(app)
    assert r"my \*run\*" in app.subheader[0].value
    assert "version 1, as of just now" in said
    assert "valid" in said
    assert "Warm\\-up of 100 updates is not over" in said
    assert "updates in all" in drawn(app)
    assert app.text[0].value == "**why** we did it"
    assert app.code[0].value == config.text.strip()
    assert "user-" not in said
    assert not app.error


def test_an_opening_counts_once_however_often_the_page_is_drawn(
    shares: Shares, config: Config
) -> None:
    made = make(shares, config)
    app = reader(made.token)
    for _ in range(3):
        app.run()
    assert shares.list()[0].views == 1
    reader(made.token)
    assert shares.list()[0].views == 2


def test_whatever_is_no_link_looks_alike(shares: Shares, config: Config, bench: Workbench) -> None:
    revoked, gone = make(shares, config), make(shares, config)
    shares.revoke(revoked.share.handle)
    bench.delete([config.id])
    links = (new_token(), revoked.token, gone.token, "x", "https://example.org/shared")
    pages = {shown(reader(link)) for link in links}
    assert len(pages) == 1
    assert NOTHING in pages.pop()


def test_after_a_link_that_shows_nothing_another_can_be_pasted(
    shares: Shares, config: Config
) -> None:
    app = reader(new_token())
    assert NOTHING in shown(app)
    paste(app, make(shares, config).token)
    assert "my run" in app.subheader[0].value


def test_a_copy_is_taken_without_an_account(shares: Shares, config: Config) -> None:
    app = reader(make(shares, config).token)
    do(button(app, "Take a copy").click())
    taken = draft(app)
    assert (taken.name, taken.text, taken.saved) == ("my run", config.text, None)


def test_a_copy_asks_before_unsaved_work_is_left(
    page: SignIn, shares: Shares, config: Config
) -> None:
    app = page("build")
    do(labelled(app.number_input, "Epochs").set_value(7))
    app.switch_page("../pages/shared.py").run()
    paste(app, make(shares, config).token)
    do(button(app, "Take a copy").click())
    assert "has changes that are not saved" in shown(app)
    do(button(app, "Open without saving").click())
    assert draft(app).name == "my run"
    assert draft(app).saved is None


def test_one_config_of_a_comparison_is_looked_at_and_taken(shares: Shares) -> None:
    snapshot = comparison(
        template("sft_toolbench"), template("hybrid"), column('{"model": {}}', "broken"), base=1
    )
    app = reader(shares.make(snapshot, "three").token)
    grid = Grid(app)
    assert grid.titles[0].startswith("hybrid")
    choice = labelled(app.selectbox, "Config")
    assert choice.options == ["hybrid", "sft_toolbench", "broken"]
    choice.set_value("broken").run()
    assert "error" in shown(app) + "".join(box.label for box in app.expander)
    do(button(app, "Take a copy").click())
    assert draft(app).name == "broken"


def test_what_a_comparison_shows_can_be_narrowed_down(shares: Shares) -> None:
    snapshot = comparison(show="all", search="epochs")
    app = reader(shares.make(snapshot, "two").token)
    assert set(Grid(app).lines) >= {"training.num_epochs"}
    labelled(app.text_input, "Search").set_value("no such setting").run()
    assert not [key for key in Grid(app).lines if not key.startswith("section:")]


def test_a_forged_snapshot_shows_nothing(
    parts: Services, shares: Shares, config: Config, ann: Account
) -> None:
    made = make(shares, config)
    with parts.database.write() as connection:
        connection.execute("DROP TRIGGER shares_never_change")
        connection.execute('UPDATE shares SET snapshot = \'{"kind": "config"}\'')
    app = reader(made.token)
    assert NOTHING in shown(app)
    assert not app.exception

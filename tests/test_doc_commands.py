"""Every command of the docs is run here by a shell, or a test is named that runs it.

A page's commands are run one after the other in a scratch folder that holds the project's code and
the files that the page speaks of. Those that ask a server ask one of this process, as a user who
has a config with a few versions. A start of the app is a real start, on a free port.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from core import presets
from core.document import put, write
from core.identity.protocol import NewAccount
from core.shares.sqlite import SqliteShares
from core.stores.sqlite import SqliteStore
from core.system.database import FILE_NAME, Database
from core.workbench import Workbench, Writing
from tests.accounts import PASSWORD, local_identity
from tests.api_client import Api, local_api
from tests.browser.conftest import App, free_port, running, wait_until_healthy
from tests.doc_pages import PAGES, ROOT, Command, commands
from tests.served import served
from tests.shares import of_config

# Pages whose commands are run step by step, together with the files that they tell to write.
WALKED: Final = {
    f"docs/adding-a-{what}.md": "test_extending.py::test_the_page_works_as_it_is_written"
    for what in ("preset", "rule", "trainer")
}

_KEEP: Final = "core/commands/test_keep.py::"
_SUPABASE: Final = "core/commands/test_supabase.py::"
_SWEEPS: Final = "core/sweeps/test_files.py::"

# What a test runs already: a pattern of commands, and the test.
ELSEWHERE: Final = {
    r"python3 run\.py test": "test_setup.py::test_the_tests_get_their_packages_and_options",
    r".* --pictures( .*)?": "browser/test_pictures.py::test_a_picture_shows_the_page",
    r"\S+ -m uvicorn app:app .*": "test_serving.py::"
    "test_both_commands_serve_pages_sockets_and_the_api_and_stop_when_asked",
    r"\S+ -m tests\.test_docs": "test_docs.py::test_a_generated_page_is_up_to_date",
    r"\S+ -m tools\.soak .*": "test_soak.py::"
    "test_nothing_acknowledged_is_lost_and_no_error_is_a_traceback",
    r"\S+ -m tools\.import_picture": "test_import_picture.py::"
    "test_the_picture_of_the_docs_is_up_to_date",
    r"\S+ tools/dependencies\.py": "test_dependencies.py::test_the_page_is_up_to_date",
    r"\S+ -m pip wheel .*": "test_hooks.py::test_the_package_holds_the_command_and_its_data",
    r"\S+ -m benchmarks( --full)?( .*)?": "test_benchmarks.py::"
    "test_every_line_is_measured_at_every_size_and_drawn",
    r"python -m core login( https://\S+)?": f"{_KEEP}test_in_a_terminal_the_token_is_asked_for",
    r"python -m core logout https://\S+": f"{_KEEP}test_the_token_of_a_login_is_forgotten",
    r"python -m core supabase check.*": f"{_SUPABASE}test_a_project_as_it_should_be",
    r"python -m core push .*": f"{_SUPABASE}test_a_library_goes_over_whole_and_once",
    r"python -m core pull .*": f"{_SUPABASE}test_and_back_into_a_new_file",
    r"npx supabase db push": "database/test_schema.py::test_running_again_changes_nothing",
    r"bash setup\.sh": f"{_SWEEPS}test_the_environment_is_made_once_and_used",
    r"TRAINER_DIR=\S+ bash run\.sh": f"{_SWEEPS}"
    "test_all_members_run_in_order_each_into_its_own_folder",
    r"\S+ tools/check_jobs\.py .*": "test_check_jobs.py::"
    "test_bash_takes_the_scripts_and_refuses_a_spoilt_one",
    r"\S+ tools/try_trainer\.py --trainer .*": "test_tools.py::test_the_trainer_agrees",
}

# What no test can run, and why.
NOT_RUN: Final = {
    r"\.ci/run": "it runs all tests, this one too",
    r"git (-C \S+ )?(clone|checkout|pull).*": "it fetches a repository",
    r"git (commit|tag) .*": "it makes a release",
    r"(\S+/)?pip3? install .*": "it fetches packages",
    r"\S+python -m pip install .*": "it fetches packages",
    r"python3 -m venv .*": "it makes an environment to fetch packages into",
    r"uv pip compile .*": "it asks the package index",
    r"podman .*": "it needs a container engine; tests/test_container.py reads the file",
    r"sudo .*": "it changes the machine",
    r"npx supabase (link|config push).*": "it needs a project of one's own at Supabase",
    r'curl "\$SUPABASE_URL.*': "it needs a project of one's own at Supabase",
    r"\S+ -m benchmarks\..*": "it measures for minutes",
}

START: Final = re.compile(
    r"(?P<env>([A-Z_]+=\S+ )*)"
    r"(?P<program>python3 run\.py|\S*streamlit run app\.py|\S*python -m streamlit run app\.py)"
    r"(?P<options>( .*)?)"
)
PORT: Final = re.compile(r"--(server\.)?port[= ]\S+")
JUDGES: Final = re.compile(r"/(validate|derive|effective|compare)\b")
SAMPLE: Final = "6f1d2c0a-8f5e-4d1e-9a57-3a0f0d1b2c3d"
HYBRID: Final = write(presets.find("hybrid").config)
# Runs on every machine that the docs name, one without a GPU among them.
CONFIG: Final = write(
    put(
        put(presets.find("hybrid").config, ("training", "use_lora"), False),
        ("model", "torch_dtype"),
        "float32",
    )
)
OTHER: Final = write(presets.find("sft_toolbench").config)
SIZES: Final = (
    '{"model_type": "qwen3", "hidden_size": 1024, "intermediate_size": 3072, "vocab_size": 151936,'
    ' "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,'
    ' "head_dim": 128, "max_position_embeddings": 40960, "tie_word_embeddings": true}'
)

# What stands for a word of one's own.
STANDS_FOR: Final = {"COMMAND": "check"}

# Exits with 1 to say that there are differences.
DIFF: Final = re.compile(r"(python -m core|tunesmith) diff ")

# What lies in the scratch folder, and what is another file on some page.
FILES: Final = {
    **dict.fromkeys(("config.json", "my.json", "base.json", "old.json", "a.json"), CONFIG),
    **dict.fromkeys(("other.json", "new.json", "b.json", "more/one.json", "c.json"), OTHER),
    **dict.fromkeys(("my-run.json", "configs/one.json", "configs/two.json"), HYBRID),
    "tuned.json": OTHER,
    "model/config.json": SIZES,
    "new_password.txt": PASSWORD,
}
OWN_FILES: Final = {
    "docs/command-line.md": {"config.json": SIZES},
    "docs/checking.md": {"config.json": HYBRID},
}
FOLDERS: Final = ("backups", "docs")
CODE: Final = ("core", "presets", "tools", "benchmarks", "tests")

_NUMBERS: Final = count(1)


# --- Which commands there are --------------------------------------------------------------------

EVERY: Final = [command for page in PAGES for command in commands(page)]


def listed(command: Command, table: dict[str, str]) -> list[str]:
    """The patterns of a table that a command fits."""
    return [pattern for pattern in table if re.fullmatch(pattern, command.bare)]


def is_start(command: Command) -> bool:
    return bool(START.search(command.bare)) and not listed(command, ELSEWHERE)


def is_run(command: Command) -> bool:
    """Whether a shell runs it as it stands."""
    elsewhere = command.page in WALKED or listed(command, ELSEWHERE) or listed(command, NOT_RUN)
    return not elsewhere and not is_start(command)


def id_of(command: Command) -> str:
    return f"{command.page}:{command.line}"


@pytest.mark.parametrize("name", sorted({*WALKED.values(), *ELSEWHERE.values()}))
def test_a_test_that_is_said_to_run_a_command_is_there(name: str) -> None:
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("pattern", [*ELSEWHERE, *NOT_RUN])
def test_no_exception_is_for_a_command_that_is_gone(pattern: str) -> None:
    assert [command for command in EVERY if re.fullmatch(pattern, command.bare)]


# --- In a shell ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """Where a page's commands are run."""

    folder: Path
    api: Api
    url: str

    def run(self, command: Command) -> "subprocess.CompletedProcess[str]":
        text, token = self.addressed(command)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=self.environment(token),
            input=PASSWORD if token is None else token,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def environment(self, token: str | None) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("LANG", "SYSTEMROOT") if name in os.environ}
        given = {"TUNESMITH_SERVER": self.url, "TUNESMITH_TOKEN": token} if token else {}
        return {
            **kept,
            **given,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "TUNESMITH_DATA": str(self.folder / "data"),
        }

    def addressed(self, command: Command) -> tuple[str, str | None]:
        """The command with an address, ids and a link of ours, and a new user's token."""
        text = command.text
        for word, meant in STANDS_FOR.items():
            text = re.sub(rf"\b{word}\b", meant, text)
        if not re.search(r"curl |core (list|get|download|save|login|logout)\b", text):
            return text, None
        revision = re.search(r'If-Match: "(\d+)"', text)
        config, share, link, token = self.user(int(revision[1]) if revision else 4)
        text = re.sub(r"(http://)?localhost:8501", self.url, text)
        text = text.replace(f"/shares/{SAMPLE}", f"/shares/{share}").replace(SAMPLE, config)
        text = text.replace("A" * 43, link).replace("$ID", config)
        named = {} if JUDGES.search(text) else {"name": "from-a-script"}
        body = json.dumps({**named, "config_text": CONFIG})
        (self.folder / "body.json").write_text(body)
        (self.folder / "token.txt").write_text(token)
        return text, token

    def user(self, revision: int) -> tuple[str, str, str, str]:
        """Somebody new with two configs: the first one's id, a link to it, and a token."""
        identity = local_identity(self.api.database)
        actor = identity.add(NewAccount(f"user-{next(_NUMBERS)}", PASSWORD)).actor
        bench = Workbench(SqliteStore(self.api.database, actor), actor)
        made = [bench.create(Writing(name, text=CONFIG)) for name in ("my-run", "other-run")]
        for number in range(1, revision):
            text = CONFIG.replace('"seed": 42', f'"seed": {number}')
            bench.write(made[0].id, Writing(text=text), expected_revision=number)
        links = SqliteShares(self.api.database, actor)
        share = links.make(of_config(CONFIG), "my-run", config_id=made[0].id)
        token = self.api.tokens.make(actor.user_id, "docs", ("read", "write"), timedelta(days=1))
        return made[0].id, share.share.handle, share.token, token.token


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with local_api(tmp_path / "server.sqlite3") as api, served(api.app) as url:
        yield Scene(tmp_path, api, url)


def lay_out(folder: Path) -> None:
    """The project's code, and the programs that the docs name."""
    for name in CODE:
        (folder / name).symlink_to(ROOT / name)
    programs = {"python": "", "python3": "", "tunesmith": "-m core"}
    for name, words in programs.items():
        program(folder / "bin" / name, f'"{sys.executable}" {words}')
    program(folder / ".venv" / "bin" / "python", f'"{sys.executable}"')
    # curl alone calls a refusal a success.
    program(
        folder / "bin" / "curl", f"{shutil.which('curl')} --silent --show-error --fail-with-body"
    )
    local_identity(Database(folder / "data" / FILE_NAME)).add(NewAccount("ann", PASSWORD))
    for name in FOLDERS:
        (folder / name).mkdir()


def lay_files(folder: Path, command: Command) -> None:
    """The files that a command finds; where one is downloaded, it is not there yet."""
    for name, text in {**FILES, **OWN_FILES.get(command.page, {})}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        if "core download" in command.text:
            (folder / name).unlink()


def program(file: Path, words: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    file.chmod(0o755)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
@pytest.mark.parametrize("page", [page for page in PAGES if any(map(is_run, commands(page)))])
def test_the_commands_of_a_page_work(page: str, scene: Scene) -> None:
    lay_out(scene.folder)
    for command in filter(is_run, commands(page)):
        lay_files(scene.folder, command)
        done = scene.run(command)
        codes = {command.code, 1} if DIFF.search(command.text) else {command.code}
        assert done.returncode in codes, f"{id_of(command)}: {done.stderr}\n{done.stdout}"
        if command.prints is not None:
            assert done.stdout.rstrip() == command.prints.rstrip(), id_of(command)


# --- Starting the app ----------------------------------------------------------------------------

STARTS: Final = {command.bare: command for command in EVERY if is_start(command)}


@pytest.mark.parametrize("command", STARTS.values(), ids=id_of)
def test_the_app_starts_as_it_is_told(
    command: Command, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = START.search(command.bare)
    assert match
    for pair in match["env"].split():
        name, _, value = pair.partition("=")
        monkeypatch.setenv(name, value.strip('"'))
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "data"))
    port = free_port()
    options = PORT.sub("", match["options"]).replace("&", "").replace("; done", "").split()
    # The last address counts: a test opens nothing to other machines.
    options += ["--server.address", "localhost", "--server.port", str(port)]
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    app = App(f"http://localhost:{port}", tmp_path / "server.log")
    with (
        app.log.open("wb") as log,
        running([*words, *options], project, tmp_path, log.fileno()) as server,
    ):
        wait_until_healthy(app, server)

"""The generated pages are what the code says today; ``python -m tests.test_docs`` rewrites them."""

import io
from pathlib import Path

import pytest

from core.api.bodies import MAX_COMPARED
from core.api.bounds import (
    MAX_CELLS,
    MAX_TOOLS,
    MAX_TOOLS_TOGETHER,
    MAX_VALUES,
    MAX_VALUES_TOGETHER,
)
from core.api.parts import Limits
from core.api.problems import TITLES
from core.api.reference import markdown
from core.cli import main
from core.output.rules import rules_markdown
from core.stores.protocol import MAX_BYTES
from tests.doc_settings import settings_page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COMMANDS = (
    *("presets", "check", "fix", "diff", "derive", "effective", "requirements"),
    *("sweep", "schema", "fields", "accounts", "backup", "supabase", "push", "pull"),
    *("login", "logout", "list", "get", "download", "save"),
)

COMMAND_LINE = """\
# Command line

`python -m core` checks, fixes and compares configs without the app, with the same findings as the
form. It needs Python 3.11 or newer and the packages of `requirements.txt`.

`list`, `get`, `download` and `save` work on saved configs: on a running server, over its REST API
with the token that [login](#login) keeps, or straight on the file of this machine. A job in CI sets
`TUNESMITH_SERVER` and `TUNESMITH_TOKEN` in place of a login.

This page is generated from the commands' own help: `python -m tests.test_docs`.
"""


def output(*argv: str) -> str:
    out = io.StringIO()
    assert main(list(argv), io.StringIO(), out, io.StringIO()) == 0
    return out.getvalue()


def help_block(command: str) -> str:
    words = [command] if command else []
    title = command or "python -m core"
    return f"\n## {title}\n\n```text\n{output(*words, '--help')}```\n"


def api_page() -> str:
    """The prose of ``docs/api.md`` up to its tables, and those read off the API."""
    prose = (DOCS / "api.md").read_text(encoding="utf-8")
    tables = {"problems": problems(), "limits": limits(), "operations": markdown()}
    for name, text in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, tail = prose.partition(begin)[0], prose.partition(end)[2]
        prose = f"{head}{begin}\n\n{text.strip()}\n\n{end}{tail}"
    return prose


def problems() -> str:
    rows = [f"| `{code}` | {title} |" for code, title in TITLES.items()]
    return "\n".join(["| Code | What it says |", "|:--|:--|", *rows])


def limits() -> str:
    usual = Limits()
    rows = {
        "Requests from one address": f"{usual.per_address} a minute",
        "Requests with one token": f"{usual.per_token} a minute",
        "Tokens from one address that prove nobody": f"{usual.wrong_tokens} a minute",
        "A body": f"{usual.body_bytes // 1024**2} MiB",
        "One request, its body included": f"{usual.seconds:.0f} seconds",
        "Worked on at the same time": f"{usual.at_once} requests, {usual.judged_at_once} of them "
        "with a body; the others wait",
        "A config that is kept": f"{MAX_BYTES // 1024} KiB",
        "A config that is judged": f"{MAX_TOOLS} tools, {MAX_VALUES} values",
        "Configs of one comparison": f"{MAX_COMPARED}, with {MAX_TOOLS_TOGETHER} tools, "
        f"{MAX_VALUES_TOGETHER} values and {MAX_CELLS} cells of a table",
    }
    lines = [f"| {what} | {most} |" for what, most in rows.items()]
    return "\n".join(["| What | How much |", "|:--|:--|", *lines])


def pages() -> dict[str, str]:
    helps = map(help_block, ("", *COMMANDS))
    return {
        "fields.md": output("fields", "--markdown"),
        "command-line.md": COMMAND_LINE + "".join(helps),
        "rules.md": rules_markdown(),
        "api.md": api_page(),
        "settings.md": settings_page(),
    }


@pytest.mark.parametrize(
    "name", ["fields.md", "command-line.md", "rules.md", "api.md", "settings.md"]
)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name]


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")

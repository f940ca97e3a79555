"""The generated pages are what the code says today; ``python -m tests.test_docs`` rewrites them."""

import io
from pathlib import Path

import pytest

from core import settings
from core.cli import main
from core.render_rules import rules_markdown

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COMMANDS = (
    *("presets", "check", "fix", "diff", "derive", "effective", "requirements"),
    *("schema", "fields", "accounts", "backup", "supabase", "push", "pull"),
)

COMMAND_LINE = """\
# Command line

`python -m core` checks, fixes and compares configs without the app, with the same findings as the
form. It needs Python 3.11 or newer and the packages of `requirements.txt`.

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


def pages() -> dict[str, str]:
    helps = map(help_block, ("", *COMMANDS))
    return {
        "fields.md": output("fields", "--markdown"),
        "command-line.md": COMMAND_LINE + "".join(helps),
        "rules.md": rules_markdown(),
    }


@pytest.mark.parametrize("name", ["fields.md", "command-line.md", "rules.md"])
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name]


def test_every_setting_is_explained() -> None:
    text = (DOCS / "keeping.md").read_text(encoding="utf-8")
    missing = [name for name in settings.NAMES if f"`TUNESMITH_{name.upper()}`" not in text]
    assert missing == []


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")

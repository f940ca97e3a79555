"""The page of all settings: the app's own, those of the commands, and the server's."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from streamlit import config

from core.settings import SERVER_VARIABLE, SETTINGS, TABLE, TOKEN_VARIABLE

ROOT: Final = Path(__file__).resolve().parents[1]
CONFIG: Final = ROOT / ".streamlit" / "config.toml"

HEAD: Final = f"""\
# Settings

A setting stands in the environment, or without the prefix and in lower case in the table
`[{TABLE}]` of `.streamlit/secrets.toml`; the environment wins. A name or a value that is none stops
the start with one sentence.

This page is generated from the code: `python -m tests.test_docs`.

## The app

"""

COMMANDS: Final = {
    SERVER_VARIABLE: (False, "the server whose saved configs `python -m core` works on"),
    TOKEN_VARIABLE: (True, "its access token, in place of `python -m core login`"),
}

SERVER_HEAD: Final = """
## The server

Streamlit's own, as an option of the command, in the environment, or in `.streamlit/config.toml`.
Under `uvicorn app:app` only the environment and the file are read, and address, port and
certificate are uvicorn's own options ([Deploying](deploying.md#two-commands)).

"""

OPTIONS: Final = {
    "server.address": (
        "what the server listens on: `localhost` with `python3 run.py`, else all networks. "
        "The app reads it to know whether other machines reach it, under uvicorn too"
    ),
    "server.port": "the port",
    "server.baseUrlPath": "a path that all addresses begin with, behind a proxy",
    "server.allowedHosts": "names that the server answers to; set it on a public server",
    "server.sslCertFile": "a certificate, where no proxy does TLS",
    "server.sslKeyFile": "its key. The file is a **secret**",
    "server.websocketPingInterval": "seconds between pings that keep a connection through a proxy",
}
"""What somebody may want to change, and what it is."""

OTHERS: Final = {
    "FORWARDED_ALLOW_IPS": (
        "`127.0.0.1`",
        "the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed",
    ),
    "TMPDIR": ("`/tmp`", "where SQLite puts what does not fit into memory"),
}

SET_HEAD: Final = """
What `.streamlit/config.toml` sets beside the theme, and why:

"""


def settings_page() -> str:
    """The text of ``docs/settings.md``."""
    own = (
        (code(one.variable), one.values, one.default, yes(one.is_secret), one.meaning)
        for one in SETTINGS
    )
    commands = ((code(name), yes(is_secret), text) for name, (is_secret, text) in COMMANDS.items())
    options = ((code(name), code(variable(name)), text) for name, text in OPTIONS.items())
    others = ((code(name), *cells) for name, cells in OTHERS.items())
    return "".join(
        [
            HEAD,
            table(("Setting", "Values", "Default", "Secret", "Meaning"), own),
            "\n## The command line\n\nIn the environment only.\n\n",
            table(("Variable", "Secret", "Meaning"), commands),
            SERVER_HEAD,
            table(("Option", "In the environment", "Meaning"), options),
            "\n",
            table(("Variable", "Default", "Meaning"), others),
            SET_HEAD,
            table(("Option", "Set to", "Why"), ours()),
        ]
    )


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [heads, tuple(":--" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def yes(is_so: bool) -> str:
    return "**yes**" if is_so else "no"


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def variable(option: str) -> str:
    """The variable that Streamlit reads an option from."""
    return config.get_config_options()[option].env_var


def ours() -> Iterator[tuple[str, str, str]]:
    """The options that our file sets, with the comment above each."""
    text = CONFIG.read_text(encoding="utf-8")
    for section, options in tomllib.loads(text).items():
        if section == "theme":
            continue
        part = text.partition(f"[{section}]\n")[2].partition("\n[")[0]
        for name, value in options.items():
            why = re.search(rf"((?:^#.*\n)*)^{name} =", part, re.MULTILINE)
            reason = " ".join(why[1].replace("#", "").split()) if why else ""
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            yield code(f"{section}.{name}"), code(shown), reason

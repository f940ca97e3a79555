"""@supabase/lite: Supabase's REST API and sign-in on a real PostgreSQL, as a child process.

Where it is not like a hosted project, after what preload.mjs mends:

- It grants everything on public tables to the API's roles; only on a PostgreSQL is that undone.
- A bearer that is no JWT is a visitor's request, not a 401. Keys are HS256 only.
- JSON passes through JavaScript: whole numbers above 2**53 are rounded. A time in a row reads
  "2026-11-24 04:20:33.45+00".
- A mail's text is lite's own whatever the template says; only its subject follows the settings.
- Signing up again with an address that waits for its code, or that has an account while addresses
  have to be confirmed, is a 429; so is each wish for a second mail. Nothing else has a limit.
- With `double_confirm_changes` the old address alone confirms a new one; the new one gets no mail.
- Access tokens have no `amr` and no `aal`; a wrong password for an address that is not confirmed
  yet is told as that.
"""

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from run import lock
from tests.supabase_server import HERE, SUPABASE
from tests.supabase_server.mails import Mail, mails
from tests.supabase_server.npm import environment, fingerprint, node, packages
from tests.supabase_server.postgres import PostgresCluster, grants
from tests.supabase_server.processes import CommandError, end_group, free_port, run, tail

START_SECONDS = 60.0
STOP_SECONDS = 10.0
MAIL_SECONDS = 5.0
CACHE = HERE / ".cache"
# Data of older migrations, kept for going back and forth between branches.
CACHED = 3
SECURED = """
  select relname from pg_class
  where relnamespace = 'public'::regnamespace and relkind = 'r' and relrowsecurity limit 1
"""
# The settings that stand in [auth.email].
EMAIL = (
    *("enable_confirmations", "double_confirm_changes"),
    *("otp_length", "otp_expiry", "max_frequency"),
)


@dataclass(frozen=True)
class Settings:
    """Changes to the project's config.toml, by its own names; None leaves a setting alone."""

    site_url: str | None = None
    # Seconds.
    jwt_expiry: int | None = None
    minimum_password_length: int | None = None
    enable_signup: bool | None = None
    enable_refresh_token_rotation: bool | None = None
    refresh_token_reuse_interval: int | None = None
    enable_confirmations: bool | None = None
    double_confirm_changes: bool | None = None
    otp_length: int | None = None
    # Seconds.
    otp_expiry: int | None = None
    # How long after a mail there is no next one, such as "60s".
    max_frequency: str | None = None

    def changes(self) -> dict[str, Any]:
        """What to set in the table [auth] and, below it, in [auth.email]."""
        chosen = {name: value for name, value in asdict(self).items() if value is not None}
        email = {name: chosen.pop(name) for name in EMAIL if name in chosen}
        return {**chosen, "email": email}


AS_THE_PROJECT = Settings()


class LiteServer:
    """A Supabase project of its own, with the migrations and mail templates of a folder.

    On PostgreSQL the migrations' own grants are in force; in-process (PGlite) everything is
    granted, because lite grants it and nobody else can reach the data.
    """

    def __init__(
        self,
        settings: Settings = AS_THE_PROJECT,
        *,
        postgres: PostgresCluster | None = None,
        project: Path = SUPABASE,
    ) -> None:
        """Start it; raises MissingPartError without its packages, CommandError when it fails."""
        self.settings = settings
        self.publishable_key = f"sb_publishable_{secrets.token_urlsafe(24)}"
        self.secret_key = f"sb_secret_{secrets.token_urlsafe(24)}"
        self.jwt_secret = secrets.token_urlsafe(48)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._lite = packages() / "@supabase" / "lite" / "dist" / "cli" / "index.js"
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="tunesmith-supabase-"))
        self.database_url: str | None = None
        try:
            self._fill(project, postgres)
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Start it again after `kill`, on the same port with the same data."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [node(), "--import", HERE / "preload.mjs", self._lite, "start", "--no-admin"],
                cwd=self.folder,
                env=variables(),
                # Never written to: that it closes tells the server that the tests are gone.
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()
        self._narrow_grants()

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """End it in order and start it again, on the same port with the same data."""
        self._end(signal.SIGTERM)
        self.start()

    def pause(self) -> None:
        """Let it answer nothing, as if it were slow or far away, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and forget its data."""
        self._end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """All it has printed."""
        with suppress(FileNotFoundError):
            return self._log.read_text("utf-8", "replace")
        return ""

    def mails(self) -> list[Mail]:
        """The mails it would have sent, the oldest first."""
        return mails(self.log())

    def mail_code(self, email: str, seconds: float = MAIL_SECONDS) -> str:
        """The code in the newest mail to an address, waiting for a first one if need be."""
        deadline = time.monotonic() + seconds
        while True:
            codes = [mail.code for mail in self.mails() if mail.to == email and mail.code]
            if codes:
                return codes[-1]
            if time.monotonic() > deadline:
                raise LookupError(f"no mail with a code to {email} in: {tail(self.log())}")
            time.sleep(0.05)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _fill(self, project: Path, postgres: PostgresCluster | None) -> None:
        """The project's folder, with its data migrated."""
        supabase = self.folder / "supabase"
        supabase.mkdir()
        for name in ("migrations", "templates"):
            if (project / name).is_dir():
                shutil.copytree(project / name, supabase / name)
        if postgres:
            self.database_url = postgres.url(migrated_database(postgres, self._lite, supabase))
        else:
            copy_migrated_data(self._lite, supabase, self.folder / "data")
        (supabase / "config.toml").write_text(self._config(project), "utf-8")

    def _config(self, project: Path) -> str:
        """The project's own config.toml, made fit for this server."""
        own = project / "config.toml"
        wanted = tomllib.loads(own.read_text("utf-8")) if own.is_file() else {}
        wanted["db"] = database(self.database_url)
        auth = self.settings.changes() | {
            "jwt_secret": self.jwt_secret,
            "publishable_key": self.publishable_key,
            "secret_key": self.secret_key,
        }
        return toml(merged(wanted, {"api": {"port": self.port}, "auth": auth}))

    def _wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while self._process and self._process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if self._get("/auth/v1/health").is_success:
                    return
            time.sleep(0.05)
        raise CommandError(f"The Supabase server did not start: {tail(self.log())}")

    def _get(self, path: str) -> httpx.Response:
        headers = {"apikey": self.publishable_key}
        return httpx.get(self.url + path, headers=headers, timeout=START_SECONDS)

    def _narrow_grants(self) -> None:
        """Put the migrations' grants in force, over those that lite makes by itself.

        At the first request to the data after each start, lite grants everything on every table
        to the API's roles. Nothing of the tests' own would notice a grant that is missing.
        """
        if not self.database_url:
            return
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            # Only a request that reaches a table makes lite grant.
            for (table,) in connection.execute(SECURED).fetchall():
                self._get(f"/rest/v1/{table}?limit=0").raise_for_status()
            connection.execute(grants(self.folder / "supabase").encode())

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if not process:
            return
        if process.poll() is None:
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        end_group(process)
        process.wait()
        if process.stdin:
            process.stdin.close()


def migrated_database(postgres: PostgresCluster, lite: Path, supabase: Path) -> str:
    """The name of a new database with these migrations, copied where there is one."""
    key = key_of(supabase)
    if key not in postgres.templates:
        name = postgres.create_database()
        (supabase / "config.toml").write_text(toml({"db": database(postgres.url(name))}), "utf-8")
        migrate(lite, supabase.parent)
        postgres.templates[key] = name
    return postgres.create_database(template=postgres.templates[key])


def copy_migrated_data(lite: Path, supabase: Path, target: Path) -> None:
    """Fill a folder with PGlite's data after these migrations, kept for the next time."""
    kept = CACHE / key_of(supabase)
    with alone(CACHE):
        if not kept.is_dir():
            make_data(lite, supabase, kept)
        kept.touch()
        shutil.copytree(kept, target)
        ages = sorted((path for path in CACHE.iterdir() if path.is_dir()), key=modified)
        for old in ages[:-CACHED]:
            shutil.rmtree(old)


def make_data(lite: Path, supabase: Path, kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="tunesmith-supabase-") as name:
        shutil.copytree(supabase, Path(name) / "supabase")
        (Path(name) / "supabase" / "config.toml").write_text(toml({"db": database(None)}), "utf-8")
        migrate(lite, Path(name))
        # Whole or not at all: another disk may be between the two folders.
        unfinished = kept.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(Path(name) / "data", unfinished)
        unfinished.rename(kept)


def migrate(lite: Path, folder: Path) -> None:
    run([str(node()), str(lite), "migration", "up"], folder, START_SECONDS, variables())


def modified(path: Path) -> float:
    return path.stat().st_mtime


def key_of(supabase: Path) -> str:
    """What tells the data of one set of migrations from another's, also between versions."""
    digest = hashlib.sha256(fingerprint().encode())
    for path in sorted((supabase / "migrations").glob("*.sql")):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def database(url: str | None) -> dict[str, str]:
    """The settings of a database; None for PGlite's, in the folder data."""
    # With the documented "file:./data" lite makes a folder "file:." by that name.
    return {"driver": "postgres", "url": url} if url else {"driver": "pglite", "url": "./data"}


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The base with these changes, table by table."""
    result = dict(base)
    for name, value in changes.items():
        inner = result.get(name)
        result[name] = merged(inner, value) if isinstance(inner, dict) else value
    return result


def toml(table: Mapping[str, Any], name: str = "") -> str:
    """A table as TOML, where plain values and lists of them are written as in JSON."""
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"[{name}]"] if name else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    inner = [
        toml(value, f"{name}.{key}".strip(".")) for key, value in table.items() if key not in plain
    ]
    return "\n".join([*lines, "", *inner])


def variables() -> dict[str, str]:
    return {**environment(), "LITE_TELEMETRY": "0"}


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other test runs out of a folder."""
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("a") as handle:
        lock(handle)
        yield

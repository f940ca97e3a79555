"""What the pages work with, built once a process from the settings: accounts, sessions, store."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import streamlit as st

from core.api.bearers import LocalBearers, SupabaseBearers
from core.api.parts import Bearers
from core.errors import SettingsError
from core.identity.access_tokens import AccessTokens
from core.identity.local import BcryptPasswords, LocalIdentity
from core.identity.protocol import Actor, ByMail, Identity
from core.sessions import Sessions
from core.settings import Settings
from core.shares.guesses import Guesses
from core.shares.protocol import SharedReader, Shares
from core.shares.sqlite import SqliteSharedReader, SqliteShares
from core.stores.sqlite import SqliteStore
from core.system import log
from core.system.database import Database
from core.system.later import Later
from core.system.remote import Project
from core.workbench import Workbench
from ui.server.loopback import is_loopback

_LOCK = threading.Lock()
_BUILT: dict[Settings, "Services"] = {}


@dataclass(frozen=True, slots=True)
class Services:
    """The parts behind the pages; they know no user, and every user's calls go through them.

    Attributes:
        bearers: knows who a token of a script belongs to.
        by_mail: what accounts with a proven address can do, where there are such.
        project: the Supabase project behind it, if it is one.
        access_tokens: what scripts prove a user with, where accounts are kept here.
        guesses: bounds how many links that lead nowhere are looked up.
    """

    settings: Settings
    database: Database
    identity: Identity
    sessions: Sessions
    later: Later
    bearers: Bearers
    by_mail: ByMail | None = None
    project: Project | None = None
    access_tokens: AccessTokens | None = None
    guesses: Guesses = field(default_factory=Guesses)

    def workbench(self, actor: Actor) -> Workbench:
        """The use cases for one user."""
        here = SqliteStore(self.database, actor)
        if self.project is None:
            return Workbench(here, actor)
        # Imported here for the same reason as below.
        from core.stores.supabase import SupabaseStore

        return Workbench(SupabaseStore(self.project, actor), actor, spare=here)

    def shares(self, actor: Actor) -> Shares:
        """The links of one user."""
        if self.project is None:
            return SqliteShares(self.database, actor)
        from core.shares.supabase import SupabaseShares

        return SupabaseShares(self.project, actor)

    def shared(self) -> SharedReader:
        """What anybody can read who has a link; go through ``guesses``."""
        if self.project is None:
            return SqliteSharedReader(self.database)
        from core.shares.supabase import SupabaseSharedReader

        return SupabaseSharedReader(self.project)

    def close(self) -> None:
        """Keep what waits to be kept, and let go of the database and the connections."""
        self.later.close()
        self.database.close()
        if self.project:
            self.project.close()


def services() -> Services:
    """The services of this process.

    Raises:
        SettingsError: a setting is not one of ours, or not safe with this server's address.
        Unavailable: the database can't be used.
    """
    wanted = settings()
    with _LOCK:
        if wanted not in _BUILT:
            _BUILT[wanted] = _build(wanted)
        return _BUILT[wanted]


def close_all() -> None:
    """End what was built, at the end of the process."""
    with _LOCK:
        ended = list(_BUILT.values())
        _BUILT.clear()
    # What waits to be kept may ask for services itself.
    for built in ended:
        built.close()


def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environ(os.environ, _secrets())


def has_accounts() -> bool:
    """Whether people sign in here."""
    return settings().accounts == "on"


def listens_locally() -> bool:
    """Whether the server answers this machine only."""
    return is_loopback(st.get_option("server.address") or "")


def base_path() -> str:
    """What the address of every route begins with, such as ``/tunesmith``; usually empty."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def refuse_unsafe(wanted: Settings) -> None:
    """Stop a server that would let the whole network in as one user.

    Raises:
        SettingsError: accounts are off and the server does not listen on this machine only.
    """
    if wanted.accounts == "off" and not listens_locally():
        raise SettingsError(
            "Accounts are off, and the server would answer other machines too. Start it with "
            "--server.address localhost, or turn accounts on."
        )


def _build(wanted: Settings) -> Services:
    refuse_unsafe(wanted)
    database = Database(wanted.database_file)
    is_open = wanted.takes_sign_ups(listens_locally=listens_locally())
    log.started(str(wanted.data_folder))
    if wanted.supabase_url:
        return _with_supabase(wanted, database, is_open)
    identity = LocalIdentity(database, BcryptPasswords(), is_open)
    if wanted.accounts == "off":
        identity.ensure_local_user()
    tokens = AccessTokens(database, has_accounts=wanted.accounts == "on")
    return Services(
        wanted,
        database,
        identity,
        Sessions(database),
        Later(),
        LocalBearers(tokens),
        access_tokens=tokens,
    )


def _with_supabase(wanted: Settings, database: Database, is_open: bool) -> Services:
    # Imported here: who keeps all in a file doesn't wait for it.
    from core.identity.supabase import SupabaseIdentity

    project = Project.open(wanted.supabase_url, wanted.supabase_key)
    identity = SupabaseIdentity(database, project, is_open)
    sessions = Sessions(database, identity.renew)
    bearers = SupabaseBearers(identity)
    return Services(wanted, database, identity, sessions, Later(), bearers, identity, project)


@cache
def _secrets() -> Mapping[str, Any]:
    # Once a process: each request asks for a setting, also when no file can be opened any more.
    # Streamlit raises where there is no secrets file; most installations have none.
    return st.secrets.to_dict() if st.secrets.load_if_toml_exists() else {}

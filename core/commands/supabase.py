"""``python -m core supabase check``, ``push`` and ``pull``: commands on a Supabase project."""

import contextlib
import getpass
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import httpx

from core.errors import InputError, NotAllowed, NotFound, SettingsError, Unavailable
from core.identity.local import LOCAL_USER, BcryptPasswords, LocalIdentity
from core.identity.protocol import Account, Actor, Tokens
from core.identity.session_tokens import RENEW_BEFORE
from core.output.text import printable
from core.settings import Settings
from core.stores.copying import Copied, Place, copied
from core.stores.protocol import ConfigStore
from core.stores.sqlite import SqliteStore
from core.system.database import Database, now
from core.system.remote import Project, plain_network_errors

VERSION: Final = 20261128100000
"""The newest file of supabase/migrations that this program knows."""

Say = Callable[[str], None]

_TABLES: Final = (
    *("training_configs", "config_versions", "config_drafts", "config_shares"),
    "config_summaries",
)
_PUSH: Final = "in a copy of this repository: supabase link, then supabase db push"
_AGAIN: Final = (
    "run the files of supabase/migrations again, in order: psql -1 -f FILE with the database's "
    "address, or paste them into the SQL editor"
)
_NO_PROJECT: Final = "What answers at this address is not a Supabase project; check the address."
_CONFIG: Final = "set it in supabase/config.toml, then supabase config push"


# --- Check ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        state: ``ok``; ``problem``, with which the app does not work or is not safe; ``warning``;
            ``info``.
        text: what is so.
        remedy: what to run, or empty.
    """

    state: Literal["ok", "problem", "warning", "info"]
    text: str
    remedy: str = ""


def check(project: Project) -> Iterator[Line]:
    """What an operator has to know of a project, asked with its publishable key.

    Raises:
        Unavailable: the project can't be reached.
    """
    answer = _get(project, "/auth/v1/settings")
    if answer.status_code in {401, 403}:
        yield Line("problem", "The project doesn't accept this key.", "copy its publishable key")
        return
    if answer.is_server_error:
        raise Unavailable(
            f"The project can't answer now ({answer.status_code}); look whether it is paused, "
            "then try again."
        )
    settings = _json(answer)
    if not answer.is_success or not isinstance(settings.get("external"), Mapping):
        raise Unavailable(_NO_PROJECT)
    yield Line("ok", "The project answers, and accepts the key.")
    yield from _auth_lines(settings, settings["external"])
    yield from _schema_lines(project)
    yield from _open_lines(project)
    yield Line(
        "info",
        "Not seen from here: the mail templates, which have to bring the code, and jwt_expiry.",
        "supabase config push sets both",
    )


def _auth_lines(settings: Mapping[str, Any], providers: Mapping[str, Any]) -> Iterator[Line]:
    if not providers.get("email", True):
        yield Line("problem", "Sign-in by email is off.", _CONFIG)
    if settings.get("mailer_autoconfirm"):
        text = "Addresses are not confirmed: anybody can sign up with somebody else's."
        yield Line("warning", text, f"enable_confirmations: {_CONFIG}")
    else:
        yield Line("ok", "Addresses are confirmed by email.")
    if providers.get("anonymous_users"):
        yield Line("warning", "Anonymous sign-ins are on; the app has no use for them.", _CONFIG)
    closed = bool(settings.get("disable_signup"))
    yield Line("info", f"Sign-ups are {'closed' if closed else 'open'}.")


def _schema_lines(project: Project) -> Iterator[Line]:
    answer = _ask(project, "POST", "/rest/v1/rpc/check_tunesmith", {})
    if answer.status_code == 404:
        yield Line("problem", "Tunesmith's tables are not there.", _PUSH)
        return
    if not answer.is_success:
        yield Line("problem", f"The schema can't be looked at ({answer.status_code}).", _AGAIN)
        return
    found = _json(answer)
    version = found.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        remedy = "start a newer Tunesmith" if newer else _PUSH
        yield Line("problem", f"The schema is of version {version!r}, not {VERSION}.", remedy)
        return
    differences = found.get("differences")
    if not isinstance(differences, list):
        yield Line("problem", "What the schema says of itself can't be read.", _AGAIN)
        return
    for number, one in enumerate(differences, 1):
        # What to run is the same for all of them.
        remedy = _AGAIN if number == len(differences) else ""
        what = one if isinstance(one, Mapping) else {}
        yield Line("problem", f"{what.get('what')}: {what.get('problem')}.", remedy)
    if not differences:
        yield Line("ok", "Tables, policies, rights, triggers and functions are as they were made.")


def _open_lines(project: Project) -> Iterator[Line]:
    """Whether nobody sees nothing: asked as a visitor would."""
    shown = [name for name in _TABLES if _shows_rows(project, name)]
    for name in shown:
        yield Line("problem", f"Anybody can read rows of {name}.", _AGAIN)
    if _is_exposed(project, "tunesmith"):
        text = "The schema tunesmith is exposed; what is in there acts with its owner's rights."
        yield Line("problem", text, f"take it out of api.schemas: {_CONFIG}")
    elif not shown:
        yield Line("ok", "A visitor without an account sees nothing.")


def _is_exposed(project: Project, schema: str) -> bool:
    """Whether the API has a schema; one whose tables nobody may read too."""
    answer = _get(project, "/rest/v1/limits?limit=1", {"Accept-Profile": schema})
    # 406 is PGRST106, "not an exposed schema"; a right or a table that is missing comes after that.
    return answer.status_code in {200, 206, 401, 403, 404}


def _shows_rows(project: Project, table: str) -> bool:
    answer = _get(project, f"/rest/v1/{table}?limit=1")
    return answer.is_success and answer.text.strip() not in {"[]", ""}


def _get(project: Project, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return _ask(project, "GET", path, None, headers)


def _ask(
    project: Project,
    method: str,
    path: str,
    body: object,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    with plain_network_errors():
        return project.http.request(
            method,
            project.url + path,
            json=body,
            headers={"apikey": project.key, **(headers or {})},
        )


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise Unavailable(_NO_PROJECT)
    return found


def report(lines: list[Line], say: Say, *, as_json: bool) -> bool:
    """Print what was found; whether there is no problem."""
    if as_json:
        say(json.dumps([asdict(line) for line in lines], indent=2) + "\n")
    else:
        for line in lines:
            more = f"\n         {line.remedy}" if line.remedy else ""
            say(f"{line.state:8} {printable(line.text)}{more}\n")
    return all(line.state != "problem" for line in lines)


# --- Push and pull -------------------------------------------------------------------------------


class HeldAccess:
    """The tokens of one command's sign-in, in memory for as long as it runs."""

    def __init__(self, tokens: Tokens, renew: Callable[[Tokens], Tokens]) -> None:
        self._tokens = tokens
        self._renew = renew

    def token(self) -> str:
        """See ``Access``; a copy can take longer than a token lasts."""
        if self._tokens.expires_at - now() < RENEW_BEFORE:
            self._tokens = self._renew(self._tokens)
        return self._tokens.access

    def renewed(self, refused: str) -> str:
        """See ``Access``."""
        if self._tokens.access == refused:
            self._tokens = self._renew(self._tokens)
        return self._tokens.access


def project_of(settings: Settings) -> Project:
    """The project of the settings.

    Raises:
        SettingsError: they name none.
    """
    if not settings.supabase_url:
        raise SettingsError(
            "No Supabase project is set; set TUNESMITH_SUPABASE_URL and TUNESMITH_SUPABASE_KEY."
        )
    return Project.open(settings.supabase_url, settings.supabase_key)


@contextlib.contextmanager
def signed_in(
    database: Database, project: Project, email: str, password: str
) -> Iterator[tuple[ConfigStore, Account]]:
    """The library of a Supabase account, until the end of the block."""
    from core.identity.supabase import SupabaseIdentity
    from core.stores.supabase import SupabaseStore

    identity = SupabaseIdentity(database, project)
    account = identity.sign_in(email, password, "the command line")
    if account.tokens is None:
        raise NotAllowed("The project gave no sign-in; try again.")
    actor = replace(account.actor, access=HeldAccess(account.tokens, identity.renew))
    try:
        yield SupabaseStore(project, actor), account
    finally:
        identity.end(actor)


def local_place(database: Database, name: str | None) -> Place:
    """The library of an account of the embedded file; see ``local_actor``."""
    actor = local_actor(database, name)
    return Place(SqliteStore(database, actor), actor.user_id)


def local_actor(database: Database, name: str | None) -> Actor:
    """An account of the embedded file, by its name or as the only one.

    Raises:
        InputError: it isn't clear which account is meant.
        NotFound: there is none of that name.
    """
    identity = LocalIdentity(database, BcryptPasswords(), sign_up_is_open=False)
    return _only(identity) if name is None else _named(identity, name)


def _named(identity: LocalIdentity, name: str) -> Actor:
    try:
        return identity.named(name).actor
    except NotFound:
        # With a project set, accounts can't be off; what was kept while they were is here still.
        if name == LOCAL_USER:
            return identity.ensure_local_user()
        raise


def _only(identity: LocalIdentity) -> Actor:
    # Accounts of a project leave no name to sign in with here.
    found = [(account.name, account.actor) for account in identity.accounts()]
    with contextlib.suppress(NotFound):
        found.append((LOCAL_USER, identity.account(LOCAL_USER).actor))
    if len(found) == 1:
        return found[0][1]
    if not found:
        raise InputError("The file has no accounts; `python -m core accounts add NAME` makes one.")
    names = ", ".join(name for name, _ in found[:10])
    raise InputError(f"Say which account with --account; there are {names}.")


def copy(source: Place, target: Place, say: Say, complain: Say) -> bool:
    """Copy, telling of each config as it goes; whether none was left alone."""
    outcomes: Counter[str] = Counter()
    try:
        for one in copied(source, target):
            outcomes[one.outcome] += 1
            say(_told(one))
    except (Unavailable, NotAllowed) as error:
        far = f"{_summary(outcomes)} before that" if outcomes else "Nothing was copied"
        raise type(error)(f"{error} {far}; run it again to go on.") from None
    complain(f"{_summary(outcomes)}.")
    return outcomes["left alone"] == 0


def _told(one: Copied) -> str:
    return printable(f"{one.outcome:18} {one.name}{f': {one.why}' if one.why else ''}") + "\n"


def _summary(outcomes: Mapping[str, int]) -> str:
    parts = [f"{number} {outcome}" for outcome, number in outcomes.items()]
    return ", ".join(parts) or "There is nothing to copy"


def typed_password(read_line: Callable[[], str], *, is_terminal: bool) -> str:
    """The password of the Supabase account, from the terminal or a line of standard input."""
    try:
        return getpass.getpass("Password of the Supabase account: ") if is_terminal else read_line()
    except EOFError:
        raise InputError("No password was typed; nothing was changed.") from None

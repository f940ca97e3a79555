"""``login`` and ``logout``, and the place whose configs a command works on: server or machine."""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from core.commands.client import Client, Who, open_http
from core.commands.credentials import (
    DEFAULT_SERVER,
    Credentials,
    Login,
    check_token,
    require_private,
    server_url,
)
from core.commands.keeper import Keeper, LocalKeeper
from core.commands.streams import Streams
from core.commands.supabase import local_actor
from core.errors import (
    InputError,
    NotAllowed,
)
from core.identity.local import LOCAL_USER
from core.identity.protocol import Actor
from core.output.text import counted
from core.settings import SERVER_VARIABLE, TOKEN_VARIABLE, Settings
from core.stores.sqlite import SqliteStore
from core.system.database import Database, now
from core.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Ground:
    """What these commands stand on.

    Attributes:
        streams: what they read and write.
        token: asks for a token, with these words.
        environ: the environment's variables.
        settings: where this machine keeps its configs.
        credentials: the logins.
        http: opens the connections to a server.
    """

    streams: Streams
    token: Callable[[str], str]
    environ: Mapping[str, str]
    settings: Callable[[], Settings]
    credentials: Credentials
    http: Callable[[str], httpx.Client] = open_http


def log_in(args: argparse.Namespace, ground: Ground) -> int:
    """Ask for a token, prove it to the server, and keep it."""
    server = server_url(args.server or ground.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER)
    if not args.insecure:
        require_private(server)
    with ground.http(server) as http:
        # Whatever else listens there is not to get a token.
        _client(Login(server, ""), http, ground).require_api()
        asked = f"Access token for {server} (its account page makes one): "
        token = check_token(ground.token(asked))
        who = _client(Login(server, token), http, ground).who()
    ground.credentials.keep(Login(server, token, who.name, who.expires_at))
    ground.streams.complain(f"Logged in at {server} as {who.name}; {_good_for(who)}.")
    return 0


def _good_for(who: Who) -> str:
    may = " and ".join(who.scopes) or "do nothing"
    return f"the token may {may}, {_until(who.expires_at)}"


def _until(ends: datetime | None) -> str:
    if ends is None:
        return "without an end"
    days = round((ends - now()) / timedelta(days=1))
    left = counted(days, "day") if days > 0 else "less than a day"
    return f"until {ends.astimezone():%Y-%m-%d %H:%M} ({left})"


def log_out(args: argparse.Namespace, ground: Ground) -> int:
    """Forget the token of a server."""
    server = server_url(args.server) if args.server else ground.credentials.last()
    if server and ground.credentials.forget(server):
        ground.streams.complain(
            f"Forgot the token of {server}. It stays good until it ends; revoke it on the account "
            "page if somebody may have it."
        )
    else:
        ground.streams.complain(f"There is no login{f' at {server}' if server else ''}.")
    return 0


@contextlib.contextmanager
def opened(args: argparse.Namespace, ground: Ground) -> Iterator[Keeper]:
    """Where the configs are, until the end of the block; the first line on stderr names it."""
    if args.account and args.server:
        raise InputError("--account is of this machine's file; --server has the token's account.")
    is_local = args.local or args.account is not None
    login = None if is_local else _chosen_login(args, ground)
    with ExitStack() as stack:
        if login is None:
            yield _local(args, ground, stack, is_asked=is_local)
        else:
            name = f", as {login.name}" if login.name else ""
            ground.streams.complain(f"On {login.server}{name}.")
            http = stack.enter_context(ground.http(login.server))
            yield _client(login, http, ground)


def _client(login: Login, http: httpx.Client, ground: Ground) -> Client:
    """A client that tells its user where it waits."""

    def wait(seconds: float) -> None:
        ground.streams.complain(
            f"{login.server} is asked too often; going on in {seconds:.0f} seconds."
        )
        time.sleep(seconds)

    return Client(login.server, login.token, http, wait, source=login.source)


def _chosen_login(args: argparse.Namespace, ground: Ground) -> Login | None:
    """The server to use with its token; ``None`` where there is none, so this machine is meant."""
    given = args.server or ground.environ.get(SERVER_VARIABLE) or ""
    token = ground.environ.get(TOKEN_VARIABLE, "")
    server = server_url(given) if given else ground.credentials.last()
    if token and not given:
        raise InputError(f"{TOKEN_VARIABLE} is set; say with {SERVER_VARIABLE} for which server.")
    if not server:
        return None
    if token and _is_its_token(server, ground):
        if not args.insecure:
            require_private(server)
        return Login(server, check_token(token), source=TOKEN_VARIABLE)
    # That one may be sent there: login has looked.
    if login := ground.credentials.login(server):
        return login
    raise NotAllowed(f"You are not logged in at {server}: python -m core login {server}")


def _is_its_token(server: str, ground: Ground) -> bool:
    """Whether the environment's token is for this server, and not for the one that it names."""
    named = ground.environ.get(SERVER_VARIABLE)
    return not named or server_url(named) == server


def _local(
    args: argparse.Namespace, ground: Ground, stack: ExitStack, *, is_asked: bool
) -> LocalKeeper:
    settings = ground.settings()
    if settings.supabase_url and not is_asked:
        raise InputError(
            f"Configs are kept in {settings.supabase_url}: log in to the running app, or name this "
            "machine's file with --local."
        )
    database = Database(settings.database_file)
    stack.callback(database.close)
    name = args.account or (LOCAL_USER if settings.accounts == "off" else None)
    actor = _account(database, name, is_asked=is_asked)
    ground.streams.complain(f"On this machine, in {settings.database_file}, as {actor.name}.")
    return LocalKeeper(Workbench(SqliteStore(database, actor), actor))


def _account(database: Database, name: str | None, *, is_asked: bool) -> Actor:
    """The account of this machine's file.

    Raises:
        InputError: there is none, or it isn't clear which one is meant.
    """
    try:
        return local_actor(database, name)
    except InputError as error:
        if is_asked:
            raise InputError(f"{database.file}: {error}") from None
        raise InputError(
            f"You are logged in nowhere (python -m core login SERVER), and {database.file}: {error}"
        ) from None

"""Which servers an access token may go to, and where ``login`` keeps them.

They are kept in one file of the user's, as they are, for a command has to send them without
asking; what protects them is the file's mode (0600, in a folder of 0700) and that each can be
revoked by itself.
"""

import ipaddress
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import platformdirs

from core.errors import InputError
from core.system.atomic import write_atomic

API: Final = "/api/training"
DEFAULT_SERVER: Final = "http://localhost:8501"
FILE_NAME: Final = "credentials.json"

_OWNER_ONLY: Final = 0o600
_OWNER_ONLY_FOLDER: Final = 0o700
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(
    r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*|[0-9a-f:.]+", re.IGNORECASE | re.ASCII
)
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
# What RFC 6750 takes for a bearer token; an error about any other would show it.
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


# --- Addresses and tokens ------------------------------------------------------------------------


def server_url(text: str) -> str:
    """The address of a server in the one form in which it is kept and compared.

    Without a scheme it is ``http`` on this machine and ``https`` elsewhere. The address of the API
    itself is taken too.

    Raises:
        InputError: it is no address of a server.
    """
    given = text.strip()
    try:
        # It drops line breaks from an address, as if they had not been there.
        if not given.isprintable():
            raise ValueError
        return _address(urlsplit(given if "://" in given else f"//{given}"))
    except ValueError:
        # What stands before the @ of an address may be a password.
        shown = repr(given[:200]) if "@" not in given else "This"
        raise InputError(
            f"{shown} is not the address of a server; it looks like {DEFAULT_SERVER} or "
            "https://example.org/tunesmith."
        ) from None


def require_private(server: str) -> None:
    """Make sure that nobody on the way can read what is sent to an address of ``server_url``.

    Raises:
        InputError: somebody could.
    """
    if server.startswith("http://") and not is_this_machine(server):
        raise InputError(
            f"{server} would get the token in the clear; use https://, or --insecure where you "
            "trust everybody on the way."
        )


def is_this_machine(server: str) -> bool:
    """Whether an address of ``server_url`` leads to this machine and nowhere else."""
    return _is_loopback(urlsplit(server).hostname or "")


def check_token(text: str) -> str:
    """A token as it was typed or pasted, without the space around it.

    Raises:
        InputError: it is empty, or has characters that no token has; it is not shown.
    """
    token = text.strip()
    if not token:
        raise InputError("No token was given; nothing was changed.")
    if not _TOKEN.fullmatch(token):
        raise InputError(
            "This is not an access token: no token has such characters; copy it again."
        )
    return token


def _is_plain(parts: SplitResult) -> bool:
    """Whether an address names a place and no more: no query, no user, no way back up."""
    climbs = {".", ".."} & {*parts.path.split("/")}
    return not (parts.query or parts.fragment or "@" in parts.netloc or climbs)


def _address(parts: SplitResult) -> str:
    """The address of a split one; a ``ValueError`` where it is none."""
    host, port = (parts.hostname or "").rstrip("."), parts.port
    path = parts.path.rstrip("/").removesuffix(API)
    scheme = parts.scheme or ("http" if _is_loopback(host) else "https")
    if scheme not in _PORTS or not _is_plain(parts) or port == 0:
        raise ValueError
    if not (_HOST.fullmatch(host) and _PATH.fullmatch(path)):
        raise ValueError
    shown = f"[{ipaddress.IPv6Address(host)}]" if ":" in host else host
    return f"{scheme}://{shown}{'' if port in (None, _PORTS[scheme]) else f':{port}'}{path}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# --- The file ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Login:
    """The access token of one server.

    Attributes:
        server: its address, as ``server_url`` writes it.
        token: the token; it never shows in a ``repr``.
        name: who it belongs to.
        expires_at: when it ends, or ``None`` where it has no end.
        source: the variable that it comes from; empty where it is kept in the file.
    """

    server: str
    token: str = field(repr=False)
    name: str = ""
    expires_at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """What the file holds: the logins by server, and the server of the last one."""

    last: str = ""
    logins: dict[str, Login] = field(default_factory=dict, repr=False)


class Credentials:
    """The logins of one user of this machine.

    Args:
        file: where they are kept; it need not exist yet.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    @staticmethod
    def usual() -> "Credentials":
        """The file in the user's own folder for settings."""
        folder = platformdirs.user_config_dir("tunesmith", appauthor=False)
        return Credentials(Path(folder) / FILE_NAME)

    def last(self) -> str:
        """The server of the last login that was not logged out of; empty without one."""
        return self._read().last

    def login(self, server: str) -> Login | None:
        """The login at a server, if there is one.

        Raises:
            InputError: the file can't be read; so do all others here.
        """
        return self._read().logins.get(server)

    def keep(self, login: Login) -> None:
        """Keep a login in place of an earlier one at its server; it is the last one from now."""
        held = self._read()
        self._write(_Held(login.server, {**held.logins, login.server: login}))

    def forget(self, server: str) -> bool:
        """Forget the login at a server; whether there was one."""
        held = self._read()
        if server not in held.logins:
            return False
        logins = {name: login for name, login in held.logins.items() if name != server}
        self._write(_Held("" if held.last == server else held.last, logins))
        return True

    def _read(self) -> _Held:
        try:
            return _held(json.loads(self.file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return _Held()
        except OSError as error:
            raise InputError(f"{self.file}: can't be read: {error.strerror}.") from None
        # What is wrong with it is not told, as that could hold a token.
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InputError(
                f"{self.file}: is not a file of logins; delete it and log in again."
            ) from None

    def _write(self, held: _Held) -> None:
        try:
            folder = self.file.parent
            folder.mkdir(_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            folder.chmod(_OWNER_ONLY_FOLDER)
        except OSError as error:
            raise InputError(f"{self.file}: can't be written: {error.strerror}.") from None
        text = json.dumps(_as_json(held), indent=2) + "\n"
        write_atomic(self.file, text.encode(), _OWNER_ONLY)


def _held(found: Any) -> _Held:
    logins = {server: _login(server, one) for server, one in found["logins"].items()}
    last = found["last"]
    return _Held(last if last in logins else "", logins)


def _login(server: str, found: Any) -> Login:
    token, name, ends = found["token"], found["name"], found["expires_at"]
    if not isinstance(token, str) or not isinstance(name, str):
        raise TypeError
    return Login(server, token, name, None if ends is None else datetime.fromisoformat(ends))


def _as_json(held: _Held) -> dict[str, Any]:
    logins = {server: asdict(login) for server, login in sorted(held.logins.items())}
    for login in logins.values():
        del login["server"]
        login["expires_at"] = login["expires_at"] and login["expires_at"].isoformat()
    return {"last": held.last, "logins": logins}

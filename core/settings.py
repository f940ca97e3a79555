"""Environment and secrets -> ``Settings``; the only place that knows their names.

Every setting can stand in the environment as ``TUNESMITH_<NAME>``, or in the table ``[tunesmith]``
of ``.streamlit/secrets.toml`` as ``<name>``; the environment wins.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

import platformdirs

from core.errors import SettingsError
from core.system.database import FILE_NAME
from core.system.keys import check_key, check_url

PREFIX: Final = "TUNESMITH_"
TABLE: Final = "tunesmith"

SERVER_VARIABLE: Final = PREFIX + "SERVER"
TOKEN_VARIABLE: Final = PREFIX + "TOKEN"
"""What the commands look at; the app itself has no use for either, and may see them set."""

_ORIGIN: Final = re.compile(
    r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?"
)

Accounts = Literal["on", "off"]
SignUp = Literal["open", "closed", "local"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    Attributes:
        data_folder: where accounts, configs and drafts are kept.
        accounts: ``off`` gives one implicit user and no sign-in; the server then answers this
            machine only.
        sign_up: who may make an account after the first one: ``open`` for everybody, ``closed``
            for nobody, ``local`` for everybody while the server listens on this machine only. With
            Supabase the project has to take sign-ups too, and ``local`` means ``open``.
        supabase_url: the Supabase project that accounts and configs are kept in; empty for the
            embedded file.
        supabase_key: its publishable key.
        api_origins: the sites whose pages may read what the REST API answers; none by default.
    """

    data_folder: Path
    accounts: Accounts = "on"
    sign_up: SignUp = "local"
    supabase_url: str = ""
    supabase_key: str = field(default="", repr=False)
    api_origins: tuple[str, ...] = ()

    @property
    def database_file(self) -> Path:
        """The one file that everything is kept in."""
        return self.data_folder / FILE_NAME

    def takes_sign_ups(self, *, listens_locally: bool) -> bool:
        """Whether anybody may make an account on a server that listens like this."""
        is_open = listens_locally or bool(self.supabase_url)
        return self.sign_up == "open" or (self.sign_up == "local" and is_open)

    @staticmethod
    def from_environ(
        environ: Mapping[str, str], secrets: Mapping[str, Any] | None = None
    ) -> "Settings":
        """Read the settings.

        Args:
            environ: the environment's variables.
            secrets: the content of ``secrets.toml``.

        Raises:
            SettingsError: a name or a value is not one of ours.
        """
        given = {**_from_secrets(secrets or {}), **_from_environ(environ)}
        for name in given:
            _require_known(name)
        folder = given.get("data")
        url, key = _supabase(given)
        accounts = _choice("accounts", given.get("accounts") or "on", get_args(Accounts))
        if url and accounts == "off":
            raise SettingsError(
                "TUNESMITH_ACCOUNTS is 'off', but a Supabase project keeps configs for users only; "
                "turn accounts on, or take TUNESMITH_SUPABASE_URL away."
            )
        return Settings(
            data_folder=Path(folder).expanduser().absolute() if folder else _usual_folder(),
            accounts=accounts,
            sign_up=_choice("sign_up", given.get("sign_up") or "local", get_args(SignUp)),
            supabase_url=url,
            supabase_key=key,
            api_origins=_origins(given.get("api_origins", "")),
        )


@dataclass(frozen=True, slots=True)
class Setting:
    """What somebody who runs the app is told of a setting.

    Attributes:
        name: as it stands in ``secrets.toml``.
        values: what it takes.
        default: what holds without it; empty where nothing does.
        meaning: what it does, in Markdown.
        is_secret: whether nobody else may see its value.
    """

    name: str
    values: str
    default: str
    meaning: str
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()


SETTINGS: Final = (
    Setting(
        "data",
        "a folder",
        "the platform's folder for user data",
        "where everything is kept",
    ),
    Setting(
        "accounts",
        ", ".join(get_args(Accounts)),
        str(Settings.__dataclass_fields__["accounts"].default),
        "`off`: one user without a sign-in; refused unless the server listens on this machine only",
    ),
    Setting(
        "sign_up",
        ", ".join(get_args(SignUp)),
        str(Settings.__dataclass_fields__["sign_up"].default),
        "who may make an account: everybody; nobody; everybody while the server listens on this "
        "machine only. The first account is always possible, and `python -m core accounts` makes "
        "more. With Supabase the project has to take sign-ups too, and `local` means `open`",
    ),
    Setting(
        "supabase_url",
        "an address",
        "",
        "keeps accounts and configs in this [Supabase project](supabase.md)",
    ),
    Setting(
        "supabase_key",
        "the project's publishable key",
        "",
        "goes with the address; it is meant to be public, and a secret key is refused",
    ),
    Setting(
        "api_origins",
        "origins such as https://tools.example.org, with spaces between them",
        "",
        "sites whose pages may read what the [REST API](api.md) answers",
    ),
)
"""All settings of the app; docs/settings.md is made of them."""

NAMES: Final = tuple(setting.name for setting in SETTINGS)


def _supabase(given: Mapping[str, str]) -> tuple[str, str]:
    """Address and key of the project; both or neither."""
    url, key = (given.get(name, "").strip() for name in ("supabase_url", "supabase_key"))
    if bool(url) != bool(key):
        missing = "TUNESMITH_SUPABASE_KEY" if url else "TUNESMITH_SUPABASE_URL"
        raise SettingsError(f"{missing} is missing; set both, or neither to keep all in a file.")
    if url:
        url = check_url(url)
        check_key(key)
    return url, key


def _origins(text: str) -> tuple[str, ...]:
    """Origins as browsers send them, from a list with spaces or commas between them.

    Raises:
        SettingsError: one is none.
    """
    origins = tuple(text.replace(",", " ").split())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"TUNESMITH_API_ORIGINS has {origin[:60]!r}; write each as https://host or "
                "https://host:port, without a path, and never *."
            )
    return origins


def _usual_folder() -> Path:
    return Path(platformdirs.user_data_dir("tunesmith", appauthor=False))


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name not in (SERVER_VARIABLE, TOKEN_VARIABLE)
    }


def _from_secrets(secrets: Mapping[str, Any]) -> dict[str, str]:
    table = secrets.get(TABLE, {})
    if not isinstance(table, Mapping):
        raise SettingsError(f"secrets.toml: {TABLE!r} has to be a table: [{TABLE}].")
    return {str(name): str(value) for name, value in table.items()}


def _require_known(name: str) -> None:
    if name in NAMES:
        return
    near = difflib.get_close_matches(name, NAMES, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(NAMES)}."
    raise SettingsError(f"There is no setting {name!r} ({PREFIX}{name.upper()}); {hint}")


def _choice(name: str, value: str, allowed: tuple[Any, ...]) -> Any:
    if value.lower() in allowed:
        return value.lower()
    variable = PREFIX + name.upper()
    raise SettingsError(f"{variable} is {value[:40]!r}; set it to {' or '.join(allowed)}.")

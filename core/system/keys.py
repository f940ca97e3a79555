"""The address and the key of a Supabase project, judged by looking at them."""

import base64
import json
import re
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import SettingsError

URL_NAME: Final = "TUNESMITH_SUPABASE_URL"
KEY_NAME: Final = "TUNESMITH_SUPABASE_KEY"

_ADDRESS: Final = re.compile(
    r"https?://(?:[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]+\])(?::[0-9]+)?/*",
    re.IGNORECASE | re.ASCII,
)
# What a header can hold.
_SENDABLE: Final = re.compile(r"[A-Za-z0-9_.~+/=-]+")
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal"})


def check_url(url: str) -> str:
    """The address without a path.

    Raises:
        SettingsError: it is none, or would send passwords over the network in the clear.
    """
    try:
        parts = urlsplit(url if _ADDRESS.fullmatch(url) else "")
        # A port that is none is found out when it is looked at.
        is_url = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise SettingsError(
            f"{URL_NAME} is not the address of a project; it looks like https://abcd.supabase.co."
        )
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise SettingsError(
            f"{URL_NAME} begins with http://, which would send passwords in the clear; "
            "use https:// for a project that is not on this machine."
        )
    return f"{parts.scheme}://{parts.netloc}"


def check_key(key: str) -> None:
    """Take a key that anybody may know, and no other.

    Raises:
        SettingsError: it is a secret key, before which no row is safe, or no key at all.
    """
    if is_secret(key):
        raise SettingsError(
            f"{KEY_NAME} is a secret key, which passes row-level security; this app never takes "
            "one. Set the project's publishable key (sb_publishable_...), and if the secret one "
            "has been seen by others, make a new one."
        )
    is_key = key.startswith("sb_publishable_") or _role(key) == "anon"
    if not (is_key and _SENDABLE.fullmatch(key)):
        raise SettingsError(
            f"{KEY_NAME} is not a key of a project; set its publishable key (sb_publishable_...)."
        )


def is_secret(key: str) -> bool:
    """Whether a key opens everything."""
    role = _role(key)
    return key.startswith("sb_secret_") or (role is not None and role != "anon")


def _role(key: str) -> str | None:
    """The role that a key of the older form, a signed token, stands for."""
    claims = _claims(key)
    role = claims.get("role") if isinstance(claims, dict) else None
    return role if isinstance(role, str) else None


def _claims(key: str) -> Any:
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None

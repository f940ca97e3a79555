"""What happened to a config, one line an event, through the standard library's logging.

    [TrainingConfig] opened name='sft' origin='preset:dpo_basic'
    [ConfigValidator] checked name='sft' errors=2 warnings=1 infos=4 runs=False

A line never holds a whole config. Every text in it is redacted, shortened and has its control
characters escaped. Nothing is written until a front end calls ``configure``.
"""

import logging
import time
from datetime import datetime
from typing import Any, Final

from core.findings import Report
from core.system.secrets import redact

LOGGER: Final = logging.getLogger("tunesmith")
TEXT_LENGTH: Final = 120

# Without a handler, logging would print warnings to stderr by itself.
LOGGER.addHandler(logging.NullHandler())

_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
# In UTC, so that the logs of several machines stand in one order.
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
# A pasted name can be as long as a config; a secret is found well within this much of it.
_SCANNED: Final = 4000


class _Handler(logging.StreamHandler[Any]):
    """The one handler that ``configure`` sets."""


def configure(level: int | str = logging.INFO) -> None:
    """Write events of this level and above to stderr; calling it again changes the level only.

    Raises:
        ValueError: the level is no name of a logging level.
    """
    LOGGER.setLevel(level)
    if any(isinstance(handler, _Handler) for handler in LOGGER.handlers):
        return
    handler = _Handler()
    formatter = logging.Formatter(_FORMAT, _MOMENT)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    LOGGER.addHandler(handler)
    LOGGER.propagate = False


def created(name: str, origin: str) -> None:
    """A config was started: ``origin`` is ``preset:<id>``, ``import:<file>`` or ``empty``."""
    _event(logging.INFO, "[TrainingConfig] created", name=name, origin=origin)


def opened(name: str, origin: str) -> None:
    """A preset, a saved config or an imported file was opened."""
    _event(logging.INFO, "[TrainingConfig] opened", name=name, origin=origin)


def saved(name: str, config_id: str, revision: int) -> None:
    """A config was written to the store."""
    _event(logging.INFO, "[TrainingConfig] saved", name=name, id=config_id, revision=revision)


def deleted(config_id: str) -> None:
    """A config was deleted; it can come back for a while."""
    _event(logging.INFO, "[TrainingConfig] deleted", id=config_id)


def shared(handle: str, kind: str, days: int) -> None:
    """A link was made; its handle opens nothing, and its title is not told."""
    _event(logging.INFO, "[Share] made", handle=handle, kind=kind, days=days)


def revoked(handle: str) -> None:
    """A link was revoked."""
    _event(logging.INFO, "[Share] revoked", handle=handle)


def signed_in(user_id: str) -> None:
    """A user signed in; an id says nothing to a stranger who reads the log."""
    _event(logging.INFO, "[Account] signed in", id=user_id)


def sign_in_failed(address: str) -> None:
    """A try to sign in failed; the name that was tried is not told: people mistype passwords."""
    _event(logging.WARNING, "[Account] sign-in failed", address=address)


def signed_out(user_id: str, *, everywhere: bool = False) -> None:
    """A user signed out."""
    _event(logging.INFO, "[Account] signed out", id=user_id, everywhere=everywhere)


def account_made(user_id: str) -> None:
    """A visitor made an account."""
    _event(logging.INFO, "[Account] made", id=user_id)


def account_deleted(user_id: str) -> None:
    """A user deleted the account with everything that belongs to it."""
    _event(logging.INFO, "[Account] deleted", id=user_id)


def password_changed(user_id: str) -> None:
    """A user changed the password; all other sessions and all access tokens have ended."""
    _event(logging.INFO, "[Account] password changed", id=user_id)


def token_refused(address: str) -> None:
    """A script brought a token that proves nobody; it is not told: it may be half a right one."""
    _event(logging.WARNING, "[Account] access token refused", address=address)


def link_refused(address: str) -> None:
    """Somebody asked for a link that leads nowhere."""
    _event(logging.WARNING, "[Share] leads nowhere", address=address)


def site_refused(address: str, path: str) -> None:
    """A page of another site tried to use ours."""
    _event(logging.WARNING, "[Server] another site refused", address=address, path=path)


def token_made(user_id: str, handle: str, scopes: str, expires_at: datetime) -> None:
    """A user made an access token; its handle names it and opens nothing."""
    _event(
        logging.INFO,
        "[Account] access token made",
        id=user_id,
        token=handle,
        scopes=scopes,
        expires=f"{expires_at:%Y-%m-%d}",
    )


def token_revoked(user_id: str, handle: str) -> None:
    """A user revoked an access token."""
    _event(logging.INFO, "[Account] access token revoked", id=user_id, token=handle)


def started(folder: str) -> None:
    """The app has opened the place where it keeps configs."""
    _event(logging.INFO, "[Tunesmith] keeps its data", folder=folder)


def checked(name: str, report: Report, level: int = logging.DEBUG) -> None:
    """A config was checked; ``DEBUG`` suits a check at each edit."""
    _event(
        level,
        "[ConfigValidator] checked",
        name=name,
        errors=len(report.errors),
        warnings=len(report.warnings),
        infos=len(report.infos),
        runs=report.trainer.runs,
    )


def downloaded(name: str, size: int) -> None:
    """A config was handed out as a file of ``size`` bytes."""
    _event(logging.INFO, "[TrainingConfig] downloaded", name=name, bytes=size)


def imported(name: str, size: int) -> None:
    """A file of ``size`` bytes was read as a config."""
    _event(logging.INFO, "[TrainingConfig] imported", name=name, bytes=size)


def refused(name: str, reason: str) -> None:
    """A file could not be read as a config."""
    _event(logging.WARNING, "[TrainingConfig] import refused", name=name, reason=reason)


def _event(level: int, event: str, **facts: object) -> None:
    if LOGGER.isEnabledFor(level):
        parts = (f"{key}={_shown(value)}" for key, value in facts.items())
        LOGGER.log(level, "%s %s", event, " ".join(parts))


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return str(value)
    text = redact(value[:_SCANNED])
    return repr(text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…")

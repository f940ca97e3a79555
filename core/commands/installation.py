"""The installation that a command works on: its settings and its database."""

import contextlib
import logging
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.streams import why
from core.errors import InputError

if TYPE_CHECKING:
    from core.settings import Settings
    from core.system.database import Database


def settings() -> "Settings":
    """The settings of the app that is started in this folder with this environment."""
    from core.settings import Settings

    return Settings.from_environ(os.environ, _secrets())


@contextlib.contextmanager
def database() -> Iterator["Database"]:
    """The database of that app."""
    from core.system.database import Database

    opened = Database(settings().database_file)
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Streamlit, which the hashing of passwords brings in, warns where no server runs."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _secrets() -> dict[str, Any]:
    """What Streamlit takes for the app's secrets: the user's file, then the folder's."""
    found: dict[str, Any] = {}
    for folder in (Path.home(), Path.cwd()):
        file = folder / ".streamlit" / "secrets.toml"
        try:
            found |= tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        # A decoding error of either kind is a ValueError.
        except (OSError, ValueError) as error:
            raise InputError(f"{file}: can't be read: {why(error)}.") from None
    return found

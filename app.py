"""Tunesmith's entry: one server with pages and routes. Start it with ``streamlit run app.py``."""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import streamlit as st
from starlette.middleware import Middleware

from core.api.below import Below
from core.errors import SettingsError, TunesmithError
from core.system import log
from ui import rest, services, warm
from ui.errors import show_error
from ui.server.closed import Closed
from ui.server.garbage import Departures, collected_seldom
from ui.server.headers import SafeHeaders
from ui.server.heaps import few_heaps
from ui.server.loopback import LoopbackOnly
from ui.server.session_routes import SameOriginSockets, routes
from ui.server.together import Together
from ui.server.uploads import BoundedUploads

MAIN = Path(__file__).resolve().parent / "ui" / "main.py"

logger = logging.getLogger("tunesmith")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Set up logging and services; the first page is made ready while its visitor comes."""
    few_heaps()
    log.configure()
    # A proxy writes down who asked for what; uvicorn would too, even with --no-access-log.
    logging.getLogger("uvicorn.access").disabled = True
    start()
    with collected_seldom():
        warm.begin()
        yield
    services.close_all()


def start() -> None:
    """Build the services; a wrong setting ends the process with one sentence."""
    try:
        services.services()
    except SettingsError as error:
        sys.stderr.write(f"Tunesmith can't start: {error}\n")
        sys.stderr.flush()
        # Leaving in the usual way, the server would print where in its own code that happened.
        os._exit(2)
    except TunesmithError as error:
        # Building and downloading work without a store; each page says what is wrong.
        logger.error("%s", error)


MIDDLEWARE: Final = [
    # The first is the outermost.
    Middleware(Together),
    # What the others refuse has the headers too.
    Middleware(SafeHeaders),
    Middleware(LoopbackOnly, enabled=lambda: not services.has_accounts()),
    Middleware(SameOriginSockets),
    Middleware(Closed, base=services.base_path()),
    Middleware(BoundedUploads, base=services.base_path()),
    Middleware(Departures),
    Middleware(Below, path=services.base_path() + rest.PATH, api=rest.Lazy(rest.made)),
]

app = st.App(
    MAIN,
    lifespan=lifespan,
    routes=routes(lambda: services.services().sessions, services.base_path()),
    middleware=MIDDLEWARE,
    on_script_error=show_error,
)

"""Tunesmith's entry: one server with pages and routes. Start it with ``streamlit run app.py``."""

import gc
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.api.below import Below
from core.errors import SettingsError, TunesmithError
from core.system import log
from ui import services
from ui.errors import show_error
from ui.server import api
from ui.server.headers import OwnFramesOnly
from ui.server.loopback import LoopbackOnly
from ui.server.session_routes import SameOriginSockets, routes

MAIN = Path(__file__).resolve().parent / "ui" / "main.py"

logger = logging.getLogger("tunesmith")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Set up logging and services, and keep what start-up made out of later garbage collections."""
    log.configure()
    start()
    gc.collect()
    gc.freeze()
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


app = st.App(
    MAIN,
    lifespan=lifespan,
    routes=routes(lambda: services.services().sessions, services.base_path()),
    middleware=[
        Middleware(LoopbackOnly, enabled=lambda: not services.has_accounts()),
        Middleware(SameOriginSockets),
        Middleware(OwnFramesOnly),
        Middleware(Below, path=services.base_path() + api.PATH, api=api.Lazy(api.made)),
    ],
    on_script_error=show_error,
)

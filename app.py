"""Tunesmith's entry: one server with the pages. Start it with ``streamlit run app.py``."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from core import log
from ui.shell import show_error


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Set up logging, and keep what start-up made out of later garbage collections."""
    log.configure()
    gc.collect()
    gc.freeze()
    yield


MAIN = Path(__file__).resolve().parent / "ui" / "main.py"

app = st.App(MAIN, lifespan=lifespan, on_script_error=show_error)

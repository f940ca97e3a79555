"""The app's picture, read once.

Streamlit would read a file that is given by its name at each run of each page. Where none can be
opened, as with too many connections, the page would fail, or tell the browser the file's path.
"""

import base64
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def logo() -> str:
    """The picture above the sidebar, as an address."""
    return _address("icon.svg", "image/svg+xml")


def tab() -> str:
    """The same for the browser's tab: not every browser takes an SVG there."""
    return _address("icon.png", "image/png")


@cache
def _address(name: str, kind: str) -> str:
    content = (_FOLDER / name).read_bytes()
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

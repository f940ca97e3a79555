"""What the first visitor would wait for, done while their browser still loads the front end.

The server answers before the modules of any page are read in. The browser then takes most of a
second for Streamlit's scripts, and the server has nothing to do.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Final

from core import presets
from core.drafts import draft as drafts
from ui import icons

_FIRST_PAGE: Final = Path(__file__).resolve().parents[1] / "pages" / "build.py"
_FOR_THE_ICON: Final = ("numpy", "PIL.ImageFile")
"""What Streamlit reads in to look at the picture of the browser's tab."""


def begin() -> None:
    """Warm up in a thread; nobody has to wait for it."""
    Thread(target=warm_up, name="warm-up", daemon=True).start()


def warm_up() -> None:
    """Read in what the first page needs, and judge its first draft once."""
    for name in (*_FOR_THE_ICON, *imported(_FIRST_PAGE)):
        import_module(name)
    icons.tab()
    icons.logo()
    # Imported here: they are among what is to be read in later.
    from ui.insight import Insight
    from ui.session import FIRST_PRESET

    _ = Insight(drafts.from_preset(presets.find(FIRST_PRESET))).by_section


def imported(script: Path) -> Iterator[str]:
    """The modules of ours that a page imports, by their full names."""
    for node in ast.parse(script.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)

"""The pages that others lead to."""

from pathlib import Path
from typing import Final

_PAGES: Final = Path(__file__).resolve().parent.parent / "pages"

# Streamlit looks for a relative path beside the script that the server runs.
BUILD: Final = str(_PAGES / "build.py")
LIBRARY: Final = str(_PAGES / "library.py")
COMPARE: Final = str(_PAGES / "compare.py")
SWEEP: Final = str(_PAGES / "sweep.py")
ACCOUNT: Final = str(_PAGES / "account.py")

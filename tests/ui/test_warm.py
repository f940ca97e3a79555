"""What the server reads in before the first visitor's page is drawn."""

import subprocess
import sys
from pathlib import Path

# In a process of its own: here the tests have read in everything already.
DRAWN_AFTER_WARMING_UP = """
import sys
from streamlit.testing.v1 import AppTest
from ui import warm
warm.warm_up()
before = set(sys.modules)
page = AppTest.from_file("{main}", default_timeout=60).run()
assert not page.exception and page.number_input, page
late = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(late & {{"ui", "core", "numpy"}}))
"""


def test_the_first_page_finds_everything_read_in(project: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAWN_AFTER_WARMING_UP.format(main=project / "ui" / "main.py")],
        cwd=project,
        env={"TUNESMITH_DATA": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []

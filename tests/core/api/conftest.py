from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_client import Api, local_api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with local_api(tmp_path / "data" / "api.sqlite3") as made:
        yield made

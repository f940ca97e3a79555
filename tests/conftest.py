"""What all tests share: the project's folder, data of their own, and Hypothesis without a clock."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Shared machines are slow at times; a test that is too slow says so with a bound of its own.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pictures", action="store_true", help="write the browser tests' pictures to docs/images"
    )


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _own_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes what the user of this machine keeps."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TUNESMITH_")]:
            patch.delenv(name)
        patch.setenv("TUNESMITH_DATA", str(tmp_path_factory.mktemp("data")))
        yield
    if services := sys.modules.get("ui.services"):
        services.close_all()


pytest_plugins = ["tests.supabase_server.plugin", "tests.supabase_users", "tests.embedded"]

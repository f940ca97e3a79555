"""What all tests share: the project's folder, and Hypothesis without a clock."""

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

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import get_args

import pytest

from tests.database.attacks import Scene, new_scene
from tests.database.project import GRANT_ALL, Mode, Project, User
from tests.supabase_server.postgres import PostgresCluster, migrations

NewProject = Callable[[Mode], Project]


@pytest.fixture(scope="session")
def copied(postgres_cluster: PostgresCluster) -> NewProject:
    """Makes a project with the migrations, as a copy of the first in its mode."""
    first: dict[Mode, str] = {}

    def copy(mode: Mode) -> Project:
        if mode not in first:
            first[mode] = migrated(postgres_cluster, mode)
        name = postgres_cluster.create_database(template=first[mode])
        # A copy belongs to who made it.
        with postgres_cluster.connect(name) as connection:
            connection.execute(f'alter database "{name}" owner to postgres'.encode())
        return Project(postgres_cluster, name)

    return copy


def migrated(cluster: PostgresCluster, mode: Mode) -> str:
    name = cluster.create_database("hosted_new" if mode == "hosted_new" else "hosted_old")
    with cluster.connect(name, "postgres") as connection:
        for migration in migrations():
            connection.execute(migration.encode())
        if mode == "all_granted":
            connection.execute(GRANT_ALL.encode())
    return name


@pytest.fixture(scope="session")
def project(copied: NewProject) -> Iterator[Project]:
    """The one of all tests that change nothing but rows of users of their own."""
    with copied("hosted_new") as opened:
        yield opened


@pytest.fixture
def new_project(copied: NewProject) -> Iterator[NewProject]:
    """Makes a project that a test may change."""
    with ExitStack() as opened:
        yield lambda mode: opened.enter_context(copied(mode))


@pytest.fixture
def ada(project: Project) -> User:
    return project.user()


@pytest.fixture
def eve(project: Project) -> User:
    return project.user()


@pytest.fixture
def visitor(project: Project) -> User:
    """Who isn't signed in."""
    return User(project, None)


@pytest.fixture(scope="session")
def scenes(copied: NewProject) -> Iterator[dict[Mode, Scene]]:
    """What is attacked, in each mode; it is the same after each attack."""
    modes: tuple[Mode, ...] = get_args(Mode)
    with ExitStack() as opened:
        yield {mode: new_scene(opened.enter_context(copied(mode))) for mode in modes}


@pytest.fixture
def scene(request: pytest.FixtureRequest, scenes: dict[Mode, Scene]) -> Scene:
    """The one in the mode of the parameter."""
    mode: Mode = request.param
    return scenes[mode]

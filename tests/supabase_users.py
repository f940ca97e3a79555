"""Users of a Supabase project for the tests, signed up through the package itself."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from core.identity.protocol import Actor
from core.stores.supabase import CONFIGS, DRAFTS, SupabaseStore
from core.system.remote import Project
from tests.stores import Stores
from tests.supabase_server.lite import LiteServer

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class FixedAccess:
    """A token that lasts as long as the tests."""

    bearer: str

    def token(self) -> str:
        return self.bearer

    def renewed(self, refused: str) -> str:
        raise AssertionError("the token of a test was refused")


@dataclass(frozen=True)
class User:
    """Somebody with an account, signed in."""

    email: str
    actor: Actor
    token: str


def new_user(project: Project, name: str) -> User:
    """A new account that needs no confirmation."""
    email = f"{name}-{secrets.token_hex(4)}@example.org"
    made = project.client().auth.sign_up({"email": email, "password": PASSWORD})
    assert made.user
    assert made.session
    token = made.session.access_token
    return User(email, Actor(made.user.id, name, FixedAccess(token)), token)


def emptied(project: Project, user: User) -> None:
    """Delete all that a user has, for good."""
    nobody = "00000000-0000-0000-0000-000000000000"
    project.client(user.token).table(CONFIGS).delete().neq("id", nobody).execute()
    project.client(user.token).table(DRAFTS).delete().neq("slot", "").execute()


def stores_of(project: Project, users: tuple[User, User]) -> Stores:
    """The back end in which these two are Anna and Bert."""
    actors = (users[0].actor, users[1].actor)
    return Stores(lambda actor: SupabaseStore(project, actor), users=actors, examples=20)


@pytest.fixture(scope="session")
def supabase_project(supabase_server: LiteServer) -> Iterator[Project]:
    """The project of the whole run, as the app reaches it."""
    opened = Project.open(supabase_server.url, supabase_server.publishable_key)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def supabase_users(supabase_project: Project) -> tuple[User, User]:
    """Anna and Bert, who stay for the whole run."""
    return new_user(supabase_project, "anna"), new_user(supabase_project, "bert")

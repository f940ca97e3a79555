"""Accounts for the users of a soak, made in the app's own database before it starts."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import bcrypt

from core.identity.access_tokens import AccessTokens
from core.identity.local import LocalIdentity
from core.identity.protocol import NewAccount
from core.sessions import Sessions
from core.system.database import FILE_NAME, Database

PASSWORD: Final = "soaked to the skin 7341"
"""No log and no answer may have it."""
TOKEN_LIFE: Final = timedelta(days=90)


class _QuickPasswords:
    """Real hashes at the least cost."""

    def hash(self, password: str) -> str:
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()

    def check(self, password: str, hashed: str) -> bool:
        return bcrypt.checkpw(password.encode(), hashed.encode())


@dataclass(frozen=True)
class Person:
    """One user: two of them share an account, each with a token of their own.

    Attributes:
        number: of the user.
        account: of the account.
        user_id: the account's id in the app.
    """

    number: int
    account: int
    user_id: str
    token: str = field(repr=False)


def people(data: Path, users: int) -> list[Person]:
    """Make as many users of the API as that, in pairs that share an account."""
    found: list[Person] = []
    with closing(Database(data / FILE_NAME)) as database:
        identity = LocalIdentity(database, _QuickPasswords(), True)
        tokens = AccessTokens(database)
        for account in range((users + 1) // 2):
            user_id = identity.add(NewAccount(f"soak-{account}", PASSWORD)).user_id
            for number in range(2 * account, min(users, 2 * account + 2)):
                made = tokens.make(user_id, f"machine {number}", ["read", "write"], TOKEN_LIFE)
                found.append(Person(number, account, user_id, made.token))
    return found


def readers(data: Path, number: int) -> list[str]:
    """Make as many users of the pages, each with an account of their own; the accounts' ids."""
    with closing(Database(data / FILE_NAME)) as database:
        identity = LocalIdentity(database, _QuickPasswords(), True)
        return [identity.add(NewAccount(f"page-{n}", PASSWORD)).user_id for n in range(number)]


def cookie_for(data: Path, user_id: str) -> str:
    """The cookie of a session that begins now, as a sign-in on the page leaves it.

    Raises:
        FileNotFoundError: there is no database; a new one would hide that.
        Unavailable: it can't be written.
    """
    file = data / FILE_NAME
    if not file.exists():
        raise FileNotFoundError(file)
    with closing(Database(file)) as database:
        sessions = Sessions(database)
        cookie = sessions.redeem(sessions.begin(user_id, "a soak", "here").ticket)
    if cookie is None:
        raise RuntimeError("The app's sessions give no cookie for a ticket just made.")
    return cookie

"""Accounts in the embedded database, with passwords hashed by streamlit-authenticator.

That package is imported where it is used only: it brings in Streamlit, half a second.
"""

import base64
import hashlib
import re
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, Protocol

from core.errors import NotAccepted, NotFound, SignUpClosed, WrongPassword
from core.identity import rules, tries
from core.identity.protocol import Account, Actor, NewAccount
from core.identity.rows import account_of
from core.system.database import Database

LOCAL_USER: Final = "local"
"""The id and the name of the implicit user where accounts are off."""

_BCRYPT_BYTES: Final = 72
# It stops at a zero, and surrogates are no UTF-8.
_NOT_FOR_BCRYPT: Final = re.compile("[\0\ud800-\udfff]")

_NO_SUCH_PAIR: Final = "No account has this name and password; check both and try again."
_NOT_YOURS: Final = "This is not your password; type it again."

_INSERT: Final = """
    INSERT INTO accounts (id, name, name_key, full_name, email, password_hash, created_at)
    VALUES (:id, :name, :name_key, :full_name, :email, :password_hash, :now)
"""


class Passwords(Protocol):
    """How passwords are hashed; both operations take equally long, on purpose long."""

    def hash(self, password: str) -> str:
        """A salted hash to keep."""

    def check(self, password: str, hashed: str) -> bool:
        """Whether the hash is of this password."""


class BcryptPasswords:
    """streamlit-authenticator's bcrypt, for passwords of any length and spelling."""

    def hash(self, password: str) -> str:
        """A salted hash to keep."""
        from streamlit_authenticator.utilities import Hasher

        return str(Hasher.hash(_within_bcrypt(password)))

    def check(self, password: str, hashed: str) -> bool:
        """Whether the hash is of this password."""
        from streamlit_authenticator.utilities import Hasher

        return bool(Hasher.check_pw(_within_bcrypt(password), hashed))


def _within_bcrypt(password: str) -> str:
    text = rules.normalised(password)
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= _BCRYPT_BYTES and not _NOT_FOR_BCRYPT.search(text):
        return text
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass(frozen=True, slots=True)
class _Proof:
    """An account whose password was just typed right, and the try that counts it."""

    row: sqlite3.Row
    number: int


class LocalIdentity:
    """``core.identity.protocol.Identity`` on a database, and what its operator can do beside."""

    def __init__(self, database: Database, passwords: Passwords, sign_up_is_open: bool) -> None:
        self._database = database
        self._passwords = passwords
        self._sign_up_is_open = sign_up_is_open

    # --- Visitors ------------------------------------------------------------------------------

    def takes_sign_ups(self) -> bool:
        """Whether a visitor can make an account now: always the first one."""
        with self._database.read() as connection:
            return self._is_open(connection)

    def sign_up(self, new: NewAccount, address: str) -> Account:
        """Make an account; see ``Identity``. A name that is taken counts as one made."""
        accepted = _accepted(new)
        key = rules.name_key(accepted.name)
        with self._database.write() as connection:
            self._require_open(connection)
            tries.reserve(connection, "sign_up", key, address, self._database.clock())
            taken = _find(connection, "name_key", key)
        if taken:
            raise _taken(accepted.name)
        return self._insert(accepted, is_operator=False)

    def sign_in(self, name: str, password: str, address: str) -> Account:
        """The account with this name and password; see ``Identity``."""
        proof = self._prove("name_key", rules.name_key(name), password, address, _NO_SUCH_PAIR)
        with self._database.write() as connection:
            _settle(connection, proof)
        return account_of(proof.row)

    # --- Users ---------------------------------------------------------------------------------

    def account(self, user_id: str) -> Account:
        """The account with that id; see ``Identity``."""
        with self._database.read() as connection:
            row = _find(connection, "id", user_id)
        if row is None:
            raise NotFound("This account is gone; sign in with another one.")
        return account_of(row)

    def rename(self, actor: Actor, full_name: str, email: str) -> Account:
        """Change what the user is called and where the user can be reached; see ``Identity``."""
        names = (rules.accepted_full_name(full_name), rules.accepted_email(email))
        with self._database.write() as connection:
            connection.execute(
                "UPDATE accounts SET full_name = ?, email = ? WHERE id = ?", (*names, actor.user_id)
            )
        return self.account(actor.user_id)

    def change_password(self, actor: Actor, old: str, new: str, address: str) -> Account:
        """Change the password; end the user's sessions and access tokens; see ``Identity``."""
        user_id = actor.user_id
        account = self.account(user_id)
        rules.require_password(new, _own(account))
        proof = self._prove("id", user_id, old, address, _NOT_YOURS)
        hashed = self._passwords.hash(new)
        with self._database.write() as connection:
            _settle(connection, proof)
            _replace_password(connection, user_id, hashed)
        return account

    def delete(self, actor: Actor, password: str, address: str) -> None:
        """Delete the account with everything that belongs to it; see ``Identity``."""
        proof = self._prove("id", actor.user_id, password, address, _NOT_YOURS)
        with self._database.write() as connection:
            _settle(connection, proof)
            connection.execute("DELETE FROM accounts WHERE id = ?", (actor.user_id,))

    def end(self, actor: Actor, *, everywhere: bool = False) -> None:
        """Nothing: these accounts bring nothing that outlives the record of a session."""

    # --- The operator of the machine, who has proven enough by being there ----------------------

    def accounts(self) -> tuple[Account, ...]:
        """Every account that can sign in, by name."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM accounts WHERE name_key IS NOT NULL ORDER BY name_key"
            ).fetchall()
        return tuple(map(account_of, rows))

    def named(self, name: str) -> Account:
        """The account that signs in with this name.

        Raises:
            NotFound: there is none.
        """
        with self._database.read() as connection:
            row = _find(connection, "name_key", rules.name_key(name))
        if row is None:
            short = name[: rules.MAX_NAME]
            raise NotFound(f"No account has the name {short!r}; `accounts list` shows all.")
        return account_of(row)

    def add(self, new: NewAccount) -> Account:
        """Make an account, also while no visitor can.

        Raises:
            NotAccepted: the name is taken, or a field is not accepted.
        """
        return self._insert(_accepted(new), is_operator=True)

    def set_password(self, name: str, new: str) -> None:
        """Give an account a new password; end its sessions and tokens, forget its failed tries.

        Raises:
            NotFound: no account has the name.
            NotAccepted: the password is too weak.
        """
        account = self.named(name)
        rules.require_password(new, _own(account))
        hashed = self._passwords.hash(new)
        with self._database.write() as connection:
            _replace_password(connection, account.user_id, hashed)
            tries.forgive(connection, rules.name_key(name))

    def remove(self, name: str) -> None:
        """Delete an account with everything that belongs to it.

        Raises:
            NotFound: no account has the name.
        """
        account = self.named(name)
        with self._database.write() as connection:
            connection.execute("DELETE FROM accounts WHERE id = ?", (account.user_id,))

    def ensure_local_user(self) -> Actor:
        """The implicit user where accounts are off; made at first, and never able to sign in."""
        with self._database.read() as connection:
            row = _find(connection, "id", LOCAL_USER)
        if row is None:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO accounts (id, name, created_at) VALUES (?, ?, ?)",
                    (LOCAL_USER, LOCAL_USER, self._database.now()),
                )
        return self.account(LOCAL_USER).actor

    # --- Within --------------------------------------------------------------------------------

    @cached_property
    def _dummy(self) -> str:
        """A hash that no password has, to check where there is no account."""
        return self._passwords.hash(secrets.token_urlsafe())

    def _prove(
        self,
        column: Literal["id", "name_key"],
        value: str,
        password: str,
        address: str,
        refusal: str,
    ) -> _Proof:
        """Count a try, then check the password outside of any transaction.

        Without such an account the steps are the same, in the same order.
        """
        dummy = self._dummy
        with self._database.write() as connection:
            row = _find(connection, column, value)
            name = (row["name_key"] if row else None) or value
            number = tries.reserve(connection, "sign_in", name, address, self._database.clock())
        stored = row["password_hash"] if row else None
        fits = len(password) <= rules.MAX_PASSWORD
        matches = self._passwords.check(password if fits else "", stored or dummy)
        if row is None or stored is None or not (matches and fits):
            raise WrongPassword(refusal)
        return _Proof(row, number)

    def _is_open(self, connection: sqlite3.Connection) -> bool:
        first = "SELECT 1 FROM accounts WHERE name_key IS NOT NULL LIMIT 1"
        return self._sign_up_is_open or connection.execute(first).fetchone() is None

    def _require_open(self, connection: sqlite3.Connection) -> None:
        if not self._is_open(connection):
            raise SignUpClosed("This server takes no new accounts; ask whoever runs it for one.")

    def _insert(self, new: NewAccount, *, is_operator: bool) -> Account:
        values = {
            "id": str(uuid.uuid4()),
            "name": new.name,
            "name_key": rules.name_key(new.name),
            "full_name": new.full_name,
            "email": new.email,
            "password_hash": self._passwords.hash(new.password),
        }
        try:
            with self._database.write() as connection:
                if not is_operator:
                    self._require_open(connection)
                connection.execute(_INSERT, {**values, "now": self._database.now()})
        except sqlite3.IntegrityError:
            raise _taken(new.name) from None
        return self.account(values["id"])


def _find(
    connection: sqlite3.Connection, column: Literal["id", "name_key"], value: str
) -> sqlite3.Row | None:
    found = connection.execute(f"SELECT * FROM accounts WHERE {column} = ?", (value,))
    row: sqlite3.Row | None = found.fetchone()
    return row


def _settle(connection: sqlite3.Connection, proof: _Proof) -> None:
    """Take the try back, unless the password was changed while it was checked."""
    row = _find(connection, "id", proof.row["id"])
    if row is None or row["password_hash"] != proof.row["password_hash"]:
        raise WrongPassword(_NO_SUCH_PAIR)
    tries.take_back(connection, proof.number)


def _replace_password(connection: sqlite3.Connection, user_id: str, hashed: str) -> None:
    connection.execute("UPDATE accounts SET password_hash = ? WHERE id = ?", (hashed, user_id))
    connection.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,))
    # Whoever changes a password may fear that somebody knows it, and has made a token with it.
    connection.execute("DELETE FROM access_tokens WHERE user_id = ?", (user_id,))


def _accepted(new: NewAccount) -> NewAccount:
    kept = replace(
        new,
        name=rules.accepted_name(new.name),
        full_name=rules.accepted_full_name(new.full_name),
        email=rules.accepted_email(new.email),
    )
    rules.require_password(kept.password, (kept.name, kept.full_name, kept.email))
    return kept


def _taken(name: str) -> NotAccepted:
    return NotAccepted(f"The user name {name!r} is taken; choose another one.")


def _own(account: Account) -> tuple[str, ...]:
    return (account.name, account.full_name, account.email)

"""Rows of the embedded database as accounts."""

import sqlite3

from core.identity.protocol import Account
from core.system.database import moment


def account_of(row: sqlite3.Row) -> Account:
    """The account in a row of ``accounts``, or of one that was joined to it."""
    return Account(
        user_id=row["id"],
        name=row["name"],
        full_name=row["full_name"],
        email=row["email"],
        created_at=moment(row["created_at"]),
    )

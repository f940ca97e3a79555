"""Tries that are counted before the slow check of a password, so that none slips past a limit.

A try is reserved inside a write transaction and taken back once it succeeded. Sessions and
processes that try at the same time therefore see each other's. Every limit looks back a while
only: nobody is locked out for good.
"""

import hashlib
import ipaddress
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from core.errors import TooManyTries
from core.system.database import moment, stamp

Kind = Literal["sign_in", "sign_up"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries that agree in these columns, within the window."""

    most: int
    window: timedelta
    columns: tuple[Literal["who", "address"], ...]


_QUARTER: Final = timedelta(minutes=15)
LIMITS: Final[dict[Kind, tuple[Limit, ...]]] = {
    "sign_in": (
        Limit(5, _QUARTER, ("who", "address")),
        Limit(30, _QUARTER, ("who",)),
        Limit(100, _QUARTER, ("address",)),
    ),
    "sign_up": (Limit(10, timedelta(hours=1), ("address",)),),
}
_LONGEST_WINDOW: Final = max(limit.window for limits in LIMITS.values() for limit in limits)


def reserve(
    connection: sqlite3.Connection, kind: Kind, name: str, address: str, now: datetime
) -> int:
    """Count a try for this name and address, inside a write transaction; returns its number.

    Raises:
        TooManyTries: a limit is reached; this try was not counted.
    """
    values = {"who": _digest(name), "address": _network(address)}
    connection.execute("DELETE FROM tries WHERE at <= ?", (stamp(now - _LONGEST_WINDOW),))
    waits = [_wait(connection, kind, limit, values, now) for limit in LIMITS[kind]]
    if max(waits) > 0:
        raise TooManyTries(max(waits))
    inserted = connection.execute(
        "INSERT INTO tries (kind, who, address, at) VALUES (?, ?, ?, ?)",
        (kind, values["who"], values["address"], stamp(now)),
    )
    return int(inserted.lastrowid or 0)


def take_back(connection: sqlite3.Connection, number: int) -> None:
    """Uncount a try that succeeded."""
    connection.execute("DELETE FROM tries WHERE id = ?", (number,))


def forgive(connection: sqlite3.Connection, name: str) -> None:
    """Uncount every try for a name."""
    connection.execute("DELETE FROM tries WHERE who = ?", (_digest(name),))


def _wait(
    connection: sqlite3.Connection,
    kind: Kind,
    limit: Limit,
    values: dict[str, str],
    now: datetime,
) -> int:
    """The whole seconds until the limit leaves room for one more try; 0 if it does now."""
    agree = " AND ".join(f"{column} = ?" for column in limit.columns)
    given = [values[column] for column in limit.columns]
    row = connection.execute(
        f"SELECT at FROM tries WHERE kind = ? AND {agree} AND at > ? "
        "ORDER BY at DESC LIMIT 1 OFFSET ?",
        (kind, *given, stamp(now - limit.window), limit.most - 1),
    ).fetchone()
    if row is None:
        return 0
    return int((moment(row["at"]) + limit.window - now).total_seconds()) + 1


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    """What one client can't change at will: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))

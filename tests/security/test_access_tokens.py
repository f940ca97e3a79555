"""Attacks on access tokens: forged, guessed, stolen, replayed, and looked for where they leak."""

import hashlib
import io
import logging
import re
import sqlite3
import string
import traceback
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TunesmithError
from core.identity.access_tokens import AccessTokens, Made, is_well_formed
from core.identity.local import LocalIdentity
from core.identity.protocol import Account, NewAccount
from core.sessions import Sessions
from core.system.database import Database
from tests.accounts import ADDRESS, PASSWORD, Clock, CountingDatabase, ada, local_identity

WEEK = timedelta(days=7)
GOOD = "tsm_" + "A" * 43 + "2oF0Ib"


@pytest.fixture
def tokens(database: Database) -> AccessTokens:
    return AccessTokens(database)


@pytest.fixture
def made(tokens: AccessTokens, user: Account) -> Made:
    return tokens.make(user.user_id, "laptop", ["write"], WEEK)


# --- Forged tokens -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        *("", " ", "tsm_", "x" * 53, "A" * 43, GOOD[4:], "ghp" + GOOD[3:], "TSM" + GOOD[3:]),
        *(GOOD + "\n", "\n" + GOOD, " " + GOOD, GOOD + " ", GOOD + "\0", GOOD + "A", GOOD[:-1]),
        *(GOOD[:-1] + "c", GOOD[:4] + "B" + GOOD[5:], GOOD.lower(), GOOD.upper(), GOOD + GOOD),
        *("Bearer " + GOOD, GOOD.replace("A", "А"), GOOD.replace("2", "２"), "tsm_" + "é" * 49),
        *("tsm_" + "\ud800" * 49, "tsm_" + "x" * 1_000_000, "tsm_' OR 1=1 --", "%" * 53),
        *(None, 0, True, 1.5, GOOD.encode(), [GOOD], {"x": GOOD}, object()),
    ],
)
def test_what_is_no_token_opens_nothing_and_asks_nothing(
    tokens: AccessTokens, made: Made, database: CountingDatabase, forged: Any
) -> None:
    database.reads = database.writes = 0
    assert tokens.use(forged, ADDRESS) is None
    assert (database.reads, database.writes) == (0, 0)
    assert tokens.use(made.token, ADDRESS)


def test_a_well_formed_token_that_was_never_given_out_opens_nothing(
    tokens: AccessTokens, made: Made
) -> None:
    assert is_well_formed(GOOD)
    assert tokens.use(GOOD, ADDRESS) is None


@given(
    place=st.integers(4, 52),
    character=st.sampled_from(string.ascii_letters + string.digits),
)
def test_a_mistyped_character_is_known_without_the_database(place: int, character: str) -> None:
    typed = GOOD[:place] + character + GOOD[place + 1 :]
    assert is_well_formed(typed) is (typed == GOOD)


def test_nothing_opens_what_another_thing_opens(
    tokens: AccessTokens, made: Made, user: Account, database: Database
) -> None:
    sessions = Sessions(database)
    begun = sessions.begin(user.user_id, "", ADDRESS)
    cookie = sessions.redeem(begun.ticket)
    others = [cookie, begun.session_id, made.info.handle, made.info.hint, user.user_id, "ada"]
    assert not any(tokens.use(str(other), ADDRESS) for other in others)
    for secret in (made.token, made.token[4:47], made.token[:43]):
        assert sessions.by_cookie(secret) is None
        assert sessions.by_id(secret) is None


def test_every_token_is_another_one(tokens: AccessTokens, user: Account) -> None:
    made = [tokens.make(user.user_id, f"m{n}", ["read"], WEEK).token for n in range(20)]
    assert len({token[4:24] for token in made} | {token[24:44] for token in made}) == 40


# --- Foreign and dead tokens ---------------------------------------------------------------------


def test_nobody_sees_or_revokes_the_tokens_of_others(
    tokens: AccessTokens, made: Made, identity: LocalIdentity
) -> None:
    eve = identity.add(NewAccount("eve", PASSWORD))
    tokens.revoke(eve.user_id, made.info.handle)
    for pattern in ("%", "*", "' OR 1=1 --"):
        tokens.revoke(eve.user_id, pattern)
    assert tokens.active(eve.user_id) == ()
    assert tokens.use(made.token, ADDRESS)


def test_a_token_of_another_installation_opens_nothing(
    tokens: AccessTokens, made: Made, tmp_path: Path
) -> None:
    with closing(Database(tmp_path / "other.sqlite3")) as other:
        foreign = AccessTokens(other)
        theirs = foreign.make(ada(local_identity(other)).user_id, "laptop", ["write"], WEEK)
        assert foreign.use(made.token, ADDRESS) is None
        assert tokens.use(theirs.token, ADDRESS) is None


def test_a_dead_token_leaves_no_trace_of_its_use(
    tokens: AccessTokens, made: Made, clock: Clock, database: CountingDatabase
) -> None:
    clock.advance(days=7)
    database.writes = 0
    assert tokens.use(made.token, ADDRESS) is None
    assert database.writes == 0


def test_a_row_that_somebody_spoiled_grants_no_more(
    tokens: AccessTokens, user: Account, database: Database
) -> None:
    reads = tokens.make(user.user_id, "reads", ["read"], WEEK)
    for scopes in ("admin", "write", "", "read write admin"):
        with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
            connection.execute("UPDATE access_tokens SET scopes = ?", (scopes,))
    granted = tokens.use(reads.token, ADDRESS)
    assert granted is not None
    assert granted.scopes == {"read"}


# --- What is kept and said -----------------------------------------------------------------------


def test_nothing_that_a_stolen_backup_holds_is_a_token(
    tokens: AccessTokens, made: Made, database: Database, tmp_path: Path
) -> None:
    target = tmp_path / "stolen.sqlite3"
    database.backup(target)
    with closing(sqlite3.connect(target)) as stolen:
        values = [value for row in stolen.execute("SELECT * FROM access_tokens") for value in row]
    assert hashlib.sha256(made.token.encode()).hexdigest() in values
    assert not any(tokens.use(str(value), ADDRESS) for value in values)
    files = list(database.file.parent.iterdir())
    assert len(files) > 1
    for file in files:
        assert made.token[4:20].encode() not in file.read_bytes()
        assert not re.search(rb"tsm_[A-Za-z0-9_-]{20}", file.read_bytes())


def test_a_token_shows_in_no_repr(tokens: AccessTokens, made: Made) -> None:
    granted = tokens.use(made.token, ADDRESS)
    for text in (repr(made), str(made), repr(granted), f"{tokens!r}"):
        assert made.token[4:47] not in text


def test_a_token_shows_in_no_log_and_no_error(tokens: AccessTokens, user: Account) -> None:
    stream = io.StringIO()
    handler, logger = logging.StreamHandler(stream), logging.getLogger("tunesmith")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        made = tokens.make(user.user_id, "laptop", ["read"], WEEK)
        tokens.use(made.token, ADDRESS)
        said = [mistake(tokens, user.user_id, made.token), mistake(tokens, made.token, "laptop")]
        tokens.revoke(user.user_id, made.token)
        tokens.revoke(user.user_id, made.info.handle)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    lines = stream.getvalue()
    assert lines.count("access token made") == lines.count("access token revoked") == 1
    assert all(made.info.handle in line for line in lines.splitlines())
    for text in (lines, *said):
        assert made.token[4:20] not in text


def mistake(tokens: AccessTokens, user_id: str, name: str) -> str:
    """What is said about a token that is typed where a name or an id belongs."""
    with pytest.raises(TunesmithError) as caught:
        tokens.make(user_id, name, ["read"], WEEK)
    return "".join(traceback.format_exception_only(caught.value))

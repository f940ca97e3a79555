-- Accounts, the sessions that are signed in to them, and the tries that are counted.
-- Moments are text as core.database.stamp writes it, so that they compare as text.

CREATE TABLE accounts (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    -- The name as names are compared; NULL is the implicit user, whom no name reaches.
    name_key TEXT UNIQUE,
    full_name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    -- NULL can't sign in.
    password_hash TEXT,
    created_at TEXT NOT NULL
);

-- Only hashes of what opens a session are kept: a stolen backup signs nobody in.
CREATE TABLE sessions (
    -- Public: names the session where its user lists them, and opens nothing.
    handle TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id_hash TEXT NOT NULL UNIQUE,
    ticket_hash TEXT UNIQUE,
    ticket_until TEXT,
    cookie_hash TEXT UNIQUE,
    device TEXT NOT NULL,
    address TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
);

CREATE INDEX sessions_by_user ON sessions (user_id, started_at);

-- One row a try that failed or is under way. ``who`` is a hash: people type passwords into the
-- name field.
CREATE TABLE tries (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('sign_in', 'sign_up')),
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    at TEXT NOT NULL
);

CREATE INDEX tries_by_who ON tries (kind, who, at);
CREATE INDEX tries_by_address ON tries (kind, address, at);
CREATE INDEX tries_by_moment ON tries (at);
